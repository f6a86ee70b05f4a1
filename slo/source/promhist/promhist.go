// Package promhist counts native histograms: of each series of them it makes the counters that
// a classic histogram of the same name has, x_count and x_bucket with a bound, with the
// other labels unchanged. Who goes from the one kind to the other goes on with the same series.
//
// A bucket's counter is exact where its bound is an edge between two buckets. Where it lies
// within one, only the events of the buckets below count: those that are surely at or below
// the bound. Which edge that is changes with the resolution (schema), and so does
// what lies below it: a slo.Base then says what the counter had below its new edge before.
// Resets that show in no count, by the histogram's own hint or in its buckets, are a Base
// of 0. Staleness markers are delivered. Gauge histograms are refused (slo.SeriesError).
package promhist

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

const (
	countSuffix  = "_count"
	bucketSuffix = "_bucket"
	boundLabel   = "le"
)

// Query picks native histograms of which counters are wanted.
type Query struct {
	Selector slo.Selector
	Counters []Counter
}

// Counter is what is counted of a histogram: all events, or those at or below a bound.
type Counter struct {
	name   string // x_count or x_bucket
	bound  float64
	strict bool // refuse where the bound is no edge
}

// Queries are those of the histograms of which the selectors may pick counters: each that
// names one metric, x_count, or x_bucket with one bound.
func Queries(selectors []slo.Selector) []Query {
	var out []Query
	for _, sel := range selectors {
		of, c, ok := counterOf(sel)
		if !ok {
			continue
		}
		i := slices.IndexFunc(out, func(q Query) bool { return q.Selector.String() == of.String() })
		if i < 0 {
			i = len(out)
			out = append(out, Query{Selector: of})
		}
		q := &out[i]
		if k := slices.IndexFunc(q.Counters, c.same); k >= 0 {
			q.Counters[k].strict = q.Counters[k].strict || c.strict
			continue
		}
		q.Counters = append(q.Counters, c)
	}
	return out
}

func (c Counter) same(o Counter) bool { return c.name == o.name && c.bound == o.bound }

// counterOf understands a selector of a histogram's counter; of picks the histogram.
func counterOf(sel slo.Selector) (of slo.Selector, c Counter, ok bool) {
	c.bound = math.NaN()
	var histogram string
	for _, m := range sel {
		switch m.Name {
		case slo.MetricName:
			if m.Type != slo.Equal || c.name != "" {
				return nil, c, false
			}
			c.name = m.Value
		case boundLabel:
			bound, one := boundOf(m)
			if !one || !math.IsNaN(c.bound) {
				return nil, c, false
			}
			c.bound, c.strict = bound, m.Strict
		default:
			of = append(of, m)
		}
	}
	if math.IsNaN(c.bound) {
		histogram, ok = strings.CutSuffix(c.name, countSuffix)
		c.bound = math.Inf(1)
	} else {
		histogram, ok = strings.CutSuffix(c.name, bucketSuffix)
	}
	if !ok || histogram == "" || !(c.bound > 0) {
		return nil, c, false
	}
	return append(slo.Selector{{Name: slo.MetricName, Value: histogram}}, of...), c, true
}

// boundOf is the one bound that a matcher picks, however it is written.
func boundOf(m slo.Matcher) (bound float64, ok bool) {
	if m.Type != slo.Equal && m.Type != slo.Regexp {
		return 0, false
	}
	all := []string{m.Value}
	if m.Type == slo.Regexp {
		all = strings.Split(strings.NewReplacer(`\.`, ".", `\+`, "+", "[.]", ".").Replace(m.Value), "|")
	}
	for _, text := range all {
		v, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil && m.Type == slo.Regexp && strings.Trim(text, "0123456789.") == "": // as 0.5.0, which is nowhere
		case err != nil || math.IsNaN(v) || ok && v != bound:
			return 0, false
		default:
			bound, ok = v, true
		}
	}
	return bound, ok
}

// Key is short for the counter: it tells those of one histogram apart.
func (c Counter) Key() string { return fmt.Sprintf("%s\xff%v", c.name, c.bound) }

// Labels are the counter's, of a histogram with the given labels.
func (c Counter) Labels(histogram slo.Labels) slo.Labels {
	out := make(slo.Labels, 0, len(histogram)+1)
	for _, l := range histogram {
		switch l.Name {
		case slo.MetricName:
			l.Value = c.name
		case boundLabel:
			continue
		}
		out = append(out, l)
	}
	if strings.HasSuffix(c.name, bucketSuffix) {
		out = append(out, slo.Label{Name: boundLabel, Value: strconv.FormatFloat(c.bound, 'g', -1, 64)})
	}
	return out
}
