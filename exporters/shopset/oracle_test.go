package shopset

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// The oracle keeps everything that ever happened, and answers each question by
// reading all of it from the beginning. The recorder keeps a few figures.

// seenAt is a whole fleet as it was seen once.
type seenAt struct {
	at    time.Time
	sets  map[fleet.ShopSetName]fleet.Observation
	heads map[fleet.TierName]fleet.Head
}

type oracle struct {
	fleet *fleet.Fleet
	all   []seenAt
	gap   time.Duration
}

// drift reads a ShopSet's story: when the drift that is not over began, and how
// many began after it had been Synced.
func (o *oracle) drift(name fleet.ShopSetName) (since time.Time, events int64) {
	type known struct {
		at     time.Time
		status fleet.SyncStatus
	}
	var story []known
	for _, s := range o.all {
		if status := s.sets[name].Sync; status != fleet.SyncUnknown {
			story = append(story, known{s.at, status})
		}
	}
	for i := range story {
		if story[i].status == fleet.OutOfSync && i > 0 && story[i-1].status == fleet.Synced {
			events++
		}
	}
	for i := len(story) - 1; i >= 0 && story[i].status == fleet.OutOfSync; i-- {
		since = story[i].at
	}
	return since, events
}

// held gives the Release that the whole Tier has in the i-th view, and since when.
func (o *oracle) held(i int, tier fleet.TierName) (fleet.Release, time.Time) {
	s := o.all[i]
	sets := o.fleet.ShopSetsOf(tier)
	if len(sets) == 0 {
		return s.heads[tier].Release, s.heads[tier].At
	}
	var since time.Time
	for _, set := range sets {
		x := s.sets[set.Name]
		if x.Release == "" || x.Release != s.sets[sets[0].Name].Release {
			return "", time.Time{}
		}
		if x.ReleaseSince.After(since) {
			since = x.ReleaseSince
		}
	}
	return s.sets[sets[0].Name].Release, since
}

// last gives what was last seen of a ShopSet.
func (o *oracle) last(set fleet.ShopSetName) (fleet.Observation, bool) {
	if len(o.all) == 0 {
		return fleet.Observation{}, false
	}
	return o.all[len(o.all)-1].sets[set], true
}

// arrival is a Tier's coming to a Release.
type arrival struct {
	view    int
	release fleet.Release
	at      time.Time
	again   bool // it had it before
	first   bool // the first that anybody saw
}

func (o *oracle) arrivals(tier fleet.TierName) []arrival {
	var all []arrival
	for i := range o.all {
		r, at := o.held(i, tier)
		if r == "" || len(all) > 0 && all[len(all)-1].release == r {
			continue
		}
		all = append(all, arrival{i, r, at, slices.ContainsFunc(all, func(a arrival) bool { return a.release == r }), len(all) == 0})
	}
	return all
}

// merges are the Releases that the lowest Tier's branch points to, up to a view:
// one that it went back behind has never been.
func (o *oracle) merges(until int) []change {
	var line []change
	for i := range until + 1 {
		head := o.all[i].heads[o.fleet.Tiers()[0].Name]
		if at := slices.IndexFunc(line, func(c change) bool { return c.Release == head.Release }); at >= 0 {
			line = line[:at+1]
			continue
		}
		line = append(line, change{head.Release, head.At})
	}
	return line
}

// leads gives the lead time of each promotion to a Tier: since the oldest change
// that the Tier had not had, nor one that came after it.
func (o *oracle) leads(tier fleet.TierName) (leads []time.Duration) {
	arrivals := o.arrivals(tier)
	for n, a := range arrivals {
		line := o.merges(a.view)
		at := slices.IndexFunc(line, func(c change) bool { return c.Release == a.release })
		if at < 0 || a.first || a.again {
			continue
		}
		// The last of the line that the Tier had before; all up to it are done with.
		from := 0
		for _, b := range arrivals[:n] {
			before := o.merges(b.view)
			if done := slices.IndexFunc(before, func(c change) bool { return c.Release == b.release }); done >= 0 {
				for i, c := range line {
					if slices.ContainsFunc(before[:done+1], func(d change) bool { return d.Release == c.Release }) {
						from = max(from, i+1)
					}
				}
			}
		}
		if from > at {
			continue // a later one was there before it
		}
		leads = append(leads, max(a.at.Sub(line[from].Since), 0))
	}
	return leads
}

