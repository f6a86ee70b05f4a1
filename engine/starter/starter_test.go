package starter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// stored is a source over Prometheus' own store and engine.
type stored struct {
	*teststorage.TestStorage
	engine *promql.Engine
}

func (s stored) Names(ctx context.Context, label string, of slo.Selector, from, to int64) ([]string, error) {
	q, err := s.Querier(from, to)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	var m []*labels.Matcher
	for _, one := range of {
		m = append(m, labels.MustNewMatcher(labels.MatchEqual, one.Name, one.Value))
	}
	values, _, err := q.LabelValues(ctx, label, nil, m...)
	return values, err
}

// one is a single sample.
type one struct {
	v    float64
	read bool
}

func (o *one) Read(t []int64, v []float64) (int, error) {
	if o.read {
		return 0, nil
	}
	o.read, v[0] = true, o.v
	return 1, nil
}

func (s stored) Eval(ctx context.Context, expr string, _, to int64, _ time.Duration, f func([]slo.Series) error) error {
	q, err := s.engine.NewInstantQuery(ctx, s, nil, expr, time.UnixMilli(to))
	if err != nil {
		return err
	}
	defer q.Close()
	v, err := q.Exec(ctx).Vector()
	if err != nil {
		return fmt.Errorf("%s: %w", expr, err)
	}
	var out []slo.Series
	for _, m := range v {
		var ls slo.Labels
		m.Metric.Range(func(l labels.Label) { ls = append(ls, slo.Label{Name: l.Name, Value: l.Value}) })
		out = append(out, slo.Series{Labels: ls, Samples: &one{v: m.F}})
	}
	return f(out)
}

// looked looks at an hour of series, in promqltest's notation, scraped each half minute.
func looked(t *testing.T, series string, o Options) (Found, error) {
	t.Helper()
	store := promqltest.LoadedStorage(t, "load 30s"+strings.TrimRight(series, "\n")+"\n")
	t.Cleanup(func() { store.Close() })
	o.Now = time.Unix(3600, 0)
	return Look(t.Context(), stored{store, promqltest.NewTestEngine(t, false, 5*time.Minute, 100_000)}, o)
}

