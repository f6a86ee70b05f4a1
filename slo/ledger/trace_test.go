package ledger_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// tracer notes the steps of a ledger.
type tracer struct{ steps map[string][]ledger.Step } // by account

func (tr *tracer) take(s ledger.Step) {
	if tr.steps == nil {
		tr.steps = map[string][]ledger.Step{}
	}
	tr.steps[s.Account] = append(tr.steps[s.Account], s)
}

// differ says where an account is not the sum of its steps: at an edge, or in its flags.
func (tr *tracer) differ(l *ledger.Ledger, s *slo.SLO, subject string, start, end, res int64) string {
	name, ok := l.AccountOf(s, subject, 0)
	if !ok {
		return ": it has no account"
	}
	acc := l.Account(s, subject, time.UnixMilli(end))
	counts := make([]slo.Counts, (end-start)/res)
	flags := map[slo.FlagKind]*slo.Flag{}
	for _, st := range tr.steps[name] {
		if st.Subject != subject || !st.At.After(time.UnixMilli(start)) || st.At.After(time.UnixMilli(end)) {
			return fmt.Sprintf(": %+v", st)
		}
		c := &counts[(st.At.UnixMilli()-start-1)/res]
		c.Good += counted(st, st.Good) - counted(st, st.Bad && s.Parts[0].Indicator.Total != nil)
		c.Total += counted(st, st.Total || s.Parts[0].Indicator.Total == nil && (st.Good || st.Bad))
		if s.Parts[0].Indicator.Good == nil {
			c.Good += counted(st, st.Total)
		}
		if st.Good && st.Bad && s.Parts[0].Indicator.Total == nil {
			c.Total += st.Counted
		}
		for _, kind := range st.Flags {
			f := flags[kind]
			if f == nil {
				f = &slo.Flag{Kind: kind, First: st.At, Last: st.At}
				flags[kind] = f
			}
			f.Count++
			if st.At.Before(f.First) {
				f.First = st.At
			}
			if st.At.After(f.Last) {
				f.Last = st.At
			}
		}
	}
	for i, c := range counts {
		from := start + int64(i)*res
		got := acc.Counts(0, time.UnixMilli(from), time.UnixMilli(from+res))
		if got.Good != c.Good || got.Total != c.Total {
			return fmt.Sprintf(" in the bucket after S+%d ms: good %v total %v, the steps sum up to %v, %v", from-start, got.Good, got.Total, c.Good, c.Total)
		}
	}
	var raised []slo.Flag
	for _, f := range flags {
		raised = append(raised, *f)
	}
	slices.SortFunc(raised, func(x, y slo.Flag) int { return cmp.Compare(x.Kind, y.Kind) })
	if got, want := flagTimes(acc.Flags, start), flagTimes(raised, start); got != want {
		return fmt.Sprintf(": flags %s, those of the steps are %s", got, want)
	}
	return tr.torn(name)
}

func counted(st ledger.Step, is bool) float64 {
	if is {
		return st.Counted
	}
	return 0
}

// apart says which series has another sum, or other flags, than the oracle gives it.
func (tr *tracer) apart(l *ledger.Ledger, s *slo.SLO, subject string, o *ledgertest.Oracle, start, end int64) string {
	type worth struct {
		events float64
		flags  int
	}
	name, _ := l.AccountOf(s, subject, 0)
	got, want := map[string]worth{}, map[string]worth{}
	add := func(to map[string]worth, ls slo.Labels, events float64, flags int) {
		w := to[ls.String()]
		to[ls.String()] = worth{w.events + events, w.flags + flags}
	}
	for _, st := range tr.steps[name] {
		if st.Series != nil {
			add(got, st.Series, st.Counted, len(st.Flags))
		}
	}
	for _, inc := range o.Increments(start, end) {
		if inc.Labels.Get(slo.MetricName) != ledgertest.StartTimeMetric {
			add(want, inc.Labels, inc.Value, len(inc.Flags))
		}
	}
	for series, w := range want {
		if got[series] != w {
			return fmt.Sprintf(": %s has %+v, the oracle gives it %+v", series, got[series], w)
		}
	}
	for series, w := range got {
		if want[series] != w && w != (worth{}) {
			return fmt.Sprintf(": %s has %+v, the oracle gives it %+v", series, w, want[series])
		}
	}
	return ""
}

