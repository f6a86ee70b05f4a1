package promotion_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// That a Release was in every Tier below is the exporter's word: of another fleet than the
// documents have it says nothing.
func TestTheExporterHasToKnowEachTierOnTheWay(t *testing.T) {
	at := func(change func(*fleet.TierState)) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { change(&s.Tiers[0]) }
	}
	for _, c := range []struct {
		name   string
		change func(*fleet.Snapshot)
		want   string // "": it goes on
	}{
		{"as its documents have it", func(*fleet.Snapshot) {}, ""},
		{"a Tier that is not reported", func(s *fleet.Snapshot) { s.Tiers = s.Tiers[1:] }, "dev is not reported by the exporter"},
		{"a Tier that is reported twice", func(s *fleet.Snapshot) { s.Tiers = append(s.Tiers, s.Tiers[0]) }, "dev is reported twice"},
		{"a Tier of another order", at(func(t *fleet.TierState) { t.Order = 7 }), "dev is reported with order 7"},
		{"a Tier of another branch", at(func(t *fleet.TierState) { t.Branch = "main" }), "dev is reported with order 0 and branch main"},
		{"a Tier that is ahead of the same", func(s *fleet.Snapshot) {
			one := 1
			s.Tiers[1].Release, s.Tiers[1].Ahead = s.Tiers[0].Release, &one
		}, "beta is reported to be ahead of dev, and at the same Release"},
		{"a Tier above the target", func(s *fleet.Snapshot) { s.Tiers = s.Tiers[:len(s.Tiers)-1] }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := example(t)
			e := wholeOf(t, f, "prod", func(e *promotion.Evidence) {
				v := view(t, f, "prod")
				c.change(&v.Snapshot)
				e.See(v)
			})
			d := promotion.Decide(required(), e, now)
			for _, of := range d.Checks {
				if of.Check == "release" && of.Result == promotion.Unknown && c.want != "" && strings.Contains(of.Reason, c.want) {
					return
				}
			}
			if c.want != "" || d.Verdict != promotion.Promote {
				t.Errorf("%s: %+v", d.Verdict, d.Checks[0])
			}
		})
	}
}

// An alert whose labels name a ShopSet, and a Tier that it is not in, is about both.
func TestContradictoryLabelsNameBoth(t *testing.T) {
	f := example(t)
	for labels, want := range map[[2]string]string{{"c-1", "prod"}: "[c-1] [prod]", {"c-1", "beta"}: "[c-1] []", {"", "prod"}: "[] [prod]", {"c-1", "backend"}: "[c-1] []"} {
		a := promotion.MatchAlerts(f, []promotion.Alert{{Name: "X", Labels: map[string]string{"shopset": labels[0], "tier": labels[1]}}})[0]
		if got := fmt.Sprint(a.ShopSets, a.Tiers); got != want {
			t.Errorf("%v name %s, want %s", labels, got, want)
		}
	}
}

// An alert of a sum by one label of a match has that one alone; one of what all have in common names
// nobody.
func TestPartOfAMatchNamesAShopSet(t *testing.T) {
	f, err := fleet.New(fleet.Declarations{
		Configurations: []fleet.Configuration{{Name: "production"}}, FailureDomains: []fleet.FailureDomain{{Name: "eks-b"}},
		Tiers: []fleet.Tier{{Name: "prod", Branch: "tier-0"}},
		ShopSets: []fleet.ShopSet{{Name: "b-1", Tier: "prod", Configuration: "production", FailureDomain: "eks-b",
			Match: map[string]string{"shopset": "b-1", "cluster": "eks-b", "job": "shops"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		labels map[string]string
		want   string
	}{
		{map[string]string{"shopset": "b-1"}, "[b-1]"},
		{map[string]string{"shopset": "b-1", "cluster": "eks-b", "job": "shops"}, "[b-1]"},
		{map[string]string{"shopset": "b-1", "cluster": "eks-c"}, "[]"},
		{map[string]string{"cluster": "eks-b", "job": "shops"}, "[]"},
	} {
		if a := promotion.MatchAlerts(f, []promotion.Alert{{Name: "X", Labels: c.labels}})[0]; fmt.Sprint(a.ShopSets) != c.want {
			t.Errorf("%v name %v, want %s", c.labels, a.ShopSets, c.want)
		}
	}
}
