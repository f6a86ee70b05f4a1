package promotion

import (
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// checkRedundancy asks that each ShopGroup that the target serves is in as many
// FailureDomains as it was promised: an update is the wrong moment to find out.
func checkRedundancy(p Policy, e Evidence) []Check {
	about := newTier(e.Target, roleTarget).figures()
	if e.Groups == nil {
		return []Check{{Check: CheckRedundancy, Result: Unknown, Reason: fmt.Sprintf("The ShopGroups of %s were not handed to the gate.", e.To),
			Evidence: about}}
	}
	var checks []Check
	for _, g := range e.Groups {
		c := Check{Check: CheckRedundancy, Result: Pass, Evidence: slices.Clip(about).with("group", string(g.Name)).
			with("required", g.Required).with("failure_domains", words(g.Domains)).with("shopsets", words(g.ShopSets))}
		in := fmt.Sprintf("%s (%s)", count(len(g.Domains), "FailureDomain"), some(words(g.Domains), 5))
		c.Reason = fmt.Sprintf("ShopGroup %s is in %s, %d asked for.", g.Name, in, g.Required)
		if len(g.Domains) < g.Required {
			c.Result, c.Reason = Fail, fmt.Sprintf("ShopGroup %s is in %s only, %d asked for: %s.", g.Name, in, g.Required, remedy(g))
			if p.RedundancyWaived {
				c.Result = Waived
			}
		}
		checks = append(checks, c)
	}
	return checks
}

func remedy(g Group) string {
	if g.Remedy == "" {
		return "let ShopSets in other FailureDomains serve it"
	}
	return g.Remedy
}

func words[T fleet.FailureDomainName | fleet.ShopSetName](names []T) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return out
}
