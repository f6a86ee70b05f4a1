package promhist

import (
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/shopslo/shopslo/slo"
)

// chunkOf is a chunk of two samples, as Prometheus cuts it.
func chunkOf(t testing.TB, floats bool) []byte {
	t.Helper()
	h := &histogram.Histogram{Schema: 0, ZeroThreshold: 0.001, Count: 6, Sum: 9, PositiveSpans: []histogram.Span{{Offset: -1, Length: 2}, {Offset: 3, Length: 1}}, PositiveBuckets: []int64{1, 1, 1}}
	var chunks []Chunk
	var app chunkenc.Appender
	var chunk chunkenc.Chunk
	for at := int64(0); at < 30_000; at += 15_000 {
		chunks = appendTo(t, chunks, &app, &chunk, at, h, floats)
	}
	if len(chunks) != 1 {
		t.Fatalf("%d chunks", len(chunks))
	}
	return chunks[0].Bytes
}

// read reads all histograms of a chunk.
func read(encoding chunkenc.Encoding, data []byte) (n int, err error) {
	s := &series{Labels: slo.Labels{{Name: slo.MetricName, Value: "m"}}, Chunks: []Chunk{{Max: 30_000, Encoding: encoding, Bytes: data}}}
	r := reader{series: s, chunks: s.Chunks}
	for {
		_, h, told, err := r.next()
		if err != nil || h == nil && told == nil {
			return n, err
		}
		n++
	}
}

// A chunk that claims billions of buckets in a few bytes is refused before room is made for them.
func TestAChunkThatClaimsWhatItCannotHoldIsRefused(t *testing.T) {
	for _, floats := range []bool{false, true} {
		encoding := chunkenc.EncHistogram
		if floats {
			encoding = chunkenc.EncFloatHistogram
		}
		whole := chunkOf(t, floats)
		if n, err := read(encoding, whole); n != 2 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if n, err := read(encoding, []byte{0, 0, 0, 0}); n != 0 || err != nil {
			t.Errorf("without samples: %d, %v", n, err)
		}
		refused := 0
		for at := range whole { // some of these are lengths of spans
			for bit := range 8 {
				data := append([]byte{}, whole...)
				data[at] ^= 1 << bit
				if claims(data) != nil {
					refused++
				}
				_, _ = read(encoding, data)
			}
		}
		if refused == 0 {
			t.Error("nothing was refused")
		}
		for n := range 5 {
			if _, err := read(encoding, whole[:n]); n <= chunkHeader && err == nil {
				t.Errorf("%d bytes are taken", n)
			}
		}
	}
}

// FuzzChunk reads what a server may send as a chunk: it is read or refused, with no more memory
// than what was sent is worth.
func FuzzChunk(f *testing.F) {
	f.Add(false, chunkOf(f, false))
	f.Add(true, chunkOf(f, true))
	f.Fuzz(func(t *testing.T, floats bool, data []byte) {
		encoding := chunkenc.EncHistogram
		if floats {
			encoding = chunkenc.EncFloatHistogram
		}
		_, _ = read(encoding, data)
	})
}
