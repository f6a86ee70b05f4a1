package main

import (
	"github.com/shopslo/shopslo/slo"
)

func tierNames(d *documents) (names []string) {
	for _, t := range d.fleet.Tiers() {
		names = append(names, string(t.Name))
	}
	return names
}

// targetNames are the Tiers that something can be promoted to: all but the lowest.
func targetNames(d *documents) []string {
	if names := tierNames(d); len(names) > 0 {
		return names[1:]
	}
	return nil
}

func shopSetNames(d *documents) (names []string) {
	for _, s := range d.fleet.ShopSets() {
		names = append(names, string(s.Name))
	}
	return names
}

func groupNames(d *documents) (names []string) {
	for _, g := range d.fleet.ShopGroups() {
		names = append(names, string(g.Name))
	}
	return names
}

func domainNames(d *documents) (names []string) {
	for _, f := range d.fleet.FailureDomains() {
		names = append(names, string(f.Name))
	}
	return names
}

func sloNames(d *documents) (names []string) {
	for i := range d.slos.SLOs {
		names = append(names, d.slos.SLOs[i].Name)
	}
	return names
}

func (d *documents) sloNamed(name string) *slo.SLO {
	for i := range d.slos.SLOs {
		if d.slos.SLOs[i].Name == name {
			return &d.slos.SLOs[i]
		}
	}
	return nil
}

// alerts are the burn-rate alerts of the configuration.
func (d *documents) alerts() []slo.BurnAlert {
	rates := d.config.BurnRates
	out := make([]slo.BurnAlert, len(rates))
	for i, r := range rates {
		out[i] = slo.BurnAlert{Long: r.Long, Short: r.Short, Factor: r.Factor, Severity: slo.Severity(r.Severity)}
	}
	return out
}
