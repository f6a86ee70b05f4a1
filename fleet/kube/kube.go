// Package kube reads a fleet from Kubernetes clusters: Argo CD's Applications, as
// fleet.Observations, and the ShopSet resources, as fleet.Declarations, of several
// clusters at once. It watches, and writes nothing.
//
// A cluster that cannot be reached makes its own ShopSets Unknown, and nobody
// else's. What is not needed of an Application is dropped while it is decoded.
package kube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"

	"github.com/shopslo/shopslo/fleet"
)

// Cluster is one to read from.
type Cluster struct {
	Name   string
	Config *rest.Config
}

// Config says what is read, and how.
type Config struct {
	// Mapping says which ShopSet an Application belongs to; its zero value is no
	// Mapping, make one with NewMapping.
	Mapping Mapping
	// Namespace is the one where Applications are; "" is all of them, for which
	// deploy/rbac has a ClusterRole.
	Namespace string
	// Resources: the ShopSet resources are read as well.
	Resources bool
	// MaxAge is the age of Argo CD's last comparison from which on it is Unknown;
	// 0: any age is trusted. Argo CD compares every three minutes by default.
	MaxAge time.Duration
	// Repository is the URL of the one that the fleet is deployed from, which decides among
	// several sources of an Application; "": nobody says.
	Repository string
	// Projects: Argo CD's AppProjects are read as well, for their sync windows.
	Projects bool
	// Components are those that a ShopSet should have; nil: nobody says.
	Components func(fleet.ShopSetName) []fleet.ComponentName
	// Tree tells what a ShopSet is deployed from apart; nil: nobody does.
	Tree Tree
	// SecretsRefused are clusters whose cluster Secrets could not be listed (ArgoSecrets): it
	// shows in their ClusterState.
	SecretsRefused []string
	// Parts: Observations say what each Application is like.
	Parts bool
	// Grace is how long a cluster may be out of reach before its ShopSets are
	// Unknown, so that a connection may be renewed.
	Grace time.Duration
	// Now is the clock.
	Now func() time.Time
	// Log takes a line when a cluster is lost or found, and one for each fault,
	// which it repeats only after it has been over for a while; nil: nobody is told.
	Log *slog.Logger
}

// Watcher watches clusters. Its methods may be called at the same time.
type Watcher struct {
	config   Config
	clusters []*cluster // by name
	changed  chan struct{}
	declared atomic.Bool // ShopSet resources have changed
}

// New makes a Watcher. The error says what is wrong with the configuration; that a
// cluster cannot be reached is none.
func New(c Config, clusters []Cluster) (*Watcher, error) {
	if c.Now == nil || c.Mapping.label == "" {
		return nil, errors.New("watch clusters: the configuration has no clock, or no mapping")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	w := &Watcher{config: c, changed: make(chan struct{}, 1)}
	for _, one := range clusters {
		if slices.ContainsFunc(w.clusters, func(other *cluster) bool { return other.name == one.Name }) {
			return nil, fmt.Errorf("watch clusters: two are named %q; give each its own name", one.Name)
		}
		made, err := newCluster(c, one, w.notify, w.declare)
		if err != nil {
			return nil, fmt.Errorf("watch cluster %q: %w", one.Name, err)
		}
		w.clusters = append(w.clusters, made)
	}
	slices.SortFunc(w.clusters, func(a, b *cluster) int { return cmp.Compare(a.name, b.name) })
	return w, nil
}

func (w *Watcher) notify() {
	select {
	case w.changed <- struct{}{}:
	default: // somebody is to be woken already
	}
}

func (w *Watcher) declare() {
	w.declared.Store(true)
	w.notify()
}

// Changed receives after something has changed, once for any number of changes.
func (w *Watcher) Changed() <-chan struct{} { return w.changed }

// Run watches until ctx is done. It returns when nothing runs any more.
func (w *Watcher) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, c := range w.clusters {
		for _, run := range c.reflectors(ctx) {
			all.Go(func() { run(ctx.Done()) })
		}
	}
	all.Wait()
}

// Observations gives what was seen of every ShopSet that some Application belongs
// to, by name. Those of a cluster that is out of reach are Unknown, and say since
// when. releases tells the Release behind a revision.
func (w *Watcher) Observations(releases Releases) []fleet.Observation {
	w.take(map[fleet.ShopSetName]struct{}{}) // what has changed is among them
	every := map[fleet.ShopSetName]struct{}{}
	for _, c := range w.clusters {
		for _, set := range c.store.shopSets() {
			every[set] = struct{}{}
		}
	}
	return w.observe(every, releases)
}

// Changes gives what is seen now of the ShopSets of which something has changed since
// the last call of Changes or Observations, by name, also of those that have no
// Application any more (fleet.Unseen), of those whose status has become too old, and
// of those whose cluster is lost now. It costs what has changed, however many Applications
// there are; now and then, when one may have become too old, a look at each one's time.
// whole: more than these has changed, namely some of the ShopSet resources, or which
// clusters are lost.
//
// What releases tells is asked for anew only of what has changed.
func (w *Watcher) Changes(releases Releases) (changed []fleet.Observation, whole bool) {
	whole = w.declared.Swap(false)
	now, sets := w.config.Now(), map[fleet.ShopSetName]struct{}{}
	for _, c := range w.clusters {
		c.store.age(now, w.config.MaxAge)
		c.store.ripen(now)
		whole = c.turnedOut(now) || whole
	}
	w.take(sets)
	return w.observe(sets, releases), whole
}

