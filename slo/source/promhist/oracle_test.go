package promhist

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/shopslo/shopslo/slo"
)

// process is what an exporter has observed since it started, and how it sorts it into buckets.
type process struct {
	seen   []float64
	schema int32
	zero   float64
	custom []float64
}

// histogram sorts the observations, one by one.
func (p *process) histogram(t testing.TB) *histogram.Histogram {
	t.Helper()
	h := &histogram.Histogram{Schema: p.schema, ZeroThreshold: p.zero, CustomValues: p.custom, Count: uint64(len(p.seen))}
	positive, negative := map[int32]int64{}, map[int32]int64{}
	for _, v := range p.seen {
		h.Sum += v
		switch {
		case p.custom != nil:
			i, _ := slices.BinarySearch(p.custom, v) // the first that is at least v
			positive[int32(i)]++
		case math.Abs(v) <= p.zero:
			h.ZeroCount++
		case v > 0:
			positive[indexOf(v, p.schema)]++
		default:
			negative[indexOf(-v, p.schema)]++
		}
	}
	h.PositiveSpans, h.PositiveBuckets = spansOf(positive)
	h.NegativeSpans, h.NegativeBuckets = spansOf(negative)
	if err := h.Validate(); err != nil {
		t.Fatal(err)
	}
	return h
}

// indexOf looks for the bucket from the lowest on that is worth looking at.
func indexOf(v float64, schema int32) int32 {
	l := layout{schema: schema}
	i := int32(math.Log2(v)*math.Exp2(float64(schema))) - 3
	for l.edge(i) < v {
		i++
	}
	return i
}

func spansOf(counts map[int32]int64) (spans []histogram.Span, deltas []int64) {
	var all []int32
	for i := range counts {
		all = append(all, i)
	}
	slices.Sort(all)
	next, before := int32(0), int64(0)
	for k, i := range all {
		if k == 0 || i != next {
			spans = append(spans, histogram.Span{Offset: i - next})
		}
		spans[len(spans)-1].Length++
		deltas, before, next = append(deltas, counts[i]-before), counts[i], i+1
	}
	return spans, deltas
}

// atOrBelow counts observations.
func atOrBelow(seen []float64, edge float64) float64 {
	n := 0
	for _, v := range seen {
		if v <= edge {
			n++
		}
	}
	return float64(n)
}

func someValue(r *rand.Rand) float64 {
	switch r.IntN(8) {
	case 0:
		return 0
	case 1:
		return math.Exp2(float64(r.IntN(6) - 4))
	case 2:
		return -r.Float64()
	default:
		return math.Exp2(8*r.Float64() - 5)
	}
}

func someBound(r *rand.Rand) float64 {
	return []float64{0.5, 1, 0.25, 0.3, 2, 0.05, 1e-9, 40, math.Exp2(-1.5), math.Exp2(8*r.Float64() - 5), math.Inf(1)}[r.IntN(11)]
}

func counterAt(bound float64) Counter {
	if math.IsInf(bound, 1) {
		return Counter{name: "x_count", bound: bound}
	}
	return Counter{name: "x_bucket", bound: bound}
}

func (p *process) reshape(r *rand.Rand) {
	p.custom = nil
	p.schema = int32(r.IntN(13)) - 4
	p.zero = []float64{0, 1e-128, 0.001, 0.3, 0.5}[r.IntN(5)]
	if r.IntN(4) == 0 {
		p.schema, p.zero, p.custom = histogram.CustomBucketsSchema, 0, []float64{0.05, 0.25, 0.3, 1}[r.IntN(2):3+r.IntN(2)]
	}
}

