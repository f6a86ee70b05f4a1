package config

import (
	"cmp"
	"maps"
	"slices"

	"github.com/shopslo/shopslo/promotion"
)

// traffic checks how much of it may be missing.
func (c *checker) traffic(path string, p promotion.TrafficPolicy) {
	for key, share := range map[string]float64{"unknown_below": p.UnknownBelow, "fail_below": p.FailBelow, "targets_below": p.TargetsBelow} {
		if of := path + "." + key; c.Has(of) && (share <= 0 || share > 1) {
			c.Wrong(of, "%v is not a ratio above 0 and at most 1; write 95 %% as 0.95", share)
		}
	}
	if unknown, fail := cmp.Or(p.UnknownBelow, 0.5), cmp.Or(p.FailBelow, 0.2); fail > unknown {
		c.Wrong(path, "fail_below (%v) must not be above unknown_below (%v)", fail, unknown)
	}
	for _, set := range slices.Sorted(maps.Keys(p.Targets)) {
		if n := p.Targets[set]; n < 1 {
			c.Wrong(path+".targets."+string(set), "%d is not a number of targets, 1 or more", n)
		}
	}
}
