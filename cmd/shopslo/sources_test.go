package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// ofCluster writes a FailureDomain whose samples are in a source of its name.
func ofCluster(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "---\napiVersion: shopset.dev/v1alpha1\nkind: FailureDomain\nmetadata: {name: %s}\nspec: {source: %[1]s}\n", name)
	}
	return b.String()
}

// twoStores is a folder with a shopslo.yaml of two embedded sources: one that has half an hour
// of t-1, and one of o-1, both of which carry the same labels.
func twoStores(t *testing.T, more string) (config string, end time.Time) {
	t.Helper()
	dir := t.TempDir()
	end = time.Now().Truncate(time.Minute).Add(-5 * time.Minute)
	start := end.Add(-30 * time.Minute)
	const of = " job=shop instance=1 app=shop"
	for name, bad := range map[string]float64{"tokyo": 1, "osaka": 3} {
		fill(t, filepath.Join(dir, name), []sourcetest.Series{fixed("up"+of, 1, start, end), fixed("process_start_time_seconds"+of, float64(start.Unix()), start, end),
			growing("http_requests_total code=200"+of, 100-bad, start, end), growing("http_requests_total code=500"+of, bad, start, end)})
	}
	doc := func(kind, name, spec string) string {
		return fmt.Sprintf("---\napiVersion: shopset.dev/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: {%s}\n", kind, name, spec)
	}
	writeFiles(t, dir, map[string]string{
		"fleet.yaml": ofCluster("tokyo", "osaka") + doc("Tier", "beta", "order: 0, branch: t0") + doc("Tier", "prod", "order: 1, branch: t1") +
			doc("ShopSet", "t-1", "tier: beta, failureDomain: tokyo, match: {app: shop}") + doc("ShopSet", "o-1", "tier: prod, failureDomain: osaka, match: {app: shop}"),
		"slo.yaml": cartSLO("20m"),
		"shopslo.yaml": `sources:
  tokyo: {embedded: {dir: tokyo, scrape_interval: 1m, scrape_configs: [{job_name: none}]}}
  osaka: {embedded: {dir: osaka, scrape_interval: 1m, scrape_configs: [{job_name: none}]}}
fleet: [fleet.yaml]
slos: [slo.yaml]
budgets: {least_history: 5m}
gate: {max_age: 10m, min_coverage: 0.1}
` + more})
	return filepath.Join(dir, "shopslo.yaml"), end
}

// change replaces a text in a file wherever it stands; it must.
func change(t *testing.T, file, old, is string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%v: no %q in\n%s", err, old, text)
	}
	writeFiles(t, filepath.Dir(file), map[string]string{filepath.Base(file): strings.ReplaceAll(string(text), old, is)})
}

func TestEachShopSetIsReadFromItsOwnSource(t *testing.T) {
	config, end := twoStores(t, "")
	at := end.Format(time.RFC3339)
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", at, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	r := decodeStatus(t, stdout)
	for set, bad := range map[string]float64{"t-1": 20, "o-1": 60} {
		if b := budgetOf(t, r, "cart", set); b.Total == nil || *b.Total != 2000 || *b.Bad != bad || b.Failure != "" {
			t.Errorf("%s: %s %q", set, figures(b), b.Notes)
		}
	}
	if code, stdout, stderr := runWith(t, nil, "gate", "--config", config, "--to", "prod", "--at", at); code != exitOK || stderr != "" {
		t.Errorf("gate: exit code %d: %s%s", code, stdout, stderr)
	}
	for set, source := range map[string]string{"t-1": "Source tokyo (the embedded store in ", "o-1": "Source osaka (the embedded store in "} {
		code, stdout, stderr := runWith(t, nil, "explain", "cart", set, "--config", config, "--at", at)
		if code != exitOK || !strings.Contains(stdout, source) || stderr != "" {
			t.Errorf("explain %s: exit code %d: %s%s", set, code, stdout, stderr)
		}
	}
	code, stdout, stderr = runWith(t, nil, "validate", "--config", config, "--source", "-o", "json")
	if code != exitOK && code != exitNo || !strings.Contains(stdout, "Source osaka (the embedded store in ") || !strings.Contains(stdout, "Source tokyo (the") || stderr != "" {
		t.Errorf("validate: exit code %d: %s%s", code, stdout, stderr)
	}
	valid(t, "validate", stdout)
}

