package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

const least = `source:
  prometheus: {url: "http://127.0.0.1:9090"}
fleet: [fleet/*.yaml]
slos: [slos/*.yaml]
`

func TestTheLeastConfigurationGetsTheDefaults(t *testing.T) {
	got, err := Parse("conf/shopslo.yaml", []byte(least))
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Path: "conf/shopslo.yaml", Dir: "conf",
		Default: Source{Prometheus: &Prometheus{
			Remote:       Remote{URL: "http://127.0.0.1:9090", Timeout: 2 * time.Minute},
			TenantHeader: "X-Scope-OrgID", ScrapeInterval: time.Minute,
		}},
		Fleet: []string{"fleet/*.yaml"}, SLOs: []string{"slos/*.yaml"},
		Ledger:          Ledger{Resolution: time.Minute, Delay: 65 * time.Second},
		TargetLabels:    []string{"job", "instance"},
		StartTimeMetric: "process_start_time_seconds",
		BurnRates:       slo.DefaultBurnAlerts(),
	}
	want.Sources = map[string]Source{"": want.Default}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEveryPrometheusSettingIsRead(t *testing.T) {
	got, err := Parse("/etc/shopslo/shopslo.yaml", []byte(`
source:
  prometheus:
    url: https://mimir.example/prometheus
    basic_auth: {username: shop, password_file: secrets/password}
    tls: {ca_file: ca.pem, cert_file: /tls/cert.pem, key_file: /tls/key.pem, server_name: mimir, insecure_skip_verify: true}
    tenant: shops
    tenant_header: X-Tenant
    headers: {X-Team: sre}
    timeout: 30s
    scrape_interval: 15s
    replica_labels: [replica, rule_replica]
fleet: [a.yaml, b.yaml]
slos: ["*.yaml"]
ledger: {dir: data/ledger, resolution: 10s, retention: 1w, delay: 1m30s}
target_labels: [pod]
start_time_metric: ""
budgets: {least_history: 6h}
burn_rates:
- {long: 1d, short: 2h, factor: 3, severity: ticket}
gate: {max_age: 2m, min_coverage: 0.5, quiet_coverage: 0.9, fail_on: [page, ticket], at_risk: none, redundancy_waived: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Path: "/etc/shopslo/shopslo.yaml", Dir: "/etc/shopslo",
		Default: Source{Prometheus: &Prometheus{
			Remote: Remote{URL: "https://mimir.example/prometheus",
				BasicAuth: &BasicAuth{Username: "shop", Password: document.Secret{File: "/etc/shopslo/secrets/password"}},
				TLS: TLS{CAFile: "/etc/shopslo/ca.pem", CertFile: "/tls/cert.pem", KeyFile: "/tls/key.pem",
					ServerName: "mimir", InsecureSkipVerify: true},
				Headers: map[string]string{"X-Team": "sre"}, Timeout: 30 * time.Second},
			Tenant: "shops", TenantHeader: "X-Tenant", ScrapeInterval: 15 * time.Second,
			ReplicaLabels: []string{"replica", "rule_replica"},
		}},
		Fleet: []string{"a.yaml", "b.yaml"}, SLOs: []string{"*.yaml"},
		Ledger: Ledger{Dir: "/etc/shopslo/data/ledger", Resolution: 10 * time.Second,
			Retention: 7 * 24 * time.Hour, Delay: 90 * time.Second, delayed: true},
		TargetLabels: []string{"pod"},
		Budgets:      Budgets{LeastHistory: 6 * time.Hour},
		BurnRates:    []slo.BurnAlert{{Long: 24 * time.Hour, Short: 2 * time.Hour, Factor: 3, Severity: slo.Ticket}},
		Gate: Gate{Policy: promotion.Policy{MaxAge: 2 * time.Minute, MinCoverage: 0.5, QuietCoverage: 0.9, FailOn: []slo.Severity{slo.Page, slo.Ticket},
			AtRisk: "none", RedundancyWaived: true}},
	}
	want.Sources = map[string]Source{"": want.Default}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestScrapeConfigsAreKeptAsADocumentOfTheirOwn(t *testing.T) {
	c, err := Parse("shopslo.yaml", []byte(`
source:
  embedded:
    dir: data/tsdb
    scrape_interval: 5s
    scrape_configs:
    - job_name: shop
      follow_redirects: no     # unquoted words of YAML 1.1 stay as they are
      static_configs: &static
      - targets: ["127.0.0.1:8080"]
    - job_name: cart
      static_configs: *static
fleet: [f]
slos: [s]
`))
	if err != nil {
		t.Fatal(err)
	}
	e := c.Default.Embedded
	if e.Dir != "data/tsdb" || e.Retention != 15*24*time.Hour || e.ScrapeInterval != 5*time.Second || e.Line != 7 {
		t.Errorf("got %+v", e)
	}
	if c.Ledger.Delay != 10*time.Second {
		t.Errorf("ledger delay is %v, want one scrape interval and 5 s", c.Ledger.Delay)
	}
	var jobs []struct {
		Job    string `yaml:"job_name"`
		Static []struct{ Targets []string }
		Rest   map[string]any `yaml:",inline"`
	}
	if err := yaml.Unmarshal(e.ScrapeConfigs, &jobs); err != nil {
		t.Fatalf("%v in:\n%s", err, e.ScrapeConfigs)
	}
	if len(jobs) != 2 || jobs[1].Job != "cart" || !strings.Contains(string(e.ScrapeConfigs), "follow_redirects: no ") {
		t.Errorf("got:\n%s", e.ScrapeConfigs)
	}
	if strings.ContainsAny(string(e.ScrapeConfigs), "&*") || strings.Count(string(e.ScrapeConfigs), "127.0.0.1:8080") != 2 {
		t.Errorf("the alias was not expanded:\n%s", e.ScrapeConfigs)
	}
}

func TestFaults(t *testing.T) {
	source := "source:\n  prometheus:\n"
	rest := "fleet: [f]\nslos: [s]\n"
	const url = "    url: http://a\n"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"an unknown key at the top suggests the near one", least + "legder: {dir: x}\n",
			[]string{`c.yaml:5:1: legder: unknown key (did you mean "ledger"?)`}},
		{"an unknown key deep below names its path", least + "ledger: {dir: x, retension: 1d}\n",
			[]string{`c.yaml:5:18: ledger.retension: unknown key (did you mean "retention"?)`}},
		{"an unknown key that resembles none lists those that exist", least + "gate: {colour: red}\n",
			[]string{`c.yaml:5:8: gate.colour: unknown key (known here: accept_suspended, alerts, at_risk, calendar, calendar_from, checks, exhausted, fail_on, fleet, incidentbot, incidents, load, log, longest_exclusion, max_age, max_comparison_age, max_git_age, max_rule_age, min_coverage, page_severities, quiet_alerts, quiet_coverage, redundancy_waived, releases, rules_from, since_release, soak, tell, tiers, traffic)`}},
		{"every fault is reported, in the order of lines", least + "gate: {max_age: soon, min_coverage: 95}\nwindw: 1\n",
			[]string{`c.yaml:5:17: gate.max_age: "soon" is not a duration; write a number with its unit, such as 90s, 24h, 7d or 1h30m`,
				`c.yaml:5:37: gate.min_coverage: 95 is not a ratio above 0 and at most 1; write 95 % as 0.95`,
				`c.yaml:6:1: windw: unknown key (known here: board, budgets, burn_rates, counting, fleet, gate, ledger, mackerel, promotion, review, slos, source, sources, start_time_metric, target_labels)`}},
		{"a key given twice names the first line", least + "fleet: [x]\n",
			[]string{`c.yaml:5:1: fleet: is given twice, first on line 3`}},
		{"an empty file says what it needs", "", []string{`c.yaml: the file is empty; write at least fleet, slos, source`}},
		{"a file with comments only is empty too", "# nothing\n", []string{`c.yaml: the file is empty; write at least fleet, slos, source`}},
		{"a second document is refused", least + "---\nfleet: [x]\n", []string{`c.yaml:6:1: a second document begins here; the file holds one`}},
		{"what is not YAML names the line", "fleet: [a\nslos: [b\n", []string{`c.yaml:1: is not YAML: did not find expected ',' or ']'`}},
		{"a list at the top is no configuration", "- a\n", []string{`c.yaml:1:1: needs a mapping of keys and values, found a list`}},
		{"nothing but null is no configuration", "null\n", []string{`c.yaml: the file is empty; write at least fleet, slos, source`}},
		{"missing parts are all named", "gate: {}\n",
			[]string{`c.yaml:1:1: fleet: is missing; list the documents, like [fleet/*.yaml]`,
				`c.yaml:1:1: slos: is missing; list the documents, like [slos/*.yaml]`,
				`c.yaml:1:1: source: is missing; name a prometheus, an embedded or a mackerel one`}},
		{"two sources are one too many", "source: {prometheus: {url: http://a}, embedded: {dir: d, scrape_configs: [{job_name: x}]}}\n" + rest,
			[]string{`c.yaml:1:9: source: has both prometheus and embedded; choose one`}},
		{"no source is one too few", "source: {}\n" + rest, []string{`c.yaml:1:9: source: needs prometheus, embedded or mackerel`}},
		{"a source that is a text is reported once", "source: {prometheus: http://a}\n" + rest,
			[]string{`c.yaml:1:22: source.prometheus: needs a mapping of keys and values, found a single value`}},
		{"an inline password is refused, not repeated", source + url + "    basic_auth: {username: u, password: hunter2}\n" + rest,
			[]string{`c.yaml:4:41: source.prometheus.basic_auth.password: a secret does not stand in this file: write {env: NAME} or {file: PATH}`}},
		{"an inline token is refused", source + url + "    bearer_token: hunter2\n" + rest,
			[]string{`c.yaml:4:19: source.prometheus.bearer_token: a secret does not stand in this file: write {env: NAME} or {file: PATH}`}},
		{"a password in the URL is refused, not repeated", source + "    url: http://u:hunter2@a\n" + rest,
			[]string{`c.yaml:3:10: source.prometheus.url: holds a user name or password; use basic_auth with username and password`}},
		{"a URL that does not parse is not repeated", source + "    url: \"http://u:hunter2@a:b\"\n" + rest,
			[]string{`c.yaml:3:10: source.prometheus.url: is not a URL (invalid port ":b" after host); write it like http://prometheus:9090`}},
		{"a token in the URL is refused, not repeated", source + "    url: http://a/?token=hunter2#hunter2\n" + rest,
			[]string{`c.yaml:3:10: source.prometheus.url: "http://a/?…" has a query or a fragment; write it like http://prometheus:9090`}},
		{"nor is it where the scheme is wrong", source + "    url: ftp://a/?token=hunter2\n" + rest,
			[]string{`c.yaml:3:10: source.prometheus.url: "ftp://a/" has no http:// or https:// with a host; write it like http://prometheus:9090`}},
		{"a port has an end", source + "    url: http://a:99999\n" + rest,
			[]string{`c.yaml:3:10: source.prometheus.url: has port 99999, which is above 65535; write it like http://prometheus:9090`}},
		{"a URL needs a scheme", source + "    url: prometheus:9090\n" + rest,
			[]string{`c.yaml:3:10: source.prometheus.url: "prometheus:9090" has no http:// or https:// with a host; write it like http://prometheus:9090`}},
		{"a missing URL is named", source + "    tenant: a\n" + rest,
			[]string{`c.yaml:3:5: source.prometheus.url: is missing; write it like http://prometheus:9090`}},
		{"an authorization header is a secret", source + url + "    headers: {authorization: Bearer hunter2}\n" + rest,
			[]string{`c.yaml:4:30: source.prometheus.headers.authorization: no secret stands in this file; use basic_auth or bearer_token`}},
		{"two ways to log in are one too many", source + url + "    basic_auth: {username: u, password_file: p}\n    bearer_token_file: t\n" + rest,
			[]string{`c.yaml:5:24: source.prometheus.bearer_token: stands beside basic_auth; choose one`}},
		{"basic auth needs both halves", source + url + "    basic_auth: {}\n" + rest,
			[]string{`c.yaml:4:17: source.prometheus.basic_auth.password: is missing; name the file or environment variable that holds it: {file: PATH} or {env: NAME}`,
				`c.yaml:4:17: source.prometheus.basic_auth.username: is missing; name the user`}},
		{"a certificate needs its key", source + url + "    tls: {cert_file: c}\n" + rest,
			[]string{`c.yaml:4:10: source.prometheus.tls: needs cert_file and key_file together`}},
		{"yes is not true", source + url + "    tls: {insecure_skip_verify: yes}\n" + rest,
			[]string{`c.yaml:4:33: source.prometheus.tls.insecure_skip_verify: needs true or false, found the text "yes"`}},
		{"an embedded source needs a folder and jobs", "source: {embedded: {retention: 1d}}\n" + rest,
			[]string{`c.yaml:1:20: source.embedded.dir: is missing; name the folder for the samples`,
				`c.yaml:1:20: source.embedded.scrape_configs: is missing; list at least one job, in Prometheus' syntax`}},
		{"a mapping is no list of jobs", "source: {embedded: {dir: d, scrape_configs: {}}}\n" + rest,
			[]string{`c.yaml:1:45: source.embedded.scrape_configs: needs a list, such as [a, b], found a mapping`}},
		{"a broken pattern is named", "source: {prometheus: {url: http://a}}\nfleet: [\"a[\"]\nslos: [s]\n",
			[]string{`c.yaml:2:9: fleet[0]: "a[" is not a pattern of file names: syntax error in pattern`}},
		{"a single file still goes into a list", "source: {prometheus: {url: http://a}}\nfleet: f\nslos: [s, {}]\n",
			[]string{`c.yaml:2:8: fleet: needs a list, such as [a, b], found a single value`,
				`c.yaml:3:11: slos[1]: needs a text, found a mapping`}},
		{"a ledger needs a folder", least + "ledger: {retention: 1d}\n",
			[]string{`c.yaml:5:9: ledger.dir: is missing; name the folder for the counts, or leave out ledger`}},
		{"retention covers two steps", least + "ledger: {dir: d, resolution: 1h, retention: 1h}\n",
			[]string{`c.yaml:5:45: ledger.retention: is shorter than two steps of ledger.resolution`}},
		{"zero is no duration", least + "ledger: {dir: d, resolution: 0s}\n",
			[]string{`c.yaml:5:30: ledger.resolution: "0s" must be longer than 0`}},
		{"a history of no length is none", least + "budgets: {least_history: 0s, least_historie: 1d}\n",
			[]string{`c.yaml:5:26: budgets.least_history: "0s" must be longer than 0`,
				`c.yaml:5:30: budgets.least_historie: unknown key (did you mean "least_history"?)`}},
		{"target labels are not empty and differ", least + "target_labels: [job, job]\n",
			[]string{`c.yaml:5:22: target_labels[1]: names "job" twice`}},
		{"no target labels at all", least + "target_labels: []\n",
			[]string{`c.yaml:5:16: target_labels: is empty; leave it out for [job, instance]`}},
		{"a burn rate names what is wrong with it", least + "burn_rates:\n- {long: 1h, short: 1h, factor: -1, severity: loud}\n- {long: 1h}\n- 5\n",
			[]string{`c.yaml:6:21: burn_rates[0].short: must be shorter than long`,
				`c.yaml:6:33: burn_rates[0].factor: must be greater than 0`,
				`c.yaml:6:47: burn_rates[0].severity: "loud" is not one of page, ticket`,
				`c.yaml:7:3: burn_rates[1].factor: is missing`,
				`c.yaml:7:3: burn_rates[1].severity: is missing`,
				`c.yaml:7:3: burn_rates[1].short: is missing`,
				`c.yaml:8:3: burn_rates[2]: needs a mapping of keys and values, found a single value`}},
		{"a percentage is told as a ratio", least + "gate: {min_coverage: 50%}\n", []string{`c.yaml:5:22: gate.min_coverage: "50%" is not a number; write it as 0.5`}},
		{"a tab is named", least + "gate:\n\tmax_age: 5m\n", []string{`c.yaml:6: is not YAML: found character that cannot start any token; is it a tab? YAML takes spaces only`}},
		{"not a number is none", least + "gate: {min_coverage: .nan}\n", []string{`c.yaml:5:22: gate.min_coverage: .nan is not a number that can be compared`}},
		{"severities are page and ticket", least + "gate: {fail_on: [page, loud]}\n", []string{`c.yaml:5:24: gate.fail_on[1]: "loud" is not one of page, ticket`}},
		{"no severity at all is said by leaving the key out", least + "gate: {fail_on: []}\n", []string{`c.yaml:5:17: gate.fail_on: is empty; leave it out for [page]`}},
		{"aliases cannot blow up the jobs", "fleet: [f]\nslos: [s]\ntarget_labels: [a]\nsource:\n  embedded:\n    dir: d\n    scrape_configs:\n" + bomb(),
			[]string{`c.yaml:1:1: grows by more than 200000 nodes when its aliases are written out; split it`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("c.yaml", []byte(tt.text))
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.Split(err.Error(), "\n"); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the message repeats a secret")
			}
			var faults document.Faults
			if !errors.As(err, &faults) {
				t.Errorf("error of type %T, want document.Faults", err)
			}
		})
	}
}

// bomb is a list whose aliases stand for 10^9 nodes.
func bomb() string {
	var b strings.Builder
	b.WriteString("    - &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		prev := "*a" + string(rune('0'+i))
		b.WriteString("    - &a" + string(rune('1'+i)) + " [" + strings.TrimSuffix(strings.Repeat(prev+", ", 10), ", ") + "]\n")
	}
	return b.String()
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Run("a file is read and remembers where it was", func(t *testing.T) {
		path := write("shopslo.yaml", least)
		if c, err := Load(path); err != nil || c.Path != path || c.Dir != dir {
			t.Errorf("got %+v, %v", c, err)
		}
	})
	t.Run("a missing file says what to do", func(t *testing.T) {
		_, err := Load(filepath.Join(dir, "none.yaml"))
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "--config") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a folder is no file", func(t *testing.T) {
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "is a folder") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a huge file is not read", func(t *testing.T) {
		if _, err := Load("/dev/zero"); err == nil || !strings.Contains(err.Error(), "/dev/zero: is longer than 16777216 bytes; split it") {
			t.Error(err)
		}
		if _, err := Load(write("huge.yaml", strings.Repeat("#", document.MaxSize+1))); err == nil || !strings.Contains(err.Error(), "is longer than") {
			t.Errorf("got %v", err)
		}
	})
}

func TestRetentionFor(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name                 string
		set, longest, expect time.Duration
		err                  string
	}{
		{"not set, 90 days are kept", 0, 28 * day, 90 * day, ""},
		{"not set, a year needs two", 0, 365 * day, 730 * day, ""},
		{"set, it is as the file says", 56 * day, 28 * day, 56 * day, ""},
		{"set below two windows, it is refused", 30 * day, 28 * day, 0,
			"ledger.retention is 30d, but the longest SLO window is 28d: keep at least two windows, 56d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Ledger{Retention: tt.set}.RetentionFor(tt.longest)
			if got != tt.expect || (err == nil) != (tt.err == "") || (err != nil && err.Error() != tt.err) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(least)
	f.Add(least + "ledger: {dir: x, resolution: 1s, retention: 1d}\ngate: {fail_on: [ticket]}\nburn_rates: [{long: 1h, short: 5m, factor: 2, severity: page}]\n")
	f.Add("source: {embedded: {dir: d, scrape_configs: [&a {job_name: x}, *a]}}\nfleet: [f]\nslos: [s]\n")
	f.Add("a: &a [*a]\nsource: {embedded: {scrape_configs: *a}}\n")
	f.Add("source: &s {prometheus: *s}\n? [x]\n: y\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("c.yaml", []byte(text))
		if err != nil {
			var faults document.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("error %v is of type %T", err, err)
			}
			return
		}
		if (c.Default.Prometheus == nil) == (c.Default.Embedded == nil) {
			t.Error("accepted without exactly one source")
		}
		if len(c.Fleet) == 0 || len(c.SLOs) == 0 || len(c.TargetLabels) == 0 || c.Default.ScrapeInterval() <= 0 ||
			c.Ledger.Resolution <= 0 || c.Ledger.Delay <= 0 {
			t.Errorf("accepted with a setting missing: %+v", c)
		}
		if e := c.Default.Embedded; e != nil {
			var jobs []yaml.Node
			if err := yaml.Unmarshal(e.ScrapeConfigs, &jobs); err != nil || len(jobs) == 0 {
				t.Errorf("scrape_configs is not a list of its own: %v\n%s", err, e.ScrapeConfigs)
			}
		}
	})
}
