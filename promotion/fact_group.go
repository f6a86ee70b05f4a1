package promotion

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// domains are the FailureDomains that a group's ShopSets are in by their documents.
func (d *deciding) domains(g Group) (in []fleet.FailureDomainName) {
	for _, name := range g.ShopSets {
		if s := d.declared[name]; s != nil && !slices.Contains(in, s.Cluster) {
			in = append(in, s.Cluster)
		}
	}
	return in
}

// doubtedGroup says in a sentence why it is not known that a ShopGroup is served as
// reported; "" where it is: as its document has it, and by ShopSets that were seen to.
func (d *deciding) doubtedGroup(g Group, state fleet.GroupState) string {
	switch {
	case state.Required != g.Required || !alikeLists(state.ShopSets, g.ShopSets):
		return d.say("Reported with %d required of %s, its document has %d of %s.",
			state.Required, d.some(words(state.ShopSets), 5), g.Required, d.some(words(g.ShopSets), 5))
	case slices.ContainsFunc(state.Domains, func(in fleet.FailureDomainName) bool { return !slices.Contains(g.Domains, in) }):
		return d.say("Reported to be served in %s, its document has %s.", d.some(words(state.Domains), 5), d.some(words(g.Domains), 5))
	case *state.Available != len(state.Domains):
		return d.say("Reported to be served in %s and in %s.", d.count(*state.Available, "FailureDomain"), orElse(d.some(words(state.Domains), 5), d.say("none")))
	}
	var served []fleet.FailureDomainName
	doubt := ""
	for _, name := range g.ShopSets {
		o := d.seen[name]
		switch {
		case o == nil || !o.Serves() || slices.Contains(served, o.Cluster):
		case d.doubted(o) == "":
			served = append(served, o.Cluster)
		case doubt == "":
			doubt = d.say(" %s: %s", name, d.doubted(o))
		}
	}
	if len(served) < g.Required {
		return d.say("Reported to be served in %s; a ShopSet is known to serve only in %s.%s",
			d.some(words(state.Domains), 5), d.count(len(served), "FailureDomain"), doubt)
	}
	return ""
}
