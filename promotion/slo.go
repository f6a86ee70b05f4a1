package promotion

import (
	"fmt"
)

// checkSLO asks that some SLO applies to the Tier, and that the Tier has ShopSets.
func checkSLO(t tier) []Check {
	c := t.check(CheckSLO)
	c.figure("shopsets", len(t.ShopSets)).figure("slos", len(t.SLOs))
	switch {
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