// take adds the ShopSets that have changed since it was last called.
func (w *Watcher) take(into map[fleet.ShopSetName]struct{}) {
	for _, c := range w.clusters {
		c.store.changes(into)
	}
}

// observe sums up the Applications of each of these ShopSets.
func (w *Watcher) observe(sets map[fleet.ShopSetName]struct{}, releases Releases) []fleet.Observation {
	if len(sets) == 0 {
		return nil
	}
	now, lost := w.config.Now(), w.Lost()
	all := make([]fleet.Observation, 0, len(sets))
	var parts []part
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		parts = parts[:0]
		for _, c := range w.clusters {
			parts = c.store.parts(set, parts, c.name)
		}
		all = append(all, w.sum(set, parts, lost, releases, now))
	}
	return all
}

// sum makes an Observation of the Applications of a ShopSet. Where one of them is in
// a cluster that is lost, nothing is known of the whole.
func (w *Watcher) sum(set fleet.ShopSetName, parts []part, lost map[string]string, releases Releases, now time.Time) fleet.Observation {
	if len(parts) == 0 {
		return fleet.Unseen(set)
	}
	o := sum(set, parts, releases, now, w.config.MaxAge)
	if o.Revision != "" && o.Release == "" && w.config.Repository != "" {
		o.Reason = joined(o.Reason, "the repository of releases (--git.system) does not have the deployed revision "+oneLine(o.Revision))
	}
	w.complete(&o, parts, releases, now)
	o.Source = parts[0].cluster
	if i := slices.IndexFunc(parts, func(p part) bool { return lost[p.cluster] != "" }); i >= 0 {
		u := fleet.Unknown(set, lost[parts[i].cluster])
		u.Source, u.DriftedSince, u.DriftEvents = o.Source, o.DriftedSince, o.DriftEvents
		o = u
	}
	if w.config.Parts {
		o.Parts = single(parts, lost, now, w.config.MaxAge)
	}
	return o
}

// complete adds what follows from all Applications of a ShopSet together.
func (w *Watcher) complete(o *fleet.Observation, parts []part, releases Releases, now time.Time) {
	var components []fleet.ComponentName
	if w.config.Components != nil {
		components = w.config.Components(o.ShopSet)
	}
	sumPending(o, parts, w.config.Tree, releases)
	sumChanged(o, parts, w.config.Tree)
	sumHeld(o, parts)
	sumServing(o, parts, now)
	sumPresent(o, parts, components)
	o.HealthSince, o.Workings = healthSince(o.Health, parts), workings(parts)
	if o.Absent != nil || slices.ContainsFunc(parts, func(p part) bool { return len(p.components(components)) > 0 }) {
		n := len(parts) + len(o.Absent)
		o.Workings.Expected = &n
	}
}

// Lost gives the clusters that have been out of reach for longer than Config.Grace, by
// name, and why in a sentence. A cluster that answers that it has no Applications, and
// never had one, is not lost: an Argo CD elsewhere may manage it.
func (w *Watcher) Lost() map[string]string {
	now, lost := w.config.Now(), map[string]string{}
	for _, c := range w.clusters {
		if reason, reachable := c.reachable(now); !reachable {
			lost[c.name] = reason
		}
	}
	return lost
}

// ClusterState is how the watch of one cluster is doing.
type ClusterState struct {
	Name string
	// SecretsRefused: which clusters its Argo CD knows besides could not be read.
	SecretsRefused bool
	// Compared is when Argo CD last compared one of its Applications; zero: never.
	Compared time.Time
	// Reached is when it last answered; zero: never.
	Reached time.Time
	// Err is why its Applications cannot be read, ResourcesErr why some ShopSet
	// resource cannot; nil where they can. That it has no CRDs for them is no error.
	Err, ResourcesErr error
	// Loaded: its Applications were listed at least once. Declared: so were the ShopSet
	// resources, where these are read.
	Loaded, Declared bool
	// Applications that it has; those that belong to no ShopSet; those of an
	// unknown shape.
	Applications, Strangers, Faulty int
	// Failures counts the lists and watches that failed, Faults all that went wrong
	// or was delayed, also what mended itself. One that never was is missing.
	Failures int64
	Faults   map[fleet.Fault]int64
	// Changes of Applications that were taken in, lists not counted.
	Changes int64
	// ListTook is how long the last list of Applications took; 0: there was none.
	ListTook time.Duration
}

// Clusters gives the state of each cluster, by name.
func (w *Watcher) Clusters() []ClusterState {
	var all []ClusterState
	for _, c := range w.clusters {
		s := c.state()
		s.SecretsRefused = slices.Contains(w.config.SecretsRefused, c.name)
		all = append(all, s)
	}
	return all
}
