package promotion

import (
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// See adds what was seen of the fleet, and keeps what matters of it: the Tiers of
// the promotion. A Release that was not given is the one that the branch of From
// points to; one that was given shortened becomes whole where it is known.
func (e *Evidence) See(view FleetView) {
	s := view.Snapshot
	ofUs := func(t fleet.TierName) bool { return t == e.From || t == e.To || t == e.Source.Name }
	e.Fleet = FleetView{Where: view.Where, Error: view.Error, Snapshot: fleet.Snapshot{At: s.At}}
	kept := &e.Fleet.Snapshot
	for _, o := range s.ShopSets {
		if ofUs(o.Tier) {
			kept.ShopSets = append(kept.ShopSets, o)
		}
	}
	for _, t := range s.Tiers {
		if ofUs(t.Tier) {
			kept.Tiers = append(kept.Tiers, t)
		}
	}
	for _, g := range s.Groups {
		if slices.ContainsFunc(e.Groups, func(of Group) bool { return of.Name == g.Group }) {
			kept.Groups = append(kept.Groups, g)
		}
	}
	for _, v := range s.Violations {
		if ofUs(v.Tier) {
			kept.Violations = append(kept.Violations, v)
		}
	}
	e.Release = candidate(e.Release, e.From, kept)
}

// candidate is the Release that is to go: the one asked for, in full, or that of the
// branch of From; "" where that is not known.
func candidate(asked string, from fleet.TierName, s *fleet.Snapshot) string {
	if asked == "" {
		if t := tierOf(s, from); t != nil {
			return string(t.Release)
		}
		return ""
	}
	var full []string
	note := func(r fleet.Release) {
		if strings.HasPrefix(string(r), strings.ToLower(asked)) && !slices.Contains(full, string(r)) {
			full = append(full, string(r))
		}
	}
	for _, o := range s.ShopSets {
		note(o.Release)
	}
	for _, t := range s.Tiers {
		note(t.Release)
	}
	if len(asked) >= shortest && len(full) == 1 {
		return full[0]
	}
	return asked
}

// shortest is the least of a commit's id that is taken for the whole.
const shortest = 7

func tierOf(s *fleet.Snapshot, name fleet.TierName) *fleet.TierState {
	for i := range s.Tiers {
		if s.Tiers[i].Tier == name {
			return &s.Tiers[i]
		}
	}
	return nil
}

// sets indexes the ShopSets of a Snapshot; of two of the same name, the worse is not
// known, so both are left out.
func sets(s *fleet.Snapshot) map[fleet.ShopSetName]*fleet.ShopSetState {
	out := make(map[fleet.ShopSetName]*fleet.ShopSetState, len(s.ShopSets))
	for i := range s.ShopSets {
		o := &s.ShopSets[i]
		if _, twice := out[o.ShopSet]; twice {
			out[o.ShopSet] = &fleet.ShopSetState{Observation: fleet.Unknown(o.ShopSet, "it was reported twice"), Tier: o.Tier}
			continue
		}
		out[o.ShopSet] = o
	}
	return out
}
