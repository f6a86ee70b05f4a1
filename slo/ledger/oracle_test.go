package ledger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// The queries of the tests' SLOs, by name.
var readings = map[string][]slo.Selector{
	"good": {ledgertest.Good()}, "bad": {ledgertest.Bad()}, "total": {ledgertest.Total()},
}

var read = ledger.Selecting(func(text string) ([]slo.Selector, bool) {
	sels, ok := readings[text]
	return sels, ok
})

// sloOf makes an SLO from two of the queries good, bad and total.
func sloOf(name string, queries ...string) *slo.SLO {
	ind := slo.Indicator{Name: name, Counter: slo.Yes}
	for _, q := range queries {
		switch query := (&slo.Query{Text: q}); q {
		case "good":
			ind.Good = query
		case "bad":
			ind.Bad = query
		case "total":
			ind.Total = query
		}
	}
	return &slo.SLO{Name: name, Objective: 990_000_000, Window: slo.Rolling(time.Hour),
		Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: ind}}}
}

func planOf(src ledger.Source, subjects []ledgertest.Subject, slos ...*slo.SLO) ledger.Plan {
	p := ledger.Plan{Sources: map[string]ledger.Source{"": src}, Reads: map[string]ledger.Reading{"": read}}
	var subs []*ledger.Subject
	for _, s := range subjects {
		subs = append(subs, &ledger.Subject{ID: s.ID, Match: s.Labels})
	}
	for _, s := range slos {
		p.Items = append(p.Items, ledger.Item{SLO: s, Subjects: subs})
	}
	return p
}

// testConfig counts in buckets of resolution from start on, reading at now.
func testConfig(dir string, start int64, now time.Time, interval, resolution time.Duration) ledger.Config {
	return ledger.Config{Dir: dir, Resolution: resolution, Fine: 1000 * time.Hour, Retention: 10000 * time.Hour,
		Backfill: now.Sub(time.UnixMilli(start)), ScrapeInterval: interval, Delay: time.Nanosecond,
		StartTimeMetric: ledgertest.StartTimeMetric}
}

// checkEdges compares a ledger's figures with the oracle's at every edge.
func checkEdges(t *testing.T, l *ledger.Ledger, s *slo.SLO, subject string, o *ledgertest.Oracle, start, end, res int64) {
	t.Helper()
	acc := l.Account(s, subject, time.UnixMilli(end))
	if got := acc.End.UnixMilli(); got != end {
		t.Fatalf("%s: counted up to %d, want %d", subject, got, end)
	}
	var edges []int64
	for e := start + res; e <= end; e += res {
		edges = append(edges, e)
	}
	for i, want := range o.Edges(edges) {
		got := acc.Counts(0, time.UnixMilli(start), time.UnixMilli(edges[i]))
		if got.Good != want.Good || got.Total != want.Total || got.Covered.Milliseconds() != want.Covered {
			for _, inc := range o.Increments(edges[i]-res, edges[i]) {
				t.Log(inc)
			}
			t.Fatalf("%s %s at edge %d (S+%ds): good %v total %v covered %d ms, the oracle has %v, %v, %d", s.Name, subject, edges[i], (edges[i]-start)/1000,
				got.Good, got.Total, got.Covered.Milliseconds(), want.Good, want.Total, want.Covered)
		}
	}
	if last, ok := o.LastSample(end); ok != !acc.LastSample.IsZero() || ok && last != acc.LastSample.UnixMilli() {
		t.Fatalf("%s: last sample %v, the oracle has %d (%t)", subject, acc.LastSample, last, ok)
	}
	want := o.Flags(end)
	if got := acc.Flags; !slices.EqualFunc(got, want, func(x, y slo.Flag) bool {
		return x.Kind == y.Kind && x.Count == y.Count && x.First.Equal(y.First) && x.Last.Equal(y.Last)
	}) {
		for _, inc := range o.Increments(start, end) {
			t.Log(inc)
		}
		t.Fatalf("%s: flags %v, the oracle has %v", subject, got, want)
	}
}

func seriesOf(h *ledgertest.History, seen ledgertest.Seen) []ledgertest.Series {
	var all []ledgertest.Series
	for i := range h.Config.ShopSets {
		all = append(all, h.ShopSet(i).Samples(seen)...)
	}
	return all
}