// soaks gives how long each Release that came to a Tier above soaked in this one.
func (o *oracle) soaks(tier fleet.TierName) (soaks []time.Duration) {
	type coming struct {
		arrival
		rank int
	}
	var comings []coming
	for rank, above := range o.fleet.Tiers() {
		if below, ok := o.fleet.PopulatedBelow(above.Name); !ok || below.Name != tier {
			continue
		}
		for _, a := range o.arrivals(above.Name) {
			if !a.first && !a.again {
				comings = append(comings, coming{a, rank})
			}
		}
	}
	slices.SortFunc(comings, func(a, b coming) int { return (a.view-b.view)*100 + a.rank - b.rank })
	for _, c := range comings {
		if soak, ok := o.soaked(tier, c.release, c.view, c.at); ok {
			soaks = append(soaks, soak)
		}
	}
	return soaks
}

// soaked reads a Tier's runs of being well at a Release, up to a view.
func (o *oracle) soaked(tier fleet.TierName, release fleet.Release, view int, at time.Time) (soak time.Duration, been bool) {
	var since, last time.Time
	running := false
	for i := range view + 1 {
		r, _ := o.held(i, tier)
		been = been || r == release
		ok := r == release
		for _, set := range o.fleet.ShopSetsOf(tier) {
			x := o.all[i].sets[set.Name]
			ok = ok && x.Sync == fleet.Synced && x.Health == fleet.Healthy
		}
		blind := i > 0 && o.all[i].at.Sub(o.all[i-1].at) > o.gap
		if running && (!ok || blind) {
			soak, running = last.Sub(since), false
		}
		if ok && !running {
			since, running = o.all[i].at, true
		}
		last = o.all[i].at
	}
	if running {
		soak = max(at.Sub(since), 0)
	}
	return soak, been
}

func TestTheRecorderAgreesWithAllThatEverHappened(t *testing.T) {
	for seed := range uint64(60) {
		story(t, seed)
	}
}

// story plays a random history, with restarts, and compares after each step.
func story(t *testing.T, seed uint64) {
	rng, heals := rand.New(rand.NewPCG(seed, 7)), rand.New(rand.NewPCG(seed, 8))
	d := labFleet(t).Declarations()
	if seed%3 == 0 { // a Tier in the middle without ShopSets
		d.ShopSets = slices.DeleteFunc(d.ShopSets, func(s fleet.ShopSet) bool { return s.Tier == "beta-prod" })
		d.ShopGroups = nil
	}
	f := mustFleet(t, d)
	o := &oracle{fleet: f, gap: 20 * time.Minute}
	r, now := newRecorder(), noon
	heads := map[fleet.TierName]fleet.Head{}
	runs := map[fleet.ShopSetName]fleet.Observation{}
	newest := 0
	for _, tier := range f.Tiers() {
		heads[tier.Name] = fleet.Head{Release: commit(0), At: now.Add(-time.Hour)}
		for _, s := range f.ShopSetsOf(tier.Name) {
			runs[s.Name] = fleet.Observation{ShopSet: s.Name, Sync: fleet.Synced, Health: fleet.Healthy, Release: commit(0), ReleaseSince: now.Add(-time.Minute), ObservedAt: now}
		}
	}
	for step := range 120 {
		now = now.Add(time.Duration(1+rng.IntN(600)) * time.Second)
		if rng.IntN(25) == 0 {
			now = now.Add(time.Hour) // nobody watched
		}
		happen(rng, f, heads, runs, &newest, now)
		if rng.IntN(10) == 0 { // a restart
			data, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if r = newRecorder(); json.Unmarshal(data, r) != nil {
				t.Fatal("the state is not read back")
			}
		}
		view := seenAt{now, map[fleet.ShopSetName]fleet.Observation{}, map[fleet.TierName]fleet.Head{}}
		seen := fleet.Seen{Heads: heads, Before: r.before()}
		for _, tier := range f.Tiers() {
			view.heads[tier.Name] = heads[tier.Name]
		}
		for _, set := range f.ShopSets() {
			view.sets[set.Name] = runs[set.Name]
			told := runs[set.Name]
			if before, ok := o.last(set.Name); ok && before.Release == told.Release && before.ReleaseSince.Equal(told.ReleaseSince) && heals.IntN(4) == 0 {
				told.ReleaseSince, told.ReleaseNotBefore = now, time.Time{} // self-heals have pushed out of the history what came before
			}
			got := r.Observed(now, told)
			if got.Release != "" && !got.ReleaseSince.Equal(runs[set.Name].ReleaseSince) {
				t.Fatalf("seed %d, step %d, %s: %s since %v, want %v", seed, step, set.Name, got.Release, got.ReleaseSince, runs[set.Name].ReleaseSince)
			}
			seen.Observations = append(seen.Observations, got)
			r.Observed(now, told) // twice is once
		}
		o.all = append(o.all, view)
		current := fleet.NewCurrent(f, now, seen)
		r.took(f, current, o.gap)
		for _, set := range current.State().ShopSets {
			if since, events := o.drift(set.ShopSet); !since.Equal(set.DriftedSince) || events != *set.DriftEvents {
				t.Fatalf("seed %d, step %d, %s: drifts since %v, %d events; want %v, %d", seed, step, set.ShopSet, set.DriftedSince, *set.DriftEvents, since, events)
			}
		}
	}
	for i, tier := range f.Tiers() {
		m := r.tiers[tier.Name]
		promotions, rollbacks := int64(0), int64(0)
		for _, a := range o.arrivals(tier.Name) {
			if a.again {
				rollbacks++
			} else if !a.first && i > 0 {
				promotions++
			}
		}
		if m.Promotions != promotions || m.Rollbacks != rollbacks {
			t.Errorf("seed %d, %s: %d promotions, %d rollbacks; want %d, %d", seed, tier.Name, m.Promotions, m.Rollbacks, promotions, rollbacks)
		}
		if i > 0 {
			sameHistogram(t, fmt.Sprintf("seed %d, lead time to %s", seed, tier.Name), m.Lead, o.leads(tier.Name), leadBounds)
		}
		sameHistogram(t, fmt.Sprintf("seed %d, soak in %s", seed, tier.Name), m.Soak, o.soaks(tier.Name), soakBounds)
	}
}