// A source that is scraped seldom is late by itself.
func TestASlowSourceDelaysNoOther(t *testing.T) {
	config, _ := twoStores(t, "")
	change(t, config, "osaka: {embedded: {dir: osaka, scrape_interval: 1m", "osaka: {embedded: {dir: osaka, scrape_interval: 5m")
	ends := func() (tokyo, osaka time.Time) {
		t.Helper()
		code, stdout, stderr := runWith(t, nil, "status", "--config", config, "-o", "json")
		if code != exitOK || stderr != "" {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		r := decodeStatus(t, stdout)
		return budgetOf(t, r, "cart", "t-1").WindowEnd, budgetOf(t, r, "cart", "o-1").WindowEnd
	}
	if tokyo, osaka := ends(); tokyo.Sub(osaka) != 4*time.Minute {
		t.Errorf("they end at %v and %v, want 4 minutes apart", tokyo, osaka)
	}
	change(t, config, "budgets: {", "ledger: {dir: nowhere, delay: 10m}\nbudgets: {")
	if tokyo, osaka := ends(); tokyo != osaka {
		t.Errorf("with ledger.delay they end at %v and %v", tokyo, osaka)
	}
}

func TestASourceThatIsAwayCostsItsOwnBudgets(t *testing.T) {
	config, end := twoStores(t, "")
	away := httptest.NewServer(nil)
	away.Close()
	change(t, config, "tokyo: {embedded: {dir: tokyo, scrape_interval: 1m, scrape_configs: [{job_name: none}]}}", "tokyo: {prometheus: {url: '"+away.URL+"'}}")
	at := end.Format(time.RFC3339)
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", at, "-o", "json")
	if code != exitUnavailable || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "data source tokyo: ") {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	valid(t, "status", stdout)
	r := decodeStatus(t, stdout)
	if b := budgetOf(t, r, "cart", "o-1"); b.Total == nil || *b.Total != 2000 || b.Failure != "" {
		t.Errorf("o-1: %s %q", figures(b), b.Notes)
	}
	if b := budgetOf(t, r, "cart", "t-1"); b.State != slo.NoData || !strings.Contains(b.Failure, "data source tokyo: ") {
		t.Errorf("t-1: %s %q", figures(b), b.Failure)
	}
	if code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", at, "--tier", "prod"); code != exitOK || stderr != "" {
		t.Errorf("of another source: exit code %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = runWith(t, nil, "gate", "--config", config, "--to", "prod", "--at", at)
	if code != exitUnavailable || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "Source tokyo (Prometheus at "+away.URL+") could not be reached: ask for the time") || strings.Contains(stdout, "osaka") || stderr != "" {
		t.Errorf("gate: exit code %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = runWith(t, nil, "report", "--config", config, "--from", end.AddDate(0, 0, -1).Format(time.DateOnly), "--to", end.Format(time.DateOnly))
	if code != exitUnavailable || !strings.Contains(stdout, "data source tokyo: ") || !strings.Contains(stdout, "Tier: prod · State: ok") {
		t.Errorf("report: exit code %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = runWith(t, nil, "validate", "--config", config, "--source")
	if code != exitNo || !strings.Contains(stdout, "data source tokyo: the source could not say") || strings.Contains(stdout, "osaka") || stderr != "" {
		t.Errorf("validate: exit code %d: %s%s", code, stdout, stderr)
	}
}

// What fires is asked of each source, about its own ShopSets, though their labels are the same.
func TestWhatFiresIsAskedOfEachSource(t *testing.T) {
	alerting := func(app string, firing ...string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			at := time.Now().UTC().Format(time.RFC3339)
			rule := `{"type":"alerting","name":"Slow","health":"ok","lastEvaluation":"` + at + `","labels":{"app":"` + app + `","severity":"page"}}`
			if r.URL.Path == "/api/v1/rules" {
				fmt.Fprintf(w, `{"status":"success","data":{"groups":[{"rules":[%s]}]}}`, rule)
				return
			}
			fmt.Fprintf(w, `{"status":"success","data":{"alerts":[%s]}}`, strings.Join(firing, ","))
		}))
		t.Cleanup(s.Close)
		return s
	}
	alerts := func(firing ...string) *httptest.Server { return alerting("shop", firing...) }
	slow := `{"state":"firing","activeAt":"2026-01-01T00:00:00Z","labels":{"alertname":"Slow","app":"shop","severity":"page"}}`
	for name, tt := range map[string]struct {
		tokyo, osaka *httptest.Server
		code         int
		says         string
	}{
		"nothing":                            {alerts(), alerts(), exitOK, ""},
		"in the evidence":                    {alerts(slow), alerts(), exitNo, "Slow"},
		"no rule could fire on the evidence": {alerting("later"), alerts(), exitInconclusive, "No alerting rule of source tokyo could fire"},
		"one server is away":                 {nil, alerts(), exitUnavailable, "Source tokyo (Prometheus at "},
		"and the other's fire":               {alerts(), nil, exitUnavailable, "Source osaka (Prometheus at "},
	} {
		t.Run(name, func(t *testing.T) {
			config, end := twoStores(t, "  ")
			change(t, filepath.Join(filepath.Dir(config), "fleet.yaml"), "---\napiVersion: shopset.dev/v1alpha1\nkind: Tier\nmetadata: {name: beta}",
				`---
apiVersion: shopset.dev/v1alpha1
kind: ShopSet
metadata: {name: l-1}
spec: {tier: later, failureDomain: tokyo, match: {app: later}}
---
apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: later}
spec: {order: 2, branch: t2}
---
apiVersion: shopset.dev/v1alpha1
kind: Tier
metadata: {name: beta}`)
			for source, s := range map[string]*httptest.Server{"tokyo": tt.tokyo, "osaka": tt.osaka} {
				if s == nil {
					s = httptest.NewServer(nil)
					s.Close()
				}
				change(t, config, source+": {embedded:", source+": {alerts: {url: '"+s.URL+"'}, embedded:")
			}
			code, stdout, stderr := runWith(t, nil, "gate", "--config", config, "--to", "prod", "--at", end.Format(time.RFC3339))
			if code != tt.code || !strings.Contains(stdout, tt.says) || stderr != "" || name == "in the evidence" && strings.Contains(stdout, "o-1") {
				t.Errorf("exit code %d, want %d and %q: %s%s", code, tt.code, tt.says, stdout, stderr)
			}
		})
	}
}

// An Alertmanager has no rules: what it was told last shows that it is told at all, beside the
// rules of another source's Prometheus as well as alone.
func TestAnAlertmanagerBesideAPrometheus(t *testing.T) {
	for name, tt := range map[string]struct {
		told time.Duration // ago
		code int
		says string
	}{
		"it is told":           {time.Minute, exitOK, ""},
		"it was told long ago": {time.Hour, exitInconclusive, "of Source osaka (Alertmanager at "},
	} {
		t.Run(name, func(t *testing.T) {
			prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/v1/rules" {
					fmt.Fprintf(w, `{"status":"success","data":{"groups":[{"rules":[{"type":"alerting","name":"Slow","health":"ok","lastEvaluation":%q}]}]}}`, time.Now().UTC().Format(time.RFC3339))
					return
				}
				fmt.Fprint(w, `{"status":"success","data":{"alerts":[]}}`)
			}))
			defer prometheus.Close()
			alertmanager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `[{"labels":{"alertname":"Watchdog","severity":"none"},"startsAt":"2026-01-01T00:00:00Z","updatedAt":%q,"status":{"state":"active"}}]`, time.Now().Add(-tt.told).UTC().Format(time.RFC3339))
			}))
			defer alertmanager.Close()
			config, end := twoStores(t, "  max_rule_age: 20m\n")
			change(t, config, "tokyo: {embedded:", "tokyo: {alerts: {url: '"+prometheus.URL+"'}, embedded:")
			change(t, config, "osaka: {embedded:", "osaka: {alerts: {kind: alertmanager, url: '"+alertmanager.URL+"'}, embedded:")
			change(t, config, "gate: {max_age: 10m, min_coverage: 0.1}\n", "gate:\n  max_age: 10m\n  min_coverage: 0.1\n")
			code, stdout, stderr := runWith(t, nil, "gate", "--config", config, "--to", "prod", "--at", end.Format(time.RFC3339))
			if code != tt.code || !strings.Contains(strings.Join(strings.Fields(stdout), " "), tt.says) || stderr != "" {
				t.Errorf("exit code %d, want %d and %q: %s%s", code, tt.code, tt.says, stdout, stderr)
			}
		})
	}
}

