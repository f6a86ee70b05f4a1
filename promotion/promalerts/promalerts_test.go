package promalerts

import (
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// Shapes of the documented APIs.
const (
	oneRule = `{"status":"success","data":{"groups":[{"name":"shops","file":"r.yml","interval":15,"rules":[{"type":"alerting","name":"CartErrors","state":"firing","labels":{"severity":"page"},"health":"err","lastError":"no","lastEvaluation":"2026-10-01T09:00:00.5+09:00"},
		{"type":"recording","name":"a:b","health":"ok"},{"type":"alerting","name":"Never","health":"unknown","lastEvaluation":"0001-01-01T00:00:00Z"}]}]}}`
	noRule    = `{"status":"success","data":{"groups":[]}}`
	recording = `{"status":"success","data":{"groups":[{"rules":[{"type":"recording","name":"a:b"}]}]}}`
	nothing   = `{"status":"success","data":{"alerts":[]}}`
	firing    = `{"status":"success","data":{"alerts":[
		{"labels":{"alertname":"CartErrors","shopset":"a-2","severity":"page"},"annotations":{"summary":"…"},"state":"firing","activeAt":"2026-11-01T00:00:00.5Z","value":"1e+00"},
		{"labels":{"alertname":"CartSlow","shopset":"a-2"},"state":"pending","activeAt":"2026-11-01T00:00:00Z","value":"1"}]}}`
	manager = `[{"labels":{"alertname":"Watchdog","severity":"none"},"startsAt":"2026-10-01T00:00:00Z","endsAt":"2026-11-01T00:05:00Z","updatedAt":"2026-11-01T00:04:00Z","fingerprint":"a","status":{"state":"active","silencedBy":[],"inhibitedBy":[]},"receivers":[{"name":"x"}]},
		{"labels":{"alertname":"CartErrors","shopset":"a-2"},"startsAt":"2026-11-01T00:00:00Z","status":{"state":"suppressed","silencedBy":["s"],"inhibitedBy":[]}},
		{"labels":{"alertname":"CartSlow","shopset":"a-2"},"startsAt":"2026-11-01T00:00:00Z","status":{"state":"suppressed","silencedBy":[],"inhibitedBy":["a"]}},
		{"labels":{"alertname":"CartQueue"},"startsAt":"2026-11-01T00:00:00Z","status":{"state":"suppressed","silencedBy":[],"inhibitedBy":[],"mutedBy":["nights"]}}]`
)

// server answers paths with bodies; a body "" is a 500.
func server(t *testing.T, alertmanager bool, bodies map[string]string) *Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := bodies[strings.TrimPrefix(r.URL.Path, "/prom/")]
		switch {
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		case body == "":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			io.WriteString(w, body)
		}
	}))
	t.Cleanup(s.Close)
	c, err := New(s.URL+"/prom", alertmanager, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFiring(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name         string
		alertmanager bool
		bodies       map[string]string
		want         []promotion.Alert
	}{
		{"Prometheus: one fires, one is pending", false, map[string]string{"api/v1/rules": oneRule, "api/v1/alerts": firing}, []promotion.Alert{
			{Name: "CartErrors", Labels: map[string]string{"alertname": "CartErrors", "shopset": "a-2", "severity": "page"}, Since: at.Add(500 * time.Millisecond)}}},
		{"Prometheus: none fires", false, map[string]string{"api/v1/rules": oneRule, "api/v1/alerts": nothing}, nil},
		{"Alertmanager: one is silenced, one inhibited, and one is not told of at night", true, map[string]string{"api/v2/alerts": manager}, []promotion.Alert{
			{Name: "Watchdog", Labels: map[string]string{"alertname": "Watchdog", "severity": "none"}, Since: at.AddDate(0, -1, 0), Fingerprint: "a", InhibitedBy: []string{}, UpdatedAt: at.Add(4 * time.Minute)},
			{Name: "CartErrors", Labels: map[string]string{"alertname": "CartErrors", "shopset": "a-2"}, Since: at, Silenced: true, InhibitedBy: []string{}},
			{Name: "CartSlow", Labels: map[string]string{"alertname": "CartSlow", "shopset": "a-2"}, Since: at, InhibitedBy: []string{"a"}},
			{Name: "CartQueue", Labels: map[string]string{"alertname": "CartQueue"}, Since: at, InhibitedBy: []string{}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rules, err := server(t, c.alertmanager, c.bodies).Firing(t.Context())
			want := []promotion.AlertRule{{Name: "CartErrors", Labels: map[string]string{"severity": "page"}, Health: "err", Error: "no", EvaluatedAt: at.AddDate(0, -1, 0).Add(500 * time.Millisecond)},
				{Name: "Never", Health: "unknown"}}
			if c.alertmanager {
				want = nil
			}
			if !reflect.DeepEqual(rules, want) {
				t.Errorf("rules\ngot  %+v\nwant %+v", rules, want)
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v\ngot  %+v\nwant %+v", err, got, c.want)
			}
		})
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	for _, c := range []struct {
		name         string
		alertmanager bool
		bodies       map[string]string
		want         string
	}{
		{"a Prometheus without rules", false, map[string]string{"api/v1/rules": noRule, "api/v1/alerts": nothing}, "has no alerting rule"},
		{"a Prometheus that only records", false, map[string]string{"api/v1/rules": recording, "api/v1/alerts": nothing}, "has no alerting rule"},
		{"a server of something else", false, nil, "404 Not Found: check the address, and whether kind says prometheus or alertmanager"},
		{"an error", false, map[string]string{"api/v1/rules": oneRule, "api/v1/alerts": ""}, "500"},
		{"an error in words", false, map[string]string{"api/v1/rules": `{"status":"error","error":"too much"}`}, "too much"},
		{"no JSON", false, map[string]string{"api/v1/rules": oneRule, "api/v1/alerts": "<html>"}, "is this a Prometheus?"},
		{"no list", false, map[string]string{"api/v1/rules": oneRule, "api/v1/alerts": `{"status":"success","data":{}}`}, `"alerts" is missing`},
		{"no data", false, map[string]string{"api/v1/rules": oneRule, "api/v1/alerts": `{"status":"success"}`}, "success"},
		{"a state that nobody knows", false, map[string]string{"api/v1/rules": oneRule, "api/v1/alerts": strings.Replace(firing, `"pending"`, `"odd"`, 1)}, `state "odd"`},
		{"rules of some rulers", false, map[string]string{"api/v1/rules": `{"warnings":["ruler b: connection refused"],` + oneRule[1:], "api/v1/alerts": nothing}, "the answer may be partial: ruler b: connection refused"},
		{"alerts of some rulers", false, map[string]string{"api/v1/rules": oneRule, "api/v1/alerts": nothing[:len(nothing)-1] + `,"warnings":["ruler b: connection refused"]}`}, "the answer may be partial: ruler b"},
		{"an Alertmanager without any alert", true, map[string]string{"api/v2/alerts": "[]"}, "has no alerts at all"},
		{"an Alertmanager of another shape", true, map[string]string{"api/v2/alerts": `{"status":"success"}`}, "is this an Alertmanager?"},
		{"an Alertmanager's unknown state", true, map[string]string{"api/v2/alerts": `[{"labels":{"alertname":"X"},"status":{"state":""}}]`}, `state ""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rules, err := server(t, c.alertmanager, c.bodies).Firing(t.Context())
			if err == nil || got != nil || rules != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("%v, error %v, want one with %q", got, err, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{oneRule, nothing, firing, manager, "[]", `{"status":"success","data":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if alerts, err := decodePrometheus(data); err != nil && alerts != nil {
			t.Errorf("an error comes with %v", alerts)
		}
		if alerts, err := decodeAlertmanager(data); err != nil && alerts != nil || err == nil && len(alerts) == 0 {
			t.Errorf("%v with error %v", alerts, err)
		}
		if rules, _, err := decodeRules(data); err == nil && len(rules) == 0 {
			t.Errorf("no rule was found in %s", data)
		} else if err == nil && !strings.Contains(string(data), "alert") && !strings.Contains(string(data), `\u`) {
			t.Errorf("a rule was found in %s", data)
		}
	})
}
