package promhist

import (
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"

	"github.com/shopslo/shopslo/slo"
)

// counting makes a counter's samples of one series' histograms, one after the other.
type counting struct {
	Counter Counter
	Labels  slo.Labels // of the counter, for errors

	before *histogram.FloatHistogram // the latest that was no staleness marker
	layout layout
	cut    cut

	told  *Told // the latest of those that an API tells
	edges between
}

// worth is what a histogram is to a counter.
type worth struct {
	Value float64 // also a staleness marker
	// Base is what the counter had counted already below what counts now, where HasBase; not
	// where the value before says it.
	Base    float64
	HasBase bool
	Edges   between
	News    bool // the edges are not those of before
}

// take takes in the next histogram, which must stay as it is until the next but one has been
// taken in.
func (c *counting) take(h *histogram.FloatHistogram) (worth, error) {
	if value.IsStaleNaN(h.Sum) {
		return worth{Value: math.Float64frombits(slo.StaleNaN)}, nil
	}
	if h.CounterResetHint == histogram.GaugeType {
		return worth{}, c.refuse("is a gauge histogram, whose counts may fall: it counts no events; name a histogram that only grows")
	}
	if !histogram.IsCustomBucketsSchema(h.Schema) && !histogram.IsExponentialSchema(h.Schema) {
		return worth{}, c.refuse(fmt.Sprintf("has native histograms of the unknown schema %d", h.Schema))
	}
	before, old := c.before, c.cut
	c.before = h
	news := before == nil || !c.layout.equal(layoutOf(h))
	if news {
		c.layout = layoutOf(h)
		c.layout.custom = append([]float64(nil), c.layout.custom...)
		c.cut = c.layout.cutAt(c.Counter.bound)
	}
	if c.Counter.strict && !c.cut.exact() {
		return worth{}, c.refuse(c.noEdge(between{h.Schema, c.cut.lower, c.cut.upper}))
	}
	out := worth{Value: c.cut.below(h), News: news, Edges: between{h.Schema, c.cut.lower, c.cut.upper}}
	moved := before != nil && news && c.cut.lower != old.lower
	switch {
	case reset(before, h), moved && h.Count < before.Count:
		out.HasBase = true
	case moved:
		out.Base, out.HasBase = min(atMost(before, c.cut.lower), out.Value), true
	}
	return out, nil
}

// reset reports whether a histogram was reset since the one before it without that its count
// says so.
func reset(before, h *histogram.FloatHistogram) bool {
	switch {
	case before == nil:
		return h.CounterResetHint == histogram.CounterReset
	case h.Count < before.Count: // as for any counter
		return false
	case h.CounterResetHint == histogram.CounterReset:
		return true
	}
	// Buckets of other bounds tell nothing.
	return layoutOf(h).comparable(layoutOf(before)) && h.DetectReset(before)
}

func (l layout) comparable(o layout) bool {
	if histogram.IsCustomBucketsSchema(l.schema) || histogram.IsCustomBucketsSchema(o.schema) {
		return l.equal(o)
	}
	return true
}

func (c *counting) refuse(why string) error {
	return &slo.SeriesError{Labels: c.Labels, Reason: why}
}