func TestWhatIsChosen(t *testing.T) {
	tests := []struct {
		name, series string
		o            Options
		want         []string // of the documents
	}{
		{"cells by cluster, environments by env", `
  http_requests_total{job="shop",cluster="eks-b",env="production",code="200",method="GET"} 0+100x120
  http_requests_total{job="shop",cluster="onprem-a",env="staging",code="200",method="GET"} 0+100x120
  http_requests_total{job="shop",cluster="eks-b",env="production",code="503",method="GET"} 0+1x120
`, Options{}, []string{"scrape_interval: 30s", "name: 'staging'}\nspec: {order: 0}", "name: 'production'}\nspec: {order: 1}", "{name: 'eks-b'}\nspec: {tier: 'production', match: {cluster: 'eks-b'}}",
			`bad:
          metricSource:
            type: Prometheus
            spec: {query: 'http_requests_total{code=~"5.."}'}`, "target: 0.995}"}},
		{"a cell that is in two environments", `
  http_requests_total{job="shop",region="tokyo",env="prod",status="200"} 0+100x120
  http_requests_total{job="shop",region="tokyo",env="dev",status="200"} 0+100x120
  http_requests_total{job="shop",region="osaka",env="prod",status="200"} 0+100x120
`, Options{}, []string{"{name: 'tokyo-dev'}\nspec: {tier: 'dev', match: {env: 'dev', region: 'tokyo'}}", "{name: 'tokyo-prod'}", "{name: 'osaka'}\nspec: {tier: 'prod', match: {region: 'osaka'}}"}},
		{"only environments", `
  http_requests_total{job="shop",env="prod",status="200"} 0+100x120
  http_requests_total{job="shop",env="dev",status="200"} 0+100x120
`, Options{}, []string{"{name: 'dev'}\nspec: {tier: 'dev', match: {env: 'dev'}}", "{name: 'prod'}\nspec: {tier: 'prod', match: {env: 'prod'}}"}},
		{"a label that nobody knows, whose values look like cells", `
  http_requests_total{job="shop",block="a-1",version="v1",code="200"} 0+100x120
  http_requests_total{job="shop",block="b-2",version="v2",code="200"} 0+100x120
`, Options{}, []string{"match: {block: 'a-1'}"}},
		{"the busiest of several services", `
  http_requests_total{job="cart",zone="a",code="200"} 0+100x120
  http_requests_total{job="cart",zone="b",code="200"} 0+100x120
  http_requests_total{job="search",zone="a",code="200"} 0+10x120
  http_requests_total{job="search",zone="b",code="200"} 0+10x120
`, Options{}, []string{`http_requests_total{job="cart",code=~"5.."}`, "service: 'cart'", "name: 'a'}"}},
		{"a job for each cell", `
  http_requests_total{job="shop-a",cell="a",code="200"} 0+100x120
  http_requests_total{job="shop-b",cell="b",code="200"} 0+100x120
`, Options{}, []string{`query: 'http_requests_total{code=~"5.."}'`, "match: {cell: 'b'}"}},
		{"one service, of which nothing tells parts apart", `
  http_requests_total{job="shop",instance="10.0.0.1:80",code="200",method="GET"} 0+100x120
  http_requests_total{job="shop",instance="10.0.0.2:80",code="200",method="POST"} 0+100x120
`, Options{}, []string{"{name: 'shop'}\nspec: {tier: 'prod', match: {job: 'shop'}}", "query: 'http_requests_total'"}},
		{"gRPC codes", `
  grpc_server_handled_total{job="cart",cell="a",grpc_code="OK"} 0+100x120
  grpc_server_handled_total{job="cart",cell="b",grpc_code="NotFound"} 0+100x120
`, Options{}, []string{`grpc_server_handled_total{grpc_code=~"Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"}`}},
		{"Envoy's classes of codes", `
  envoy_cluster_upstream_rq_retry{job="edge",cell="a",envoy_cluster_name="web"} 0+1x120
  envoy_cluster_upstream_rq_xx{job="edge",cell="a",envoy_cluster_name="web",envoy_response_code_class="2"} 0+100x120
  envoy_cluster_upstream_rq_xx{job="edge",cell="b",envoy_cluster_name="web",envoy_response_code_class="5"} 0+1x120
`, Options{}, []string{`envoy_cluster_upstream_rq_xx{envoy_response_code_class=~"5"}`, "match: {cell: 'a'}"}},
		{"Envoy's codes, of what it was asked itself", `
  envoy_cluster_upstream_rq{job="edge",cell="a",envoy_response_code="200"} 0+100x120
  envoy_http_downstream_rq_xx{job="edge",cell="a",envoy_response_code_class="2"} 0+100x120
  envoy_http_downstream_rq_xx{job="edge",cell="b",envoy_response_code_class="2"} 0+100x120
`, Options{}, []string{`envoy_http_downstream_rq_xx{envoy_response_code_class=~"5"}`}},
		{"words of results", `
  jobs_handled_total{job="mail",result="success"} 0+100x120
  jobs_handled_total{job="mail",result="failure"} 0+30x120
`, Options{}, []string{`jobs_handled_total{result=~"failure"}`, "target: 0.9}"}},
		{"a histogram alone", `
  http_server_requests_seconds_bucket{job="shop",le="0.25"} 0+95x120
  http_server_requests_seconds_bucket{job="shop",le="1"} 0+100x120
  http_server_requests_seconds_bucket{job="shop",le="+Inf"} 0+100x120
  http_server_requests_seconds_count{job="shop"} 0+100x120
`, Options{}, []string{`http_server_requests_seconds_bucket{le="1"}`, "query: 'http_server_requests_seconds_count'", "slos/latency.yaml"}},
		{"monitoring's own requests are nobody's", `
  prometheus_http_requests_total{job="prometheus",code="200"} 0+1000x120
  http_requests_total{job="shop",code="2xx"} 0+1x120
`, Options{}, []string{"http_requests_total{code=~\"5..\"}", "match: {job: 'shop'}"}},
		{"what is asked for", `
  http_requests_total{job="cart",zone="a",rack="r1",code="200"} 0+100x120
  http_requests_total{job="search",zone="b",rack="r2",code="200"} 0+10x120
`, Options{Service: "search", Single: true}, []string{"{name: 'search'}\nspec: {tier: 'prod', match: {job: 'search'}}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := looked(t, tt.series, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			var all strings.Builder
			for _, file := range f.Files(Access{URL: "http://prometheus:9090"}) {
				all.WriteString(file.Path + "\n" + file.Text)
			}
			for _, want := range tt.want {
				if !strings.Contains(all.String(), want) {
					t.Errorf("%s is missing in\n%s", want, &all)
				}
			}
			for _, l := range text.Languages {
				if story := f.Story(l); strings.Contains(story, "%!") {
					t.Error(story)
				}
			}
		})
	}
}

func TestWhatCannotBeChosenIsSaid(t *testing.T) {
	for name, tt := range map[string]struct {
		series, want string
		o            Options
	}{
		"nothing":            {"", "let it scrape something first", Options{}},
		"nothing of a kind":  {"\n  node_cpu_seconds_total{job=\"node\"} 0+1x120\n", "none of the source's 1 metrics is a counter of requests", Options{}},
		"a label that isn't": {"\n  http_requests_total{job=\"a\",code=\"200\",zone=\"x\"} 0+1x120\n", `no label "zones" (did you mean "zone"?)`, Options{Label: "zones"}},
		"a Tier that isn't":  {"\n  http_requests_total{job=\"a\",code=\"200\"} 0+1x120\n", `have a label "env"`, Options{Tier: "env"}},
	} {
		if _, err := looked(t, tt.series, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestTiersAreInTheOrderOfTheirNames(t *testing.T) {
	tiers := []string{"prod", "staging", "dev", "qa"}
	slices.SortFunc(tiers, byTier)
	if got := strings.Join(tiers, " "); got != "dev qa staging prod" {
		t.Error(got)
	}
}
