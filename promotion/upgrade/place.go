package upgrade

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// place finds a ShopSet for each group of a Tier that loses redundancy. Groups of
// different Tiers never share a candidate, so each Tier is a problem of its own.
func (p *Plan) place(tier fleet.TierName) {
	var losing []*Group
	for i := range p.Groups {
		if g := &p.Groups[i]; g.Tier == tier && g.losing() {
			losing = append(losing, g)
		}
	}
	if len(losing) == 0 {
		return
	}
	if to, found, _ := assign(losing, known); found {
		for i, g := range losing {
			g.Outcome, g.To = Moves, to[i]
			g.Reason = fmt.Sprintf("%s serves it while %s is down.", to[i], p.Domain)
		}
		return
	}
	_, possible, settled := assign(losing, hoped)
	for _, g := range losing {
		g.judge(p.Domain, possible || !settled, settled)
	}
}

// judge says why there is no ShopSet for a group.
func (g *Group) judge(domain fleet.FailureDomainName, possible, settled bool) {
	fits := g.fitting(hoped)
	switch missing := g.missing(); {
	case len(g.Candidates) == 0:
		g.Outcome = Nowhere
		g.Reason = fmt.Sprintf("Tier %s has no ShopSet outside %s and the FailureDomains of its partners; add one.", g.Tier, domain)
	case len(fits) == 0:
		g.Outcome = Nowhere
		g.Reason = fmt.Sprintf("None of %s has capacity for its load of %d; add capacity.", g.rooms(), g.Load)
	case !settled:
		g.Outcome = Undecided
		g.Reason = "Too many possible placements in this Tier to try them all; move some groups manually and retry."
	case !possible:
		g.Outcome = Nowhere
		g.Reason = fmt.Sprintf("%s may have capacity for it, but not for all groups of Tier %s that must move; add capacity.", g.rooms(), g.Tier)
	case len(missing) > 0:
		g.Outcome = Undecided
		g.Reason = fmt.Sprintf("Whether %s can take it is unknown: set %s.", g.rooms(), strings.Join(missing, " and "))
	default:
		g.Outcome = Undecided
		g.Reason = fmt.Sprintf("%s can take it alone, but the needs of the other groups of Tier %s are unknown.", g.rooms(), g.Tier)
	}
}

// rooms names the candidates with what they can take.
func (g *Group) rooms() string {
	var texts []string
	for _, c := range g.Candidates {
		if c.Free == nil {
			texts = append(texts, string(c.ShopSet))
			continue
		}
		texts = append(texts, fmt.Sprintf("%s (room for %d)", c.ShopSet, max(*c.Free, 0)))
	}
	return strings.Join(texts, ", ")
}

// missing names the figures that keep the group from being placed.
func (g *Group) missing() []string {
	var out []string
	if g.Load == 0 {
		out = append(out, fmt.Sprintf("spec.load of ShopGroup %s", g.Group))
	}
	for _, c := range g.Candidates {
		for _, m := range c.Missing {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// room says what a candidate can take, and load what a group needs: known takes what
// is not known for too little and too much, hoped for enough and nothing.
type room func(load int64, c Candidate) (need, free int64, ok bool)

func known(load int64, c Candidate) (need, free int64, ok bool) {
	if c.Free == nil || load == 0 {
		return 0, 0, false
	}
	return load, *c.Free, true
}

func hoped(load int64, c Candidate) (need, free int64, ok bool) {
	if c.Free == nil {
		return 0, 0, true
	}
	return load, *c.Free, true
}

// fitting gives the candidates that can take the group alone.
func (g *Group) fitting(by room) []Candidate {
	return slices.DeleteFunc(slices.Clone(g.Candidates), func(c Candidate) bool {
		need, free, ok := by(g.Load, c)
		return !ok || need > free || free < 0
	})
}

// mostTries bounds the search: placing loads is hard in the general case, and easy
// in fleets.
const mostTries = 200_000

// assign gives each group a candidate so that none has to take more than it can.
// Not settled: the search was given up.
func assign(groups []*Group, by room) (to []fleet.ShopSetName, found, settled bool) {
	s := search{groups: groups, by: by, free: map[fleet.ShopSetName]int64{}, to: make([]fleet.ShopSetName, len(groups)), left: mostTries}
	for i, g := range groups {
		s.order = append(s.order, i)
		s.fits = append(s.fits, g.fitting(by))
		for _, c := range g.Candidates {
			if _, free, ok := by(g.Load, c); ok {
				s.free[c.ShopSet] = free
			}
		}
	}
	// Those with the fewest ways first, then the heaviest.
	slices.SortStableFunc(s.order, func(a, b int) int {
		if by := len(s.fits[a]) - len(s.fits[b]); by != 0 {
			return by
		}
		return int(max(min(groups[b].Load-groups[a].Load, 1), -1))
	})
	found = s.from(0)
	return s.to, found, found || s.left > 0
}

type search struct {
	groups []*Group
	by     room
	order  []int
	fits   [][]Candidate
	free   map[fleet.ShopSetName]int64
	to     []fleet.ShopSetName
	left   int // tries
}

func (s *search) from(n int) bool {
	if n == len(s.order) {
		return true
	}
	i := s.order[n]
	ways := slices.Clone(s.fits[i])
	slices.SortStableFunc(ways, func(a, b Candidate) int { // the one with most room first
		return int(max(min(s.free[b.ShopSet]-s.free[a.ShopSet], 1), -1))
	})
	for _, c := range ways {
		need, _, _ := s.by(s.groups[i].Load, c)
		if s.free[c.ShopSet] < need {
			continue
		}
		if s.left--; s.left <= 0 {
			return false
		}
		s.free[c.ShopSet] -= need
		s.to[i] = c.ShopSet
		if s.from(n + 1) {
			return true
		}
		s.free[c.ShopSet] += need
	}
	return false
}
