package manifest

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
)

// examples is the folder of the fleet that the documentation and the lab use.
const examples = "../../examples/fleet"

func loadExamples(t *testing.T) *fleet.Fleet {
	t.Helper()
	f, err := Load(examples, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheExampleFleetIsUpdatedInTheOrderOfItsTiers(t *testing.T) {
	var steps []string
	for _, step := range loadExamples(t).UpdateOrder() {
		var names []string
		for _, s := range step.ShopSets {
			names = append(names, string(s.Name))
		}
		steps = append(steps, strings.Join(names, " "))
	}
	const want = "c-2; c-1; a-2 b-1; a-1 b-2 c-3; a-3 b-3"
	if got := strings.Join(steps, "; "); got != want {
		t.Errorf("update order is %s, want %s", got, want)
	}
}

func TestTheExampleFleetIsTheOneThatTheDesignNames(t *testing.T) {
	f := loadExamples(t)
	if findings := f.Findings(); len(findings) > 0 {
		t.Errorf("findings: %v", findings)
	}
	tiers := map[fleet.TierName]string{"dev": "tier-0", "beta": "tier-1", "beta-prod": "tier-2", "prod": "tier-3", "prod-ha": "tier-4"}
	for i, tier := range f.Tiers() {
		if tier.Order != i || tier.Branch != tiers[tier.Name] {
			t.Errorf("%s has order %d and branch %s", tier.Name, tier.Order, tier.Branch)
		}
	}
	clusters := map[byte]fleet.FailureDomainName{'a': "onprem-a", 'b': "eks-b", 'c': "onprem-c"}
	for _, s := range f.ShopSets() {
		if s.FailureDomain != clusters[s.Name[0]] {
			t.Errorf("%s is in %s", s.Name, s.FailureDomain)
		}
		if len(s.Components) != 5 || s.Match["shopset"] != string(s.Name) || len(s.Match) != 1 {
			t.Errorf("%s has components %v and match %v", s.Name, s.Components, s.Match)
		}
	}
	groups := map[fleet.ShopGroupName]string{
		"main": "a-1, b-2 2", "pilot": "a-2, b-1 2", "ha": "a-3, b-3 2", "solo": "c-3 1", "canary": "c-1 1",
	}
	for _, g := range f.ShopGroups() {
		var names []string
		for _, n := range g.ShopSets {
			names = append(names, string(n))
		}
		got := strings.Join(names, ", ") + " " + string(rune('0'+g.FailureDomains))
		if got != groups[g.Name] {
			t.Errorf("group %s is %s, want %s", g.Name, got, groups[g.Name])
		}
	}
	if n := len(f.Tiers()); n != 5 {
		t.Errorf("%d Tiers", n)
	}
	if n := len(f.ShopSets()); n != 9 {
		t.Errorf("%d ShopSets", n)
	}
	if n := len(f.ShopGroups()); n != 5 {
		t.Errorf("%d ShopGroups", n)
	}
}
