package promquery

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shopslo/shopslo/slo"
)

// Native histograms are counted as the counters that a classic one has: histogram_count(H) is
// H_count, and histogram_fraction(0, B, H) * histogram_count(H) is H_bucket{le="B"}. Sources
// make these of native histograms, too.

// histogramOf is histogram_count(H), or the share histogram_fraction(0, B, H).
func histogramOf(e *parser.Call) (shape, bool) {
	bound := math.Inf(1)
	if e.Func.Name == "histogram_fraction" {
		low, ok := constant(e.Args[0])
		high, fine := constant(e.Args[1])
		if !ok || !fine || low > 0 || !(high > 0) {
			return shape{}, false
		}
		bound = high
	}
	s, ok := shapeOf(e.Args[len(e.Args)-1])
	if !ok || s.native {
		return shape{}, false
	}
	s, ok = s.counting(bound)
	s.share = e.Func.Name == "histogram_fraction"
	return s, ok
}

// counting is the shape of what is counted of the histograms that are picked: all events, or
// those at or below a bound. False where they are no histograms.
func (s shape) counting(bound float64) (shape, bool) {
	out := s
	out.selectors, out.plain, out.native = nil, false, true
	for _, v := range s.selectors {
		name := metric(v)
		if name == "" || endsAsCounter(name) || boundOf(v) != nil {
			return shape{}, false
		}
		of := *v
		of.LabelMatchers = slices.DeleteFunc(slices.Clone(v.LabelMatchers), func(m *labels.Matcher) bool { return m.Name == labels.MetricName })
		if math.IsInf(bound, 1) {
			name += "_count"
		} else {
			name += "_bucket"
			of.LabelMatchers = append(of.LabelMatchers, labels.MustNewMatcher(labels.MatchEqual, labels.BucketLabel, strconv.FormatFloat(bound, 'g', -1, 64)))
		}
		of.Name, of.LabelMatchers = name, append(of.LabelMatchers, labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, name))
		out.selectors, out.histograms = append(out.selectors, &of), append(out.histograms, v.String())
	}
	return out, true
}

// shared is a share times the count of the same histograms.
func shared(e *parser.BinaryExpr) (shape, bool) {
	left, ok := shapeOf(e.LHS)
	right, fine := shapeOf(e.RHS)
	if left.share {
		left, right = right, left
	}
	if !ok || !fine || !plainMatching(e.VectorMatching) || left.share || !right.share || !left.alikeHistograms(right) || left.growth != right.growth {
		return shape{}, false
	}
	if !(left.single && right.single) && !(left.ungrouped && right.ungrouped) {
		return shape{}, false
	}
	left.selectors = right.selectors
	return left, true
}

// alikeHistograms reports whether one counts all events of the histograms that the other is a
// share of.
func (s shape) alikeHistograms(o shape) bool {
	return s.native && o.native && slices.Equal(s.histograms, o.histograms)
}

// at counts of a plain selector's histograms what a document says of it: all events, or those at
// or below a bound.
func (s shape) at(b slo.Bound) (shape, bool) {
	if b.At == 0 || s.native || math.IsInf(b.At, 1) && !slices.ContainsFunc(s.selectors, func(v *parser.VectorSelector) bool { return !endsAsCounter(metric(v)) }) {
		return s, true
	}
	return s.counting(b.At)
}

// shares gives a share of a histogram the count of it that the other side is.
func (r *reading) shares() error {
	for _, s := range r.sides {
		if !s.understood.share {
			continue
		}
		o := r.other(s)
		if o.understood.share || !o.understood.alikeHistograms(s.understood.shape) {
			return s.fault("%s is a share of events, no number of them; write histogram_count() of the same histogram as total beside it, which counts every event, "+
				"or it alone as ratioMetric.raw", s.name())
		}
		s.understood.Growth, s.understood.Scale = o.understood.Growth, o.understood.Scale
	}
	return nil
}

// edges says which bounds of native histograms are no edge of exponential buckets, whatever their
// resolution: all that are no power of 2.
func (r *reading) edges() {
	for _, s := range r.sides {
		if !s.understood.native {
			continue
		}
		for _, sel := range s.understood.Selectors {
			for _, m := range sel {
				at, err := strconv.ParseFloat(m.Value, 64)
				if m.Name != labels.BucketLabel || err != nil || math.IsInf(at, 1) {
					continue
				}
				if text := offEdge(at, m.Strict); text != "" && !slices.Contains(r.OffEdge, text) {
					r.OffEdge = append(r.OffEdge, text)
				}
			}
		}
	}
}

func offEdge(bound float64, strict bool) string {
	power := math.Log2(bound)
	if math.Abs(power-math.Round(power)) < 1e-12 {
		return ""
	}
	what := "what lies in the bucket around it counts as above it"
	if strict {
		what = `such histograms are refused ("strict"), and nothing is counted`
	}
	return fmt.Sprintf("the bound %v is no power of 2, and so no edge between exponential buckets of native histograms: %s; %v and %v are edges, "+
		"and custom or classic buckets are exact where they have the bound", bound, what, math.Exp2(math.Floor(power)), math.Exp2(math.Ceil(power)))
}
