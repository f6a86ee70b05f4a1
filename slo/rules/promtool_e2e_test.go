//go:build e2e

package rules

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The shapes of promtool's unit tests.
type (
	unitTests struct {
		RuleFiles []string   `yaml:"rule_files"`
		Interval  string     `yaml:"evaluation_interval"`
		Tests     []unitTest `yaml:"tests"`
	}
	unitTest struct {
		Name     string       `yaml:"name"`
		Interval string       `yaml:"interval"`
		Series   []testSeries `yaml:"input_series"`
		Alerts   []alertTest  `yaml:"alert_rule_test"`
	}
	testSeries struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	alertTest struct {
		At       string     `yaml:"eval_time"`
		Name     string     `yaml:"alertname"`
		Expected []expected `yaml:"exp_alerts"`
	}
	expected struct {
		Labels      map[string]string `yaml:"exp_labels"`
		Annotations map[string]string `yaml:"exp_annotations,omitempty"`
	}
)

// promtool runs it, and gives what it says.
func promtool(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput()
	return string(out), err
}

// rulesFile writes the sample's rules, without annotations if bare, which a test of
// promtool would have to repeat.
func rulesFile(t *testing.T, bare bool) string {
	t.Helper()
	groups := made(t, sample())
	if bare {
		for _, g := range groups.Groups {
			for i := range g.Rules {
				g.Rules[i].Annotations = nil
			}
		}
	}
	data, err := File(groups)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func tested(t *testing.T, bare bool, tests ...unitTest) (string, error) {
	t.Helper()
	data, err := yaml.Marshal(unitTests{[]string{rulesFile(t, bare)}, "1m", tests})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.yaml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return promtool(t, "test", "rules", path)
}

func TestPromtoolTakesTheRules(t *testing.T) {
	if out, err := promtool(t, "check", "rules", "--lint=all", "--lint-fatal", rulesFile(t, false)); err != nil || !strings.Contains(out, "SUCCESS") {
		t.Errorf("%v\n%s", err, out)
	}
}

// fleetSeries are those of a healthy fleet for six hours, some of them replaced or, with
// "", left out. Each begins with its metric's name and its labels without target.
func fleetSeries(changed map[string]string) []testSeries {
	const clock = "0+60x360"
	all := map[string]string{
		"shopslo_build_info{}":                                               "1x360",
		`shopslo_ledger_ticks_total{result="ok"}`:                            "0+1x360",
		`shopslo_ledger_ticks_total{result="error"}`:                         "0x360",
		"shopslo_config_last_reload_successful{}":                            "1x360",
		"shopset_exporter_build_info{}":                                      "1x360",
		"shopset_exporter_snapshot_timestamp_seconds{}":                      clock,
		"shopset_exporter_git_up{}":                                          "1x360",
		`shopset_exporter_cluster_up{cluster="eks-b"}`:                       "1x360",
		`shopset_group_redundancy_intact{group="main"}`:                      "1x360",
		`shopset_group_failure_domains_available{group="main"}`:              "2x360",
		`shopset_group_failure_domains_required{group="main"}`:               "2x360",
		`shopset_tier_order_violations{tier="prod",kind="unverified"}`:       "0x360",
		`shopset_drifted_since_timestamp_seconds{shopset="b-2",tier="prod"}`: "",
	}
	for _, account := range []string{
		`{slo="cart-availability",shopset="a-1",tier="prod"`, `{slo="cart-availability",shopset="b-2",tier="prod"`,
		`{slo="cart-availability",shopset="c-1",tier="beta"`, `{slo="api:monthly",shopset="a-1",tier="prod"`,
	} {
		all["shopslo_slo_objective_ratio"+account+"}"] = "0.999x360"
		all["shopslo_slo_counted_until_timestamp_seconds"+account+"}"] = clock
		all["shopslo_slo_last_sample_timestamp_seconds"+account+"}"] = clock
		all["shopslo_slo_covered_seconds_total"+account+"}"] = clock
		for _, state := range []string{"no_data", "exhausted", "inconsistent"} {
			all["shopslo_slo_state"+account+`,state="`+state+`"}`] = "0x360"
		}
	}
	maps.Copy(all, changed)
	var out []testSeries
	for _, name := range slices.Sorted(maps.Keys(all)) {
		target := `,job="shopslo",instance="one"}`
		if strings.HasSuffix(name, "{}") {
			target = target[1:]
		}
		if all[name] != "" {
			out = append(out, testSeries{strings.TrimSuffix(name, "}") + target, all[name]})
		}
	}
	return out
}

func TestPromtoolSeesEachAlertFireAndEnd(t *testing.T) {
	const (
		a1   = `{slo="cart-availability",shopset="a-1",tier="prod"`
		b2   = `{slo="cart-availability",shopset="b-2",tier="prod"`
		api1 = `{slo="api:monthly",shopset="a-1",tier="prod"`
		when = "3h"
	)
	burn := func(account string, windows ...string) map[string]string { // window, values, …
		m := map[string]string{}
		for i := 0; i < len(windows); i += 2 {
			m["shopslo_slo_burn_rate_ratio"+account+`,window="`+windows[i]+`"}`] = windows[i+1]
		}
		return m
	}
	until := func(account, edge, sample string) map[string]string {
		return map[string]string{"shopslo_slo_counted_until_timestamp_seconds" + account + "}": edge, "shopslo_slo_last_sample_timestamp_seconds" + account + "}": sample}
	}
	everywhere := func(series func(account string) map[string]string) map[string]string {
		m := map[string]string{}
		for _, account := range []string{a1, b2, `{slo="cart-availability",shopset="c-1",tier="beta"`, api1} {
			maps.Copy(m, series(account))
		}
		return m
	}
	set := func(name, tier string) map[string]string { return map[string]string{"shopset": name, "tier": tier} }
	tests := []struct {
		name    string
		changed map[string]string
		at      string
		alert   string
		fires   []map[string]string // the labels of each, without severity; nil: nothing
	}{
		{"a burn above both factors pages", burn(a1, "1h", "14x360", "5m", "20x360"), when, "ShopsloBudgetBurn page",
			[]map[string]string{{"slo": "cart-availability", "shopset": "a-1", "tier": "prod", "window": "1h"}}},
		{"a burn that has stopped does not", burn(a1, "1h", "14x360", "5m", "13.4x360"), when, "ShopsloBudgetBurn page", nil},
		{"a burn at the factor does not", burn(a1, "1h", "13.44x360", "5m", "13.44x360"), when, "ShopsloBudgetBurn page", nil},
		{"a burn whose short window has no traffic does not", burn(a1, "1h", "14x360", "5m", "_x360"), when, "ShopsloBudgetBurn page", nil},
		{"windows of two ShopSets are not mixed", func() map[string]string {
			m := burn(a1, "1h", "14x360", "5m", "1x360")
			maps.Copy(m, burn(b2, "1h", "1x360", "5m", "14x360"))
			return m
		}(), when, "ShopsloBudgetBurn page", nil},
		{"a scrape that is lost does not end the alert", burn(a1, "1h", "14x178 stale _x3 14x100", "5m", "20x360"), when, "ShopsloBudgetBurn page",
			[]map[string]string{{"slo": "cart-availability", "shopset": "a-1", "tier": "prod", "window": "1h"}}},
		{"an alert ends five minutes after its cause", burn(a1, "1h", "14x170 1x100", "5m", "20x360"), when, "ShopsloBudgetBurn page", nil},
		{"a month's factor is that of 30 days", burn(api1, "3d", "1.01x360", "6h", "1.01x360"), when, "ShopsloBudgetBurn ticket",
			[]map[string]string{{"slo": "api:monthly", "shopset": "a-1", "tier": "prod", "window": "3d"}}},
		{"of 28 days the slowest alert is shortened to a factor of 1", burn(a1, "67h12m", "1.01x360", "5h36m", "1.01x360"), when, "ShopsloBudgetBurn ticket",
			[]map[string]string{{"slo": "cart-availability", "shopset": "a-1", "tier": "prod", "window": "67h12m"}}},
		{"what burns no more than the budget fires nothing, as long as it may go on", burn(a1, "67h12m", "1x360", "5h36m", "1x360"), when, "ShopsloBudgetBurn ticket", nil},
		{"an exhausted budget is a ticket", map[string]string{"shopslo_slo_state" + a1 + `,state="exhausted"}`: "1x360"}, when, "ShopsloBudgetExhausted ticket",
			[]map[string]string{{"slo": "cart-availability", "shopset": "a-1", "tier": "prod"}}},
		{"counts that contradict each other are a ticket", map[string]string{"shopslo_slo_state" + a1 + `,state="inconsistent"}`: "1x360"}, when, "ShopsloCountsInconsistent ticket",
			[]map[string]string{{"slo": "cart-availability", "shopset": "a-1", "tier": "prod"}}},

		{"one dead ShopSet among many is reported, once", func() map[string]string {
			m := until(a1, "0+60x360", "0+60x160 9600x200")
			maps.Copy(m, until(api1, "0+60x360", "0+60x160 9600x200"))
			return m
		}(), when, "ShopsloShopSetSilent page", []map[string]string{set("a-1", "prod")}},
		{"a ShopSet of which one SLO has no data is reported", until(a1, "0+60x360", "0+60x160 9600x200"), when, "ShopsloShopSetSilent page", []map[string]string{set("a-1", "prod")}},
		{"a short silence is not", until(a1, "0+60x360", "0+60x172 10320x200"), when, "ShopsloShopSetSilent page", nil},
		{"nobody is called silent while serve is stuck", everywhere(func(a string) map[string]string { return until(a, "0+60x160 9600x200", "0+60x140 8400x220") }),
			when, "ShopsloShopSetSilent page", nil},
		{"nobody is called silent while history is read", everywhere(func(a string) map[string]string { return until(a, "0+10x360", "_x360") }), when, "ShopsloShopSetSilent page", nil},
		{"a replica that cannot reach a ShopSet is outvoted", map[string]string{
			"shopslo_slo_counted_until_timestamp_seconds" + a1 + `,replica="2"}`: "0+60x360", "shopslo_slo_last_sample_timestamp_seconds" + a1 + `,replica="2"}`: "0x360"},
			when, "ShopsloShopSetSilent page", nil},
		{"a ShopSet of which nothing was ever heard is a ticket", map[string]string{
			"shopslo_slo_state" + b2 + `,state="no_data"}`: "1x360", "shopslo_slo_last_sample_timestamp_seconds" + b2 + "}": ""},
			when, "ShopsloShopSetNeverHeard ticket", []map[string]string{{"slo": "cart-availability", "shopset": "b-2", "tier": "prod"}}},
		{"a new ShopSet has an hour", map[string]string{
			"shopslo_slo_state" + b2 + `,state="no_data"}`: "1x360", "shopslo_slo_last_sample_timestamp_seconds" + b2 + "}": ""}, "55m", "ShopsloShopSetNeverHeard ticket", nil},
		{"no data while serve reads its history is no news", everywhere(func(a string) map[string]string {
			m := until(a, "0+10x360", "")
			m["shopslo_slo_state"+a+`,state="no_data"}`] = "1x360"
			return m
		}), when, "ShopsloShopSetNeverHeard ticket", nil},
		{"a ShopSet that serve does not know is named", map[string]string{"shopslo_slo_objective_ratio" + b2 + "}": ""}, when, "ShopsloShopSetUnknown ticket", []map[string]string{set("b-2", "prod")}},
		{"a ShopSet that serve has in another Tier is named", map[string]string{"shopslo_slo_objective_ratio" + b2 + "}": "", `shopslo_slo_objective_ratio{slo="cart-availability",shopset="b-2",tier="beta"}`: "0.9x360"},
			when, "ShopsloShopSetUnknown ticket", []map[string]string{set("b-2", "prod")}},
		{"none is unknown where there is no serve", everywhere(func(a string) map[string]string {
			return map[string]string{"shopslo_slo_objective_ratio" + a + "}": "", "shopslo_build_info{}": ""}
		}), when, "ShopsloShopSetUnknown ticket", nil},
		{"gaps that last are a ticket", map[string]string{"shopslo_slo_covered_seconds_total" + a1 + "}": "0+45x360"}, when, "ShopsloScrapeGaps ticket",
			[]map[string]string{{"slo": "cart-availability", "shopset": "a-1", "tier": "prod"}}},
		{"an outage of ten minutes is none", map[string]string{"shopslo_slo_covered_seconds_total" + a1 + "}": "0+60x150 9000x9 9060+60x200"}, when, "ShopsloScrapeGaps ticket", nil},

		{"no serve at all pages", map[string]string{"shopslo_build_info{}": "1x100 stale"}, when, "ShopsloAbsent page", []map[string]string{{}}},
		{"budgets that are not brought up to date page", everywhere(func(a string) map[string]string { return until(a, "0+60x150 9000x200", "0+60x150 9000x200") }),
			when, "ShopsloBudgetsOld page", []map[string]string{{}}},
		{"counting that always fails is a ticket", map[string]string{`shopslo_ledger_ticks_total{result="ok"}`: "0+1x100 100x260", `shopslo_ledger_ticks_total{result="error"}`: "0x100 0+1x260"},
			when, "ShopsloCountingFails ticket", []map[string]string{{"job": "shopslo", "instance": "one"}}},
		{"counting that fails now and then is none", map[string]string{`shopslo_ledger_ticks_total{result="error"}`: "0+1x360"}, when, "ShopsloCountingFails ticket", nil},
		{"one of several sources that is away is a ticket", map[string]string{`shopslo_source_up{source="osaka"}`: "0x360", `shopslo_source_up{source="tokyo"}`: "1x360"}, when, "ShopsloSourceDown ticket", []map[string]string{{"job": "shopslo", "source": "osaka"}}},
		{"an SLO that is not counted is a ticket", map[string]string{`shopslo_slo_uncounted_shopsets{slo="checkout"}`: "2x360"}, when, "ShopsloSLONotCounted ticket", []map[string]string{{"slo": "checkout"}}},
		{"a failed reload is a ticket", map[string]string{"shopslo_config_last_reload_successful{}": "0x360"}, when, "ShopsloReloadFailed ticket", []map[string]string{{"job": "shopslo", "instance": "one"}}},
		{"decisions that are not logged are a ticket", map[string]string{"shopslo_decision_log_failures_total{}": "0x170 1x190"}, when, "ShopsloDecisionsNotLogged ticket", []map[string]string{{"job": "shopslo", "instance": "one"}}},
		{"news that nobody got are a ticket", map[string]string{`shopslo_notices_total{about="decision",result="failed"}`: "0x170 1x190"}, when, "ShopsloNoticesFail ticket", []map[string]string{{"job": "shopslo", "instance": "one", "about": "decision"}}},
		{"a gate that never knows is a ticket", map[string]string{`shopslo_gate_decisions_total{tier="prod",decision="inconclusive"}`: "0x120 0+1x240"}, when, "ShopsloGateInconclusive ticket", []map[string]string{{"tier": "prod"}}},
		{"a gate that knows at times is none", map[string]string{`shopslo_gate_decisions_total{tier="prod",decision="inconclusive"}`: "0x120 0+1x240", `shopslo_gate_decisions_total{tier="prod",decision="hold"}`: "0x170 1x190"}, when, "ShopsloGateInconclusive ticket", nil},
		{"answers that fail are a ticket", map[string]string{`shopslo_http_request_duration_seconds_count{handler="/api/v1/gate",code="500"}`: "0+1x360", `shopslo_http_request_duration_seconds_count{handler="/metrics",code="200"}`: "0+4x360"}, when, "ShopsloAnswersFail ticket", []map[string]string{{"job": "shopslo", "instance": "one"}}},
		{"answers that are slow are a ticket", map[string]string{`shopslo_http_request_duration_seconds_bucket{handler="/api/v1/gate",code="200",le="10"}`: "0+1x360", `shopslo_http_request_duration_seconds_bucket{handler="/api/v1/gate",code="200",le="60"}`: "0+4x360", `shopslo_http_request_duration_seconds_bucket{handler="/api/v1/gate",code="200",le="+Inf"}`: "0+4x360"}, when, "ShopsloAnswersSlow ticket", []map[string]string{{"job": "shopslo", "instance": "one", "handler": "/api/v1/gate"}}},
		{"what does not reach Mackerel is a ticket", map[string]string{"shopslo_mackerel_failures_total{}": "0+1x360", "shopslo_mackerel_waiting_batches{}": "3x360"}, when, "ShopsloMackerelFails ticket", []map[string]string{{"job": "shopslo", "instance": "one"}}},

		{"drift beyond an hour is a ticket", map[string]string{`shopset_drifted_since_timestamp_seconds{shopset="b-2",tier="prod"}`: "6000x360"}, when, "ShopSetDrifts ticket", []map[string]string{set("b-2", "prod")}},
		{"drift within the hour is none", map[string]string{`shopset_drifted_since_timestamp_seconds{shopset="b-2",tier="prod"}`: "7300x360"}, when, "ShopSetDrifts ticket", nil},
		{"a revision that waits for over an hour is a ticket", map[string]string{`shopset_pending_since_timestamp_seconds{shopset="b-2",tier="prod"}`: "6000x360"}, when, "ShopSetPending ticket", []map[string]string{set("b-2", "prod")}},
		{"a sync that has not succeeded is a ticket", map[string]string{`shopset_release_verified{shopset="b-2",tier="prod"}`: "0x360"}, when, "ShopSetUnverified ticket", []map[string]string{set("b-2", "prod")}},
		{"a ShopSet of which nothing is known is a ticket", map[string]string{`shopset_sync_status{shopset="b-2",tier="prod",state="Unknown"}`: "1x360", `shopset_info{shopset="b-2",tier="prod",cluster="eks-b"}`: "1x360", `shopset_exporter_cluster_up{cluster="eks-b"}`: "1x360"}, when, "ShopSetUnknown ticket", []map[string]string{set("b-2", "prod")}},
		{"one whose cluster cannot be read is none", map[string]string{`shopset_sync_status{shopset="b-2",tier="prod",state="Unknown"}`: "1x360", `shopset_info{shopset="b-2",tier="prod",cluster="eks-b"}`: "1x360", `shopset_exporter_cluster_up{cluster="eks-b"}`: "0x360"}, when, "ShopSetUnknown ticket", nil},
		{"a component that is missing is a ticket", map[string]string{`shopset_components_missing{shopset="b-2",tier="prod"}`: "1x360"}, when, "ShopSetIncomplete ticket", []map[string]string{set("b-2", "prod")}},
		{"an Application that hangs in its deletion is a ticket", map[string]string{`shopset_applications_deleting{shopset="b-2",tier="prod"}`: "1x360"}, when, "ShopSetIncomplete ticket", []map[string]string{set("b-2", "prod")}},
		{"a sync that does not end is a ticket", map[string]string{`shopset_operation_running_since_timestamp_seconds{shopset="b-2",tier="prod"}`: "6000x360"}, when, "SyncHangs ticket", []map[string]string{set("b-2", "prod")}},
		{"documents that are no fleet are a ticket", map[string]string{"shopset_fleet_valid{}": "0x360"}, when, "FleetInvalid ticket", []map[string]string{{"job": "shopslo"}}},
		{"a Release that skipped a Tier is a ticket", map[string]string{`shopset_tier_order_violations{tier="prod",kind="unverified"}`: "1x360"}, when, "TierOrderViolated ticket",
			[]map[string]string{{"tier": "prod", "kind": "unverified"}}},
		{"short redundancy is a ticket", map[string]string{`shopset_group_redundancy_intact{group="main"}`: "0x360", `shopset_group_failure_domains_available{group="main"}`: "1x360"},
			when, "ShopGroupRedundancyShort ticket", []map[string]string{{"group": "main"}}},
		{"short redundancy does not page", map[string]string{`shopset_group_redundancy_intact{group="main"}`: "0x360", `shopset_group_failure_domains_available{group="main"}`: "1x360"},
			when, "ShopGroupDown page", nil},
		{"shops that nobody serves page", map[string]string{`shopset_group_failure_domains_available{group="main"}`: "0x360"}, when, "ShopGroupDown page", []map[string]string{{"group": "main"}}},
		{"a cluster that cannot be read is a ticket", map[string]string{`shopset_exporter_cluster_up{cluster="eks-b"}`: "0x360"}, when, "ClusterUnreachable ticket", []map[string]string{{"cluster": "eks-b"}}},
		{"git that cannot be fetched is a ticket", map[string]string{"shopset_exporter_git_up{}": "0x360"}, when, "GitUnreachable ticket", []map[string]string{{"job": "shopslo"}}},
		{"an exporter that stands still is a ticket", map[string]string{"shopset_exporter_snapshot_timestamp_seconds{}": "0+60x100 6000x260"}, when, "ShopSetExporterOld ticket", []map[string]string{{}}},
		{"no exporter at all is a ticket", map[string]string{"shopset_exporter_build_info{}": ""}, when, "ShopSetExporterAbsent ticket", []map[string]string{{}}},
	}
	var units []unitTest
	alerts := map[string]bool{} // by name and severity: whether a case has it fire
	for _, g := range made(t, sample()).Groups {
		for _, r := range g.Rules {
			alerts[r.Alert+" "+r.Labels["severity"]] = false
		}
	}
	for _, tt := range tests {
		name, severity, _ := strings.Cut(tt.alert, " ")
		if _, ok := alerts[tt.alert]; !ok {
			t.Errorf("%s: there is no alert %q", tt.name, tt.alert)
		}
		alerts[tt.alert] = alerts[tt.alert] || tt.fires != nil
		u := unitTest{tt.name, "1m", fleetSeries(tt.changed), []alertTest{{tt.at, name, nil}}}
		for _, labels := range tt.fires {
			labels["severity"] = severity
			u.Alerts[0].Expected = append(u.Alerts[0].Expected, expected{Labels: labels})
		}
		units = append(units, u)
	}
	quiet := unitTest{"a healthy fleet is quiet", "1m", fleetSeries(nil), nil}
	for name, fired := range alerts {
		if !fired {
			t.Errorf("no case has %s fire", name)
		}
		name, _, _ = strings.Cut(name, " ")
		quiet.Alerts = append(quiet.Alerts, alertTest{"5h", name, nil})
	}
	if out, err := tested(t, true, append(units, quiet)...); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// A promtool that finds nothing wrong with what is wrong would prove nothing.
	units[0].Alerts[0].Expected = nil
	if out, err := tested(t, true, units[0]); err == nil {
		t.Errorf("promtool overlooks an alert: %s", out)
	}
}

func TestPromtoolFillsTheTextsIn(t *testing.T) {
	const account = `{slo="cart-availability",shopset="a-1",tier="prod"`
	series := fleetSeries(map[string]string{
		"shopslo_slo_burn_rate_ratio" + account + `,window="1h"}`:     "14.5x60",
		"shopslo_slo_burn_rate_ratio" + account + `,window="5m"}`:     "20x60",
		"shopslo_slo_error_budget_remaining_ratio" + account + "}":    "0.815x60",
		"shopslo_slo_last_sample_timestamp_seconds" + account + "}":   "0+60x40 2400x60",
		"shopslo_slo_counted_until_timestamp_seconds" + account + "}": "0+60x60",
		`shopset_group_redundancy_intact{group="main"}`:               "0x60",
		`shopset_group_failure_domains_available{group="main"}`:       "1x60",
	})
	out, err := tested(t, false, unitTest{"texts", "1m", series, []alertTest{
		{"30m", "ShopsloBudgetBurn", []expected{{
			map[string]string{"severity": "page", "slo": "cart-availability", "shopset": "a-1", "tier": "prod", "window": "1h"},
			map[string]string{
				"runbook_url":    DefaultRunbooks + "#shopslobudgetburn",
				"summary":        "a-1 burns its error budget of cart-availability at 14.5× the allowed rate",
				"summary_ja":     "a-1：cart-availability のエラーバジェットが許容の 14.5 倍の速さで消費されています",
				"description":    "The error budget of cart-availability (99.9% over 28d) on a-1 (prod) burns at 14.5× the allowed rate over 1h, and 20× over 5m. The alert fires above 13.44× over both 1h and 5m. 81.5% of the budget is left.",
				"description_ja": "a-1 (prod) の cart-availability（目標 99.9%、期間 28d）のエラーバジェットが、直近 1h で許容の 14.5 倍、直近 5m で 20 倍の速さで消費されています。直近 1h と直近 5m の両方で 13.44 倍を超えると発報します。バジェットの残りは 81.5% です。",
			}}}},
		{"1h", "ShopsloShopSetSilent", []expected{{
			map[string]string{"severity": "page", "shopset": "a-1", "tier": "prod"},
			map[string]string{
				"runbook_url":    DefaultRunbooks + "#shopsloshopsetsilent",
				"summary":        "a-1 has sent nothing for 20m 0s",
				"summary_ja":     "a-1 から 20m 0s 何も届いていません",
				"description":    "No data from a-1 (prod) for 20m 0s, although others are counted. SLOs without data: cart-availability. It is down, its targets are not scraped, or its labels have changed. Until this is fixed, its burn-rate alerts cannot fire.",
				"description_ja": "a-1 (prod) から 20m 0s 何も届いていません。集計そのものは動いています。データのない SLO：cart-availability。停止しているか、スクレイプされていないか、ラベルが変わっています。その間、バーンレートのアラートは発報しません。",
			}}}},
		{"1h", "ShopGroupRedundancyShort", []expected{{
			map[string]string{"severity": "ticket", "group": "main"},
			map[string]string{
				"runbook_url":    DefaultRunbooks + "#shopgroupredundancyshort",
				"summary":        "The shops of main are not redundant",
				"summary_ja":     "main のショップに冗長性がありません",
				"description":    "Fewer FailureDomains serve the shops of main than required: 1 available, 2 required. Unknown counts as not serving. Do not take down another one.",
				"description_ja": "main のショップを提供している FailureDomain が足りません（提供中 1）（必要数 2）。不明なものは数えません。ほかを停止しないでください。",
			}}}},
	}})
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