// advanceAtRandom advances a ledger in steps of random length up to end.
func advanceAtRandom(t *testing.T, r *rand.Rand, l *ledger.Ledger, src *ledgertest.Source, start, end int64, most int64) {
	t.Helper()
	for now := start; now < end; {
		now = min(end, now+1+r.Int64N(most))
		if src != nil {
			src.SetNow(now)
		}
		if err := l.Advance(context.Background(), time.UnixMilli(now+1), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCountsEqualTheOracleOnTinyHistoriesReadInAnySteps(t *testing.T) {
	const res = 10_000
	forms := [][]string{{"bad", "total"}, {"good", "total"}, {"good", "bad"}}
	for seed := range racetest.Fewer(uint64(400)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := ledgertest.New(ledgertest.Tiny(seed, seed%2 == 0))
			end := h.End - h.End%res
			r := rand.New(rand.NewPCG(seed, 1))
			src := h.Source()
			first := slo.FirstSample(seed % 3)
			rules := h.Rules(seed%3 != 0, seed%3 != 1, seed%3 != 2)
			rules.First = first
			s := sloOf("s", forms[seed%3]...)
			s.Parts[0].Indicator.FirstSample = first
			start := h.Start
			l, err := ledger.Open(testConfig("", start, time.UnixMilli(end), h.Config.Interval, res*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Configure(planOf(src, h.Subjects(), s), time.UnixMilli(end)); err != nil {
				t.Fatal(err)
			}
			advanceAtRandom(t, r, l, nil, start, end, 300_000)
			oracles, err := ledgertest.NewOracles(h.Subjects(), rules, seriesOf(h, ledgertest.All))
			if err != nil {
				t.Fatal(err)
			}
			for id, o := range oracles {
				checkEdges(t, l, s, id, o, start, end, res)
			}
		})
	}
}

func TestCountsEqualTheOracleWhenSamplesComeLate(t *testing.T) {
	const res, delay = 10_000, 15_000
	for seed := range racetest.Fewer(uint64(150)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := ledgertest.New(ledgertest.Tiny(seed+1000, seed%2 == 0))
			end := h.End - h.End%res
			src := h.Source()
			s := sloOf("s", "bad", "total")
			cfg := testConfig("", h.Start, time.UnixMilli(end), h.Config.Interval, res*time.Millisecond)
			cfg.Delay = delay * time.Millisecond
			l, err := ledger.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Configure(planOf(src, h.Subjects(), s), time.UnixMilli(end)); err != nil {
				t.Fatal(err)
			}
			for edge := h.Start + res; edge <= end; edge += res { // every edge exactly when it closes
				src.SetNow(edge + delay)
				if err := l.Advance(context.Background(), time.UnixMilli(edge+delay), nil); err != nil {
					t.Fatal(err)
				}
			}
			oracles, err := ledgertest.NewOracles(h.Subjects(), h.Rules(false, true, true), seriesOf(h, ledgertest.AtClose(res, delay)))
			if err != nil {
				t.Fatal(err)
			}
			for id, o := range oracles {
				checkEdges(t, l, s, id, o, h.Start, end, res)
			}
		})
	}
}

func TestCountsEqualTheOracleOnHeapsOfRandomSamples(t *testing.T) {
	const res = 1000
	for seed := range racetest.Fewer(uint64(1800)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := ledgertest.Wild(seed)
			w.Rules.Start -= w.Rules.Start % res // counting starts at an edge
			start, end := w.Rules.Start, w.End-w.End%res
			readings := func(text string) ([]slo.Selector, bool) {
				return []slo.Selector{map[string]slo.Selector{"good": w.Rules.Good, "bad": w.Rules.Bad, "total": w.Rules.Total}[text]}, true
			}
			var queries []string
			for name, sel := range map[string]slo.Selector{"good": w.Rules.Good, "bad": w.Rules.Bad, "total": w.Rules.Total} {
				if sel != nil {
					queries = append(queries, name)
				}
			}
			s := sloOf("s", queries...)
			s.Parts[0].Indicator.FirstSample = w.Rules.First
			cfg := testConfig("", start, time.UnixMilli(end), time.Duration(w.Rules.Interval)*time.Millisecond, res*time.Millisecond)
			cfg.TargetLabels = w.Rules.TargetLabels
			l, err := ledger.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			p := planOf(ledgertest.NewSource(ledgertest.Plain(w.Series)), w.Subjects, s)
			p.Reads[""] = ledger.Selecting(readings)
			if err := l.Configure(p, time.UnixMilli(end)); err != nil {
				t.Fatal(err)
			}
			advanceAtRandom(t, rand.New(rand.NewPCG(seed, 2)), l, nil, start, end, 20_000)
			oracles, err := ledgertest.NewOracles(w.Subjects, w.Rules, w.Series)
			if err != nil {
				t.Fatal(err)
			}
			for id, o := range oracles {
				checkEdges(t, l, s, id, o, start, end, res)
			}
		})
	}
}
