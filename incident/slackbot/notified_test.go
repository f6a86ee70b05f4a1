package slackbot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/sqlstore"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// storm is what Alertmanager sends of many alerts that fire, each of about so many bytes; keys in
// its order.
func storm(alerts, bytes int) string {
	var b strings.Builder
	b.WriteString(`{"receiver":"bot","status":"firing","alerts":[`)
	for n := range alerts {
		if n > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"status":"firing","labels":{"alertname":"Burn","shopset":"s-%d"},"annotations":{"summary":"Burn %d","description":%q},"startsAt":"2026-11-22T05:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"%d"}`,
			n, n, strings.Repeat("x", bytes), n)
	}
	b.WriteString(`],"groupLabels":{},"commonLabels":{"alertname":"Burn"},"commonAnnotations":{},"externalURL":"","version":"4","groupKey":"{}:{}","truncatedAlerts":0}`)
	return b.String()
}

func everybody(*http.Request) bool { return true }

// post sends a notification to a handler.
func post(h http.Handler, body string) *httptest.ResponseRecorder {
	got := httptest.NewRecorder()
	h.ServeHTTP(got, httptest.NewRequest(http.MethodPost, "/alerts/alertmanager", strings.NewReader(body)))
	return got
}

func TestABigStormOpensOneIncident(t *testing.T) {
	for name, test := range map[string]struct {
		alerts, bytes int
		known         bool // what is affected
	}{
		"more than are taken":      {maxTaken + 1, 1, false},
		"a thousand of a kilobyte": {1000, 1250, true}, "three thousand": {3000, 10, false}, "20 MB": {2000, 10_000, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet, pages)
			b, _, log := w.worker(w.store)
			body := storm(test.alerts, test.bytes)
			for range 2 {
				if got := post(b.Alerts(everybody), body); got.Code != http.StatusOK {
					t.Fatalf("%d %s", got.Code, got.Body)
				}
			}
			w.settle()
			i := w.incident("inc-1")
			if n := len(i.Timeline); n < maxAlerts || n > maxAlerts+5 {
				t.Errorf("%d entries", n)
			}
			if ids, _ := w.open(); len(ids) != 1 || !w.touches("s-0") || !w.touches(fmt.Sprint("s-", test.alerts-1)) || i.Scope.Known() != test.known {
				t.Errorf("%v, %d names", ids, len(i.Scope.ShopSets))
			}
			if cut := len(body) > maxNotification; cut != strings.Contains(log.String(), "longer than 16 MB") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// Alertmanager does not repeat what is refused: somebody has to be able to see it.
func TestARefusedNotificationIsLogged(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	b, _, log := w.worker(w.store)
	long := strings.Repeat("x", maxNotification+10)
	for _, test := range []struct {
		handler http.Handler
		body    string
		status  int
	}{
		{b.Alerts(everybody), `{"version":"5","groupKey":"k"}`, 400}, {b.Alerts(everybody), `{`, 400}, {b.Alerts(everybody), long, 400}, {b.Mackerel(everybody), long, 400},
		{b.Alerts(func(*http.Request) bool { return false }), `{}`, 401}, {b.Mackerel(everybody), `{"event":"alert"}`, 400},
	} {
		log.Reset()
		if got := post(test.handler, test.body); got.Code != test.status || !strings.Contains(log.String(), "a notification of alerts is refused") || !strings.Contains(log.String(), fmt.Sprint("status=", test.status)) {
			t.Errorf("%d %s, log %q", got.Code, got.Body, log)
		}
	}
}

func TestALongAlertIsCut(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	n := group("g1", "shopset", "a-1")
	n.Alerts[0].Annotations = map[string]string{"summary": strings.Repeat("x", 200_000), "runbook_url": "https://wiki.example/" + strings.Repeat("x", 200_000), "description": strings.Repeat("y", 200_000)}
	w.fires(w.bot, n)
	w.settle()
	if text, err := json.Marshal(w.incident("inc-1")); err != nil || len(text) > 5000 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// What a person says of the scope holds until another alert fires that was not told before.
func TestAnAlertThatIsToldAgainUndoesNothing(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	n := group("g1")
	w.fires(w.bot, n)
	w.settle()
	c := w.channel("inc-1")
	w.command(w.ken, c, "scope a-1")
	w.command(w.ken, c, "severity minor")
	n.Alerts = append(n.Alerts, alert{Status: "firing", Labels: map[string]string{"shopset": "a-1"}, Fingerprint: "2"})
	w.fires(w.bot, n)
	if i := w.incident("inc-1"); w.touches("b-2") {
		t.Errorf("%+v", i.Scope)
	}
	n.Alerts = append(n.Alerts, alert{Status: "firing", Labels: map[string]string{}, Fingerprint: "3"})
	w.fires(w.bot, n)
	if i := w.incident("inc-1"); !w.touches("b-2") {
		t.Errorf("%+v", i.Scope)
	}
}

// closing is a store that closes an Incident once, right after somebody has found it by its alerts.
type closing struct {
	Store
	key  string
	then func()
}

func (c *closing) Recall(ctx context.Context, key string) (string, bool, error) {
	value, ok, err := c.Store.Recall(ctx, key)
	if then := c.then; key == c.key && ok && then != nil {
		c.then = nil
		then()
	}
	return value, ok, err
}

func TestAnAlertOfAnIncidentThatIsClosedJustNowOpensOne(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, func(w *world) { w.set.Alerts = []AlertRule{{Severity: incident.Minor}} })
	n := group("g1", "shopset", "a-1")
	w.fires(w.bot, n)
	w.settle()
	b := w.replica(&closing{w.store, groupKey("inc-1", n.origin().Key), func() { w.command(w.ken, w.channel("inc-1"), "closed") }})
	n.Alerts[0].StartsAt = w.clock.now().Add(time.Minute)
	w.fires(b, n)
	w.settle()
	if ids, _ := w.open(); len(ids) != 1 || ids[0] != "inc-2" || !w.touches("a-1") {
		t.Errorf("%v", ids)
	}
}

func TestMackerelsAlertAffectsAllThatItNames(t *testing.T) {
	s := Settings{ShopSets: []string{"a-1", "b-2", "c-1"}, Tiers: []string{"prod"}, Alerts: []AlertRule{{Severity: incident.Major}}}
	n, ok, err := s.readMackerel([]byte(`{"orgName":"Shop","event":"alert","type":"expression","message":"shop.a_1.errors > shop.b_2.errors","alert":{"id":"2bj","status":"critical","isOpen":true,"openedAt":1795323912,"monitorName":"errors"}}`))
	if err != nil || !ok {
		t.Fatal(err)
	}
	if scope, ok := s.alertScope(n); !ok || fmt.Sprint(scope.ShopSets) != "[a-1 b-2]" {
		t.Errorf("%+v", scope)
	}
}

// Whatever stands in labels and texts, the alert opens an incident and is not repeated for ever.
func TestAnAlertWithOddLabelsOpensAnIncident(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for name, odd := range map[string]string{"a zero byte": "a\x00b", "long": long, "no UTF-8": "a\xff", "empty": "", "lines": "a\nb\r\n"} {
		t.Run(name, func(t *testing.T) {
			for _, db := range []bool{false, true} {
				w := start(t, slackfake.Options{}, false, quiet, pages, func(w *world) {
					if db {
						store, err := sqlstore.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
						if err != nil {
							t.Fatal(err)
						}
						t.Cleanup(func() { store.Close() })
						w.store = store
					}
				})
				n := group("g1", "slo", odd, "shopset", odd, "tier", odd)
				n.Alerts[0].Labels["alertname"], n.Alerts[0].Annotations = odd, map[string]string{"summary": odd, "description": odd, "runbook_url": "https://wiki.example/" + odd}
				n.Alerts[0].Fingerprint = odd
				body, err := json.Marshal(map[string]any{"version": "4", "groupKey": "k" + odd, "alerts": []any{map[string]any{"status": "firing", "labels": n.Alerts[0].Labels, "annotations": n.Alerts[0].Annotations, "fingerprint": odd}}})
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if got := post(w.bot.Alerts(everybody), string(body)); got.Code != http.StatusOK {
						t.Fatalf("%d %s", got.Code, got.Body)
					}
				}
				w.settle()
				w.pass(2 * time.Second)
				if ids, _ := w.open(); len(ids) != 1 || len(w.incident("inc-1").Timeline) != 2 || len(w.slack.Pinned(w.channel("inc-1"))) != 1 {
					t.Errorf("%v: %d %v", ids, len(w.incident("inc-1").Timeline), w.slack.Pinned(w.channel("inc-1")))
				}
			}
		})
	}
}

// what the timeline says of alerts, in order.
func (w *world) alertsTold(id string) (all []string) {
	for _, e := range w.incident(id).Timeline {
		if e.Kind == incident.Noted && strings.HasPrefix(e.ID, "alert:") {
			all = append(all, strings.Fields(e.Text)[0])
		}
	}
	return all
}

// An alert that fires again is told again and opens again, also where it has the same start.
func TestAnAlertThatFiresAgainIsNoRepetition(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	at := w.clock.now()
	tell := func(status string) {
		n := group("g1", "severity", "page")
		n.Alerts[0].Status, n.Alerts[0].StartsAt = status, at
		w.fires(w.bot, n)
		w.settle()
	}
	for _, status := range []string{"firing", "firing", "resolved", "firing", "resolved"} { // two Alertmanagers, one of them late
		tell(status)
	}
	if all := w.alertsTold("inc-1"); !slices.Equal(all, []string{"🔔", "🔕"}) {
		t.Errorf("two Alertmanagers: %q", all)
	}
	c := w.channel("inc-1")
	for range 2 {
		w.command(w.ken, c, "resolved")
		w.clock.pass(10 * time.Minute)
		tell("firing")
		tell("resolved")
	}
	if i := w.incident("inc-1"); i.State != incident.Open {
		t.Errorf("it is %s", i.State)
	}
	if all := w.alertsTold("inc-1"); !slices.Equal(all, []string{"🔔", "🔕", "🔔", "🔕", "🔔", "🔕"}) {
		t.Errorf("%q", all)
	}
	if n := strings.Count(w.slack.Transcript(c), "There is impact again"); n != 2 {
		t.Errorf("told %d times that there is impact again", n)
	}
}

// Mackerel keeps one alert open while it changes between critical and warning.
func TestAMackerelAlertThatIsCriticalAgainIsNoRepetition(t *testing.T) {
	for name, changed := range map[string]string{"with statusChangedAt": `"statusChangedAt":%d,`, "without": ``} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet, func(w *world) {
				w.set.Alerts = []AlertRule{{Match: map[string]string{"severity": "critical"}, Severity: incident.Critical}, {}}
			})
			tell := func(status string, open bool, second int) {
				t.Helper()
				w.clock.pass(time.Minute)
				at := changed
				if at != "" {
					at = fmt.Sprintf(at, 1795323900+second)
				}
				r := post(w.bot.Mackerel(everybody), fmt.Sprintf(`{"orgName":"o","event":"alert","type":"host","host":{"name":"app01"},
					"alert":{"id":"2bj","status":%q,"isOpen":%v,"openedAt":1795323900,%s"monitorName":"mailrelay"}}`, status, open, at))
				if w.settle(); r.Code != 200 {
					t.Fatal(r.Code, r.Body)
				}
			}
			tell("critical", true, 0)
			tell("critical", true, 0) // sent again
			tell("warning", true, 60)
			w.command(w.ken, w.channel("inc-1"), "resolved")
			tell("critical", true, 120)
			if i := w.incident("inc-1"); i.State != incident.Open {
				t.Errorf("it is %s", i.State)
			}
			tell("critical", false, 120) // closed by hand
			if all := w.alertsTold("inc-1"); !slices.Equal(all, []string{"🔔", "🔔", "🔔", "🔕"}) {
				t.Errorf("%q", all)
			}
		})
	}
}

