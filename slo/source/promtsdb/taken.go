package promtsdb

import (
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// taken is an answer from memory. It holds copies: appending goes on while it is
// read.
type taken struct {
	series  []slo.Series
	reads   []pointReader
	points  []point
	several map[uint64]bool // Refs of those that were taken
}

// reset makes room for so many series and samples; what was taken before is invalid
// from here on.
func (a *taken) reset(series, samples int) {
	clear(a.series)
	a.series, a.reads = slices.Grow(a.series[:0], series), slices.Grow(a.reads[:0], series)
	clear(a.several)
	a.points = slices.Grow(a.points[:0], samples)
}

// add takes a series' samples in (from, to], if it has any. It reports false where
// another stream of the series was taken before, or a base would be: they are for promseries.
func (a *taken) add(s *tapSeries, from, to int64) (alone bool) {
	first := len(a.points)
	for _, p := range s.held {
		if p.t == from || p.t == to {
			if _, base := slo.BaseOf(p.v); base {
				return false // parted from its sample
			}
		}
		if p.t > from && p.t <= to {
			a.points = append(a.points, p)
		}
	}
	if len(a.points) == first {
		return true
	}
	if s.several {
		if a.several[s.id] {
			return false
		}
		if a.several == nil {
			a.several = map[uint64]bool{}
		}
		a.several[s.id] = true
	}
	a.reads = append(a.reads, pointReader{a.points[first:]})
	a.series = append(a.series, slo.Series{Ref: s.id, Labels: s.labels, Samples: &a.reads[len(a.reads)-1]})
	return true
}

// pointReader reads points as slo.Samples.
type pointReader struct{ rest []point }

// Read implements slo.Samples.
func (r *pointReader) Read(t []int64, v []float64) (int, error) {
	n := min(len(t), len(r.rest))
	for i, p := range r.rest[:n] {
		t[i], v[i] = p.t, p.v
	}
	r.rest = r.rest[n:]
	return n, nil
}
