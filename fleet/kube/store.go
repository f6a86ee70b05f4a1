package kube

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/tools/cache"

	"github.com/shopslo/shopslo/fleet"
)

// entry is one Application in memory, some hundred bytes.
type entry struct {
	shopSet fleet.ShopSetName // "": it belongs to none
	app     Application
	faulty  bool
	// drifting since then, as we saw it begin; zero where it drifted already when
	// we first saw it. events counts the beginnings that we saw.
	drifting     bool
	driftedSince time.Time
	events       int64
}

// store holds the Applications of one cluster. It is the cache.Store that a
// Reflector fills, so that nothing else keeps them.
type store struct {
	mapping Mapping
	now     func() time.Time
	changed func() // is told after each change, without the lock

	mu      sync.Mutex
	entries map[string]*entry // namespace/name
	of      map[fleet.ShopSetName]map[string]*entry
}

var _ cache.Store = (*store)(nil)

func newStore(m Mapping, now func() time.Time, changed func()) *store {
	return &store{mapping: m, now: now, changed: changed, entries: map[string]*entry{}, of: map[fleet.ShopSetName]map[string]*entry{}}
}

func key(i *item) string { return i.Namespace + "/" + i.Name }

// Add takes an Application in.
func (s *store) Add(object any) error {
	i, ok := object.(*item)
	if !ok {
		return fmt.Errorf("%T is no Application", object)
	}
	s.mu.Lock()
	s.put(i)
	s.mu.Unlock()
	s.changed()
	return nil
}

// Update takes a newer version in.
func (s *store) Update(object any) error { return s.Add(object) }

// Delete forgets an Application.
func (s *store) Delete(object any) error {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	i, ok := object.(*item)
	if !ok {
		return fmt.Errorf("%T is no Application", object)
	}
	s.mu.Lock()
	s.drop(key(i))
	s.mu.Unlock()
	s.changed()
	return nil
}

// Replace takes a whole list in, in place of what was there.
func (s *store) Replace(objects []any, _ string) error {
	s.mu.Lock()
	listed := make(map[string]bool, len(objects))
	for _, object := range objects {
		if i, ok := object.(*item); ok {
			listed[key(i)] = true
			s.put(i)
		}
	}
	for k := range maps.Keys(s.entries) {
		if !listed[k] {
			s.drop(k)
		}
	}
	s.mu.Unlock()
	s.changed()
	return nil
}

// put carries on an entry with a newer version.
func (s *store) put(i *item) {
	k := key(i)
	set, ok := s.mapping.ShopSet(i.Labels, i.Name, i.paths)
	if !ok {
		set = ""
	}
	e := &entry{shopSet: set, app: i.app, faulty: i.fault != nil, drifting: i.app.Sync == fleet.OutOfSync}
	if old := s.entries[k]; old != nil {
		e.events = old.events
		switch {
		case e.drifting && old.drifting:
			e.driftedSince = old.driftedSince
		case e.drifting:
			e.driftedSince = s.now()
			e.events++
		case e.app.Sync == fleet.SyncUnknown && old.drifting:
			e.drifting, e.driftedSince = true, old.driftedSince // nobody saw it end
		}
		s.drop(k)
	}
	s.entries[k] = e
	if e.shopSet != "" {
		if s.of[e.shopSet] == nil {
			s.of[e.shopSet] = map[string]*entry{}
		}
		s.of[e.shopSet][k] = e
	}
}

func (s *store) drop(k string) {
	e, ok := s.entries[k]
	if !ok {
		return
	}
	delete(s.entries, k)
	delete(s.of[e.shopSet], k)
	if len(s.of[e.shopSet]) == 0 {
		delete(s.of, e.shopSet)
	}
}

// ListKeys gives the names of all Applications.
func (s *store) ListKeys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.entries))
}

// List, Get, GetByKey and Resync are a cache.Store's; a Reflector has no use for
// the objects themselves, which are not kept.
func (s *store) List() []any                        { return nil }
func (s *store) Get(any) (any, bool, error)         { return nil, false, nil }
func (s *store) GetByKey(string) (any, bool, error) { return nil, false, nil }
func (s *store) Resync() error                      { return nil }

// counts gives how many Applications there are, belong to no ShopSet, and have an
// unknown shape.
func (s *store) counts() (all, strangers, faulty int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.shopSet == "" {
			strangers++
		}
		if e.faulty {
			faulty++
		}
	}
	return len(s.entries), strangers, faulty
}

// shopSets gives the names of the ShopSets that have an Application here.
func (s *store) shopSets() []fleet.ShopSetName {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.of))
}

// parts gives the Applications of a ShopSet, in no order.
func (s *store) parts(set fleet.ShopSetName) []*entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.of[set]))
}
