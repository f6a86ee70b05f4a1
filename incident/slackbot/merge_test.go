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

// say writes a command and does no Job yet.
func (w *world) say(user, channel, text string) string {
	w.t.Helper()
	r, err := w.slack.Command(user, channel, text)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.Text
}

// touches reports whether something that is ongoing may affect a ShopSet, as the gate asks.
func (w *world) touches(shopSet string) bool {
	w.t.Helper()
	all, err := w.store.Incidents(context.Background(), time.Time{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range all {
		if i.State.Ongoing() && i.Scope.Touches("prod", []string{shopSet}) {
			return true
		}
	}
	return false
}

func TestAMergeHoldsWhatBothHeld(t *testing.T) {
	for _, verb := range []string{"merge inc-2", "duplicate inc-1"} {
		for _, scope := range []string{"b-2", "prod", "fleet", "unknown", "unknown a-1", ""} {
			t.Run(verb+" with scope "+scope, func(t *testing.T) {
				w, c := opened(t)
				w.command(w.ken, c, "scope a-1")
				w.command(w.ken, w.general, "open major Cart fails")
				other := w.channel("inc-2")
				if scope != "" {
					w.command(w.ken, other, "scope "+scope)
				}
				if strings.HasPrefix(verb, "merge") {
					w.command(w.ken, c, verb)
				} else {
					w.command(w.ken, other, verb)
				}
				if i := w.incident("inc-2"); i.MergedInto != "inc-1" || i.State != incident.Closed {
					t.Fatalf("%+v", i)
				}
				if !w.touches("a-1") || !w.touches("b-2") {
					t.Errorf("the gate holds less than before: %+v", w.incident("inc-1").Scope)
				}
			})
		}
	}
}

func TestAMergeWithAnOngoingPartReopensTheWhole(t *testing.T) {
	for _, state := range []string{"resolved", "mitigated"} {
		w, c := opened(t)
		w.command(w.ken, c, state)
		w.command(w.ken, w.general, "open critical Cart fails")
		w.command(w.ken, w.channel("inc-2"), "duplicate inc-1")
		if i, part := w.incident("inc-1"), w.incident("inc-2"); i.State != incident.Open || i.Severity != incident.Critical || part.State != incident.Closed {
			t.Errorf("%s: %s %s, part %s", state, i.State, i.Severity, part.State)
		}
		if text := w.slack.Transcript(c); !strings.Contains(text, "There is impact again, says @Ken") {
			t.Errorf("nobody is told:\n%s", text)
		}
	}
	// One that is over reopens nothing.
	w, c := opened(t)
	w.command(w.ken, c, "resolved")
	w.command(w.ken, w.general, "open minor Cart fails")
	w.command(w.ken, w.channel("inc-2"), "resolved")
	w.command(w.ken, c, "merge inc-2")
	if i := w.incident("inc-1"); i.State != incident.Resolved || w.incident("inc-2").MergedInto != "inc-1" {
		t.Errorf("%s", i.State)
	}
}

func TestIncidentsThatBecomePartsOfEachOtherLeaveOneOpen(t *testing.T) {
	for _, n := range []int{2, 3, 4} {
		t.Run(fmt.Sprint(n, " in a ring"), func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet)
			for k := range n {
				w.command(w.ken, w.general, fmt.Sprintf("open major Number %d", k+1))
			}
			w.command(w.ken, w.channel("inc-1"), "scope a-1")
			for k := 1; k <= n; k++ {
				w.say(w.ken, w.channel(fmt.Sprint("inc-", k)), fmt.Sprint("duplicate inc-", k%n+1))
			}
			// Several replicas do the Jobs at once, merges one after another.
			jobs, err := w.bot.claim(context.Background())
			if err != nil || len(jobs) != 1 {
				t.Fatalf("%d merges at once, %v", len(jobs), err)
			}
			w.bot.work(context.Background(), jobs[0])
			var all sync.WaitGroup
			for range 3 {
				b := w.replica(nil)
				all.Go(func() {
					for range 20 {
						b.round(context.Background())
					}
				})
			}
			all.Wait()
			w.pass(2 * time.Minute)
			ids, _ := w.open()
			if len(ids) != 1 || !w.touches("a-1") || !w.touches("b-2") {
				t.Fatalf("%v are ongoing", ids)
			}
			for k := 1; k <= n; k++ {
				i := w.incident(fmt.Sprint("inc-", k))
				whole, err := w.bot.whole(context.Background(), i)
				if err != nil || whole.ID != ids[0] {
					t.Errorf("%s is a part of %s, %v", i.ID, whole.ID, err)
				}
			}
			if text := w.slack.Transcript(w.channel(ids[0])); !strings.Contains(text, "it stays separate") {
				t.Errorf("nobody is told that it stays:\n%s", text)
			}
		})
	}
}

