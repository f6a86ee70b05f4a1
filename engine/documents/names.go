package documents

import (
	"maps"
	"slices"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/slo"
)

// TierNames are the names of all Tiers, the lowest first.
func TierNames(d *Documents) (names []string) {
	for _, t := range d.Fleet.Tiers() {
		names = append(names, string(t.Name))
	}
	return names
}

// TargetNames are the Tiers that something can be promoted to: all but the lowest, or the
// only one.
func TargetNames(d *Documents) []string {
	names := TierNames(d)
	if len(names) > 1 {
		return names[1:]
	}
	return names
}

// ShopSetNames are the names of all ShopSets.
func ShopSetNames(d *Documents) (names []string) {
	for _, s := range d.Fleet.ShopSets() {
		names = append(names, string(s.Name))
	}
	return names
}

// GroupNames are the names of all ShopGroups.
func GroupNames(d *Documents) (names []string) {
	for _, g := range d.Fleet.ShopGroups() {
		names = append(names, string(g.Name))
	}
	return names
}

// DomainNames are the names of all FailureDomains.
func DomainNames(d *Documents) (names []string) {
	for _, f := range d.Fleet.FailureDomains() {
		names = append(names, string(f.Name))
	}
	return names
}

// SourceNames are the names of all sources that have one.
func SourceNames(d *Documents) []string { return slices.Sorted(maps.Keys(d.Config.Named)) }

// SLONames are the names of all SLOs.
func SLONames(d *Documents) (names []string) {
	for i := range d.SLOs.SLOs {
		names = append(names, d.SLOs.SLOs[i].Name)
	}
	return names
}

// CheckNames refuses names of SLOs and ShopSets that the documents do not have.
func CheckNames(d *Documents, slos, shopsets []string) error {
	for _, name := range slos {
		if known := SLONames(d); !slices.Contains(known, name) {
			return usage.Errorf("there is no SLO %q%s", name, usage.DidYouMean(name, known))
		}
	}
	for _, name := range shopsets {
		if known := ShopSetNames(d); !slices.Contains(known, name) {
			return usage.Errorf("there is no ShopSet %q%s", name, usage.DidYouMean(name, known))
		}
	}
	return nil
}

// SLONamed is the SLO of a name; nil where there is none.
func (d *Documents) SLONamed(name string) *slo.SLO {
	for i := range d.SLOs.SLOs {
		if d.SLOs.SLOs[i].Name == name {
			return &d.SLOs.SLOs[i]
		}
	}
	return nil
}

// Alerts are the burn-rate alerts of the configuration.
func (d *Documents) Alerts() []slo.BurnAlert {
	return d.Config.BurnRates
}
