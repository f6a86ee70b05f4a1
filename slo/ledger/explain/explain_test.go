package explain_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/explain"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// errorRatio counts the failed ones of all requests.
func errorRatio() *slo.SLO {
	ind := slo.Indicator{Name: "s", Counter: slo.Yes, Bad: &slo.Query{Text: "bad"}, Total: &slo.Query{Text: "total"}}
	return &slo.SLO{Name: "s", Objective: 990_000_000, Window: slo.Rolling(time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: ind}}}
}

// What is told of the series of any window is what the ledger has of it.
func TestWhatIsToldIsWhatTheLedgerHas(t *testing.T) {
	const res = 10_000
	s := errorRatio()
	read := ledger.Selecting(func(text string) ([]slo.Selector, bool) {
		return map[string][]slo.Selector{"bad": {ledgertest.Bad()}, "total": {ledgertest.Total()}}[text], true
	})
	for seed := range uint64(200) {
		h := ledgertest.New(ledgertest.Tiny(seed, seed%2 == 0))
		end := h.End - h.End%res
		var steps explain.Steps
		l, err := ledger.Open(ledger.Config{Resolution: res * time.Millisecond, Fine: 1000 * time.Hour, Retention: 10000 * time.Hour, Delay: time.Nanosecond,
			Backfill: time.Duration(end-h.Start) * time.Millisecond, ScrapeInterval: h.Config.Interval, StartTimeMetric: ledgertest.StartTimeMetric, Trace: steps.Take})
		if err != nil {
			t.Fatal(err)
		}
		plan := ledger.Plan{Sources: map[string]ledger.Source{"": h.Source()}, Reads: map[string]ledger.Reading{"": read}, Items: []ledger.Item{{SLO: s}}}
		for _, sub := range h.Subjects() {
			plan.Items[0].Subjects = append(plan.Items[0].Subjects, &ledger.Subject{ID: sub.ID, Match: sub.Labels})
		}
		if err := l.Configure(plan, time.UnixMilli(end)); err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(seed, 1))
		for now := h.Start; now < end; {
			now = min(end, now+1+r.Int64N(1_000_000))
			if err := l.Advance(context.Background(), time.UnixMilli(now+1), nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, sub := range h.Subjects() {
			acc := l.Account(s, sub.ID, time.UnixMilli(end))
			account, ok := l.AccountOf(s, sub.ID, 0)
			if !ok {
				t.Fatalf("seed %d: no account of %s", seed, sub.ID)
			}
			for range 5 {
				from := time.UnixMilli(h.Start + r.Int64N(end-h.Start))
				want := acc.Counts(0, from, time.UnixMilli(end))
				bad, total := 0.0, 0.0
				for _, told := range steps.Told(account, want.Start, want.End) {
					sum := told.Growth
					for _, st := range told.Steps {
						sum += st.Counted
					}
					if sum != told.Counted || math.IsNaN(sum) {
						t.Errorf("seed %d: the steps of %s sum up to %v, it counted %v", seed, told.Series, sum, told.Counted)
					}
					if told.Bad {
						bad += told.Counted
					}
					if told.Total {
						total += told.Counted
					}
				}
				if total != want.Total || total-bad != want.Good {
					t.Errorf("seed %d, %s after %v: the series counted %v of which %v bad, the ledger has %+v", seed, sub.ID, want.Start, total, bad, want)
				}
			}
		}
	}
}
