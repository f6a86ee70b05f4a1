package shopset

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

func TestTheSnapshotSaysSinceWhenATierSoaks(t *testing.T) {
	f := labFleet(t)
	e := New(f, newRecorder(), Options{})
	look := func(at time.Time, health fleet.Health, unverified string) time.Time {
		var seen []fleet.Observation
		for _, name := range []fleet.ShopSetName{"a-2", "b-1"} {
			seen = append(seen, fleet.Observation{ShopSet: name, Sync: fleet.Synced, Health: health, Release: commit(1), ObservedAt: at, Unverified: unverified})
		}
		return e.Refresh(at, View{Fleet: f, Observations: seen}).Tiers[2].SoakingSince
	}
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for _, step := range []struct {
		at         int
		health     fleet.Health
		unverified string
		want       time.Time
	}{
		{0, fleet.Healthy, "", minute(0)}, {1, fleet.Healthy, "", minute(0)},
		{2, fleet.Degraded, "", time.Time{}}, // a break
		{3, fleet.Healthy, "", minute(3)}, {4, fleet.Healthy, "", minute(3)},
		{5, fleet.Healthy, "the sync to r1 has failed", time.Time{}}, // another one
		{6, fleet.Healthy, "", minute(6)},
	} {
		if got := look(minute(step.at), step.health, step.unverified); !got.Equal(step.want) {
			t.Errorf("after %d minutes, %s: soaking since %v, want %v", step.at, step.health, got, step.want)
		}
		if got := e.Snapshot().Tiers[2].SoakingSince; !got.Equal(step.want) {
			t.Errorf("after %d minutes the served snapshot says %v, want %v", step.at, got, step.want)
		}
	}
}

// What is Suspended does not soak, and is settled: who accepts that may take it for a soak.
// A change of a ShopSet's own folders begins both anew.
func TestASuspendedTierIsSettled(t *testing.T) {
	f := labFleet(t)
	e := New(f, newRecorder(), Options{})
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for _, step := range []struct {
		at               int
		health           fleet.Health
		tree             string
		soaking, settled int // minutes; -1: neither
	}{
		{0, fleet.Healthy, "t1", 0, 0}, {1, fleet.Suspended, "t1", -1, 0}, {2, fleet.Healthy, "t1", 2, 0},
		{3, fleet.Healthy, "t2", 3, 3}, {4, fleet.Healthy, "t2", 3, 3}, {5, fleet.Healthy, "", 3, 3}, {6, fleet.Progressing, "t2", -1, -1}, {7, fleet.Suspended, "t2", -1, 7},
	} {
		var seen []fleet.Observation
		for _, name := range []fleet.ShopSetName{"a-2", "b-1"} {
			seen = append(seen, fleet.Observation{ShopSet: name, Sync: fleet.Synced, Health: step.health, Release: commit(1), ObservedAt: minute(step.at), Tree: step.tree, ChangedSince: minute(0)})
		}
		tier := e.Refresh(minute(step.at), View{Fleet: f, Observations: seen}).Tiers[2]
		for what, got := range map[string][2]time.Time{"soaking": {tier.SoakingSince, when(step.soaking)}, "settled": {tier.SettledSince, when(step.settled)}} {
			if !got[0].Equal(got[1]) {
				t.Errorf("after %d minutes, %s: %s since %v, want %v", step.at, step.health, what, got[0], got[1])
			}
		}
	}
}

// when is so many minutes after noon; -1: never.
func when(minutes int) time.Time {
	if minutes < 0 {
		return time.Time{}
	}
	return noon.Add(time.Duration(minutes) * time.Minute)
}

// Two controllers that undo each other have Argo CD sync the same commit every minute,
// and it keeps the last ten syncs.
func TestSelfHealsDoNotMoveSinceWhenAReleaseRuns(t *testing.T) {
	came := noon.Add(-9 * 24 * time.Hour)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	seen := func(release int, since, notBefore time.Time) fleet.Observation {
		return fleet.Observation{ShopSet: "a-1", Sync: fleet.Synced, Health: fleet.Healthy, Release: commit(release), Revision: "r", ReleaseSince: since, ReleaseNotBefore: notBefore}
	}
	r := newRecorder()
	for _, step := range []struct {
		name   string
		minute int
		seen   fleet.Observation
		want   time.Time
	}{
		{"it came nine days ago", 0, seen(1, came, came), came},
		{"ten self-heals later", 10, seen(1, at(0), time.Time{}), came},
		{"ten more", 20, seen(1, at(10), time.Time{}), came},
		{"nothing can be seen", 25, fleet.Unknown("a-1", "away"), time.Time{}},
		{"it is seen again", 30, seen(1, at(20), time.Time{}), came},
		{"another Release was there while nobody looked", 40, seen(1, at(39), at(39)), at(39)},
		{"it heals again", 50, seen(1, at(45), time.Time{}), at(39)},
		{"another Release", 60, seen(2, at(59), at(59)), at(59)},
		{"and back", 70, seen(1, at(69), at(69)), at(69)},
		{"back to what was there before, of which self-heals are all that is kept", 80, seen(2, at(75), time.Time{}), at(75)},
	} {
		step.seen.ObservedAt = at(step.minute)
		data, err := r.MarshalJSON() // each look is by another process
		if err == nil {
			r = newRecorder()
			err = r.UnmarshalJSON(data)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Observed(at(step.minute), step.seen); !got.ReleaseSince.Equal(step.want) {
			t.Errorf("%s: since %v, want %v", step.name, got.ReleaseSince, step.want)
		}
	}
}

// Argo CD keeps since when an Application is Healthy: a break that nobody saw, such as while
// the exporter was away, ends the soak as well.
func TestABreakThatNobodySawEndsASoak(t *testing.T) {
	f := labFleet(t)
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	r := newRecorder()
	for _, step := range []struct{ at, healthy, want int }{
		{0, -60, 0}, {1, -60, 0}, // it was Healthy for long
		{5, 4, 5}, {6, 4, 5}, // and was not for a while before the fourth minute
		{7, -60, 5}, // an Application that was later is gone
	} {
		data, err := r.MarshalJSON() // another process goes on
		if err != nil {
			t.Fatal(err)
		}
		if r = newRecorder(); r.UnmarshalJSON(data) != nil {
			t.Fatal(string(data))
		}
		var seen []fleet.Observation
		for _, name := range []fleet.ShopSetName{"a-2", "b-1"} {
			seen = append(seen, fleet.Observation{ShopSet: name, Sync: fleet.Synced, Health: fleet.Healthy, HealthSince: minute(step.healthy), Release: commit(1), ObservedAt: minute(step.at)})
		}
		tier := New(f, r, Options{}).Refresh(minute(step.at), View{Fleet: f, Observations: seen}).Tiers[2]
		if want := minute(step.want); !tier.SoakingSince.Equal(want) || !tier.SettledSince.Equal(want) {
			t.Errorf("after %d minutes: soaking since %v, settled since %v, want %v", step.at, tier.SoakingSince, tier.SettledSince, want)
		}
	}
}
