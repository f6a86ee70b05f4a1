package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
)

// fleetOf makes a fleet of one Tier, prod, from "name@domain:capacity" and
// "group=set+set/domains:load"; figures may be left out.
func fleetOf(t testing.TB, sets []string, groups ...string) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{Tiers: []fleet.Tier{{Name: "prod", Branch: "tier-3"}}, Configurations: []fleet.Configuration{{Name: "c"}}}
	for _, text := range sets {
		var capacity int64
		text, figure, _ := strings.Cut(text, ":")
		fmt.Sscan(figure, &capacity)
		name, domain, _ := strings.Cut(text, "@")
		if !slices.Contains(d.FailureDomains, fleet.FailureDomain{Name: fleet.FailureDomainName(domain)}) {
			d.FailureDomains = append(d.FailureDomains, fleet.FailureDomain{Name: fleet.FailureDomainName(domain)})
		}
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(name), Tier: "prod", Configuration: "c", FailureDomain: fleet.FailureDomainName(domain), Capacity: capacity})
	}
	for _, text := range groups {
		g := fleet.ShopGroup{}
		text, figure, _ := strings.Cut(text, ":")
		fmt.Sscan(figure, &g.Load)
		text, asked, _ := strings.Cut(text, "/")
		fmt.Sscan(asked, &g.FailureDomains)
		name, members, _ := strings.Cut(text, "=")
		g.Name = fleet.ShopGroupName(name)
		for m := range strings.SplitSeq(members, "+") {
			g.ShopSets = append(g.ShopSets, fleet.ShopSetName(m))
		}
		d.ShopGroups = append(d.ShopGroups, g)
	}
	f, err := fleet.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhereShopsGoWhileAClusterIsDown(t *testing.T) {
	three := []string{"a-1@a:100", "b-2@b:100", "c-3@c:100"}
	for name, c := range map[string]struct {
		sets   []string
		groups []string
		want   Verdict
		says   string // a part of the text
	}{
		"a third cluster takes over":                              {three, []string{"main=a-1+b-2/2:60"}, Go, "main (prod, served by a-1, b-2): moves"},
		"the partner's own cluster is not allowed":                {[]string{"a-1@a:100", "b-2@b:100", "b-9@b:999"}, []string{"main=a-1+b-2/2:60"}, Hold, "Tier prod has no ShopSet outside a"},
		"what it serves already counts":                           {three, []string{"main=a-1+b-2/2:60", "solo=c-3/1:50"}, Hold, "c-3 (room for 50) has capacity for its load of 60"},
		"just enough is enough":                                   {three, []string{"main=a-1+b-2/2:60", "solo=c-3/1:40"}, Go, "1. Move ShopGroup main from a-1 to c-3: set spec.shopSets to [b-2, c-3]"},
		"each fits and both do not":                               {three, []string{"main=a-1+b-2/2:60", "more=a-1+b-2/2:60"}, Hold, "not for all groups"},
		"a group without redundancy goes anywhere":                {three, []string{"solo=a-1/1:10"}, Go, "solo (prod, served by a-1): moves"},
		"a group that asks for less than it has stays":            {three, []string{"main=a-1+b-2/1:60"}, Go, "1 FailureDomain left (1 required)"},
		"a group that is short already loses no more than it has": {three, []string{"main=a-1+b-2/3:60"}, Go, "moves"},
		"one not in the cluster is not touched":                   {three, []string{"main=b-2+c-3/2:60"}, Go, "0 ShopGroups would lose"},
		"no capacity is no answer":                                {[]string{"a-1@a", "b-2@b", "c-3@c"}, []string{"main=a-1+b-2/2:60"}, Inconclusive, "set spec.capacity of ShopSet c-3"},
		"no load is no answer":                                    {three, []string{"main=a-1+b-2/2"}, Inconclusive, "set spec.load of ShopGroup main"},
		"the load of another group is missing":                    {three, []string{"main=a-1+b-2/2:60", "solo=c-3/1"}, Inconclusive, "set spec.load of ShopGroup solo"},
		"what is known to be full is no hope":                     {three, []string{"main=a-1+b-2/2", "solo=c-3/1:101"}, Hold, "room for 0"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Make(fleetOf(t, c.sets, c.groups...), "a")
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := p.WriteText(&b); err != nil {
				t.Fatal(err)
			}
			if p.Verdict != c.want || !strings.Contains(b.String(), c.says) || (len(p.Steps) > 0) != (c.want == Go) {
				t.Errorf("%s, want %s with %q:\n%s", p.Verdict, c.want, c.says, b.String())
			}
			if p.ExitCode() != map[Verdict]int{Go: 0, Hold: 1, Inconclusive: 2}[c.want] {
				t.Errorf("exit code %d", p.ExitCode())
			}
			if data, err := json.Marshal(p); err != nil || !strings.Contains(string(data), `"decision":"`+string(c.want)+`"`) {
				t.Errorf("%v: %s", err, data)
			}
		})
	}
}

func TestAnUnknownFailureDomainIsNamed(t *testing.T) {
	_, err := Make(fleetOf(t, []string{"a-1@a"}), "z")
	if !errors.Is(err, errUnknownDomain) || !strings.Contains(err.Error(), `"z"; the fleet has a`) {
		t.Errorf("error %v", err)
	}
}

