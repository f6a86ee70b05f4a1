package promseries

import (
	"fmt"
	"math"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// twoProcesses says why the streams cannot be those of one process; "" where they can.
func (m *merger) twoProcesses(id *Identity) string {
	for i, a := range m.replays {
		for _, b := range m.replays[i+1:] {
			what := ""
			switch {
			case isStart(id.Labels.Get(slo.MetricName)):
				if m.startsDiffer(a, b) {
					what = "their start times differ"
				}
			case m.counter && a.unlike == b.unlike && m.beyondGrowth(a, b):
				what = "their counts differ by more than the scrapes between them can explain"
			}
			if what != "" {
				return fmt.Sprintf("is of two processes, %v and %v (%s), which must not be counted as one: name the label that "+
					"tells them apart in the ShopSet's match or in the selector, or take it out of source.prometheus.replica_labels",
					a.stream.Labels, b.stream.Labels, what)
			}
		}
	}
	return ""
}

// startsDiffer reports whether one of the two says another start than the other one, at
// times when that saw one start from long before until long after. Either may see a restart
// some intervals later than the other. What a stream does not say, in a gap, tells nothing.
func (m *merger) startsDiffer(a, b *replay) bool {
	x, y := a.valid(), b.valid()
	return m.strangeStarts(x, y) || m.strangeStarts(y, x)
}

func (m *merger) strangeStarts(x, y Plain) bool {
	const second, certain = 1, 2
	lag := catchIntervals * m.interval
	for first, next := 0, 0; first < len(y.T); first = next {
		born := y.V[first]
		for next < len(y.T) && math.Abs(y.V[next]-born) <= second {
			next++
		}
		strange := 0
		for i, _ := slices.BinarySearch(x.T, y.T[first]+lag); i < len(x.T) && x.T[i] <= y.T[next-1]-lag; i++ {
			if math.Abs(x.V[i]-born) <= second {
				continue
			}
			if strange++; strange == certain {
				return true
			}
		}
	}
	return false
}

// beyondGrowth reports whether b's values for more than a gap's time do not lie between
// those that a had some intervals earlier and later. Where one of them dropped in between,
// or has a gap that may hide that, nothing is said.
func (m *merger) beyondGrowth(a, b *replay) bool {
	x, y := a.valid(), b.valid()
	xBreaks, yBreaks := m.breaks(x), m.breaks(y)
	reach, since := catchIntervals*m.interval, int64(math.MinInt64)
	for k, t := range y.T {
		lo, exact := slices.BinarySearch(x.T, t-reach)
		if !exact {
			lo--
		}
		hi, _ := slices.BinarySearch(x.T, t+reach)
		if lo < 0 || hi == len(x.T) || xBreaks[lo] != xBreaks[hi] {
			continue
		}
		first, _ := slices.BinarySearch(y.T, t-reach)
		last, _ := slices.BinarySearch(y.T, t+reach+1)
		if yBreaks[max(first-1, 0)] != yBreaks[last-1] {
			continue
		}
		rounding := 1e-9 * math.Abs(x.V[hi])
		switch {
		case y.V[k] >= x.V[lo]-rounding && y.V[k] <= x.V[hi]+rounding:
			since = math.MinInt64
		case since == math.MinInt64:
			since = t
		case t-since > gapIntervals*m.interval:
			return true
		}
	}
	return false
}

// breaks counts for each sample the drops and gaps up to it.
func (m *merger) breaks(p Plain) []int {
	n := make([]int, len(p.T))
	for i := 1; i < len(p.T); i++ {
		n[i] = n[i-1]
		if p.V[i] < p.V[i-1] || p.T[i]-p.T[i-1] > gapIntervals*m.interval {
			n[i]++
		}
	}
	return n
}

// valid are the samples that are numbers.
func (r *replay) valid() Plain {
	if !slices.ContainsFunc(r.V, math.IsNaN) {
		return r.Plain
	}
	var p Plain
	for i, v := range r.V {
		if v == v {
			p.T, p.V = append(p.T, r.T[i]), append(p.V, v)
		}
	}
	return p
}
