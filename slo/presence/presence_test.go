package presence_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence"
	"github.com/shopslo/shopslo/slo/promquery"
)

// series reads "name a=1 b=2".
func series(t *testing.T, lines ...string) []slo.Labels {
	t.Helper()
	var out []slo.Labels
	for _, line := range lines {
		words := strings.Fields(line)
		ls := slo.Labels{{Name: slo.MetricName, Value: words[0]}}
		for _, w := range words[1:] {
			name, value, _ := strings.Cut(w, "=")
			ls = append(ls, slo.Label{Name: name, Value: value})
		}
		out = append(out, ls)
	}
	return out
}

func sides(t *testing.T, queries ...string) presence.Ask {
	t.Helper()
	var a presence.Ask
	for _, q := range queries {
		name, text, _ := strings.Cut(q, " ")
		terms, err := promquery.Terms(&slo.Query{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		a.Sides = append(a.Sides, presence.Side{Name: name, Terms: terms})
	}
	return a
}

func TestJudge(t *testing.T) {
	http := []string{"http_requests_total job=cart instance=1 code=200", "http_requests_total job=cart instance=1 code=500"}
	quiet := http[:1]
	latency := []string{"lat_bucket job=cart le=0.25", "lat_bucket job=cart le=0.5", "lat_bucket job=cart le=1.0", "lat_bucket job=cart le=+Inf", "lat_count job=cart"}
	up := []presence.Target{{Labels: slo.Labels{{Name: "instance", Value: "1"}, {Name: "job", Value: "cart"}}, Up: true}}
	down := []presence.Target{{Labels: up[0].Labels}}
	names := []string{"http_requests_total", "http_request_errors_total", "lat_bucket", "go_goroutines"}
	elsewhere := func(metric string, at presence.Elsewhere) map[string]presence.Elsewhere {
		return map[string]presence.Elsewhere{metric: at}
	}
	tests := []struct {
		name    string
		queries []string
		excused bool // absent-is-zero
		live    presence.Live
		series  []string
		want    []string // side kind label: nearest
	}{
		{name: "all is there", queries: []string{`bad http_requests_total{code=~"5.."}`, `total http_requests_total`}, series: http},
		{name: "a label that does not exist, with the one that is meant while errors are there",
			queries: []string{`bad http_requests_total{status=~"5.."}`, `total http_requests_total`}, series: http, want: []string{"bad label status: code"}},
		{name: "and while there are none",
			queries: []string{`bad http_requests_total{status=~"5.."}`, `total http_requests_total`}, series: quiet, want: []string{"bad label status: code"}},
		{name: "a label misspelt", queries: []string{`bad http_requests_total{cod="500"}`, `total http_requests_total`}, series: quiet, want: []string{"bad label cod: code"}},
		{name: "a negative matcher tells good from bad by a label that does not exist",
			queries: []string{`good http_requests_total{status!~"5.."}`, `total http_requests_total`}, series: http, want: []string{"good label status: code"}},
		{name: "one that matches the empty value",
			queries: []string{`good http_requests_total{error=""}`, `total http_requests_total`}, series: http, want: []string{"good label error: "}},
		{name: "on both sides it is a finding",
			queries: []string{`bad http_requests_total{code=~"5..",canary!="true"}`, `total http_requests_total{canary!="true"}`}, series: http,
			want: []string{"bad matcher canary: ", "total matcher canary: "}},
		{name: "also where it is written in another way",
			queries: []string{`bad http_requests_total{code=~"5..",canary!~"true"}`, `total http_requests_total{canary!="true"}`}, series: http,
			want: []string{"bad matcher canary: ", "total matcher canary: "}},
		{name: "a metric that does not exist, and the nearest", live: presence.Live{Names: names, Targets: up},
			queries: []string{`bad http_requests_errors_total`, `total http_requests_total`}, series: http, want: []string{"bad metric : http_request_errors_total http_requests_total"}},
		{name: "a metric of errors that is created with the first", excused: true, live: presence.Live{Names: names, Targets: up},
			queries: []string{`bad http_errors_total`, `total http_requests_total`}, series: http, want: []string{"note"}},
		{name: "which excuses bad events only", excused: true, live: presence.Live{Targets: up},
			queries: []string{`bad http_requests_total`, `total all_requests_total`}, series: http, want: []string{"total metric : "}},
		{name: "and the metric only", excused: true,
			queries: []string{`bad http_requests_total{status="500"}`, `total http_requests_total`}, series: http, want: []string{"bad label status: code"}},
		{name: "a query that names another ShopSet", live: presence.Live{Match: slo.Labels{{Name: "shopset", Value: "a-1"}}},
			queries: []string{`bad http_requests_total{shopset="b-2",code=~"5.."}`, `total http_requests_total`}, series: http, want: []string{"bad metric shopset: a-1"}},
		{name: "nothing has happened yet", queries: []string{`bad http_requests_total{code=~"5.."}`, `total http_requests_total`}, series: quiet,
			want: []string{"bad none_yet code: 200"}},
		{name: "nothing good has happened", queries: []string{`good http_requests_total{code="200"}`, `total http_requests_total`}, series: http[1:],
			want: []string{"good none_yet code: 500"}},
		{name: "two conditions that never meet", queries: []string{`bad r{a="1",b="2"}`, `total r`}, series: []string{"r a=1 b=1", "r a=2 b=2"},
			want: []string{"bad none_yet : "}},
		{name: "one of two alternatives has happened", queries: []string{`bad http_requests_total{code="500"} or http_requests_total{code="503"}`, `total http_requests_total`}, series: http},
		{name: "one of two metrics added does not exist", live: presence.Live{Targets: up},
			queries: []string{`bad sum(http_requests_total{code="500"}) + sum(b_total)`, `total http_requests_total`}, series: http, want: []string{"bad metric : "}},
		{name: "one of two alternatives exists", live: presence.Live{Targets: up},
			queries: []string{`bad old_total or http_requests_total{code="500"}`, `total http_requests_total`}, series: http},
		{name: "a bucket without such a bound", queries: []string{`good lat_bucket{le="0.3"}`, `total lat_count`}, series: latency, want: []string{"good bound le: 0.25 0.5"}},
		{name: "a bound written in another way", queries: []string{`good lat_bucket{le="1"}`, `total lat_count`}, series: latency},
		{name: "a bound that a pattern matches in another spelling", queries: []string{`good lat_bucket{le=~"1"}`, `total lat_count`}, series: latency},
		{name: "a bound above all", queries: []string{`good lat_bucket{le="5"}`, `total lat_count`}, series: latency, want: []string{"good bound le: 1.0 +Inf"}},
		{name: "buckets of another handler do not help", queries: []string{`good b{h="x",le="0.3"}`, `total b{h="x",le="+Inf"}`},
			series: []string{"b h=x le=1", "b h=x le=+Inf", "b h=y le=0.3"}, want: []string{"good bound le: 1"}},
		{name: "a quantile that is not there", queries: []string{`value s{quantile="0.9"}`}, series: []string{"s quantile=0.5", "s quantile=0.99"}, want: []string{"value bound quantile: 0.5 0.99"}},
		{name: "a native histogram has no buckets", live: presence.Live{Targets: up, Names: []string{"lat"}}, queries: []string{`good lat_bucket{le="0.3"}`, `total lat_count`}, series: []string{"lat_count job=cart"},
			want: []string{"good metric : lat"}},
		{name: "targets that are down send nothing", live: presence.Live{Targets: down, Elsewhere: elsewhere("http_requests_total", presence.Elsewhere{Others: true})},
			queries: []string{`total http_requests_total`}, want: []string{"total subject : "}},
		{name: "a ShopSet that sends nothing", live: presence.Live{Elsewhere: elsewhere("http_requests_total", presence.Elsewhere{Others: true})},
			queries: []string{`total http_requests_total`}, want: []string{"total subject : "}},
		{name: "a source that has nothing", live: presence.Live{Elsewhere: elsewhere("http_requests_total", presence.Elsewhere{Silent: true})},
			queries: []string{`total http_requests_total`}, want: []string{"total subject : "}},
		{name: "series without the ShopSet's label", live: presence.Live{Elsewhere: elsewhere("http_requests_total", presence.Elsewhere{Unlabelled: true})},
			queries: []string{`total http_requests_total`}, want: []string{"total unlabelled : "}},
		{name: "also where the ShopSet sends something else", live: presence.Live{Targets: up, Elsewhere: elsewhere("http_requests_total", presence.Elsewhere{Unlabelled: true})},
			queries: []string{`total http_requests_total`}, want: []string{"total unlabelled : "}},
		{name: "but not where they belong to something beside the fleet", live: presence.Live{Targets: up, Elsewhere: elsewhere("http_requests_total", presence.Elsewhere{Others: true, Unlabelled: true})},
			queries: []string{`total http_requests_total`}, want: []string{"total metric : "}},
		{name: "a metric that a Release has renamed", live: presence.Live{Sends: true, Names: []string{"http_server_requests_total"}, Elsewhere: elsewhere("http_requests_total", presence.Elsewhere{Others: true})},
			queries: []string{`total http_requests_total`}, want: []string{"total metric : http_server_requests_total"}},
		{name: "a job that has the metric nowhere", live: presence.Live{Targets: up},
			queries: []string{`bad http_requests_total{job="carts",code=~"5.."}`, `total http_requests_total`}, series: http, want: []string{"bad metric job: cart"}},
		{name: "a job all of whose targets are down", live: presence.Live{Targets: append(down, presence.Target{Labels: slo.Labels{{Name: "job", Value: "lb"}}, Up: true})},
			queries: []string{`total r{job="cart"}`}, series: []string{"r job=lb"}, want: []string{"total subject : "}},
		{name: "a label that only another job's series have", queries: []string{`bad r{job="app",code=~"5.."}`, `total r{job="app"}`}, series: []string{"r job=app status=500", "r job=lb code=500"},
			want: []string{"bad label code: status"}},
		{name: "within one expression, its two sides", queries: []string{`value sum(rate(http_requests_total{status!~"5.."}[5m])) / sum(rate(http_requests_total[5m]))`}, series: http,
			want: []string{"value label status: code"}},
		{name: "a gauge alone has nothing to be told from", queries: []string{`value queue{canary!="true"}`}, series: []string{"queue job=cart"}, want: []string{"value matcher canary: "}},
		{name: "a pattern of names that exist", queries: []string{`total {__name__=~"http_.+_total"}`}, series: http},
		{name: "a pattern of names that do not", live: presence.Live{Targets: up, Names: names}, queries: []string{`total {__name__=~"http_request_total"}`}, series: []string{"x job=cart"},
			want: []string{"total metric : http_requests_total http_request_errors_total"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ask := sides(t, tt.queries...)
			ask.AbsentIsZero = tt.excused
			tt.live.Series, tt.live.TargetLabels = series(t, tt.series...), []string{"job", "instance"}
			var got []string
			absent, notes := presence.Judge(ask, tt.live)
			for _, a := range absent {
				got = append(got, fmt.Sprintf("%s %s %s: %s", a.Side, a.Kind, a.Label, strings.Join(a.Nearest, " ")))
				if a.Selector == "" || !strings.Contains(presence.Sentence(a), a.Selector) {
					t.Errorf("%+v does not say what was asked for", a)
				}
			}
			for _, n := range notes {
				if !strings.Contains(n, `shopslo.dev/absent-is-zero: "true"`) {
					t.Errorf("%q does not name the annotation", n)
				}
				got = append(got, "note")
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
