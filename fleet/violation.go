package fleet

import "slices"

// ViolationKind says how the order of Tiers is broken.
type ViolationKind string

// The kinds of violations.
const (
	// Unverified: no Tier below runs the Release, or ever ran it.
	Unverified ViolationKind = "unverified"
	// Skipped: some Tier below had the Release, another that has ShopSets had not.
	Skipped ViolationKind = "skipped"
)

// ViolationKinds lists all kinds.
var ViolationKinds = []ViolationKind{Unverified, Skipped}

// Violation is a Release that runs in a Tier without having been in those below.
type Violation struct {
	Kind     ViolationKind
	Tier     TierName
	Release  Release
	ShopSets []ShopSetName // that run it, by name
	// Without are the Tiers below that never had it, the lowest first.
	Without []TierName
}

// order finds the violations, and says of each Tier whether it is in order.
func (c *Current) order() {
	c.state.Violations = nil
	for i := range c.state.Tiers {
		t := &c.state.Tiers[i]
		// A ShopSet of which nothing is known may run anything.
		known := c.tiers[i].complete() || i == 0
		inOrder := true
		for _, r := range t.Running {
			if i == 0 {
				break // below the lowest Tier there is nothing that could have had it
			}
			v, told := c.judge(i, r)
			known = known && told
			if v != nil {
				c.state.Violations = append(c.state.Violations, *v)
				inOrder = inOrder && v.Kind != Unverified
			}
		}
		t.InOrder = nil
		if known || !inOrder {
			t.InOrder = &inOrder
		}
	}
}

// judge looks for a Release of the i-th Tier in those below. Not told: it cannot
// be said whether one of them had it. Which ShopSets run it is left to Snapshot.
func (c *Current) judge(i int, r Release) (v *Violation, told bool) {
	had, doubt := false, false
	var without []TierName
	skipped := false
	for j := range i {
		yes, ok := c.had(j, r)
		switch {
		case yes:
			had = true
		case ok:
			without = append(without, c.state.Tiers[j].Tier)
			skipped = skipped || c.tiers[j].shopSets() > 0
		default:
			doubt = true
		}
	}
	switch {
	case !had && doubt:
		return nil, false
	case had && !skipped:
		return nil, true
	}
	v = &Violation{Kind: Unverified, Tier: c.state.Tiers[i].Tier, Release: r, Without: without}
	if had {
		v.Kind = Skipped
	}
	return v, true
}

// had reports whether the j-th Tier runs a Release or did. What its branch points
// to has not run there before a ShopSet does; what the branch pointed to and left
// again has.
func (c *Current) had(j int, r Release) (had, ok bool) {
	t, count := &c.state.Tiers[j], &c.tiers[j]
	switch {
	case slices.Contains(t.Ran, r):
		return true, true
	case t.Release == r && count.shopSets() == 0:
		return true, true
	case t.Release == r:
		return false, count.complete()
	case c.history == nil:
		return false, false
	}
	return c.history.Had(t.Tier, r)
}
