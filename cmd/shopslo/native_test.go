package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// latencySLO writes an SLO of latencies; annotation is its shopslo.dev/bound, or "".
func latencySLO(name, good, total, annotation string) string {
	text := ratioSLO(name, "1h", 0.9, "good", good, total)
	text = strings.Replace(text, "        counter: true\n", "", 1)
	if annotation != "" {
		text = strings.Replace(text, `shopslo.dev/min-events: "1"`, `shopslo.dev/min-events: "1", shopslo.dev/bound: "`+annotation+`"`, 1)
	}
	return text
}

// An exporter of the client library that has only a native histogram is scraped, and counted to
// the event.
func TestServeCountsANativeHistogram(t *testing.T) {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "latency_seconds", NativeHistogramBucketFactor: 1.1})
	r := prometheus.NewRegistry()
	r.MustRegister(h)
	var scrapes atomic.Int64
	metrics := promhttp.HandlerFor(r, promhttp.HandlerOpts{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		metrics.ServeHTTP(w, q)
		scrapes.Add(1)
	}))
	defer server.Close()
	dir := t.TempDir()
	config := strings.Replace(scrapeConfig(nil), "        static_configs:\n", "        scrape_native_histograms: true\n        static_configs: [{targets: ['"+
		strings.TrimPrefix(server.URL, "http://")+"'], labels: {shopset: a-1}}]\n", 1)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": config, "fleet.yaml": fleetOf("prod: a-1"),
		"slos/a.yaml": latencySLO("fraction", `histogram_fraction(0, 0.5, sum by (shopset) (rate(latency_seconds[5m])))`, `histogram_count(sum by (shopset) (rate(latency_seconds[5m])))`, ""),
		"slos/b.yaml": latencySLO("bound", `latency_seconds`, `latency_seconds`, "0.5"),
		"slos/c.yaml": latencySLO("within", `latency_seconds`, `latency_seconds`, "0.2"),
		"slos/d.yaml": latencySLO("strict", `latency_seconds`, `latency_seconds`, "0.3 strict"),
	})
	s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
	figures := func() string {
		code, stdout, stderr := runWith(t, nil, "status", "--server", s.url, "-o", "json")
		if code != exitOK {
			return stderr
		}
		var out []string
		for _, b := range decodeStatus(t, stdout).Budgets {
			if b.Failure != "" {
				out = append(out, fmt.Sprintf("%s: %s", b.SLO, b.Failure))
			} else if b.Total != nil {
				out = append(out, fmt.Sprintf("%s: %v of %v", b.SLO, *b.Good, *b.Total))
			}
		}
		return strings.Join(out, "\n")
	}
	eventually(t, func() string { return map[bool]string{true: "it was not scraped"}[scrapes.Load() == 0] })
	for i := range 1000 {
		h.Observe([]float64{0.1, 0.5, 0.299, 0.2, 0.6}[i%5])
	}
	eventually(t, func() string {
		f := figures()
		for _, want := range []string{"fraction: 800 of 1000", "bound: 800 of 1000", "within: 200 of 1000",
			"strict: ", "latency_seconds_bucket{", "no bucket's edge at the bound 0.3: the nearest are 0.297302 and 0.32421;"} {
			if !strings.Contains(f, want) {
				return fmt.Sprintf("no %q in:\n%s", want, f)
			}
		}
		return ""
	})
	s.cancel()
	<-s.done
	code, stdout, stderr := runWith(t, nil, "explain", "within", "a-1", "--config", filepath.Join(dir, "shopslo.yaml"))
	for _, want := range []string{`asks for latency_seconds_bucket{le="0.2",shopset="a-1"}`, "made of native histograms: all their events",
		"made of native histograms: 0.2 lies between the edges 0.192776 and 0.210224, and what is at or below 0.192776 counts", "the ledger has the same"} {
		if code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("exit code %d, it does not say %q:\n%s%s", code, want, stdout, stderr)
		}
	}
}