func TestWhatChangesInAPartBeforeItIsClosedGoesOverToo(t *testing.T) {
	w, c := opened(t)
	w.command(w.ken, c, "scope a-1")
	w.command(w.ken, w.general, "open minor Cart fails")
	other := w.channel("inc-2")
	w.command(w.ken, other, "scope a-1")
	w.say(w.ken, c, "merge inc-2")
	w.say(w.ken, other, "severity critical")
	w.say(w.ken, other, "scope fleet")
	w.settle()
	if i := w.incident("inc-1"); i.Severity != incident.Critical || !w.touches("b-2") || w.incident("inc-2").MergedInto != "inc-1" {
		t.Errorf("%s %+v", i.Severity, i.Scope)
	}
}

// between is a store in which something happens once, right after an Incident was changed.
type between struct {
	Store
	id   string
	then func()
}

func (b *between) Change(ctx context.Context, id string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error) {
	i, err := b.Store.Change(ctx, id, change)
	if then := b.then; id == b.id && then != nil {
		b.then = nil
		then()
	}
	return i, err
}

func TestWhatChangesAmidAMergeIsNotLost(t *testing.T) {
	for name, test := range map[string]struct {
		say  string // in inc-2, after inc-1 has taken over what it held
		id   string
		want func(w *world) bool
	}{
		"the part becomes worse":   {"severity critical", "inc-2", func(w *world) bool { return w.incident("inc-1").Severity == incident.Critical }},
		"the part affects more":    {"scope fleet", "inc-2", func(w *world) bool { return w.incident("inc-1").Scope.Fleet }},
		"the whole is closed":      {"closed", "inc-1", func(w *world) bool { return w.incident("inc-2").State == incident.Open && w.touches("a-1") }},
		"the part is closed alone": {"closed", "inc-2", func(w *world) bool { return w.incident("inc-2").MergedInto == "inc-1" }},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet)
			for range 2 {
				w.command(w.ken, w.general, "open minor Slow")
			}
			w.command(w.ken, w.channel("inc-1"), "scope a-1")
			w.command(w.ken, w.channel("inc-2"), "scope a-1")
			w.say(w.ken, w.channel("inc-1"), "merge inc-2")
			w.bot.o.Store = &between{w.store, "inc-1", func() { w.say(w.ken, w.channel(test.id), test.say) }}
			w.settle()
			w.pass(time.Minute)
			if !test.want(w) {
				t.Errorf("%+v\n%+v", w.incident("inc-1"), w.incident("inc-2"))
			}
		})
	}
}

// What was undone may be done again.
func TestAMergeThatWasUndoneIsDoneAgain(t *testing.T) {
	w, c := opened(t)
	w.command(w.ken, w.general, "open minor Slow")
	other := w.channel("inc-2")
	for range 2 {
		w.command(w.ken, c, "merge inc-2")
		if i := w.incident("inc-2"); i.MergedInto != "inc-1" || i.State != incident.Closed {
			t.Fatalf("%+v", i)
		}
		w.command(w.ken, other, "state open")
		w.clock.pass(time.Minute)
	}
	if n := strings.Count(w.slack.Transcript(other), "please continue there"); n != 2 {
		t.Errorf("said %d times", n)
	}
}

