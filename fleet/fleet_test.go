package fleet

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// small is a fleet without faults: Tiers low < mid < high, mid without ShopSets.
func small() Declarations {
	return Declarations{
		Tiers: []Tier{
			{Name: "high", Order: 7, Branch: "tier-7"},
			{Name: "low", Order: 0, Branch: "tier-0"},
			{Name: "mid", Order: 3, Branch: "tier-3", Soak: time.Hour},
		},
		Configurations: []Configuration{{Name: "production"}, {Name: "dev"}},
		FailureDomains: []FailureDomain{{Name: "b"}, {Name: "a"}, {Name: "c"}},
		ShopSets: []ShopSet{
			{Name: "b-1", Tier: "high", Configuration: "production", FailureDomain: "b", Components: []ComponentName{"lb", "api"}},
			{Name: "a-1", Tier: "high", Configuration: "production", FailureDomain: "a"},
			{Name: "z-1", Tier: "low", Configuration: "dev", FailureDomain: "a", Match: map[string]string{"cell": "z1", "zone": "1"}},
		},
		ShopGroups: []ShopGroup{{Name: "main", ShopSets: []ShopSetName{"b-1", "a-1"}, FailureDomains: 2}},
	}
}

func mustNew(t *testing.T, d Declarations) *Fleet {
	t.Helper()
	f, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAFleetIsInTheOrderOfItsTiers(t *testing.T) {
	f := mustNew(t, small())
	var got []string
	for _, s := range f.UpdateOrder() {
		line := string(s.Tier.Name) + ":"
		for _, shopSet := range s.ShopSets {
			line += " " + string(shopSet.Name)
		}
		got = append(got, line)
	}
	if want := []string{"low: z-1", "mid:", "high: a-1 b-1"}; !slices.Equal(got, want) {
		t.Errorf("update order %q, want %q", got, want)
	}
	if got := names(f.ShopSets(), shopSetName); !slices.Equal(got, []string{"z-1", "a-1", "b-1"}) {
		t.Errorf("ShopSets %q", got)
	}
	if got := f.FailureDomains()[0].Name + FailureDomainName(f.configurations()[0].Name); got != "adev" {
		t.Errorf("first FailureDomain and Configuration: %s", got)
	}
}

func TestLookupsFindWhatIsThereAndNothingElse(t *testing.T) {
	f := mustNew(t, small())
	if tier, ok := f.Tier("mid"); !ok || tier.Soak != time.Hour {
		t.Errorf("Tier mid: %+v, %v", tier, ok)
	}
	if s, ok := f.ShopSet("b-1"); !ok || s.FailureDomain != "b" {
		t.Errorf("ShopSet b-1: %+v, %v", s, ok)
	}
	if g, ok := f.shopGroup("main"); !ok || g.ShopSets[0] != "b-1" {
		t.Errorf("ShopGroup main: %+v, %v", g, ok)
	}
	if got := f.GroupsOf("a-1"); len(got) != 1 || got[0].Name != "main" || len(f.GroupsOf("z-1")) != 0 {
		t.Errorf("groups of a-1: %v, of z-1: %v", got, f.GroupsOf("z-1"))
	}
	if got := f.FailureDomainsOf("main"); !slices.Equal(got, []FailureDomainName{"a", "b"}) {
		t.Errorf("FailureDomains of main: %v", got)
	}
	_, tier := f.Tier("x")
	_, shopSet := f.ShopSet("x")
	_, group := f.shopGroup("x")
	if tier || shopSet || group || f.ShopSetsOf("x") != nil || f.FailureDomainsOf("x") != nil {
		t.Error("something is found under a name that nothing has")
	}
}

func TestMatchIsTheNameWhereNothingElseIsSaid(t *testing.T) {
	f := mustNew(t, small())
	for name, want := range map[ShopSetName]map[string]string{
		"a-1": {"shopset": "a-1"},
		"z-1": {"cell": "z1", "zone": "1"},
	} {
		if s, _ := f.ShopSet(name); !reflect.DeepEqual(s.Match, want) {
			t.Errorf("%s matches %v, want %v", name, s.Match, want)
		}
	}
}

func TestAFleetKeepsNothingOfWhatItWasMadeFrom(t *testing.T) {
	d := small()
	f, want := mustNew(t, d), mustNew(t, small())
	d.ShopSets[0].Components[0] = "changed"
	d.ShopSets[2].Match["zone"] = "changed"
	d.ShopGroups[0].ShopSets[0] = "changed"
	d.Tiers[0].Branch = "changed"
	f.Declarations().ShopSets[2].Components[0] = "changed"
	if !reflect.DeepEqual(f, want) {
		t.Errorf("the fleet has changed: %+v", f)
	}
}

func TestRoutes(t *testing.T) {
	unpopulated := small()
	unpopulated.ShopSets = unpopulated.ShopSets[:2]
	tests := []struct {
		name     string
		fleet    Declarations
		to       TierName
		from     TierName
		evidence TierName // "": none
		err      error
	}{
		{"evidence comes from below a Tier without ShopSets", small(), "high", "mid", "low", nil},
		{"evidence comes from the next Tier where it has a ShopSet", small(), "mid", "low", "low", nil},
		{"nothing populated below is no evidence", unpopulated, "high", "mid", "", nil},
		{"nothing is promoted to the lowest Tier", small(), "low", "", "", ErrLowestTier},
		{"an unknown Tier", small(), "hihg", "", "", ErrUnknownTier},
		{"an empty fleet", Declarations{}, "x", "", "", ErrUnknownTier},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := mustNew(t, tt.fleet).Route(tt.to)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			var evidence TierName
			if r.Evidence != nil {
				evidence = r.Evidence.Name
			}
			if r.To.Name != tt.to || r.From.Name != tt.from || evidence != tt.evidence {
				t.Errorf("%s → %s, evidence %q", r.From.Name, r.To.Name, evidence)
			}
		})
	}
	_, err := mustNew(t, small()).Route("hihg")
	if want := `unknown Tier "hihg" (did you mean "high"?); the fleet has low, mid, high`; err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The rules of order against an oracle that looks at every pair of Tiers.
func TestOrderAgreesWithAnOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		d := randomFleet(random)
		f := mustNew(t, d)
		order := map[TierName]int{}
		populated := map[TierName]bool{}
		for _, tier := range d.Tiers {
			order[tier.Name] = tier.Order
		}
		for _, s := range d.ShopSets {
			populated[s.Tier] = true
		}
		below := func(name TierName, needShopSets bool) (best TierName) {
			for _, c := range d.Tiers {
				if c.Order < order[name] && (best == "" || c.Order > order[best]) && (!needShopSets || populated[c.Name]) {
					best = c.Name
				}
			}
			return best
		}
		for _, tier := range d.Tiers {
			next, ok := f.Below(tier.Name)
			if want := below(tier.Name, false); next.Name != want || ok != (want != "") {
				t.Fatalf("below %s: %q, %v, want %q in %v", tier.Name, next.Name, ok, want, d.Tiers)
			}
			source, ok := f.PopulatedBelow(tier.Name)
			if want := below(tier.Name, true); ok != (want != "") || ok && source.Name != want {
				t.Fatalf("populated below %s: %q, %v, want %q in %v", tier.Name, source.Name, ok, want, d)
			}
			r, err := f.Route(tier.Name)
			if (err == nil) != (below(tier.Name, false) != "") {
				t.Fatalf("route to %s: %v", tier.Name, err)
			}
			if err == nil && (r.Evidence != nil) != (below(tier.Name, true) != "") {
				t.Fatalf("evidence on the route to %s: %v", tier.Name, r.Evidence)
			}
		}
		checkUpdateOrder(t, d, f, order)
	}
}

// checkUpdateOrder: each ShopSet is updated once, together with exactly those of
// its Tier, and after all of lower Tiers.
func checkUpdateOrder(t *testing.T, d Declarations, f *Fleet, order map[TierName]int) {
	t.Helper()
	step := map[ShopSetName]int{}
	for i, s := range f.UpdateOrder() {
		for _, shopSet := range s.ShopSets {
			if _, twice := step[shopSet.Name]; twice {
				t.Fatalf("%s is updated twice", shopSet.Name)
			}
			step[shopSet.Name] = i
		}
	}
	if len(step) != len(d.ShopSets) || len(f.UpdateOrder()) != len(d.Tiers) {
		t.Fatalf("%d of %d ShopSets are updated", len(step), len(d.ShopSets))
	}
	for _, a := range d.ShopSets {
		for _, b := range d.ShopSets {
			want := order[a.Tier] - order[b.Tier]
			if got := step[a.Name] - step[b.Name]; (got < 0) != (want < 0) || (got > 0) != (want > 0) {
				t.Fatalf("%s (%s) is updated %d steps after %s (%s)", a.Name, a.Tier, got, b.Name, b.Tier)
			}
		}
	}
	shuffled := d.clone()
	rand.Shuffle(len(shuffled.Tiers), func(i, j int) {
		shuffled.Tiers[i], shuffled.Tiers[j] = shuffled.Tiers[j], shuffled.Tiers[i]
	})
	slices.Reverse(shuffled.ShopSets)
	if !reflect.DeepEqual(f, mustNew(t, shuffled)) {
		t.Fatalf("the order of the documents changes the fleet: %v", d)
	}
}

