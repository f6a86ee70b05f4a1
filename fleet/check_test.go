package fleet

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestEveryProblemIsNamed(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Declarations)
		want   []string // the beginnings of all problems, in order
	}{
		{"a fine fleet", func(*Declarations) {}, nil},
		{"nothing is a fleet", func(d *Declarations) { *d = Declarations{} }, nil},
		{"one service in one environment, without git", func(d *Declarations) {
			*d = Declarations{Tiers: []Tier{{Name: "prod"}}, ShopSets: []ShopSet{{Name: "shop", Tier: "prod"}}}
		}, nil},
		{"branches of some Tiers only", func(d *Declarations) { d.Tiers[1].Branch = "" }, []string{`Tier "low": branch: is missing`}},
		{"a FailureDomain of some ShopSets only", func(d *Declarations) { d.ShopSets[1].FailureDomain = "" },
			[]string{`ShopSet "a-1": failureDomain: is missing; name one of the fleet's FailureDomains`}},
		{"two Tiers of one order", func(d *Declarations) { d.Tiers[1].Order = 7 },
			[]string{`Tier "low": order: order 7 is Tier "high"'s`}},
		{"two Tiers of one branch", func(d *Declarations) { d.Tiers[2].Branch = "tier-7" },
			[]string{`Tier "mid": branch: branch "tier-7" is Tier "high"'s`}},
		{"faults of one Tier do not hide each other", func(d *Declarations) { d.Tiers[0] = Tier{Order: -1, Soak: -1}; d.ShopSets = nil; d.ShopGroups = nil },
			[]string{`Tier "": name: is missing`, `Tier "": order: -1 is negative`, `Tier "": branch: is missing`, `Tier "": soak: -1ns is negative`}},
		{"two objects of one name", func(d *Declarations) {
			d.Configurations[1].Name, d.FailureDomains[2].Name, d.ShopSets[1].Name = "production", "a", "b-1"
			d.ShopSets[2].Configuration = "production"
			d.ShopGroups = append(d.ShopGroups, d.ShopGroups[0])
		}, []string{
			`Configuration "production": name: a Configuration of this name`,
			`FailureDomain "a": name: a FailureDomain of this name`,
			`ShopSet "b-1": name: a ShopSet of this name`,
			`ShopGroup "main": shopSets[1]: no ShopSet is named "a-1" (did you mean "b-1"?)`,
			`ShopGroup "main": name: a ShopGroup of this name`,
			`ShopGroup "main": shopSets[1]: no ShopSet is named "a-1"`,
		}},
		{"names of different kinds may be the same", func(d *Declarations) { d.Configurations[1].Name = "a"; d.ShopSets[2].Configuration = "a" }, nil},
		{"references to nothing", func(d *Declarations) {
			d.ShopSets[0].Tier, d.ShopSets[1].Configuration, d.ShopSets[2].FailureDomain = "hgih", "Production", "elsewhere"
			d.ShopGroups[0].ShopSets[0] = ""
		}, []string{
			`ShopSet "b-1": tier: no Tier is named "hgih" (did you mean "high"?)`,
			`ShopSet "a-1": configuration: no Configuration is named "Production" (did you mean "production"?)`,
			`ShopSet "z-1": failureDomain: no FailureDomain is named "elsewhere"`,
			`ShopGroup "main": shopSets[0]: is missing; name one of the fleet's ShopSets`,
		}},
		{"components", func(d *Declarations) { d.ShopSets[0].Components = []ComponentName{"lb", "lb", "Cart", ""} },
			[]string{`ShopSet "b-1": components[1]: component "lb" is listed twice`, `ShopSet "b-1": components[2]: "Cart" is no DNS label`, `ShopSet "b-1": components[3]: is missing`}},
		{"groups", func(d *Declarations) {
			d.ShopGroups[0].ShopSets[1] = "b-1"
			d.ShopGroups[0].FailureDomains = 0
			d.ShopGroups = append(d.ShopGroups, ShopGroup{Name: "none", FailureDomains: 1})
		}, []string{
			`ShopGroup "main": shopSets[1]: ShopSet "b-1" is listed twice`,
			`ShopGroup "main": failureDomains: 0 is too few`,
			`ShopGroup "none": shopSets: is empty`,
		}},
		{"match labels", func(d *Declarations) { d.ShopSets[2].Match = map[string]string{"a-b": "x", "__name__": "y", "z": ""} },
			[]string{`ShopSet "z-1": match.__name__: label __name__ is reserved`, `ShopSet "z-1": match.a-b: "a-b" is not a label name`, `ShopSet "z-1": match.z: label z has an empty value`}},
		{"sources that nobody knows of", func(d *Declarations) { d.FailureDomains[0].Source, d.ShopSets[0].Source = "tokyo", "Osaka" },
			[]string{`ShopSet "b-1": source: "Osaka" is no DNS label`}},
		{"a source that there is not", func(d *Declarations) {
			d.Sources = []SourceName{"osaka", "tokyo"}
			d.FailureDomains[0].Source, d.FailureDomains[1].Source, d.ShopSets[2].Source = "tokio", "osaka", "nagoya"
		}, []string{
			fmt.Sprintf(`FailureDomain %q: source: no source is named "tokio" (did you mean "tokyo"?)`, small().FailureDomains[0].Name),
			`ShopSet "z-1": source: no source is named "nagoya"; the configuration has osaka, tokyo`,
		}},
		{"one of several is to be named", func(d *Declarations) {
			d.Sources = []SourceName{"osaka", "tokyo"}
			d.ShopSets[0].Source, d.ShopSets[1].Source = "osaka", "tokyo"
		}, []string{`ShopSet "z-1": source: is missing; name one of the sources, osaka, tokyo, here or in its FailureDomain`}},
		{"the only one need not be", func(d *Declarations) { d.Sources = []SourceName{"tokyo", ""} }, nil},
		{"the only one has no name", func(d *Declarations) { d.Sources, d.ShopSets[0].Source = []SourceName{""}, "tokyo" },
			[]string{`ShopSet "b-1": source: no source is named "tokyo"; name it under sources in the configuration`}},
		{"another name, and other labels, before", func(d *Declarations) {
			d.ShopSets[0].Formerly = []Former{{Name: "old"}, {Match: map[string]string{"shopset": "b-1", "zone": "1"}}, {Name: "older", Match: map[string]string{"cell": "b"}}}
		}, nil},
		{"a former name that is none", func(d *Declarations) { d.ShopSets[0].Formerly = []Former{{Name: "Old"}, {}, {Name: "x"}, {Name: "x"}} },
			[]string{`ShopSet "b-1": formerly[0].name: "Old" is no DNS label`, `ShopSet "b-1": formerly[1]: says nothing`, `ShopSet "b-1": formerly[3]: is listed twice`}},
		{"former names of others", func(d *Declarations) {
			d.ShopSets[0].Formerly, d.ShopSets[1].Formerly, d.ShopSets[2].Formerly = []Former{{Name: "x"}}, []Former{{Name: "x"}}, []Former{{Name: "a-1"}}
		}, []string{
			`ShopSet "a-1": formerly[0].name: ShopSet "b-1" was "x" too`,
			`ShopSet "z-1": formerly[0].name: ShopSet "a-1" is still there`,
		}},
		{"three that were one another", func(d *Declarations) {
			d.ShopSets[0].Formerly, d.ShopSets[1].Formerly, d.ShopSets[2].Formerly = []Former{{Name: "a-1"}}, []Former{{Name: "z-1"}}, []Former{{Name: "b-1"}}
		}, []string{`ShopSet "z-1": formerly[0].name: ShopSets "b-1", "a-1", "z-1" say to have been one another`}},
		{"former labels that are another's", func(d *Declarations) {
			d.ShopSets[0].Formerly = []Former{{Match: map[string]string{"shopset": "a-1", "zone": "1"}}, {Match: map[string]string{"x-y": "a"}}}
		}, []string{
			`ShopSet "b-1": formerly[1].match.x-y: "x-y" is not a label name`,
			`ShopSet "b-1": formerly[0]: every series with {shopset="a-1", zone="1"} also carries {shopset="a-1"}, the match of ShopSet "a-1"`,
		}},
		{"one match in two sources", func(d *Declarations) {
			match := map[string]string{"app": "shop"}
			d.ShopSets[0].Match, d.ShopSets[1].Match, d.ShopSets[0].Source = match, match, "osaka"
		}, nil},
		{"one match in one of two sources", func(d *Declarations) {
			match := map[string]string{"app": "shop"}
			d.ShopSets[0].Match, d.ShopSets[1].Match, d.ShopSets[0].Source, d.ShopSets[1].Source = match, match, "osaka", "osaka"
		}, []string{`ShopSet "a-1": match: {app="shop"} is ShopSet "b-1"'s match too`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := small()
			tt.change(&d)
			_, err := New(d)
			var problems Problems
			if errors.As(err, &problems); (err != nil) != (len(tt.want) > 0) {
				t.Fatalf("got %v, want %d problems", err, len(tt.want))
			}
			if len(problems) != len(tt.want) {
				t.Fatalf("got %d problems, want %d:\n%v", len(problems), len(tt.want), err)
			}
			for i, p := range problems {
				if !strings.HasPrefix(p.Error(), tt.want[i]) {
					t.Errorf("problem %d is\n%v\nwant\n%s", i, p, tt.want[i])
				}
			}
		})
	}
}

