package promhist

import (
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
)

// cut is where a bound lies among a histogram's buckets.
type cut struct {
	buckets int32   // those with a lower index (exponential), or so many (custom), count
	zero    bool    // the zero bucket counts
	lower   float64 // the edge up to which events count
	upper   float64 // the next one; the same where the bound is an edge
}

// exact reports whether the bound is an edge.
func (c cut) exact() bool { return c.lower == c.upper }

// layout is what decides where a histogram's edges are.
type layout struct {
	schema int32
	zero   float64
	custom []float64
}

func layoutOf(h *histogram.FloatHistogram) layout {
	return layout{h.Schema, h.ZeroThreshold, h.CustomValues}
}

func (l layout) equal(o layout) bool {
	return l.schema == o.schema && l.zero == o.zero && slices.Equal(l.custom, o.custom)
}

// cutAt finds a bound above 0 among the edges. All events are at or below +Inf, also those that
// are no numbers.
func (l layout) cutAt(bound float64) cut {
	switch {
	case math.IsInf(bound, 1):
		return cut{buckets: math.MaxInt32, zero: true, lower: bound, upper: bound}
	case histogram.IsCustomBucketsSchema(l.schema):
		return l.cutCustom(bound)
	case bound < l.zero && !near(bound, l.zero):
		return cut{buckets: math.MinInt32, lower: -l.zero, upper: l.zero}
	}
	c := l.cutExponential(bound)
	// The zero bucket ends where others begin.
	c.lower = max(c.lower, l.zero)
	if c.exact() || near(bound, c.lower) {
		c.upper = c.lower
	}
	return c
}

func (l layout) cutCustom(bound float64) cut {
	n := 0
	for n < len(l.custom) && (l.custom[n] <= bound || near(l.custom[n], bound)) {
		n++
	}
	c := cut{buckets: int32(n), zero: true, lower: math.Inf(-1), upper: math.Inf(1)}
	if n > 0 {
		c.lower = l.custom[n-1]
	}
	if n < len(l.custom) {
		c.upper = l.custom[n]
	}
	if near(c.lower, bound) {
		c.upper = c.lower
	}
	return c
}

// cutExponential guesses the bucket by its logarithm, and then asks the library for its edges.
func (l layout) cutExponential(bound float64) cut {
	index := int32(math.Ceil(math.Log2(bound) * math.Exp2(float64(l.schema))))
	for !near(l.edge(index), bound) && l.edge(index) < bound {
		index++
	}
	for near(l.edge(index-1), bound) || l.edge(index-1) >= bound {
		index--
	}
	// The bucket of this index is the first that ends at the bound or above it.
	if near(l.edge(index), bound) {
		return cut{buckets: index + 1, zero: true, lower: l.edge(index), upper: l.edge(index)}
	}
	return cut{buckets: index, zero: true, lower: l.edge(index - 1), upper: l.edge(index)}
}

// edge is the upper edge of a bucket.
func (l layout) edge(index int32) float64 {
	h := histogram.FloatHistogram{Schema: l.schema, PositiveSpans: []histogram.Span{{Offset: index, Length: 1}}, PositiveBuckets: []float64{1}}
	it := h.PositiveBucketIterator()
	it.Next()
	return it.At().Upper
}

// near takes a bound for an edge that is written with fewer digits than float64 has.
func near(a, b float64) bool {
	return a == b || !math.IsInf(b, 0) && math.Abs(a-b) <= 1e-12*math.Abs(b)
}

// below adds up a histogram's events at or below a cut of its own layout.
func (c cut) below(h *histogram.FloatHistogram) float64 {
	if math.IsInf(c.lower, 1) {
		return h.Count
	}
	sum := 0.0
	for _, n := range h.NegativeBuckets {
		sum += n
	}
	if c.zero {
		sum += h.ZeroCount
	}
	index, i := int32(0), 0
	for _, s := range h.PositiveSpans {
		index += s.Offset
		for range s.Length {
			if index >= c.buckets {
				return sum
			}
			sum += h.PositiveBuckets[i]
			index, i = index+1, i+1
		}
	}
	return sum
}

// atMost is the most that a histogram may have at or below an edge of another layout: all
// of the bucket that it lies in.
func atMost(h *histogram.FloatHistogram, edge float64) float64 {
	l := layoutOf(h)
	if edge <= 0 { // within the zero bucket, or below all custom ones
		if histogram.IsCustomBucketsSchema(l.schema) && !math.IsInf(edge, -1) && edge <= 0 {
			return l.cutCustom(edge).below(h)
		}
		sum := 0.0
		for _, n := range h.NegativeBuckets {
			sum += n
		}
		return sum
	}
	c := l.cutAt(edge)
	if !c.exact() {
		if math.IsInf(c.upper, 1) {
			return h.Count
		}
		c = l.cutAt(c.upper)
	}
	return c.below(h)
}

func edgeText(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
