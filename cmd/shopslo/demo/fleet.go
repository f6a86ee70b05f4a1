package demo

import (
	"math"
	"slices"
	"strings"
)

// profile is what the demo makes of one ShopSet of the example fleet.
type profile struct {
	Name string
	Tier string
	// Peak is the traffic at the day's busiest moment, requests per second. Beta
	// gets a copy of customers' traffic, dev what its developers make.
	Peak float64
	// FailOneIn and Slow are those of the ShopSet's good version (shopSettings):
	// nothing in production is perfect, and its budget is there to be used.
	FailOneIn int
	Slow      float64
}

// shops are the nine ShopSets, the lowest Tier first. Their peaks add up to
// less than what customers.New takes.
var shops = []profile{
	{Name: "c-2", Tier: "dev", Peak: 4, Slow: 0.01},
	{Name: "c-1", Tier: "beta", Peak: 180, Slow: 0.002},
	{Name: "a-2", Tier: "beta-prod", Peak: 70, Slow: 0.005},
	{Name: "b-1", Tier: "beta-prod", Peak: 60, Slow: 0.005},
	{Name: "a-1", Tier: "prod", Peak: 150, FailOneIn: 1000, Slow: 0.01},
	{Name: "b-2", Tier: "prod", Peak: 110, FailOneIn: 300, Slow: 0.01},
	{Name: "c-3", Tier: "prod", Peak: 30, Slow: 0.02},
	{Name: "a-3", Tier: "prod-ha", Peak: 90, FailOneIn: 500, Slow: 0.005},
	{Name: "b-3", Tier: "prod-ha", Peak: 90, Slow: 0.005},
}

// dayShape is the traffic at a moment of the day (in days; 0 is the demo's
// start, a morning) relative to the peak: 1 at 0.2, 0.1 at 0.7.
func dayShape(days float64) float64 {
	return 0.1 + 0.9*(1+math.Cos(2*math.Pi*(days-0.2)))/2
}

// The story's cast.
const (
	goodVersion = "v1.0.0"
	badVersion  = "v1.1.0"
	badOneIn    = 50 // 2 %: of so many cart requests the bad version fails one

	releasedTo = "c-1"       // the ShopSet of beta
	gateTo     = "beta-prod" // the Tier that the gate guards
	killed     = "b-1"       // a ShopSet of that Tier
)

// fleetLine names the ShopSets by Tier: "dev c-2 · beta c-1 · …".
func fleetLine() string {
	var tiers []string
	of := map[string][]string{}
	for _, s := range shops {
		if !slices.Contains(tiers, s.Tier) {
			tiers = append(tiers, s.Tier)
		}
		of[s.Tier] = append(of[s.Tier], s.Name)
	}
	for i, t := range tiers {
		tiers[i] = t + " " + strings.Join(of[t], " ")
	}
	return strings.Join(tiers, " · ")
}

// profileOf gives a ShopSet's profile.
func profileOf(name string) profile {
	return shops[slices.IndexFunc(shops, func(p profile) bool { return p.Name == name })]
}
