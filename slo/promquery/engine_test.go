package promquery_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/promquery"
)

// series of the test: every metric and code at two shops, each growing for an hour by
// another power of two a minute, so that a sum tells which series are in it.
func testSeries() (load string, all []slo.Labels, value map[string]float64) {
	var b strings.Builder
	b.WriteString("load 1m\n")
	value = map[string]float64{}
	next := 1.0
	for _, name := range []string{"a_total", "b_total"} {
		for _, code := range []string{"200", "500", "503"} {
			for _, shop := range []string{"s1", "s2"} {
				fmt.Fprintf(&b, "  %s{code=%q, shop=%q} 0+%vx60\n", name, code, shop, next)
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
// what a text gives, summed, is the sum of the series that it is said to pick, or of
// what they grow by in a second, times its scale.
func TestTheSelectedSeriesAreWhatPromQLSums(t *testing.T) {
	load, all, value := testSeries()
	storage := promqltest.LoadedStorage(t, load)
	defer storage.Close()
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 10_000)
	r := rand.New(rand.NewPCG(1, 2))
	selecting, growing, scaled := 0, 0, 0
	for range 6000 {
		text := randomText(r, 3)
		got, err := promquery.Classify(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !got.Selects() {
			continue
		}
		selecting++
		query, err := engine.NewInstantQuery(t.Context(), storage, nil, text, time.Unix(3600, 0))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		result := query.Exec(t.Context())
		if result.Err != nil && strings.Contains(result.Err.Error(), "same labelset") {
			continue // of two metrics, whose names rate() and * drop: PromQL has no answer
		}
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
		if sum *= got.Scale; got.Growth == "" {
			sum *= 60 // minutes
		} else {
			sum, growing = sum/60, growing+1
		}
		if got.Scale != 1 {
			scaled++
		}
		if math.Abs(sum-want) > 1e-9*want {
			t.Errorf("%s: %+v, the series picked sum to %v, PromQL gives %v", text, got.Selectors, sum, want)
		}
		query.Close()
	}
	if selecting < 1000 || growing < 300 || scaled < 300 {
		t.Errorf("only %d texts select, %d of them how fast series grow, %d with a factor", selecting, growing, scaled)
	}
}

// randomText makes a PromQL text of series that all exist: absence is the one
// meant deviation of added sums.
func randomText(r *rand.Rand, depth int) string {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	if depth == 0 || r.IntN(4) == 0 {
		name := pick(`__name__="a_total"`, `__name__="b_total"`, `__name__=~".+_total"`)
		selector := "{" + name + pick("", "", `, code="500"`, `, code=~"5.."`, `, code!="200"`, `, shop="s1"`, `, shop="s1", code="503"`) + "}"
		return pick(selector, "rate("+selector+"[5m])", "irate("+selector+"[3m])", "increase("+selector+"[10m])", "rate("+selector+"[20m])")
	}
	return randomNode(r, depth, pick)
}

func randomNode(r *rand.Rand, depth int, pick func(...string) string) string {
	inner := func() string { return randomText(r, depth-1) }
	sum := func() string {
		return pick("sum", "sum", "sum", "sum by (code)", "sum without (shop)", "sum by ()", "sum without ()") + "(" + inner() + ")"
	}
	switch r.IntN(9) {
	case 6:
		return pick("60 *", "0.5 *", "2 * 3 *") + " (" + inner() + ")"
	case 7:
		return "(" + inner() + ") " + pick("* 60", "/ 4", "/ (1 / 4)", "* -1")
	case 8:
		return "(" + inner() + ") or " + pick("vector(0)", "on() vector(0)", "("+inner()+") * 0", "vector(1)")

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
