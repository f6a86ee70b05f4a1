package promotion_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// creeping counts 36,000 events an hour of which each Release before the one that came at came
// made some more bad: the nth since the first burns base + n × step of what the objective allows.
// Bad events come at random.
type creeping struct {
	base, step float64
	releases   int // after the first
	every      time.Duration
	first      time.Time // since when there are counts
	seed       uint64
	// of gives what a ShopSet burns, and its share of the events; nil: as all do.
	of       func(set string, t time.Time) (level, share float64)
	excluded []slo.Span

	mu      sync.Mutex
	counted map[string][][2]float64 // bad and all, by the SLO and ShopSet, up to now from each ten minutes before
}

const slot = 10 * time.Minute

func (l *creeping) level(t time.Time) float64 {
	n := float64(l.releases)
	if t.Before(came) {
		n -= math.Ceil(came.Sub(t).Seconds() / l.every.Seconds())
	}
	return l.base + max(0, n)*l.step
}

func (l *creeping) Account(s *slo.SLO, set string, at time.Time) slo.Account {
	end := at.Truncate(slot)
	per := 36000 * slot.Hours()
	key := s.Name + set
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counted[key] == nil {
		r := rand.New(rand.NewPCG(l.seed, uint64(len(key))<<8+uint64(key[len(key)-1])))
		var sum [2]float64
		l.counted[key] = append(l.counted[key], sum)
		for t := end; end.Sub(t) < 57*24*time.Hour; t = t.Add(-slot) {
			level, share := l.level(t.Add(-slot/2)), 1.0
			if l.of != nil {
				level, share = l.of(set, t.Add(-slot/2))
			}
			mean := per * share * s.Objective.BudgetRatio() * level
			sum[0] += max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
			sum[1] += per * share
			l.counted[key] = append(l.counted[key], sum)
		}
	}
	sums := l.counted[key]
	return slo.Account{Unit: slo.Events, Start: l.first, End: end, LastSample: end,
		Counts: func(_ int, from, to time.Time) slo.Counts {
			from, to = from.Truncate(slot), to.Truncate(slot)
			c := slo.Counts{Start: from, End: to}
			if seen := latest(from, l.first.Truncate(slot)); seen.Before(to) {
				c.Covered = to.Sub(seen)
				begin, after := sums[int(end.Sub(seen)/slot)], sums[int(end.Sub(to)/slot)]
				c.Total = begin[1] - after[1]
				c.Good = c.Total - begin[0] + after[0]
			}
			return c
		}, Live: func(int, time.Time) int { return 4 }}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// since is what the check of a Tier as a whole comes to, at a time.
func (l *creeping) since(t *testing.T, at time.Time) promotion.Check {
	t.Helper()
	l.counted = map[string][][2]float64{}
	e := whole(t, "prod")
	var counts status.Ledger = l
	if l.excluded != nil {
		counts = status.Excluding{Ledger: l, Spans: func(*slo.SLO, string) []slo.Span { return l.excluded }}
	}
	e.Compare(slos(t), counts, at, required())
	for _, c := range promotion.Decide(required(), e, at).Checks {
		if c.Check == promotion.CheckSince && c.SLO == "cart-availability" && c.ShopSet == "" {
			return c
		}
	}
	t.Fatal("the whole Tier was not checked")
	return promotion.Check{}
}

// Ten Releases, each a seventh of the harm worse than the one before, look as usual one by one.
// Beside the best of the weeks before, what they add up to holds.
func TestWhatCreepsOverTenReleasesIsHeld(t *testing.T) {
	from := now.Add(-40 * 24 * time.Hour)
	for seed := range uint64(8) {
		for releases := range 13 {
			l := creeping{base: 0.05, step: 0.14, releases: releases, every: 2 * 24 * time.Hour, first: from, seed: seed}
			check, sum := l.since(t, now), l.step*float64(releases)
			switch {
			case sum < 0.9 && check.Result == promotion.Fail:
				t.Errorf("seed %d: after %d Releases: %s", seed, releases, check.Reason)
			case sum < 0.6 && check.Result != promotion.Pass:
				t.Errorf("seed %d: after %d Releases: %s: %s", seed, releases, check.Result, check.Reason)
			case sum > 1 && check.Result == promotion.Pass:
				t.Errorf("seed %d: after %d Releases passes: %s", seed, releases, check.Reason)
			case sum > 1.2 && (check.Result != promotion.Fail || !strings.Contains(check.Reason, "all changes since then add 1.")):
				t.Errorf("seed %d: after %d Releases: %s: %s", seed, releases, check.Result, check.Reason)
			}
		}
	}
}

// Without a history longer than the baseline there is nothing else to compare with, and what
// stays as it is passes however long that is.
func TestWhatDoesNotCreepPasses(t *testing.T) {
	for _, days := range []int{1, 5, 8, 12, 20, 29} {
		for seed := range uint64(5) {
			l := creeping{base: 0.7, every: time.Hour, first: now.AddDate(0, 0, -days), seed: seed}
			if check := l.since(t, now); check.Result != promotion.Pass {
				t.Errorf("%d days, seed %d: %s: %s", days, seed, check.Result, check.Reason)
			}
		}
	}
	l := creeping{base: 0.05, step: 0.14, releases: 10, every: 12 * time.Hour, first: now.AddDate(0, 0, -8)}
	if check := l.since(t, now); check.Result == promotion.Fail {
		t.Errorf("held without a time before the creep: %s", check.Reason)
	}
}

// Shops that move from a good ShopSet to one that burns more are no change of either.
func TestShopsThatMoveAreNoCreep(t *testing.T) {
	for seed := range uint64(4) {
		l := creeping{first: now.AddDate(0, 0, -56), seed: seed, of: func(set string, at time.Time) (level, share float64) {
			level, share = 0.05, 1.8
			if set == "b-1" {
				level, share = 0.85, 0.2
			}
			if at.After(now.AddDate(0, 0, -12)) {
				share = 2 - share
			}
			return level, share
		}}
		if check := l.since(t, now); check.Result != promotion.Pass || strings.Contains(check.Reason, "all changes") {
			t.Errorf("seed %d: %s: %s", seed, check.Result, check.Reason)
		}
	}
}

// An exclusion, which may have been written yesterday, takes no week away.
func TestNoExclusionHidesACreep(t *testing.T) {
	l := creeping{base: 0.05, step: 0.14, releases: 12, every: 2 * 24 * time.Hour, first: now.AddDate(0, 0, -56),
		excluded: []slo.Span{{From: now.AddDate(0, 0, -60), Until: now.AddDate(0, 0, -14)}}}
	if check := l.since(t, now); check.Result != promotion.Fail {
		t.Errorf("%s: %s", check.Result, check.Reason)
	}
}

// Each fact of an earlier time that cannot be is no pass.
func TestAnEarlierTimeThatCannotBeIsNoPass(t *testing.T) {
	for i, spoil := range []func(*promotion.Earlier){
		func(w *promotion.Earlier) { w.ShopSets[0].Bad = w.ShopSets[0].Total + 1 }, func(w *promotion.Earlier) { w.ShopSets[0].Total = math.NaN() },
		func(w *promotion.Earlier) { w.End = now }, func(w *promotion.Earlier) { w.Start = w.End },
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			e := whole(t, "prod")
			if len(e.Earlier) == 0 {
				t.Fatal("the evidence has no earlier time")
			}
			spoil(&e.Earlier[0])
			expect(t, promotion.Decide(required(), e, now), promotion.Inconclusive, "since_release", promotion.Unknown, "Counts are inconsistent")
		})
	}
}
