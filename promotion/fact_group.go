package promotion

import (
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// doubtedGroup says in a sentence why it is not known that a ShopGroup is served as
// reported; "" where it is: as its document has it, and by ShopSets that were seen to.
func (d *deciding) doubtedGroup(g Group, state fleet.GroupState) string {
	switch {
	case state.Required != g.Required || !alikeLists(state.ShopSets, g.ShopSets):
		return fmt.Sprintf("Reported with %d required of %s, its document has %d of %s.",
			state.Required, some(words(state.ShopSets), 5), g.Required, some(words(g.ShopSets), 5))
	case *state.Available != len(state.Domains):
		return fmt.Sprintf("Reported to be served in %s and in %s.", count(*state.Available, "FailureDomain"), orElse(some(words(state.Domains), 5), "none"))
	}
	var served []fleet.FailureDomainName
	doubt := ""
	for _, name := range g.ShopSets {
		o := d.seen[name]
		switch {
		case o == nil || !o.Health.Serves() || slices.Contains(served, o.Cluster):
		case d.doubted(o) == "":
			served = append(served, o.Cluster)
		case doubt == "":
			doubt = fmt.Sprintf(" %s: %s", name, d.doubted(o))
		}
	}
	if len(served) < g.Required {
		return fmt.Sprintf("Reported to be served in %s; only in %s a ShopSet is known to serve.%s",
			some(words(state.Domains), 5), count(len(served), "FailureDomain"), doubt)
	}
	return ""
}
