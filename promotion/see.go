package promotion

import (
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// See adds what was seen of the fleet, and keeps what matters of it: the Tiers of
// the promotion, and the ShopSets that serve the target's groups. A Release that was not given is the one that the branch of From
// points to; one that was given shortened becomes whole where it is known.
func (e *Evidence) See(view FleetView) {
	s := view.Snapshot
	e.Fleet = FleetView{Where: view.Where, Error: view.Error, Snapshot: fleet.Snapshot{At: s.At, Git: s.Git}}
	kept := &e.Fleet.Snapshot
	for _, o := range s.ShopSets {
		if e.concerns(o.Tier) || e.grouped(o.ShopSet) {
			kept.ShopSets = append(kept.ShopSets, o)
		}
	}
	for _, t := range s.Tiers {
		if e.concerns(t.Tier) || e.passes(t.Tier) || e.undeclared(t) {
			kept.Tiers = append(kept.Tiers, t)
		}
	}
	for _, g := range s.Groups {
		if slices.ContainsFunc(e.Groups, func(of Group) bool { return of.Name == g.Group }) {
			kept.Groups = append(kept.Groups, g)
		}
	}
	for _, v := range s.Violations {
		if e.concerns(v.Tier) {
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
		if isCommit(r) && strings.HasPrefix(string(r), strings.ToLower(asked)) && !slices.Contains(full, string(r)) {
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

// isCommit reports whether a Release is a commit's whole id: names such as v1.10.1 and
// v1.10.12 mean what they say.
func isCommit(r fleet.Release) bool {
	return (len(r) == 40 || len(r) == 64) && strings.Trim(string(r), "0123456789abcdef") == ""
}

// shortest is the least of a commit's id that is taken for the whole.
const shortest = 7

// tierOf is what was seen of a Tier; nil where nothing was, or where it is reported
// twice: of two the worse is not known.
func tierOf(s *fleet.Snapshot, name fleet.TierName) (found *fleet.TierState) {
	for i := range s.Tiers {
		switch {
		case s.Tiers[i].Tier != name:
		case found != nil:
			return nil
		default:
			found = &s.Tiers[i]
		}
	}
	return found
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
