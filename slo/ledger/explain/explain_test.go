package explain_test

import (
	"math"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/explain"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// inputOf sorts a ShopSet's samples into what is counted.
func inputOf(h *ledgertest.History, sub ledgertest.Subject, rules ledgertest.Rules, samples []ledgertest.Series) explain.Input {
	in := explain.Input{Start: h.Start, Begin: h.Start, Interval: h.Config.Interval, TargetLabels: []string{"job", "instance"}, Match: sub.Labels}
	oldest := int64(math.MaxInt64)
	for _, s := range samples {
		x := explain.Series{Labels: s.Labels}
		for _, p := range s.Samples {
			if p.T <= h.Start {
				continue
			}
			oldest = min(oldest, p.T)
			x.T, x.V = append(x.T, p.T), append(x.V, p.V)
		}
		switch s.Labels.Get(slo.MetricName) {
		case ledgertest.UpMetric:
			in.Up = append(in.Up, x)
		case ledgertest.StartTimeMetric:
			in.Starts = append(in.Starts, x)
		default:
			if rules.Bad.Matches(s.Labels) || rules.Total.Matches(s.Labels) {
				in.Counters = append(in.Counters, x)
			}
		}
	}
	if oldest > h.Start+2*h.Config.Interval.Milliseconds() {
		in.Begin = oldest - 1
	}
	return in
}

// The steps sum up to what the rules say, over random histories.
func TestTheStepsSumUpToTheOraclesFigure(t *testing.T) {
	n, differ := 0, 0
	for seed := range uint64(200) {
		h := ledgertest.New(ledgertest.Tiny(seed, seed%2 == 0))
		for i, sub := range h.Subjects() {
			samples := h.ShopSet(i).Samples(ledgertest.All)
			rules := h.Rules(false, true, true)
			o, err := ledgertest.NewOracle(sub, rules, samples)
			if err != nil {
				t.Fatal(err)
			}
			end := h.End
			want := o.Count(h.Start, end)
			told := explain.Count(inputOf(h, sub, rules, samples), h.Start, end)
			got := 0.0
			for _, s := range told {
				if rules.Total.Matches(s.Labels) {
					got += s.Counted
				}
				sum := s.Growth
				for _, e := range s.Events {
					sum += e.Counted
				}
				if sum != s.Counted {
					t.Errorf("seed %d: %s: its steps sum up to %v, it counted %v", seed, s.Labels, sum, s.Counted)
				}
			}
			n++
			if got != want.Total {
				differ++
				t.Logf("seed %d, %s: the steps sum up to %v, the oracle has %v", seed, sub.ID, got, want.Total)
			}
		}
	}
	// What counts later than it was seen (labels that changed, drops that are held) may be told
	// in another way where several of them meet.
	if differ > n/15 {
		t.Errorf("%d of %d histories differ", differ, n)
	}
}
