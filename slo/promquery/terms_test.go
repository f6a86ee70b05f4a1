package promquery_test

import (
	"reflect"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/promquery"
)

func TestTerms(t *testing.T) {
	tests := []struct {
		name, text string
		want       [][]string
	}{
		{"a selector", `m{a="1"}`, [][]string{{`m{a="1"}`}}},
		{"a rate of one", `sum by (x) (rate(m{a="1"}[5m]))`, [][]string{{`m{a="1"}`}}},
		{"a ratio of two", `sum(rate(m{a!="1"}[5m])) / sum(rate(m[5m]))`, [][]string{{`m{a!="1"}`}, {`m`}}},
		{"or makes alternatives", `a or b`, [][]string{{`a`, `b`}}},
		{"or with a number does not", `sum(a) or vector(0)`, [][]string{{`a`}}},
		{"absent asks for what is not there", `absent(a) * 0 + b`, [][]string{{`b`}}},
		{"so does absent_over_time", `absent_over_time(a[5m])`, nil},
		{"unless takes away", `a unless on (x) b`, [][]string{{`a`}, {`a`, `b`}}},
		{"a subquery", `max_over_time(rate(a[1m])[5m:])`, [][]string{{`a`}}},
		{"and needs both", `a and b`, [][]string{{`a`}, {`b`}}},
		{"a quantile of buckets", `histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))`, [][]string{{`h_bucket`}}},
		{"a zero stands in for nothing", `sum(a) or 0 * sum(b)`, [][]string{{`a`}, {`b`}}},
		{"nor does one that comes first", `sum(b) * 0 or sum(a)`, [][]string{{`a`}, {`b`}}},
		{"nor does vector(0)", `sum(a) or vector(0)`, [][]string{{`a`}}},
		{"a number reads nothing", `1`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			terms, err := promquery.Terms(&slo.Query{Text: tt.text})
			if err != nil {
				t.Fatal(err)
			}
			var got [][]string
			for _, term := range terms {
				var names []string
				for _, sel := range term {
					names = append(names, sel.String())
				}
				got = append(got, names)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if _, err := promquery.Terms(&slo.Query{Text: `m{`}); err == nil {
		t.Error("no error for what is no PromQL")
	}
}