// happen changes a few things.
func happen(rng *rand.Rand, f *fleet.Fleet, heads map[fleet.TierName]fleet.Head, runs map[fleet.ShopSetName]fleet.Observation, newest *int, now time.Time) {
	tiers := f.Tiers()
	switch n := rng.IntN(10); {
	case n < 2: // a merge, a while ago
		*newest++
		heads[tiers[0].Name] = fleet.Head{Release: commit(*newest), At: now.Add(-time.Duration(rng.IntN(30)) * time.Second)}
	case n == 2 && rng.IntN(4) == 0: // the lowest branch goes back
		heads[tiers[0].Name] = fleet.Head{Release: commit(max(0, *newest-rng.IntN(3))), At: now}
	case n < 7: // a promotion, now and then skipping, or of what nobody knows
		i := 1 + rng.IntN(len(tiers)-1)
		release := heads[tiers[i-1].Name].Release
		if rng.IntN(15) == 0 {
			release = commit(10_000 + rng.IntN(5))
		}
		heads[tiers[i].Name] = fleet.Head{Release: release, At: now}
	}
	for _, s := range f.ShopSets() {
		o := runs[s.Name]
		if want := heads[s.Tier].Release; want != o.Release && rng.IntN(3) > 0 || o.Release == "" {
			o.Release, o.ReleaseSince = want, now.Add(-time.Duration(rng.IntN(20))*time.Second)
			o.ReleaseNotBefore = o.ReleaseSince
		}
		switch rng.IntN(30) {
		case 0:
			o.Sync = fleet.OutOfSync
		case 1:
			o.Sync, o.Health = fleet.SyncUnknown, fleet.HealthUnknown
			if rng.IntN(2) == 0 {
				o.Release, o.ReleaseSince, o.ReleaseNotBefore = "", time.Time{}, time.Time{}
			}
		case 2:
			o.Health = fleet.Degraded
		case 3, 4, 5, 6, 7, 8:
			o.Sync, o.Health = fleet.Synced, fleet.Healthy
		}
		runs[s.Name] = o
	}
}

