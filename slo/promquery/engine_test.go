package promquery_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/promquery"
)

// series of the test: every metric and code at two shops, each of another
// power of two, so that a sum tells which series are in it.
func testSeries() (load string, all []slo.Labels, value map[string]float64) {
	var b strings.Builder
	b.WriteString("load 1m\n")
	value = map[string]float64{}
	next := 1.0
	for _, name := range []string{"a_total", "b_total"} {
		for _, code := range []string{"200", "500", "503"} {
			for _, shop := range []string{"s1", "s2"} {
				fmt.Fprintf(&b, "  %s{code=%q, shop=%q} %v\n", name, code, shop, next)
				ls := slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "code", Value: code}, {Name: "shop", Value: shop}}
				all = append(all, ls)
				value[ls.String()] = next
				next *= 2
			}
		}
	}
	return b.String(), all, value
}

// TestTheSelectedSeriesAreWhatPromQLSums compares with Prometheus' own engine:
// what a text gives, summed, is the sum of the series that it is said to pick.
func TestTheSelectedSeriesAreWhatPromQLSums(t *testing.T) {
	load, all, value := testSeries()
	storage := promqltest.LoadedStorage(t, load)
	defer storage.Close()
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 10_000)
	r := rand.New(rand.NewPCG(1, 2))
	selecting := 0
	for range 3000 {
		text := randomText(r, 3)
		got, err := promquery.Classify(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !got.Selects() {
			continue
		}
		selecting++
		query, err := engine.NewInstantQuery(t.Context(), storage, nil, text, time.Unix(0, 0))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		result := query.Exec(t.Context())
		if result.Err != nil {
			t.Fatalf("%s: %v", text, result.Err)
		}
		var want, sum float64
		for _, s := range result.Value.(promql.Vector) {
			want += s.F
		}
		for _, ls := range all {
			for _, s := range got.Selectors {
				if s.Matches(ls) {
					sum += value[ls.String()]
					break
				}
			}
		}
		if sum != want {
			t.Errorf("%s: the series picked sum to %v, PromQL gives %v", text, sum, want)
		}
		query.Close()
	}
	if selecting < 500 {
		t.Errorf("only %d texts select", selecting)
	}
}

// randomText makes a PromQL text of series that all exist: absence is the one
// meant deviation of added sums.
func randomText(r *rand.Rand, depth int) string {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	if depth == 0 || r.IntN(4) == 0 {
		name := pick(`__name__="a_total"`, `__name__="b_total"`, `__name__=~".+_total"`)
		return "{" + name + pick("", "", `, code="500"`, `, code=~"5.."`, `, code!="200"`, `, shop="s1"`, `, shop="s1", code="503"`) + "}"
	}
	return randomNode(r, depth, pick)
}

func randomNode(r *rand.Rand, depth int, pick func(...string) string) string {
	inner := func() string { return randomText(r, depth-1) }
	sum := func() string {
		return pick("sum", "sum", "sum", "sum by (code)", "sum without (shop)", "sum by ()", "sum without ()") + "(" + inner() + ")"
	}
	switch r.IntN(6) {
	case 0:
		return "(" + inner() + ")"
	case 1:
		return "+" + inner()
	case 2:
		return sum()
	case 3:
		return inner() + " or " + inner()
	case 4:
		return sum() + " + " + pick("", "ignoring() ") + sum()
	default:
		return pick("max", "sum") + "(" + inner() + ")"
	}
}

func TestAMissingSideOfASumCountsNothing(t *testing.T) {
	got, err := promquery.Classify("sum(a_total) + sum(c_total)")
	if err != nil || len(got.Selectors) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	_, all, _ := testSeries()
	picked := 0
	for _, ls := range all {
		if got.Selectors[0].Matches(ls) || got.Selectors[1].Matches(ls) {
			picked++
		}
	}
	if picked != 6 {
		t.Errorf("%d series picked, want the 6 of a_total", picked)
	}
}
