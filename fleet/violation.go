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
func (s *Snapshot) order(f *Fleet, h History) {
	for i := range s.Tiers {
		t := &s.Tiers[i]
		// A ShopSet of which nothing is known may run anything.
		known := len(f.ShopSetsOf(t.Tier)) == s.runners(t.Tier) || i == 0
		inOrder := true
		for _, r := range t.Running {
			if i == 0 {
				break // below the lowest Tier there is nothing that could have had it
			}
			v, told := s.judge(f, h, i, r)
			known = known && told
			if v != nil {
				s.Violations = append(s.Violations, *v)
				inOrder = inOrder && v.Kind != Unverified
			}
		}
		if known || !inOrder {
			t.InOrder = &inOrder
		}
	}
}

// judge looks for a Release of the i-th Tier in those below. Not told: it cannot
// be said whether one of them had it.
func (s *Snapshot) judge(f *Fleet, h History, i int, r Release) (v *Violation, told bool) {
	had, doubt := false, false
	var without []TierName
	skipped := false
	for j := range i {
		below := &s.Tiers[j]
		yes, ok := s.had(f, below, h, r)
		switch {
		case yes:
			had = true
		case ok:
			without = append(without, below.Tier)
			skipped = skipped || len(f.ShopSetsOf(below.Tier)) > 0
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
	v = &Violation{Kind: Unverified, Tier: s.Tiers[i].Tier, Release: r, Without: without}
	if had {
		v.Kind = Skipped
	}
	for _, o := range s.ShopSets {
		if o.Tier == v.Tier && o.Release == r {
			v.ShopSets = append(v.ShopSets, o.ShopSet)
		}
	}
	return v, true
}

// had reports whether a Tier runs a Release or did. What its branch points to
// has not run there before a ShopSet does; what the branch pointed to and left
// again has.
func (s *Snapshot) had(f *Fleet, t *TierState, h History, r Release) (had, ok bool) {
	shopSets := len(f.ShopSetsOf(t.Tier))
	switch {
	case slices.Contains(t.Ran, r):
		return true, true
	case t.Release == r && shopSets == 0:
		return true, true
	case t.Release == r:
		return false, s.runners(t.Tier) == shopSets
	case h == nil:
		return false, false
	}
	return h.Had(t.Tier, r)
}

// runners counts the ShopSets of a Tier whose Release is known.
func (s *Snapshot) runners(tier TierName) int {
	n := 0
	for _, o := range s.ShopSets {
		if o.Tier == tier && o.Release != "" {
			n++
		}
	}
	return n
}
