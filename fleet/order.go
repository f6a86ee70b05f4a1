package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/shopslo/shopslo/internal/nearest"
)

// Step is one step of an update: a Tier and the ShopSets that are updated
// together in it. A Tier without ShopSets is a step too, since a Release passes
// through its branch.
type Step struct {
	Tier     Tier
	ShopSets []ShopSet // by name, may be empty
}

// UpdateOrder gives the steps of an update, the lowest Tier first.
func (f *Fleet) UpdateOrder() []Step {
	steps := make([]Step, 0, len(f.all.Tiers))
	for _, t := range f.all.Tiers {
		steps = append(steps, Step{Tier: t, ShopSets: f.ofTier[t.Name]})
	}
	return steps
}

// Below gives the Tier next below; false for the lowest Tier and an unknown one.
func (f *Fleet) Below(name TierName) (Tier, bool) {
	i, ok := f.tiers[name]
	if !ok || i == 0 {
		return Tier{}, false
	}
	return f.all.Tiers[i-1], true
}

// Gated gives the Tiers that the gate is asked about, the lowest first: all but the lowest,
// which nothing is promoted to, or the only one, which is judged by itself.
func (f *Fleet) Gated() []Tier {
	all := f.Tiers()
	return all[min(1, max(0, len(all)-1)):]
}

// PopulatedBelow gives the nearest Tier below that has a ShopSet; false where no
// Tier below has one, and for an unknown Tier.
func (f *Fleet) PopulatedBelow(name TierName) (Tier, bool) {
	for {
		t, ok := f.Below(name)
		if !ok || len(f.ofTier[t.Name]) > 0 {
			return t, ok
		}
		name = t.Name
	}
}

// OneTier reports whether the fleet has one Tier only: nothing is below it to show how a
// Release behaves, so it is judged by itself.
func (f *Fleet) OneTier() bool { return len(f.all.Tiers) == 1 }

// Route says where a Release comes from on its way to a Tier, and where the
// evidence about it is found.
type Route struct {
	From Tier // next below To
	To   Tier
	// Evidence is the Tier whose ShopSets show how the Release behaves: From, or
	// the nearest below it that has a ShopSet. Nil where no Tier below To has one:
	// there is no evidence then.
	Evidence *Tier
}

// Errors of Route.
var (
	ErrUnknownTier = errors.New("unknown Tier")
	ErrLowestTier  = errors.New("lowest Tier")
)

// Route gives the way of a Release to a Tier. The error wraps ErrUnknownTier, or
// ErrLowestTier for the Tier that nothing can be promoted to.
func (f *Fleet) Route(to TierName) (Route, error) {
	target, ok := f.Tier(to)
	if !ok {
		return Route{}, fmt.Errorf("%w %q%s; the fleet has %s", ErrUnknownTier, to,
			nearest.Hint(string(to), names(f.all.Tiers, tierName)), list(names(f.all.Tiers, tierName)))
	}
	from, ok := f.Below(to)
	if !ok {
		merged := ""
		if target.Branch != "" {
			merged = ", changes are merged to its branch " + target.Branch
		}
		return Route{}, fmt.Errorf("nothing is promoted to %q: it is the %w%s", to, ErrLowestTier, merged)
	}
	r := Route{From: from, To: target}
	if t, ok := f.PopulatedBelow(to); ok {
		r.Evidence = &t
	}
	return r, nil
}

// sorted is a deep copy in the order that Fleet's methods promise, with defaults.
func (d Declarations) sorted() Declarations {
	c := d.clone()
	for i := range c.ShopSets {
		if len(c.ShopSets[i].Match) == 0 {
			c.ShopSets[i].Match = defaultMatch(c.ShopSets[i].Name)
		}
		c.ShopSets[i].Source = d.sourceOf(c.ShopSets[i])
		c.ShopSets[i].Formerly = d.ShopSets[i].formers()
	}
	rank := map[TierName]int{}
	for _, t := range c.Tiers {
		rank[t.Name] = t.Order
	}
	slices.SortFunc(c.Tiers, func(a, b Tier) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortFunc(c.Configurations, func(a, b Configuration) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(c.FailureDomains, func(a, b FailureDomain) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(c.ShopSets, func(a, b ShopSet) int {
		return cmp.Or(cmp.Compare(rank[a.Tier], rank[b.Tier]), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(c.ShopGroups, func(a, b ShopGroup) int { return cmp.Compare(a.Name, b.Name) })
	return c
}

func (d Declarations) clone() Declarations {
	c := Declarations{
		Tiers:          slices.Clone(d.Tiers),
		Configurations: slices.Clone(d.Configurations),
		FailureDomains: slices.Clone(d.FailureDomains),
		ShopSets:       slices.Clone(d.ShopSets),
		ShopGroups:     slices.Clone(d.ShopGroups),
		Sources:        slices.Clone(d.Sources),
	}
	for i := range c.ShopSets {
		c.ShopSets[i].Components = slices.Clone(c.ShopSets[i].Components)
		c.ShopSets[i].Match = maps.Clone(c.ShopSets[i].Match)
		c.ShopSets[i].Formerly = slices.Clone(c.ShopSets[i].Formerly)
		for j, f := range c.ShopSets[i].Formerly {
			c.ShopSets[i].Formerly[j].Match = maps.Clone(f.Match)
		}
	}
	for i := range c.ShopGroups {
		c.ShopGroups[i].ShopSets = slices.Clone(c.ShopGroups[i].ShopSets)
	}
	return c
}
