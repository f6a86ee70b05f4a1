//go:build e2e

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestExplainTellsStepByStepWithPrometheus(t *testing.T) {
	end := longClosed()
	server := sourcetest.StartPrometheus(t, aLife(end), end.Add(-90*time.Minute).UnixMilli())
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"shopslo.yaml": "source: {prometheus: {url: '" + server.URL + "', scrape_interval: 30s}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n",
		"slo.yaml": cartSLO("1h"), "fleet.yaml": fleetOf("beta: b-1")})
	code, text, stderr := runWith(t, nil, "explain", "cart", "b-1", "--config", filepath.Join(dir, "shopslo.yaml"), "--at", end.Add(2*time.Second).UTC().Format(time.RFC3339))
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"the process restarted, by its start time; counts 100", "bad: the series count 50", "the ledger has the same", "is 30s, but samples come every 1m"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}
