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
	newer   atomic.Bool                    // current is newer than latest
	git     atomic.Pointer[fleet.Git]      // of Health
	state   atomic.Pointer[fleet.DocumentsState]

	mu        sync.Mutex
	recorder  *Recorder
	documents Documents
	fleet     *fleet.Fleet
	current   *fleet.Current // nil before the first Refresh
	writer    blockWriter
}

// New makes an Exporter of a fleet that goes on from what recorder remembers. Until
// the first Refresh it exports nothing about the fleet.
func New(f *fleet.Fleet, recorder *Recorder, o Options) *Exporter {
	e := &Exporter{options: o, page: newPage(), recorder: recorder, documents: Documents{Valid: true}}
	e.page.set(fBuild, buildLines(o.Build))
	e.take(f)
	e.Health(Health{})
	return e
}

// take makes room for another fleet.
func (e *Exporter) take(f *fleet.Fleet) {
	e.fleet, e.current = f, nil
	e.page.resize(len(f.ShopSets()), len(f.ShopGroups()))
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
	seen.Observations = e.judged(now, append(v.Observations[:len(v.Observations):len(v.Observations)], e.missing(v.Observations)...))
	e.current = fleet.NewCurrent(e.fleet, now, seen)
	e.recorder.took(e.fleet, e.current, e.options.MaxAge)
	s := e.current.State()
	for i := range s.ShopSets {
		e.page.put(&e.page.shopSets, i, e.writer.shopSet(&s.ShopSets[i]))
	}
	for i := range s.Groups {
		e.page.put(&e.page.groups, i, e.writer.group(&s.Groups[i]))
	}
	e.tiers()
	e.publish()
	return *e.latest.Load()
}

// missing gives the ShopSets that are not among what was seen.
func (e *Exporter) missing(seen []fleet.Observation) (missing []fleet.Observation) {
	there := make(map[fleet.ShopSetName]bool, len(seen))
	for i := range seen {
		there[seen[i].ShopSet] = true
	}
	for _, s := range e.fleet.ShopSets() {
		if !there[s.Name] {
			missing = append(missing, fleet.Unseen(s.Name))
		}
	}
	return missing
}

// judged judges by age, and adds what is remembered: a drift that cannot be seen is
// not over. Nothing is remembered of what was never seen anywhere, nor of what is
// not of the fleet.
func (e *Exporter) judged(now time.Time, seen []fleet.Observation) []fleet.Observation {
	out := make([]fleet.Observation, 0, len(seen))
	for _, o := range seen {
		if _, ok := e.fleet.ShopSet(o.ShopSet); !ok {
			continue
		}
		o = o.At(now, e.options.MaxAge)
		if o.Source != "" || !o.ObservedAt.IsZero() || e.recorder.shopSets[o.ShopSet] != nil {
			o = e.recorder.Observed(now, o)
		}
		out = append(out, o)
	}
	return out
}

// Observed takes in what was seen of some ShopSets between two Refreshes. What is
// exported is then the same as if all were refreshed, but for what has become too
// old since; it costs the same however many ShopSets the fleet has. A ShopSet that
// is not of the fleet is left out, and so are all before the first Refresh.
func (e *Exporter) Observed(now time.Time, seen ...fleet.Observation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil {
		return
	}
	shopSets, groups := e.current.Take(now, e.judged(now, seen)...)
	e.recorder.took(e.fleet, e.current, e.options.MaxAge)
	s := e.current.State()
	for _, i := range shopSets {
		e.page.put(&e.page.shopSets, i, e.writer.shopSet(&s.ShopSets[i]))
	}
	for _, i := range groups {
		e.page.put(&e.page.groups, i, e.writer.group(&s.Groups[i]))
	}
	e.tiers()
	e.newer.Store(true)
}

// publish makes a copy of what is current for readers.
func (e *Exporter) publish() {
	if e.current != nil {
		s := e.current.Snapshot()
		e.latest.Store(&s)
	}
	e.newer.Store(false)
}

// Snapshot gives what the last Refresh made, with what was Observed since; its zero
// value before the first. It does not wait for a Refresh that goes on, and gives
// the one before then.
func (e *Exporter) Snapshot() fleet.Snapshot {
	if e.newer.Load() && e.mu.TryLock() {
		e.publish()
		e.mu.Unlock()
	}
	if latest := e.latest.Load(); latest != nil {
		s := *latest
		s.Git, s.Documents = e.git.Load(), e.state.Load()
		return s
	}
	return fleet.Snapshot{}
}
