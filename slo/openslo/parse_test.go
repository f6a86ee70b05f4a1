package openslo_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/openslo"
)

// parts of a document, to be changed by tests.
const (
	header = `apiVersion: openslo/v1
kind: SLO
metadata: {name: x}
spec:
  service: shop
`
	ratio = `  indicator:
    metadata: {name: requests}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'bad_total'}}}
        total: {metricSource: {type: Prometheus, spec: {query: 'all_total'}}}
`
	threshold = `  indicator:
    metadata: {name: lag}
    spec:
      thresholdMetric: {metricSource: {spec: {query: max(lag_seconds)}}}
`
	rolling    = "  timeWindow: [{duration: 28d, isRolling: true}]\n"
	occurrence = "  budgetingMethod: Occurrences\n"
	objective  = "  objectives: [{target: 0.999}]\n"
	plain      = header + ratio + rolling + occurrence + objective
)

func parse(t *testing.T, doc string) *openslo.Documents {
	t.Helper()
	docs, err := openslo.Parse("f.yaml", []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// one parses a document that makes one SLO.
func one(t *testing.T, doc string) slo.SLO {
	t.Helper()
	docs := parse(t, doc)
	if len(docs.SLOs) != 1 {
		t.Fatalf("%d SLOs, want 1", len(docs.SLOs))
	}
	return docs.SLOs[0]
}

func TestAPlainDocumentBecomesOneSLO(t *testing.T) {
	got := one(t, strings.Replace(plain, "metadata: {name: x}", `metadata:
  name: cart
  displayName: The cart
  annotations: {shopslo.dev/tiers: "prod, prod-ha", shopslo.dev/min-events: "5e3", shopslo.dev/first-sample: zero, shopslo.dev/absent-is-zero: "true", other.org/x: y}`, 1))
	want := slo.SLO{
		Name: "cart", Service: "shop", DisplayName: "The cart", Objective: 999_000_000,
		Window: slo.Rolling(28 * 24 * time.Hour), Tiers: []string{"prod", "prod-ha"}, MinEvents: 5000, Annotations: map[string]string{"other.org/x": "y"},
		Parts: []slo.Part{{Name: "cart", Weight: 1, Objective: 999_000_000, Indicator: slo.Indicator{
			Name: "requests", Counter: slo.Yes, Bad: &slo.Query{Text: "bad_total"}, Total: &slo.Query{Text: "all_total"},
			FirstSample: slo.FirstZero, AbsentIsZero: true,
		}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestABoundIsOfGoodAndTotal(t *testing.T) {
	for text, want := range map[string][2]slo.Bound{
		"0.5":        {{At: 0.5}, {At: math.Inf(1)}},
		"0.5 strict": {{At: 0.5, Strict: true}, {At: math.Inf(1), Strict: true}},
		"strict,2e0": {{At: 2, Strict: true}, {At: math.Inf(1), Strict: true}},
		"strict":     {{Strict: true}, {Strict: true}},
	} {
		doc := strings.Replace(plain, "metadata: {name: x}", `metadata: {name: x, annotations: {shopslo.dev/bound: "`+text+`"}}`, 1)
		got := one(t, strings.Replace(doc, "bad:", "good:", 1)).Parts[0].Indicator
		if got.Good.Bound != want[0] || got.Total.Bound != want[1] {
			t.Errorf("%s: %+v and %+v, want %+v", text, got.Good.Bound, got.Total.Bound, want)
		}
	}
}

func TestACustomResourceOfKubernetesIsTheSameDocument(t *testing.T) {
	resource := strings.Replace(plain, "apiVersion: openslo/v1", "apiVersion: openslo.com/v1", 1)
	resource = strings.Replace(resource, "metadata: {name: x}", "metadata: {name: x, namespace: shop}", 1)
	if got, want := one(t, resource), one(t, plain); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestPositions(t *testing.T) {
	docs := parse(t, "---\n# a comment\n"+plain+"---\n"+strings.Replace(plain, "name: x", "name: y", 1))
	if p, ok := docs.Origin("y"); !ok || p.String() != "f.yaml:19" {
		t.Errorf("y is at %v, %v", p, ok)
	}
	if p, ok := docs.QueryOrigin(docs.SLOs[1].Parts[0].Indicator.Bad); !ok || p.String() != "f.yaml:29" {
		t.Errorf("y's query is at %v, %v", p, ok)
	}
	if _, ok := docs.Origin("z"); ok {
		t.Error("z has an origin")
	}
	if _, ok := docs.QueryOrigin(&slo.Query{Text: "bad_total"}); ok {
		t.Error("a copied query has an origin")
	}
}

func TestIndicators(t *testing.T) {
	q := func(text string) *slo.Query { return &slo.Query{Text: text} }
	tests := []struct {
		name, spec, objective string
		want                  slo.Indicator
	}{
		{"good of total", "ratioMetric: {counter: true, good: {metricSource: {spec: {query: g}}}, total: {metricSource: {spec: {query: t}}}}",
			"target: 0.9", slo.Indicator{Counter: slo.Yes, Good: q("g"), Total: q("t")}},
		{"not a counter", "ratioMetric: {counter: false, bad: {metricSource: {spec: {query: b}}}, total: {metricSource: {spec: {query: t}}}}",
			"target: 0.9", slo.Indicator{Counter: slo.No, Bad: q("b"), Total: q("t")}},
		{"a counter or not, that is not said", "ratioMetric: {bad: {metricSource: {spec: {query: b}}}, total: {metricSource: {spec: {query: t}}}}",
			"target: 0.9", slo.Indicator{Bad: q("b"), Total: q("t")}},
		{"a ratio of successes", "ratioMetric: {rawType: success, raw: {metricSource: {spec: {query: r}}}}",
			"target: 0.9", slo.Indicator{Kind: slo.RawRatio, Value: q("r")}},
		{"a ratio of failures", "ratioMetric: {rawType: failure, raw: {metricSource: {spec: {query: r}}}}",
			"target: 0.9", slo.Indicator{Kind: slo.RawRatio, Failure: true, Value: q("r")}},
		{"a threshold", "thresholdMetric: {metricSource: {spec: {query: v}}}",
			"{op: lte, value: -0.5, target: 0.9}", slo.Indicator{Kind: slo.Threshold, Op: slo.LessOrEqual, Limit: -0.5, Value: q("v")}},
		{"a threshold of zero", "thresholdMetric: {metricSource: {spec: {query: v}}}",
			"{op: gt, value: 0, target: 0.9}", slo.Indicator{Kind: slo.Threshold, Op: slo.GreaterThan, Value: q("v")}},
		{"op beside a ratio, as the specification's examples have it", "ratioMetric: {counter: true, good: {metricSource: {spec: {query: g}}}, total: {metricSource: {spec: {query: t}}}}",
			"{op: gt, target: 0.9}", slo.Indicator{Counter: slo.Yes, Good: q("g"), Total: q("t")}},
		{"a query that says its language", "thresholdMetric: {metricSource: {spec: {queryType: PromQL, query: v}}}",
			"{op: lt, value: 1, target: 0.9}", slo.Indicator{Kind: slo.Threshold, Op: slo.LessThan, Limit: 1, Value: q("v")}},
		{"a query over several lines", "thresholdMetric: {metricSource: {spec: {query: \"max(\\n  v)\"}}}",
			"{op: gte, value: 1, target: 0.9}", slo.Indicator{Kind: slo.Threshold, Op: slo.GreaterOrEqual, Limit: 1, Value: q("max(\n  v)")}},
		{"a data source by reference", "thresholdMetric: {metricSource: {metricSourceRef: tokyo, spec: {query: v}}}",
			"{op: gte, value: 1, target: 0.9}", slo.Indicator{Kind: slo.Threshold, Op: slo.GreaterOrEqual, Limit: 1, Value: &slo.Query{Source: "tokyo", Text: "v"}}},
	}
	for _, tt := range tests {
		tt.want.Name = "i"
		inline := "  indicator: {metadata: {name: i}, spec: {" + tt.spec + "}}\n"
		objectives := "  objectives:\n  - " + tt.objective + "\n"
		referred := "---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: i}\nspec: {" + tt.spec + "}\n"
		for how, doc := range map[string]string{
			"inline":       header + inline + rolling + occurrence + objectives,
			"by reference": header + "  indicatorRef: i\n" + rolling + occurrence + objectives + referred,
		} {
			t.Run(tt.name+", "+how, func(t *testing.T) {
				if got := one(t, doc).Parts[0].Indicator; !reflect.DeepEqual(got, tt.want) {
					t.Errorf("got  %+v\nwant %+v", got, tt.want)
				}
			})
		}
	}
}

func TestTargets(t *testing.T) {
	for text, want := range map[string]slo.Objective{
		"target: 0.999": 999_000_000, "targetPercent: 99.9": 999_000_000, "targetPercent: 99.99": 999_900_000,
		"targetPercent: 99.9999999": 999_999_999, "target: 0.123456789": 123_456_789, "target: 1e-9": 1, "targetPercent: 50": 500_000_000,
	} {
		got := one(t, strings.Replace(plain, "target: 0.999", text, 1))
		if got.Objective != want || got.Parts[0].Objective != want {
			t.Errorf("%s gives %d and %d, want %d", text, got.Objective, got.Parts[0].Objective, want)
		}
	}
}

func TestSeveralObjectivesBecomeSeveralSLOs(t *testing.T) {
	docs := parse(t, header+ratio+rolling+occurrence+`  objectives:
  - {displayName: "Good & fast", target: 0.9}
  - {target: 0.99}
  - {displayName: good-FAST, target: 0.999}
  - {displayName: 速い, target: 0.9999}
  - {displayName: "2", target: 0.99999}
`)
	want := []string{"x:good-fast 0.9", "x:2 0.99", "x:3 0.999", "x:4 0.9999", "x:5 0.99999"}
	for i, s := range docs.SLOs {
		if got := fmt.Sprintf("%s %v", s.Name, s.Objective.Ratio()); got != want[i] {
			t.Errorf("SLO %d is %s, want %s", i, got, want[i])
		}
		if len(s.Parts) != 1 || s.Parts[0].Objective != s.Objective || s.Parts[0].Weight != 1 || s.Parts[0].Name != s.Name {
			t.Errorf("%s: parts %+v", s.Name, s.Parts)
		}
		if p, _ := docs.Origin(s.Name); p.Line != 16+i {
			t.Errorf("%s is at %v", s.Name, p)
		}
	}
	if len(docs.SLOs) != len(want) || docs.SLOs[0].DisplayName != "Good & fast" {
		t.Errorf("SLOs %+v", docs.SLOs)
	}
}

func TestAThresholdHasALimitPerObjective(t *testing.T) {
	docs := parse(t, header+threshold+rolling+occurrence+`  objectives:
  - {displayName: fast, op: lt, value: 1, target: 0.9}
  - {displayName: slow, op: lt, value: 5, target: 0.99}
`)
	if a, b := docs.SLOs[0].Parts[0].Indicator.Limit, docs.SLOs[1].Parts[0].Indicator.Limit; a != 1 || b != 5 {
		t.Errorf("limits %v and %v, want 1 and 5", a, b)
	}
}

func TestCompositesBecomeOneSLO(t *testing.T) {
	sli := "---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: pay}\nspec: {thresholdMetric: {metricSource: {spec: {query: v}}}}\n"
	inline := "indicator: {metadata: {name: cart}, spec: {ratioMetric: {counter: true, bad: {metricSource: {spec: {query: b}}}, total: {metricSource: {spec: {query: t}}}}}}"
	tests := []struct {
		name          string
		first, second string
		want          slo.Objective
		weights       [2]float64
		objectives    [2]slo.Objective
		method        string
		slice         time.Duration
		sliceTarget   float64
	}{
		{"equal targets are the whole's target", "target: 0.99, compositeWeight: 3", "target: 0.99, compositeWeight: 1",
			990_000_000, [2]float64{3, 1}, [2]slo.Objective{990_000_000, 990_000_000}, "Occurrences", 0, 0},
		{"the weight is 1 by default, and the whole's target the mean", "target: 0.99", "targetPercent: 98",
			985_000_000, [2]float64{1, 1}, [2]slo.Objective{990_000_000, 980_000_000}, "Occurrences", 0, 0},
		{"the mean is by weight", "target: 0.9, compositeWeight: 0.3", "target: 0.8, compositeWeight: 0.1",
			875_000_000, [2]float64{0.3, 0.1}, [2]slo.Objective{900_000_000, 800_000_000}, "Occurrences", 0, 0},
		{"huge weights do not overflow", "target: 0.9, compositeWeight: 1e308", "target: 0.8, compositeWeight: 1e308",
			850_000_000, [2]float64{1e308, 1e308}, [2]slo.Objective{900_000_000, 800_000_000}, "Occurrences", 0, 0},
		{"a shared time slice is the whole's", "target: 0.9, timeSliceTarget: 0.5, timeSliceWindow: 60m", "target: 0.9, timeSliceTarget: 0.5, timeSliceWindow: 1h",
			900_000_000, [2]float64{1, 1}, [2]slo.Objective{900_000_000, 900_000_000}, "Timeslices", time.Hour, 0.5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := one(t, header+rolling+"  budgetingMethod: "+tt.method+"\n  objectives:\n"+
				"  - {displayName: The cart, "+tt.first+", "+inline+"}\n"+
				"  - {op: lt, value: 2, indicatorRef: pay, "+tt.second+"}\n"+sli)
			if s.Name != "x" || s.Objective != tt.want || len(s.Parts) != 2 || s.Slice != tt.slice || s.SliceTarget != tt.sliceTarget {
				t.Fatalf("got %+v, want objective %d", s, tt.want)
			}
			for i, p := range s.Parts {
				if p.Weight != tt.weights[i] || p.Objective != tt.objectives[i] {
					t.Errorf("part %d is %+v", i, p)
				}
			}
			if a, b := s.Parts[0], s.Parts[1]; a.Name != "the-cart" || b.Name != "2" || a.Indicator.Name != "cart" ||
				b.Indicator.Kind != slo.Threshold || b.Indicator.Limit != 2 {
				t.Errorf("parts %+v", s.Parts)
			}
		})
	}
}

func TestMethods(t *testing.T) {
	tests := []struct {
		name, method, objective string
		want                    slo.Method
		slice                   time.Duration
		target                  float64
	}{
		{"time slices", "Timeslices", "timeSliceTarget: 0.95, timeSliceWindow: 5m", slo.Timeslices, 5 * time.Minute, 0.95},
		{"a bare number is minutes", "Timeslices", "timeSliceTarget: 1, timeSliceWindow: 5", slo.Timeslices, 5 * time.Minute, 1},
		{"an hour", "Timeslices", "timeSliceTarget: 0.5, timeSliceWindow: 1h", slo.Timeslices, time.Hour, 0.5},
		{"a day is 24 hours", "RatioTimeslices", "timeSliceWindow: 1d", slo.RatioTimeslices, 24 * time.Hour, 0},
		{"ratios of slices have no slice target", "RatioTimeslices", "timeSliceTarget: 0.95, timeSliceWindow: 2", slo.RatioTimeslices, 2 * time.Minute, 0},
		{"occurrences have no slices", "Occurrences", "timeSliceTarget: 0.95, timeSliceWindow: 2", slo.Occurrences, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := one(t, header+ratio+rolling+"  budgetingMethod: "+tt.method+"\n  objectives: [{target: 0.9, "+tt.objective+"}]\n")
			if s.Method != tt.want || s.Slice != tt.slice || s.SliceTarget != tt.target {
				t.Errorf("got %v, slice %v, target %v", s.Method, s.Slice, s.SliceTarget)
			}
		})
	}
}

func TestWindows(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	calendar := func(d string) string {
		return "{duration: " + d + ", calendar: {startTime: 2026-01-01 00:00:00, timeZone: Asia/Tokyo}}"
	}
	anchor := time.Date(2026, 1, 1, 0, 0, 0, 0, tokyo)
	tests := []struct {
		name, window string
		want         slo.Window
	}{
		{"minutes roll", "{duration: 90m, isRolling: true}", slo.Window{Length: 90 * time.Minute, Text: "90m"}},
		{"weeks roll", "{duration: 4w, isRolling: true}", slo.Window{Length: 28 * 24 * time.Hour, Text: "4w"}},
		{"leading zeros do not count", "{duration: 007d, isRolling: true}", slo.Window{Length: 7 * 24 * time.Hour, Text: "7d"}},
		{"a calendar day", calendar("1d"), slo.Window{Unit: slo.Day, Count: 1, Anchor: anchor, Text: "1d"}},
		{"two calendar weeks", calendar("2w"), slo.Window{Unit: slo.Week, Count: 2, Anchor: anchor, Text: "2w"}},
		{"a calendar month", calendar("1M"), slo.Window{Unit: slo.Month, Count: 1, Anchor: anchor, Text: "1M"}},
		{"a calendar quarter", calendar("1Q"), slo.Window{Unit: slo.Quarter, Count: 1, Anchor: anchor, Text: "1Q"}},
		{"a calendar year", calendar("1Y"), slo.Window{Unit: slo.Year, Count: 1, Anchor: anchor, Text: "1Y"}},
		{"a start time in quotes", `{duration: 1M, isRolling: false, calendar: {startTime: "2026-01-01 00:00:00", timeZone: Asia/Tokyo}}`,
			slo.Window{Unit: slo.Month, Count: 1, Anchor: anchor, Text: "1M"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := one(t, header+ratio+"  timeWindow:\n  - "+tt.window+"\n"+occurrence+objective).Window
			if !got.Anchor.Equal(tt.want.Anchor) || got.Anchor.Location().String() != tt.want.Anchor.Location().String() {
				t.Errorf("anchor %v, want %v", got.Anchor, tt.want.Anchor)
			}
			got.Anchor = tt.want.Anchor
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestAFebruaryInTokyoHas28Days(t *testing.T) {
	w := one(t, strings.Replace(plain, "{duration: 28d, isRolling: true}",
		"{duration: 1M, calendar: {startTime: 2022-01-01 00:00:00, timeZone: Asia/Tokyo}}", 1)).Window
	if got := w.Nominal(time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)); got != 28*24*time.Hour {
		t.Errorf("%v", got)
	}
}

func TestSourcesAndServicesAreReturned(t *testing.T) {
	docs := parse(t, `
- apiVersion: openslo/v1
  kind: DataSource
  metadata: {name: tokyo, labels: {team: [a, b], env: prod}}
  spec:
    type: Prometheus
    connectionDetails:
    - {url: "http://prometheus:9090", retries: 3, tls: true, since: 2026-01-01}
- apiVersion: openslo/v1
  kind: Service
  metadata: {name: shop, displayName: The shop}
  spec: {description: Sells things.}
`)
	if len(docs.Sources) != 1 || len(docs.Services) != 1 {
		t.Fatalf("got %+v", docs)
	}
	s := docs.Sources[0]
	const details = `[{"retries":3,"since":"2026-01-01","tls":true,"url":"http://prometheus:9090"}]`
	if s.Name != "tokyo" || s.Type != "Prometheus" || string(s.ConnectionDetails) != details || s.Position.String() != "f.yaml:4" {
		t.Errorf("source %+v with details %s", s, s.ConnectionDetails)
	}
	want := openslo.Service{Name: "shop", DisplayName: "The shop", Description: "Sells things.", Position: openslo.Position{File: "f.yaml", Line: 11}}
	if !reflect.DeepEqual(docs.Services[0], want) {
		t.Errorf("service %+v", docs.Services[0])
	}
}

func TestAnchorsAliasesAndMergesAreFollowed(t *testing.T) {
	docs := parse(t, header+`  indicator:
    metadata: {name: requests}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: &source {type: Prometheus, spec: {query: b}}}
        total: {metricSource: {<<: [*source, {metricSourceRef: eu, type: Datadog}], spec: {query: t}}}
`+rolling+occurrence+objective)
	ind := docs.SLOs[0].Parts[0].Indicator
	if ind.Bad.Text != "b" || ind.Total.Text != "t" || ind.Total.Source != "eu" {
		t.Errorf("queries %v and %v", ind.Bad, ind.Total)
	}
}

func TestListsAndJSONAreReadToo(t *testing.T) {
	list := "- &a\n  " + strings.ReplaceAll(strings.TrimSpace(plain), "\n", "\n  ") + "\n"
	if s := one(t, list); s.Name != "x" {
		t.Errorf("a list gives %q", s.Name)
	}
	s := one(t, `{"apiVersion": "openslo/v1", "kind": "SLO", "metadata": {"name": "x"}, "spec": {"service": "s", "budgetingMethod": "Occurrences",
		"timeWindow": [{"duration": "1d", "isRolling": true}], "objectives": [{"target": 0.5, "op": "lt", "value": 1}],
		"indicator": {"metadata": {"name": "i"}, "spec": {"thresholdMetric": {"metricSource": {"spec": {"query": "v"}}}}}}}`)
	if s.Objective != 500_000_000 {
		t.Errorf("objective %v", s.Objective)
	}
}

func asFaults(t *testing.T, err error) document.Faults {
	t.Helper()
	var faults document.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatalf("error %v is not a list of faults", err)
	}
	return faults
}
