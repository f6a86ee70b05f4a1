package promhist

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// Chunk is a piece of a series of native histograms, as Prometheus stores it, or as it is.
type Chunk struct {
	Min, Max int64 // the times of its first and last sample, in Unix milliseconds
	Encoding chunkenc.Encoding
	Bytes    []byte
	// Plain are its samples where there are no Bytes, oldest first, or Told where an API tells them.
	Plain []Sample
	Told  []Told
}

// Sample is a native histogram at a time. Its own hint says whether it was reset.
type Sample struct {
	T int64
	H *histogram.FloatHistogram
}

// series is one series of native histograms, of which a counter is made.
type series struct {
	Counter Counter
	Labels  slo.Labels // of the counter
	// From is the time after which samples are wanted. What was before tells where they begin.
	From   int64
	Chunks []Chunk

	anew, after, inexact bool

	places []between // where the bound lay, in what has been read so far
}

// between are the edges between which a bound lies; they are equal where it is one.
type between struct {
	Schema       int32 // of exponential buckets; histogram.CustomBucketsSchema for custom ones
	Lower, Upper float64
}

// Anew lets the first sample have its base, where the histogram before is known: the stream had samples
// of its own before. Where it is not, and after says that these came right before, nobody knows.
func (s *series) Anew(after bool) { s.anew, s.after = true, after }

// Inexact reports whether a bound lay within a bucket, in what has been read so far.
func (s *series) Inexact() bool { return s.inexact }

// mostPlaces is of how many places of a bound is told.
const mostPlaces = 8

