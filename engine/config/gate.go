package config

import (
	"maps"
	"reflect"
	"slices"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion"
)

// tiers reads what single Tiers have of their own, over what all have.
func (c *checker) tiers() {
	g, path := &c.Gate, "gate.tiers"
	n := g.Own.Node
	g.Own = document.Raw{}
	if n == nil {
		return
	}
	var own map[string]document.Raw
	if c.Decode(path, n, reflect.ValueOf(&own).Elem()); c.Broken(path) {
		return
	}
	g.Tiers, g.TierLines = map[string]promotion.Policy{}, map[string]int{}
	for name, at := range c.Mapping(path, n).At {
		g.TierLines[name] = at.Line
	}
	for name, raw := range own {
		p := g.Policy
		p.Needs = maps.Clone(p.Needs)
		if p.Traffic != nil {
			traffic := *p.Traffic
			traffic.Targets = maps.Clone(traffic.Targets)
			p.Traffic = &traffic
		}
		if !document.IsNull(raw.Node) {
			c.Decode(path+"."+name, raw.Node, reflect.ValueOf(&p).Elem())
		}
		c.policy(path+"."+name, p)
		g.Tiers[name] = p
	}
}

// policy checks what is asked of evidence, as far as it is given at the path.
func (c *checker) policy(path string, p promotion.Policy) {
	for key, share := range map[string]float64{
		"min_coverage": p.MinCoverage, "quiet_coverage": p.QuietCoverage, "since_release.harm_to_one": p.Since.HarmToOne,
		"since_release.false_alarms": p.Since.FalseAlarms, "since_release.confidence": p.Since.Confidence, "load.share": p.Load.Share,
	} {
		below := key == "since_release.false_alarms" || key == "since_release.confidence"
		switch of := path + "." + key; {
		case !c.Has(of):
		case share <= 0 || share > 1:
			c.Wrong(of, "%v is not a ratio above 0 and at most 1; write 95 %% as 0.95", share)
		case share == 1 && below:
			c.Wrong(of, "must be below 1")
		}
	}
	if of := path + ".since_release.harm"; c.Has(of) && p.Since.Harm <= 0 {
		c.Wrong(of, "must be a burn rate above 0")
	}
	if of := path + ".traffic"; c.Has(of) && p.Traffic != nil {
		c.traffic(of, *p.Traffic)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Needs)) {
		if of := path + ".checks." + name; c.Has(of) {
			if err := promotion.CheckNeed(name, p.Needs[name]); err != nil {
				c.Wrong(of, "%v", err)
			}
		}
	}
}
