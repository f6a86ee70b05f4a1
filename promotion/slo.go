package promotion

import (
	"slices"

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
		c.Result, c.Reason = Unknown, d.say("Reports on which ShopSets are in %s are contradictory.", orElse(string(t.Name), d.say("the Tier")))
	case d.alone && !d.e.Source.same(d.e.Target), t.role == RoleEvidence && !d.e.onTheWay():
		c.Result, c.Reason = Unknown, d.say("Reports on which Tier is below %s are contradictory.", d.e.To)
	case d.alone && len(t.ShopSets) == 0:
		c.Result, c.Reason = Unknown, d.say("%s has no ShopSet, so nothing is known about it.", t.Name)
	case len(t.ShopSets) == 0 && t.role == RoleEvidence:
		c.Result, c.Reason = Unknown, d.say("No lower Tier has a ShopSet, so there is no evidence about the Release.")
	case len(t.ShopSets) == 0:
		c.Result, c.Reason = NotChecked, d.say("%s has no ShopSet, so there is no error budget to protect.", t.Name)
	case len(t.SLOs) == 0:
		c.Result, c.Reason = Unknown, d.say("No SLO applies to %s, so the health of its ShopSets is unknown.", t.Name)
	default:
		applies := "%s apply to %s (%s)."
		if len(t.SLOs) == 1 {
			applies = "%s applies to %s (%s)."
		}
		c.Result, c.Reason = Pass, d.say(applies, d.count(len(t.SLOs), "SLO"), t.Name, d.some(t.SLOs, 5))
	}
	return []Check{c}
}

// same reports whether both are the same, where the fleet has one Tier.
func (t Tier) same(as Tier) bool {
	return t.Name == as.Name && slices.Equal(t.ShopSets, as.ShopSets) && slices.Equal(t.SLOs, as.SLOs)
}

// onTheWay reports whether From is the Tier next below To, and Source that or a lower one, as
// the documents have them.
func (e *Evidence) onTheWay() bool {
	to, from, source := e.Declared.tier(e.To), e.Declared.tier(e.From), e.Declared.tier(e.Source.Name)
	if to == nil || from == nil || from.Order >= to.Order || e.Source.Name != "" && (source == nil || source.Order > from.Order) {
		return false
	}
	return !slices.ContainsFunc(e.Declared.Tiers, func(t DeclaredTier) bool { return t.Order > from.Order && t.Order < to.Order })
}
