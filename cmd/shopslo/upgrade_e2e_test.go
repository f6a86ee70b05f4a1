//go:build e2e && more

package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
	"github.com/shopslo/shopslo/status"
)

// formerStart is where the data begin that testdata/formerledger was counted from, up to
// formerEdge.
var (
	formerStart = time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	formerEdge  = formerStart.Add(119 * time.Minute)
)

const formerInterval = 30 * time.Second

// formerShops are ShopSets as an operator's Prometheus sees them, over eight hours. Each
// container has served 4 requests a second, of which one in 20 is bad, since 100 hours.
func formerShops() (samples []ledgertest.Series) {
	end := formerStart.Add(8 * time.Hour)
	for _, c := range []struct {
		shopset, container string
		offset, age        time.Duration
		starts             bool          // it says when it started
		restart            time.Duration // after the start of the data; 0: never
	}{
		{"plain", "shop", 3 * time.Second, 100 * time.Hour, true, 0},
		{"restarted", "shop", 5 * time.Second, 100 * time.Hour, true, 150 * time.Minute},
		{"pair", "shop", 4 * time.Second, 100 * time.Hour, true, 0},
		{"pair", "sidecar", 11 * time.Second, 90 * time.Hour, true, 170 * time.Minute},
		{"silent", "shop", 8 * time.Second, 100 * time.Hour, false, 0},
	} {
		series := func(name string, value func(since time.Duration) (float64, bool), more ...string) {
			m := map[string]string{slo.MetricName: name, "shopset": c.shopset, "job": "shops/shop", "instance": "10.0.0.1:8080",
				"namespace": "shops", "pod": c.shopset + "-0", "container": c.container, "endpoint": "http"}
			for i := 0; i < len(more); i += 2 {
				m[more[i]] = more[i+1]
			}
			s := ledgertest.Series{Labels: sortedLabels(m)}
			for at := formerStart.Add(c.offset); at.Before(end); at = at.Add(formerInterval) {
				began := formerStart.Add(-c.age)
				if c.restart > 0 && at.Sub(formerStart) >= c.restart {
					began = formerStart.Add(c.restart)
				}
				if v, ok := value(at.Sub(began)); ok {
					if name == ledgertest.StartTimeMetric {
						v = float64(began.Unix())
					}
					s.Samples = append(s.Samples, ledgertest.Sample{T: at.UnixMilli(), V: v})
				}
			}
			samples = append(samples, s)
		}
		of := func(perSecond float64) func(time.Duration) (float64, bool) {
			return func(since time.Duration) (float64, bool) { return math.Floor(since.Seconds() * perSecond), true }
		}
		series("up", func(time.Duration) (float64, bool) { return 1, true })
		if c.starts {
			series(ledgertest.StartTimeMetric, of(0))
		}
		series("requests_total", of(3.8), "code", "200")
		series("requests_total", of(0.2), "code", "500")
		// Its first error of another kind comes when the ledger of before is no longer counting.
		series("requests_total", func(since time.Duration) (float64, bool) {
			n := math.Floor((since - 102*time.Hour - 30*time.Minute).Minutes())
			return n, n > 0
		}, "code", "503")
		series("duration_seconds_bucket", of(2), "le", "0.5")
		series("duration_seconds_bucket", of(3), "le", "1.0")
		series("duration_seconds_bucket", of(4), "le", "+Inf")
		series("duration_seconds_count", of(4))
	}
	return samples
}

const formerShopSets = "plain restarted pair silent"

var formerDocuments = []document{
	{name: "errors", window: "90m", kind: "bad", query: `requests_total{job="shops/shop", code=~"5.."}`, total: `requests_total{job="shops/shop"}`, shopsets: formerShopSets},
	{name: "latency", window: "90m", kind: "good", query: `duration_seconds_bucket{le="1.0"}`, total: `duration_seconds_count`, shopsets: formerShopSets},
	{name: "buckets", window: "90m", kind: "good", query: `duration_seconds_bucket{le="1.0"}`, total: `duration_seconds_bucket{le="+Inf"}`, shopsets: formerShopSets},
}

