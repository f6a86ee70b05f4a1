//go:build e2e

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// testdata/prometheus-2.42 is a data folder with an hour of a process that has served
// 100,000 requests when it begins, 99,000 of them within a second, and 107,140 and
// 106,021 when it ends. Prometheus 2.42 wrote it (promtool tsdb create-blocks-from
// openmetrics): its bounds are le="0.5", le="1" and le="+Inf".
const (
	oldFolder   = "testdata/prometheus-2.42"
	oldStarted  = 1795989600 - 86400 // seconds since 1970; the folder begins a day later
	servedThen  = 100_000
	quicklyThen = 99_000
)

// Prometheus 3.6, which the embedded source is made of, opens that folder and goes on
// with it; it spells the bound 1.0. The process has run on meanwhile.
func TestAFolderOfPrometheus2GoesOnInPrometheus3(t *testing.T) {
	const served, quickly = 108_000, 106_500
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n# TYPE http_seconds histogram\n"+
			"http_seconds_bucket{le=\"0.5\"} %d\nhttp_seconds_bucket{le=\"1\"} %d\nhttp_seconds_bucket{le=\"+Inf\"} %d\nhttp_seconds_count %d\nhttp_seconds_sum %d\n",
			oldStarted, quickly-500, quickly, served, served, served/10)
	}))
	defer target.Close()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "tsdb"), os.DirFS(oldFolder)); err != nil {
		t.Fatal(err)
	}
	// The folder grows older with every day: the window and what is kept are long.
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": "source: {embedded: {dir: tsdb, retention: 20000d, scrape_interval: 1s, scrape_configs: [{job_name: web, scrape_timeout: 1s, static_configs: [{targets: ['" +
			strings.TrimPrefix(target.URL, "http://") + "'], labels: {shopset: s-1, instance: '10.0.0.1:80'}}]}]}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: ledger, resolution: 5s, delay: 2s}\n",
		"fleet.yaml": fleetOf("beta: s-1"),
		"slo.yaml": ratioSLO("latency", "3650d", 0.99, "good", `http_seconds_bucket{le="1"}`, `http_seconds_count`) +
			ratioSLO("by-list", "3650d", 0.99, "good", `http_seconds_bucket{le=~"1|1\\.0"}`, `http_seconds_bucket{le="+Inf"}`),
	})
	config := filepath.Join(dir, "shopslo.yaml")
	s := startServe(t, config)
	s.waitReady(t)
	const total, bad = served - servedThen, served - servedThen - (quickly - quicklyThen)
	s.waitCounts(t, "latency", "s-1", total, bad)
	s.waitCounts(t, "by-list", "s-1", total, bad)
	s.stop(t)
	dump, err := exec.Command("promtool", "tsdb", "dump", filepath.Join(dir, "tsdb")).CombinedOutput()
	if err != nil || !strings.Contains(string(dump), `le="1"`) || !strings.Contains(string(dump), `le="1.0"`) {
		t.Errorf("the folder has not both spellings: %v\n%.2000s", err, dump)
	}
	code, text, stderr := runWith(t, nil, "explain", "latency", "s-1", "--config", config)
	if code != exitOK || stderr != "" || !strings.Contains(text, "good: the series count 7500") || !strings.Contains(text, "a gap; what happened in it counts here; counts ") {
		t.Errorf("explain: exit code %d: %s%s", code, stderr, text)
	}
}
