//go:build e2e

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestOneHistoryGivesTheSameFiguresFromEverySource(t *testing.T) {
	h := restless(time.Now())
	samples := seriesOf(h)
	data := dataOf(samples)
	check := func(t *testing.T, source string, samples []ledgertest.Series) {
		t.Helper()
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{
			"shopslo.yaml": source + "fleet: [fleet.yaml]\nslos: [slo.yaml]\n",
			"fleet.yaml":   fleetOf("beta: busy sparse nostart", "prod: noup odd down"), "slo.yaml": yamlOf(ofHistory),
		})
		for _, back := range []time.Duration{0, 47 * time.Minute} {
			at := time.UnixMilli(h.End).Add(-back)
			code, stdout, stderr := runWith(t, nil, "status", "--config", filepath.Join(dir, "shopslo.yaml"),
				"--at", at.UTC().Format(time.RFC3339), "-o", "json")
			if code != exitOK || stderr != "" {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			r := decodeStatus(t, stdout)
			checkReport(t, r, ofHistory, 15*time.Second, samples)
			if b := budgetOf(t, r, "bad-of-total", "busy"); b.WindowEnd.UnixMilli() != at.UnixMilli() || *b.Total < 100_000 || *b.Bad < 1000 {
				t.Errorf("the history is not what it should be: %s", figures(b))
			}
		}
	}
	remote := func(url string) string {
		return "source: {prometheus: {url: '" + url + "', scrape_interval: 15s}}\n"
	}
	t.Run("embedded", func(t *testing.T) {
		dir := t.TempDir()
		fill(t, dir, data)
		check(t, "source: {embedded: {dir: '"+dir+"', scrape_interval: 15s, scrape_configs: [{job_name: none}]}}\n", samples)
	})
	split := h.Start + 4*time.Hour.Milliseconds()
	prometheus := sourcetest.StartPrometheus(t, data, split)
	t.Run("Prometheus by remote read", func(t *testing.T) { check(t, remote(prometheus.URL), samples) })
	t.Run("Prometheus by matrix selectors, which leave staleness markers out", func(t *testing.T) {
		check(t, remote(withoutRemoteRead(t, prometheus.URL)), withoutMarkers(samples))
	})
	t.Run("VictoriaMetrics", func(t *testing.T) {
		check(t, remote(sourcetest.StartVictoriaMetrics(t, data).URL), samples)
	})
}

func withoutMarkers(all []ledgertest.Series) []ledgertest.Series {
	out := make([]ledgertest.Series, len(all))
	for i, s := range all {
		out[i] = ledgertest.Series{Labels: s.Labels, Samples: slices.DeleteFunc(slices.Clone(s.Samples),
			func(x ledgertest.Sample) bool { return slo.IsStale(x.V) })}
	}
	return out
}

// withoutRemoteRead is a server that answers as another does, but has no remote read.
func withoutRemoteRead(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/read" {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(r.Body) // or the proxy may give up when the answer is faster than the question
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
