package manifest

import (
	"github.com/shopslo/shopslo/fleet"
)

// Documents are the wire types of a whole fleet, one slice per kind.
type Documents struct {
	Tiers          []Tier
	Configurations []Configuration
	FailureDomains []FailureDomain
	ShopSets       []ShopSet
	ShopGroups     []ShopGroup
}

// Declarations gives the documents in the fleet's words, in the same order and
// not checked: fleet.New does that.
func (d *Documents) Declarations() fleet.Declarations {
	var out fleet.Declarations
	for _, o := range d.Tiers {
		out.Tiers = append(out.Tiers, fleet.Tier{
			Name:   fleet.TierName(o.Name),
			Order:  int(o.Spec.Order),
			Branch: o.Spec.Branch,
			Soak:   o.Spec.Soak.Duration,
		})
	}
	for _, o := range d.Configurations {
		out.Configurations = append(out.Configurations, fleet.Configuration{
			Name:        fleet.ConfigurationName(o.Name),
			Description: o.Spec.Description,
		})
	}
	for _, o := range d.FailureDomains {
		out.FailureDomains = append(out.FailureDomains, fleet.FailureDomain{
			Name:        fleet.FailureDomainName(o.Name),
			Description: o.Spec.Description,
			Source:      fleet.SourceName(o.Spec.Source),
		})
	}
	for _, o := range d.ShopSets {
		out.ShopSets = append(out.ShopSets, fleet.ShopSet{
			Name:          fleet.ShopSetName(o.Name),
			Tier:          fleet.TierName(o.Spec.Tier),
			Configuration: fleet.ConfigurationName(o.Spec.Configuration),
			FailureDomain: fleet.FailureDomainName(o.Spec.FailureDomain),
			Source:        fleet.SourceName(o.Spec.Source),
			Components:    retype[fleet.ComponentName](o.Spec.Components),
			Match:         o.Spec.Match,
			Formerly:      formers(o.Spec.Formerly),
			Capacity:      o.Spec.Capacity,
		})
	}
	for _, o := range d.ShopGroups {
		out.ShopGroups = append(out.ShopGroups, fleet.ShopGroup{
			Name:           fleet.ShopGroupName(o.Name),
			ShopSets:       retype[fleet.ShopSetName](o.Spec.ShopSets),
			FailureDomains: int(o.Spec.FailureDomains),
			Load:           o.Spec.Load,
		})
	}
	return out
}

func formers(in []Former) []fleet.Former {
	var out []fleet.Former
	for _, f := range in {
		out = append(out, fleet.Former{Name: fleet.ShopSetName(f.Name), Match: f.Match})
	}
	return out
}

func retype[To, From ~string](in []From) []To {
	var out []To
	for _, s := range in {
		out = append(out, To(s))
	}
	return out
}
