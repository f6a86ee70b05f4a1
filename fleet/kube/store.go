package kube

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/tools/cache"

	"github.com/shopslo/shopslo/fleet"
)

// entry is one Application in memory, some hundred bytes.
type entry struct {
	key       string            // namespace/name
	shopSet   fleet.ShopSetName // "": it belongs to none
	app       appObject
	faulty    bool
	old       bool   // it was told that the last comparison is too old
	component string // that its label names, or a pattern; "": neither does
	// pendingSince is when app.awaited was first seen; healthSince since when it has its
	// health, as Argo CD says or we saw.
	pendingSince, healthSince time.Time
	waiting                   []uint32  // resources that differed then, by which a later change shows
	due                       time.Time // when time alone makes it another; zero: never
	// drifting since then, as we saw it begin; zero where it drifted already when
	// we first saw it. events counts the beginnings that we saw.
	drifting     bool
	driftedSince time.Time
	events       int64
}

func (e *entry) namespace() string { before, _, _ := strings.Cut(e.key, "/"); return before }
func (e *entry) name() string      { _, after, _ := strings.Cut(e.key, "/"); return after }

// store holds the Applications of one cluster. It is the cache.Store that a
// Reflector fills, so that nothing else keeps them.
type store struct {
	mapping  Mapping
	projects *projects // nil: there are none
	now      func() time.Time
	tell     teller

	mu       sync.Mutex
	entries  map[string]*entry // namespace/name
	of       map[fleet.ShopSetName][]*entry
	fresh    map[fleet.ShopSetName]struct{} // ShopSets that changed since they were asked for
	counted  counts
	compared time.Time // when Argo CD last did, any of them
	due      time.Time // of the first entry; zero: none
	oldest   time.Time // nothing that is not old yet was compared before
}

// counts are figures of a store.
type counts struct {
	// applications that there are, of no ShopSet, of an unknown shape.
	applications, strangers, faulty int
	changes                         int64 // that were taken in, lists not counted
}

// teller is told of changes, without the lock.
type teller struct {
	changed func()
	faulty  func(err error) // an Application has an unknown shape
	taken   func()          // one change was taken in
}

var _ cache.Store = (*store)(nil)

func newStore(m Mapping, now func() time.Time, tell teller) *store {
	return &store{
		mapping: m, now: now, tell: tell, entries: map[string]*entry{},
		of: map[fleet.ShopSetName][]*entry{}, fresh: map[fleet.ShopSetName]struct{}{},
	}
}

func key(i *item) string { return i.Namespace + "/" + i.Name }

// Add takes an Application in.
func (s *store) Add(object any) error {
	i, ok := object.(*item)
	if !ok {
		return fmt.Errorf("%T is no Application", object)
	}
	s.mu.Lock()
	newly := s.put(i)
	s.counted.changes++
	s.mu.Unlock()
	if newly {
		s.tell.faulty(i.problem())
	}
	s.tell.taken()
	s.tell.changed()
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
	s.counted.changes++
	s.mu.Unlock()
	s.tell.taken()
	s.tell.changed()
	return nil
}

// Replace takes a whole list in, in place of what was there.
func (s *store) Replace(objects []any, _ string) error {
	var newly []error
	s.mu.Lock()
	listed := make(map[string]bool, len(objects))
	for _, object := range objects {
		if i, ok := object.(*item); ok {
			listed[key(i)] = true
			if s.put(i) {
				newly = append(newly, i.problem())
			}
		}
	}
	for k := range maps.Keys(s.entries) {
		if !listed[k] {
			s.drop(k)
		}
	}
	s.mu.Unlock()
	for _, err := range newly {
		s.tell.faulty(err)
	}
	s.tell.changed()
	return nil
}

// put carries on an entry with a newer version. newlyFaulty: it has an unknown
// shape, and had not before.
func (s *store) put(i *item) (newlyFaulty bool) {
	k := key(i)
	set, ok := s.mapping.shopSet(i.Labels, i.Name, i.paths)
	if !ok {
		set = ""
	}
	e := &entry{key: k, shopSet: set, app: i.app, faulty: i.fault != nil, component: shared(s.mapping.component(i.Labels, i.Name, i.paths))}
	newlyFaulty = e.faulty
	old := s.entries[k]
	if old != nil && e.app.present.another(&old.app.present) {
		s.drop(k) // it was deleted, and nobody said so
		old = nil
	}
	if old != nil && e.faulty {
		e.app.facts = old.app.facts // until it can be read again
	} else if old != nil {
		e.app = e.app.after(&old.app)
	}
	e.drifting = e.app.Sync == fleet.OutOfSync && (e.app.awaited == "" || old != nil && e.changesBeside(old))
	if old == nil {
		e.waiting = e.app.facts.differ
	}
	e.sinceWhen(old, s.now())
	if old != nil {
		e.key, e.events = old.key, old.events
		if old.shopSet == set {
			e.shopSet = old.shopSet // the same memory
		}
		newlyFaulty = e.faulty && !old.faulty
		switch {
		case e.drifting && old.drifting:
			e.driftedSince = old.driftedSince
		case e.drifting:
			e.driftedSince = s.now()
			e.events++
		case e.app.Sync != fleet.Synced && old.drifting:
			e.drifting, e.driftedSince = true, old.driftedSince // nobody saw it end
		}
		s.drop(k)
	}
	s.entries[e.key] = e
	s.count(e, 1)
	s.compared = latest(s.compared, e.app.ObservedAt)
	if set != "" {
		s.await(e)
		if e.app.ObservedAt.Before(s.oldest) {
			s.oldest = e.app.ObservedAt
		}
		of := s.of[set]
		if len(of) > 0 {
			e.shopSet = of[0].shopSet
		}
		s.of[e.shopSet] = append(of, e)
		s.fresh[e.shopSet] = struct{}{}
	}
	return newlyFaulty
}

