package promtsdb

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// exporter serves one histogram by the client library, and nothing else.
func exporter(t *testing.T, o prometheus.HistogramOpts) (prometheus.Histogram, string) {
	t.Helper()
	h := prometheus.NewHistogram(o)
	r := prometheus.NewRegistry()
	r.MustRegister(h)
	server := httptest.NewServer(promhttp.HandlerFor(r, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	t.Cleanup(server.Close)
	return h, server.URL[len("http://"):]
}

// scrapes runs a store on one job.
func scrapes(t *testing.T, job, url string) *DB {
	t.Helper()
	s, err := ParseScrape([]byte("global: {scrape_interval: 50ms, scrape_timeout: 50ms}\nscrape_configs:\n- job_name: shop\n  "+job+
		"\n  static_configs: [{targets: ['"+url+"'], labels: {shopset: a-1}}]\n"), ".")
	if err != nil {
		t.Fatal(err)
	}
	d := openStore(t, t.TempDir(), Config{Scrape: s})
	go func() { _ = d.Run(t.Context()) }()
	return d
}

// latest is the newest value of a series, once it is want.
func latest(t *testing.T, d *DB, sel slo.Selector, want float64) slo.Labels {
	t.Helper()
	began := time.Now().Add(-time.Minute).UnixMilli()
	var last float64
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got, err := sourcetest.Collect(t.Context(), d, slo.Request{Selectors: []slo.Selector{sel}, From: began, To: time.Now().UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			if last = s.V[len(s.V)-1]; last == want {
				return s.Labels
			}
		}
	}
	t.Fatalf("%s was %v at last, want %v", sel, last, want)
	return nil
}

func TestScrapesAnExporterOfNativeHistogramsOnly(t *testing.T) {
	h, url := exporter(t, prometheus.HistogramOpts{Name: "latency_seconds", NativeHistogramBucketFactor: 1.1})
	d := scrapes(t, "scrape_native_histograms: true", url)
	for _, v := range []float64{0, 0.001, 0.2, 0.5, 0.51, 3} {
		h.Observe(v)
	}
	latest(t, d, sourcetest.Sel(t, "latency_seconds_count", "job", "=", "shop"), 6)
	ls := latest(t, d, sourcetest.Sel(t, "latency_seconds_bucket", "le", "=", "0.5"), 4)
	if got := ls.String(); got != `latency_seconds_bucket{instance="`+url+`", job="shop", le="0.5", shopset="a-1"}` {
		t.Errorf("labels %s", got)
	}
	h.Observe(0.5)
	latest(t, d, sourcetest.Sel(t, "latency_seconds_count"), 7)
	latest(t, d, sourcetest.Sel(t, "latency_seconds_bucket", "le", "=", "0.5"), 5)
}

func TestScrapesClassicHistogramsAsCustomBuckets(t *testing.T) {
	h, url := exporter(t, prometheus.HistogramOpts{Name: "latency_seconds", Buckets: []float64{0.1, 0.3, 1}})
	d := scrapes(t, "convert_classic_histograms_to_nhcb: true", url)
	for _, v := range []float64{0.1, 0.2, 0.3, 0.4} {
		h.Observe(v)
	}
	latest(t, d, sourcetest.Sel(t, "latency_seconds_count"), 4)
	latest(t, d, sourcetest.Sel(t, "latency_seconds_bucket", "le", "=", "0.3"), 3)
}