// Note says for people of what the samples that have been read were made.
func (s *series) Note() string {
	if math.IsInf(s.Counter.bound, 1) {
		return "made of native histograms: all their events"
	}
	var texts []string
	for _, e := range s.places {
		text := fmt.Sprintf("%v is an edge of their buckets", s.Counter.bound)
		if e.Lower != e.Upper {
			text = fmt.Sprintf("%v lies between the edges %s and %s, and what is at or below %s counts", s.Counter.bound, edgeText(e.Lower), edgeText(e.Upper), edgeText(e.Lower))
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return "made of native histograms: " + strings.Join(texts, "; ")
}

// Samples implements promseries.Made.
func (s *series) Samples() slo.Samples {
	r := &reader{series: s, chunks: s.Chunks, counting: counting{Counter: s.Counter, Labels: s.Labels}}
	if !slices.IsSortedFunc(r.chunks, byTime) {
		r.chunks = slices.Clone(r.chunks)
		slices.SortStableFunc(r.chunks, byTime)
	}
	return r
}

// Add adds the counter's samples after from to what a collector has of its stream, which a
// query brings. Chunks that come one call after the other are one series.
func Add(to *promseries.Collector, stream *promseries.Stream, query int64, counter Counter, chunks []Chunk, from int64) {
	if len(chunks) == 0 {
		return
	}
	at := to.Beside(stream, query)
	if at == nil {
		return
	}
	s := &series{Counter: counter, Labels: stream.Identity().Labels, From: from, Chunks: chunks}
	first, last := chunks[0].Min, chunks[0].Max
	for _, c := range chunks {
		first, last = min(first, c.Min), max(last, c.Max)
	}
	if n := len(*at); n > 0 {
		if before, ok := (*at)[n-1].Made.(*series); ok && before.From == from {
			before.Chunks = append(before.Chunks, chunks...)
			(*at)[n-1].Min, (*at)[n-1].Max = min((*at)[n-1].Min, max(first-1, from+1)), max((*at)[n-1].Max, last+1)
			return
		}
	}
	// A base may stand right before its sample, or move it.
	*at = append(*at, promseries.Chunk{Min: max(first-1, from+1), Max: last + 1, Made: s})
}

func byTime(a, b Chunk) int {
	switch {
	case a.Min < b.Min:
		return -1
	case a.Min > b.Min:
		return 1
	}
	return 0
}

// reader reads the chunks one after the other.
type reader struct {
	series   *series
	counting counting
	chunks   []Chunk
	it       chunkenc.Iterator // of the first chunk; nil where it is yet to be opened
	first    bool              // its first sample is next
	reset    bool              // which the chunk says is one
	plain    int               // next sample of the first chunk, where it has no bytes
	room     [2]*histogram.FloatHistogram
	turn     int
	last     int64
	begun    bool
	value    float64 // of the last sample that was no staleness marker
	valued   bool
	given    bool // a sample was given out

	held    bool // a value is yet to be given out, after its base
	heldAt  int64
	heldFor float64
}

// Read implements slo.Samples.
func (r *reader) Read(t []int64, v []float64) (int, error) {
	n := 0
	for n < len(t) {
		if r.held {
			t[n], v[n], r.held = r.heldAt, r.heldFor, false
			n++
			continue
		}
		at, h, x, err := r.next()
		if err != nil {
			return 0, err
		}
		if h == nil && x == nil {
			break
		}
		if r.begun && at <= r.last {
			continue // of a chunk that overlaps
		}
		begun, before := r.begun, r.last
		r.last, r.begun = at, true
		one, err := r.counting.either(h, x)
		if err != nil {
			return 0, err
		}
		if value.IsStaleNaN(one.Value) {
			one.HasBase = false
		} else {
			r.based(&one, at)
		}
		if one.News && len(r.series.places) < mostPlaces && !slices.Contains(r.series.places, one.Edges) {
			r.series.places = append(r.series.places, one.Edges)
		}
		if at <= r.series.From {
			continue
		}
		if one.HasBase {
			baseAt := at - 1
			if baseAt <= r.series.From || begun && baseAt <= before {
				baseAt, at = at, at+1 // no room before it
				r.last = at
			}
			r.held, r.heldAt, r.heldFor = true, at, one.Value
			t[n], v[n] = baseAt, slo.Base(one.Base)
			n++
			continue
		}
		t[n], v[n] = at, one.Value
		n++
	}
	return n, nil
}

// based decides whether a sample has a base: not one that the sample before says, unless that was
// another series'.
func (r *reader) based(one *worth, at int64) {
	s := r.series
	if one.Edges.Lower != one.Edges.Upper && !s.inexact { // written once: readers take turns
		s.inexact = true
	}
	first := at > s.From && !r.given
	switch {
	case first && s.anew && !one.HasBase && s.inexact && (r.valued || s.after):
		if one.Base, one.HasBase = math.Inf(1), true; r.valued {
			one.Base = min(r.value, one.Value)
		}
	case one.HasBase && r.valued && one.Base == r.value && !(first && s.anew):
		one.HasBase = false
	}
	r.given = r.given || at > s.From
	r.value, r.valued = one.Value, true
}

func (c *counting) either(h *histogram.FloatHistogram, x *Told) (worth, error) {
	if x != nil {
		return c.takeTold(x)
	}
	return c.take(h)
}

// next is the next histogram of the chunks; nil and nil at the end. What it gave before is
// valid until the next but one.
func (r *reader) next() (int64, *histogram.FloatHistogram, *Told, error) {
	for len(r.chunks) > 0 {
		c := &r.chunks[0]
		if c.Bytes == nil {
			r.plain++
			switch {
			case r.plain <= len(c.Plain):
				p := c.Plain[r.plain-1]
				return p.T, p.H, nil, nil
			case r.plain <= len(c.Told):
				x := &c.Told[r.plain-1]
				return x.T, nil, x, nil
			}
			r.chunks, r.plain = r.chunks[1:], 0
			continue
		}
		if r.it == nil {
			if err := claims(c.Bytes); err != nil {
				return 0, nil, nil, fmt.Errorf("series %s: %w", r.series.Labels, err)
			}
			chunk, err := chunkenc.FromData(c.Encoding, c.Bytes)
			if err != nil {
				return 0, nil, nil, fmt.Errorf("series %s: %w", r.series.Labels, err)
			}
			r.it, r.first = chunk.Iterator(nil), true
			if head, ok := chunk.(interface {
				GetCounterResetHeader() chunkenc.CounterResetHeader
			}); ok {
				r.reset = head.GetCounterResetHeader() == chunkenc.CounterReset
			}
		}
		if r.it.Next() == chunkenc.ValNone {
			if err := r.it.Err(); err != nil {
				return 0, nil, nil, fmt.Errorf("series %s: %w", r.series.Labels, err)
			}
			r.it, r.chunks = nil, r.chunks[1:]
			continue
		}
		if r.room[r.turn] == nil {
			r.room[r.turn] = &histogram.FloatHistogram{}
		}
		t, h := r.it.AtFloatHistogram(r.room[r.turn])
		if r.first && r.reset { // the library does not say so, since others may not have the chunk before
			h.CounterResetHint = histogram.CounterReset
		}
		r.first = false
		if !value.IsStaleNaN(h.Sum) { // which is none of ours, and no sample before the next
			r.turn = 1 - r.turn
		}
		return t, h, nil, nil
	}
	return 0, nil, nil, nil
}
