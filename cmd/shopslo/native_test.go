package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

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