func TestShopSetsWhoseSeriesCannotBeToldApart(t *testing.T) {
	type labels = map[string]string
	tests := []struct {
		name    string
		matches []labels // of ShopSets s0, s1 …
		want    []string // pairs: s1=s0 identical, s1>s0 contains
	}{
		{"defaults differ", []labels{nil, nil, nil}, nil},
		{"the same labels with other values", []labels{{"a": "1", "b": "1"}, {"a": "1", "b": "2"}}, nil},
		{"no label in conflict, but none contained", []labels{{"a": "1"}, {"b": "1"}}, nil},
		{"identical", []labels{{"a": "1", "b": "2"}, {"b": "2", "a": "1"}}, []string{"s1=s0"}},
		{"identical to a default", []labels{nil, {"shopset": "s0"}}, []string{"s1=s0"}},
		{"a default that another claims", []labels{{"shopset": "s1"}, nil}, []string{"s1=s0"}},
		{"contained, declared first", []labels{{"a": "1"}, {"a": "1", "b": "1"}}, []string{"s1>s0"}},
		{"contained, declared last", []labels{{"a": "1", "b": "1"}, {"a": "1"}}, []string{"s0>s1"}},
		{"containing two", []labels{{"a": "1", "b": "1"}, {"a": "1"}, {"b": "1"}}, []string{"s0>s1", "s0>s2"}},
		{"three alike are reported against the first", []labels{{"a": "1"}, {"a": "1"}, {"a": "1"}}, []string{"s1=s0", "s2=s0"}},
		{"values cannot be taken for others", []labels{{"a": "1,1:2", "b": "3"}, {"a": "1", "b": "2,1:3"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Declarations
			for i, m := range tt.matches {
				d.ShopSets = append(d.ShopSets, ShopSet{Name: ShopSetName(fmt.Sprintf("s%d", i)), Match: m})
			}
			if got := overlaps(d); strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// overlaps gives the overlaps among the problems, as pairs.
func overlaps(d Declarations) []string {
	var pairs []string
	for _, p := range d.Check() {
		if p.At.Field != "match" || p.Other == nil {
			continue
		}
		sign := ">"
		if strings.Contains(p.Message, "too, so that no series") {
			sign = "="
		}
		pairs = append(pairs, p.At.Name+sign+p.Other.Name)
	}
	return pairs
}

func TestOverlapsAgreeWithAnOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	contains := func(long, short map[string]string) bool {
		for k, v := range short {
			if long[k] != v {
				return false
			}
		}
		return true
	}
	for range 2000 {
		var d Declarations
		for i := range 5 {
			m := map[string]string{}
			for _, label := range []string{"a", "b", "c"} {
				if random.IntN(2) == 0 {
					m[label] = fmt.Sprint(random.IntN(3))
				}
			}
			if len(m) == 0 {
				m["d"] = fmt.Sprint(i)
			}
			d.ShopSets = append(d.ShopSets, ShopSet{Name: ShopSetName(fmt.Sprintf("s%d", i)), Match: m})
		}
		got := map[string]bool{}
		for _, pair := range overlaps(d) {
			got[pair] = true
		}
		want := map[string]bool{}
		same := map[int]bool{} // identical to an earlier one
		for i, s := range d.ShopSets {
			for j, o := range d.ShopSets[:i] {
				if contains(s.Match, o.Match) && contains(o.Match, s.Match) {
					want[fmt.Sprintf("s%d=s%d", i, j)], same[i] = true, true
					break
				}
			}
		}
		for i, s := range d.ShopSets {
			for j, o := range d.ShopSets {
				if !same[i] && !same[j] && len(s.Match) > len(o.Match) && contains(s.Match, o.Match) {
					want[fmt.Sprintf("s%d>s%d", i, j)] = true
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v of %v", got, want, d.ShopSets)
		}
	}
}

func TestNamesAndBranches(t *testing.T) {
	for _, good := range []string{"a", "0", "a-1", strings.Repeat("a", 63)} {
		if err := CheckName(good); err != nil {
			t.Errorf("name %q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "-a", "a-", "A", "a.b", "a_b", "é", "a\n", strings.Repeat("a", 64)} {
		if CheckName(bad) == nil {
			t.Errorf("name %q is accepted", bad)
		}
	}
	for _, good := range []string{"main", "tier-0", "release/2026.11", "日本", "a@b", "a-"} {
		if err := CheckBranch(good); err != nil {
			t.Errorf("branch %q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[b", `a\b`, "a\n", "a\x7f", "a@{1}", "/a", "a/", "a//b",
		".a", "a/.b", "a.", "a.lock", "a.lock/b", "-a", "@", "HEAD", "refs/heads/a"} {
		if CheckBranch(bad) == nil {
			t.Errorf("branch %q is accepted", bad)
		}
	}
}

// 7,000 ShopSets are the largest fleet that we plan for.
func BenchmarkNew(b *testing.B) {
	for _, n := range []int{100, 1000, 7000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := small()
			d.ShopSets, d.ShopGroups = nil, nil
			for i := range n {
				d.ShopSets = append(d.ShopSets, ShopSet{Name: ShopSetName(fmt.Sprintf("s-%d", i)), Tier: "low", Configuration: "dev", FailureDomain: "a"})
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
