package documents

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion"
)

// Policy is the gate's policy for a Tier as the configuration has it; what is not set is
// the gate's to choose.
func (d *Documents) Policy(to string) promotion.Policy {
	p := d.Config.Gate.Rules(to)
	if p.Traffic == nil {
		p.Traffic = &promotion.TrafficPolicy{}
	}
	if p.Soak == nil && d.soaks != nil {
		if route, err := d.Fleet.Route(fleet.TierName(to)); err == nil {
			if soak, known := d.soaks[route.From.Name]; known {
				p.Soak = &soak
			}
		}
	}
	if p.LongestExclusion == 0 {
		p.LongestExclusion = promotion.DefaultLongestExclusion
	}
	return p
}

// branches checks that Tiers have one where Releases are moved by git.
func branches(d *Documents) Faults {
	var out Faults
	for _, t := range d.Fleet.Tiers() {
		if d.Config.Promotion != nil && t.Branch == "" {
			f := Fault{File: d.Config.Path, Text: fmt.Sprintf("promotion: Tier %q has no branch; name it in its document, or leave promotion out", t.Name)}
			f.shown = fmt.Sprintf("%s: %s", d.Config.Path, f.Text)
			out = append(out, f)
		}
	}
	return out
}

// Counting is how samples become counts, and where calendar and rules are read, in words.
func Counting(d *Documents) string {
	c := d.Config
	text := fmt.Sprintf("by %v, started %s, clock slack %v, old answers %v, plausible steps %v",
		c.TargetLabels, c.StartTimeMetric, c.Counting.ClockSlack, c.Counting.OldAnswers, c.Counting.PlausibleSteps)
	if len(c.Gate.Calendar) > 0 {
		text += fmt.Sprintf(", calendar %q", c.Gate.Calendar)
	}
	if from := c.Gate.CalendarFrom; from != nil {
		text += fmt.Sprintf(" from %+v", *from)
	}
	if from := c.Gate.RulesFrom; from != nil {
		text += fmt.Sprintf(", rules from %+v", *from)
	}
	return git.Redact(text)
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