// sinceWhen tells since when its health and what is pending are as they are.
func (e *entry) sinceWhen(old *entry, now time.Time) {
	e.healthSince = e.app.present.since
	if e.app.awaited != "" {
		e.pendingSince = now
	}
	switch {
	case !e.healthSince.IsZero():
	case old != nil && old.app.Health != e.app.Health, old == nil && e.app.Health == fleet.Progressing:
		e.healthSince = now // at the latest: what is Progressing for too long serves nobody
	}
	if old == nil {
		return
	}
	if e.app.awaited != "" && !old.pendingSince.IsZero() {
		e.pendingSince = old.pendingSince
	}
	if e.healthSince.IsZero() && old.app.Health == e.app.Health {
		e.healthSince = old.healthSince
	}
}

func (s *store) count(e *entry, n int) {
	s.counted.applications += n
	if e.shopSet == "" {
		s.counted.strangers += n
	}
	if e.faulty {
		s.counted.faulty += n
	}
}

func (s *store) drop(k string) {
	e, ok := s.entries[k]
	if !ok {
		return
	}
	delete(s.entries, k)
	s.count(e, -1)
	if e.shopSet == "" {
		return
	}
	s.fresh[e.shopSet] = struct{}{}
	of := s.of[e.shopSet]
	i := slices.Index(of, e)
	of[i] = of[len(of)-1]
	of[len(of)-1] = nil
	if of = of[:len(of)-1]; len(of) > 0 {
		s.of[e.shopSet] = of
	} else {
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

func (s *store) counts() counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counted
}

// lastCompared is when Argo CD last compared one of them; zero: never.
func (s *store) lastCompared() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.compared
}

// shopSets gives the names of the ShopSets that have an Application here.
func (s *store) shopSets() []fleet.ShopSetName {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.of))
}

// touch has every ShopSet count as changed.
func (s *store) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for set := range s.of {
		s.fresh[set] = struct{}{}
	}
}

// age has the ShopSets count as changed whose Applications have become too old since it
// was last called. It reads the Applications only where one of them may have.
func (s *store) age(now time.Time, maxAge time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if maxAge == 0 || now.Sub(s.oldest) <= maxAge {
		return
	}
	s.oldest = now
	for _, e := range s.entries {
		switch {
		case e.old || e.shopSet == "":
		case now.Sub(e.app.ObservedAt) > maxAge:
			e.old = true
			s.fresh[e.shopSet] = struct{}{}
		case e.app.ObservedAt.Before(s.oldest):
			s.oldest = e.app.ObservedAt
		}
	}
}

// await notes when time alone makes an entry another.
func (s *store) await(e *entry) {
	now := s.now()
	_, serves := e.app.present.away(e.app.Health, false, e.healthSince)
	e.due = time.Time{}
	for _, at := range []time.Time{serves, e.app.UnverifiedFrom} {
		if at.After(now) && (e.due.IsZero() || at.Before(e.due)) {
			e.due = at
		}
	}
	if !e.due.IsZero() && (s.due.IsZero() || e.due.Before(s.due)) {
		s.due = e.due
	}
}

// ripen has the ShopSets count as changed of which time alone has made something else. It
// reads the Applications only when one of them is due.
func (s *store) ripen(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due.IsZero() || now.Before(s.due) {
		return
	}
	s.due = time.Time{}
	for _, e := range s.entries {
		if e.due.IsZero() {
			continue
		}
		if !now.Before(e.due) {
			s.fresh[e.shopSet] = struct{}{}
		}
		s.await(e)
	}
}

// changes adds the ShopSets that changed since it was last called.
func (s *store) changes(into map[fleet.ShopSetName]struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fresh) > 0 {
		maps.Copy(into, s.fresh)
		s.fresh = map[fleet.ShopSetName]struct{}{}
	}
}

// window says why a sync window keeps an Application from being synced by Argo CD itself.
// stops: an operation that goes on, too.
func (s *store) window(e *entry) (why string, known, stops bool) {
	if s.projects == nil {
		return "", false, false
	}
	project := cmp.Or(e.app.wanted.project, "default")
	windows, known := s.projects.of(place{e.namespace(), project}, s.now())
	if len(windows) == 0 {
		return "", known, false
	}
	why = blocked(project, windows, e.name(), &e.app.wanted.to)
	stops = why != "" && !goesOn(windows, e.name(), &e.app.wanted.to, &e.app.facts.last)
	return why, known, stops
}

// touchProjects has the ShopSets count as changed that have an Application of some projects.
func (s *store) touchProjects(of map[string]bool, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.shopSet != "" && (all || of[cmp.Or(e.app.wanted.project, "default")]) {
			s.fresh[e.shopSet] = struct{}{}
		}
	}
}

// parts adds the Applications of a ShopSet, in no order.
func (s *store) parts(set fleet.ShopSetName, into []part, cluster string) []part {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.of[set] {
		p := part{cluster: cluster, entry: e}
		p.window, p.windows, p.stopped = s.window(e)
		into = append(into, p)
	}
	return into
}

// part is an Application of a ShopSet, and where it was seen.
type part struct {
	cluster string
	*entry
	window  string // why a sync window keeps it from being synced; "": none does
	windows bool   // that is known
	stopped bool   // it keeps the operation that goes on from it, too
}
