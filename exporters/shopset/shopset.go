// Package shopset exports a fleet to Prometheus: what is synced, what drifts and
// since when, whether the order of Tiers holds, how far each is behind, and
// whether redundancy is intact.
//
// What a ShopSet contributes to a scrape is written, and compressed, when the
// ShopSet changes, not when Prometheus asks (page.go). What Argo CD forgets is
// remembered across restarts (recorder.go). A figure that is not known has no
// series: never 0.
package shopset

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

//go:generate go test -run ^TestTheTableInTheDocsIsCurrent$ . -update

// Options say how an Exporter judges. The zero value trusts any age.
type Options struct {
	// MaxAge is the age from which on an Observation is Unknown; 0: none is.
	MaxAge time.Duration
	// Build stands in shopset_exporter_build_info.
	Build Build
}

// Build is what a program was built from; "" is not known.
type Build struct{ Version, Revision, Go string }

// Exporter holds what is exported. Its methods may be called at the same time.
type Exporter struct {
	options Options
	page    *page
	latest  atomic.Pointer[fleet.Snapshot] // so that readers never wait for git

	mu       sync.Mutex
	recorder *Recorder
	fleet    *fleet.Fleet
	index    map[fleet.ShopSetName]int // in snapshot.ShopSets, and on the page
	snapshot fleet.Snapshot
	apps     map[fleet.ShopSetName][]Application
	writer   blockWriter
}

// New makes an Exporter of a fleet that goes on from what recorder remembers. Until
// the first Refresh it exports nothing about the fleet.
func New(f *fleet.Fleet, recorder *Recorder, o Options) *Exporter {
	e := &Exporter{options: o, page: newPage(), recorder: recorder}
	e.page.set(fBuild, buildLines(o.Build))
	e.take(f)
	e.Health(Health{})
	return e
}

// take makes room for another fleet.
func (e *Exporter) take(f *fleet.Fleet) {
	e.fleet, e.index, e.snapshot = f, map[fleet.ShopSetName]int{}, fleet.Snapshot{}
	for i, s := range f.ShopSets() {
		e.index[s.Name] = i
	}
	e.page.resize(len(e.index))
	e.findings()
}

// View is the fleet as it is seen now.
type View struct {
	// Fleet is what there should be; the same one as before costs least.
	Fleet *fleet.Fleet
	// Observations of its ShopSets, in any order; what is not of the fleet is left
	// out, and what is missing is Unknown.
	Observations []fleet.Observation
	Heads        map[fleet.TierName]fleet.Head
	History      fleet.History // nil: nothing is known of the past
	// Applications are exported one by one where this is not nil.
	Applications map[fleet.ShopSetName][]Application
}

// Refresh makes the figures of the whole fleet anew. It is to be called at a steady
// pace, since age alone makes what was seen Unknown, and costs what a fleet of this
// size costs; what is written again is only what has changed.
func (e *Exporter) Refresh(now time.Time, v View) fleet.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	if v.Fleet != e.fleet {
		e.take(v.Fleet)
	}
	e.recorder.forget(e.fleet, now)
	seen := fleet.Seen{Heads: v.Heads, History: v.History, MaxAge: e.options.MaxAge, Before: e.recorder.before()}
	seen.Observations = make([]fleet.Observation, 0, len(e.index))
	for _, o := range v.Observations {
		if _, ok := e.index[o.ShopSet]; ok {
			seen.Observations = append(seen.Observations, e.recorder.Observed(now, o.At(now, e.options.MaxAge)))
		}
	}
	e.missing(now, &seen)
	s := fleet.Observe(e.fleet, now, seen)
	e.recorder.Took(e.fleet, s, e.options.MaxAge)
	e.snapshot, e.apps = s, v.Applications
	for i := range s.ShopSets {
		o := &s.ShopSets[i]
		e.page.put(i, e.writer.write(o, e.apps[o.ShopSet]))
	}
	e.tiers()
	e.groups()
	e.latest.Store(&s)
	return s
}

// missing adds what is remembered of ShopSets that nobody sees: a drift that
// cannot be seen is not over.
func (e *Exporter) missing(now time.Time, seen *fleet.Seen) {
	there := make(map[fleet.ShopSetName]bool, len(seen.Observations))
	for _, o := range seen.Observations {
		there[o.ShopSet] = true
	}
	for _, s := range e.fleet.ShopSets() {
		if !there[s.Name] && e.recorder.shopSets[s.Name] != nil {
			u := fleet.Unknown(s.Name, "nothing was seen of it")
			seen.Observations = append(seen.Observations, e.recorder.Observed(now, u))
		}
	}
}

// Observed takes in what was seen of one ShopSet between two Refreshes, and writes
// its own series anew. It costs the same however large the fleet is; what is
// counted of Tiers and groups follows with the next Refresh. A ShopSet that is not
// of the fleet is left out, and so is one before the first Refresh.
func (e *Exporter) Observed(now time.Time, o fleet.Observation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i, ok := e.index[o.ShopSet]
	if !ok || i >= len(e.snapshot.ShopSets) {
		return
	}
	state := e.snapshot.ShopSets[i]
	release := state.Release
	state.Observation = e.recorder.Observed(now, o.At(now, e.options.MaxAge))
	if state.Release != release {
		state.Behind = nil // to be counted with the next Refresh
	}
	e.page.put(i, e.writer.write(&state, e.apps[o.ShopSet]))
}

// Snapshot gives what the last Refresh made; its zero value before the first.
func (e *Exporter) Snapshot() fleet.Snapshot {
	if s := e.latest.Load(); s != nil {
		return *s
	}
	return fleet.Snapshot{}
}
