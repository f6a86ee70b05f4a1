package promquery_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/promquery"
)

// sidesOf are the selectors that a ratio of good and total is counted from.
func sidesOf(good, total slo.Query) string {
	m, err := promquery.Read(&slo.Indicator{Kind: slo.Ratio, Good: &good, Total: &total, Counter: slo.Unsaid}, nil)
	if err != nil {
		return "error: " + err.Error()
	}
	if !m.Raw {
		return strings.TrimSpace("on a grid " + strings.Join(m.Unasked, " "))
	}
	var out []string
	for _, s := range m.Sides {
		var sels []string
		for _, sel := range s.Selectors {
			text := sel.String()
			for _, m := range sel {
				if m.Strict {
					text += " strict"
				}
			}
			sels = append(sels, text)
		}
		out = append(out, strings.Join(sels, " and "))
	}
	return strings.Join(out, " of ")
}

func TestHistogramsAreCountedAsTheirCounters(t *testing.T) {
	const half = `H_bucket{job="x",le="0.5"} of H_count{job="x"}`
	for _, tt := range []struct{ good, total, want string }{
		{`histogram_fraction(0, 0.5, H{job="x"})`, `histogram_count(H{job="x"})`, half},
		{`histogram_fraction(0, 0.5, H{job="x"}) * histogram_count(H{job="x"})`, `histogram_count(H{job="x"})`, half},
		{`histogram_count(sum(rate(H{job="x"}[5m]))) * histogram_fraction(-Inf, 0.5, sum(rate(H{job="x"}[5m])))`, `histogram_count(sum(rate(H{job="x"}[5m])))`, half},
		{`sum(histogram_fraction(0, 0.5, rate(H{job="x"}[5m])) * histogram_count(rate(H{job="x"}[5m])))`, `sum(histogram_count(rate(H{job="x"}[5m])))`, half},
		{`histogram_fraction(0, 0.5, sum(rate(H{job="x"}[5m])))`, `sum(histogram_count(rate(H{job="x"}[5m])))`, half},
		{`sum by (shopset) (rate(H_bucket{job="x",le="0.5"}[5m]))`, `histogram_count(sum by (shopset) (rate(H{job="x"}[5m])))`, half},
		{`histogram_fraction(0, 0.5, sum by (a) (rate(H[5m])))`, `histogram_count(sum by (a) (rate(H[5m])))`, `H_bucket{le="0.5"} of H_count`},
		{`histogram_count(H{code!~"5.."})`, `histogram_count(H)`, `H_count{code!~"5.."} of H_count`},
		{`histogram_fraction(0, +Inf, H) * histogram_count(H)`, `H_count`, `H_count of H_count`},
		{`histogram_fraction(0, 0.5, H)`, `histogram_count(G)`, "error: is a share of events"},
		{`histogram_fraction(0, 0.5, H)`, `histogram_fraction(0, 1, H)`, "error: is a share of events"},
		{`histogram_fraction(0, 0.5, H)`, `requests_total`, "error: is a share of events"},
		{`histogram_fraction(0.1, 0.5, H)`, `histogram_count(H)`, "error: go together"},
		{`histogram_count(increase(H[5m]))`, `histogram_count(rate(H[5m]))`, "on a grid"},
		{`histogram_fraction(0, 0.5, H) * histogram_count(G)`, `histogram_count(H)`, "error: go together"},
	} {
		t.Run(tt.good+" of "+tt.total, func(t *testing.T) {
			got := sidesOf(slo.Query{Text: tt.good}, slo.Query{Text: tt.total})
			if want, fails := strings.CutPrefix(tt.want, "error: "); got != tt.want && !(fails && strings.HasPrefix(got, "error") && strings.Contains(got, want)) {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestABoundIsOfWhatPlainSelectorsPick(t *testing.T) {
	half, all := slo.Bound{At: 0.5}, slo.Bound{At: math.Inf(1)}
	for _, tt := range []struct {
		good, total slo.Query
		want        string
	}{
		{slo.Query{Text: `H`, Bound: half}, slo.Query{Text: `H`, Bound: all}, `H_bucket{le="0.5"} of H_count`},
		{slo.Query{Text: `sum(rate(H{a="b"}[5m]))`, Bound: half}, slo.Query{Text: `sum(rate(H{a="b"}[5m]))`, Bound: all}, `H_bucket{a="b",le="0.5"} of H_count{a="b"}`},
		{slo.Query{Text: `H`, Bound: half}, slo.Query{Text: `H_count`, Bound: all}, `H_bucket{le="0.5"} of H_count`},
		{slo.Query{Text: `H`, Bound: half}, slo.Query{Text: `histogram_count(H)`, Bound: all}, `H_bucket{le="0.5"} of H_count`},
		{slo.Query{Text: `H`, Bound: slo.Bound{At: 0.5, Strict: true}}, slo.Query{Text: `H`, Bound: all}, `H_bucket{le="0.5"} strict of H_count`},
		{slo.Query{Text: `histogram_fraction(0, 0.3, H)`, Bound: slo.Bound{Strict: true}}, slo.Query{Text: `histogram_count(H)`}, `H_bucket{le="0.3"} strict of H_count`},
		{slo.Query{Text: `requests_total`, Bound: half}, slo.Query{Text: `requests_total`, Bound: all}, `error: line 1, column 1 of the query: has a bound (shopslo.dev/bound), but no histogram that it could be of; write the histogram's own name, without _bucket, or leave the bound out`},
	} {
		if got := sidesOf(tt.good, tt.total); got != tt.want {
			t.Errorf("%v of %v: %s\nwant %s", tt.good, tt.total, got, tt.want)
		}
		if strings.HasPrefix(tt.want, "error") {
			continue
		}
		terms, err := promquery.Terms(&tt.good)
		if err != nil || !strings.HasPrefix(tt.want, strings.Trim(fmt.Sprint(terms), "[]")) {
			t.Errorf("%v reads %v, %v", tt.good, terms, err)
		}
	}
}

func TestABoundThatIsNoEdgeIsSaid(t *testing.T) {
	share := func(bound string) string { return "histogram_fraction(0, " + bound + ", sum(rate(h[5m])))" }
	const count = "histogram_count(sum(rate(h[5m])))"
	for _, tt := range []struct{ good, total, want string }{
		{share("0.5"), count, ""},
		{share("0.3"), count, "the bound 0.3 is no power of 2, and so no edge between exponential buckets of native histograms: what lies in the bucket around it counts as above it; 0.25 and 0.5 are edges"},
		{share("3"), count, "2 and 4 are edges"},
		{`h_bucket{le="0.3"}`, "h_count", ""}, // classic, as far as the text tells
	} {
		m, err := promquery.Read(ratio(slo.Unsaid, tt.good, tt.total), nil)
		if text := strings.Join(m.OffEdge, "\n"); err != nil || !m.Raw || (tt.want == "") != (text == "") || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q, %v, want %q", tt.good, text, err, tt.want)
		}
	}
	ind := ratio(slo.Unsaid, "h", "h")
	ind.Good.Bound, ind.Total.Bound = slo.Bound{At: 0.3, Strict: true}, slo.Bound{At: math.Inf(1)}
	m, err := promquery.Read(ind, nil)
	if text := strings.Join(m.OffEdge, "\n"); err != nil || !strings.Contains(text, `such histograms are refused ("strict")`) {
		t.Errorf("%q, %v", text, err)
	}
}