// The plan against an oracle that tries every ShopSet for every group.
func TestThePlanAgreesWithAnOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	seen := map[Verdict]int{}
	for n := range 4000 {
		f := randomFleet(t, random)
		p, err := Make(f, "a")
		if err != nil {
			t.Fatal(err)
		}
		want := oracle(f, "a")
		seen[want]++
		if p.Verdict != want {
			var b strings.Builder
			p.WriteText(&b)
			t.Fatalf("fleet %d: %s, want %s\n%+v\n%s", n, p.Verdict, want, f.Declarations(), b.String())
		}
		if want == Go {
			obeys(t, f, p)
		}
	}
	if seen[Go] < 300 || seen[Hold] < 300 || seen[Inconclusive] < 300 {
		t.Errorf("the fleets are too much alike: %v", seen)
	}
}

func randomFleet(t *testing.T, random *rand.Rand) *fleet.Fleet {
	if random.IntN(4) == 0 {
		return tightFleet(t, random)
	}
	sets := []string{"x-0@a:50"}
	for i := range 2 + random.IntN(5) {
		s := fmt.Sprintf("s-%d@%c", i, 'a'+rune(random.IntN(4)))
		if random.IntN(8) > 0 {
			s += fmt.Sprint(":", 20+random.IntN(60))
		}
		sets = append(sets, s)
	}
	var groups []string
	for i := range 1 + random.IntN(4) {
		members := []string{}
		for range 1 + random.IntN(3) {
			name, _, _ := strings.Cut(sets[random.IntN(len(sets))], "@")
			if !slices.Contains(members, name) {
				members = append(members, name)
			}
		}
		g := fmt.Sprintf("g-%d=%s/%d", i, strings.Join(members, "+"), 1+random.IntN(3))
		if random.IntN(8) > 0 {
			g += fmt.Sprint(":", 1+random.IntN(40))
		}
		groups = append(groups, g)
	}
	return fleetOf(t, sets, groups...)
}

// tightFleet has little more room than its groups need, so that they fit in few ways.
func tightFleet(t *testing.T, random *rand.Rand) *fleet.Fleet {
	var groups []string
	total := 0
	for i := range 3 + random.IntN(3) {
		load := 5 + random.IntN(20)
		total += load
		groups = append(groups, fmt.Sprintf("g-%d=x-0/1:%d", i, load))
	}
	one := total/4 + random.IntN(total/2)
	return fleetOf(t, []string{"x-0@a:50", fmt.Sprintf("s-1@b:%d", one), fmt.Sprintf("s-2@c:%d", max(total-one+random.IntN(3), 1))}, groups...)
}

// oracle tries all ways, once with what is known and once hoping for the best.
func oracle(f *fleet.Fleet, down fleet.FailureDomainName) Verdict {
	if try(f, down, nil, f.ShopGroups(), false) {
		return Go
	}
	if try(f, down, nil, f.ShopGroups(), true) {
		return Inconclusive
	}
	return Hold
}

type taken struct {
	by   fleet.ShopSetName
	what fleet.ShopGroup
}

func try(f *fleet.Fleet, down fleet.FailureDomainName, so []taken, left []fleet.ShopGroup, hope bool) bool {
	if len(left) == 0 {
		return true
	}
	g, left := left[0], left[1:]
	domains := map[fleet.FailureDomainName]bool{}
	for _, name := range g.ShopSets {
		s, _ := f.ShopSet(name)
		domains[s.FailureDomain] = true
	}
	before := len(domains)
	delete(domains, down)
	if len(domains) >= min(before, g.FailureDomains) {
		return try(f, down, so, left, hope)
	}
	for _, s := range f.ShopSets() {
		if s.FailureDomain == down || domains[s.FailureDomain] {
			continue
		}
		if more := append(slices.Clone(so), taken{s.Name, g}); carries(f, s, more, hope) && try(f, down, more, left, hope) {
			return true
		}
	}
	return false
}

// carries reports whether a ShopSet can take what it serves and has taken.
func carries(f *fleet.Fleet, s fleet.ShopSet, so []taken, hope bool) bool {
	sure, load := s.Capacity > 0, int64(0)
	for _, g := range f.GroupsOf(s.Name) {
		sure = sure && g.Load > 0
		load += g.Load
	}
	if !sure {
		return hope
	}
	for _, m := range so {
		if m.by == s.Name {
			if m.what.Load == 0 && !hope {
				return false
			}
			load += m.what.Load
		}
	}
	return load <= s.Capacity
}

// obeys checks a plan that says go by the rules, one by one.
func obeys(t *testing.T, f *fleet.Fleet, p Plan) {
	t.Helper()
	load := map[fleet.ShopSetName]int64{}
	for _, g := range f.ShopGroups() {
		for _, s := range g.ShopSets {
			load[s] += g.Load
		}
	}
	for _, g := range p.Groups {
		if g.Outcome != Moves {
			continue
		}
		to, _ := f.ShopSet(g.To)
		load[g.To] += g.Load
		if to.FailureDomain == p.Domain || to.Tier != g.Tier || slices.Contains(g.ShopSets, g.To) || load[g.To] > to.Capacity {
			t.Errorf("%s goes to %+v, which has %d to carry", g.Group, to, load[g.To])
		}
	}
}
