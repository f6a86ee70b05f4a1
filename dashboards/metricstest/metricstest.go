// Package metricstest says which metrics shopslo and shopset_exporter export, and
// whether an expression asks for others. It is for tests of what is built on metrics:
// rules and dashboards.
package metricstest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shopslo/shopslo/exporters/budget"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// Metrics are the labels of each metric by its name.
type Metrics map[string][]string

// ofTarget are labels that Prometheus itself adds.
var ofTarget = []string{"job", "instance"}

// described is how client_golang writes a metric's description.
var described = regexp.MustCompile(`fqName: "(\w+)".*variableLabels: \{([\w,]*)\}`)

// row is a metric's line in docs/metrics.md, which is generated from what the
// exporter writes.
var row = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| ([^|]+) \\| ([^|]*) \\|")

// Exported gives the metrics of budgets, and those that the table of shopset_exporter
// in the file docs lists. It fails the test where it finds suspiciously few.
func Exported(t testing.TB, docs string) Metrics {
	t.Helper()
	m := Metrics{}
	m.Add(budget.NewCollector(nil))
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range row.FindAllStringSubmatch(string(text), -1) {
		names := strings.FieldsFunc(r[3], func(c rune) bool { return c == '`' || c == ',' || c == ' ' })
		if m[r[1]] = names; strings.TrimSpace(r[2]) == "histogram" {
			m[r[1]+"_sum"], m[r[1]+"_count"], m[r[1]+"_bucket"] = names, names, append(names, "le")
		}
	}
	if len(m) < 50 {
		t.Fatalf("only %d metrics are known: %s is not as it was, or the exporters are not", len(m), docs)
	}
	return m
}

// Add takes in what a collector describes.
func (m Metrics) Add(c prometheus.Collector) {
	ch := make(chan *prometheus.Desc, 1000)
	c.Describe(ch)
	close(ch)
	for d := range ch {
		if f := described.FindStringSubmatch(d.String()); f != nil {
			m[f[1]] = strings.FieldsFunc(f[2], func(c rune) bool { return c == ',' })
		}
	}
}

// Check parses an expression, and reports the first metric, label or state in its
// selectors that is not exported.
func (m Metrics) Check(expr string) error {
	e, err := parser.ParseExpr(expr)
	if err != nil {
		return fmt.Errorf("%w in %s", err, expr)
	}
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok && err == nil {
			err = m.selector(s)
		}
		return nil
	})
	return err
}

func (m Metrics) selector(s *parser.VectorSelector) error {
	known, ok := m[s.Name]
	if !ok {
		return fmt.Errorf("nothing exports %q", s.Name)
	}
	for _, matcher := range s.LabelMatchers {
		if matcher.Name == labels.MetricName {
			continue
		}
		if !slices.Contains(known, matcher.Name) && !slices.Contains(ofTarget, matcher.Name) {
			return fmt.Errorf("%s has no label %q", s.Name, matcher.Name)
		}
		if states := statesOf(s.Name); matcher.Name == "state" && !slices.ContainsFunc(states, matcher.Matches) {
			return fmt.Errorf("%s is never in the state %q, only in %q", s.Name, matcher.Value, states)
		}
	}
	return nil
}

// statesOf gives the values of the label state.
func statesOf(name string) []string {
	var out []string
	switch {
	case name == "shopslo_slo_state":
		for _, s := range slo.States {
			out = append(out, string(s))
		}
	case strings.Contains(name, "_sync_"):
		for _, s := range fleet.SyncStatuses {
			out = append(out, string(s))
		}
	case strings.Contains(name, "_health_"):
		for _, s := range fleet.Healths {
			out = append(out, string(s))
		}
	}
	return out
}
