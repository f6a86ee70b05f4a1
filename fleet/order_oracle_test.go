package fleet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestOrderOfTiers(t *testing.T) {
	f := three(t)
	none := map[TierName][]Release{"t0": {}, "t1": {}, "t2": {}}
	for _, tt := range []struct {
		name     string
		x, y, u  Release
		heads    map[TierName]Head
		past     map[TierName][]Release
		ran      []Release // in t0, before
		want     string
		inOrder2 string // of t2
	}{
		{"each Tier runs what the one below runs", r(1), r(1), r(1), nil, none, nil, "[]", "true"},
		{"below it ran once, as remembered", r(2), r(1), r(1), nil, none, []Release{r(1)}, "[]", "true"},
		{"each Tier is judged by all below it", r(2), r(1), r(1), nil, none, nil, "[{unverified t1 i [y] [t0]} {skipped t2 i [u v] [t0]}]", "true"},
		{"a Release that nobody below had", r(1), r(1), r(3), nil, none, nil, "[{unverified t2 iii [u v] [t0 t1]}]", "false"},
		{"a Tier was skipped", r(3), r(1), r(3), nil, none, []Release{r(1)}, "[{skipped t2 iii [u v] [t1]}]", "true"},
		{"the branch below once had it", r(9), r(9), r(3), nil, map[TierName][]Release{"t0": {r(3)}, "t1": {r(3)}}, nil, "[]", "true"},
		{"the branch below has it, and runs it nowhere yet", r(1), r(1), r(3), map[TierName]Head{"t1": {Release: r(3)}},
			map[TierName][]Release{"t0": {}, "t1": {r(3)}}, nil, "[{unverified t2 iii [u v] [t0 t1]}]", "false"},
		{"the branches below cannot be read", r(1), r(1), r(3), nil, nil, nil, "[]", "unknown"},
		{"one of them cannot", r(1), r(1), r(3), nil, map[TierName][]Release{"t0": {}}, nil, "[]", "unknown"},
		{"what runs is not known", r(1), r(1), "", nil, none, nil, "[]", "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Observe(f, noon, Seen{
				Observations: []Observation{runs("x", tt.x), runs("y", tt.y), runs("u", tt.u), runs("v", tt.u)},
				Heads:        tt.heads, History: line{newest: 9, past: tt.past},
				Before: Snapshot{Tiers: []TierState{{Tier: "t0", Ran: tt.ran}}},
			})
			if got := fmt.Sprint(s.Violations); got != tt.want {
				t.Errorf("violations %s, want %s", got, tt.want)
			}
			if got := verdict(s.Tiers[2].InOrder); got != tt.inOrder2 {
				t.Errorf("in order: %s, want %s", got, tt.inOrder2)
			}
		})
	}
}

func verdict(b *bool) string {
	if b == nil {
		return "unknown"
	}
	return fmt.Sprint(*b)
}

// The rules over a whole fleet, against an oracle that asks each question anew by
// looking at everything.
func TestASnapshotAgreesWithAnOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	violations, unknown := 0, 0
	for range 400 {
		f := mustNew(t, randomFleet(random))
		seen := randomSeen(random, f)
		s := Observe(f, noon, seen)
		seen.Before = s
		s2 := Observe(f, noon, randomSeen(random, f))
		for _, s := range []Snapshot{s, s2, Observe(f, noon, seen)} {
			checkGroups(t, f, s)
			checkTiers(t, f, s)
		}
		checkViolations(t, f, s, seen.History.(line))
		violations += len(s.Violations)
		for _, tier := range s.Tiers {
			if tier.InOrder == nil {
				unknown++
			}
		}
	}
	if violations < 100 || unknown < 100 {
		t.Errorf("the cases are poor: %d violations, %d Tiers of unknown order", violations, unknown)
	}
}

func checkGroups(t *testing.T, f *Fleet, s Snapshot) {
	t.Helper()
	for _, g := range s.Groups {
		available, seen := 0, false
		for _, d := range f.FailureDomains() {
			serves := false
			for _, o := range s.ShopSets {
				if slices.Contains(g.ShopSets, o.ShopSet) && o.Cluster == d.Name {
					seen = seen || o.Health != HealthUnknown
					serves = serves || o.Unserved == "" && (o.Health == Healthy || o.Health == Progressing || o.Health == Suspended)
				}
			}
			if serves {
				available++
			}
		}
		if want := map[bool]int{true: available, false: -1}[seen]; figure(g.Available) != want {
			t.Fatalf("group %s: %d available, want %d", g.Group, figure(g.Available), want)
		}
	}
}

func checkTiers(t *testing.T, f *Fleet, s Snapshot) {
	t.Helper()
	if len(s.ShopSets) != len(f.ShopSets()) || len(s.Tiers) != len(f.Tiers()) || len(s.Groups) != len(f.ShopGroups()) {
		t.Fatal("something of the fleet is missing")
	}
	for _, tier := range s.Tiers {
		different := false
		for _, a := range s.ShopSets {
			for _, b := range s.ShopSets {
				if a.Tier == tier.Tier && b.Tier == tier.Tier && a.Release != "" && b.Release != "" && a.Release != b.Release {
					different = true
				}
			}
			if a.Tier == tier.Tier && a.Release != "" && !slices.Contains(tier.Ran, a.Release) {
				t.Fatalf("%s runs %s, and %s does not remember it", a.ShopSet, a.Release, tier.Tier)
			}
		}
		if tier.Skewed != different {
			t.Fatalf("%s skewed: %v", tier.Tier, tier.Skewed)
		}
	}
}

// checkViolations: a first Snapshot remembers nothing but what it sees itself.
func checkViolations(t *testing.T, f *Fleet, s Snapshot, l line) {
	t.Helper()
	for _, o := range s.ShopSets {
		if o.Release == "" {
			continue
		}
		order := map[TierName]int{}
		heads := map[TierName]Release{}
		for _, tier := range s.Tiers {
			order[tier.Tier], heads[tier.Tier] = tier.Order, tier.Release
		}
		yes, no, doubt, skipped := 0, 0, 0, false
		for tier := range order {
			if order[tier] >= order[o.Tier] {
				continue
			}
			var answer bool
			told := true
			runs, blind, sets := false, false, 0
			for _, below := range s.ShopSets {
				if below.Tier == tier {
					sets++
					runs = runs || below.Release == o.Release
					blind = blind || below.Release == ""
				}
			}
			if runs {
				answer = true
			} else if heads[tier] == o.Release {
				answer, told = sets == 0, !blind
			} else {
				answer, told = l.Had(tier, o.Release)
			}
			switch {
			case !told:
				doubt++
			case answer:
				yes++
			default:
				no++
				skipped = skipped || sets > 0
			}
		}
		want := ViolationKind("")
		switch {
		case yes == 0 && doubt == 0 && no > 0:
			want = Unverified
		case yes > 0 && skipped:
			want = Skipped
		}
		got := ViolationKind("")
		for _, v := range s.Violations {
			if v.Tier == o.Tier && v.Release == o.Release && slices.Contains(v.ShopSets, o.ShopSet) {
				got = v.Kind
			}
		}
		if got != want {
			t.Fatalf("%s in %s runs %s: %q, want %q in %+v", o.ShopSet, o.Tier, o.Release, got, want, s)
		}
	}
}