func TestAlertsNarrowNothing(t *testing.T) {
	page := []string{"severity", "page"}
	a1, nothing, unheard := group("g1", append(page, "slo", "cart", "shopset", "a-1")...), group("g2", append(page, "slo", "cart")...), group("g3", append(page, "slo", "cart", "shopset", "z-9")...)
	cut := group("g4", append(page, "slo", "cart", "shopset", "a-1")...)
	cut.Truncated = 5
	both := group("g5", append(page, "shopset", "a-1")...)
	both.Alerts = append(both.Alerts, nothing.Alerts...)
	info := group("g6", append(page, "slo", "cart", "shopset", "a-1")...)
	info.Alerts = append(info.Alerts, alert{Status: "firing", Labels: map[string]string{"alertname": "Watchdog"}, Fingerprint: "w"}, alert{Status: "resolved", Labels: nothing.Alerts[0].Labels, Fingerprint: "r"})
	for name, test := range map[string]struct {
		told []notification
		want bool // is b-2 held, too
	}{
		"a-1 alone": {[]notification{a1}, false}, "then one without a name": {[]notification{a1, nothing}, true},
		"then one of a ShopSet that the fleet lacks": {[]notification{a1, unheard}, true}, "then one that was cut": {[]notification{a1, cut}, true},
		"one without a name beside it": {[]notification{both}, true}, "one that was cut": {[]notification{cut}, true},
		"what opens nothing, and what fires no longer": {[]notification{info}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, slackfake.Options{}, false, quiet, func(w *world) {
				w.set.Alerts = []AlertRule{{Match: map[string]string{"severity": "page"}, Severity: incident.Major}}
			})
			for _, n := range test.told {
				w.fires(w.bot, n)
				w.settle()
			}
			if ids, _ := w.open(); len(ids) != 1 || !w.touches("a-1") || w.touches("b-2") != test.want {
				t.Errorf("%v, %+v", ids, w.incident("inc-1").Scope)
			}
		})
	}
}

