package promotion

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/sequential"
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
	// UsualBad are the bad events before without what outages had: no quarter of a day lends
	// more than the objective allows it.
	UsualBad float64 `json:"usual_bad"`
	// Alike is nil where nobody looked: nothing is amiss since, or there was no span
	// to look at. So is Beside, where no ShopSet is known not to have changed.
	Alike  *Alike  `json:"alike"`
	Beside *Beside `json:"beside,omitempty"`
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
	others := make([]func() *besides, len(slos)) // asked for where something is amiss
	for i := range slos {
		others[i] = sync.OnceValue(func() *besides { return e.besides(&slos[i], ledger, at, p.Since.Baseline) })
	}
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for first := range workers {
		all.Go(func() {
			for i := first; i < len(of); i += workers {
				name := e.Source.ShopSets[i]
				of[i] = e.comparisonsOf(slos, others, ledger, at, p, name, e.cameTo(running[name]))
			}
		})
	}
	all.Wait()
	e.Comparisons = slices.Concat([]Comparison{}, slices.Concat(of...))
	e.compareTogether(slos, others, ledger, at, p)
	e.lookBack(slos, others, ledger, at, p)
}

// comparisonsOf is all that is compared of one ShopSet.
func (e *Evidence) comparisonsOf(slos []slo.SLO, others []func() *besides, ledger status.Ledger, at time.Time, p Policy, set fleet.ShopSetName, came time.Time) []Comparison {
	var out []Comparison
	for i := range slos {
		if s := &slos[i]; status.Applies(s, e.Source.Name) {
			out = append(out, e.comparisons(s, others[i], set, came, ledger.Account(s, string(set), at), p)...)
		}
	}
	return out
}

func (e *Evidence) comparisons(s *slo.SLO, others func() *besides, set fleet.ShopSetName, came time.Time, a slo.Account, p Policy) []Comparison {
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
		c.UsualBad = usualBad(a, i, c.Before, c.BudgetRatio, p.Since.Baseline)
		if c.comparable() && weigh([]*Comparison{c}, p.Since).amiss(p.Since) {
			counts := func(from, to time.Time) slo.Counts { return a.Counts(i, from, to) }
			c.Alike = alike(counts, came, p.Since.Baseline, a.End.Sub(came), 0, c.Since.tally(true), mostSpans)
			c.Beside = others().compare(i, counts, came, a.End, c.Before.events(false).Ratio())
		}
		if p.Load.Share > 0 && i == 0 {
			c.Load = load(a, came, p.Load)
		}
	}
	return out
}

// comparable reports whether counts can be counted with.
func (c *Comparison) comparable() bool {
	return c.Since.tally(true).total > 0 && c.Since.Good <= c.Since.Total && c.BudgetRatio > 0 && c.BudgetRatio < 1
}

// Together is what was looked at for all ShopSets together, of a part of an SLO: something
// is amiss that need not show in any one of them.
type Together struct {
	SLO    string  `json:"slo"`
	Part   string  `json:"part"`
	Alike  *Alike  `json:"alike"`
	Beside *Beside `json:"beside,omitempty"`
}

// mostTogether spans are looked at where they are of many ShopSets.
const mostTogether = 168

func (e *Evidence) compareTogether(slos []slo.SLO, others []func() *besides, ledger status.Ledger, at time.Time, p Policy) {
	e.Together = nil
	first := e.FirstCame()
	if len(e.Source.ShopSets) < 2 || first.IsZero() {
		return
	}
	for i := range slos {
		s := &slos[i]
		for part := range s.Parts {
			t := Together{SLO: s.Name}
			if len(s.Parts) > 1 {
				t.Part = s.Parts[part].Name
			}
			all := e.comparableOf(t.SLO, t.Part)
			if len(all) == 0 || !weigh(all, p.Since).amiss(p.Since) {
				continue
			}
			var accounts []slo.Account
			var usual tally
			for _, c := range all {
				accounts = append(accounts, ledger.Account(s, string(c.ShopSet), at))
				usual.bad, usual.total = usual.bad+c.Before.tally(false).bad, usual.total+c.Before.tally(false).total
			}
			counts := func(from, to time.Time) slo.Counts { return summed(accounts, part, from, to) }
			since := counts(first, accounts[0].End)
			t.Alike = alike(counts, first, p.Since.Baseline, accounts[0].End.Sub(first), 0, tally{since.Total - since.Good, since.Total}, mostTogether)
			t.Beside = others[i]().compare(part, counts, first, accounts[0].End, usual.ratio())
			e.Together = append(e.Together, t)
		}
	}
}

// comparableOf are the Comparisons of a part that can be counted with.
func (e *Evidence) comparableOf(name, part string) (out []*Comparison) {
	for i := range e.Comparisons {
		if c := &e.Comparisons[i]; c.SLO == name && c.Part == part && c.comparable() {
			out = append(out, c)
		}
	}
	return out
}

// summed is what was counted of several; between the edges of the first.
func summed(accounts []slo.Account, part int, from, to time.Time) slo.Counts {
	sum := accounts[0].Counts(part, from, to)
	for i := range accounts[1:] {
		c := accounts[1+i].Counts(part, from, to)
		sum.Good, sum.Total = sum.Good+c.Good, sum.Total+c.Total
	}
	return sum
}

// usualBad counts the bad events of the baseline, of each quarter of a day no more than the
// objective allows it, or one. An outage before so is no credit for the Release. Where all
// of the time before was well it is not looked at closer.
func usualBad(a slo.Account, part int, before *Span, budget float64, baseline time.Duration) float64 {
	all := before.tally(false)
	if all.bad <= hardly*budget*all.total {
		return all.bad
	}
	sum := 0.0
	step := baseline / quarters
	for from := before.Start; from.Before(before.End); from = from.Add(step) {
		c := a.Counts(part, from, earlier(from.Add(step), before.End))
		sum += min(c.Total-c.Good, max(1, budget*c.Total))
	}
	return math.Floor(max(0, min(sum, all.bad)))
}

const (
	hardly   = 0.1 // of the budget: so little is no outage that would matter
	quarters = 4 * 7
)

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

// events is tally as the arithmetic has it.
func (s *Span) events(since bool) sequential.Count {
	t := s.tally(since)
	return sequential.Count{Bad: t.bad, Total: t.total}
}

// tally is what was counted over a time: whole events.
type tally struct{ bad, total float64 }

func (t tally) ratio() float64 {
	if t.total <= 0 {
		return 0
	}
	return t.bad / t.total
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
