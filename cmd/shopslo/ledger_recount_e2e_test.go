//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// called gives a history's series with another name for a ShopSet, of the samples after an instant.
func called(all []ledgertest.Series, from, to string, after int64) (out []ledgertest.Series) {
	for _, s := range all {
		if s.Labels.Get("shopset") != from {
			out = append(out, s)
			continue
		}
		was, is := s, ledgertest.Series{Labels: slices.Clone(s.Labels)}
		for i, l := range is.Labels {
			if l.Name == "shopset" {
				is.Labels[i] = slo.Label{Name: "shopset", Value: to}
			}
		}
		k := 0
		for k < len(s.Samples) && s.Samples[k].T <= after {
			k++
		}
		was.Samples, is.Samples = s.Samples[:k], s.Samples[k:]
		for _, x := range []ledgertest.Series{was, is} {
			if len(x.Samples) > 0 {
				out = append(out, x)
			}
		}
	}
	return out
}

// One real Prometheus lacks an hour of a ShopSet, another one has it, and in that one the ShopSet is
// called otherwise since then.
func TestALedgerIsRecountedFromARealPrometheusInWhichAShopSetWasRenamed(t *testing.T) {
	h := restless(time.Now())
	all := seriesOf(h)
	from := time.UnixMilli(h.Start).Add(3 * time.Hour).Truncate(time.Hour).Add(30 * time.Minute)
	to := from.Add(time.Hour)
	missing := slices.Clone(all)
	for i, s := range missing {
		if s.Labels.Get("shopset") == "busy" {
			missing[i].Samples = slices.DeleteFunc(slices.Clone(s.Samples), func(x ledgertest.Sample) bool { return x.T > from.UnixMilli() && x.T <= to.UnixMilli() })
		}
	}
	split := h.Start + 4*time.Hour.Milliseconds()
	before := sourcetest.StartPrometheus(t, dataOf(missing), split).URL
	after := sourcetest.StartPrometheus(t, dataOf(called(all, "busy", "busy-2", to.UnixMilli()+20*60_000)), split).URL

	dir := t.TempDir()
	config := filepath.Join(dir, "shopslo.yaml")
	fleetText := fleetOf("beta: busy sparse nostart", "prod: noup odd down")
	write := func(url, ledger string) {
		writeFiles(t, dir, map[string]string{"shopslo.yaml": "source: {prometheus: {url: '" + url + "', scrape_interval: 15s}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n" + ledger,
			"fleet.yaml": fleetText, "slo.yaml": yamlOf(ofHistory)})
	}
	shopslo := func(code int, args ...string) string {
		t.Helper()
		got, stdout, stderr := runWith(t, nil, append(args, "--config", config)...)
		if got != code {
			t.Fatalf("%v: exit code %d, want %d: %s%s", args, got, code, stdout, stderr)
		}
		return stdout
	}
	if err := os.Mkdir(filepath.Join(dir, "ledger"), 0o750); err != nil {
		t.Fatal(err)
	}
	const ledger = "ledger: {dir: ledger}\n"
	end := time.UnixMilli(h.End).UTC().Format(time.RFC3339)
	verify := []string{"ledger", "verify", "--from", time.UnixMilli(h.Start).Add(2 * time.Hour).UTC().Format(time.RFC3339)}
	write(before, ledger)
	shopslo(exitOK, "status", "--at", end)
	shopslo(exitOK, verify...)

	fleetText = strings.Replace(fleetOf("beta: busy-2 sparse nostart", "prod: noup odd down"), "metadata: {name: busy-2}\nspec: {", "metadata: {name: busy-2}\nspec: {formerly: [{name: busy}], ", 1)
	renamed := called(all, "busy", "busy-2", 0)
	docs := slices.Clone(ofHistory)
	for i := range docs {
		docs[i].shopsets = strings.Replace(docs[i].shopsets, "busy", "busy-2", 1)
	}
	write(after, "")
	checkReport(t, decodeStatus(t, shopslo(exitOK, "status", "--at", end, "-o", "json")), docs, 15*time.Second, renamed)
	write(after, ledger)
	shopslo(exitOK, "status", "--at", end) // which gives busy-2 the history
	if out := shopslo(exitNo, verify...); !strings.Contains(out, "busy-2") {
		t.Errorf("verify:\n%s", out)
	}
	shopslo(exitOK, "ledger", "recount", "--apply", "--from", from.UTC().Format(time.RFC3339), "--to", to.UTC().Format(time.RFC3339))
	shopslo(exitOK, verify...)
	checkReport(t, decodeStatus(t, shopslo(exitOK, "status", "--at", end, "-o", "json")), docs, 15*time.Second, renamed)
}
