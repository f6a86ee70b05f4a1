package promotion

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Comparison is what was counted of a part of an SLO for one ShopSet before a
// Release came and since.
type Comparison struct {
	ShopSet fleet.ShopSetName `json:"shopset"`
	SLO     string            `json:"slo"`
	Part    string            `json:"part"` // "" where the SLO has one only
	Unit    slo.Unit          `json:"unit"`
	// BudgetRatio is 1 − the part's objective.
	BudgetRatio float64 `json:"budget_ratio"`
	// Came is when the Release came; zero: not known.
	Came time.Time `json:"came,omitzero"`
	// History is since when there are counts, where Came is somebody's claim; else zero.
	History time.Time `json:"history,omitzero"`
	// Before and Since are nil where there is no data.
	Before *Span `json:"before"`
	Since  *Span `json:"since"`
	// Alike is nil where nobody looked: nothing is amiss since, or there was no span
	// to look at.
	Alike *Alike `json:"alike"`
	// Load is nil where the policy asks for none, or there is no data.
	Load *Load `json:"load"`
	// Flags were raised since the Release came.
	Flags []slo.Flag `json:"flags,omitempty"`
	// Doubt says why the counts are none, or old, in a sentence; "" where they are not.
	Doubt string `json:"doubt,omitempty"`
}

// Span is what was counted over (Start, End].
type Span struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Good     float64   `json:"good"`
	Total    float64   `json:"total"`
	Coverage float64   `json:"coverage"` // 0–1 of the span
}

// Compare adds the Comparisons at a time, from what was counted: See comes first,
// since the fleet knows when the Release came. The ledger is asked of several ShopSets
// at once.
func (e *Evidence) Compare(slos []slo.SLO, ledger status.Ledger, at time.Time, p Policy) {
	p = p.withDefaults()
	running := e.runs()
	of := make([][]Comparison, len(e.Source.ShopSets))
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for first := range workers {
		all.Go(func() {
			for i := first; i < len(of); i += workers {
				name := e.Source.ShopSets[i]
				of[i] = e.comparisonsOf(slos, ledger, at, p, name, e.cameTo(running[name]))
			}
		})
	}
	all.Wait()
	e.Comparisons = slices.Concat([]Comparison{}, slices.Concat(of...))
}

// comparisonsOf is all that is compared of one ShopSet.
func (e *Evidence) comparisonsOf(slos []slo.SLO, ledger status.Ledger, at time.Time, p Policy, set fleet.ShopSetName, came time.Time) []Comparison {
	var out []Comparison
	for i := range slos {
		if s := &slos[i]; status.Applies(s, e.Source.Name) {
			out = append(out, e.comparisons(s, set, came, ledger.Account(s, string(set), at), p)...)
		}
	}
	return out
}

func (e *Evidence) comparisons(s *slo.SLO, set fleet.ShopSetName, came time.Time, a slo.Account, p Policy) []Comparison {
	out := make([]Comparison, len(s.Parts))
	for i, part := range s.Parts {
		c := &out[i]
		*c = Comparison{ShopSet: set, SLO: s.Name, Unit: a.Unit, BudgetRatio: part.Objective.BudgetRatio(), Came: came}
		if len(s.Parts) > 1 {
			c.Part = part.Name
		}
		if c.Doubt = english.misled(a.Absent); c.Doubt != "" {
			continue // what was counted means nothing
		}
		if a.Failure != "" {
			c.Doubt = failing + sentence(a.Failure)
		}
		if came.IsZero() || a.Counts == nil || !a.End.After(came) {
			continue
		}
		c.Flags = flaggedAfter(a.Flags, came)
		c.Before = span(a.Counts(i, came.Add(-p.Since.Baseline), came), time.Time{}, time.Time{})
		expected := a.Expected
		if e.claimed() { // it does not excuse what a claim leaves open
			c.History, expected = later(a.Start, a.Expected).UTC(), time.Time{}
		}
		c.Since = span(a.Counts(i, came, a.End), came, expected)
		if c.amiss(p.Since) {
			c.Alike = alike(a, i, came, p.Since.Baseline, c.Since.tally(true))
		}
		if p.Load.Share > 0 && i == 0 {
			c.Load = load(a, came, p.Load)
		}
	}
	return out
}

// span is nil without data. What was counted from later than the Release came on covers
// less, but for the time before the ShopSet was expected.
func span(c slo.Counts, came, expected time.Time) *Span {
	if c.Covered <= 0 || !c.End.After(c.Start) {
		return nil
	}
	s := &Span{Start: c.Start.UTC(), End: c.End.UTC(), Good: c.Good, Total: c.Total, Coverage: c.Coverage()}
	from := later(came, expected)
	if left := c.End.Sub(from) - c.Excluded; left > 0 && (!came.IsZero() && c.Start.After(from) || expected.After(c.Start)) {
		s.Coverage = min(1, c.Covered.Seconds()/left.Seconds())
	}
	return s
}

// tally counts whole events, in doubt against the Release: bad ones up since it
// came, and down before.
func (s *Span) tally(since bool) tally {
	if s == nil || !(s.Total > 0) {
		return tally{}
	}
	bad, total := math.Floor(s.Total-s.Good), math.Ceil(s.Total)
	if since {
		bad, total = math.Ceil(s.Total-s.Good), math.Floor(s.Total)
	}
	return tally{max(bad, 0), total}
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
