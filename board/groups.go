package board

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// Groups are the ShopGroups' redundancy.
type Groups struct {
	Short []Group // those that are short of FailureDomains, or not known
	Whole []Group // the others
	// Declared is set where nobody knows what runs: Groups are as the documents have
	// them.
	Declared bool
}

// Group is a ShopGroup and in which FailureDomains it is served.
type Group struct {
	Name      fleet.ShopGroupName
	Level     Level
	ShopSets  []fleet.ShopSetName
	Required  int
	Available *int // nil: not known
	Domains   []fleet.FailureDomainName
}

func groups(in *Input) Groups {
	out := Groups{Declared: len(in.Running.Snapshot.Groups) == 0}
	observed := map[fleet.ShopGroupName]*fleet.GroupState{}
	for i := range in.Running.Snapshot.Groups {
		observed[in.Running.Snapshot.Groups[i].Group] = &in.Running.Snapshot.Groups[i]
	}
	for _, g := range in.Fleet.ShopGroups() {
		view := Group{Name: g.Name, ShopSets: g.ShopSets, Required: g.FailureDomains, Level: Good}
		if s := observed[g.Name]; s != nil {
			view.Available, view.Domains = s.Available, s.Domains
		} else if out.Declared {
			view.Domains = in.Fleet.FailureDomainsOf(g.Name)
			n := len(view.Domains)
			view.Available = &n
		}
		switch {
		case view.Available == nil:
			view.Level = Unclear
		case *view.Available == 0:
			view.Level = Bad
		case *view.Available < view.Required:
			view.Level = Warn
		}
		if view.Level == Good {
			out.Whole = append(out.Whole, view)
		} else {
			out.Short = append(out.Short, view)
		}
	}
	slices.SortStableFunc(out.Short, func(a, b Group) int { return a.Level.rank() - b.Level.rank() })
	return out
}
