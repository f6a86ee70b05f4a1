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

	"github.com/shopslo/shopslo/internal/lab"
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

// The process has run on since; it has served so many by now.
const (
	servedNow  = 108_000
	quicklyNow = 106_500
)

// stillRunning is that process as a target, which spells the bounds as the old one did.
func stillRunning(t *testing.T) (address string) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n# TYPE http_seconds histogram\n"+
			"http_seconds_bucket{le=\"0.5\"} %d\nhttp_seconds_bucket{le=\"1\"} %d\nhttp_seconds_bucket{le=\"+Inf\"} %d\nhttp_seconds_count %d\nhttp_seconds_sum %d\n",
			oldStarted, quicklyNow-500, quicklyNow, servedNow, servedNow, servedNow/10)
	}))
	t.Cleanup(target.Close)
	return strings.TrimPrefix(target.URL, "http://")
}

// oldFolderCopied writes a configuration with that folder as tsdb beside it; scrape is a
// configuration of Prometheus that goes on with it.
func oldFolderCopied(t *testing.T) (dir, scrape string) {
	dir = t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "tsdb"), os.DirFS(oldFolder)); err != nil {
		t.Fatal(err)
	}
	// The folder grows older with every day: the window and what is kept are long.
	writeFiles(t, dir, map[string]string{
		"fleet.yaml": fleetOf("beta: s-1"),
		"slo.yaml": ratioSLO("latency", "3650d", 0.99, "good", `http_seconds_bucket{le="1"}`, `http_seconds_count`) +
			ratioSLO("by-list", "3650d", 0.99, "good", `http_seconds_bucket{le=~"1|1\\.0"}`, `http_seconds_bucket{le="+Inf"}`),
	})
	return dir, "scrape_configs: [{job_name: web, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{targets: ['" + stillRunning(t) + "'], labels: {shopset: s-1, instance: '10.0.0.1:80'}}]}]"
}

// goesOn checks that both SLOs count the process as one, in a folder with both spellings.
func goesOn(t *testing.T, dir string, source string) {
	t.Helper()
	const total, bad = servedNow - servedThen, servedNow - servedThen - (quicklyNow - quicklyThen)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": source + "fleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: ledger, resolution: 5s, delay: 2s}\n"})
	s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
	s.waitReady(t)
	s.waitCounts(t, "latency", "s-1", total, bad)
	s.waitCounts(t, "by-list", "s-1", total, bad)
	s.stop(t)
	dump, err := exec.Command("promtool", "tsdb", "dump", filepath.Join(dir, "tsdb")).CombinedOutput()
	if err != nil || !strings.Contains(string(dump), `le="1"`) || !strings.Contains(string(dump), `le="1.0"`) {
		t.Errorf("the folder has not both spellings: %v\n%.2000s", err, dump)
	}
	code, text, stderr := runWith(t, nil, "explain", "latency", "s-1", "--config", filepath.Join(dir, "shopslo.yaml"))
	if code != exitOK || stderr != "" || !strings.Contains(text, "good: the series count 7500") || !strings.Contains(text, "a gap; what happened in it counts here; counts ") {
		t.Errorf("explain: exit code %d: %s%s", code, stderr, text)
	}
}

func TestAFolderOfPrometheus2GoesOnInPrometheus3(t *testing.T) {
	path, err := lab.Prometheus3(t.Context(), "", func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	dir, scrape := oldFolderCopied(t)
	writeFiles(t, dir, map[string]string{"prometheus.yml": scrape + "\n"})
	address := freeAddress(t)
	prometheus := newServer(t, path, "http://"+address+"/-/ready", "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--storage.tsdb.retention.time=100y", "--web.listen-address="+address)
	prometheus.start(t)
	goesOn(t, dir, "source: {prometheus: {url: 'http://"+address+"', scrape_interval: 1s}}\n")
}

// The embedded source is made of Prometheus 3.6 too.
func TestAFolderOfPrometheus2GoesOnEmbedded(t *testing.T) {
	dir, scrape := oldFolderCopied(t)
	goesOn(t, dir, "source: {embedded: {dir: tsdb, retention: 20000d, scrape_interval: 1s, "+scrape+"}}\n")
}
