// Package upgrade plans how a FailureDomain, such as a cluster, is taken down for an
// upgrade: which ShopGroups would lose redundancy, which ShopSet could serve their
// shops meanwhile, and in which order. It plans only, from the fleet's documents;
// nothing is ever moved.
//
// A group that would be left with fewer FailureDomains than it has and asks for needs
// one more ShopSet: of the same Tier, in a FailureDomain that is neither the one that
// goes down nor one of the partners', with capacity for the group's load beside those
// that it serves already. Which figures are not known makes the plan inconclusive
// where they decide.
package upgrade

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// errUnknownDomain: the fleet has no such FailureDomain.
var errUnknownDomain = errors.New("unknown FailureDomain")

// Verdict says whether the FailureDomain may be taken down.
type Verdict string

// The verdicts.
const (
	Go           Verdict = "go"           // once the moves are done
	Hold         Verdict = "hold"         // some group has nowhere to go
	Inconclusive Verdict = "inconclusive" // it depends on figures that are not known
)

// Plan is how a FailureDomain is taken down.
type Plan struct {
	Domain  fleet.FailureDomainName
	Verdict Verdict
	// Groups are those that a ShopSet of the FailureDomain serves, by Tier and name.
	Groups []Group
	// Stopped are the ShopSets that go down, the lowest Tier's first.
	Stopped []fleet.ShopSetName
	// Steps in their order; none where the Verdict is not Go.
	Steps []Step
}

// Outcome is what becomes of a group.
type Outcome string

// The outcomes.
const (
	Stays     Outcome = "stays"     // it has redundancy enough without the FailureDomain
	Moves     Outcome = "moves"     // another ShopSet can serve it meanwhile
	Nowhere   Outcome = "nowhere"   // no ShopSet can
	Undecided Outcome = "undecided" // whether one can is not known
)

// Group is a ShopGroup that the FailureDomain serves.
type Group struct {
	Group    fleet.ShopGroupName
	Tier     fleet.TierName // of the ShopSet that goes down
	ShopSets []fleet.ShopSetName
	// Down are those of its ShopSets that go down.
	Down []fleet.ShopSetName
	// Required is how many FailureDomains it asks for, Before in how many it is, Left
	// in how many it is without the one.
	Required, Before, Left int
	Load                   int64 // 0: not known
	Outcome                Outcome
	To                     fleet.ShopSetName // that takes over; "" where none does
	Reason                 string            // one sentence
	Candidates             []Candidate       // ShopSets that the rules allow, by name
}

// losing reports whether it is left with less than it has and asks for.
func (g Group) losing() bool { return g.Left < min(g.Required, g.Before) }

// Candidate is a ShopSet that could take over, capacity aside.
type Candidate struct {
	ShopSet fleet.ShopSetName
	Domain  fleet.FailureDomainName
	// Free is what it can take beside what it serves; nil: not known, see Missing.
	Free *int64
	// Missing names the figures that the documents do not have.
	Missing []string
}

// Make plans the upgrade. The error wraps errUnknownDomain.
func Make(f *fleet.Fleet, domain fleet.FailureDomainName) (Plan, error) {
	if !slices.ContainsFunc(f.FailureDomains(), func(d fleet.FailureDomain) bool { return d.Name == domain }) {
		var names []string
		for _, d := range f.FailureDomains() {
			names = append(names, string(d.Name))
		}
		return Plan{}, fmt.Errorf("%w %q; the fleet has %s", errUnknownDomain, domain, strings.Join(names, ", "))
	}
	p := Plan{Domain: domain, Verdict: Go}
	for _, s := range f.ShopSets() {
		if s.FailureDomain == domain {
			p.Stopped = append(p.Stopped, s.Name)
		}
	}
	for _, t := range f.Tiers() {
		for _, g := range f.ShopGroups() {
			if at, ok := touched(f, g, domain); ok && at.Tier == t.Name {
				p.Groups = append(p.Groups, at)
			}
		}
	}
	for _, t := range f.Tiers() {
		p.place(t.Name)
	}
	for _, g := range p.Groups {
		switch {
		case g.Outcome == Nowhere:
			p.Verdict = Hold
		case g.Outcome == Undecided && p.Verdict == Go:
			p.Verdict = Inconclusive
		}
	}
	if p.Verdict == Go {
		p.steps()
	}
	return p, nil
}

// touched describes a group that the FailureDomain serves; false where it does not.
func touched(f *fleet.Fleet, g fleet.ShopGroup, domain fleet.FailureDomainName) (Group, bool) {
	at := Group{Group: g.Name, ShopSets: g.ShopSets, Required: g.FailureDomains, Before: len(f.FailureDomainsOf(g.Name)), Load: g.Load}
	var partners []fleet.FailureDomainName
	for _, name := range g.ShopSets {
		s, _ := f.ShopSet(name)
		if s.FailureDomain != domain {
			partners = append(partners, s.FailureDomain)
			continue
		}
		if len(at.Down) == 0 {
			at.Tier = s.Tier
		}
		at.Down = append(at.Down, name)
	}
	if len(at.Down) == 0 {
		return at, false
	}
	slices.Sort(partners)
	partners = slices.Compact(partners)
	at.Left = len(partners)
	if !at.losing() {
		at.Outcome = Stays
		at.Reason = fmt.Sprintf("%s left (%d required).", count(at.Left, "FailureDomain"), at.Required)
		if at.Before < at.Required {
			at.Reason = fmt.Sprintf("%s left, as before (%d required).", count(at.Left, "FailureDomain"), at.Required)
		}
		return at, true
	}
	for _, s := range f.ShopSetsOf(at.Tier) {
		if s.FailureDomain != domain && !slices.Contains(partners, s.FailureDomain) {
			at.Candidates = append(at.Candidates, candidate(f, s))
		}
	}
	return at, true
}

// candidate tells what a ShopSet can take beside the groups that it serves.
func candidate(f *fleet.Fleet, s fleet.ShopSet) Candidate {
	c := Candidate{ShopSet: s.Name, Domain: s.FailureDomain}
	free := s.Capacity
	if s.Capacity == 0 {
		c.Missing = append(c.Missing, fmt.Sprintf("spec.capacity of ShopSet %s", s.Name))
	}
	for _, g := range f.GroupsOf(s.Name) {
		if g.Load == 0 {
			c.Missing = append(c.Missing, fmt.Sprintf("spec.load of ShopGroup %s", g.Name))
		}
		free -= g.Load
	}
	if len(c.Missing) == 0 {
		c.Free = &free
	}
	return c
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
