package promseries

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// chunkOf encodes samples with Prometheus' own library.
func chunkOf(t testing.TB, ts []int64, vs []float64) []byte {
	t.Helper()
	c := chunkenc.NewXORChunk()
	app, err := c.Appender()
	if err != nil {
		t.Fatal(err)
	}
	for i := range ts {
		app.Append(ts[i], vs[i])
	}
	return c.Bytes()
}

// byPrometheus decodes a chunk with Prometheus' own iterator.
func byPrometheus(b []byte) (ts []int64, vs []float64, err error) {
	c, err := chunkenc.FromData(chunkenc.EncXOR, b)
	if err != nil {
		return nil, nil, err
	}
	it := c.Iterator(nil)
	for it.Next() == chunkenc.ValFloat {
		at, v := it.At()
		ts, vs = append(ts, at), append(vs, v)
	}
	return ts, vs, it.Err()
}

// inBatches decodes a chunk with ours, batch samples at a time.
func inBatches(b []byte, batch int) (ts []int64, vs []float64, err error) {
	var d decoder
	if err := d.reset(b); err != nil {
		return nil, nil, err
	}
	t, v := make([]int64, batch), make([]float64, batch)
	for {
		n, err := d.read(t, v)
		if err != nil || n == 0 {
			return ts, vs, err
		}
		ts, vs = append(ts, t[:n]...), append(vs, v[:n]...)
	}
}

func same(a, b []int64, va, vb []float64) bool {
	if len(a) != len(b) || len(va) != len(vb) {
		return false
	}
	for i := range a {
		if a[i] != b[i] || math.Float64bits(va[i]) != math.Float64bits(vb[i]) {
			return false
		}
	}
	return true
}

// history makes n samples of a shape that decides which codes a chunk uses.
func history(r *rand.Rand, n int, jitter int64, value func(i int, last float64) float64) ([]int64, []float64) {
	ts, vs := make([]int64, n), make([]float64, n)
	t, v := int64(1_790_000_000_000), 0.0
	for i := range ts {
		t += 30_000
		if jitter > 0 {
			t += r.Int64N(2*jitter) - jitter
		}
		v = value(i, v)
		ts[i], vs[i] = t, v
	}
	return ts, vs
}

func TestDecoderReadsWhatPrometheusWrites(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	counter := func(_ int, v float64) float64 { return v + float64(r.IntN(200)) }
	anyBits := func(int, float64) float64 { return math.Float64frombits(r.Uint64()) }
	cases := []struct {
		name   string
		n      int
		jitter int64
		value  func(int, float64) float64
	}{
		{"no sample", 0, 0, counter},
		{"one sample", 1, 0, counter},
		{"two samples", 2, 0, counter},
		{"a counter at exact intervals", 120, 0, counter},
		{"a counter with milliseconds of jitter", 120, 5, counter},
		{"deltas of 14 bits", 120, 8_000, counter},
		{"deltas of 17 and 20 bits", 1000, 29_000, counter},
		{"a value that never changes", 120, 0, func(int, float64) float64 { return 7 }},
		{"all bits of the values change", 500, 100, anyBits},
		{"fractions", 120, 1, func(_ int, v float64) float64 { return v + r.Float64() }},
		{"a chunk as large as they get", math.MaxUint16, 1, counter},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ts, vs := history(r, c.n, c.jitter, c.value)
			b := chunkOf(t, ts, vs)
			for _, batch := range []int{1, 2, 7, 120, 1 << 17} {
				gotT, gotV, err := inBatches(b, batch)
				if err != nil || !same(gotT, ts, gotV, vs) {
					t.Fatalf("batches of %d: %d samples, %v, want the %d written", batch, len(gotT), err, len(ts))
				}
			}
		})
	}
}

func TestDecoderReadsHugeSteps(t *testing.T) {
	ts := []int64{-1 << 40, 0, 1, 1 << 19, 1 << 21, 1 << 50, 1<<50 + 1}
	vs := []float64{1, math.NaN(), math.Inf(1), math.Copysign(0, -1), math.MaxFloat64, 5e-324, 0}
	gotT, gotV, err := inBatches(chunkOf(t, ts, vs), 3)
	if err != nil || !same(gotT, ts, gotV, vs) {
		t.Fatalf("got %v %v %v", gotT, gotV, err)
	}
}

func TestDecoderRefusesDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	ts, vs := history(r, 120, 10, func(_ int, v float64) float64 { return v + r.Float64() })
	whole := chunkOf(t, ts, vs)
	for cut := range whole {
		if _, _, err := inBatches(whole[:cut], 120); err == nil && cut > 0 {
			t.Errorf("a chunk cut to %d of %d bytes was read", cut, len(whole))
		}
	}
	back := chunkOf(t, []int64{10, 20, 15}, []float64{1, 2, 3})
	if _, _, err := inBatches(back, 120); err == nil {
		t.Error("falling time stamps were read")
	}
	same := chunkOf(t, []int64{10, 10}, []float64{1, 2})
	if _, _, err := inBatches(same, 120); err == nil {
		t.Error("a repeated time stamp was read")
	}
}

func FuzzDecoderAgainstPrometheus(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, jitter := range []int64{0, 3, 9_000, 29_000} {
		ts, vs := history(r, 40, jitter, func(_ int, v float64) float64 { return v + float64(r.IntN(9))/8 })
		f.Add(chunkOf(f, ts, vs), uint8(7))
	}
	f.Add(chunkOf(f, []int64{-5, 0, 1 << 60}, []float64{math.NaN(), math.Inf(-1), 5e-324}), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, batch uint8) {
		if len(b) < 2 {
			return
		}
		// The length is the attacker's: keep it near what the bytes can hold.
		if n := binary.BigEndian.Uint16(b); int(n) > 8*len(b) {
			binary.BigEndian.PutUint16(b, uint16(8*len(b)))
		}
		gotT, gotV, err := inBatches(b, int(batch)+1)
		wantT, wantV, wantErr := byPrometheus(b)
		switch {
		case err == nil && wantErr != nil:
			t.Fatalf("read %d samples where Prometheus says %v", len(gotT), wantErr)
		case err == nil && !same(gotT, wantT, gotV, wantV):
			t.Fatalf("got %v %v\nwant %v %v", gotT, gotV, wantT, wantV)
		case err != nil && wantErr == nil && rises(wantT) && !oddLengths(b):
			t.Fatalf("refused (%v) what Prometheus reads: %v %v", err, wantT, wantV)
		}
	})
}

func rises(ts []int64) bool {
	for i := 1; i < len(ts); i++ {
		if ts[i] <= ts[i-1] || ts[i]-ts[i-1] < 0 {
			return false
		}
	}
	return true
}

// oddLengths reports whether the chunk cannot have been written by Prometheus'
// appender: it encodes to other bytes again.
func oddLengths(b []byte) bool {
	ts, vs, err := byPrometheus(b)
	if err != nil {
		return true
	}
	c := chunkenc.NewXORChunk()
	app, _ := c.Appender()
	for i := range ts {
		app.Append(ts[i], vs[i])
	}
	return string(c.Bytes()) != string(b)
}

// ownCPU is the time that this process has used: on a machine that is shared,
// it says more than the clock.
func ownCPU(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkDecode(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	shapes := []struct {
		name  string
		value func(int, float64) float64
	}{
		{"busy counter", func(_ int, v float64) float64 { return v + float64(r.IntN(200)) }},
		{"sparse counter", func(i int, v float64) float64 { return v + float64(i%20/19) }},
	}
	for _, s := range shapes {
		chunks := make([][]byte, 1000)
		for i := range chunks {
			ts, vs := history(r, 120, 0, s.value)
			chunks[i] = chunkOf(b, ts, vs)
		}
		b.Run(s.name+"/ours", func(b *testing.B) {
			t, v := make([]int64, 512), make([]float64, 512)
			var d decoder
			before := ownCPU(b)
			for i := 0; b.Loop(); i++ {
				if err := d.reset(chunks[i%len(chunks)]); err != nil {
					b.Fatal(err)
				}
				if n, err := d.read(t, v); n != 120 || err != nil {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(120*float64(b.N)/(ownCPU(b)-before).Seconds()/1e6, "Msamples/CPU-s")
		})
		b.Run(s.name+"/chunkenc", func(b *testing.B) {
			var it chunkenc.Iterator
			c := chunkenc.NewXORChunk()
			sum, before := 0.0, ownCPU(b)
			for i := 0; b.Loop(); i++ {
				c.Reset(chunks[i%len(chunks)])
				it = c.Iterator(it)
				for it.Next() == chunkenc.ValFloat {
					_, v := it.At()
					sum += v
				}
			}
			b.ReportMetric(120*float64(b.N)/(ownCPU(b)-before).Seconds()/1e6, "Msamples/CPU-s")
		})
	}
}
