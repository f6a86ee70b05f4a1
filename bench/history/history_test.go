package history

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

var small = Params{ShopSets: 30, Days: 8, Seed: 7}

// full adds what a fleet has.
func full(p Params) Params {
	p.Pods, p.Signs, p.Labels = 3, true, true
	return p
}

func open(t *testing.T, p Params) *History {
	t.Helper()
	h, err := Open(t.TempDir(), p, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// sample is one sample of the blocks.
type sample struct {
	t int64
	v float64
}

func read(t *testing.T, h *History) map[labels.Labels][]sample {
	t.Helper()
	db, err := tsdb.Open(h.Dir, quiet, nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	db.DisableCompactions()
	defer db.Close()
	q, err := db.Querier(0, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	found := map[labels.Labels][]sample{}
	set := q.Select(context.Background(), true, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+"))
	for set.Next() {
		it := set.At().Iterator(nil)
		name := set.At().Labels()
		for it.Next() == chunkenc.ValFloat {
			at, v := it.At()
			found[name] = append(found[name], sample{at, v})
		}
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
	}
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	return found
}

func TestBlocksHoldEverySampleOnceInOrder(t *testing.T) {
	h := open(t, full(small))
	n, series := uint64(0), uint64(0)
	for name, samples := range read(t, h) {
		series++
		n += uint64(len(samples))
		if !slices.IsSortedFunc(samples, func(a, b sample) int { return int(a.t - b.t) }) {
			t.Errorf("%s is out of order", name)
		}
		if last := samples[len(samples)-1]; last.t > small.End() || samples[0].t <= small.Start() {
			t.Errorf("%s: samples from %d to %d, outside of the history", name, samples[0].t, last.t)
		}
	}
	if n != h.Samples || series != h.Series || n == 0 {
		t.Errorf("blocks hold %d samples of %d series, the history says %d of %d", n, series, h.Samples, h.Series)
	}
}

// Without hidden resets and first samples the rules come down to this: sum the
// positive differences, and the value itself after a drop. What the rules add
// to that is bounded by the number of resets.
func TestSeenCountsAreWhatSamplesShow(t *testing.T) {
	for _, p := range []Params{small, full(small)} {
		h := open(t, p)
		naive := map[string]float64{}
		for ls, samples := range read(t, h) {
			if ls.Get("__name__") != "http_requests_total" {
				continue
			}
			last := math.NaN()
			for _, s := range samples {
				if value.IsStaleNaN(s.v) {
					continue
				}
				if s.t > p.WindowStart() {
					switch {
					case s.v < last:
						naive[ls.Get("shopset")] += s.v
					case s.v >= last:
						naive[ls.Get("shopset")] += s.v - last
					}
				}
				last = s.v
			}
		}
		for i, truth := range h.Truth {
			if truth.SeenTotal < naive[truth.ID] {
				t.Errorf("pods %d, signs %v: %s: samples show %v increments, seen %v", p.Pods, p.Signs, truth.ID, naive[truth.ID], truth.SeenTotal)
			}
			if truth.SeenTotal > truth.Total || truth.SeenBad > truth.Bad {
				t.Errorf("pods %d, signs %v: %s: seen more than happened: %+v", p.Pods, p.Signs, truth.ID, truth)
			}
			lost := 0.0
			for _, pl := range newPlans(p, i) {
				lost += float64(len(pl.deploys)+len(pl.restarts)) * 4 * (pl.rate*2.5*Interval.Seconds() + 5)
			}
			if truth.Total-truth.SeenTotal > lost {
				t.Errorf("pods %d, signs %v: %s: %v of %v events unseen, at most %v can be", p.Pods, p.Signs, truth.ID, truth.Total-truth.SeenTotal, truth.Total, lost)
			}
		}
	}
}

func TestEqualParamsMakeEqualHistories(t *testing.T) {
	a, b := open(t, full(small)), open(t, full(small))
	if !slices.Equal(a.Truth, b.Truth) || !slices.Equal(a.Ends, b.Ends) {
		t.Error("two histories of the same parameters differ")
	}
}
