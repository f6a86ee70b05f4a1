package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// pod is an exporter without process_start_time_seconds, which may be replaced by its next life.
type pod struct {
	life    atomic.Pointer[http.Handler] // nil: it is not ready
	scrapes atomic.Int64
}

func (p *pod) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.scrapes.Add(1)
	life := p.life.Load()
	if life == nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	(*life).ServeHTTP(w, r)
}

// live begins a life that has counted n requests by its first scrape.
func (p *pod) live(n float64) {
	life := p.born(n)
	p.life.Store(&life)
}

// born is a life that is not ready yet.
func (p *pod) born(n float64) http.Handler {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "http_requests_total"})
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "latency_seconds", NativeHistogramBucketFactor: 1.1, Buckets: prometheus.DefBuckets})
	r := prometheus.NewRegistry()
	r.MustRegister(c, h)
	c.Add(n)
	for range int(n) {
		h.Observe(0.1)
	}
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{EnableOpenMetrics: true, EnableOpenMetricsTextCreatedSamples: true})
}

// Pods of which nothing but the created times of their counters says how old they are: in text, and
// in protobuf.
func TestServeCountsFromCreatedTimes(t *testing.T) {
	for name, job := range map[string]string{"OpenMetrics text": "scrape_protocols: [OpenMetricsText1.0.0]", "protobuf": "scrape_native_histograms: true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pod{}
			server := httptest.NewServer(p)
			defer server.Close()
			dir := t.TempDir()
			config := strings.Replace(scrapeConfig(nil), "        static_configs:\n", "        "+job+"\n        static_configs: [{targets: ['"+
				strings.TrimPrefix(server.URL, "http://")+"'], labels: {shopset: a-1}}]\n", 1)
			writeFiles(t, dir, map[string]string{"shopslo.yaml": config, "fleet.yaml": fleetOf("prod: a-1"),
				"slos/a.yaml": ratioSLO("requests", "1h", 0.9, "good", "http_requests_total", "http_requests_total"),
				"slos/b.yaml": latencySLO("latency", `latency_seconds_bucket{le="0.5"}`, `latency_seconds_count`, "")})
			s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
			figures := func(want float64) {
				t.Helper()
				eventually(t, func() string {
					_, stdout, _ := runWith(t, nil, "status", "--server", s.url, "-o", "json")
					for _, b := range decodeStatus(t, stdout).Budgets {
						if b.Total == nil || *b.Total != want || *b.Good != want || len(b.Flags) > 0 {
							return stdout
						}
					}
					return ""
				})
			}
			eventually(t, func() string { return map[bool]string{true: "it was not scraped"}[p.scrapes.Load() < 3] })
			p.live(500)
			figures(500)
			p.live(600) // a restart that no value shows
			figures(1100)
			s.cancel()
			<-s.done
			code, stdout, stderr := runWith(t, nil, "explain", "requests", "a-1", "--config", filepath.Join(dir, "shopslo.yaml"))
			for _, want := range []string{"first sample, counted from zero; counts 500 (the source says that it began from zero)",
				"began anew, as the source says; counts 600", "the ledger has the same"} {
				if code != exitOK || !strings.Contains(stdout, want) {
					t.Errorf("exit code %d, it does not say %q:\n%s%s", code, want, stdout, stderr)
				}
			}
		})
	}
}
