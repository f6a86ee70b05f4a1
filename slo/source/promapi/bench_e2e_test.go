//go:build e2e

package promapi

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// ownCPU is the time that this process has used.
func ownCPU(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSelect reads from real Prometheus: a day of 2,000 series from a
// block, and a minute of them from its head. CPU is of both processes.
func BenchmarkSelect(b *testing.B) {
	const series, n = 2000, 2880
	end := time.Now().Truncate(time.Minute).UnixMilli()
	split := end - time.Hour.Milliseconds()
	server := func() *sourcetest.Server {
		data := sourcetest.Load(series, n, end)
		return sourcetest.StartPrometheus(b, data, split)
	}()
	runtime.GC()
	sel := []slo.Selector{
		sourcetest.Sel(b, "http_requests_total", "job", "=", "shop"),
		sourcetest.Sel(b, "http_requests_total", "job", "=", "shop", "code", "!~", "5.."),
	}
	run := func(b *testing.B, s *Source, r slo.Request, workers int) {
		got := sourcetest.Drain(b, s, r, workers)
		before, own := server.CPU(b), ownCPU(b)
		for b.Loop() {
			if again := sourcetest.Drain(b, s, r, workers); again != got {
				b.Fatalf("%d samples, then %d", got, again)
			}
		}
		b.ReportMetric(float64(got)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msamples/s")
		b.ReportMetric((server.CPU(b)-before).Seconds()*1000/float64(b.N), "server-ms/op")
		b.ReportMetric((ownCPU(b)-own).Seconds()*1000/float64(b.N), "own-ms/op")
		b.ReportMetric(float64(got), "samples")
	}
	for _, p := range []path{remoteRead, matrix} {
		s := open(b, server.URL)
		s.path = p
		name := map[path]string{remoteRead: "remote read", matrix: "matrix"}[p]
		b.Run(name+"/day", func(b *testing.B) { run(b, s, slo.Request{Selectors: sel, From: 0 + end - 86_400_000, To: end}, 2) })
		for _, ms := range []int64{30_000, 60_000, 600_000} {
			b.Run(fmt.Sprintf("%s/tick of %d s", name, ms/1000), func(b *testing.B) {
				run(b, s, slo.Request{Selectors: sel, From: end - ms, To: end}, 1)
			})
		}
	}
}
