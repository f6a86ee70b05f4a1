package promtsdb

import (
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promhist"
)

// AppendHistogram implements storage.Appender.
func (a *tapAppender) AppendHistogram(ref storage.SeriesRef, l labels.Labels, t int64, h *histogram.Histogram, fh *histogram.FloatHistogram) (storage.SeriesRef, error) {
	ref, err := a.Appender.AppendHistogram(ref, l, t, h, fh)
	if err == nil {
		*a.samples = append(*a.samples, tapSample{ref: ref, lset: l, t: t, h: h, fh: fh})
		a.newest = max(a.newest, t)
	}
	return ref, err
}

// tapNative is a series of native histograms; of those of which no selector wants a counter there
// is none.
type tapNative struct {
	last     int64
	counters []tapCounter
}

// tapCounter is one that is made of it.
type tapCounter struct {
	feed   *promhist.Feed
	series *tapSeries
}

// addNative takes in a committed histogram. What the tap cannot tell as the store can, since it has not
// seen the histogram before, or the counter has samples of its own, is left to the store.
func (p *tap) addNative(s *tapSample) {
	n, seen := p.natives[s.ref]
	if !seen {
		if len(p.natives) >= maxSeen {
			clear(p.natives)
		}
		n = p.wantNative(s.lset)
		p.natives[s.ref] = n
	}
	if n == nil || s.t <= n.last {
		return
	}
	n.last = s.t
	f := s.fh
	if s.h != nil {
		f = s.h.ToFloat(nil)
	}
	for _, c := range n.counters {
		v, base, based, err := c.feed.Take(f)
		if err != nil || !seen || c.series.ref != 0 {
			p.leave(s.t)
			c.series.last = max(c.series.last, s.t)
			continue
		}
		if based {
			p.hold(c.series, s.t-1, slo.Base(base))
		}
		p.hold(c.series, s.t, v)
	}
}

// leave lets the store answer for what was committed up to a time.
func (p *tap) leave(t int64) {
	for _, s := range p.selectors {
		s.since = max(s.since, t)
	}
}

func (p *tap) hold(s *tapSeries, t int64, v float64) {
	if t > s.last {
		s.held, s.last = append(s.held, point{t, v}), t
		p.samples++
	}
}

// wantNative finds the counters that selectors want of a series of native histograms; nil
// where none does.
func (p *tap) wantNative(lset labels.Labels) *tapNative {
	var n *tapNative
	var key []byte
	for _, sel := range p.selectors {
		for _, q := range sel.native {
			if !picks(q.Selector, lset) {
				continue
			}
			for _, counter := range q.Counters {
				stream := derived(p.names, counter, lset, &key)
				series := p.known[stream]
				if series == nil {
					series = p.newSeries()
					series.place, series.stream, series.last = len(p.order), stream, math.MinInt64
					series.picks = p.pickedBy(func(sel *tapSelector) bool { return sel.sel.Matches(stream.Labels) })
					series.identify()
					p.order, p.known[stream] = append(p.order, series), series
				}
				if n == nil {
					n = &tapNative{last: math.MinInt64}
				}
				if n.has(series) {
					continue
				}
				series.made = true
				n.counters = append(n.counters, tapCounter{promhist.NewFeed(counter, stream.Identity().Labels), series})
			}
		}
	}
	return n
}

func (n *tapNative) has(s *tapSeries) bool {
	for _, c := range n.counters {
		if c.series == s {
			return true
		}
	}
	return false
}

// ended is what the store keeps of a staleness marker behind a histogram.
func ended(v float64) *histogram.FloatHistogram {
	if !value.IsStaleNaN(v) {
		return nil
	}
	return &histogram.FloatHistogram{Sum: v}
}
