package promotion

import (
	"slices"

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

// applying are those Exclusions that are for a budget.
func applying(f *fleet.Fleet, all []Exclusion, s *slo.SLO, set fleet.ShopSetName) (out []Exclusion) {
	for _, x := range all {
		if x.applies(f, s, set) {
			out = append(out, x)
		}
	}
	return out
}

// Excluding gives a ledger whose accounts leave out what the Exclusions say: neither
// the events nor the time in them count.
func Excluding(f *fleet.Fleet, exclusions []Exclusion, ledger status.Ledger) status.Ledger {
	if len(exclusions) == 0 {
		return ledger
	}
	return status.Excluding{Ledger: ledger, Spans: func(s *slo.SLO, subject string) []slo.Span {
		var spans []slo.Span
		for _, x := range applying(f, exclusions, s, fleet.ShopSetName(subject)) {
			spans = append(spans, slo.Span{From: x.From, Until: x.Until})
		}
		return spans
	}}
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
			for _, x := range applying(f, e.Exclusions.Items, &slos[j], was.ShopSet) {
				u.Exclusions = append(u.Exclusions, x.ID)
			}
		}
		e.Uncorrected = append(e.Uncorrected, u)
	}
}

func same(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
