package shopset

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// discard is a client that only counts.
type discard struct {
	header http.Header
	bytes  int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { d.bytes += len(p); return len(p), nil }

var sizes = []int{100, 1000, 7000}

func observed(tb testing.TB, n int) (*Exporter, View) {
	f := bigFleet(tb, n)
	e := New(f, newRecorder(), Options{})
	v := View{Fleet: f, Observations: allWell(f, noon, 1), History: line{5}, Heads: map[fleet.TierName]fleet.Head{}}
	for _, t := range f.Tiers() {
		v.Heads[t.Name] = fleet.Head{Release: commit(1), At: noon.Add(-time.Hour)}
	}
	e.Refresh(noon, v)
	return e, v
}

// BenchmarkScrape is a scrape as Prometheus does it, when nothing has changed.
func BenchmarkScrape(b *testing.B) {
	for _, encoding := range []string{"gzip", "identity"} {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", encoding, n), func(b *testing.B) {
				e, _ := observed(b, n)
				benchmarkScrape(b, e, encoding, func(int) {})
			})
		}
	}
}

// BenchmarkScrapeWhileComparing is a scrape every 30 s of a fleet that Argo CD
// compares every 3 minutes: a sixth of it has changed.
func BenchmarkScrapeWhileComparing(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, v := observed(b, n)
			benchmarkScrape(b, e, "gzip", func(i int) {
				b.StopTimer()
				for j := range n / 6 {
					o := v.Observations[(i*n/6+j)%n]
					o.ObservedAt = noon.Add(time.Duration(i) * time.Second)
					e.Observed(noon, o)
				}
				b.StartTimer()
			})
		})
	}
}

func benchmarkScrape(b *testing.B, e *Exporter, encoding string, before func(i int)) {
	h := e.Metrics(nil)
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept-Encoding", encoding)
	h.ServeHTTP(&discard{header: http.Header{}}, r)
	b.ReportAllocs()
	b.ResetTimer()
	w := &discard{}
	for i := range b.N {
		before(i)
		*w = discard{header: http.Header{}}
		h.ServeHTTP(w, r)
	}
	b.ReportMetric(float64(w.bytes), "bytes/scrape")
}

// BenchmarkOneChange is a ShopSet that has changed.
func BenchmarkOneChange(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, v := observed(b, n)
			o := v.Observations[n/2]
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				o.Sync = fleet.SyncStatuses[i%2]
				e.Observed(noon.Add(time.Duration(i)*time.Second), o)
			}
		})
	}
}

// BenchmarkRefresh judges a fleet in which nothing has changed.
func BenchmarkRefresh(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, v := observed(b, n)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				e.Refresh(noon.Add(time.Duration(i)*time.Second), v)
			}
		})
	}
}
