package kube

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// alone is a store that no Reflector fills, and its clock.
func alone(t *testing.T) (*store, *clock) {
	t.Helper()
	m, err := NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{}
	return newStore(m, c.now, teller{changed: func() {}, faulty: func(error) {}, taken: func() {}}), c
}

// one is an Application of its own ShopSet.
func one(name string, sync fleet.SyncStatus) *item {
	i := &item{app: appObject{Sync: sync, ObservedAt: noon}}
	i.Namespace, i.Name, i.Labels = "argocd", name, map[string]string{defaultLabel: name}
	return i
}

// changed are the ShopSets that a store gives as changed.
func changed(s *store) string {
	sets := map[fleet.ShopSetName]struct{}{}
	s.changes(sets)
	return fmt.Sprint(slices.Sorted(maps.Keys(sets)))
}

func TestAListForgetsTheApplicationsThatItLacks(t *testing.T) {
	s, _ := alone(t)
	list := func(items ...*item) {
		t.Helper()
		var objects []any
		for _, i := range items {
			objects = append(objects, i)
		}
		if err := s.Replace(objects, ""); err != nil {
			t.Fatal(err)
		}
	}
	// "a" has two Applications, "b" one; one belongs to nobody, and one is of an unknown shape.
	second, strange, odd := one("a", fleet.OutOfSync), one("x", fleet.Synced), one("c", fleet.Synced)
	second.Name, strange.Labels, odd.fault = "a-2", nil, fmt.Errorf("odd")
	list(one("a", fleet.Synced), second, one("b", fleet.Synced), strange, odd)
	if got := s.counts(); changed(s) != "[a b c]" || got != (counts{applications: 5, strangers: 1, faulty: 1}) {
		t.Fatalf("at first: %+v", got)
	}
	list(one("a", fleet.Synced), odd)
	if got := changed(s); got != "[a b c]" {
		t.Errorf("changed by a list without some: %s", got)
	}
	if got := s.counts(); got != (counts{applications: 2, faulty: 1}) {
		t.Errorf("left are %+v", got)
	}
	if parts := s.parts("a", nil, "east"); len(parts) != 1 || parts[0].name() != "a" || parts[0].cluster != "east" {
		t.Errorf("a still has %d Applications", len(parts))
	}
	if parts := s.parts("b", nil, ""); len(parts) != 0 {
		t.Errorf("b still has %d Applications", len(parts))
	}
	names := s.shopSets()
	slices.Sort(names)
	if keys := s.ListKeys(); len(keys) != 2 || fmt.Sprint(names) != "[a c]" {
		t.Errorf("known are %v of %v", keys, names)
	}
	list(one("a", fleet.Synced))
	if got := s.counts(); got != (counts{applications: 1}) {
		t.Errorf("the one of an unknown shape is still counted: %+v", got)
	}
}

// What nobody saw end has not ended: drift lasts over a time in which Argo CD says nothing.
func TestDriftLastsWhileItIsUnknown(t *testing.T) {
	s, c := alone(t)
	for _, step := range []struct {
		at       time.Duration
		sync     fleet.SyncStatus
		drifting bool
		since    time.Duration // since noon; -1: not known
		events   int64
	}{
		{0, fleet.Synced, false, -1, 0},
		{1 * time.Minute, fleet.SyncUnknown, false, -1, 0},
		{2 * time.Minute, fleet.OutOfSync, true, 2 * time.Minute, 1},
		{3 * time.Minute, fleet.SyncUnknown, true, 2 * time.Minute, 1},
		{4 * time.Minute, fleet.SyncUnknown, true, 2 * time.Minute, 1},
		{5 * time.Minute, fleet.OutOfSync, true, 2 * time.Minute, 1},
		{6 * time.Minute, fleet.Synced, false, -1, 1},
		{7 * time.Minute, fleet.SyncUnknown, false, -1, 1},
		{8 * time.Minute, fleet.OutOfSync, true, 8 * time.Minute, 2},
	} {
		c.to(step.at)
		if err := s.Add(one("a", step.sync)); err != nil {
			t.Fatal(err)
		}
		e, since := s.entries["argocd/a"], time.Duration(-1)
		if !e.driftedSince.IsZero() {
			since = e.driftedSince.Sub(noon)
		}
		if e.drifting != step.drifting || since != step.since || e.events != step.events {
			t.Errorf("%v, %s: drifting %v since %v, %d times; want %v since %v, %d times", step.at, step.sync, e.drifting, since, e.events, step.drifting, step.since, step.events)
		}
	}
	// One that drifted before anybody looked has no known beginning, also after a gap.
	for _, sync := range []fleet.SyncStatus{fleet.OutOfSync, fleet.SyncUnknown, fleet.OutOfSync} {
		if err := s.Add(one("b", sync)); err != nil {
			t.Fatal(err)
		}
	}
	if e := s.entries["argocd/b"]; !e.drifting || !e.driftedSince.IsZero() || e.events != 0 {
		t.Errorf("it drifted before: %+v", e)
	}
}

func TestAnApplicationThatChangesItsShopSetLeavesTheFormer(t *testing.T) {
	s, _ := alone(t)
	moved := one("a", fleet.Synced)
	for _, labels := range []map[string]string{{defaultLabel: "a"}, {defaultLabel: "b"}, nil, {defaultLabel: "a"}} {
		moved.Labels = labels
		if err := s.Add(moved); err != nil {
			t.Fatal(err)
		}
		want := "[]"
		if set := labels[defaultLabel]; set != "" {
			want = "[" + set + "]"
		}
		if got := fmt.Sprint(s.shopSets()); got != want || s.counts().applications != 1 {
			t.Errorf("labelled %v it belongs to %s, %+v", labels, got, s.counts())
		}
	}
	if got := s.counts(); got.strangers != 0 || got.changes != 4 {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsNoApplicationIsRefused(t *testing.T) {
	s, _ := alone(t)
	if s.Add("a") == nil || s.Update("a") == nil || s.Delete("a") == nil {
		t.Error("a text is taken for an Application")
	}
	if got := s.counts(); got != (counts{}) {
		t.Errorf("%+v", got)
	}
}