func randomFleet(random *rand.Rand) Declarations {
	d := Declarations{
		Configurations: []Configuration{{Name: "production"}},
		FailureDomains: []FailureDomain{{Name: "a"}, {Name: "b"}, {Name: "c"}},
	}
	for i, order := range random.Perm(12)[:1+random.IntN(7)] {
		d.Tiers = append(d.Tiers, Tier{Name: TierName(fmt.Sprintf("t%d", i)), Order: order, Branch: fmt.Sprintf("b%d", i)})
	}
	for i := range random.IntN(8) {
		d.ShopSets = append(d.ShopSets, ShopSet{
			Name: ShopSetName(fmt.Sprintf("s%d", i)), Configuration: "production",
			Tier:          d.Tiers[random.IntN(len(d.Tiers))].Name,
			FailureDomain: d.FailureDomains[random.IntN(3)].Name,
		})
	}
	for i := range random.IntN(4) {
		g := ShopGroup{Name: ShopGroupName(fmt.Sprintf("g%d", i)), FailureDomains: 1 + random.IntN(3)}
		for _, j := range random.Perm(len(d.ShopSets))[:min(len(d.ShopSets), 1+random.IntN(3))] {
			g.ShopSets = append(g.ShopSets, d.ShopSets[j].Name)
		}
		if len(g.ShopSets) > 0 {
			d.ShopGroups = append(d.ShopGroups, g)
		}
	}
	return d
}

func TestFindingsAgreeWithAnOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	found := map[Rule]int{}
	for range 500 {
		d := randomFleet(random)
		f := mustNew(t, d)
		want := map[string]bool{}
		for _, g := range d.ShopGroups {
			domains, tiers := map[FailureDomainName]bool{}, map[TierName]bool{}
			for _, s := range d.ShopSets {
				if slices.Contains(g.ShopSets, s.Name) {
					domains[s.FailureDomain], tiers[s.Tier] = true, true
				}
			}
			if len(domains) < g.FailureDomains {
				want["redundancy "+string(g.Name)] = true
			}
			if len(tiers) > 1 {
				want["one-tier "+string(g.Name)] = true
			}
		}
		got := map[string]bool{}
		for _, finding := range f.Findings() {
			got[string(finding.Rule)+" "+finding.Name] = true
			found[finding.Rule]++
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("findings %v, want %v of %+v", got, want, d)
		}
	}
	if found[RuleRedundancy] == 0 || found[RuleOneTier] == 0 {
		t.Errorf("the random fleets had findings %v: the test shows little", found)
	}
}

func TestFindingsSayWhatWhereAndWhatToDo(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Declarations)
		want   []string
	}{
		{"a good fleet has none", func(*Declarations) {}, nil},
		{"two ShopSets in one FailureDomain", func(d *Declarations) { d.ShopSets[0].FailureDomain = "a" },
			[]string{`ShopGroup "main": its ShopSets (b-1, a-1) are in 1 FailureDomain (a), it asks for 2; let 1 more of the same Tier serve it, in b, c, or instead of one that shares a FailureDomain`}},
		{"too few ShopSets", func(d *Declarations) { d.ShopGroups[0].FailureDomains = 3 },
			[]string{`ShopGroup "main": its ShopSets (b-1, a-1) are in 2 FailureDomains (a, b), it asks for 3; let 1 more of the same Tier serve it, in c`}},
		{"more FailureDomains than there are", func(d *Declarations) { d.ShopGroups[0].FailureDomains = 4 },
			[]string{`ShopGroup "main": its ShopSets (b-1, a-1) are in 2 FailureDomains (a, b), it asks for 4; the fleet has only 3 FailureDomains: declare more, or lower the group's failureDomains`}},
		{"two Tiers", func(d *Declarations) { d.ShopGroups[0].ShopSets[0] = "z-1"; d.ShopSets[2].FailureDomain = "b" },
			[]string{`ShopGroup "main": its ShopSets are in 2 Tiers (z-1 in low, a-1 in high), so its shops meet two Releases at once; let ShopSets of one Tier serve it`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := small()
			tt.change(&d)
			var got []string
			for _, f := range mustNew(t, d).Findings() {
				got = append(got, f.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}
