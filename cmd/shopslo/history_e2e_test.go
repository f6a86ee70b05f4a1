//go:build e2e

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// restless makes six hours, up to a few minutes ago, in which everything goes wrong:
// restarts that show no drop, deploys, gaps, vanished series, invalid samples, and a
// source that was down.
func restless(now time.Time) *ledgertest.History {
	const minute, hour = time.Minute, time.Hour
	end := now.Truncate(minute).Add(-5 * minute)
	start := end.Add(-6 * hour)
	at := func(d time.Duration) int64 { return start.Add(d).UnixMilli() }
	return ledgertest.New(ledgertest.Config{
		Seed: uint64(end.Unix()), Start: start.UnixMilli(), Length: 6 * hour, Interval: 15 * time.Second, Strays: true,
		Blackouts: []ledgertest.Span{{From: at(3 * hour), To: at(3*hour + 7*minute)}},
		ShopSets: []ledgertest.Spec{
			{Name: "busy", Components: []string{"cart", "api"}, Metrics: 2, PeakRate: 50, ErrorRatio: 0.01, DeployEvery: 40 * minute,
				RestartEvery: 20 * minute, GapEvery: 30 * minute, BlinkEvery: 20 * minute, ClockEvery: 30 * minute},
			{Name: "sparse", PeakRate: 0.01, ErrorRatio: 0.3, Flat: true, RestartEvery: 10 * minute, GapEvery: 20 * minute},
			{Name: "nostart", PeakRate: 1, ErrorRatio: 0.02, NoStartTime: true, RestartEvery: 15 * minute, DeployEvery: hour, BlinkEvery: 30 * minute},
			{Name: "noup", PeakRate: 2, ErrorRatio: 0.1, NoUp: true, Eager: true, RestartEvery: 30 * minute, GapEvery: 20 * minute, InvalidEvery: 10 * minute},
			{Name: "odd", PeakRate: 1, ErrorRatio: 0.1, Fractional: true, Jitter: true, Routes: 2, Batches: 3, RestartEvery: 10 * minute,
				VanishEvery: 15 * minute, InvalidEvery: 15 * minute, ClockEvery: 10 * minute, DeployEvery: 30 * minute},
			{Name: "down", PeakRate: 20, ErrorRatio: 0.01, Outages: []ledgertest.Outage{
				{From: at(4 * hour), To: at(4*hour + 30*minute), Ratio: 0.5}, {From: at(5 * hour), To: at(5*hour + 20*minute), Down: true}}},
		},
	})
}

// ofHistory are SLOs on a History's counters. Counting begins an hour before the
// longest window: within the history.
var ofHistory = func() []document {
	const all, bad = `{__name__=~"(http|rpc)_requests_total|jobs_total"}`, `{__name__=~"(http|rpc)_requests_total|jobs_total",code=~"5.."}`
	const sets = "busy sparse nostart noup odd down"
	return []document{
		{name: "bad-of-total", window: "4h", kind: "bad", query: bad, total: all, shopsets: sets},
		{name: "good-of-total", window: "90m", kind: "good", query: strings.Replace(bad, "=~\"5", "!~\"5", 1), total: all, shopsets: sets},
		{name: "from-zero", window: "3h", kind: "bad", query: bad, total: all, shopsets: sets, first: slo.FirstZero},
		{name: "first-ignored", window: "3h", kind: "bad", query: bad, total: all, shopsets: sets, first: slo.FirstIgnore},
	}
}()

func TestOneHistoryGivesTheSameFiguresFromEverySource(t *testing.T) {
	h := restless(time.Now())
	samples := seriesOf(h)
	var data []sourcetest.Series
	for _, s := range samples {
		if !slices.ContainsFunc(s.Samples, func(x ledgertest.Sample) bool { return x.V == x.V }) {
			continue // nothing but NaN: it says nothing, and VictoriaMetrics does not take it in
		}
		d := sourcetest.Series{Labels: s.Labels}
		for _, x := range s.Samples {
			d.T, d.V = append(d.T, x.T), append(d.V, x.V)
		}
		data = append(data, d)
	}
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

// seriesOf are all samples of a history, strays included.
func seriesOf(h *ledgertest.History) []ledgertest.Series {
	var all []ledgertest.Series
	for _, s := range h.Strays() {
		all = append(all, s.Series)
	}
	for i := range h.Config.ShopSets {
		all = append(all, h.ShopSet(i).Samples(ledgertest.All)...)
	}
	return all
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

// fill writes samples into an embedded store as its scraper does: in order of time,
// a commit for each ten minutes.
func fill(t testing.TB, dir string, data []sourcetest.Series) {
	t.Helper()
	db, err := promtsdb.Open(dir, promtsdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const step = 600_000
	from, to := data[0].T[0], data[0].T[0]
	sets := make([]labels.Labels, len(data))
	for i, s := range data {
		from, to = min(from, s.T[0]), max(to, s.T[len(s.T)-1])
		b := labels.NewScratchBuilder(len(s.Labels))
		for _, l := range s.Labels {
			b.Add(l.Name, l.Value)
		}
		sets[i] = b.Labels()
	}
	next := make([]int, len(data))
	for ; from <= to; from += step {
		app := db.Appendable().Appender(t.Context())
		for i, s := range data {
			for ; next[i] < len(s.T) && s.T[next[i]] < from+step; next[i]++ {
				if _, err := app.Append(0, sets[i], s.T[next[i]], s.V[next[i]]); err != nil {
					t.Fatal(fmt.Errorf("%s: %w", s.Labels, err))
				}
			}
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
