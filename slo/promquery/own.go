package promquery

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// ownPrefix is how the metrics begin that shopslo exposes of its budgets; ownCounters are
// those that grow.
const ownPrefix = "shopslo_slo_"

var ownCounters = []string{ownPrefix + "events_total", ownPrefix + "bad_events_total"}

// denyOwn refuses an SLI over what another shopslo has counted. Where that one does not
// count, its counters stand still although it can be scraped, and no bad events would be
// seen: that nothing is known must never look like that all is well.
func (s *side) denyOwn() error {
	for _, v := range selectorsOf(s.understood.expr) {
		if name, own := ownMetric(v); own {
			return s.fault("%s is what a shopslo has counted, and stands still where that one cannot count, so that nothing bad would be seen; "+
				"write the query with the metrics that the SLO of that shopslo counts", name)
		}
	}
	return nil
}

// ownMetric reports whether a selector asks for metrics of budgets, by name or pattern.
func ownMetric(v *parser.VectorSelector) (name string, own bool) {
	named := false
	match := append([]string{}, ownCounters...)
	for _, m := range v.LabelMatchers {
		if m.Name != labels.MetricName {
			continue
		}
		if m.Type == labels.MatchEqual && strings.HasPrefix(m.Value, ownPrefix) {
			return m.Value, true
		}
		named = named || m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp
		var left []string
		for _, c := range match {
			if m.Matches(c) {
				left = append(left, c)
			}
		}
		match = left
	}
	if !named || len(match) == 0 {
		return "", false
	}
	return match[0], true
}
