//go:build e2e

package main

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A real Prometheus writes a 0 where a counter was created: long before a pod is ready, and between the scrapes
// of a restart that no value shows.
func TestPrometheusInjectsZerosWhereCountersWereCreated(t *testing.T) {
	p := &pod{}
	exporter := httptest.NewServer(p)
	defer exporter.Close()
	address, dir := freeAddress(t), t.TempDir()
	config := "source: {prometheus: {url: 'http://" + address + "', scrape_interval: 1s}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n" +
		"ledger: {dir: ledger, resolution: 1s}\nbudgets: {least_history: 5s}\n"
	writeFiles(t, dir, map[string]string{
		"prometheus.yml": "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n  - job_name: shops\n    static_configs: [{targets: ['" +
			strings.TrimPrefix(exporter.URL, "http://") + "'], labels: {shopset: a-1}}, {targets: ['" + address + "'], labels: {shopset: a-2}}]\n",
		"shopslo.yaml": config, "fleet.yaml": fleetOf("prod: a-1"), "slo.yaml": ratioSLO("requests", "1h", 0.9, "good", "http_requests_total", "http_requests_total")})
	server := newServer(t, "prometheus", "http://"+address+"/-/ready", "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--log.level=warn",
		"--enable-feature=created-timestamp-zero-ingestion")
	server.start(t)
	s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
	s.waitReady(t)
	figures := func(want float64) {
		t.Helper()
		eventually(t, func() string {
			_, stdout, _ := runWith(t, nil, "status", "--server", s.url, "-o", "json")
			b := decodeStatus(t, stdout).Budgets[0]
			if b.Total == nil || *b.Total != want || len(b.Flags) > 0 {
				return stdout
			}
			return ""
		})
	}
	eventually(t, func() string { return map[bool]string{true: "it was not scraped"}[p.scrapes.Load() < 3] })
	born := p.born(500)
	time.Sleep(12 * time.Second) // the edges after its birth are closed when it is ready
	p.life.Store(&born)
	figures(500)
	p.live(600)
	figures(1100)
	// One-shot, from the source alone.
	text := strings.Replace(config, "dir: ledger,", "dir: nowhere,", 1)
	writeFiles(t, dir, map[string]string{"asked.yaml": text})
	code, stdout, stderr := runWith(t, nil, "status", "--config", filepath.Join(dir, "asked.yaml"), "-o", "json")
	if code != exitOK {
		t.Fatalf("one-shot: exit code %d: %s%s", code, stdout, stderr)
	}
	if b := decodeStatus(t, stdout).Budgets[0]; b.Total == nil || *b.Total != 1100 {
		t.Errorf("one-shot: %s", stdout)
	}
}
