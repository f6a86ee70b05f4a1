package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/shopslo/shopslo/dashboards"
	"github.com/shopslo/shopslo/dashboards/metricstest"
	"github.com/shopslo/shopslo/service/shopslo"
)

// exampleConfig is a configuration of the examples' fleet and SLOs.
func exampleConfig(t *testing.T, more string) string {
	t.Helper()
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"shopslo.yaml": "source: {prometheus: {url: http://127.0.0.1:9}}\nfleet: [" + examples + "/fleet/*.yaml]\nslos: [" + examples + "/slos/*.yaml]\n" + more})
	return filepath.Join(dir, "shopslo.yaml")
}

// ruleFile gives the rules of the examples as Prometheus reads them.
func ruleFile(t *testing.T, more string, args ...string) (string, *rulefmt.RuleGroups) {
	t.Helper()
	code, stdout, stderr := runHere(t, append([]string{"rules", "--config", exampleConfig(t, more)}, args...)...)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	groups, errs := rulefmt.Parse([]byte(stdout), false)
	if len(errs) > 0 {
		t.Fatalf("%v\n%s", errs, stdout)
	}
	return stdout, groups
}

// exported are all metrics that serve and the exporter export.
func exported(t *testing.T) metricstest.Metrics {
	t.Helper()
	metrics := metricstest.Exported(t, "../../docs/metrics.md")
	registry := prometheus.NewRegistry()
	shopslo.Metrics(registry, "")
	metrics.Add(registry)
	for name, labels := range map[string][]string{"shopslo_http_request_duration_seconds": {"handler", "code"}, "shopslo_ledger_tick_duration_seconds": nil} {
		metrics[name+"_sum"], metrics[name+"_count"], metrics[name+"_bucket"] = labels, labels, append(labels, "le")
	}
	return metrics
}

// queried finds the queries of a dashboard, as JSON has them.
var queried = regexp.MustCompile(`"expr": ("(?:[^"\\]|\\.)*")`)

func TestTheDashboardOfServeAsksForWhatItExports(t *testing.T) {
	files, err := dashboards.Files()
	if err != nil {
		t.Fatal(err)
	}
	metrics, fill := exported(t), strings.NewReplacer("$__rate_interval", "5m", "$__range", "6h", "$instance", ".*")
	found := queried.FindAllSubmatch(files["serve.json"], -1)
	if len(found) < 15 {
		t.Fatalf("only %d queries", len(found))
	}
	for _, f := range found {
		var expr string
		if err := json.Unmarshal(f[1], &expr); err != nil {
			t.Fatal(err)
		}
		if err := metrics.Check(fill.Replace(expr)); err != nil {
			t.Error(err)
		}
	}
}

func TestRulesAskOnlyForWhatServeAndTheExporterExport(t *testing.T) {
	metrics := exported(t)
	_, groups := ruleFile(t, "")
	n := 0
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			n++
			if err := metrics.Check(r.Expr); err != nil {
				t.Errorf("%s: %v", r.Alert, err)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d rules", n)
	}
}

func TestRulesFollowTheDocuments(t *testing.T) {
	text, groups := ruleFile(t, "")
	var names []string
	for _, g := range groups.Groups {
		names = append(names, g.Name)
	}
	const want = "shopslo-slo-api-monthly shopslo-slo-cart-availability"
	if got := strings.Join(names, " "); !strings.Contains(got, want) {
		t.Errorf("groups %s, want %s in them", got, want)
	}
	for _, set := range []string{"c-2", "c-1", "a-2", "b-1", "a-1", "b-2", "c-3", "a-3", "b-3"} {
		if !strings.Contains(text, `absent(shopslo_slo_objective_ratio{shopset="`+set+`"`) {
			t.Errorf("%s is not expected", set)
		}
	}
	if strings.Contains(text, "ShopSetExporterAbsent") {
		t.Error("an exporter is expected that is not configured")
	}
	with, _ := ruleFile(t, "gate: {fleet: {url: http://127.0.0.1:9}}\nledger: {dir: ledger, delay: 10m}\n", "--drift-after", "30m")
	for _, part := range []string{"ShopSetExporterAbsent", "> 1980", "> 1800"} {
		if !strings.Contains(with, part) {
			t.Errorf("%q is missing", part)
		}
	}
}

