package openslo_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/openslo"
)

// Documents as operators, converters and books write them: read, or refused with each
// fault at its line.
func TestDocumentsAsTheyAreFoundInPublic(t *testing.T) {
	const ratio = `
  indicator:
    metadata: {name: ok}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: Prometheus, spec: {query: 'reads_total{code!~"5.."}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: reads_total}}}
`
	for _, tt := range []struct {
		name, doc string
		faults    []string
	}{
		{"a custom resource that has texts for numbers and mappings", `apiVersion: openslo/v1
kind: SLO
metadata: {name: read-ok}
spec:
  service: logs
  budgetingMethod: Occurrences
  timeWindow: [{duration: 28d, isRolling: true}]
  indicator:
    metadata: {name: ok}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: Prometheus
            spec: |
              reads_total{code!~"5.."}
        total:
          metricSource:
            type: Prometheus
            spec: |
              reads_total
  objectives: [{displayName: reads, target: '0.99'}]
`, []string{
			"f.yaml:16:19: SLO \"read-ok\": spec.indicator.spec.ratioMetric.good.metricSource.spec: needs a mapping",
			"f.yaml:21:19: SLO \"read-ok\": spec.indicator.spec.ratioMetric.total.metricSource.spec: needs a mapping",
			"f.yaml:23:45: SLO \"read-ok\": spec.objectives[0].target: needs a number",
		}},
		{"words for durations and days", `apiVersion: openslo/v1
kind: SLO
metadata: {name: weekly_Calendar}
spec:
  service: web
  budgetingMethod: Occurrences
  timeWindow: [{duration: Week, isRolling: false,
    calendar: {startTime: Monday, timeZone: Asia/Tokyo}}]` + ratio + "  objectives: [{target: 0.98}]\n", []string{
			"f.yaml:3:18: SLO \"weekly_Calendar\": metadata.name: must be a name of small letters",
			"f.yaml:7:27: SLO \"weekly_Calendar\": spec.timeWindow[0].duration: \"Week\" is not a duration",
			"f.yaml:8:27: SLO \"weekly_Calendar\": spec.timeWindow[0].calendar.startTime: must be a date and time without a zone",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openslo.Parse("f.yaml", []byte(tt.doc))
			faults := asFaults(t, err)
			if len(faults) != len(tt.faults) {
				t.Fatalf("got %v", err)
			}
			for i, want := range tt.faults {
				if got := faults[i].Error(); !strings.HasPrefix(got, want) {
					t.Errorf("got %s\nwant %s", got, want)
				}
			}
		})
	}
	t.Run("a list of objects, a threshold by reference, a week from a Saturday", func(t *testing.T) {
		s := one(t, `- apiVersion: openslo/v1
  kind: SLO
  metadata: {name: lag}
  spec:
    service: web
    indicatorRef: lag-sli
    timeWindow: [{duration: 1w, isRolling: false, calendar: {startTime: 2026-01-03 12:00:00, timeZone: America/New_York}}]
    budgetingMethod: Timeslices
    objectives: [{displayName: Good, op: gt, value: 3, target: 0.995, timeSliceTarget: 0.95, timeSliceWindow: 1m}]
- apiVersion: openslo/v1
  kind: SLI
  metadata: {name: lag-sli}
  spec:
    thresholdMetric: {metricSource: {type: Prometheus, spec: {query: 'sum by (shopset) (min_over_time(consumer_lag[2m]))'}}}
`)
		if s.Method != slo.Timeslices || s.Slice != time.Minute {
			t.Errorf("%+v", s)
		}
	})
	t.Run("a slice in minutes without a unit, and op beside a ratio", func(t *testing.T) {
		docs := parse(t, `apiVersion: openslo/v1
kind: SLO
metadata: {name: slices}
spec:
  service: web
  budgetingMethod: Timeslices
  timeWindow: [{duration: 7d, isRolling: true}]`+ratio+"  objectives: [{op: gte, target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 5}]\n")
		if len(docs.SLOs) != 1 || docs.SLOs[0].Slice != 5*time.Minute || len(docs.Notes) != 1 || !strings.Contains(docs.Notes[0].String(), "op means nothing") {
			t.Errorf("%+v, notes %v", docs.SLOs, docs.Notes)
		}
	})
	t.Run("buckets for the good and for all", func(t *testing.T) {
		s := one(t, `apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: web
  budgetingMethod: Timeslices
  timeWindow: [{duration: 1d, isRolling: false, calendar: {startTime: "2026-11-14 11:00:00", timeZone: Etc/UTC}}]
  indicator:
    metadata: {name: fast}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: Prometheus, spec: {query: 'sum(seconds_bucket{status=~"2..|3..",le="1"})'}}}
        total: {metricSource: {type: Prometheus, spec: {query: 'sum(seconds_bucket{le="+Inf"})'}}}
  objectives: [{target: 0.75, timeSliceTarget: 0.75, timeSliceWindow: 1m}]
`)
		if s.Method != slo.Timeslices || s.SliceTarget != 0.75 {
			t.Errorf("%+v", s)
		}
	})
}
