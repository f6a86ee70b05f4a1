package promotion

import (
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// checkRedundancy asks that each ShopGroup that the target serves is in as many
// FailureDomains as it was promised: an update is the wrong moment to find out.
func (d *deciding) checkRedundancy(t tier) []Check {
	e := d.e
	if checks, done := d.off(CheckRedundancy, t); done {
		return checks
	}
	if e.Groups == nil {
		return []Check{t.check(CheckRedundancy).says(Unknown, d.say("The evidence has no ShopGroups for %s.", e.To))}
	}
	var checks []Check
	for _, g := range e.Groups {
		c := t.check(CheckRedundancy)
		c.figure("group", string(g.Name)).figure("required", g.Required).figure("failure_domains", words(g.Domains)).figure("shopsets", words(g.ShopSets))
		in := d.say("%s (%s)", d.count(len(g.Domains), "FailureDomain"), d.some(words(g.Domains), 5))
		c.Result, c.Reason = Pass, d.say("ShopGroup %s is in %s, %d required.", g.Name, in, g.Required)
		if len(g.Domains) < g.Required {
			c.Result, c.Reason = Fail, d.say("ShopGroup %s is in only %s, %d required: %s.", g.Name, in, g.Required, d.remedy(g))
		} else if !alikeLists(g.Domains, d.domains(g)) {
			c.Result, c.Reason = Unknown, d.say("Reports on which FailureDomains ShopGroup %s is in are contradictory.", g.Name)
		} else if e.Fleet.Where != "" {
			c.Result, c.Reason = d.served(g, c.Reason, &c.Evidence)
		}
		if c.Result == Fail && d.p.RedundancyWaived {
			c.Result = Waived
			c.Reason += d.say(" Waived by the policy.")
		}
		checks = append(checks, c)
	}
	return checks
}

// served says whether the group is in its FailureDomains now: what was promised is no
// help where a cluster is down.
func (d *deciding) served(g Group, declared string, figures *Figures) (Result, string) {
	s := &d.e.Fleet.Snapshot
	ofGroup := func(state fleet.GroupState) bool { return state.Group == g.Name }
	i := slices.IndexFunc(s.Groups, ofGroup)
	old := d.now.Sub(s.At)
	if d.e.Fleet.Error != "" || s.At.IsZero() || old > d.p.MaxAge || old < -d.p.MaxAge || i < 0 || s.Groups[i].Available == nil {
		return Unknown, d.say("%s Whether it is currently served there is unknown.", declared)
	}
	state := s.Groups[i]
	*figures = figures.with("available", *state.Available).with("available_in", words(state.Domains))
	if *state.Available < g.Required {
		return Fail, d.say("ShopGroup %s is currently served in %s (%s; %d required): restore the unhealthy ShopSets (%s).", g.Name,
			d.count(*state.Available, "FailureDomain"), orElse(d.some(words(state.Domains), 5), d.say("none")), g.Required, d.some(words(d.unwell(g, state)), 5))
	}
	if slices.IndexFunc(s.Groups[i+1:], ofGroup) >= 0 {
		return Unknown, d.say("ShopGroup %s is reported twice.", g.Name)
	}
	if doubt := d.doubtedGroup(g, state); doubt != "" {
		return Unknown, d.say("ShopGroup %s: %s", g.Name, doubt)
	}
	return Pass, d.say("ShopGroup %s is currently served in %s (%s; %d required).", g.Name, d.count(*state.Available, "FailureDomain"), d.some(words(state.Domains), 5), g.Required)
}

// unwell are the group's ShopSets in FailureDomains where none serves it now.
func (d *deciding) unwell(g Group, state fleet.GroupState) []fleet.ShopSetName {
	return slices.DeleteFunc(slices.Clone(g.ShopSets), func(name fleet.ShopSetName) bool {
		o := d.seen[name]
		return o != nil && slices.Contains(state.Domains, o.Cluster)
	})
}

func (l lang) remedy(g Group) string {
	if g.Remedy == "" {
		return l.say("add ShopSets in other FailureDomains")
	}
	return g.Remedy
}