func sameHistogram(t *testing.T, what string, got histogram, durations []time.Duration, bounds []float64) {
	t.Helper()
	var want histogram
	for _, d := range durations {
		want.observe(d.Seconds(), bounds)
	}
	if got.Count != want.Count || !slices.Equal(got.Counts, want.Counts) || got.Sum-want.Sum > 1e-6 || want.Sum-got.Sum > 1e-6 {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func TestTheSourcesCountOfDriftsIsCarriedOn(t *testing.T) {
	r := newRecorder()
	steps := []struct {
		name   string
		sync   fleet.SyncStatus
		events int64
		since  time.Duration // of the source's onset; 0: it knows none
		want   int64
		drifts time.Duration // 0: it does not
	}{
		{"it drifts when it is first seen", fleet.OutOfSync, 0, 0, 0, 1 * time.Second},
		{"it is mended", fleet.Synced, 0, 0, 0, 0},
		{"two drifts healed themselves between two looks", fleet.Synced, 2, 0, 2, 0},
		{"it drifts, and the source saw when", fleet.OutOfSync, 3, 3500 * time.Millisecond, 3, 3500 * time.Millisecond},
		{"it was mended and drifts again", fleet.OutOfSync, 4, 4500 * time.Millisecond, 4, 4500 * time.Millisecond},
		{"the source restarts, and knows no onset", fleet.OutOfSync, 0, 0, 4, 4500 * time.Millisecond},
		{"and counts again", fleet.Synced, 1, 0, 5, 0},
	}
	for i, s := range steps {
		now := noon.Add(time.Duration(i+1) * time.Second)
		o := fleet.Observation{ShopSet: "a-1", Sync: s.sync, DriftEvents: &s.events}
		if s.since > 0 {
			o.DriftedSince = noon.Add(s.since)
		}
		got := r.Observed(now, o)
		want := time.Time{}
		if s.drifts > 0 {
			want = noon.Add(s.drifts)
		}
		if *got.DriftEvents != s.want || !got.DriftedSince.Equal(want) {
			t.Errorf("%s: %d events, since %v; want %d, %v", s.name, *got.DriftEvents, got.DriftedSince, s.want, want)
		}
	}
}

func TestWhatIsGoneFromTheFleetIsRememberedForADay(t *testing.T) {
	f := labFleet(t)
	d := f.Declarations()
	d.ShopSets, d.ShopGroups = d.ShopSets[:1], nil
	small := mustFleet(t, d)
	drifts := allWell(f, noon, 1)
	for i := range drifts {
		drifts[i].Sync = fleet.OutOfSync
	}
	for after, kept := range map[time.Duration]bool{forgetAfter - time.Minute: true, forgetAfter + time.Minute: false} {
		e := New(f, newRecorder(), Options{})
		e.Refresh(noon, View{Fleet: f, Observations: drifts})
		e.Refresh(noon.Add(time.Second), View{Fleet: small, Observations: drifts})
		e.Refresh(noon.Add(after), View{Fleet: small, Observations: drifts})
		s := e.Refresh(noon.Add(after+time.Second), View{Fleet: f, Observations: drifts})
		if last := s.ShopSets[len(s.ShopSets)-1]; last.DriftedSince.Equal(noon) != kept {
			t.Errorf("gone for %v: %s drifts since %v", after, last.ShopSet, last.DriftedSince)
		}
	}
}

func TestARenamedShopSetKeepsWhatIsRemembered(t *testing.T) {
	f := labFleet(t)
	d := f.Declarations()
	d.ShopSets, d.ShopGroups = d.ShopSets[:1], nil
	was := d.ShopSets[0].Name
	before := mustFleet(t, d)
	d.ShopSets[0].Name, d.ShopSets[0].Formerly = "another", []fleet.Former{{Name: was}}
	after := mustFleet(t, d)
	seen := allWell(before, noon, 1)
	seen[0].Release, seen[0].ReleaseSince = "r1", noon.Add(-time.Hour)
	e := New(before, newRecorder(), Options{})
	e.Refresh(noon, View{Fleet: before, Observations: seen})
	seen[0].ShopSet, seen[0].ReleaseSince, seen[0].ObservedAt = "another", noon.Add(time.Minute), noon.Add(time.Minute) // its Application is a new one
	s := e.Refresh(noon.Add(time.Minute), View{Fleet: after, Observations: seen})
	if got := s.ShopSets[0]; got.ShopSet != "another" || !got.ReleaseSince.Equal(noon.Add(-time.Hour)) {
		t.Errorf("%s runs %s since %v, want since an hour before %v", got.ShopSet, got.Release, got.ReleaseSince, noon)
	}
}