// Of a group it is the alerts that make it an incident that say what it is, and since when.
func TestWhatAnIncidentIsCalledComesFromWhatOpensIt(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, func(w *world) {
		w.set.Alerts = []AlertRule{{Match: map[string]string{"severity": "page"}, Severity: incident.Critical}, {Match: map[string]string{"severity": "warn"}, Severity: incident.Minor}, {}}
	})
	now := w.clock.now()
	n := notification{Version: "4", GroupKey: "g"}
	for k, one := range []struct {
		name, severity, status string
		ago                    time.Duration
	}{{"Old", "page", "resolved", 72 * time.Hour}, {"T1", "ticket", "firing", 48 * time.Hour}, {"T2", "ticket", "firing", 0}, {"T3", "ticket", "firing", 0},
		{"Warn", "warn", "firing", time.Minute}, {"Page", "page", "firing", 5 * time.Minute}} {
		n.Alerts = append(n.Alerts, alert{Status: one.status, Labels: map[string]string{"alertname": one.name, "severity": one.severity}, StartsAt: now.Add(-one.ago), Fingerprint: fmt.Sprint(k)})
	}
	w.fires(w.bot, n)
	w.settle()
	if i := w.incident("inc-1"); i.Title != "Page" || !i.StartedAt.Equal(now.Add(-5*time.Minute)) || i.Severity != incident.Critical {
		t.Errorf("%q since %s, %s", i.Title, i.StartedAt, i.Severity)
	}
	if shown := w.slack.Transcript(w.channel("inc-1")); !strings.Contains(shown, "🔔 *Page*") || strings.Contains(shown, "🔔 *Old*") {
		t.Errorf("%s", shown)
	}
}

