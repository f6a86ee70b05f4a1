package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
)

const monitorsFile = `apiVersion: shopset.dev/v1alpha1
kind: MackerelMonitors
metadata: {name: cart}
spec:
  service: shops
  monitors:
  - {name: cart burns, type: service, metric: slo.cart.burn_rate_1h.a-1, operator: ">", critical: 14.4, duration: 1}
`

func TestMonitorsPlanAndApplyAnswerByExitCodes(t *testing.T) {
	dir := t.TempDir()
	f := fakeMackerel(t, dir, nil)
	writeFiles(t, dir, map[string]string{"m.yaml": monitorsFile, "bad.yaml": strings.Replace(monitorsFile, "duration: 1", "duration: 11", 1)})
	call := func(args ...string) (int, string, string) {
		file := "m.yaml"
		if args[len(args)-1] == "bad" {
			args, file = args[:len(args)-1], "bad.yaml"
		}
		return runWith(t, []string{"MACKEREL_API_KEY=" + mackerelfake.Key}, append(append([]string{"mackerel", "monitors"}, args...), "--url", f.URL, "--file", filepath.Join(dir, file))...)
	}
	steps := []struct {
		name   string
		before func()
		args   []string
		code   int
		says   string
	}{
		{"a difference is 1", nil, []string{"plan"}, exitNo, `+ create "cart burns" (service)`},
		{"the same for a pull request", nil, []string{"plan", "-o", "markdown"}, exitNo, "| create | cart burns (service) |"},
		{"the same for programs", nil, []string{"plan", "-o", "json"}, exitNo, `"action": "create"`},
		{"Terraform is 0", nil, []string{"plan", "--to", "terraform"}, exitOK, `resource "mackerel_monitor" "cart_burns"`},
		{"applied is 0", nil, []string{"apply"}, exitOK, "applied 1\n"},
		{"no difference is 0", nil, []string{"plan"}, exitOK, "1 to keep\n"},
		{"the one that is there is imported", nil, []string{"plan", "--to", "terraform"}, exitOK, "to = mackerel_monitor.cart_burns"},
		{"an unknown kind is 2", func() { f.AddMonitor(map[string]any{"type": "telepathy", "name": "x"}) }, []string{"plan"}, exitInconclusive, "! incomplete: "},
		{"and so is apply", nil, []string{"apply"}, exitInconclusive, "applied 0\n"},
		{"a wrong file is 3", nil, []string{"plan", "bad"}, exitUsage, ""},
		{"a wrong format is 3", nil, []string{"plan", "-o", "yaml"}, exitUsage, ""},
		{"no Mackerel is 4", func() { f.Fail(mackerelfake.Broken, "", -1) }, []string{"plan"}, exitUnavailable, ""},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			if s.before != nil {
				s.before()
			}
			code, stdout, stderr := call(s.args...)
			if code != s.code || !strings.Contains(stdout, s.says) || (s.says == "") != (stderr != "") || strings.Contains(stdout+stderr, mackerelfake.Key) {
				t.Errorf("exit code %d, want %d:\n%s%s", code, s.code, stdout, stderr)
			}
			if strings.HasPrefix(stdout, "{") {
				valid(t, "mackerel-plan", stdout)
			}
		})
	}
}

func TestMackerelCommandsSayWhatToDoAboutWrongUse(t *testing.T) {
	dir := t.TempDir()
	f := fakeMackerel(t, dir, nil)
	writeFiles(t, dir, map[string]string{"m.yaml": monitorsFile})
	key := "MACKEREL_API_KEY=" + mackerelfake.Key
	plan := func(file string) []string {
		return []string{"monitors", "plan", "--url", f.URL, "--file", filepath.Join(dir, file)}
	}
	for _, c := range []struct {
		name, env, says string
		args            []string
	}{
		{"no such file", key, "write it, or name another with --file", plan("none.yaml")},
		{"no key", "", "set MACKEREL_API_KEY, or name a file", plan("m.yaml")},
		{"a key that is none", "MACKEREL_API_KEY=hush hush", "MACKEREL_API_KEY cannot be an API key", plan("m.yaml")},
		{"no such command below monitors", key, `unknown command "plann" (did you mean "plan"?)`, []string{"monitors", "plann"}},
		{"no such command below dashboards", key, `unknown command "plan"`, []string{"dashboards", "plan"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := runWith(t, []string{c.env}, append([]string{"mackerel"}, c.args...)...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.says) || strings.Contains(stderr, "hush") {
				t.Errorf("exit code %d: %s%s", code, stdout, stderr)
			}
		})
	}
}

