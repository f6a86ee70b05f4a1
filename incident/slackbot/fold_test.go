package slackbot

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

// group is a group of one alert that fires, with labels in pairs.
func group(key string, pairs ...string) notification {
	a := alert{Status: "firing", Labels: map[string]string{"alertname": key}, Fingerprint: key}
	for n := 0; n < len(pairs); n += 2 {
		a.Labels[pairs[n]] = pairs[n+1]
	}
	return notification{Version: "4", GroupKey: key, Alerts: []alert{a}}
}

// pages is a world in which each alert opens an Incident.
func pages(w *world) {
	w.set.Alerts = []AlertRule{{Match: map[string]string{"severity": "page"}, Severity: incident.Critical}, {Severity: incident.Major}}
	w.set.ShopSets, w.set.Tiers = nil, nil
}

func (w *world) fires(b *Bot, n notification) {
	w.t.Helper()
	if err := b.alerted(context.Background(), n); err != nil {
		w.t.Fatal(err)
	}
}

// open counts the Incidents that stand by themselves, and the channels that were made.
func (w *world) open() (ids []string, channels int) {
	w.t.Helper()
	all, err := w.store.Incidents(context.Background(), time.Time{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range all {
		if i.State.Ongoing() {
			ids = append(ids, i.ID)
		}
	}
	_, names := w.slack.Channels()
	for _, name := range names {
		if strings.HasPrefix(name, "inc-") {
			channels++
		}
	}
	return ids, channels
}

func TestAlertsOfOneCauseAreOneIncident(t *testing.T) {
	for name, test := range map[string]struct {
		groups func(n int) notification
		want   int
	}{
		"one SLO in many ShopSets": {func(n int) notification {
			return group(fmt.Sprint("g", n), "slo", "cart", "shopset", fmt.Sprint("a-", n))
		}, 1},
		"one ShopSet with many SLOs": {func(n int) notification {
			return group(fmt.Sprint("g", n), "slo", fmt.Sprint("slo", n), "shopset", "a-1")
		}, 1},
		"nothing in common": {func(n int) notification { return group(fmt.Sprint("g", n)) }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet, pages)
			for n := range 20 {
				w.fires(w.bot, test.groups(n))
				w.clock.pass(time.Second)
				w.settle()
			}
			if ids, channels := w.open(); len(ids) != test.want || channels != test.want {
				t.Errorf("%d incidents, %d channels", len(ids), channels)
			}
			i := w.incident("inc-1")
			if n := strings.Count(fmt.Sprint(i.Timeline), "🔔"); n != 20-test.want+1 {
				t.Errorf("%d alerts in its timeline", n)
			}
			// What fires in a group later is of the same incident, and after a while a new one is.
			w.fires(w.bot, group("g7", "severity", "page", "slo", "other"))
			if i := w.incident("inc-1"); i.Severity != incident.Critical {
				t.Errorf("the group's next alert is not its own: %s", i.Severity)
			}
			w.clock.pass(time.Hour)
			w.fires(w.bot, group("much later", "slo", "cart", "shopset", "a-1"))
			if ids, _ := w.open(); len(ids) != test.want+1 {
				t.Errorf("an hour later: %v", ids)
			}
		})
	}
}

// Two replicas hear of two groups at the same time, and neither knows of the other's incident.
func TestReplicasThatOpenAtTheSameTimeFoldIntoOne(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	bots := []*Bot{w.bot, w.replica(nil), w.replica(nil)}
	var all sync.WaitGroup
	for n := range 18 {
		all.Go(func() { w.fires(bots[n%3], group(fmt.Sprint("g", n), "slo", "cart", "shopset", fmt.Sprint("a-", n))) })
	}
	all.Wait()
	w.settle()
	w.clock.pass(paceAfter)
	w.settle()
	ids, channels := w.open()
	if len(ids) != 1 || channels != 1 || ids[0] != "inc-1" {
		t.Fatalf("%v, %d channels", ids, channels)
	}
	w.fires(bots[1], group("g5", "severity", "page", "slo", "other", "shopset", "x"))
	if i := w.incident("inc-1"); i.Severity != incident.Critical || len(i.Scope.ShopSets) < 18 {
		t.Errorf("%+v", i.Scope)
	}
}

