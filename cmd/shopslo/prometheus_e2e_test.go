//go:build e2e

package main

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/status"
)

// ofPrometheus are SLOs on Prometheus' own metrics, and on VictoriaMetrics'.
var ofPrometheus = []document{
	{name: "answers", window: "10m", kind: "bad", query: `prometheus_http_requests_total{handler="/api/v1/query",code=~"4..|5.."}`,
		total: `prometheus_http_requests_total{handler="/api/v1/query"}`, shopsets: "p-1 p-2", tiers: "beta prod"},
	{name: "everything", window: "5m", kind: "bad", query: `prometheus_http_requests_total{code=~"4..|5.."}`,
		total: `prometheus_http_requests_total`, shopsets: "p-1 p-2", tiers: "beta prod"},
	{name: "latency", window: "10m", kind: "good", query: `prometheus_http_request_duration_seconds_bucket{handler="/api/v1/query",le="0.1"}`,
		total: `prometheus_http_request_duration_seconds_count{handler="/api/v1/query"}`, shopsets: "p-1 p-2", tiers: "beta prod"},
	{name: "victoria", window: "10m", kind: "bad", query: `vm_http_request_errors_total{path="/api/v1/query"}`,
		total: `vm_http_requests_total{path="/api/v1/query"}`, shopsets: "v-1", tiers: "vm"},
}

const rawOfPrometheus = `{shopset!="",__name__=~"up|process_start_time_seconds|prometheus_http_requests_total|prometheus_http_request_duration_seconds_(bucket|count)|vm_http_request(s|_errors)_total"}`

// pair is what has been sent to a server: requests that count, and bad ones of them.
type pair struct{ total, bad float64 }

func (p *pair) ask(t testing.TB, address string, good, bad int) {
	t.Helper()
	ask(t, address, good, bad)
	p.total, p.bad = p.total+float64(good+bad), p.bad+float64(bad)
}

func TestPrometheusIsKilledAndRestartedWhileShopsloCounts(t *testing.T) {
	one, two, vm := freeAddress(t), freeAddress(t), freeAddress(t)
	source := newPrometheus(t, one, map[string]string{"p-1": one, "p-2": two, "v-1": vm})
	second, victoria := newPrometheus(t, two, nil), newVictoriaMetrics(t, vm)
	for _, c := range []*server{source, second, victoria} {
		c.start(t)
	}
	dir := t.TempDir()
	config := "source: {prometheus: {url: 'http://" + one + "', scrape_interval: 1s, timeout: 20s}}\n" +
		"fleet: [fleet.yaml]\nslos: [slo.yaml]\nbudgets: {least_history: 5s}\ngate: {max_age: 30s, min_coverage: 0.001}\n" +
		"burn_rates: [{long: 1m, short: 10s, factor: 1000000, severity: page}]\n"
	writeFiles(t, dir, map[string]string{
		"served.yaml": config + "ledger: {dir: ledger, resolution: 1s}\n",
		// One-shot commands count anew from the source, with a ledger of their own in memory.
		"asked.yaml": config + "ledger: {dir: nowhere, resolution: 1s}\n",
		"fleet.yaml": fleetOf("beta: p-2", "prod: p-1", "vm: v-1"), "slo.yaml": yamlOf(ofPrometheus),
	})
	served, asked := filepath.Join(dir, "served.yaml"), filepath.Join(dir, "asked.yaml")
	s := startServe(t, served)
	s.waitReady(t)
	s.waitHeard(t, "answers", "p-1", "p-2")
	s.waitHeard(t, "victoria", "v-1")

	var sent, sentVM pair
	sent.ask(t, two, 200, 20)
	sentVM.ask(t, vm, 30, 3)
	ask(t, one, 10, 1)
	s.waitCounts(t, "answers", "p-2", sent.total, sent.bad)
	s.waitCounts(t, "victoria", "v-1", sentVM.total, sentVM.bad)
	s.waitPromote(t)

	// The source dies. Nobody may be told to promote, and what happens is counted later.
	source.kill()
	eventually(t, func() string {
		code, stdout, _ := runWith(t, nil, "gate", "--server", s.url, "--to", "prod", "-o", "json")
		if code != exitUnavailable {
			return fmt.Sprintf("exit code %d while the source is down: %s", code, stdout)
		}
		return ""
	})
	sent.ask(t, two, 50, 5)
	for range 5 {
		code, stdout, stderr := runWith(t, nil, "gate", "--server", s.url, "--to", "prod", "-o", "json")
		if code != exitUnavailable || !strings.Contains(stdout, `"decision": "inconclusive"`) {
			t.Errorf("while the source is down: exit code %d: %s%s", code, stdout, stderr)
		}
		valid(t, "gate", stdout)
		code, stdout, stderr = runWith(t, nil, "gate", "--config", asked, "--to", "prod")
		if code != exitUnavailable || stderr != "" {
			t.Errorf("one-shot while the source is down: exit code %d: %s%s", code, stdout, stderr)
		}
		code, stdout, stderr = runWith(t, nil, "status", "--config", asked)
		if code != exitUnavailable || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("one-shot status while the source is down: exit code %d: %s%s", code, stdout, stderr)
		}
		time.Sleep(time.Second)
	}
	source.start(t)
	s.waitCounts(t, "answers", "p-2", sent.total, sent.bad)
	// How fast its counters can grow is known from now on, whatever the gap was: else what its next
	// life begins with may be doubted.
	sent.ask(t, two, 100, 10)
	s.waitCounts(t, "answers", "p-2", sent.total, sent.bad)

	// A target dies, all of whose events have been scraped; its next life has as many
	// bad ones as the first, so that no value shows a drop.
	second.kill()
	time.Sleep(2 * time.Second)
	second.start(t)
	sent.ask(t, two, int(sent.total-sent.bad), int(sent.bad))
	s.waitCounts(t, "answers", "p-2", sent.total, sent.bad)

	// The source dies once more, and is back at once.
	source.kill()
	sent.ask(t, two, 9, 1)
	source.start(t)
	s.waitCounts(t, "answers", "p-2", sent.total, sent.bad)
	checkAllWays(t, s, asked, one)
	checkMetrics(t, s, one)
	s.waitPromote(t)
}