// process is one life of an exporter, with a histogram.
func process(o prometheus.HistogramOpts) (prometheus.Histogram, http.Handler) {
	o.Name = "latency_seconds"
	h, started := prometheus.NewHistogram(o), prometheus.NewGauge(prometheus.GaugeOpts{Name: "process_start_time_seconds"})
	started.Set(float64(time.Now().UnixMilli()) / 1000)
	r := prometheus.NewRegistry()
	r.MustRegister(h, started)
	return h, promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// An SLO over classic names, whose exporter is upgraded to one that has native histograms only.
func TestServeGoesOnWhereAnExporterBecomesNative(t *testing.T) {
	h, metrics := process(prometheus.HistogramOpts{Buckets: []float64{0.1, 0.5, 1}})
	var now atomic.Pointer[http.Handler]
	var scrapes atomic.Int64
	now.Store(&metrics)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		(*now.Load()).ServeHTTP(w, q)
		scrapes.Add(1)
	}))
	defer server.Close()
	dir := t.TempDir()
	config := strings.Replace(scrapeConfig(nil), "        static_configs:\n", "        scrape_native_histograms: true\n        static_configs: [{targets: ['"+
		strings.TrimPrefix(server.URL, "http://")+"'], labels: {shopset: a-1}}]\n", 1)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": config, "fleet.yaml": fleetOf("prod: a-1"),
		"slos/a.yaml": latencySLO("latency", `latency_seconds_bucket{le="0.5"}`, `latency_seconds_count`, "")})
	s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
	figures := func(want string) {
		t.Helper()
		eventually(t, func() string {
			_, stdout, _ := runWith(t, nil, "status", "--server", s.url, "-o", "json")
			b := decodeStatus(t, stdout).Budgets[0]
			if b.Total == nil || fmt.Sprintf("%v of %v", *b.Good, *b.Total) != want || len(b.Flags) > 0 {
				return stdout
			}
			return ""
		})
	}
	eventually(t, func() string { return map[bool]string{true: "it was not scraped"}[scrapes.Load() == 0] })
	for i := range 1000 {
		h.Observe([]float64{0.1, 0.5, 0.3, 0.2, 0.6}[i%5])
	}
	figures("800 of 1000")
	h, metrics = process(prometheus.HistogramOpts{NativeHistogramBucketFactor: 1.1})
	for i := range 1500 { // more than before, so that nothing drops
		h.Observe([]float64{0.1, 0.5, 0.3, 0.2, 0.6}[i%5])
	}
	now.Store(&metrics)
	figures("2000 of 2500")
}

// Within the life of a process, at a bound that is no edge of the native buckets, and without a scrape of
// both kinds, nobody knows what the first native one goes on from.
func TestServeFlagsWhatNobodyKnowsWhereAnExporterBecomesNative(t *testing.T) {
	started := prometheus.NewGauge(prometheus.GaugeOpts{Name: "process_start_time_seconds"})
	started.Set(float64(time.Now().UnixMilli()) / 1000)
	var kinds [2]prometheus.Histogram
	var exposed [2]http.Handler
	for i, o := range []prometheus.HistogramOpts{{Buckets: []float64{0.1, 0.3, 1}}, {NativeHistogramBucketFactor: 1.1}} {
		o.Name = "latency_seconds"
		kinds[i] = prometheus.NewHistogram(o)
		r := prometheus.NewRegistry()
		r.MustRegister(kinds[i], started)
		exposed[i] = promhttp.HandlerFor(r, promhttp.HandlerOpts{})
	}
	observe := func(n int) {
		for i := range n {
			for _, h := range kinds {
				h.Observe([]float64{0.1, 0.2, 0.299, 0.5}[i%4]) // the third is in the bucket that the bound divides
			}
		}
	}
	var scrapes atomic.Int64
	var scraping sync.Mutex
	now := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		scraping.Lock()
		defer scraping.Unlock()
		exposed[now].ServeHTTP(w, q)
		scrapes.Add(1)
	}))
	defer server.Close()
	dir := t.TempDir()
	config := strings.Replace(scrapeConfig(nil), "        static_configs:\n", "        scrape_native_histograms: true\n        static_configs: [{targets: ['"+
		strings.TrimPrefix(server.URL, "http://")+"'], labels: {shopset: a-1}}]\n", 1)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": config, "fleet.yaml": fleetOf("prod: a-1"),
		"slos/a.yaml": latencySLO("latency", `latency_seconds_bucket{le="0.3"}`, `latency_seconds_count`, "")})
	s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
	figures := func(want string) {
		t.Helper()
		eventually(t, func() string {
			_, stdout, _ := runWith(t, nil, "status", "--server", s.url, "-o", "json")
			b := decodeStatus(t, stdout).Budgets[0]
			flags := ""
			for _, f := range b.Flags {
				flags += string(f.Kind)
			}
			if b.Total == nil || fmt.Sprintf("%v of %v %s", *b.Good, *b.Total, flags) != want {
				return stdout
			}
			return ""
		})
	}
	eventually(t, func() string { return map[bool]string{true: "it was not scraped"}[scrapes.Load() == 0] })
	observe(1000)
	figures("750 of 1000 ")
	scraping.Lock()
	now = 1
	observe(100) // all of them between the last classic scrape and the first native one
	scraping.Unlock()
	figures("750 of 1100 buckets_changed")
	observe(100)
	figures("800 of 1200 buckets_changed")
}
