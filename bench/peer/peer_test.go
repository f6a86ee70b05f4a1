package peer

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/proc"
)

func TestJudgeCountsWrongVerdictsAndMissingOnes(t *testing.T) {
	truth := []history.Truth{
		{ID: "spent", Total: 10_000, Bad: 20},
		{ID: "fine", Total: 10_000, Bad: 5},
		{ID: "edge", Total: 10_000, Bad: 10},
		{ID: "nan", Total: 10_000, Bad: 1},
		{ID: "absent", Total: 10_000, Bad: 1},
		{ID: "too-few", Total: 10, Bad: 1},
	}
	v := Judge(truth, map[string]float64{"spent": 0.1, "fine": 0.5, "edge": 0, "nan": math.NaN(), "too-few": 1})
	if v.Of != 5 || v.Wrong != 1 || v.None != 2 || v.Exhaust != 1 {
		t.Errorf("judged %+v, want 5 of which 1 wrong, 2 none, 1 truly exhausted", v)
	}
	if v.Share() != 0.6 {
		t.Errorf("share %v, want 0.6", v.Share())
	}
}

// Both tools' long windows are computed over a history whose end has no deploy
// near it, so that Pyrra's increase is close to what the samples tell.
func TestPyrrasRulesGiveBudgetsNearTheTruth(t *testing.T) {
	cache := t.TempDir()
	h, err := history.Open(cache, history.Params{ShopSets: 40, Days: 28, Seed: 3}, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := Pyrra(cache)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "db")
	if err := proc.Link(h.Dir, dir); err != nil {
		t.Fatal(err)
	}
	b, err := Open(dir, 30*time.Second, rules)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	at := time.UnixMilli(history.End)
	c, err := b.Evaluate(t.Context(), at, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c.Rules != 13 || c.Samples < int64(h.Samples)/2 || c.CPU <= 0 {
		t.Errorf("cost %+v of %d samples", c, h.Samples)
	}
	left, err := b.PyrraRemaining(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if v := Judge(h.Truth, left); v.None != 0 || v.Median > 5 {
		t.Errorf("verdicts %+v", v)
	}
}

func TestBackfillRecordsTheFiveMinuteRatioAtEveryStep(t *testing.T) {
	cache := t.TempDir()
	h, err := history.Open(cache, history.Params{ShopSets: 20, Days: 1, Seed: 3}, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(cache, "rules.yaml")
	text := `groups:
- name: g
  rules:
  - record: slo:sli_error:ratio_rate5m
    expr: sum by (shopset) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (shopset) (rate(http_requests_total[5m]))
    labels: {sloth_window: 5m}
`
	if err := os.WriteFile(rules, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is found
		blocks, err := Backfill(t.Context(), h, rules, time.Minute, func(string, ...any) {})
		if err != nil {
			t.Fatal(err)
		}
		db, err := openDB(blocks)
		if err != nil {
			t.Fatal(err)
		}
		b := &Bench{db: db, engine: newEngine()}
		counts, err := b.byShopSet(t.Context(), time.UnixMilli(history.End-1), `count_over_time(slo:sli_error:ratio_rate5m{sloth_window="5m"}[1h])`)
		if err != nil {
			t.Fatal(err)
		}
		full := 0
		for _, n := range counts {
			if n == 60 {
				full++
			}
		}
		if full < 5 || full > 20 {
			t.Errorf("%d of %d ShopSets have 60 ratios in the last hour", full, len(counts))
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRulesWithoutTheFiveMinuteRuleAreRefused(t *testing.T) {
	rules, err := Pyrra(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := findRule(rules, shortRule); err == nil {
		t.Error("Pyrra's rules passed for Sloth's")
	}
}
