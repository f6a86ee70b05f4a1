// Package fleet is the vocabulary of a fleet of ShopSets: what there is (Tier,
// Configuration, FailureDomain, ShopSet, ShopGroup), in which order updates reach
// it, where the evidence for a promotion comes from (Route), and whether shops
// that are served together have the redundancy that they were promised (Finding).
//
// It holds rules only: no I/O, no clock, no file format. New refuses what
// contradicts itself, all faults at once; Findings tells what is consistent but
// not as it should be.
package fleet

import (
	"slices"
	"time"
)

// Names of the kinds of objects; DNS labels, see CheckName.
type (
	TierName          string
	ConfigurationName string
	FailureDomainName string
	ShopSetName       string
	ShopGroupName     string
	ComponentName     string
	SourceName        string
)

// Kind says what an object is, in the words of its document.
type Kind string

// The kinds of objects.
const (
	KindTier          Kind = "Tier"
	KindConfiguration Kind = "Configuration"
	KindFailureDomain Kind = "FailureDomain"
	KindShopSet       Kind = "ShopSet"
	KindShopGroup     Kind = "ShopGroup"
)

// Tier is the unit of release: all ShopSets of a Tier are updated together, and
// nothing reaches a Tier before it has been verified in the one below.
type Tier struct {
	Name TierName
	// Order ranks the Tiers, the lowest first; 0 or more, each Tier its own. Gaps
	// are allowed.
	Order int
	// Branch is the git branch that the Tier's ShopSets are deployed from, each
	// Tier its own; "" where none of the fleet is deployed from git.
	Branch string
	// Soak is how long a Release has to be verified in this Tier before it may
	// move on; 0: no time is asked for.
	Soak time.Duration
}

// Configuration is the environment that a ShopSet connects to, such as staging
// or production.
type Configuration struct {
	Name        ConfigurationName
	Description string // for people, may be empty
}

// FailureDomain is a cluster or cloud that can fail as a whole.
type FailureDomain struct {
	Name        FailureDomainName
	Description string // for people, may be empty
	// Source is where the samples of its ShopSets are, unless they name one; may be "".
	Source SourceName
}

// ShopSet is one full, isolated copy of everything that a customer passes
// through until a payment completes.
type ShopSet struct {
	Name ShopSetName
	Tier TierName
	// Configuration and FailureDomain are "" where the fleet declares none.
	Configuration ConfigurationName
	FailureDomain FailureDomainName
	// Source is where its samples are. New takes that of its FailureDomain where it is "";
	// "" is the fleet's only one.
	Source SourceName
	// Components in the order that the document has them; may be empty.
	Components []ComponentName
	// Match holds the labels that all series of this ShopSet carry, and no series
	// of another. New sets {shopset: <name>} where it is empty.
	Match map[string]string
	// Formerly is what it was called, and the labels that its series carried, before: its
	// history goes on. May be empty.
	Formerly []Former `json:",omitempty"`
	// Capacity is how much the ShopSet can take, in the unit of all capacities and
	// loads of the fleet, such as requests per second; 0: not known.
	Capacity int64
}

// defaultMatch gives the labels that a ShopSet's series carry where its document
// does not say.
func defaultMatch(name ShopSetName) map[string]string {
	return map[string]string{"shopset": string(name)}
}

// ShopGroup is a group of shops that are served together. Redundancy belongs to
// the shops, and so to the group.
type ShopGroup struct {
	Name ShopGroupName
	// ShopSets that serve the group, in the order that the document has them;
	// never empty.
	ShopSets []ShopSetName
	// FailureDomains is how many different FailureDomains the ShopSets have to be
	// in; 1 or more.
	FailureDomains int
	// Load is what the group's shops may ask of a ShopSet that serves them, each one
	// of it: it has to carry them alone when the others fail. 0: not known.
	Load int64
}

// Declarations are the objects of a fleet as somebody wrote them down: in any
// order, not checked.
type Declarations struct {
	Tiers          []Tier
	Configurations []Configuration
	FailureDomains []FailureDomain
	ShopSets       []ShopSet
	ShopGroups     []ShopGroup
	// Sources are the names that FailureDomains and ShopSets may give as source, with ""
	// where they need not give one. Nil: nobody knows, and any will do.
	Sources []SourceName
}

