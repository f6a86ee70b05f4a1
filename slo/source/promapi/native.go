package promapi

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promhist"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// wanted is what a server is asked for: series as they are, and native histograms, of which counters
// are made. The queries are numbered in this order.
type wanted struct {
	plain  []slo.Selector
	native []promhist.Query
}

func wantedFor(selectors []slo.Selector) wanted {
	a := wanted{plain: promseries.Wider(selectors), native: promhist.Queries(promseries.Reduce(selectors))}
	for i, q := range a.native {
		a.native[i].Selector = promseries.Wider([]slo.Selector{q.Selector})[0]
	}
	return a
}

// histograms are those that a query asks for; nil where it asks for series as they are.
func (a wanted) histograms(query int64) *promhist.Query {
	if n := query - int64(len(a.plain)); n >= 0 && n < int64(len(a.native)) {
		return &a.native[n]
	}
	return nil
}

// before is how far before a span native histograms are read, in milliseconds: where the
// buckets change, the histogram before says what the new ones had counted.
func (s *Source) before() int64 {
	if s.interval > 0 {
		return 5 * s.interval
	}
	return 5 * 60_000
}

// addNative adds the counters of a series of native histograms that a query brings. raw tells the
// series apart from all others.
func (s *Source) addNative(c *collector, q *promhist.Query, query int64, raw []byte, histogram slo.Labels, chunks []promhist.Chunk) {
	for _, counter := range q.Counters {
		key := append(slices.Clip(raw), counter.Key()...)
		stream := s.names.Known(key)
		if stream == nil {
			stream = s.names.Add(key, counter.Labels(histogram))
		}
		promhist.Add(&c.Collector, stream, query, counter, chunks, c.from)
	}
}

// The encodings of a Chunk's data, by its type.
var encodings = map[uint64]chunkenc.Encoding{2: chunkenc.EncHistogram, 3: chunkenc.EncFloatHistogram}

// addNativeSeries takes in a ChunkedSeries of a query for native histograms; its other chunks are
// of another query.
func (s *Source) addNativeSeries(b []byte, q *promhist.Query, query int64, c *collector) error {
	id, rest, err := s.identify(b)
	if err != nil {
		return err
	}
	var chunks []promhist.Chunk
	m := message{rest: rest}
	for m.next() {
		if m.num == 1 {
			return errLabelsLate
		}
		if m.num != 2 || m.data == nil {
			continue
		}
		chunk, kind, data, err := parseChunk(m.data)
		if err != nil {
			return err
		}
		if encoding, ok := encodings[kind]; ok {
			chunks = append(chunks, promhist.Chunk{Min: chunk.Min, Max: chunk.Max, Encoding: encoding, Bytes: data})
		}
	}
	s.addNative(c, q, query, b[:len(b)-len(rest)], id.Labels, chunks)
	return m.err
}

// addNativeSamples takes in a series of samples of a query for native histograms.
func (s *Source) addNativeSamples(b []byte, q *promhist.Query, query int64, c *collector) error {
	id, rest, err := s.identify(b)
	if err != nil {
		return err
	}
	var samples []promhist.Sample
	m := message{rest: rest}
	for m.next() {
		switch {
		case m.num == 1:
			return errLabelsLate
		case m.num != 4 || m.data == nil:
			continue
		}
		var h prompb.Histogram
		if err := h.Unmarshal(m.data); err != nil {
			return cutShort("protobuf: a histogram: %w", err)
		}
		f := h.ToFloatHistogram()
		if n := len(samples); n > 0 && h.Timestamp <= samples[n-1].T {
			return &answerError{"samples of " + id.Labels.String() + " are not in order of time"}
		}
		if err := promhist.Sound(f); err != nil {
			return &answerError{fmt.Sprintf("a histogram of %s: %v", id.Labels, err)}
		}
		samples = append(samples, promhist.Sample{T: h.Timestamp, H: f})
	}
	if len(samples) > 0 {
		chunk := promhist.Chunk{Min: samples[0].T, Max: samples[len(samples)-1].T, Plain: samples}
		s.addNative(c, q, query, b[:len(b)-len(rest)], id.Labels, []promhist.Chunk{chunk})
	}
	return m.err
}
