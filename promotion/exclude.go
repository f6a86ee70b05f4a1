package promotion

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Uncorrected is a budget as it is without Exclusions. A figure that does not exist is
// nil.
type Uncorrected struct {
	ShopSet        fleet.ShopSetName `json:"shopset"`
	SLO            string            `json:"slo"`
	State          slo.State         `json:"state"`
	Good           *float64          `json:"good"`
	Total          *float64          `json:"total"`
	Bad            *float64          `json:"bad"`
	RemainingRatio *float64          `json:"remaining_ratio"`
	Exclusions     []string          `json:"exclusions"` // ids of those that touch it
}

// applies reports whether an Exclusion is for a budget.
func (x Exclusion) applies(f *fleet.Fleet, s *slo.SLO, set fleet.ShopSetName) bool {
	if len(x.SLOs) > 0 && !slices.Contains(x.SLOs, s.Name) || !x.Until.After(x.From) {
		return false
	}
	if x.Scope.Everything() || slices.Contains(x.Scope.ShopSets, set) {
		return true
	}
	of, ok := f.ShopSet(set)
	return ok && slices.Contains(x.Scope.Tiers, of.Tier) || slices.ContainsFunc(f.ShopGroups(), func(g fleet.ShopGroup) bool {
		return slices.Contains(x.Scope.Groups, g.Name) && slices.Contains(g.ShopSets, set)
	})
}

// Excluding gives a ledger whose counts leave out what the Exclusions say. Coverage
// stays: what was excluded has been seen.
func Excluding(f *fleet.Fleet, exclusions []Exclusion, ledger status.Ledger) status.Ledger {
	if len(exclusions) == 0 {
		return ledger
	}
	return &excluding{f, exclusions, ledger}
}

type excluding struct {
	fleet      *fleet.Fleet
	exclusions []Exclusion
	status.Ledger
}

func (x *excluding) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	a := x.Ledger.Account(s, subject, at)
	var out []pause
	for _, e := range x.exclusions {
		if e.applies(x.fleet, s, fleet.ShopSetName(subject)) {
			out = append(out, pause{e.From, e.Until})
		}
	}
	if out = joined(out); len(out) == 0 || a.Counts == nil {
		return a
	}
	all := a.Counts
	a.Counts = func(part int, from, to time.Time) slo.Counts {
		c := all(part, from, to)
		for _, p := range out {
			begin, end := later(p.from, c.Start), earlier(p.until, c.End)
			if !end.After(begin) {
				continue
			}
			less := all(part, begin, end)
			c.Good, c.Total = c.Good-less.Good, c.Total-less.Total
		}
		return c
	}
	return a
}

// pause is a time that is left out.
type pause struct{ from, until time.Time }

// joined are the pauses in order, those that overlap as one, so that nothing is left
// out twice.
func joined(ps []pause) []pause {
	slices.SortFunc(ps, func(a, b pause) int { return a.from.Compare(b.from) })
	var out []pause
	for _, p := range ps {
		if n := len(out); n > 0 && !p.from.After(out[n-1].until) {
			out[n-1].until = later(out[n-1].until, p.until)
			continue
		}
		out = append(out, p)
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Corrected notes which budgets the Exclusions have changed. plain is the report
// without them, of the same ShopSets and SLOs.
func (e *Evidence) Corrected(f *fleet.Fleet, slos []slo.SLO, plain status.Report) {
	if len(e.Exclusions.Items) == 0 {
		return
	}
	now := e.byPair()
	for i := range plain.Budgets {
		was := &plain.Budgets[i]
		is := now[pair{was.ShopSet, was.SLO}]
		if len(is) != 1 || same(was.Good, is[0].Good) && same(was.Total, is[0].Total) {
			continue
		}
		u := Uncorrected{ShopSet: was.ShopSet, SLO: was.SLO, State: was.State, Good: was.Good, Total: was.Total, Bad: was.Bad, RemainingRatio: was.RemainingRatio}
		for j := range slos {
			if slos[j].Name != was.SLO {
				continue
			}
			for _, x := range e.Exclusions.Items {
				if x.applies(f, &slos[j], was.ShopSet) {
					u.Exclusions = append(u.Exclusions, x.ID)
				}
			}
		}
		e.Uncorrected = append(e.Uncorrected, u)
	}
}

func same(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
