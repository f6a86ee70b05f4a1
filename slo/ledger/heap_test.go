package ledger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// The ways of reading a heap: as a backfill does, each edge when it closes, or as it comes.
var ways = []string{"in one go", "edge by edge", "in steps of any length"}

// countHeap counts a heap's series in one of these ways; trace may be nil.
func countHeap(w *ledgertest.Heap, series []ledgertest.Series, way string, trace func(ledger.Step)) (*ledger.Ledger, *slo.SLO, error) {
	const res = 1000
	w.Rules.Start -= w.Rules.Start % res
	start, end := w.Rules.Start, w.End-w.End%res
	sels := map[string]slo.Selector{}
	var queries []string
	for _, q := range []struct {
		name string
		sel  slo.Selector
	}{{"good", w.Rules.Good}, {"bad", w.Rules.Bad}, {"total", w.Rules.Total}} {
		if q.sel != nil {
			sels[q.name], queries = q.sel, append(queries, q.name)
		}
	}
	s := sloOf("s", queries...)
	s.Parts[0].Indicator.FirstSample = w.Rules.First
	cfg := testConfig("", start, time.UnixMilli(end), time.Duration(w.Rules.Interval)*time.Millisecond, res*time.Millisecond)
	cfg.TargetLabels, cfg.Trace = w.Rules.TargetLabels, trace
	p := planOf(ledgertest.NewSource(ledgertest.Plain(series)), w.Subjects, s)
	p.Reads[""] = ledger.Selecting(func(text string) ([]slo.Selector, bool) { return []slo.Selector{sels[text]}, true })
	l, err := ledger.Open(cfg)
	if err == nil {
		err = l.Configure(p, time.UnixMilli(end))
	}
	r := rand.New(rand.NewPCG(w.Seed, 2))
	for now := start; err == nil && now < end; {
		switch way {
		case "in one go":
			now = end
		case "edge by edge":
			now += res
		default:
			now = min(end, now+1+r.Int64N(20_000))
		}
		err = l.Advance(context.Background(), time.UnixMilli(now+1), nil)
	}
	return l, s, err
}

// heapDiffers counts a heap's series in one of these ways, and says where the ledger and
// the oracle part first; "" where they do not.
func heapDiffers(w ledgertest.Heap, series []ledgertest.Series, way string) string {
	const res = 1000
	l, s, err := countHeap(&w, series, way, nil)
	if err != nil {
		return err.Error()
	}
	start, end := w.Rules.Start, w.End-w.End%res
	oracles, err := ledgertest.NewOracles(w.Subjects, w.Rules, series)
	if err != nil {
		return err.Error()
	}
	for _, sub := range w.Subjects {
		if text := accountDiffers(l.Account(s, sub.ID, time.UnixMilli(end)), oracles[sub.ID], start, end, res); text != "" {
			return sub.ID + text
		}
	}
	return ""
}

// accountDiffers says where an account and the oracle part first.
func accountDiffers(acc slo.Account, o *ledgertest.Oracle, start, end, res int64) string {
	var edges []int64
	for e := start + res; e <= end; e += res {
		edges = append(edges, e)
	}
	for i, want := range o.Edges(edges) {
		got := acc.Counts(0, time.UnixMilli(start), time.UnixMilli(edges[i]))
		if got.Good != want.Good || got.Total != want.Total || got.Covered.Milliseconds() != want.Covered {
			return fmt.Sprintf(" at S+%d ms: good %v total %v covered %v, the oracle has %+v", edges[i]-start, got.Good, got.Total, got.Covered, want)
		}
	}
	if got, want := flagTimes(acc.Flags, start), flagTimes(o.Flags(end), start); got != want {
		return fmt.Sprintf(": flags %s, the oracle raises %s", got, want)
	}
	return ""
}

// flagTimes writes flags with times in milliseconds since start.
func flagTimes(flags []slo.Flag, start int64) string {
	out := ""
	for _, f := range flags {
		out += fmt.Sprintf("[%s×%d %d–%d]", f.Kind, f.Count, f.First.UnixMilli()-start, f.Last.UnixMilli()-start)
	}
	return out
}

// TestTheOracleHoldsHoweverAHeapIsRead shows what it finds with as few samples as it takes.
func TestTheOracleHoldsHoweverAHeapIsRead(t *testing.T) {
	for seed := uint64(100_000); seed < 100_000+racetest.Fewer(uint64(600)); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w, way := ledgertest.Wild(seed), ways[seed%3]
			if heapDiffers(w, w.Series, way) == "" {
				return
			}
			few := ledgertest.Shrink(w.Series, func(s []ledgertest.Series) bool { return heapDiffers(w, s, way) != "" })
			start := w.Rules.Start - w.Rules.Start%1000
			t.Errorf("%s, i %d ms, first samples %d, target labels %v, %v\n%s", way, w.Rules.Interval, w.Rules.First, w.Rules.TargetLabels,
				heapDiffers(w, few, way), ledgertest.Listed(few, start))
			os, err := ledgertest.NewOracles(w.Subjects, w.Rules, few)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range os {
				for _, inc := range o.Increments(start, w.End) {
					t.Logf("S+%d: %v", inc.T-start, inc)
				}
			}
		})
	}
}
