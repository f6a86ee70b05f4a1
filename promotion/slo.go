package promotion

import (
	"fmt"

	"github.com/shopslo/shopslo/fleet"
)

// checkSLO asks that some SLO applies to the Tier, and that the Tier has ShopSets.
func (d *deciding) checkSLO(t tier) []Check {
	c := t.check(CheckSLO)
	c.figure("shopsets", len(t.ShopSets)).figure("slos", len(t.SLOs))
	var has []fleet.ShopSetName
	for _, s := range d.e.Declared.ShopSets {
		if t.Name != "" && s.Tier == t.Name {
			has = append(has, s.ShopSet)
		}
	}
	switch {
	case t.role == RoleTarget && t.Name != d.e.To, !alikeLists(has, t.ShopSets):
		c.Result, c.Reason = Unknown, fmt.Sprintf("Which ShopSets are in %s is contradictory.", orElse(string(t.Name), "the Tier"))
	case len(t.ShopSets) == 0 && t.role == RoleEvidence:
		c.Result, c.Reason = Unknown, "No lower Tier has a ShopSet, so there is no evidence about the Release."
	case len(t.ShopSets) == 0:
		c.Result, c.Reason = NotChecked, fmt.Sprintf("%s has no ShopSet, so there is no error budget to protect.", t.Name)
	case len(t.SLOs) == 0:
		c.Result, c.Reason = Unknown, fmt.Sprintf("No SLO applies to %s, so the health of its ShopSets is unknown.", t.Name)
	default:
		verb := "apply"
		if len(t.SLOs) == 1 {
			verb = "applies"
		}
		c.Result, c.Reason = Pass, fmt.Sprintf("%s %s to %s (%s).", count(len(t.SLOs), "SLO"), verb, t.Name, some(t.SLOs, 5))
	}
	return []Check{c}
}