func TestDashboardsAndAnnotations(t *testing.T) {
	dir := t.TempDir()
	f := fakeMackerel(t, dir, nil)
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": embeddedHere + "mackerel: {url: '" + f.URL + "', api_key_file: key, service: shops}\n",
		"fleet.yaml":   fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO("1h")})
	config := filepath.Join(dir, "shopslo.yaml")
	for i, want := range []string{"created", "kept"} {
		code, stdout, stderr := runWith(t, nil, "mackerel", "dashboards", "apply", "--config", config)
		if code != exitOK || strings.Count(stdout, want) != 2 || stderr != "" || len(f.Dashboards()) != 2 {
			t.Errorf("run %d: exit code %d: %s%s", i, code, stdout, stderr)
		}
	}
	release := []string{"mackerel", "annotate", "--config", config, "--tier", "prod", "--release", "9f8e7d6", "--previous", "1a2b3c4", "--repository", "https://github.example/shops/app"}
	for _, want := range []string{"noted\n", "noted already\n"} {
		if code, stdout, stderr := runWith(t, nil, release...); code != exitOK || stdout != want || stderr != "" {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
	}
	if a := f.Annotations(); len(a) != 1 || !strings.Contains(a[0].Description, "https://github.example/shops/app/compare/1a2b3c4...9f8e7d6") {
		t.Errorf("%+v", a)
	}
	if code, _, stderr := runWith(t, nil, "mackerel", "annotate", "--config", config, "--tier", "prod"); code != exitUsage || !strings.Contains(stderr, "--release") {
		t.Errorf("without a release: exit code %d: %s", code, stderr)
	}
	if code, _, stderr := runWith(t, nil, "mackerel", "annotate", "--config", config, "--tier", "prd", "--release", "9f8e7d6"); code != exitUsage || !strings.Contains(stderr, `there is no Tier "prd" (did you mean "prod"?)`) {
		t.Errorf("a Tier that nothing has: exit code %d: %s", code, stderr)
	}
	wrong := filepath.Join(dir, "wrong.yaml")
	writeFiles(t, dir, map[string]string{"wrong.yaml": embeddedHere + "mackerel: {url: '" + f.URL + "', api_key_file: key, service: shps}\n"})
	if code, stdout, stderr := runWith(t, nil, "mackerel", "dashboards", "apply", "--config", wrong); code != exitUsage || stdout != "" || !strings.Contains(stderr, `there is no service "shps" in Mackerel, which has shops: `) {
		t.Errorf("a service that is not there: exit code %d: %s%s", code, stdout, stderr)
	}
	f.Fail(mackerelfake.Page, "", -1)
	if code, _, stderr := runWith(t, nil, release...); code != exitUnavailable || !strings.Contains(stderr, "not JSON") {
		t.Errorf("a page instead of the API: exit code %d: %s", code, stderr)
	}
}