// An alert's incident was to become a part of another one, which was closed before.
func TestAnAlertWhoseWholeIsClosedMeanwhileBeginsByItself(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	w.fires(w.bot, group("g1", "shopset", "a-1"))
	w.settle()
	w.command(w.ken, w.channel("inc-1"), "severity minor")
	i, _, err := w.bot.create(context.Background(), "k", incident.Incident{Title: "Cart fails", Severity: incident.Minor, State: incident.Open, DetectedAt: w.clock.now()}, task{Origin: &origin{Key: "k", ShopSets: []string{"a-1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.bot.round(context.Background()); err != nil { // begin finds that it belongs to inc-1
		t.Fatal(err)
	}
	_, err = w.bot.Change(context.Background(), "inc-1", func(now incident.Incident) ([]incident.Event, []incident.Job, error) {
		return []incident.Event{{At: w.clock.now(), Kind: incident.Moved, Value: "resolved"}, {At: w.clock.now(), Kind: incident.Postmortal, Postmortem: &incident.Postmortem{Summary: "s", Impact: "i", Cause: "c", Resolution: "r",
			Actions: []incident.Action{{What: "w"}}}}, {At: w.clock.now(), Kind: incident.Moved, Value: "closed"}}, nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	if c := w.channel(i.ID); w.incident(i.ID).State != incident.Open || !strings.Contains(w.slack.Transcript(c), "Cart fails") {
		t.Errorf("%+v", w.incident(i.ID))
	}
}

// A merge closes one incident and may make the other worse: who may do neither may not merge.
func TestWhoMayNotCloseOrMakeWorseMayNotMergeEither(t *testing.T) {
	for name, test := range map[string]struct {
		set        func(w *world)
		part, into string // severities
		refused    bool
	}{
		"may not close":           {func(w *world) { w.set.MayClose = w.sre }, "minor", "minor", true},
		"may not make it worse":   {func(w *world) { w.set.MaySeverity = w.sre }, "critical", "minor", true},
		"does not make it worse":  {func(w *world) { w.set.MaySeverity = w.sre }, "minor", "critical", false},
		"may do both":             {func(w *world) { w.set.MayChange = "" }, "critical", "minor", false},
		"may change nothing else": {func(w *world) { w.set.MayChange = w.sre }, "minor", "minor", true},
	} {
		for _, verb := range []string{"merge", "duplicate"} {
			t.Run(name+" "+verb, func(t *testing.T) {
				w := start(t, slackfake.Options{}, false, quiet, test.set)
				w.command(w.ken, w.general, "open "+test.part+" Cart fails")
				w.command(w.ken, w.general, "open "+test.into+" Slow")
				say := map[string]string{"merge": "inc-2 merge inc-1", "duplicate": "inc-1 duplicate inc-2"}[verb]
				r := w.command(w.mai, w.general, say)
				i, whole := w.incident("inc-1"), w.incident("inc-2")
				if test.refused && (!strings.Contains(r.Text, "Only <!subteam^"+w.sre+"> may") || i.State != incident.Open || i.MergedInto != "" || string(whole.Severity) != test.into || len(whole.Timeline) != 1) {
					t.Errorf("%q: %+v\n%+v", r.Text, i, whole)
				}
				if !test.refused && i.MergedInto != "inc-2" {
					t.Errorf("%q: %+v", r.Text, i)
				}
				if w.command(w.ken, w.general, say); w.incident("inc-1").MergedInto != "inc-2" {
					t.Error("who may cannot")
				}
			})
		}
	}
}

// A lower severity spares no postmortem, nor does a merge after it.
func TestAMergeSparesNoPostmortem(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet)
	w.command(w.ken, w.general, "open critical Payments fail")
	w.command(w.ken, w.general, "open minor Slow")
	w.command(w.ken, w.channel("inc-1"), "severity minor")
	w.command(w.ken, w.channel("inc-1"), "duplicate inc-2")
	c := w.channel("inc-2")
	w.command(w.ken, c, "resolved")
	if r := w.command(w.ken, c, "closed"); !strings.Contains(r.Text, "It was critical for a time") || w.incident("inc-2").State != incident.Resolved || w.incident("inc-2").Severity != incident.Minor {
		t.Errorf("%q: %+v", r.Text, w.incident("inc-2"))
	}
	if text := w.slack.Transcript(c); !strings.Contains(text, "inc-1 was merged into this incident: Payments fail") {
		t.Errorf("%s", text)
	}
}

// At no moment is less held, and in the end it is merged and said once.
func TestWhereverTheBotDiesAMergeIsDoneOnce(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n, dead := 1, true; dead; n++ {
			w, c := opened(t)
			w.command(w.ken, c, "scope a-1")
			w.command(w.ken, w.general, "open critical Cart fails")
			other := w.channel("inc-2")
			w.command(w.ken, other, "scope b-2")
			w.command(w.ken, c, "resolved")
			w.say(w.ken, c, "merge inc-2")
			ctx, cancel := context.WithCancel(context.Background())
			dead = false
			doomed := w.replica(&mortal{Store: w.store, left: n, after: after, died: func() { dead = true; cancel() }})
			for range 100 {
				if did, err := doomed.round(ctx); did == 0 || err != nil {
					break
				}
			}
			cancel()
			if !w.touches("b-2") {
				t.Fatalf("killed at operation %d (after it: %v) b-2 is not held", n, after)
			}
			w.clock.pass(lease)
			w.settle()
			w.pass(2 * paceAfter)
			whole, part := w.incident("inc-1"), w.incident("inc-2")
			if part.MergedInto != "inc-1" || whole.State != incident.Open || whole.Severity != incident.Critical || fmt.Sprint(whole.Scope.ShopSets) != "[a-1 b-2]" || len(whole.Timeline) != 7 ||
				strings.Count(w.slack.Transcript(other), "please continue there") != 1 || strings.Count(w.slack.Transcript(c), "There is impact again") != 1 {
				t.Fatalf("killed at operation %d (after it: %v): %d entries, %+v\n%s", n, after, len(whole.Timeline), part, w.slack.Transcript(c))
			}
			if !dead && n < 15 {
				t.Fatalf("only %d operations: this tests nothing", n)
			}
		}
	}
}

// An alert's incident that was folded before it had a channel gets one when it stands by itself again.
func TestAFoldedIncidentThatIsReopenedBegins(t *testing.T) {
	w := start(t, slackfake.Options{}, false, quiet, pages)
	w.fires(w.bot, group("g1", "shopset", "a-1"))
	w.settle()
	i, _, err := w.bot.create(context.Background(), "k", incident.Incident{Title: "Cart fails", Severity: incident.Critical, State: incident.Open, DetectedAt: w.clock.now()}, task{Origin: &origin{Key: "k", ShopSets: []string{"a-1"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	if w.incident(i.ID).MergedInto != "inc-1" || w.hasChannel(i.ID) {
		t.Fatalf("%+v", w.incident(i.ID))
	}
	w.command(w.ken, w.general, i.ID+" state open")
	w.pass(2 * paceAfter)
	if !w.hasChannel(i.ID) || !strings.Contains(w.slack.Transcript(w.announce), "Cart fails") {
		t.Fatal("nobody hears of it")
	}
	c := w.channel(i.ID)
	if members := w.slack.Members(c); !strings.Contains(fmt.Sprint(members), w.yuki) {
		t.Errorf("%v", members)
	}
	// One that has begun begins only once.
	said := len(w.slack.Messages(c))
	w.command(w.ken, c, "duplicate inc-1")
	w.command(w.ken, c, "state open")
	w.pass(2 * paceAfter)
	if ids, channels := w.open(); len(ids) != 2 || channels != 2 || len(w.slack.Messages(c)) > said+3 {
		t.Errorf("%v, %d channels, %d messages more", ids, channels, len(w.slack.Messages(c))-said)
	}
}
