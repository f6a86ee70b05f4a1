package fleet

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// many has n ShopSets over three Tiers, the last of which has none, in groups of two.
func many(t testing.TB, n int) *Fleet {
	d := Declarations{Configurations: []Configuration{{Name: "c"}}}
	for i := range 4 {
		d.Tiers = append(d.Tiers, Tier{Name: TierName(fmt.Sprint("t", i)), Order: i, Branch: fmt.Sprint("b", i)})
		d.FailureDomains = append(d.FailureDomains, FailureDomain{Name: FailureDomainName(fmt.Sprint("d", i))})
	}
	for i := range n {
		d.ShopSets = append(d.ShopSets, ShopSet{Name: ShopSetName(fmt.Sprint("s", i)), Tier: d.Tiers[i%3].Name, Configuration: "c", FailureDomain: d.FailureDomains[i%4].Name})
		if i%2 == 1 {
			d.ShopGroups = append(d.ShopGroups, ShopGroup{Name: ShopGroupName(fmt.Sprint("g", i)), FailureDomains: 2,
				ShopSets: []ShopSetName{d.ShopSets[i-1].Name, d.ShopSets[i].Name}})
		}
	}
	f, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// anything is a ShopSet in any state.
func anything(random *rand.Rand, name ShopSetName, now time.Time) Observation {
	o := Observation{ShopSet: name, Sync: SyncStatuses[random.IntN(3)], Health: Healths[random.IntN(6)], ObservedAt: now}
	if n := random.IntN(4); n > 0 {
		o.OutOfSync = &n
	}
	if n := random.IntN(6); n > 0 {
		o.Release = r(n)
	}
	if random.IntN(2) == 0 {
		o.ReleaseSince = now.Add(-time.Minute)
	}
	if random.IntN(8) == 0 {
		o = Unseen(name)
	}
	return o
}

func TestTakingInOneByOneIsTheSameAsObservingTheWholeFleetAnew(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		f := many(t, 2+random.IntN(12))
		seen := Seen{Heads: map[TierName]Head{}, History: line{newest: 4, past: map[TierName][]Release{"t0": {r(1), r(2)}, "t3": {r(3)}}}}
		for i, tier := range f.Tiers() {
			seen.Heads[tier.Name] = Head{Release: r(5 - i), At: noon}
		}
		if seed%4 == 0 {
			seen.History = nil
		}
		latest := map[ShopSetName]Observation{}
		now := noon
		current := NewCurrent(f, now, seen)
		anew := Observe(f, now, seen)
		for step := range 60 {
			now = now.Add(time.Minute)
			var batch []Observation
			for _, i := range random.Perm(len(f.ShopSets()))[:random.IntN(min(4, len(f.ShopSets())))] {
				s := f.ShopSets()[i]
				o := anything(random, s.Name, now)
				batch, latest[s.Name] = append(batch, o), o
			}
			current.Take(now, append(batch, Observation{ShopSet: "nobody's"})...)
			seen.Observations, seen.Before = nil, anew
			for _, o := range latest {
				seen.Observations = append(seen.Observations, o)
			}
			anew = Observe(f, now, seen)
			got, want := written(t, current.Snapshot()), written(t, anew)
			if got != want {
				t.Fatalf("seed %d, step %d, after %+v:\ngot  %s\nwant %s", seed, step, batch, got, want)
			}
			sums(t, f, current)
		}
	}
}

func written(t *testing.T, s Snapshot) string {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// sums counts again what Sums says.
func sums(t *testing.T, f *Fleet, c *Current) {
	t.Helper()
	for i, tier := range f.Tiers() {
		var differ *int
		well, sync, health := 0, map[SyncStatus]int{}, map[Health]int{}
		for _, o := range c.State().ShopSets {
			if o.Tier != tier.Name {
				continue
			}
			sync[o.Sync]++
			health[o.Health]++
			if o.Sync == Synced && o.Health == Healthy {
				well++
			}
			if o.OutOfSync != nil {
				if differ == nil {
					differ = new(int)
				}
				*differ += *o.OutOfSync
			}
		}
		got := c.Sums(i)
		if figure(got.OutOfSync) != figure(differ) || got.Well != well || got.ShopSets != len(f.ShopSetsOf(tier.Name)) {
			t.Fatalf("%s: %+v, want %d well and %d resources", tier.Name, got, well, figure(differ))
		}
		for _, s := range SyncStatuses {
			if got.Sync[s] != sync[s] {
				t.Fatalf("%s: %d are %s, want %d", tier.Name, got.Sync[s], s, sync[s])
			}
		}
		for _, h := range Healths {
			if got.Health[h] != health[h] {
				t.Fatalf("%s: %d are %s, want %d", tier.Name, got.Health[h], h, health[h])
			}
		}
	}
}

func TestTakeSaysWhatItChanged(t *testing.T) {
	f := many(t, 6)
	c := NewCurrent(f, noon, Seen{})
	well := Observation{ShopSet: "s1", Sync: Synced, Health: Healthy, ObservedAt: noon}
	place := f.shopSets["s1"]
	if sets, groups := c.Take(noon, well, well); fmt.Sprint(sets) != fmt.Sprint([]int{place}) || len(groups) != 1 || f.ShopGroups()[groups[0]].Name != "g1" {
		t.Errorf("places %v and %v", sets, groups)
	}
	before := c.Snapshot()
	well.Sync = OutOfSync
	if sets, groups := c.Take(noon, well); fmt.Sprint(sets) != fmt.Sprint([]int{place}) || len(groups) != 0 {
		t.Errorf("places %v and %v of another sync status", sets, groups)
	}
	if before.ShopSets[place].Sync != Synced {
		t.Error("a Snapshot that was given away has changed")
	}
}

// BenchmarkTake is one ShopSet that comes to another Release and back.
func BenchmarkTake(b *testing.B) {
	for _, n := range []int{200, 7000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := many(b, n)
			var all []Observation
			for _, s := range f.ShopSets() {
				all = append(all, Observation{ShopSet: s.Name, Sync: Synced, Health: Healthy, Release: r(1), ObservedAt: noon})
			}
			c := NewCurrent(f, noon, Seen{Observations: all})
			b.ReportAllocs()
			for i := range b.N {
				o := all[n/2]
				o.Release, o.Health = r(1+i%2), Healths[i%2]
				c.Take(noon, o)
			}
		})
	}
}
