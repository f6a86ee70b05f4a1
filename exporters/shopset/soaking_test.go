package shopset

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

func TestTheSnapshotSaysSinceWhenATierSoaks(t *testing.T) {
	f := labFleet(t)
	e := New(f, NewRecorder(), Options{})
	look := func(at time.Time, health fleet.Health) time.Time {
		var seen []fleet.Observation
		for _, name := range []fleet.ShopSetName{"a-2", "b-1"} {
			seen = append(seen, fleet.Observation{ShopSet: name, Sync: fleet.Synced, Health: health, Release: commit(1), ObservedAt: at})
		}
		return e.Refresh(at, View{Fleet: f, Observations: seen}).Tiers[2].SoakingSince
	}
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for _, step := range []struct {
		at     int
		health fleet.Health
		want   time.Time
	}{
		{0, fleet.Healthy, minute(0)}, {1, fleet.Healthy, minute(0)},
		{2, fleet.Degraded, time.Time{}}, // a break
		{3, fleet.Healthy, minute(3)}, {4, fleet.Healthy, minute(3)},
	} {
		if got := look(minute(step.at), step.health); !got.Equal(step.want) {
			t.Errorf("after %d minutes, %s: soaking since %v, want %v", step.at, step.health, got, step.want)
		}
		if got := e.Snapshot().Tiers[2].SoakingSince; !got.Equal(step.want) {
			t.Errorf("after %d minutes the served snapshot says %v, want %v", step.at, got, step.want)
		}
	}
}