func TestOfOneHistogramWhatIsAtOrBelowTheEdgeCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 2))
	for round := range 1000 {
		p := &process{}
		p.reshape(r)
		for range r.IntN(60) {
			p.seen = append(p.seen, someValue(r))
		}
		bound := someBound(r)
		c := counting{Counter: counterAt(bound)}
		got, err := c.take(p.histogram(t).ToFloat(nil))
		if err != nil {
			t.Fatal(err)
		}
		e := got.Edges
		what := fmt.Sprintf("round %d: bound %v in schema %d, zero %v, custom %v: %+v", round, bound, p.schema, p.zero, p.custom, got)
		if want := atOrBelow(p.seen, e.Lower); got.Value != want && !(e.Lower < 0) {
			t.Errorf("%s, want %v", what, want)
		}
		if e.Lower < 0 && !math.IsInf(e.Lower, -1) && got.Value > atOrBelow(p.seen, 0) {
			t.Errorf("%s: more than the negative ones", what)
		}
		if !(e.Lower <= bound*(1+1e-12) && (bound < e.Upper || e.Lower == e.Upper && near(bound, e.Lower))) {
			t.Errorf("%s: the bound is not between the edges", what)
		}
		if p.custom == nil && !math.IsInf(bound, 1) && bound > p.zero && e.Lower > p.zero && e.Upper > e.Lower*math.Exp2(math.Exp2(-float64(p.schema)))*(1+1e-9) {
			t.Errorf("%s: the edges are no neighbours", what)
		}
	}
}

// counted adds up what a reader of samples that knows of bases counts. What drops with it, at
// these times, has begun anew with it.
func counted(t testing.TB, s slo.Samples, drops map[int64]bool) (sum float64, dropped map[int64]bool) {
	t.Helper()
	before, base, based := 0.0, 0.0, false
	last := int64(0)
	dropped = map[int64]bool{}
	for {
		var ts [3]int64
		var vs [3]float64
		n, err := s.Read(ts[:], vs[:])
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return sum, dropped
		}
		for i, v := range vs[:n] {
			if ts[i] <= last {
				t.Fatalf("time %d after %d", ts[i], last)
			}
			last = ts[i]
			if b, ok := slo.BaseOf(v); ok {
				base, based = b, true
				continue
			}
			switch {
			case slo.IsStale(v):
				continue
			case based:
				sum += v - base
			case v < before || drops[ts[i]]:
				sum += v
				dropped[ts[i]] = true
			default:
				sum += v - before
			}
			before, based = v, false
		}
	}
}

// history is a series of histograms, in chunks as Prometheus cuts them, and what has been counted
// in it at or below the edges that its histograms had.
type history struct {
	chunks []Chunk
	worst  float64 // the least that is right: what is surely at or below the bound
	truth  float64 // what is at or below the bound
	most   float64 // events of any size
}

func historyOf(t testing.TB, r *rand.Rand, bound float64, floats, restarts bool) history {
	t.Helper()
	var out history
	p := &process{}
	p.reshape(r)
	var app chunkenc.Appender
	var chunk chunkenc.Chunk
	at, before := int64(1_000_000), 0
	began := false
	for range 30 + r.IntN(60) {
		at += 15_000
		restarted := false
		switch r.IntN(12) {
		case 0: // the client halves its resolution
			if p.custom == nil && p.schema > -4 {
				p.schema--
			}
		case 1:
			if began && restarts {
				restarted, before = true, 0
				p.seen = nil
				p.reshape(r)
			}
		case 2:
			if began { // which ends the chunk for everything but more of them
				out.chunks = appendTo(t, out.chunks, &app, &chunk, at, &histogram.Histogram{Sum: math.Float64frombits(slo.StaleNaN)}, floats)
				continue
			}
		}
		for range r.IntN(30) {
			p.seen = append(p.seen, someValue(r))
		}
		h := p.histogram(t)
		if restarted {
			h.CounterResetHint = histogram.CounterReset
		}
		began = true
		out.chunks = appendTo(t, out.chunks, &app, &chunk, at, h, floats)
		lower := layoutOf(h.ToFloat(nil)).cutAt(bound).lower
		if lower < 0 && !math.IsInf(lower, -1) {
			lower = -math.SmallestNonzeroFloat64
			for _, v := range p.seen[before:] {
				if v < -h.ZeroThreshold {
					out.worst++
				}
			}
		} else {
			out.worst += atOrBelow(p.seen[before:], lower)
		}
		out.truth += atOrBelow(p.seen[before:], bound)
		out.most += float64(len(p.seen) - before)
		before = len(p.seen)
	}
	return out
}