// formerFiles are the configuration that the ledger was kept with.
func formerFiles(source string) map[string]string {
	rate := sli{"rates", "", "bad", `sum by (shopset) (rate(requests_total{code="500"}[5m]))`, `sum by (shopset) (rate(requests_total[5m]))`}.yaml()
	return map[string]string{
		"shopslo.yaml": "source: {prometheus: {url: '" + source + "', scrape_interval: 30s}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\nledger: {dir: ledger}\n" +
			"burn_rates: [{long: 1h, short: 5m, factor: 2, severity: page}]\n",
		"fleet.yaml": fleetOf("prod: " + formerShopSets), "slo.yaml": yamlOf(formerDocuments) + rate,
	}
}

func TestALedgerOfTheFormerVersionGoesOn(t *testing.T) {
	samples := formerShops()
	prometheus := sourcetest.StartPrometheusWith(t, "global: {scrape_interval: 30s, external_labels: {cluster: eu, prometheus_replica: a}}\n",
		dataOf(samples), formerStart.Add(24*time.Hour).UnixMilli())
	for name, tt := range map[string]struct {
		first string // the source as it is at the first run; "": as it is later
		gaps  []time.Duration
	}{
		"at once":                           {"", []time.Duration{2 * time.Minute, 5 * time.Minute, 60 * time.Minute, 120 * time.Minute}},
		"after longer than the window":      {"", []time.Duration{91 * time.Minute, 100 * time.Minute}},
		"after a run without a source":      {"http://127.0.0.1:1", []time.Duration{3 * time.Minute, 91 * time.Minute}},
		"by a path without external labels": {withoutRemoteRead(t, prometheus.URL), []time.Duration{3 * time.Minute, 91 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "ledger"), os.DirFS("testdata/formerledger")); err != nil {
				t.Fatal(err)
			}
			told := 0
			ask := func(source string, at time.Time, want int) (stdout string) {
				t.Helper()
				writeFiles(t, dir, formerFiles(source))
				code, stdout, stderr := runWith(t, nil, "status", "--config", filepath.Join(dir, "shopslo.yaml"), "--at", at.Format(time.RFC3339), "-o", "json")
				if code != want {
					t.Fatalf("exit code %d: %s", code, stderr)
				}
				told += strings.Count(stderr, "is now counted from samples, not evaluated on a grid; its history is read anew")
				return stdout
			}
			if tt.first == "http://127.0.0.1:1" {
				ask(tt.first, formerEdge.Add(time.Minute), exitUnavailable)
				told = 0
			} else if tt.first != "" {
				ask(tt.first, formerEdge.Add(2*time.Minute), exitOK)
			}
			for _, gap := range tt.gaps {
				checkFormer(t, decodeStatus(t, ask(prometheus.URL, formerEdge.Add(gap), exitOK)), samples)
			}
			if n := len(strings.Fields(formerShopSets)); told != n {
				t.Errorf("it was said %d times that the history is read anew, want %d", told, n)
			}
		})
	}
}

// checkFormer compares figures with the oracle's. What the former version counted of two
// containers behind one target was wrong, and stays so.
func checkFormer(t *testing.T, r status.Report, samples []ledgertest.Series) {
	t.Helper()
	rates := document{name: "rates", kind: "bad", query: `requests_total{code="500"}`, total: "requests_total", shopsets: formerShopSets}
	for _, d := range append([]document{rates}, formerDocuments...) {
		for set := range strings.FieldsSeq(d.shopsets) {
			b := budgetOf(t, r, d.name, set)
			if set == "pair" && d.name != "rates" && b.WindowStart.Before(formerEdge) {
				continue
			}
			want := d.oracle(t, set, formerInterval, formerStart, samples).Count(b.WindowStart.UnixMilli(), b.WindowEnd.UnixMilli())
			if b.Total == nil || *b.Good != want.Good || *b.Total != want.Total || want.Total < 10_000 || len(b.Flags) > 0 {
				t.Errorf("%s of %s: %s, flags %v; the oracle has good %v, total %v", d.name, set, figures(b), b.Flags, want.Good, want.Total)
			}
		}
	}
}
