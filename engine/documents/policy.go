package documents

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// Policy is the gate's policy for a Tier as the configuration has it; what is not set is
// the gate's to choose.
func (d *Documents) Policy(to string) promotion.Policy {
	g := d.Config.Gate.Rules(to)
	p := promotion.Policy{
		MinCoverage: g.MinCoverage, QuietCoverage: g.QuietCoverage, MaxAge: g.MaxAge,
		AtRisk: promotion.Lenience(g.AtRisk), Exhausted: promotion.Lenience(g.Exhausted),
		RedundancyWaived: g.RedundancyWaived, Soak: g.Soak, QuietAlerts: g.QuietAlerts,
		Since:            promotion.SincePolicy{Harm: g.Harm, HarmToOne: g.HarmToOne, FalseAlarms: g.FalseAlarms, Confidence: g.Confidence, Baseline: g.Baseline},
		LongestExclusion: cmp.Or(g.LongestExclusion, promotion.DefaultLongestExclusion),
		Load:             promotion.LoadPolicy{Share: g.LoadShare, Window: g.LoadWindow, Day: g.LoadDay},
	}
	for _, s := range g.FailOn {
		p.FailOn = append(p.FailOn, slo.Severity(s))
	}
	for check, need := range g.Checks {
		if p.Needs == nil {
			p.Needs = map[string]promotion.Need{}
		}
		p.Needs[check] = promotion.Need(need)
	}
	return p
}

// gateTiers checks that the Tiers with rules of their own are of the fleet.
func (d *Documents) gateTiers() Faults {
	var out Faults
	for _, name := range slices.Sorted(maps.Keys(d.Config.Gate.Tiers)) {
		if _, ok := d.Fleet.Tier(fleet.TierName(name)); !ok {
			line := d.Config.Gate.TierLines[name]
			f := Fault{File: d.Config.Path, Line: counted(line), Text: fmt.Sprintf("gate.tiers: the fleet has no Tier %q%s", name, usage.DidYouMean(name, TierNames(d)))}
			f.shown = fmt.Sprintf("%s:%d: %s", d.Config.Path, line, f.Text)
			out = append(out, f)
		}
	}
	return out
}
