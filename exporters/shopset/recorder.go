package shopset

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// Recorder remembers what Argo CD does not: since when a ShopSet drifts and how
// often it did, which Releases a Tier has had, how long they soaked, and how long
// a change took. It has no clock and does no I/O; state.go keeps it in a file. It
// is for one goroutine.
type Recorder struct {
	at       time.Time // of the last Snapshot that it took in
	origins  []fleet.Release
	fleet    *fleet.Declarations // the last one that was valid; nil: none was
	shopSets map[fleet.ShopSetName]*shopSetMemory
	tiers    map[fleet.TierName]*tierMemory
	moved    []fleet.ShopSetName // that had a break since took was called: their own folders, health or Applications have changed
	changes  int64               // grows with everything that should be written down
}

// newRecorder makes one that remembers nothing.
func newRecorder() *Recorder {
	return &Recorder{shopSets: map[fleet.ShopSetName]*shopSetMemory{}, tiers: map[fleet.TierName]*tierMemory{}}
}

// Fleet gives the last fleet that was valid; nil: none is remembered.
func (r *Recorder) Fleet() *fleet.Declarations { return r.fleet }

// shopSetMemory is what is remembered of a ShopSet.
type shopSetMemory struct {
	// Known is the sync status when it was last known: Synced, OutOfSync, or "".
	Known        fleet.SyncStatus `json:"known,omitempty"`
	DriftedSince time.Time        `json:"drifted_since,omitzero"`
	DriftEvents  int64            `json:"drift_events"`
	Release      fleet.Release    `json:"release,omitempty"`
	Revision     string           `json:"revision,omitempty"`
	Source       string           `json:"source,omitempty"`
	ReleaseSince time.Time        `json:"release_since,omitzero"`
	// Tree is what its own folders had, since ChangedSince.
	Tree         string    `json:"tree,omitempty"`
	ChangedSince time.Time `json:"changed_since,omitzero"`
	// HealthySince is since when it was Healthy, when it last was.
	HealthySince time.Time `json:"healthy_since,omitzero"`
	// CreatedAt is when the youngest of its Applications was created, when that was last known.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// PendingSince is since when something has waited to be deployed; zero: nothing does.
	PendingSince time.Time `json:"pending_since,omitzero"`
	// Gone is since when it is not of the fleet; zero: it is.
	Gone time.Time `json:"gone,omitzero"`

	counted int64 // of the source's DriftEvents, which begin at 0 with the process
}

// Observed takes in what was seen of a ShopSet, already judged by its age
// (Observation.At), and gives it back with what is remembered: DriftedSince,
// DriftEvents, Release, ReleaseSince and, where nothing was seen, Source. The same Observation may come any number
// of times. It costs the same however large the fleet is.
//
// A drift begins when a ShopSet that was last known to be Synced is OutOfSync, and not only
// because something is pending; it ends when the ShopSet is Synced. The
// source counts those that it sees (Observation.DriftEvents), also one that is
// over again already; those that it does not, such as one across a restart, are
// counted here. A ShopSet that is OutOfSync when it is seen for the first time
// drifts since now at the latest, and is not counted: nobody watched it begin. What
// becomes Unknown keeps its drift.
func (r *Recorder) Observed(now time.Time, o fleet.Observation) fleet.Observation {
	m := r.shopSets[o.ShopSet]
	if m == nil {
		m = &shopSetMemory{}
		r.shopSets[o.ShopSet] = m
	}
	was := *m
	news := m.news(o.DriftEvents)
	m.DriftEvents += news
	o = m.pending(o)
	switch {
	case o.Sync == fleet.Synced:
		m.Known, m.DriftedSince = fleet.Synced, time.Time{}
	case o.Drifts() && m.Known != fleet.OutOfSync:
		if m.Known == fleet.Synced && news == 0 {
			m.DriftEvents++
		}
		m.Known, m.DriftedSince = fleet.OutOfSync, cmp.Or(o.DriftedSince, now).UTC()
	case o.Drifts() && news > 0 && o.DriftedSince.After(m.DriftedSince):
		m.DriftedSince = o.DriftedSince.UTC() // it was over in between, and nobody asked
	}
	o.DriftedSince = m.DriftedSince
	events := m.DriftEvents
	o.DriftEvents = &events
	m.Source = cmp.Or(o.Source, m.Source)
	o.Source = m.Source
	o = m.release(o)
	o = r.changed(m, o)
	r.healthy(m, &o)
	r.created(m, &o)
	if *m != was {
		r.changes++
	}
	return o
}

// pending carries on since when something waits to be deployed. What drifted before that
// came drifts still.
func (m *shopSetMemory) pending(o fleet.Observation) fleet.Observation {
	switch {
	case o.Sync == fleet.SyncUnknown:
		return o
	case o.Pending == "" || m.Known == fleet.OutOfSync && o.Sync == fleet.OutOfSync:
		o.Pending, o.PendingSince, m.PendingSince = "", time.Time{}, time.Time{}
		return o
	case m.PendingSince.IsZero():
		m.PendingSince = o.PendingSince.UTC()
	}
	o.PendingSince = m.PendingSince
	return o
}

