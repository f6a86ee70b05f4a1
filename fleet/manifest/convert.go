package manifest

import (
	"maps"

	"github.com/shopslo/shopslo/fleet"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
		})
	}
	for _, o := range d.ShopSets {
		out.ShopSets = append(out.ShopSets, fleet.ShopSet{
			Name:          fleet.ShopSetName(o.Name),
			Tier:          fleet.TierName(o.Spec.Tier),
			Configuration: fleet.ConfigurationName(o.Spec.Configuration),
			FailureDomain: fleet.FailureDomainName(o.Spec.FailureDomain),
			Components:    retype[fleet.ComponentName](o.Spec.Components),
			Match:         o.Spec.Match,
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

// FromFleet gives a fleet's documents, in the fleet's order. What is at its
// default is left out.
func FromFleet(f *fleet.Fleet) Documents {
	var d Documents
	for _, t := range f.Tiers() {
		o := Tier{TypeMeta: typeMeta(fleet.KindTier), ObjectMeta: objectMeta(t.Name)}
		o.Spec = TierSpec{Order: int64(t.Order), Branch: t.Branch, Soak: Duration{t.Soak}}
		d.Tiers = append(d.Tiers, o)
	}
	for _, c := range f.Configurations() {
		o := Configuration{TypeMeta: typeMeta(fleet.KindConfiguration), ObjectMeta: objectMeta(c.Name)}
		o.Spec.Description = c.Description
		d.Configurations = append(d.Configurations, o)
	}
	for _, c := range f.FailureDomains() {
		o := FailureDomain{TypeMeta: typeMeta(fleet.KindFailureDomain), ObjectMeta: objectMeta(c.Name)}
		o.Spec.Description = c.Description
		d.FailureDomains = append(d.FailureDomains, o)
	}
	for _, s := range f.ShopSets() {
		o := ShopSet{TypeMeta: typeMeta(fleet.KindShopSet), ObjectMeta: objectMeta(s.Name)}
		o.Spec = ShopSetSpec{
			Tier:          string(s.Tier),
			Configuration: string(s.Configuration),
			FailureDomain: string(s.FailureDomain),
			Components:    retype[string](s.Components),
			Capacity:      s.Capacity,
		}
		if !maps.Equal(s.Match, fleet.DefaultMatch(s.Name)) {
			o.Spec.Match = s.Match
		}
		d.ShopSets = append(d.ShopSets, o)
	}
	for _, g := range f.ShopGroups() {
		o := ShopGroup{TypeMeta: typeMeta(fleet.KindShopGroup), ObjectMeta: objectMeta(g.Name)}
		o.Spec = ShopGroupSpec{ShopSets: retype[string](g.ShopSets), FailureDomains: int64(g.FailureDomains), Load: g.Load}
		d.ShopGroups = append(d.ShopGroups, o)
	}
	return d
}

func typeMeta(kind fleet.Kind) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: APIVersion, Kind: string(kind)}
}

func objectMeta[T ~string](name T) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: string(name)}
}

func retype[To, From ~string](in []From) []To {
	var out []To
	for _, s := range in {
		out = append(out, To(s))
	}
	return out
}
