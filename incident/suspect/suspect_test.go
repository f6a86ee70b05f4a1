package suspect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
)

var onset = time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)

var parts = []string{"lb", "proxy", "shop-page", "cart", "api"}

func fleet() []ShopSet {
	var all []ShopSet
	for _, s := range []struct{ name, tier string }{{"c-2", "dev"}, {"c-1", "beta"}, {"a-2", "beta-prod"}, {"b-1", "beta-prod"}, {"a-1", "prod"}, {"b-2", "prod"}, {"c-3", "prod"}, {"a-3", "prod-ha"}, {"b-3", "prod-ha"}} {
		all = append(all, ShopSet{s.name, s.tier, parts})
	}
	return all
}

// day makes the changes of some hours, of which one is at fault, and what is seen of that.
// Releases reach the ShopSets of a Tier one after another, others are changed alone; half of the
// incidents name what is affected, the others are known by what burns; some SLOs name another
// component than the one at fault, and some changes are known by their time alone.
func day(r *rand.Rand) (Facts, int) {
	f := Facts{Fleet: fleet()}
	tiers := []string{"dev", "beta", "beta-prod", "prod", "prod-ha"}
	for range 3 + r.IntN(5) {
		c := Change{Kind: Release, Tier: tiers[r.IntN(5)], Release: fmt.Sprintf("%040x", r.Uint64()), At: onset.Add(-time.Duration(r.IntN(360)) * time.Minute)}
		at := c.At
		for _, s := range f.Fleet {
			if s.Tier == c.Tier {
				c.Reached = append(c.Reached, Reached{s.Name, at})
				at = at.Add(time.Duration(r.IntN(6)) * time.Minute)
			}
		}
		if r.IntN(4) == 0 {
			c.Kind, c.Reached = Overlay, c.Reached[:1]
		}
		if c.Kind == Release && r.IntN(5) > 0 {
			c.Components = []Component{{parts[r.IntN(5)], []string{"x"}}}
			c.Gate.Decision = []string{"promote", "promote", "promote", "hold"}[r.IntN(4)]
		}
		f.Changes = append(f.Changes, c)
	}
	at := r.IntN(len(f.Changes))
	fault := f.Changes[at]
	last := fault.Reached[len(fault.Reached)-1].At
	f.Onset = last.Add(time.Duration(1+r.IntN(25)) * time.Minute)
	f.Changes = slices.DeleteFunc(f.Changes, func(c Change) bool { return c.At.After(f.Onset.Add(3 * time.Minute)) })
	at = slices.IndexFunc(f.Changes, func(c Change) bool { return c.Release == fault.Release })
	slo := parts[r.IntN(5)]
	if len(fault.Components) > 0 && r.IntN(5) > 0 {
		slo = fault.Components[0].Name
	}
	named := r.IntN(2) == 0
	for _, s := range fault.Reached {
		if named {
			f.Scope.ShopSets = append(f.Scope.ShopSets, s.ShopSet)
		}
		f.Burns = append(f.Burns, Burn{SLO: slo + "-availability", ShopSet: s.ShopSet, Tier: fault.Tier, Rate: 5 + 50*r.Float64()})
	}
	for _, s := range f.Fleet { // others burn a little, as always
		f.Burns = append(f.Burns, Burn{SLO: "search-latency", ShopSet: s.Name, Tier: s.Tier, Rate: r.Float64()})
	}
	return f, at
}

func TestTheRightOneComesFirstInNineOfTenInjectedFaults(t *testing.T) {
	const n = 1000
	first, among := 0, 0
	for seed := range uint64(n) {
		f, at := day(rand.New(rand.NewPCG(seed, 1)))
		r := Rank(f)
		for k, s := range r.Suspects[:min(3, len(r.Suspects))] {
			if s.Release == f.Changes[at].Release {
				among++
				if k == 0 {
					first++
				}
			}
		}
	}
	t.Logf("first in %d, among the first three in %d of %d", first, among, n)
	if first < n*9/10 || among < n*98/100 {
		t.Errorf("the right one is first in %d and among three in %d of %d", first, among, n)
	}
}