// news gives how many beginnings of drifts the source has counted since it was last
// asked. A source that counts from 0 again has forgotten, not undone.
func (m *shopSetMemory) news(events *int64) int64 {
	if events == nil {
		return 0
	}
	news := *events - m.counted
	if news < 0 {
		news = *events
	}
	m.counted = *events
	return news
}

// release carries on which Release is behind a Revision, and since when it runs.
func (m *shopSetMemory) release(o fleet.Observation) fleet.Observation {
	if o.Release == "" && o.Revision != "" && o.Revision == m.Revision {
		o.Release = m.Release
	}
	if o = o.Remembering(m.Release, m.ReleaseSince); o.Release == "" {
		return o
	}
	o.ReleaseSince = o.ReleaseSince.UTC()
	m.Release, m.Revision, m.ReleaseSince = o.Release, o.Revision, o.ReleaseSince
	return o
}

// changed carries on since when the ShopSet's own folders have been as they are, and notes
// where they are others now.
func (r *Recorder) changed(m *shopSetMemory, o fleet.Observation) fleet.Observation {
	if o.Tree == "" {
		if o.Release != "" && o.Release == m.Release {
			o.ChangedSince = m.ChangedSince // git does not tell at the moment
		}
		return o
	}
	o = o.RememberingTree(m.Tree, m.ChangedSince)
	o.ChangedSince = o.ChangedSince.UTC()
	if m.Tree != "" && m.Tree != o.Tree {
		r.moved = append(r.moved, o.ShopSet)
	}
	m.Tree, m.ChangedSince = o.Tree, o.ChangedSince
	return o
}

// healthy notes where a ShopSet has been Healthy since a later time than when it was last seen
// to be: in between it was not, though nobody saw it.
func (r *Recorder) healthy(m *shopSetMemory, o *fleet.Observation) {
	if o.Health != fleet.Healthy || o.HealthSince.IsZero() {
		return
	}
	if !m.HealthySince.IsZero() && o.HealthSince.After(m.HealthySince) {
		r.moved = append(r.moved, o.ShopSet)
	}
	m.HealthySince = o.HealthSince.UTC()
}

// created notes where a ShopSet has an Application that is younger than those that were last
// seen: one of the same name may have been deleted before, and nobody saw it.
func (r *Recorder) created(m *shopSetMemory, o *fleet.Observation) {
	if o.CreatedAt.IsZero() {
		return
	}
	if !m.CreatedAt.IsZero() && o.CreatedAt.After(m.CreatedAt) {
		r.moved = append(r.moved, o.ShopSet)
	}
	m.CreatedAt = o.CreatedAt.UTC()
}

// before gives what fleet.Observe needs of an earlier Snapshot.
func (r *Recorder) before() fleet.Snapshot {
	s := fleet.Snapshot{At: r.at}
	for _, name := range slices.Sorted(maps.Keys(r.tiers)) {
		t := r.tiers[name]
		s.Tiers = append(s.Tiers, fleet.TierState{Tier: name, Ran: t.Ran, SkewedSince: t.SkewedSince, Skewed: !t.SkewedSince.IsZero()})
	}
	return s
}

// forgetAfter is how long what is gone from the fleet is remembered: a document
// that is mended, or a cluster that answers again, brings it back.
const forgetAfter = 24 * time.Hour

// renamed lets what is remembered of a ShopSet go on under the name that it has now.
func (r *Recorder) renamed(f *fleet.Fleet) {
	for _, set := range f.ShopSets() {
		for _, was := range set.Formerly {
			if m := r.shopSets[was.Name]; m != nil && r.shopSets[set.Name] == nil {
				delete(r.shopSets, was.Name)
				r.shopSets[set.Name] = m
				r.changes++
			}
		}
	}
}

// forget drops what has not been of the fleet for a day.
func (r *Recorder) forget(f *fleet.Fleet, now time.Time) {
	r.renamed(f)
	for name, m := range r.shopSets {
		if _, ok := f.ShopSet(name); r.gone(&m.Gone, ok, now) {
			delete(r.shopSets, name)
		}
	}
	for name, m := range r.tiers {
		if _, ok := f.Tier(name); r.gone(&m.Gone, ok, now) {
			delete(r.tiers, name)
		}
	}
}

// gone notes whether something is there, and says whether it is to be forgotten.
func (r *Recorder) gone(since *time.Time, there bool, now time.Time) bool {
	switch {
	case there && since.IsZero():
		return false
	case there:
		*since = time.Time{}
	case since.IsZero():
		*since = now.UTC()
	default:
		if now.Sub(*since) < forgetAfter {
			return false
		}
	}
	r.changes++
	return !there && now.Sub(*since) >= forgetAfter
}
