package shopset

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/racetest"
)

// Two exporters live through the same days. One takes in what has changed, the other
// refreshes the whole fleet each time. What they serve is the same, byte for byte.
func TestTakingInChangesServesTheSameBytesAsRefreshingEverything(t *testing.T) {
	for seed := range racetest.Fewer(uint64(12)) {
		random := rand.New(rand.NewPCG(seed, 5))
		f := bigFleet(t, 10+random.IntN(300))
		if seed%3 == 0 {
			f = labFleet(t)
		}
		changing, anew := New(f, newRecorder(), Options{MaxAge: time.Hour}), New(f, newRecorder(), Options{MaxAge: time.Hour})
		latest, view := map[fleet.ShopSetName]fleet.Observation{}, View{Fleet: f, History: line{8}, Heads: map[fleet.TierName]fleet.Head{}}
		now := noon
		refresh := func(e ...*Exporter) {
			view.Observations = nil
			for _, o := range latest {
				view.Observations = append(view.Observations, o)
			}
			for _, one := range e {
				one.Refresh(now, view)
			}
		}
		for step := range 60 {
			now = now.Add(time.Duration(random.IntN(40)) * time.Second)
			if step%20 == 0 { // branches move
				for i, tier := range f.Tiers() {
					view.Heads[tier.Name] = fleet.Head{Release: commit(max(0, step/10-i)), At: now.Add(-time.Minute)}
				}
				refresh(changing, anew)
			}
			var batch []fleet.Observation // each ShopSet once, since what comes and goes within one is seen by one of them only
			whole := fleet.TierName("")
			if step%15 == 7 { // a whole Tier comes to its branch's Release
				whole = f.Tiers()[random.IntN(5)].Name
			}
			for _, i := range random.Perm(len(f.ShopSets()))[:random.IntN(8)] {
				if f.ShopSets()[i].Tier == whole {
					continue
				}
				o := changed(random, f.ShopSets()[i], view.Heads, now)
				batch, latest[o.ShopSet] = append(batch, o), o
			}
			for _, s := range f.ShopSetsOf(whole) {
				o := well(s.Name, now, 0)
				o.Release, o.ReleaseSince = view.Heads[whole].Release, now.Add(-time.Second)
				batch, latest[o.ShopSet] = append(batch, o), o
			}
			changing.Observed(now, batch...)
			refresh(anew)
			where := fmt.Sprintf("seed %d, step %d, %d changes", seed, step, len(batch))
			sameBytes(t, where, changing, anew)
		}
	}
}

// changed is a ShopSet in some state.
func changed(random *rand.Rand, s fleet.ShopSet, heads map[fleet.TierName]fleet.Head, now time.Time) fleet.Observation {
	o := well(s.Name, now, random.IntN(9))
	o.DriftEvents = new(int64)
	if random.IntN(3) > 0 {
		o.Release = heads[s.Tier].Release
	}
	switch random.IntN(8) {
	case 0:
		n := random.IntN(5)
		o.Sync, o.OutOfSync = fleet.OutOfSync, &n
	case 1:
		o.Health = fleet.Healths[random.IntN(6)]
	case 2:
		o.ReleaseSince = time.Time{}
	case 3:
		o = fleet.Unseen(s.Name)
	case 4:
		o = fleet.Unknown(s.Name, "a cluster is lost")
		o.Source = "ctx"
	case 5:
		o.ObservedAt = now.Add(-2 * time.Hour) // its controller is stopped
	case 6:
		o.Images, o.Parts = nil, []fleet.Part{{Source: "ctx", Namespace: "argocd", Name: string(s.Name), Sync: o.Sync, Health: o.Health, OutOfSync: o.OutOfSync}}
	}
	return o
}

func sameBytes(t *testing.T, where string, a, b *Exporter) {
	t.Helper()
	for _, accept := range []string{"", openMetricsAccept} {
		got, want := scrape(t, a.Metrics(nil), accept, "gzip"), scrape(t, b.Metrics(nil), accept, "gzip")
		if one, other := read(t, got), read(t, want); one != other {
			t.Fatalf("%s: they differ from byte %d on", where, differ(t, one, other))
		}
		if plain := read(t, scrape(t, a.Metrics(nil), accept, "identity")); plain != read(t, scrape(t, b.Metrics(nil), accept, "gzip")) {
			t.Fatalf("%s: compressed it is another text of %d bytes", where, len(plain))
		}
	}
	one, err := json.Marshal(a.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	other, err := json.Marshal(b.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if string(one) != string(other) {
		t.Fatalf("%s: the snapshots differ from byte %d on", where, differ(t, string(one), string(other)))
	}
	kept, err := json.Marshal(a.recorder)
	if err != nil {
		t.Fatal(err)
	}
	if alsoKept, err := json.Marshal(b.recorder); err != nil || string(kept) != string(alsoKept) {
		t.Fatalf("%s: what is remembered differs from byte %d on (%v)", where, differ(t, string(kept), string(alsoKept)), err)
	}
}

// differ gives the first difference, and shows it.
func differ(t *testing.T, a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-200)
	t.Logf("one:   …%s\nother: …%s", a[from:min(len(a), i+80)], b[from:min(len(b), i+80)])
	return i
}
