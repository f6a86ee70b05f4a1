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

// About reports whether the budget of an SLO for a ShopSet is picked, whatever its state.
func (f Filter) About(slo string, set fleet.ShopSet) bool {
	return in(f.Tiers, set.Tier) && in(f.ShopSets, set.Name) && in(f.SLOs, slo)
}

// matches reports whether a budget is picked.
func (f Filter) matches(b *Budget) bool {
	return f.About(b.SLO, fleet.ShopSet{Name: b.ShopSet, Tier: b.Tier}) && in(f.States, b.State)
}

func in[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// Filter gives a report of the budgets that the filter picks.
func (r Report) Filter(f Filter) Report {
	var picked []Budget
	for i := range r.Budgets {
		if f.matches(&r.Budgets[i]) {
			picked = append(picked, r.Budgets[i])
		}
	}
	r.Budgets = picked
	return r
}

// worse ranks the states for people: what needs somebody first. It differs from
// the order in which states are tried.
var worse = map[slo.State]int{
	slo.Inconsistent: 0, slo.Exhausted: 1, slo.AtRisk: 2, slo.NoData: 3, slo.InsufficientData: 4, slo.OK: 5,
}

// urgency ranks a budget: what pages now stands before every state.
func (b *Budget) urgency() int {
	if b.Pages() {
		return -1
	}
	return worse[b.State]
}

// WorstFirst sorts a report that is in the order of the fleet: what pages now, what
// contradicts itself, what is exhausted, what cannot be told, what is healthy. Among equals
// the higher Tier is first, in a Tier the least budget left.
func (r Report) WorstFirst() Report {
	type place struct{ urgency, tier, at int } // to sort the budgets themselves is to move half a kilobyte each time
	places, tiers := make([]place, len(r.Budgets)), map[fleet.TierName]int{}
	for i := range r.Budgets {
		b := &r.Budgets[i]
		if _, ok := tiers[b.Tier]; !ok {
			tiers[b.Tier] = len(tiers)
		}
		places[i] = place{b.urgency(), tiers[b.Tier], i}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.urgency, b.urgency), cmp.Compare(b.tier, a.tier),
			compareFigures(r.Budgets[a.at].Left(), r.Budgets[b.at].Left()), cmp.Compare(a.at, b.at))
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
