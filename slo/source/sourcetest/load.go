package sourcetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

// Load makes counters as a fleet has them, for benchmarks: series of n samples,
// 30 seconds apart, the last of them at or just before end. Each is scraped at an
// offset of its own with some milliseconds of jitter; one in three counts a
// lot, the others seldom.
func Load(series, n int, end int64) []Series {
	r := rand.New(rand.NewPCG(1, 1))
	out := make([]Series, series)
	for i := range out {
		out[i].Labels = sorted("__name__", "http_requests_total", "job", "shop", "shopset", fmt.Sprintf("s-%d", i/9),
			"instance", fmt.Sprintf("10.0.%d.%d:8080", i/9/250, i/9%250), "code", []string{"200", "404", "500"}[i%3],
			"handler", []string{"/cart", "/item", "/pay"}[i/3%3], "method", "GET")
		offset, v := r.Int64N(30_000), 0.0
		out[i].T, out[i].V = make([]int64, n), make([]float64, n)
		for k := range n {
			if i%3 == 0 {
				v += float64(r.IntN(60))
			} else if r.IntN(40) == 0 {
				v++
			}
			t := end - int64(n-k)*30_000 + offset
			if r.IntN(10) == 0 {
				t += r.Int64N(5)
			}
			out[i].T[k], out[i].V[k] = t, v
		}
	}
	return out
}

// Drain runs a request and reads all its samples with the given number of
// goroutines, as a ledger does; it returns how many there were.
func Drain(tb testing.TB, src Source, r slo.Request, workers int) int {
	total := make([]int, workers)
	err := src.Select(context.Background(), r, func(series []slo.Series) error {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				t, v := make([]int64, 512), make([]float64, 512)
				for i := w; i < len(series); i += workers {
					for {
						n, err := series[i].Samples.Read(t, v)
						if err != nil {
							tb.Error(err)
							return
						}
						if n == 0 {
							break
						}
						total[w] += n
					}
				}
			})
		}
		wg.Wait()
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	sum := 0
	for _, n := range total {
		sum += n
	}
	return sum
}