// Mackerel beside a Prometheus: the SLOs that name it are read there, the others from source.
func TestAnSLONamesItsSource(t *testing.T) {
	dir := t.TempDir()
	f := fakeMackerel(t, dir, nil)
	fillMackerel(f)
	now := time.Now().Truncate(time.Minute)
	const of = " job=shop instance=1 shopset=p-1"
	fill(t, filepath.Join(dir, "tsdb"), []sourcetest.Series{fixed("up"+of, 1, now.Add(-time.Hour), now),
		growing("http_requests_total code=200"+of, 99, now.Add(-time.Hour), now), growing("http_requests_total code=500"+of, 1, now.Add(-time.Hour), now)})
	ofMackerel := strings.ReplaceAll(mackerelSLOs, "metricSource: {type: Mackerel", "metricSource: {metricSourceRef: shops, type: Mackerel")
	writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": ofMackerel + cartSLO("30m"),
		"shopslo.yaml": `source: {embedded: {dir: tsdb, scrape_interval: 1m, scrape_configs: [{job_name: none}]}}
sources: {shops: {mackerel: {url: '` + f.URL + `', api_key_file: key}}}
fleet: [fleet.yaml]
slos: [slo.yaml]
`})
	config := filepath.Join(dir, "shopslo.yaml")
	check := func(code int, mackerel bool) {
		t.Helper()
		got, stdout, stderr := runWith(t, nil, "status", "--config", config, "-o", "json")
		if got != code || (stderr == "") != mackerel || strings.Contains(stderr, "data source shops") == mackerel {
			t.Fatalf("exit code %d: %s", got, stderr)
		}
		r := decodeStatus(t, stdout)
		if b := budgetOf(t, r, "orders", "p-1"); (b.Total != nil) != mackerel || strings.Contains(b.Failure, "data source shops: ") == mackerel || b.Unit != "points" {
			t.Errorf("orders: %s %q", figures(b), b.Failure)
		}
		if b := budgetOf(t, r, "cart", "p-1"); b.Total == nil || *b.Total != 3000 || *b.Bad != 30 || b.Unit != "events" || b.Failure != "" {
			t.Errorf("cart: %s %q", figures(b), b.Failure)
		}
	}
	check(exitOK, true)
	code, stdout, stderr := runWith(t, nil, "explain", "orders", "p-1", "--config", config)
	if code != exitOK || !strings.Contains(stdout, "Source shops (Mackerel at "+f.URL) || stderr != "" {
		t.Errorf("explain: exit code %d: %s%s", code, stdout, stderr)
	}
	f.Fail(mackerelfake.HalfReply, "", -1)
	check(exitUnavailable, false)
	change(t, filepath.Join(dir, "slo.yaml"), "metricSourceRef: shops, ", "")
	code, _, stderr = runWith(t, nil, "validate", "--config", config)
	if code != exitUsage || !strings.Contains(stderr, "in the source that has no name") {
		t.Errorf("Mackerel's queries of a Prometheus: exit code %d: %s", code, stderr)
	}
}