func TestAStormCostsAHandfulOfUpdatesAndPeopleGoFirst(t *testing.T) {
	w := start(t, slackfake.Options{Latency: [2]time.Duration{time.Millisecond, 6 * time.Millisecond}}, false, quiet, pages)
	w.run(w.bot)
	began := w.clock.now()
	for n := range 120 {
		w.fires(w.bot, group(fmt.Sprint("g", n), "slo", "cart", "shopset", fmt.Sprint("a-", n%40)))
		if n == 20 {
			w.within(5*time.Second, "a channel", func() bool { return w.hasChannel("inc-1") })
		}
		if n%40 == 39 {
			if _, err := w.slack.Command(w.mai, w.channel("inc-1"), fmt.Sprintf("update word %d.", n)); err != nil {
				t.Fatal(err)
			}
			w.within(5*time.Second, "what somebody said", func() bool {
				return strings.Contains(strings.Join(w.spoken(w.channel("inc-1")), "\n"), fmt.Sprintf("> word %d.", n))
			})
		}
	}
	spent := w.clock.now().Sub(began)
	calls := map[string]int{}
	for _, c := range w.slack.Calls() {
		calls[c.Method+" "+c.Outcome]++
	}
	// Of the status message and the announcement.
	if n, most := calls["chat.update ok"], 2*(paceFree+2+int(spent/paceAfter)); n > most || calls["chat.update ratelimited"] > 0 {
		t.Errorf("%d updates of two messages in %s: %v", n, spent, calls)
	}
	if ids, channels := w.open(); len(ids) != 1 || channels != 1 {
		t.Errorf("%v, %d channels", ids, channels)
	}
	if n := len(w.incident("inc-1").Timeline); n > maxAlerts+60 {
		t.Errorf("%d entries", n)
	}
	w.within(20*time.Second, "the last state", func() bool {
		c := w.channel("inc-1")
		for _, m := range w.slack.Messages(c) {
			if pinned := w.slack.Pinned(c); len(pinned) == 1 && m.TS == pinned[0] {
				return strings.Contains(slackfake.Read(m.Text, m.Blocks), "word 119")
			}
		}
		return false
	})
}

func TestIncidentsAreMergedByHand(t *testing.T) {
	w, c := opened(t)
	w.command(w.yuki, w.general, "open critical Cart fails")
	other := w.channel("inc-2")
	w.command(w.ken, other, "scope b-2")
	w.command(w.ken, other, "started 14:01")
	w.command(w.ken, c, "scope a-1")
	if r := w.command(w.ken, c, "merge inc-1"); !strings.Contains(r.Text, "is this incident itself") {
		t.Errorf("%q", r.Text)
	}
	if r := w.command(w.ken, c, "merge inc-2"); !strings.Contains(r.Text, "Merging inc-2 into inc-1") {
		t.Errorf("%q", r.Text)
	}
	whole, part := w.incident("inc-1"), w.incident("inc-2")
	if part.MergedInto != "inc-1" || part.State != incident.Closed || whole.Severity != incident.Critical || fmt.Sprint(whole.Scope.ShopSets) != "[a-1 b-2]" || whole.StartedAt.IsZero() {
		t.Errorf("%+v\n%+v", whole, part)
	}
	if text := w.slack.Transcript(other); !strings.Contains(text, "was merged into inc-1 #inc-20261122-1-search-is-slow: please continue there") {
		t.Errorf("%s", text)
	}
	members := fmt.Sprint(w.slack.Members(c))
	if !strings.Contains(members, w.yuki) {
		t.Error("who is in the part is not called over")
	}
	if r := w.command(w.ken, c, "merge inc-2"); !strings.Contains(r.Text, "is already merged into inc-1") {
		t.Errorf("%q", r.Text)
	}
	// A duplicate, the other way round, and undone.
	w.command(w.yuki, w.general, "open minor Cart fails again")
	third := w.channel("inc-3")
	if r := w.command(w.yuki, third, "重複 inc-2"); !strings.Contains(r.Text, "Merging inc-3 into inc-1") {
		t.Errorf("%q", r.Text)
	}
	if i := w.incident("inc-3"); i.MergedInto != "inc-1" {
		t.Errorf("%+v", i)
	}
	w.command(w.yuki, third, "state open")
	if i := w.incident("inc-3"); i.MergedInto != "" || i.State != incident.Open {
		t.Errorf("%+v", i)
	}
}