// torn says where steps of a series do not follow on from one another.
func (tr *tracer) torn(account string) string {
	last := map[string]ledger.Step{}
	for _, st := range tr.steps[account] {
		if st.Series == nil {
			continue
		}
		name := st.Series.String()
		before, ok := last[name]
		switch {
		case st.Kind == ledger.NotCreated:
			continue // of what the series says beside
		case !ok && st.Kind != ledger.FirstCounted && st.Kind != ledger.FirstIgnored && st.Kind != ledger.FirstHeld:
			return fmt.Sprintf(": %s begins with %+v", name, st)
		case ok && st.At.Before(before.At):
			return fmt.Sprintf(": %s: %+v comes after %+v", name, st, before)
		case (st.Kind == ledger.Growth || st.Kind == ledger.Gap) && st.To-st.From != st.Counted:
			return fmt.Sprintf(": %s: %+v", name, st)
		case st.Kind == ledger.Anew && (st.Counted != st.To || st.From != 0):
			return fmt.Sprintf(": %s: %+v", name, st)
		case st.Kind == ledger.Restart && (st.Counted != st.To || math.IsNaN(st.From)):
			return fmt.Sprintf(": %s: %+v", name, st)
		case st.Kind == ledger.Joined && (st.Partner == nil || st.Counted != st.To-st.From):
			return fmt.Sprintf(": %s: %+v", name, st)
		}
		last[name] = st
	}
	return ""
}

func TestTheStepsOfTinyHistoriesAreWhatIsCounted(t *testing.T) {
	const res = 10_000
	forms := [][]string{{"bad", "total"}, {"good", "total"}, {"good", "bad"}}
	for seed := range racetest.Fewer(uint64(400)) {
		h := ledgertest.New(ledgertest.Tiny(seed, seed%2 == 0))
		end := h.End - h.End%res
		s := sloOf("s", forms[seed%3]...)
		s.Parts[0].Indicator.FirstSample = slo.FirstSample(seed % 3)
		var tr tracer
		cfg := testConfig("", h.Start, time.UnixMilli(end), h.Config.Interval, res*time.Millisecond)
		cfg.Trace = tr.take
		l, err := ledger.Open(cfg)
		if err == nil {
			err = l.Configure(planOf(h.Source(), h.Subjects(), s), time.UnixMilli(end))
		}
		if err != nil {
			t.Fatal(err)
		}
		advanceAtRandom(t, rand.New(rand.NewPCG(seed, 1)), l, nil, h.Start, end, 300_000)
		for _, sub := range h.Subjects() {
			if text := tr.differ(l, s, sub.ID, h.Start, end, res); text != "" {
				t.Errorf("seed %d, %s%s", seed, sub.ID, text)
			}
		}
	}
}

func TestTheStepsOfAHeapAreWhatIsCounted(t *testing.T) {
	const res = 1000
	kinds := map[ledger.Kind]int{}
	for seed := range racetest.Fewer(uint64(360)) {
		w, way := ledgertest.Wild(seed), ways[seed%3]
		var tr tracer
		l, s, err := countHeap(&w, w.Series, way, tr.take)
		if err != nil {
			t.Fatal(err)
		}
		oracles, err := ledgertest.NewOracles(w.Subjects, w.Rules, w.Series)
		if err != nil {
			t.Fatal(err)
		}
		start, end := w.Rules.Start, w.End-w.End%res
		for _, sub := range w.Subjects {
			if text := tr.differ(l, s, sub.ID, start, end, res) + tr.apart(l, s, sub.ID, oracles[sub.ID], start, end); text != "" {
				t.Errorf("seed %d, %s, %s%s", seed, way, sub.ID, text)
			}
		}
		for _, steps := range tr.steps {
			for _, st := range steps {
				kinds[st.Kind]++
			}
		}
	}
	if racetest.Fewer(uint64(600)) < 600 {
		return
	}
	for _, k := range []ledger.Kind{ledger.Growth, ledger.Gap, ledger.Restart, ledger.Reset, ledger.SiblingReset, ledger.OldAnswer, ledger.Held, ledger.Regained,
		ledger.LeftOut, ledger.FirstCounted, ledger.FirstIgnored, ledger.FirstHeld, ledger.Joined, ledger.CameBack, ledger.ClockStep, ledger.Anew, ledger.NotCreated} {
		if kinds[k] == 0 {
			t.Errorf("no heap has a step of the kind %s: %v", k, kinds)
		}
	}
}

// A block whose inner edges are not kept is told as a whole.
func TestStepsOfHistoryAreFew(t *testing.T) {
	steps := 0
	cfg := ledger.Config{ScrapeInterval: 30 * time.Second, Delay: time.Nanosecond, Backfill: 10 * 24 * time.Hour, Fine: time.Hour, StartTimeMetric: "process_start_time_seconds",
		Trace: func(ledger.Step) { steps++ }}
	l, err := ledger.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := ledger.Plan{Sources: map[string]ledger.Source{"": newSteady(1)}, Reads: map[string]ledger.Reading{"": read}}
	p.Items = append(p.Items, ledger.Item{SLO: sloOf("s", "bad", "total"), Subjects: []*ledger.Subject{{ID: "s-0", Match: slo.Labels{{Name: "shopset", Value: "s-0"}}}}})
	now := time.UnixMilli(benchStart)
	if err := l.Configure(p, now); err != nil {
		t.Fatal(err)
	}
	if err := l.Advance(context.Background(), now, nil); err != nil {
		t.Fatal(err)
	}
	if most := 2 * (10*24 + 3*60); steps == 0 || steps > most {
		t.Errorf("%d steps for two series of ten days, want at most %d", steps, most)
	}
}