func TestTheExampleOfTwoClustersIsSound(t *testing.T) {
	if code, stdout, stderr := runWith(t, nil, "validate", "--config", "../../examples/clusters/shopslo.yaml"); code != exitOK || stderr != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestRulesOfOneSource(t *testing.T) {
	config, _ := twoStores(t, "")
	code, stdout, stderr := runWith(t, nil, "rules", "--config", config, "--source", "tokyo")
	if code != exitOK || stderr != "" || !strings.Contains(stdout, `shopslo_slo_burn_rate_ratio{shopset=~"t-1",slo="cart"`) || strings.Contains(stdout, "o-1") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	code, _, stderr = runWith(t, nil, "rules", "--config", config, "--source", "tokio")
	if code != exitUsage || !strings.Contains(stderr, `--source: no source is named "tokio" (did you mean "tokyo"?)`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestValidateKnowsOfSources(t *testing.T) {
	config, _ := twoStores(t, "")
	change(t, config, "sources:\n", "sources:\n  nagoya: {prometheus: {url: 'http://127.0.0.1:9'}}\n")
	code, stdout, _ := runWith(t, nil, "validate", "--config", config)
	if code != exitNo || !strings.Contains(stdout, "sources.nagoya: no ShopSet is in it") || strings.Contains(stdout, "DataSource") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	slos := filepath.Join(filepath.Dir(config), "slo.yaml")
	change(t, slos, "{type: Prometheus,", "{metricSourceRef: tokio, type: Prometheus,")
	code, _, stderr := runWith(t, nil, "validate", "--config", config)
	if code != exitUsage || !strings.Contains(stderr, `slo.yaml:14: SLO "cart": metricSourceRef: no source is named "tokio" (did you mean "tokyo"?)`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	change(t, slos, "tokio", "nagoya") // where both ShopSets look alike
	code, _, stderr = runWith(t, nil, "validate", "--config", config)
	if code != exitUsage || !strings.Contains(stderr, `ShopSets t-1 and o-1 have the same match`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestServeGoesOnWhileOneSourceIsAway(t *testing.T) {
	config, _ := twoStores(t, "board: {url: 'http://shopslo.example'}\n")
	s := startServe(t, config) // two stores in one process
	s.waitReady(t)
	for _, name := range []string{"tokyo", "osaka"} {
		if up, _ := s.metric(t, `shopslo_source_up{source="`+name+`"}`); up != "1" {
			t.Errorf("%s is up: %q", name, up)
		}
		if at, ok := s.metric(t, `shopslo_source_last_read_timestamp_seconds{source="`+name+`"}`); !ok || at == "0" {
			t.Errorf("%s was read at %q", name, at)
		}
	}
	s.stop(t)

	away := httptest.NewServer(nil)
	away.Close()
	change(t, config, "tokyo: {embedded: {dir: tokyo, scrape_interval: 1m, scrape_configs: [{job_name: none}]}}", "tokyo: {prometheus: {url: '"+away.URL+"'}}")
	s = startServe(t, config)
	s.waitReady(t)
	if up, _ := s.metric(t, `shopslo_source_up{source="tokyo"}`); up != "0" {
		t.Errorf("tokyo is up: %q", up)
	}
	r := s.status(t, time.Time{})
	if r.Outage != "" || budgetOf(t, r, "cart", "o-1").Failure != "" || !strings.Contains(budgetOf(t, r, "cart", "t-1").Failure, "data source tokyo: ") {
		t.Errorf("outage %q, failures %q and %q", r.Outage, budgetOf(t, r, "cart", "o-1").Failure, budgetOf(t, r, "cart", "t-1").Failure)
	}
	if code, page := s.get(t, "/board/"); code != http.StatusOK || !strings.Contains(page, "A source cannot be read") || !strings.Contains(page, "data source tokyo: ") {
		t.Errorf("the board: %d\n%s", code, page)
	}
	code, stdout, stderr := runWith(t, nil, "gate", "--server", s.url, "--to", "prod")
	if code != exitUnavailable || !strings.Contains(stdout, "Source tokyo (Prometheus at "+away.URL+") could not be reached") || stderr != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if n := strings.Count(s.log.String(), "a source cannot be read"); n != 1 {
		t.Errorf("it is told %d times:\n%s", n, s.log)
	}
}
