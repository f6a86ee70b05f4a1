package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// gateTiers checks that the Tiers with rules of their own are of the fleet.
func (d *documents) gateTiers() faults {
	var out faults
	for _, name := range slices.Sorted(maps.Keys(d.config.Gate.Tiers)) {
		if _, ok := d.fleet.Tier(fleet.TierName(name)); !ok {
			line := d.config.Gate.TierLines[name]
			f := fault{File: d.config.Path, Line: counted(line), Text: fmt.Sprintf("gate.tiers: the fleet has no Tier %q%s", name, didYouMean(name, tierNames(d)))}
			f.shown = fmt.Sprintf("%s:%d: %s", d.config.Path, line, f.Text)
			out = append(out, f)
		}
	}
	return out
}
