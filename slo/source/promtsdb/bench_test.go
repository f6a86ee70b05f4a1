package promtsdb

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// ownCPU is the time that this process has used: on a machine that is shared,
// it says more than the clock.
func ownCPU(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSelectBlocks reads a day of 2,000 series from a block.
func BenchmarkSelectBlocks(b *testing.B) {
	const series, n = 2000, 2880
	dir := b.TempDir()
	data := sourcetest.Load(series, n, start)
	sourcetest.WriteBlock(b, dir, data, 0, start+1)
	data = nil
	runtime.GC()
	d := openStore(b, dir, Config{})
	r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(b, "http_requests_total", "job", "=", "shop")}, From: 0, To: start}
	for _, cores := range []int{1, 2} {
		b.Run(map[int]string{1: "one core", 2: "two cores"}[cores], func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
			before := ownCPU(b)
			for b.Loop() {
				if got := sourcetest.Drain(b, d, r, cores); got != series*n {
					b.Fatalf("%d samples", got)
				}
			}
			b.ReportMetric(float64(series*n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msamples/s")
			b.ReportMetric(float64(series*n)*float64(b.N)/(ownCPU(b)-before).Seconds()/1e6, "Msamples/CPU-s")
		})
	}
}

// BenchmarkSelectTick takes in what 2,000 series brought in a minute.
func BenchmarkSelectTick(b *testing.B) {
	const series, n = 2000, 240
	data := sourcetest.Load(series, n, start)
	sel := []slo.Selector{
		sourcetest.Sel(b, "http_requests_total", "job", "=", "shop"),
		sourcetest.Sel(b, "http_requests_total", "job", "=", "shop", "code", "!~", "5.."),
	}
	d := openStore(b, b.TempDir(), Config{})
	ask := func(from, to int64) slo.Request { return slo.Request{Selectors: sel, From: from, To: to} }
	appendData(b, d, data, start-240*30_000, start-3_600_000, 600_000)
	sourcetest.Drain(b, d, ask(start-3_600_000-1, start-3_600_000), 1) // from here on the tap holds them
	appendData(b, d, data, start-3_600_000, start, 60_000)
	sourcetest.Drain(b, d, ask(start-3_600_000, start-60_000), 1)
	b.Run("from memory", func(b *testing.B) {
		r := ask(start-60_000, start-1)
		r.Selectors = r.Selectors[:1] // what Select reduces them to
		got, before := 0, ownCPU(b)
		for b.Loop() {
			src := tapOnly{DB: d}
			got = sourcetest.Drain(b, &src, r, 1)
			if !src.held || got == 0 {
				b.Fatal("not held")
			}
		}
		b.ReportMetric(float64(got), "samples")
		b.ReportMetric((ownCPU(b)-before).Seconds()*1000/float64(b.N), "CPU-ms/op")
	})
	b.Run("from the store", func(b *testing.B) {
		r := ask(start-60_000, start-1)
		r.Selectors = r.Selectors[:1]
		before := ownCPU(b)
		for b.Loop() {
			c := d.collector(r.From, r.To)
			if err := d.selectStored(b.Context(), r.Selectors, r.From, r.To, c, func(s []slo.Series) error { return nil }); err != nil {
				b.Fatal(err)
			}
			d.collectors.Put(c)
		}
		b.ReportMetric((ownCPU(b)-before).Seconds()*1000/float64(b.N), "CPU-ms/op")
	})
}
