// Package slos_test loads the example SLOs as the programs do.
package slos_test

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/openslo"
	"github.com/shopslo/shopslo/slo/promquery"
)

func load(t *testing.T) map[string]slo.SLO {
	t.Helper()
	docs, err := openslo.Load(".", []string{"*.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if len(docs.Notes) > 0 {
		t.Errorf("an example needs explaining: %v", docs.Notes)
	}
	byName := map[string]slo.SLO{}
	for _, s := range docs.SLOs {
		byName[s.Name] = s
	}
	return byName
}

func TestTheExamplesPromiseWhatTheirCommentsSay(t *testing.T) {
	slos := load(t)
	rolling := slo.Rolling(28 * 24 * time.Hour)
	want := map[string]slo.Objective{
		"cart-availability": 999_000_000, "payment-availability": 999_500_000, "api-monthly": 999_000_000,
		"shop-page-latency": 990_000_000, "shop-page-slow": 999_000_000,
	}
	if len(slos) != len(want) {
		t.Errorf("%d SLOs, want %d", len(slos), len(want))
	}
	for name, objective := range want {
		s, ok := slos[name]
		if !ok {
			t.Fatalf("no SLO %s", name)
		}
		if s.Objective != objective || s.Method != slo.Occurrences {
			t.Errorf("%s: objective %v by %v", name, s.Objective, s.Method)
		}
		if name != "api-monthly" && (s.Window != rolling || len(s.Tiers) > 0) {
			t.Errorf("%s: window %v, tiers %v", name, s.Window, s.Tiers)
		}
	}
	if got := slos["payment-availability"].MinEvents; got != 5000 {
		t.Errorf("payment-availability: %v events at least", got)
	}
}

func TestTheMonthlyBudgetStartsAtMidnightInTokyo(t *testing.T) {
	api := load(t)["api-monthly"]
	if !slices.Equal(api.Tiers, []string{"prod", "prod-ha"}) {
		t.Errorf("tiers %v", api.Tiers)
	}
	start, end := api.Window.Bounds(time.Date(2026, 2, 28, 14, 59, 0, 0, time.UTC)) // 23:59 in Tokyo
	if !start.Equal(time.Date(2026, 1, 31, 15, 0, 0, 0, time.UTC)) || !end.Equal(time.Date(2026, 2, 28, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("February is %v to %v", start.UTC(), end.UTC())
	}
}

func TestEveryExampleIsCountedExactly(t *testing.T) {
	for name, s := range load(t) {
		for _, p := range s.Parts {
			ind := p.Indicator
			if ind.Kind != slo.Ratio || ind.Counter != slo.Yes {
				t.Errorf("%s is not a ratio of counters", name)
			}
			for _, q := range []*slo.Query{ind.Good, ind.Bad, ind.Total} {
				if q == nil {
					continue
				}
				got, err := promquery.Classify(q.Text)
				if err != nil || len(got.Selectors) != 1 || len(got.Warnings) > 0 {
					t.Errorf("%s: %s gives %v, %v", name, q.Text, got, err)
				}
			}
		}
	}
}
