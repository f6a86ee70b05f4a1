// Package ours measures shopslo's ledger: what it costs to build it, to keep it
// up to date and to ask it, and whether what it says is true.
package ours

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/promquery"
)

// The SLO's two queries; ShopSets are told apart by the ledger's subjects.
const (
	badQuery   = `http_requests_total{component="cart",code=~"5.."}`
	totalQuery = `http_requests_total{component="cart"}`
)

// End is the end of the histories.
var End = time.UnixMilli(history.End).UTC()

// SLO is the one SLO of the measurement, over a window of so many days.
func SLO(days int) *slo.SLO {
	o, err := slo.ObjectiveOf(history.Objective)
	if err != nil {
		panic(err) // a constant
	}
	return &slo.SLO{
		Name: "cart-availability", Service: "cart", Objective: o, Window: slo.Rolling(time.Duration(days) * 24 * time.Hour),
		Parts: []slo.Part{{Weight: 1, Objective: o, Indicator: slo.Indicator{
			Name: "cart-availability", Kind: slo.Ratio, Counter: slo.Yes,
			Bad: &slo.Query{Text: badQuery}, Total: &slo.Query{Text: totalQuery},
		}}},
	}
}

// config is the ledger's; everything that is not named is the default.
func config(dir string, days int, signs bool) ledger.Config {
	c := ledger.Config{Dir: dir, ScrapeInterval: history.Interval, Backfill: time.Duration(days)*24*time.Hour + history.Lead}
	if signs {
		c.StartTimeMetric = "process_start_time_seconds"
	}
	return c
}

// delay is the ledger's default for this scrape interval.
const delay = history.Interval + 5*time.Second

// plan counts the SLO for n ShopSets.
func plan(s *slo.SLO, n int, src ledger.Source) ledger.Plan {
	it := ledger.Item{SLO: s}
	for i := range n {
		id := history.ID(i)
		it.Subjects = append(it.Subjects, &ledger.Subject{ID: id, Match: slo.Labels{{Name: "shopset", Value: id}}})
	}
	return ledger.Plan{Items: []ledger.Item{it}, Sources: map[string]ledger.Source{"": src}, Reads: map[string]ledger.Reading{"": ledger.Selecting(reading)}}
}

func reading(text string) ([]slo.Selector, bool) {
	q, err := promquery.Classify(text)
	return q.Selectors, err == nil && q.Selects()
}

// budgets computes the budget of every ShopSet, as a tick does.
func budgets(l *ledger.Ledger, s *slo.SLO, n int, at time.Time, f func(i int, b slo.Budget)) {
	alerts := slo.DefaultBurnAlerts()
	for i := range n {
		a := l.Account(s, history.ID(i), at)
		b := s.Evaluate(a.End, alerts, a)
		if f != nil {
			f(i, b)
		}
	}
}

// Check compares every ShopSet's budget over the window with the truth.
type Check struct {
	Of        int
	Wrong     int // verdicts: exhausted or not
	NoVerdict int
	Off       int                // ShopSets whose counts are not what the samples can tell, to the event
	Unseen    float64            // events that no sample can tell, as a ratio of all
	Example   string             // of a fault
	Remaining map[string]float64 // budgets by ShopSet, as ratios; none where there is no verdict
}

func check(l *ledger.Ledger, s *slo.SLO, h *history.History) Check {
	c := Check{Of: len(h.Truth), Remaining: map[string]float64{}}
	var total, seen float64
	budgets(l, s, len(h.Truth), End, func(i int, b slo.Budget) {
		t := h.Truth[i]
		total, seen = total+t.Total, seen+t.SeenTotal
		if b.Total == nil {
			c.NoVerdict++
			return
		}
		if b.RemainingRatio != nil {
			c.Remaining[t.ID] = *b.RemainingRatio
		}
		if truly := t.Bad > s.Objective.BudgetRatio()*math.Max(t.Total, s.LeastEvents()); truly != (b.State == slo.Exhausted) {
			c.Wrong++
			c.Example = fmt.Sprintf("%s is %s, truly %v of %v failed", t.ID, b.State, t.Bad, t.Total)
		}
		if *b.Total != t.SeenTotal || *b.Bad != t.SeenBad {
			c.Off++
			c.Example = fmt.Sprintf("%s: counted %v of %v failed, samples tell %v of %v", t.ID, *b.Bad, *b.Total, t.SeenBad, t.SeenTotal)
		}
	})
	c.Unseen = (total - seen) / total
	return c
}

// heap is the live heap in bytes.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