// Fleet is a checked fleet. It does not change; what its methods return is
// shared and must not be changed either.
type Fleet struct {
	all Declarations // sorted

	tiers    map[TierName]int
	shopSets map[ShopSetName]int
	groups   map[ShopGroupName]int
	ofTier   map[TierName][]ShopSet
	serves   map[ShopSetName][]int // the groups that a ShopSet serves
}

// New checks the declarations as a whole and makes a Fleet of them. The error is
// a Problems that holds every fault, not just the first. Having no Tier or no
// ShopSet is no fault.
func New(d Declarations) (*Fleet, error) {
	if problems := d.Check(); len(problems) > 0 {
		return nil, problems
	}
	f := &Fleet{
		all:      d.sorted(),
		tiers:    map[TierName]int{},
		shopSets: map[ShopSetName]int{},
		groups:   map[ShopGroupName]int{},
		ofTier:   map[TierName][]ShopSet{},
		serves:   map[ShopSetName][]int{},
	}
	for i, t := range f.all.Tiers {
		f.tiers[t.Name] = i
	}
	for i, s := range f.all.ShopSets {
		f.shopSets[s.Name] = i
		f.ofTier[s.Tier] = append(f.ofTier[s.Tier], s)
	}
	for i, g := range f.all.ShopGroups {
		f.groups[g.Name] = i
		for _, name := range g.ShopSets {
			f.serves[name] = append(f.serves[name], i)
		}
	}
	return f, nil
}

// Tiers gives all Tiers, the lowest first.
func (f *Fleet) Tiers() []Tier { return f.all.Tiers }

// configurations gives all Configurations, by name.
func (f *Fleet) configurations() []Configuration { return f.all.Configurations }

// FailureDomains gives all FailureDomains, by name.
func (f *Fleet) FailureDomains() []FailureDomain { return f.all.FailureDomains }

// ShopSets gives all ShopSets, those of the lowest Tier first, by name within a
// Tier.
func (f *Fleet) ShopSets() []ShopSet { return f.all.ShopSets }

// ShopGroups gives all ShopGroups, by name.
func (f *Fleet) ShopGroups() []ShopGroup { return f.all.ShopGroups }

// Tier gives the Tier of that name; false where there is none.
func (f *Fleet) Tier(name TierName) (Tier, bool) {
	i, ok := f.tiers[name]
	if !ok {
		return Tier{}, false
	}
	return f.all.Tiers[i], true
}

// ShopSet gives the ShopSet of that name; false where there is none.
func (f *Fleet) ShopSet(name ShopSetName) (ShopSet, bool) {
	i, ok := f.shopSets[name]
	if !ok {
		return ShopSet{}, false
	}
	return f.all.ShopSets[i], true
}

// Now gives the name that a ShopSet has now that was called so once; else the name itself.
func (f *Fleet) Now(name ShopSetName) ShopSetName {
	if _, ok := f.shopSets[name]; ok {
		return name
	}
	for _, s := range f.all.ShopSets {
		if slices.ContainsFunc(s.Formerly, func(was Former) bool { return was.Name == name }) {
			return s.Name
		}
	}
	return name
}

// shopGroup gives the ShopGroup of that name; false where there is none.
func (f *Fleet) shopGroup(name ShopGroupName) (ShopGroup, bool) {
	i, ok := f.groups[name]
	if !ok {
		return ShopGroup{}, false
	}
	return f.all.ShopGroups[i], true
}

// ShopSetsOf gives the ShopSets of a Tier by name; none for an unknown Tier.
func (f *Fleet) ShopSetsOf(tier TierName) []ShopSet { return f.ofTier[tier] }

// GroupsOf gives the ShopGroups that a ShopSet serves, by name; it may be none.
func (f *Fleet) GroupsOf(name ShopSetName) []ShopGroup {
	var groups []ShopGroup
	for _, i := range f.serves[name] {
		groups = append(groups, f.all.ShopGroups[i])
	}
	return groups
}

// FailureDomainsOf gives the different FailureDomains that a group's ShopSets are
// in, by name; none for an unknown group.
func (f *Fleet) FailureDomainsOf(group ShopGroupName) []FailureDomainName {
	g, _ := f.shopGroup(group)
	var domains []FailureDomainName
	for _, name := range g.ShopSets {
		if s, _ := f.ShopSet(name); s.FailureDomain != "" {
			domains = append(domains, s.FailureDomain)
		}
	}
	slices.Sort(domains)
	return slices.Compact(domains)
}

// Declarations gives the fleet's objects back, in the order of the methods above
// and with their defaults set.
func (f *Fleet) Declarations() Declarations { return f.all.clone() }
