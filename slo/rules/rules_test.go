package rules

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/promqltest"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/slo"
)

var (
	tokyo  = slo.Window{Unit: slo.Month, Count: 1, Anchor: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Text: "1M"}
	days28 = slo.Rolling(28 * 24 * time.Hour)
)

// sample is a small fleet with a rolling and a calendar window.
func sample() Settings {
	sets := []ShopSet{{"c-1", "beta"}, {"a-1", "prod"}, {"b-2", "prod"}}
	return Settings{
		SLOs: []SLO{
			{Name: "cart-availability", Objective: 999_000_000, Window: days28, ShopSets: sets},
			{Name: "api:monthly", Objective: 999_500_000, Window: tokyo, ShopSets: sets[1:]},
			{Name: "applies-to-nothing", Objective: 990_000_000, Window: days28},
		},
		Alerts: slo.DefaultBurnAlerts(), Exporter: true,
	}
}

func made(t testing.TB, s Settings) rulefmt.RuleGroups {
	t.Helper()
	groups, err := Make(s)
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

func TestTheRuleFileIsAsReviewedAndPrometheusTakesIt(t *testing.T) {
	got, err := File(made(t, sample()))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, "testdata/rules.yaml", got)
	if _, errs := rulefmt.Parse(got, false); len(errs) > 0 {
		t.Error(errs)
	}
}

func TestEachSLOIsAResourceOfItsOwn(t *testing.T) {
	groups := made(t, sample())
	data, err := Resources("shopslo", map[string]string{"release": "prometheus"}, groups)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	inside := 0
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var r struct {
			APIVersion string `yaml:"apiVersion"`
			Kind       string
			Metadata   struct {
				Name   string
				Labels map[string]string
			}
			Spec yaml.Node
		}
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if r.APIVersion != "monitoring.coreos.com/v1" || r.Kind != "PrometheusRule" || r.Metadata.Labels["release"] != "prometheus" {
			t.Errorf("got %+v", r)
		}
		names = append(names, r.Metadata.Name)
		spec, err := yaml.Marshal(&r.Spec)
		if err != nil {
			t.Fatal(err)
		}
		one, errs := rulefmt.Parse(spec, false)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		inside += len(one.Groups)
	}
	if got := strings.Join(names, " "); got != "shopslo-cart-availability shopslo-api-monthly shopslo" {
		t.Errorf("resources %s", got)
	}
	if inside != len(groups.Groups) {
		t.Errorf("%d groups inside, want %d", inside, len(groups.Groups))
	}
}

func TestAlertsSayWhoseTheSLOIs(t *testing.T) {
	s := sample()
	s.SLOs[0].Labels = map[string]string{"team": "checkout", "example.com/cost": "{{ query `x` }}", "severity": "none", "slo": "other"}
	s.SLOs[0].Annotations = map[string]string{"runbook": "https://wiki/cart", "dashboard": "https://grafana/d/1", "summary": "mine"}
	groups := made(t, s)
	data, err := File(groups)
	if err != nil {
		t.Fatal(err)
	}
	if _, errs := rulefmt.Parse(data, false); len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, r := range groups.Groups[0].Rules {
		if r.Labels["team"] != "checkout" || r.Labels["example_com_cost"] != "{{ \"{{\" }} query `x` }}" || r.Labels["severity"] == "none" || r.Labels["slo"] == "other" ||
			r.Annotations["runbook_url"] != "https://wiki/cart" || r.Annotations["dashboard"] != "https://grafana/d/1" || r.Annotations["summary"] == "mine" {
			t.Errorf("%s: %v %v", r.Alert, r.Labels, r.Annotations)
		}
	}
	exhausted := map[string]bool{}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			if r.Alert == "ShopsloBudgetExhausted" {
				exhausted[r.Expr] = true
			}
		}
	}
	for _, want := range []string{`slo="cart-availability", state="exhausted"`, `slo!~"cart-availability", state="exhausted"`} {
		if len(exhausted) != 2 || !slices.ContainsFunc(slices.Collect(maps.Keys(exhausted)), func(e string) bool { return strings.Contains(e, want) }) {
			t.Errorf("%v, want one with %s", exhausted, want)
		}
	}
}

