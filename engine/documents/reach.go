package documents

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// Margin is read before the first window, so that a counter's increment at its
// start has a sample to start from.
const Margin = time.Hour

// Reach is how far back budgets and burn rates look: the longest window of all SLOs,
// or that of a burn rate where this is longer.
func (d *Documents) Reach() time.Duration {
	longest := d.LongestWindow()
	for _, w := range slo.BurnWindows(d.Alerts()) {
		longest = max(longest, w)
	}
	return longest
}

// Before is how far back of a Release's coming the gate of a Tier looks.
func (d *Documents) Before(to string) time.Duration {
	p := d.Policy(to)
	baseline := cmp.Or(p.Since.Baseline, promotion.DefaultBaseline)
	if p.Load.Share > 0 {
		return max(baseline, cmp.Or(p.Load.Day, 24*time.Hour)+cmp.Or(p.Load.Window, time.Hour))
	}
	return baseline
}

// History is how far back a server begins to count: two of the longest windows, and as
// far as decisions look, of a Release that has just come.
func (d *Documents) History() time.Duration {
	longest := d.Reach()
	if g := d.Config.Gate; g.Fleet != nil || g.Releases != nil { // who knows when a Release came
		for _, t := range d.Fleet.Tiers() {
			longest = max(longest, d.Before(string(t.Name)))
		}
	}
	if d.Config.Review != nil { // which compares a week with the four before
		longest = max(longest, 36*24*time.Hour)
	}
	return max(2*d.LongestWindow(), d.AtMost(longest))
}

// AtMost is what the ledger of a server would keep of a length of time.
func (d *Documents) AtMost(length time.Duration) time.Duration {
	kept, err := d.Config.Ledger.RetentionFor(d.LongestWindow())
	if err != nil { // which is a fault of the documents, told before
		return length
	}
	return min(length, kept)
}

// Judged are the Tiers that a decision looks at.
func (d *Documents) Judged(to string) ([]fleet.TierName, error) {
	route, err := d.Fleet.Route(fleet.TierName(to))
	if errors.Is(err, fleet.ErrLowestTier) && d.Fleet.OneTier() {
		return []fleet.TierName{fleet.TierName(to)}, nil
	}
	if err != nil {
		return nil, err
	}
	out := []fleet.TierName{route.To.Name}
	if route.Evidence != nil {
		out = append(out, route.Evidence.Name)
	}
	return out, nil
}

// Apart reports whether it can be seen from the documents that no series is of two
// ShopSets: all are told apart by the same labels.
func (d *Documents) Apart() bool {
	sets := d.Fleet.ShopSets()
	if len(sets) == 0 {
		return true
	}
	names := slices.Sorted(maps.Keys(sets[0].Match))
	seen := map[string]fleet.ShopSetName{}
	for _, set := range sets {
		matches := []map[string]string{set.Match}
		for _, was := range set.Formerly {
			matches = append(matches, was.Match)
		}
		for _, match := range matches {
			key := strconv.Quote(d.Config.SourceOf(set))
			for _, name := range names {
				key += strconv.Quote(match[name])
			}
			other, known := seen[key]
			if len(names) == 0 || len(match) != len(names) || !slices.Equal(names, slices.Sorted(maps.Keys(match))) || known && other != set.Name {
				return false
			}
			seen[key] = set.Name
		}
	}
	return true
}
