package promhist

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
)

// Told is a histogram as query APIs tell it: without its schema, and only with the buckets that hold
// something.
type Told struct {
	T       int64 // Unix milliseconds
	Count   float64
	Buckets []Bucket
}

// Bucket is one of them. The zero bucket has edges on both sides of 0, or at it.
type Bucket struct{ Lower, Upper, Count float64 }

func (b Bucket) zero() bool {
	return b.Lower <= 0 && b.Upper >= 0 && !math.IsInf(b.Lower, -1) && b.Lower == -b.Upper
}
func (b Bucket) negative() bool { return b.Upper <= 0 && !b.zero() && !math.IsInf(b.Lower, -1) }

// Chunks makes of a series' histograms what their buckets' edges tell: exponential ones where
// all fit in, else custom ones of all edges that were told.
func Chunks(told []Told) []Chunk {
	if len(told) == 0 {
		return nil
	}
	out, ok := exponential(told)
	if !ok {
		out = custom(told)
	}
	return []Chunk{{Min: told[0].T, Max: told[len(told)-1].T, Plain: out}}
}

// exponential reads all as exponential buckets; false where some are not.
func exponential(told []Told) (out []Sample, ok bool) {
	schema, zero := int32(0), 0.0
	for i := len(told) - 1; i >= 0; i-- { // the first ones may be empty
		if s, some, fits := schemaOf(told[i].Buckets); !fits {
			return nil, false
		} else if some {
			schema = s
		}
		for _, b := range told[i].Buckets {
			if b.zero() {
				zero = b.Upper
			}
		}
	}
	for _, x := range told {
		if s, some, _ := schemaOf(x.Buckets); some {
			schema = s
		}
		h := &histogram.FloatHistogram{Schema: schema, Count: x.Count}
		positive, negative := map[int32]float64{}, map[int32]float64{}
		for _, b := range x.Buckets {
			switch {
			case b.zero():
				zero, h.ZeroCount = b.Upper, b.Count
			case b.negative():
				negative[edgeIndex(-b.Lower, schema)] += b.Count
			default:
				positive[edgeIndex(b.Upper, schema)] += b.Count
			}
		}
		h.ZeroThreshold = zero
		h.PositiveSpans, h.PositiveBuckets = placed(positive)
		h.NegativeSpans, h.NegativeBuckets = placed(negative)
		out = append(out, Sample{x.T, h})
	}
	return out, true
}

// schemaOf finds the one schema whose edges all buckets have; some is false where none has any.
func schemaOf(buckets []Bucket) (schema int32, some, fits bool) {
	for _, b := range buckets {
		lower, upper := b.Lower, b.Upper
		if b.zero() {
			continue
		}
		if b.negative() {
			lower, upper = -upper, -lower
		}
		if !(lower > 0) || math.IsInf(upper, 1) {
			return 0, false, false
		}
		wide := math.Log2(upper / lower)
		s := math.Round(-math.Log2(wide))
		at := math.Log2(upper) * math.Exp2(s)
		one := int32(s)
		if !histogram.IsExponentialSchema(one) || math.Abs(wide*math.Exp2(s)-1) > 1e-6 || math.Abs(at-math.Round(at)) > 1e-6 || some && one != schema {
			return 0, false, false
		}
		schema, some = one, true
	}
	return schema, some, true
}

func edgeIndex(upper float64, schema int32) int32 {
	return int32(math.Round(math.Log2(upper) * math.Exp2(float64(schema))))
}

func placed(counts map[int32]float64) (spans []histogram.Span, buckets []float64) {
	var all []int32
	for i := range counts {
		all = append(all, i)
	}
	slices.Sort(all)
	next := int32(0)
	for _, i := range all {
		spans, buckets = append(spans, histogram.Span{Offset: i - next, Length: 1}), append(buckets, counts[i])
		next = i + 1
	}
	return spans, buckets
}

// custom reads all as custom buckets, of the edges that any of them has.
func custom(told []Told) (out []Sample) {
	var edges []float64
	for _, x := range told {
		for _, b := range x.Buckets {
			for _, e := range []float64{b.Lower, b.Upper} {
				if !math.IsInf(e, 0) {
					edges = append(edges, e)
				}
			}
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	for _, x := range told {
		counts := map[int32]float64{}
		for _, b := range x.Buckets {
			i, _ := slices.BinarySearch(edges, b.Upper) // +Inf comes last
			counts[int32(i)] += b.Count
		}
		h := &histogram.FloatHistogram{Schema: histogram.CustomBucketsSchema, Count: x.Count, CustomValues: edges}
		h.PositiveSpans, h.PositiveBuckets = placed(counts)
		out = append(out, Sample{x.T, h})
	}
	return out
}
