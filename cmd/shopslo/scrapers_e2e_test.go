//go:build e2e

package main

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// twoScrapers write what they find of one process into one series: each second answer,
// 4 s later, is three seconds older than the one before it. Labels may tell them apart.
func twoScrapers(labels ...string) func(p *past, at time.Duration) {
	return func(p *past, at time.Duration) {
		total, bad := steadily(at)
		var first, second []string
		if len(labels) == 3 {
			first, second = []string{labels[0], labels[1]}, []string{labels[0], labels[2]}
		}
		p.alive(at, p.when(-tenDays), first...)
		p.web(at, total, bad, first...)
		later := at + 4*time.Second
		p.alive(later, p.when(-tenDays), second...)
		p.web(later, total-6, math.Floor((total-6)/1000), second...)
	}
}

func TestTwoScrapersInOneVictoriaMetricsAreCountedOnce(t *testing.T) {
	end := time.Now().UTC().Truncate(time.Hour)
	start := end.Add(-hoursAsked)
	data := told("one-series", start, twoScrapers())
	data = append(data, told("two-series", start, twoScrapers("prometheus_replica", "a", "b"))...)
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": "source: {prometheus: {url: '" + sourcetest.StartVictoriaMetrics(t, data).URL + "', scrape_interval: 30s}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n",
		"fleet.yaml":   fleetOf("beta: one-series two-series"), "slo.yaml": ratioSLO("requests", "6h", 0.99, "bad", badRequests, allRequests),
	})
	config, at := filepath.Join(dir, "shopslo.yaml"), end.Format(time.RFC3339)
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", at, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for name, explained := range map[string]string{"one-series": "the drop was made up for: it was an old answer", "two-series": "total 43200, bad 43 events"} {
		b := budgetOf(t, decodeStatus(t, stdout), "requests", name)
		if b.Total == nil || *b.Total != 43_200 || *b.Bad != 43 || b.State != slo.OK || len(b.Flags) > 0 {
			t.Errorf("%s: %s, flags %v; right are 43 bad of 43200", name, figures(b), b.Flags)
		}
		code, text, stderr := runWith(t, nil, "explain", "requests", name, "--config", config, "--at", at)
		if code != exitOK || stderr != "" || !strings.Contains(text, explained) || !strings.Contains(text, "the ledger has the same") {
			t.Errorf("explain %s: exit code %d: %s%.3000s", name, code, stderr, text)
		}
	}
}
