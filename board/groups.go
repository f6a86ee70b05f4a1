package board

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// groupsView are the ShopGroups' redundancy.
type groupsView struct {
	Short []group // those that are short of FailureDomains, or not known
	Whole []group // the others
	// Declared is set where nobody knows what runs: Groups are as the documents have
	// them.
	Declared bool
}

// group is a ShopGroup and in which FailureDomains it is served.
type group struct {
	Name      fleet.ShopGroupName
	Level     level
	ShopSets  []fleet.ShopSetName
	Required  int
	Available *int // nil: not known
	Domains   []fleet.FailureDomainName
}

func groups(in *Input) groupsView {
	out := groupsView{Declared: len(in.Running.Snapshot.Groups) == 0}
	observed := map[fleet.ShopGroupName]*fleet.GroupState{}
	for i := range in.Running.Snapshot.Groups {
		observed[in.Running.Snapshot.Groups[i].Group] = &in.Running.Snapshot.Groups[i]
	}
	for _, g := range in.Fleet.ShopGroups() {
		view := group{Name: g.Name, ShopSets: g.ShopSets, Required: g.FailureDomains, Level: good}
		if s := observed[g.Name]; s != nil {
			view.Available, view.Domains = s.Available, s.Domains
		} else if out.Declared {
			view.Domains = in.Fleet.FailureDomainsOf(g.Name)
			n := len(view.Domains)
			view.Available = &n
		}
		switch {
		case view.Available == nil:
			view.Level = unclear
		case *view.Available == 0:
			view.Level = bad
		case *view.Available < view.Required:
			view.Level = warn
		}
		if view.Level == good {
			out.Whole = append(out.Whole, view)
		} else {
			out.Short = append(out.Short, view)
		}
	}
	slices.SortStableFunc(out.Short, func(a, b group) int { return a.Level.rank() - b.Level.rank() })
	return out
}
