package status

import (
	"cmp"
	"slices"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// Filter picks budgets. An empty list picks all.
type Filter struct {
	Tiers    []fleet.TierName
	ShopSets []fleet.ShopSetName
	SLOs     []string
	States   []slo.State
}

// Matches reports whether a budget is picked.
func (f Filter) Matches(b *Budget) bool {
	return in(f.Tiers, b.Tier) && in(f.ShopSets, b.ShopSet) && in(f.SLOs, b.SLO) && in(f.States, b.State)
}

func in[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// Filter gives a report of the budgets that the filter picks.
func (r Report) Filter(f Filter) Report {
	var picked []Budget
	for i := range r.Budgets {
		if f.Matches(&r.Budgets[i]) {
			picked = append(picked, r.Budgets[i])
		}
	}
	r.Budgets = picked
	return r
}

// worse ranks the states for people: what needs somebody first. It differs from
// the order in which states are tried.
var worse = map[slo.State]int{
	slo.Exhausted: 0, slo.Inconsistent: 1, slo.AtRisk: 2, slo.NoData: 3, slo.InsufficientData: 4, slo.OK: 5,
}

// WorstFirst gives a report sorted by state, what is spent before what cannot be
// told before what is well, and by the budget left within a state.
func (r Report) WorstFirst() Report {
	type place struct{ state, at int } // to sort the budgets themselves is to move half a kilobyte each time
	places := make([]place, len(r.Budgets))
	for i := range r.Budgets {
		places[i] = place{worse[r.Budgets[i].State], i}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.state, b.state), compareFigures(r.Budgets[a.at].RemainingRatio, r.Budgets[b.at].RemainingRatio), cmp.Compare(a.at, b.at))
	})
	sorted := make([]Budget, len(places))
	for i, p := range places {
		sorted[i] = r.Budgets[p.at]
	}
	r.Budgets = sorted
	return r
}

// compareFigures puts what is missing last.
func compareFigures(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Compare(*a, *b)
}
