// Package kube reads a fleet from Kubernetes clusters: Argo CD's Applications, as
// fleet.Observations, and the ShopSet resources, as fleet.Declarations, of several
// clusters at once. It watches, and writes nothing.
//
// A cluster that cannot be reached makes its own ShopSets Unknown, and nobody
// else's. What is not needed of an Application is dropped while it is decoded.
package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
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
	// Grace is how long a cluster may be out of reach before its ShopSets are
	// Unknown, so that a connection may be renewed.
	Grace time.Duration
	// Now is the clock.
	Now func() time.Time
	// Log takes a line when a cluster is lost or found; nil: nobody is told.
	Log *slog.Logger
}

// Watcher watches clusters. Its methods may be called at the same time.
type Watcher struct {
	config   Config
	clusters []*cluster // by name
	changed  chan struct{}
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
		made, err := newCluster(c, one, w.notify)
		if err != nil {
			return nil, fmt.Errorf("watch cluster %q: %w", one.Name, err)
		}
		w.clusters = append(w.clusters, made)
	}
	slices.SortFunc(w.clusters, func(a, b *cluster) int { return cmpText(a.name, b.name) })
	return w, nil
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (w *Watcher) notify() {
	select {
	case w.changed <- struct{}{}:
	default: // somebody is to be woken already
	}
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
	now := w.config.Now()
	var all []fleet.Observation
	parts := map[fleet.ShopSetName][]*entry{}
	source := map[fleet.ShopSetName]string{}
	lost := map[fleet.ShopSetName]string{}
	for _, c := range w.clusters {
		reason, reachable := c.reachable(now)
		for _, set := range c.store.shopSets() {
			parts[set] = append(parts[set], c.store.parts(set)...)
			if source[set] == "" {
				source[set] = c.name
			}
			if !reachable {
				lost[set] = reason
			}
		}
	}
	for set, of := range parts {
		o := sum(set, of, releases, now, w.config.MaxAge)
		o.Source = source[set]
		if reason := lost[set]; reason != "" {
			u := fleet.Unknown(set, reason)
			u.Source, u.DriftedSince, u.DriftEvents = o.Source, o.DriftedSince, o.DriftEvents
			o = u
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b fleet.Observation) int { return cmpText(string(a.ShopSet), string(b.ShopSet)) })
	return all
}

// ClusterState is how the watch of one cluster is doing.
type ClusterState struct {
	Name string
	// Reached is when it last answered; zero: never.
	Reached time.Time
	// Err is why its Applications cannot be read, ResourcesErr why some ShopSet
	// resource cannot; nil where they can. That it has no CRDs for them is no error.
	Err, ResourcesErr error
	// Loaded: its Applications were listed at least once.
	Loaded bool
	// Applications that it has; those that belong to no ShopSet; those of an
	// unknown shape.
	Applications, Strangers, Faulty int
	// Failures counts the lists and watches that failed.
	Failures int64
}

// Clusters gives the state of each cluster, by name.
func (w *Watcher) Clusters() []ClusterState {
	var all []ClusterState
	for _, c := range w.clusters {
		all = append(all, c.state())
	}
	return all
}
