package promotion

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// MatchAlerts says of each alert which ShopSets and Tiers of the fleet its labels name:
// those of a ShopSet are the labels that its series carry, or carried before, a Tier's is "tier".
func MatchAlerts(f *fleet.Fleet, alerts []Alert) []Alert {
	out := slices.Clone(alerts)
	for i := range out {
		out[i].ShopSets, out[i].Tiers = named(f, out[i].Labels)
	}
	return out
}

// MatchRules says of each rule which ShopSets and Tiers its labels name, as
// MatchAlerts does.
func MatchRules(f *fleet.Fleet, rules []AlertRule) []AlertRule {
	out := slices.Clone(rules)
	for i := range out {
		out[i].ShopSets, out[i].Tiers = named(f, out[i].Labels)
	}
	return out
}

// named are the ShopSets that labels name, else the Tier.
func named(f *fleet.Fleet, labels map[string]string) ([]fleet.ShopSetName, []fleet.TierName) {
	sets, tiers := []fleet.ShopSetName{}, []fleet.TierName{}
	for _, set := range f.ShopSets() {
		if carries(labels, set.Match, set.Name) || slices.ContainsFunc(set.Formerly, func(was fleet.Former) bool { return carries(labels, was.Match, was.Name) }) {
			sets = append(sets, set.Name)
		}
	}
	name := fleet.TierName(labels["tier"])
	of := func(set fleet.ShopSetName) bool { s, _ := f.ShopSet(set); return s.Tier == name }
	if _, ok := f.Tier(name); ok && !slices.ContainsFunc(sets, of) { // else it is one of that Tier
		tiers = append(tiers, name)
	}
	return sets, tiers
}

// carries reports whether labels are those of a ShopSet: all of its match or, as those of a sum by
// some of them, none that is another's and the one that has its name.
func carries(labels, match map[string]string, set fleet.ShopSetName) bool {
	whole, named := len(match) > 0, false
	for name, value := range match {
		switch is, has := labels[name]; {
		case !has:
			whole = false
		case is != value:
			return false
		default:
			named = named || value == string(set)
		}
	}
	return whole || named
}
