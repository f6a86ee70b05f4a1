package shopset

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// noon is when the tests' stories begin.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// labFleet is the fleet of the examples: nine ShopSets over five Tiers.
func labFleet(t testing.TB) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{Configurations: []fleet.Configuration{{Name: "production"}}}
	for i, name := range []fleet.TierName{"dev", "beta", "beta-prod", "prod", "prod-ha"} {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: name, Order: i, Branch: fmt.Sprintf("tier-%d", i)})
	}
	domains := map[byte]fleet.FailureDomainName{'a': "onprem-a", 'b': "eks-b", 'c': "onprem-c"}
	for _, name := range domains {
		d.FailureDomains = append(d.FailureDomains, fleet.FailureDomain{Name: name})
	}
	for tier, names := range map[fleet.TierName][]fleet.ShopSetName{
		"dev": {"c-2"}, "beta": {"c-1"}, "beta-prod": {"a-2", "b-1"}, "prod": {"a-1", "b-2", "c-3"}, "prod-ha": {"a-3", "b-3"}} {
		for _, n := range names {
			d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: n, Tier: tier, Configuration: "production", FailureDomain: domains[n[0]]})
		}
	}
	d.ShopGroups = []fleet.ShopGroup{
		{Name: "main", ShopSets: []fleet.ShopSetName{"a-1", "b-2"}, FailureDomains: 2},
		{Name: "pilot", ShopSets: []fleet.ShopSetName{"a-2", "b-1"}, FailureDomains: 2},
		{Name: "ha", ShopSets: []fleet.ShopSetName{"a-3", "b-3"}, FailureDomains: 2},
		{Name: "solo", ShopSets: []fleet.ShopSetName{"c-3"}, FailureDomains: 1},
		{Name: "canary", ShopSets: []fleet.ShopSetName{"c-1"}, FailureDomains: 1},
	}
	return mustFleet(t, d)
}

func mustFleet(t testing.TB, d fleet.Declarations) *fleet.Fleet {
	t.Helper()
	f, err := fleet.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// bigFleet has n ShopSets over five Tiers and fifty clusters.
func bigFleet(t testing.TB, n int) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{Configurations: []fleet.Configuration{{Name: "production"}}}
	for i := range 5 {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: fleet.TierName(fmt.Sprintf("tier-%d", i)), Order: i, Branch: fmt.Sprintf("tier-%d", i)})
	}
	for i := range 50 {
		d.FailureDomains = append(d.FailureDomains, fleet.FailureDomain{Name: fleet.FailureDomainName(fmt.Sprintf("cluster-%d", i))})
	}
	for i := range n {
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{
			Name: fleet.ShopSetName(fmt.Sprintf("shopset-%d", i)), Tier: d.Tiers[i%5].Name, Configuration: "production", FailureDomain: d.FailureDomains[i%50].Name,
		})
		if i%2 == 1 {
			d.ShopGroups = append(d.ShopGroups, fleet.ShopGroup{
				Name: fleet.ShopGroupName(fmt.Sprintf("group-%d", i)), FailureDomains: 1,
				ShopSets: []fleet.ShopSetName{d.ShopSets[i-1].Name, d.ShopSets[i].Name},
			})
		}
	}
	return mustFleet(t, d)
}

// commit makes a Release's id of a number.
func commit(n int) fleet.Release { return fleet.Release(fmt.Sprintf("%040x", n+0xabc000)) }

// well is a ShopSet that runs a Release as it should.
func well(name fleet.ShopSetName, now time.Time, release int) fleet.Observation {
	n := 0
	return fleet.Observation{
		ShopSet: name, Source: "ctx", Sync: fleet.Synced, Health: fleet.Healthy, OutOfSync: &n,
		Release: commit(release), Revision: fmt.Sprintf("%040x", release+0xdef000), ReleaseSince: noon.Add(-time.Hour),
		ObservedAt: now.Add(-10 * time.Second), Images: []string{"registry.test/cart:v1", "registry.test/lb:latest"},
	}
}

// allWell is a whole fleet that runs a Release as it should.
func allWell(f *fleet.Fleet, now time.Time, release int) []fleet.Observation {
	var all []fleet.Observation
	for _, s := range f.ShopSets() {
		all = append(all, well(s.Name, now, release))
	}
	return all
}

// line is a fleet.History of numbered Releases on one line, all of which every
// branch has had.
type line struct{ newest int }

func (l line) number(r fleet.Release) (int, bool) {
	n, err := strconv.ParseInt(string(r), 16, 64)
	n -= 0xabc000
	return int(n), err == nil && n >= 0 && n <= int64(l.newest)
}

func (l line) Behind(release, than fleet.Release) (int, bool) {
	a, okA := l.number(release)
	b, okB := l.number(than)
	return max(b-a, 0), okA && okB
}

func (l line) Had(_ fleet.TierName, r fleet.Release) (bool, bool) {
	_, ok := l.number(r)
	return ok, true
}