func TestRulesReplaceAFileAtOnce(t *testing.T) {
	config, to := exampleConfig(t, ""), filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(to, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := runHere(t, "rules", "-c", config, "--to", to, "--operator", "--label", "release=prometheus", "--name", "shops")
	if code != exitOK || stdout+stderr != "" {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	text, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"kind: PrometheusRule", "name: shops", "release: prometheus"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%q is missing", part)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(to), "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRulesSayWhetherAFileIsUpToDate(t *testing.T) {
	config, to := exampleConfig(t, ""), filepath.Join(t.TempDir(), "rules.yaml")
	check := []string{"rules", "-c", config, "--to", to, "--check"}
	if code, _, stderr := runHere(t, check...); code != exitNo || !strings.Contains(stderr, to+" does not match these documents") {
		t.Errorf("no file: exit code %d: %s", code, stderr)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("--check has written the file")
	}
	if code, _, stderr := runHere(t, check[:len(check)-1]...); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if code, stdout, stderr := runHere(t, check...); code != exitOK || stdout+stderr != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if code, _, _ := runHere(t, append(check, "--drift-after", "2h")...); code != exitNo {
		t.Errorf("other rules: exit code %d", code)
	}
}

func TestRulesWithSlothsNamesAskForWhatServeExports(t *testing.T) {
	metrics := exported(t)
	_, groups := ruleFile(t, "", "--compat", "sloth")
	n := 0
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			if !strings.HasPrefix(g.Name, "sloth-slo-") || r.Alert != "" {
				t.Errorf("%s has %s%s", g.Name, r.Alert, r.Record)
			}
			if strings.HasPrefix(g.Name, "sloth-slo-sli-") {
				n++
				if err := metrics.Check(r.Expr); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d rules", n)
	}
}

func TestRulesRefuseAWrongCommandLine(t *testing.T) {
	config := exampleConfig(t, "")
	tests := []struct {
		name, args, want string
	}{
		{"a format that is none", "-o json", `"json" is not yaml`},
		{"nothing to compare with", "--check", "--check needs --to"},
		{"names of nobody", "--compat pyrra", `--compat: "pyrra" is not sloth`},
		{"runbooks that are nowhere", "--runbooks wiki", `--runbooks: "wiki" is not a URL`},
		{"a label that Kubernetes refuses", "--operator --label a!b=c", `--label: "a!b=c" is not a valid Kubernetes label`},
		{"a name that Kubernetes refuses", "--operator --name UP", `--name: "UP" is not a resource name`},
		{"a label without a resource", "--label a=b", "--label is about the resource: it takes --operator"},
		{"a name without a resource", "--name a", "--name is about the resource"},
		{"no time to be silent", "--stale-after 0s", "--stale-after: 0s must be above 0"},
		{"no time to drift", "--drift-after -1s", "--drift-after: -1s must be above 0"},
		{"a folder that is not there", "--to nowhere/rules.yaml", "--to: there is no folder nowhere; create it, or name another file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := runHere(t, append([]string{"rules", "-c", config}, strings.Fields(tt.args)...)...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

func TestRulesGoWhereALinkLeadsAndReplaceNoPipe(t *testing.T) {
	t.Parallel()
	config, dir := exampleConfig(t, ""), t.TempDir()
	writeFiles(t, dir, map[string]string{"v1/rules.yaml": "old"})
	link, pipe := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Symlink("v1/rules.yaml", link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := runHere(t, "rules", "--config", config, "--to", link); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	behind, err := os.ReadFile(filepath.Join(dir, "v1/rules.yaml"))
	if to, _ := os.Readlink(link); err != nil || to != "v1/rules.yaml" || !strings.Contains(string(behind), "groups:") {
		t.Errorf("the link leads to %q, and there is %.40q, %v", to, behind, err)
	}
	read := make(chan []byte, 1)
	go func() {
		text, _ := os.ReadFile(pipe)
		read <- text
	}()
	if code, _, stderr := runHere(t, "rules", "--config", config, "--to", pipe); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Fatalf("the pipe is %v, %v", info.Mode(), err)
	}
	if text := <-read; string(text) != string(behind) {
		t.Errorf("through the pipe came %.40q", text)
	}
	if code, _, stderr := runHere(t, "rules", "--config", config, "--to", dir); code != exitUsage || !strings.Contains(stderr, "--to: "+dir+" is a folder; name a file in it") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
