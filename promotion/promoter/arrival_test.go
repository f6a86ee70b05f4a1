package promoter

import (
	"testing"

	"github.com/shopslo/shopslo/fleet"
)

func running(tier fleet.TierName, r fleet.Release) fleet.ShopSetState {
	return fleet.ShopSetState{Tier: tier, Observation: fleet.Observation{ShopSet: fleet.ShopSetName("s-" + tier), Sync: fleet.Synced, Health: fleet.Healthy, Release: r}}
}

func TestATierArrivesAtWhatItsOwnBranchHas(t *testing.T) {
	s := fleet.Snapshot{Tiers: []fleet.TierState{{Tier: "beta", Release: "2"}, {Tier: "prod", Release: "1"}},
		ShopSets: []fleet.ShopSetState{running("beta", "2"), running("prod", "2")}}
	for _, c := range []struct {
		tier    fleet.TierName
		release fleet.Release
		want    bool
	}{
		{"beta", "2", true}, {"prod", "2", false}, // its branch is at another, though all of it runs this one
		{"prod", "1", false}, {"nobody", "2", false}, {"beta", "", false},
	} {
		if a, ok := Arrived(s, c.tier, c.release); ok != c.want {
			t.Errorf("%s at %s: %v, %+v", c.tier, c.release, ok, a)
		}
	}
}

func TestATierThatIsOnItsWayHidesNoOther(t *testing.T) {
	at := func(beta, prod, runs fleet.Release) fleet.Snapshot {
		return fleet.Snapshot{Tiers: []fleet.TierState{{Tier: "beta", Release: beta}, {Tier: "prod", Release: prod}},
			ShopSets: []fleet.ShopSetState{running("beta", runs), running("prod", prod)}}
	}
	var m Arrivals
	m.Next(at("1", "1", "1"))
	news := m.Next(at("3", "2", "1")) // beta is not there yet
	if len(news) != 1 || news[0].Tier != "prod" || news[0].Release != "2" || news[0].Previous != "1" {
		t.Errorf("%+v", news)
	}
}