func TestSlothsNamesAreAsSlothWritesThem(t *testing.T) {
	s := sample()
	s.SLOs = s.SLOs[:1]
	s.SLOs[0].Name, s.SLOs[0].Service, s.SLOs[0].Labels = "myservice-requests-availability", "myservice", map[string]string{"owner": "myteam"}
	s.SLOs[0].Window = slo.Rolling(30 * 24 * time.Hour)
	groups, err := Sloth(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := File(groups)
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, "testdata/sloth.yaml", got)
	if _, errs := rulefmt.Parse(got, false); len(errs) > 0 {
		t.Error(errs)
	}
	// As examples/_gen/getting-started.yml of Sloth 0.16 has them.
	var names []string
	for _, g := range groups.Groups {
		names = append(names, g.Name)
		for _, r := range g.Rules {
			names = append(names, r.Record)
			if r.Labels["sloth_id"] != "myservice-requests-availability" || r.Labels["sloth_service"] != "myservice" || r.Labels["sloth_slo"] != "requests-availability" || r.Labels["owner"] != "myteam" {
				t.Errorf("%s: %v", r.Record, r.Labels)
			}
		}
	}
	const want = "sloth-slo-sli-recordings-myservice-requests-availability slo:sli_error:ratio_rate5m slo:sli_error:ratio_rate30m slo:sli_error:ratio_rate1h " +
		"slo:sli_error:ratio_rate2h slo:sli_error:ratio_rate6h slo:sli_error:ratio_rate1d slo:sli_error:ratio_rate3d slo:sli_error:ratio_rate30d " +
		"sloth-slo-meta-recordings-myservice-requests-availability slo:objective:ratio slo:error_budget:ratio slo:time_period:days slo:current_burn_rate:ratio " +
		"slo:period_burn_rate:ratio slo:period_error_budget_remaining:ratio sloth_slo_info"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	info := groups.Groups[1].Rules[6].Labels
	for name, value := range map[string]string{"sloth_version": "v0.16.0", "sloth_mode": "cli-gen-prom", "sloth_spec": "prometheus/v1", "sloth_objective": "99.9"} {
		if info[name] != value {
			t.Errorf("sloth_slo_info has %s=%q, want %q", name, info[name], value)
		}
	}
}

// TestSlothsRulesGiveTheShareOfAllShopSets evaluates them on counters of two ShopSets, which
// two replicas of serve export: of 100 events each minute 1 is bad, and of 300 none.
func TestSlothsRulesGiveTheShareOfAllShopSets(t *testing.T) {
	s := sample()
	s.SLOs = s.SLOs[:1]
	groups, err := Sloth(s)
	if err != nil {
		t.Fatal(err)
	}
	var series strings.Builder
	for _, replica := range []string{"1", "2"} {
		for set, of := range map[string][2]string{"a-1": {"0+100x60", "0+1x60"}, "b-2": {"0+300x60", "0+0x60"}} {
			labels := `{slo="cart-availability",shopset="` + set + `",tier="prod",instance="` + replica + `"}`
			series.WriteString("\n  shopslo_slo_events_total" + labels + " " + of[0] + "\n  shopslo_slo_bad_events_total" + labels + " " + of[1])
		}
	}
	store := promqltest.LoadedStorage(t, "load 1m"+series.String()+"\n")
	t.Cleanup(func() { store.Close() })
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 100_000)
	n := 0
	for _, r := range groups.Groups[0].Rules {
		if r.Labels["sloth_window"] != "5m" && r.Labels["sloth_window"] != "30m" {
			continue
		}
		n++
		q, err := engine.NewInstantQuery(t.Context(), store, nil, r.Expr, time.Unix(3600, 0))
		if err != nil {
			t.Fatal(err)
		}
		v, err := q.Exec(t.Context()).Vector()
		if err != nil || len(v) != 1 || math.Abs(v[0].F-0.0025) > 1e-9 {
			t.Errorf("%s is %v (%v), want 0.0025", r.Record, v, err)
		}
		q.Close()
	}
	if n != 2 {
		t.Errorf("%d rules looked at", n)
	}
}

func TestEveryAlertSaysAllInBothLanguages(t *testing.T) {
	for _, g := range made(t, sample()).Groups {
		for _, r := range g.Rules {
			if s := r.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s: severity %q", r.Alert, s)
			}
			for _, name := range []string{"summary", "description", "summary_ja", "description_ja"} {
				text := r.Annotations[name]
				japanese := strings.ContainsFunc(text, func(c rune) bool { return c >= 0x3040 && c <= 0x30ff })
				if text == "" || japanese != strings.HasSuffix(name, "_ja") || strings.Contains(text, "%!") {
					t.Errorf("%s: %s is %q", r.Alert, name, text)
				}
			}
		}
	}
}

func TestEveryAlertHasARunbook(t *testing.T) {
	page, err := os.ReadFile("../../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	alerts := map[string]bool{}
	for _, g := range made(t, sample()).Groups {
		for _, r := range g.Rules {
			alerts[r.Alert] = true
			if want := DefaultRunbooks + "#" + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want {
				t.Errorf("%s leads to %s, want %s", r.Alert, r.Annotations["runbook_url"], want)
			}
			if !strings.Contains(string(page), "\n### "+r.Alert+"\n") {
				t.Errorf("docs/runbooks.md has no section of %s", r.Alert)
			}
		}
	}
	for line := range strings.Lines(string(page)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "### "); ok && !alerts[name] {
			t.Errorf("docs/runbooks.md has a section of %s, which is no alert", name)
		}
	}
}

func TestWhatCannotBeARuleIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Settings)
		want   string
	}{
		{"an alert whose short window is the longer one", func(s *Settings) { s.Alerts[0].Short = 2 * time.Hour }, "must be above 0 and below the long one"},
		{"two SLOs of one name", func(s *Settings) { s.SLOs[1].Name = s.SLOs[0].Name }, `slo "cart-availability": each needs a name of its own`},
		{"an SLO without a window", func(s *Settings) { s.SLOs[0].Window = slo.Window{} }, `slo "cart-availability": window of 0s`},
		{"an SLO without a name", func(s *Settings) { s.SLOs[0].Name = "" }, `the name "" cannot stand in rules`},
		{"a ShopSet with a name that templates would run", func(s *Settings) { s.SLOs[0].ShopSets[0].Name = "{{ query `x` }}" }, "cannot stand in rules"},
		{"a negative age", func(s *Settings) { s.Stale = -time.Second }, "must be above 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sample()
			tt.change(&s)
			if _, err := Make(s); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAnSLOWithoutShopSetsHasNoRules(t *testing.T) {
	for _, g := range made(t, sample()).Groups {
		if strings.Contains(g.Name, "applies-to-nothing") {
			t.Errorf("group %s", g.Name)
		}
	}
}

func TestRulesAreOfTheFittedAlerts(t *testing.T) {
	s := sample()
	s.SLOs = []SLO{{Name: "daily", Objective: 999_000_000, Window: slo.Rolling(24 * time.Hour), ShopSets: s.SLOs[0].ShopSets},
		{Name: "sliced", Objective: 999_000_000, Window: days28, Slice: time.Hour, ShopSets: s.SLOs[0].ShopSets}}
	var got []string
	for _, g := range made(t, s).Groups {
		for _, r := range g.Rules {
			if r.Alert == "ShopsloBudgetBurn" {
				got = append(got, r.Labels["slo"]+" "+r.Labels["severity"]+" "+r.Labels["window"])
				if strings.Contains(r.Expr, "> 0.") {
					t.Errorf("a factor below 1 in %s", r.Expr)
				}
			}
		}
	}
	want := []string{"daily page 29m", "daily page 72m", "daily ticket 2h24m", "sliced page 3h", "sliced page 6h", "sliced ticket 1d", "sliced ticket 67h12m"}
	if !slices.Equal(got, want) {
		t.Errorf("rules are of %v, want %v", got, want)
	}
}

func TestTheAbsenceOfTheExporterIsAnAlertOnlyWhereItIsExpected(t *testing.T) {
	for _, expected := range []bool{true, false} {
		s := sample()
		s.Exporter = expected
		found := false
		for _, g := range made(t, s).Groups {
			for _, r := range g.Rules {
				found = found || r.Alert == "ShopSetExporterAbsent"
			}
		}
		if found != expected {
			t.Errorf("expected %v, found %v", expected, found)
		}
	}
}

func TestSettingsReachTheRules(t *testing.T) {
	s := sample()
	s.Stale, s.Drift = 90*time.Second, 2*time.Hour
	want := map[string]string{"ShopsloShopSetSilent": "> 90", "ShopsloBudgetsOld": "> 90", "ShopSetDrifts": "> 7200"}
	for _, g := range made(t, s).Groups {
		for _, r := range g.Rules {
			if w, ok := want[r.Alert]; ok && strings.HasSuffix(r.Expr, w) {
				delete(want, r.Alert)
			}
			if r.For < model.Duration(0) {
				t.Errorf("%s waits %v", r.Alert, r.For)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// FuzzMake: whatever is not refused is a file that Prometheus takes.
func FuzzMake(f *testing.F) {
	f.Add("cart-availability", "a-1", "prod", int64(999_000_000), int64(28*24*time.Hour), int64(time.Hour), int64(5*time.Minute), 14.4, int64(600), true)
	f.Add("api:{{", "a`\"", "\n", int64(1), int64(1), int64(2), int64(1), 1e-300, int64(-1), false)
	f.Fuzz(func(t *testing.T, name, set, tier string, objective, window, long, short int64, factor float64, stale int64, exporter bool) {
		s := Settings{
			SLOs:   []SLO{{Name: name, Objective: slo.Objective(objective), Window: slo.Rolling(time.Duration(window)), ShopSets: []ShopSet{{set, tier}}}},
			Alerts: []slo.BurnAlert{{Long: time.Duration(long), Short: time.Duration(short), Factor: factor, Severity: slo.Page}},
			Stale:  time.Duration(stale), Drift: time.Duration(stale), Exporter: exporter,
		}
		groups, err := Make(s)
		if err != nil {
			return
		}
		data, err := File(groups)
		if err != nil {
			t.Fatal(err)
		}
		if _, errs := rulefmt.Parse(data, false); len(errs) > 0 {
			t.Fatalf("%v\n%s", errs, data)
		}
	})
}
