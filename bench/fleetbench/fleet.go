// Package fleetbench measures shopset_exporter beside Argo CD's own controller
// metrics. Both are programs of their own that watch the same Applications on API
// servers of this package, are told of the same changes, and are scraped in turn.
package fleetbench

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// components are what a ShopSet consists of, an Application each.
var components = []string{"lb", "proxy", "shop-page", "cart", "api"}

// tiers are the Tiers with their share of the ShopSets, in fiftieths.
var tiers = []struct {
	name  string
	share int
}{{"dev", 1}, {"beta", 3}, {"beta-prod", 8}, {"prod", 28}, {"prod-ha", 10}}

// Fleet is a number of Applications, five to a ShopSet, spread over clusters. All of
// it follows from the two numbers and from how often each Application has changed.
type Fleet struct {
	Applications, Clusters int
	revisions              []string // commits of the repository, the oldest first

	mu      sync.Mutex
	version int64 // of the API servers; each change has its own
	states  []state
	order   []int // in which Applications change
	next    int
}

// state is what changes of an Application.
type state struct {
	version  int64
	changes  int
	compared time.Time // by Argo CD
}

// NewFleet makes one whose Applications were compared within the last three minutes.
// revisions are those of Repository.
func NewFleet(applications, clusters int, revisions []string, now time.Time) *Fleet {
	f := &Fleet{Applications: applications, Clusters: clusters, revisions: revisions, version: 1, states: make([]state, applications)}
	for i := range f.states {
		f.states[i] = state{1, 0, now.Add(-time.Duration(i%180) * time.Second)}
	}
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(applications) {
		if !f.hasUnknown(i) {
			f.order = append(f.order, i)
		}
	}
	return f
}

// ShopSets is their number.
func (f *Fleet) ShopSets() int { return f.Applications / len(components) }

func (f *Fleet) cluster(shopSet int) int { return shopSet % f.Clusters }

func clusterName(c int) string { return fmt.Sprintf("c%02d", c) }

// shopSetName begins with the cluster's, as the users' names do.
func (f *Fleet) shopSetName(shopSet int) string {
	return fmt.Sprintf("%s-%d", clusterName(f.cluster(shopSet)), shopSet/f.Clusters+1)
}

// tier gives the Tier of a ShopSet, the same for the two of a group.
func tier(shopSet int) int {
	for at, t := 0, 0; ; t++ {
		if at += tiers[t].share; shopSet/2%50 < at {
			return t
		}
	}
}

// Documents are the fleet's, as shopset_exporter reads them from a file.
func (f *Fleet) Documents() string {
	var b strings.Builder
	write := func(kind, name, spec string, args ...any) {
		fmt.Fprintf(&b, "apiVersion: shopset.dev/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: {%s}\n---\n", kind, name, fmt.Sprintf(spec, args...))
	}
	write("Configuration", "production", "")
	for i, t := range tiers {
		write("Tier", t.name, "order: %d, branch: tier-%d", i, i)
	}
	for c := range f.Clusters {
		write("FailureDomain", clusterName(c), "")
	}
	for s := range f.ShopSets() {
		write("ShopSet", f.shopSetName(s), "tier: %s, configuration: production, failureDomain: %s, components: [%s]",
			tiers[tier(s)].name, clusterName(f.cluster(s)), strings.Join(components, ", "))
		if s%2 == 1 {
			write("ShopGroup", fmt.Sprintf("group-%d", s/2), "shopSets: [%s, %s], failureDomains: %d", f.shopSetName(s-1), f.shopSetName(s), min(2, f.Clusters))
		}
	}
	return b.String()
}

// unknown Applications are those that Argo CD cannot compare.
func unknown(i int) bool { return i%200 == 199 }

func (f *Fleet) hasUnknown(i int) bool {
	return unknown(i/len(components)*len(components) + len(components) - 1)
}

// outOfSync is how many resources of an Application differ: of every fortieth some
// do, and of the others after each change that is odd.
func (f *Fleet) outOfSync(i int) int {
	if unknown(i) || (i%40 == 7) == (f.states[i].changes%2 == 1) {
		return 0
	}
	return 1 + i%3
}

// Expected is what exporters should show.
type Expected struct {
	OutOfSync int // Applications that are OutOfSync
	Resources int // out of sync, of the ShopSets of which it is known
}

// Expected gives what exporters should show once they have read all.
func (f *Fleet) Expected() Expected {
	f.mu.Lock()
	defer f.mu.Unlock()
	var e Expected
	for i := range f.states {
		n := f.outOfSync(i)
		if n > 0 {
			e.OutOfSync++
		}
		if !f.hasUnknown(i) {
			e.Resources += n
		}
	}
	return e
}

// change lets Argo CD compare the next n Applications and find them changed; it
// gives their numbers.
func (f *Fleet) change(n int, now time.Time) []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []int
	for range n {
		i := f.order[f.next%len(f.order)]
		f.next++
		f.version++
		f.states[i] = state{f.version, f.states[i].changes + 1, now}
		all = append(all, i)
	}
	return all
}
