package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/engine/ledgerfiles"
)

// countedLedger is a configuration with a ledger that has counted a history.
func countedLedger(t testing.TB) (config string) {
	t.Helper()
	h := restless(time.Now())
	dir := t.TempDir()
	config = filepath.Join(dir, "shopslo.yaml")
	fill(t, filepath.Join(dir, "tsdb"), dataOf(seriesOf(h)))
	writeFiles(t, dir, map[string]string{"shopslo.yaml": embeddedHere + "ledger: {dir: ledger}\n",
		"fleet.yaml": fleetOf("beta: busy sparse nostart", "prod: noup odd down"), "slo.yaml": yamlOf(ofHistory)})
	if err := os.Mkdir(filepath.Join(dir, "ledger"), 0o750); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := runWith(t, nil, "status", "--config", config, "--at", time.UnixMilli(h.End).UTC().Format(time.RFC3339)); code != exitOK {
		t.Fatal(stderr)
	}
	return config
}

// exportedSamples are the samples of an export, by series.
func exportedSamples(t testing.TB, text string) map[string][][2]float64 {
	t.Helper()
	if !strings.HasSuffix(text, "\n# EOF\n") {
		t.Fatalf("it ends with %q", text[max(0, len(text)-100):])
	}
	out := map[string][][2]float64{}
	last := ""
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		series, rest, _ := strings.Cut(line, "} ")
		v, at, _ := strings.Cut(strings.TrimSpace(rest), " ")
		value, err := strconv.ParseFloat(v, 64)
		when, err2 := strconv.ParseFloat(at, 64)
		if err != nil || err2 != nil {
			t.Fatalf("line %q", line)
		}
		all := out[series]
		if n := len(all) - 1; n >= 0 && (last != series || all[n][0] >= when || all[n][1] > value) {
			t.Fatalf("%s: %v is after %v", series, line, all[n])
		}
		last, out[series] = series, append(all, [2]float64{when, value})
	}
	return out
}

func TestALedgerIsExportedEdgeByEdge(t *testing.T) {
	config := countedLedger(t)
	code, text, stderr := runWith(t, nil, "ledger", "export", "--config", config)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	all := exportedSamples(t, text)
	code, stdout, stderr := runWith(t, nil, "ledger", "inspect", "--config", config, "-o", "json")
	if code != exitOK {
		t.Fatal(stderr)
	}
	var kept ledgerfiles.Answer
	if err := json.Unmarshal([]byte(stdout), &kept); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, a := range kept.Accounts {
		for _, slo := range a.SLOs {
			n++
			of := `{slo="` + slo + `",shopset="` + a.ShopSet + `",tier="`
			for name, want := range map[string]float64{"events_total": *a.Total, "bad_events_total": *a.Total - *a.Good, "covered_seconds_total": a.Covered} {
				samples := all["shopslo_slo_"+name+of+"beta\""]
				if samples == nil {
					samples = all["shopslo_slo_"+name+of+"prod\""]
				}
				edges := int(a.End.Sub(*a.Oldest)/time.Minute) + 1
				if len(samples) != edges || samples[edges-1] != [2]float64{float64(a.End.Unix()), want} || samples[0] != [2]float64{float64(a.Oldest.Unix()), 0} {
					t.Errorf("%s of %s for %s has %d samples, want %d, and %v last", name, slo, a.ShopSet, len(samples), edges, want)
				}
			}
			for _, f := range a.Flags {
				found := false
				for series, samples := range all {
					found = found || strings.HasPrefix(series, "shopslo_slo_flags_total"+of) && strings.HasSuffix(series, `,flag="`+string(f.Flag)+`"`) &&
						samples[len(samples)-1] == [2]float64{float64(f.Last.UnixMilli()) / 1000, float64(f.Count)}
				}
				if !found {
					t.Errorf("the flag %s of %s for %s is not there", f.Flag, slo, a.ShopSet)
				}
			}
		}
	}
	if n != 24 {
		t.Errorf("%d budgets", n)
	}
	code, text, stderr = runWith(t, nil, "ledger", "export", "--config", config, "--slo", "bad-of-total", "--shopset", "busy", "--step", "1h", "--from", kept.Accounts[0].End.Add(-150*time.Minute).Format(time.RFC3339))
	if code != exitOK {
		t.Fatal(stderr)
	}
	for series, samples := range exportedSamples(t, text) {
		if !strings.Contains(series, `slo="bad-of-total",shopset="busy"`) || !strings.Contains(series, "flags") && (len(samples) < 2 || len(samples) > 3 || int64(samples[0][0])%3600 != 0) {
			t.Errorf("%s has %v", series, samples)
		}
	}
}

func TestAFolderWithoutALedgerIsNotInspected(t *testing.T) {
	for _, command := range []string{"inspect", "verify"} {
		code, stdout, stderr := runWith(t, nil, "ledger", command, "--dir", t.TempDir())
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "holds nothing; name the directory") {
			t.Errorf("%s: exit code %d: %s%s", command, code, stdout, stderr)
		}
	}
}

// Who backs up or exports the wrong folder, or what is left of a ledger, must not take it for all.
func TestAFolderWithoutASoundLedgerIsNotCopied(t *testing.T) {
	config := countedLedger(t)
	for name, tt := range map[string]struct{ file, says string }{
		"empty": {"", "holds nothing; name the directory"}, "damaged": {"checkpoint-00000001", "is damaged: see 'shopslo ledger verify'"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.file != "" {
				writeFiles(t, dir, map[string]string{tt.file: "shopslo?"})
			}
			for _, args := range [][]string{{"export", "--config", config, "--dir", dir}, {"snapshot", filepath.Join(t.TempDir(), "copy"), "--dir", dir}} {
				code, stdout, stderr := runWith(t, nil, append([]string{"ledger"}, args...)...)
				if code != exitUsage || stdout != "" || !strings.Contains(stderr, tt.says) {
					t.Errorf("%s: exit code %d: %s%s", args[0], code, stdout, stderr)
				}
			}
		})
	}
}