// Alerts that have no entry in the timeline, since there are too many, are remembered too.
func TestManyAlertsThatAreToldAgainUndoNothing(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	n := group("g1", "severity", "page")
	add := func(name string) {
		n.Alerts = append(n.Alerts, alert{Status: "firing", Labels: map[string]string{"shopset": name, "severity": "page"}, Fingerprint: name})
	}
	n.Alerts = nil
	for k := range maxAlerts + 50 {
		add(fmt.Sprint("s-", k))
	}
	w.fires(w.bot, n)
	w.settle()
	c := w.channel("inc-1")
	w.command(w.ken, c, "scope s-1")
	w.command(w.ken, c, "resolved")
	for _, b := range []*Bot{w.bot, w.replica(nil)} {
		w.clock.pass(10 * time.Minute)
		w.fires(b, n)
		if i := w.incident("inc-1"); i.State != incident.Resolved || len(i.Scope.ShopSets) != 1 {
			t.Errorf("%s, %v", i.State, i.Scope)
		}
	}
	add("another")
	w.fires(w.bot, n)
	if i := w.incident("inc-1"); i.State != incident.Open || !slices.Equal(i.Scope.ShopSets, []string{"s-1", "another"}) {
		t.Errorf("%s, %v", i.State, i.Scope)
	}
}