// TestBudgetsFromMackerel: a team without Prometheus has budgets, from metrics and
// from alerts.
func TestBudgetsFromMackerel(t *testing.T) {
	dir := t.TempDir()
	f := fakeMackerel(t, dir, nil)
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": "source: {mackerel: {url: '" + f.URL + "', api_key_file: key}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n",
		"fleet.yaml":   fleetOf("beta: b-1", "prod: p-1 p-2"), "slo.yaml": mackerelSLOs})
	fillMackerel(f)
	code, stdout, stderr := runWith(t, nil, "status", "--config", filepath.Join(dir, "shopslo.yaml"), "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	valid(t, "status", stdout)
	r := decodeStatus(t, stdout)
	for name, want := range map[string]struct{ good, total float64 }{"orders": {59*90 + 50, 60 * 100}, "errors": {59, 60}, "alerts": {50, 60}} {
		b := budgetOf(t, r, name, "p-1")
		if b.Good == nil || *b.Total < want.total-400 || *b.Total > want.total || *b.Good > want.good || *b.Total-*b.Good > want.total-want.good || b.Counted != "grid" {
			t.Errorf("%s: %s", name, figures(b))
		}
		if b := budgetOf(t, r, name, "p-2"); b.Coverage != 0 || b.Total != nil || b.State != "no_data" {
			t.Errorf("%s of a ShopSet that sends nothing: %s", name, figures(b))
		}
	}
	bad := budgetOf(t, r, "alerts", "p-1").Bad
	if bad == nil || *bad != 10 {
		t.Errorf("minutes with an open alert: %v", bad)
	}
	f.Fail(mackerelfake.HalfReply, "", -1)
	if code, stdout, stderr = runWith(t, nil, "gate", "--to", "prod", "--config", filepath.Join(dir, "shopslo.yaml")); code != exitUnavailable {
		t.Errorf("the gate without its source: exit code %d: %s%s", code, stdout, stderr)
	}
}

const mackerelSLOs = `apiVersion: openslo/v1
kind: SLO
metadata: {name: orders}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1h, isRolling: true}]
  indicator: {metadata: {name: orders}, spec: {ratioMetric: {counter: false, good: {metricSource: {type: Mackerel, spec: {query: "sum(service(shops, orders.{shopset}.good))"}}}, total: {metricSource: {type: Mackerel, spec: {query: "sum(service(shops, orders.{shopset}.all))"}}}}}}
  objectives: [{target: 0.9}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: errors}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1h, isRolling: true}]
  indicator: {metadata: {name: errors}, spec: {thresholdMetric: {metricSource: {type: Mackerel, spec: {query: "service(shops, errors.{shopset})"}}}}}
  objectives: [{target: 0.9, op: lte, value: 5}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: alerts}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1h, isRolling: true}]
  indicator: {metadata: {name: alerts}, spec: {ratioMetric: {counter: false, rawType: failure, raw: {metricSource: {type: Mackerel, spec: {query: "alert(errors of {shopset})"}}}}}}
  objectives: [{target: 0.9}]
`

// fillMackerel puts two hours of minutes of b-1 and p-1 there, and an alert of ten
// minutes that was opened before.
func fillMackerel(f *mackerelfake.Fake) {
	now := time.Now().Truncate(time.Minute)
	for _, set := range []string{"b-1", "p-1"} {
		id := f.AddMonitor(map[string]any{"type": "service", "name": "errors of " + set, "service": "shops", "metric": "errors." + set})
		for minute := range 120 {
			at := now.Add(-time.Duration(minute) * time.Minute)
			good, errors := 90.0, 5.0
			if minute == 30 {
				good, errors = 50, 6
			}
			f.SetServiceMetric("shops", "orders."+set+".good", at, good)
			f.SetServiceMetric("shops", "orders."+set+".all", at, 100)
			f.SetServiceMetric("shops", "errors."+set, at, errors)
		}
		f.OpenAlert(id, "", now.Add(-40*time.Minute), now.Add(-30*time.Minute))
	}
}

// The SLOs that users copy from docs/mackerel.md must load.
func TestDocumentedMackerelSLOsLoad(t *testing.T) {
	text, err := os.ReadFile("../../docs/mackerel.md")
	if err != nil {
		t.Fatal(err)
	}
	var documents []string
	for _, b := range strings.Split(string(text), "```") {
		if yaml, ok := strings.CutPrefix(b, "yaml\n"); ok && strings.HasPrefix(yaml, "apiVersion: openslo/v1") {
			documents = append(documents, yaml)
		}
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": strings.Join(documents, "---\n"),
		"shopslo.yaml": "source: {mackerel: {}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"})
	code, stdout, stderr := runWith(t, nil, "validate", "--config", filepath.Join(dir, "shopslo.yaml"))
	if code != exitOK || len(documents) != 2 || !strings.Contains(stdout, "2 SLOs") {
		t.Errorf("exit code %d, %d documents: %s%s", code, len(documents), stdout, stderr)
	}
}