// appendTo appends as the head of Prometheus' store does.
func appendTo(t testing.TB, chunks []Chunk, app *chunkenc.Appender, chunk *chunkenc.Chunk, at int64, h *histogram.Histogram, floats bool) []Chunk {
	t.Helper()
	if *app == nil {
		*chunk = chunkenc.NewHistogramChunk()
		if floats {
			*chunk = chunkenc.NewFloatHistogramChunk()
		}
		var err error
		if *app, err = (*chunk).Appender(); err != nil {
			t.Fatal(err)
		}
	}
	var next chunkenc.Chunk
	var recoded bool
	var err error
	if floats {
		next, recoded, *app, err = (*app).AppendFloatHistogram(nil, at, h.ToFloat(nil), false)
	} else {
		next, recoded, *app, err = (*app).AppendHistogram(nil, at, h, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	if next != nil {
		*chunk = next
	}
	c := Chunk{Min: at, Max: at, Encoding: (*chunk).Encoding(), Bytes: (*chunk).Bytes()}
	if n := len(chunks); n > 0 && (next == nil || recoded) {
		c.Min = chunks[n-1].Min
		chunks[n-1] = c
		return chunks
	}
	return append(chunks, c)
}

func TestOfAHistoryWhatIsSurelyAtOrBelowTheBoundCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 3))
	for round := range 120 {
		bound := someBound(r)
		h := historyOf(t, r, bound, round%2 == 0, true)
		s := &series{Counter: counterAt(bound), Chunks: h.chunks}
		all := &series{Counter: counterAt(math.Inf(1)), Chunks: h.chunks}
		total, drops := counted(t, all.Samples(), nil)
		if got, _ := counted(t, s.Samples(), drops); got != h.worst || total != h.most {
			t.Errorf("round %d: bound %v: counted %v of %v, want %v", round, bound, got, h.most, h.worst)
		}
		// Read in two parts, from any time on, it is the same.
		var times []int64
		s.From = 1_000_000 + 15_000*int64(1+r.IntN(20)) - int64(r.IntN(2))
		samples := s.Samples()
		for {
			var ts [7]int64
			var vs [7]float64
			n, err := samples.Read(ts[:], vs[:])
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			times = append(times, ts[:n]...)
		}
		if len(times) > 0 && times[0] <= s.From {
			t.Errorf("round %d: from %d on, the first is of %d", round, s.From, times[0])
		}
	}
}

// tell tells of a history as query APIs do.
func (h history) tell(t testing.TB) (out []Told) {
	t.Helper()
	for _, c := range h.chunks {
		chunk, err := chunkenc.FromData(c.Encoding, c.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		for it := chunk.Iterator(nil); it.Next() != chunkenc.ValNone; {
			at, f := it.AtFloatHistogram(nil)
			if math.IsNaN(f.Sum) {
				continue // the API leaves markers out
			}
			x := Told{T: at, Count: f.Count}
			for b := f.AllBucketIterator(); b.Next(); {
				if at := b.At(); at.Count > 0 {
					x.Buckets = append(x.Buckets, Bucket{at.Lower, at.Upper, at.Count})
				}
			}
			out = append(out, x)
		}
	}
	return out
}

func TestWhatQueryAPIsTellCountsNoLessAndNothingAboveTheBound(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 4))
	for round := range 120 {
		bound := someBound(r)
		h := historyOf(t, r, bound, round%2 == 0, false)
		s := &series{Counter: counterAt(bound), Chunks: []Chunk{{Told: h.tell(t)}}}
		got, drops := counted(t, s.Samples(), nil)
		if got < h.worst || got > h.truth || len(drops) > 0 {
			t.Errorf("round %d: bound %v: counted %v (drops %v), surely below are %v, in truth %v", round, bound, got, drops, h.worst, h.truth)
		}
	}
}
