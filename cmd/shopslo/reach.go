package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// margin is read before the first window, so that a counter's increment at its
// start has a sample to start from.
const margin = time.Hour

// reach is how far back budgets and burn rates look: the longest window of all SLOs,
// or that of a burn rate where this is longer.
func (d *documents) reach() time.Duration {
	longest := d.longestWindow()
	for _, w := range slo.BurnWindows(d.config.BurnRates) {
		longest = max(longest, w)
	}
	return longest
}

// before is how far back of a Release's coming the gate of a Tier looks.
func (d *documents) before(to string) time.Duration {
	p := d.config.Gate.Rules(to)
	baseline := cmp.Or(p.Since.Baseline, promotion.DefaultBaseline)
	if p.Load.Share > 0 {
		return max(baseline, cmp.Or(p.Load.Day, 24*time.Hour)+cmp.Or(p.Load.Window, time.Hour))
	}
	return baseline
}

// history is how far back a server begins to count: two of the longest windows, and as
// far as decisions look, of a Release that has just come.
func (d *documents) history() time.Duration {
	longest := d.reach()
	if d.config.Gate.Fleet != nil { // who knows when a Release came
		for _, t := range d.fleet.Tiers() {
			longest = max(longest, d.before(string(t.Name)))
		}
	}
	if d.config.Review != nil { // which compares a week with the four before
		longest = max(longest, 36*24*time.Hour)
	}
	return max(2*d.longestWindow(), d.atMost(longest))
}

// atMost is what the ledger of a server would keep of a length of time.
func (d *documents) atMost(length time.Duration) time.Duration {
	kept, err := d.config.Ledger.RetentionFor(d.longestWindow())
	if err != nil { // which is a fault of the documents, told before
		return length
	}
	return min(length, kept)
}

// reachOf is how far back a decision looks: as far as budgets do, and as before a
// Release that it is about came, where the exporter knows that. It is no more than what
// a server would keep.
func (d *documents) reachOf(ctx context.Context, q question, at time.Time) time.Duration {
	reach := d.reach()
	came := d.came(ctx, q)
	if came.IsZero() || !at.After(came) {
		return reach
	}
	return max(reach, d.atMost(at.Sub(came)+d.before(q.to)))
}

// came is when a Release came to the first of the ShopSets that show how it behaves;
// zero where nobody knows. The decision itself asks again, and says who does not answer.
func (d *documents) came(ctx context.Context, q question) (first time.Time) {
	route, err := d.fleet.Route(fleet.TierName(q.to))
	w, failed := d.witnesses()
	if err != nil || failed != nil || route.Evidence == nil || w.fleet == nil {
		return first
	}
	seen, err := w.fleet.Fleet(ctx)
	if err != nil {
		return first
	}
	release := q.release
	for _, t := range seen.Tiers {
		if release == "" && t.Tier == route.From.Name {
			release = string(t.Release)
		}
	}
	for _, o := range seen.ShopSets {
		ofIt := release != "" && o.Tier == route.Evidence.Name && strings.HasPrefix(string(o.Release), strings.ToLower(release))
		if ofIt && !o.ReleaseSince.IsZero() && (first.IsZero() || o.ReleaseSince.Before(first)) {
			first = o.ReleaseSince
		}
	}
	return first
}

// judged are the Tiers that a decision looks at.
func (d *documents) judged(to string) ([]fleet.TierName, error) {
	route, err := d.fleet.Route(fleet.TierName(to))
	if err != nil {
		return nil, err
	}
	out := []fleet.TierName{route.To.Name}
	if route.Evidence != nil {
		out = append(out, route.Evidence.Name)
	}
	return out, nil
}

// apart reports whether it can be seen from the documents that no series is of two
// ShopSets: all are told apart by the same labels.
func (d *documents) apart() bool {
	sets := d.fleet.ShopSets()
	if len(sets) == 0 {
		return true
	}
	names := slices.Sorted(maps.Keys(sets[0].Match))
	seen := map[string]bool{}
	for _, set := range sets {
		key := ""
		for _, name := range names {
			key += strconv.Quote(set.Match[name])
		}
		if len(names) == 0 || len(set.Match) != len(names) || !slices.Equal(names, slices.Sorted(maps.Keys(set.Match))) || seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}
