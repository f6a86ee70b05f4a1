package budget

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func some(v float64) *float64 { return &v }

// gathered are all samples that a collector gives, as name{labels} value.
func gathered(t *testing.T, r status.Report, totals Totals) []string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry() // checks that what is collected was described
	if err := registry.Register(NewCollector(func() (status.Report, Totals) { return r, totals })); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range families {
		counter := f.GetType() == dto.MetricType_COUNTER
		if counter != strings.HasSuffix(f.GetName(), "_total") {
			t.Errorf("%s is a %s", f.GetName(), f.GetType())
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			line := strings.TrimPrefix(f.GetName(), "shopslo_slo_") + "{"
			for _, name := range slices.Sorted(maps.Keys(labels)) {
				if name != "slo" && name != "tier" {
					line += labels[name] + " "
				}
			}
			out = append(out, fmt.Sprintf("%s} %v", strings.TrimRight(line, " "), m.GetCounter().GetValue()+m.GetGauge().GetValue()))
		}
	}
	return out
}

func TestAFigureThatDoesNotExistHasNoSeries(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	hour := slo.BurnRate{Window: time.Hour, Rate: some(2)}
	r := status.Report{At: now, Budgets: []status.Budget{
		{SLO: "cart", ShopSet: "a", Tier: "prod", Objective: 990_000_000, LastSample: now, Budget: slo.Budget{
			State: slo.AtRisk, Coverage: 0.5, SLI: some(0.98), RemainingRatio: some(-1), BurnRates: []slo.BurnRate{hour, {Window: 72 * time.Hour}}}},
		{SLO: "cart", ShopSet: "b", Tier: "prod", Objective: 990_000_000, Budget: slo.Budget{State: slo.NoData, BurnRates: []slo.BurnRate{{Window: time.Hour}}}},
	}}
	counted := slo.Counts{Start: now.Add(-time.Hour), End: now.Add(-time.Minute), Good: 98, Total: 100, Covered: 90 * time.Second}
	got := gathered(t, r, func(name, shopset string) (slo.Counts, bool) { return counted, name == "cart" && shopset == "a" })
	want := []string{
		"events_total{a} 100", "bad_events_total{a} 2", "covered_seconds_total{a} 90",
		"counted_from_timestamp_seconds{a} 1.7999964e+09", "counted_until_timestamp_seconds{a} 1.79999994e+09",
		"last_sample_timestamp_seconds{a} 1.8e+09", "objective_ratio{a} 0.99", "objective_ratio{b} 0.99",
		"sli_ratio{a} 0.98", "coverage_ratio{a} 0.5", "coverage_ratio{b} 0", "error_budget_remaining_ratio{a} -1", "burn_rate_ratio{a 1h} 2",
	}
	for _, set := range []string{"a", "b"} {
		for _, s := range slo.States {
			v := 0
			if set == "a" && s == slo.AtRisk || set == "b" && s == slo.NoData {
				v = 1
			}
			want = append(want, fmt.Sprintf("state{%s %s} %d", set, s, v))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