// waitPromote waits until the gate promotes: coverage takes some seconds.
func (s *serving) waitPromote(t testing.TB) {
	t.Helper()
	eventually(t, func() string {
		if code, stdout, stderr := runWith(t, nil, "gate", "--server", s.url, "--to", "prod"); code != exitOK {
			return fmt.Sprintf("exit code %d, want promote: %s%s", code, stdout, stderr)
		}
		return ""
	})
}

// checkAllWays compares the budgets from serve and from the one-shot command with
// the oracle over what Prometheus itself gives as raw samples.
func checkAllWays(t *testing.T, s *serving, asked, address string) {
	t.Helper()
	at := budgetOf(t, s.status(t, time.Time{}), "answers", "p-2").WindowEnd
	samples := rawSamples(t, address, rawOfPrometheus, "2h", at.Add(time.Minute))
	checkReport(t, s.status(t, at), ofPrometheus, time.Second, samples)
	code, stdout, stderr := runWith(t, nil, "status", "--config", asked, "--at", at.Format(time.RFC3339), "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	valid(t, "status", stdout)
	r := decodeStatus(t, stdout)
	checkReport(t, r, ofPrometheus, time.Second, samples)
	for _, b := range s.status(t, at).Budgets {
		if o := budgetOf(t, r, b.SLO, string(b.ShopSet)); figures(o) != figures(b) {
			t.Errorf("%s of %s: serve says %s, the one-shot command %s", b.SLO, b.ShopSet, figures(b), figures(o))
		}
	}
}

// checkMetrics compares the counters with the oracle, and lets promtool judge all.
func checkMetrics(t *testing.T, s *serving, address string) {
	t.Helper()
	_, body := s.get(t, "/metrics")
	lint(t, body)
	value := func(name string, b status.Budget) float64 {
		line := fmt.Sprintf("%s{shopset=%q,slo=%q,tier=%q} ", name, b.ShopSet, b.SLO, b.Tier)
		_, rest, ok := strings.Cut(body, "\n"+line)
		var v float64
		if _, err := fmt.Sscan(rest, &v); !ok || err != nil {
			t.Fatalf("%s is not among the metrics: %v", line, err)
		}
		return v
	}
	samples := rawSamples(t, address, rawOfPrometheus, "2h", time.Now())
	r := s.status(t, time.Time{})
	for _, d := range ofPrometheus {
		for shopset := range strings.FieldsSeq(d.shopsets) {
			b := budgetOf(t, r, d.name, shopset)
			o := d.oracle(t, shopset, time.Second, b.ExactFrom, samples)
			until := int64(value("shopslo_slo_counted_until_timestamp_seconds", b) * 1000)
			want := o.Count(b.ExactFrom.UnixMilli(), until)
			total, bad := value("shopslo_slo_events_total", b), value("shopslo_slo_bad_events_total", b)
			covered := value("shopslo_slo_covered_seconds_total", b)
			if total != want.Total || bad != want.Bad || !near(covered, float64(want.Covered)/1000) {
				t.Errorf("%s of %s: the metrics have %v bad of %v in %v s, the oracle %v of %v in %v ms", d.name, shopset,
					bad, total, covered, want.Bad, want.Total, want.Covered)
			}
		}
	}
}

// lint lets promtool check metrics.
func lint(t testing.TB, metrics string) {
	t.Helper()
	cmd := exec.Command("promtool", "check", "metrics")
	cmd.Stdin = strings.NewReader(metrics)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// waitHeard waits until ShopSets are known to the ledger: what their processes had
// counted before the source's data begin does not count.
func (s *serving) waitHeard(t testing.TB, name string, shopsets ...string) {
	t.Helper()
	for _, shopset := range shopsets {
		eventually(t, func() string {
			if b := budgetOf(t, s.status(t, time.Time{}), name, shopset); b.LastSample.IsZero() || b.Coverage == 0 {
				return "nothing is heard of " + shopset
			}
			return ""
		})
	}
}

func TestMetricsOfTheEmbeddedSourcePassPromtool(t *testing.T) {
	x := newShops(t)
	s := startServe(t, x.config)
	s.waitReady(t)
	x.waitScraped(t)
	x.beta.add(10, 1)
	s.waitCounts(t, "cart", "b-1", 11, 1)
	resp, err := http.Get(s.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	ours, prometheus := "", "" // a family's lines follow each other, its HELP first
	for line := range strings.Lines(string(body)) {
		name := strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE ")
		if strings.HasPrefix(name, "prometheus_") || strings.HasPrefix(name, "net_conntrack_") {
			prometheus += line // named by Prometheus' libraries
		} else {
			ours += line
		}
	}
	if !strings.Contains(ours, "shopslo_slo_events_total") || !strings.Contains(prometheus, "prometheus_tsdb_head_samples_appended_total") {
		t.Errorf("the metrics are not all there:\n%s", body)
	}
	lint(t, ours)
}