func TestWhyIsSaid(t *testing.T) {
	reached := func(at time.Duration, sets ...string) (all []Reached) {
		for _, s := range sets {
			all = append(all, Reached{s, onset.Add(at)})
		}
		return all
	}
	f := Facts{Onset: onset, Scope: incident.Scope{ShopSets: []string{"a-1"}}, Words: "カートで決済が失敗する (cart)", Fleet: fleet(), Unknown: []Gap{{Running, "the exporter did not answer"}},
		Burns: []Burn{{SLO: "cart-availability", ShopSet: "b-2", Tier: "prod", Rate: 14}, {SLO: "cart-availability", ShopSet: "c-3", Tier: "prod", Rate: 0.4}},
		Changes: []Change{
			{Kind: Release, Tier: "prod", Release: "later", At: onset.Add(20 * time.Minute), Reached: reached(20*time.Minute, "a-1", "b-2")},
			{Kind: Release, Tier: "prod", Release: "right", At: onset.Add(-8 * time.Minute), Reached: reached(-8*time.Minute, "a-1", "b-2", "c-3"), Components: []Component{{"cart", []string{"retry"}}}, Gate: Gate{Decision: "hold"}},
			{Kind: Release, Tier: "prod-ha", Release: "elsewhere", At: onset.Add(-5 * time.Minute), Reached: reached(-5*time.Minute, "a-3"), Components: []Component{{"api", nil}}},
			{Kind: Overlay, Tier: "prod", Release: "overlay", At: onset.Add(-2 * time.Hour), Reached: reached(-2*time.Hour, "a-1")},
		}}
	r := Rank(f)
	why := map[string]string{}
	for _, s := range r.Suspects {
		for _, w := range s.Why {
			why[s.Release] += fmt.Sprintf("%s %d/%d %s %s; ", w.Kind, w.N, w.Of, w.For, w.Text)
		}
	}
	want := map[string]string{
		"right":     "before 0/0 8m0s ; all 2/0 0s ; others 1/0 0s ; component 0/0 0s cart; held 0/0 0s hold; ",
		"later":     "after 0/0 20m0s ; all 2/0 0s ; unasked 0/0 0s ; ",
		"elsewhere": "before 0/0 5m0s ; none 0/0 0s ; elsewhere 0/0 0s ; unasked 0/0 0s ; ",
		"overlay":   "before 0/0 2h0m0s ; some 1/2 0s ; ",
	}
	for release, text := range want {
		if why[release] != text {
			t.Errorf("%s: %q, want %q", release, why[release], text)
		}
	}
	if r.Suspects[0].Release != "right" || r.Suspects[0].Share < 0.7 || !slices.Equal(r.Hit, []string{"a-1", "b-2"}) || r.Of != 3 || len(r.Burns) != 1 || len(r.Unknown) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestOfNothingNothingIsSaid(t *testing.T) {
	r := Rank(Facts{Onset: onset, Fleet: fleet()})
	if len(r.Suspects) != 0 || len(r.Hit) != 9 {
		t.Errorf("%+v", r)
	}
	if r := Rank(Facts{Onset: onset, Changes: []Change{{Kind: Release, Tier: "prod", Release: "x", At: onset}}}); len(r.Suspects) != 1 || r.Suspects[0].Share > 1 {
		t.Errorf("without a fleet: %+v", r)
	}
}

func TestANameIsNoPartOfAnother(t *testing.T) {
	for text, want := range map[string]bool{"api": true, "cart api": true, "apiary": false, "rapid": false, "api-latency": true, "lbapi api": true, "": false} {
		if hasWord(text, "api") != want {
			t.Errorf("%q", text)
		}
	}
}
