//go:build e2e

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrometheusTakesInAnExportedLedger(t *testing.T) {
	code, text, stderr := runWith(t, nil, "ledger", "export", "--config", countedLedger(t))
	if code != exitOK {
		t.Fatal(stderr)
	}
	dir := t.TempDir()
	file, data := filepath.Join(dir, "counts.om"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", file, data).CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	if err := os.MkdirAll(filepath.Join(data, "wal"), 0o700); err != nil { // dump wants one
		t.Fatal(err)
	}
	var told bytes.Buffer
	dump := exec.CommandContext(t.Context(), "promtool", "tsdb", "dump", data)
	dump.Stderr = &told
	out, err := dump.Output()
	if err != nil {
		t.Fatalf("promtool: %v\n%s", err, &told)
	}
	samples := 0
	for series, all := range exportedSamples(t, text) {
		name, _, _ := strings.Cut(series, "{")
		if !strings.Contains(string(out), `__name__="`+name+`"`) {
			t.Errorf("promtool has no %s", series)
		}
		samples += len(all)
	}
	if got := strings.Count(string(out), "\n"); got != samples || samples == 0 {
		t.Errorf("promtool took %d of %d samples", got, samples)
	}
}
