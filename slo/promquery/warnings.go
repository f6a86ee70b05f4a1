package promquery

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// warnings looks for what is likely not meant, in each selector once.
func warnings(expr parser.Expr, selects bool) []string {
	var out []string
	add := func(w string) {
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	for _, s := range selectorsOf(expr) {
		if selects && metric(s) == "" {
			add(fmt.Sprintf("%s names no single metric; counters of different meaning may be summed", s))
		}
		le := boundOf(s)
		switch {
		case le == nil:
		case selects && le.Type == labels.MatchRegexp && !oneBound(le.Value) && !severalBounds(le.Value):
			add(fmt.Sprintf("%s may match several buckets, which are cumulative: an event would count several times; match one bound", le))
		case le.Type == labels.MatchEqual:
			add(boundWarning(le, selects))
		}
	}
	return out
}

// boundOf is a selector's matcher of a classic histogram's bound, nil without one.
func boundOf(s *parser.VectorSelector) *labels.Matcher {
	for _, m := range s.LabelMatchers {
		if m.Name == labels.BucketLabel {
			return m
		}
	}
	return nil
}

// boundWarning warns of a bound that exporters spell differently, where the text goes to
// the source as it is: there the label is text, and "1" (the classic text format) is not
// "1.0" (OpenMetrics, and Prometheus from version 3 on). Counted series are matched by
// the number.
func boundWarning(le *labels.Matcher, selects bool) string {
	v, err := strconv.ParseFloat(le.Value, 64)
	if err != nil {
		return fmt.Sprintf("%s is not a bucket's bound: it is not a number", le)
	}
	short := strconv.FormatFloat(v, 'g', -1, 64)
	switch {
	case selects:
	case !strings.ContainsAny(short, ".eIN"):
		return fmt.Sprintf(`%s misses series where the bound is spelled otherwise: %s or %s.0; le=~"%s|%s\\.0" matches both`, le, short, short, short, short)
	case le.Value != short:
		return fmt.Sprintf("%s likely matches nothing: exporters write this bound as %q", le, short)
	}
	return ""
}

// buckets refuses a side that counts events once for each bucket they are in.
func (s *side) buckets() error {
	for _, v := range selectorsOf(s.understood.expr) {
		le := boundOf(v)
		switch {
		case le == nil && strings.HasSuffix(metric(v), "_bucket"):
			return s.fault(`%s selects all buckets of a histogram, which are cumulative: an event would count several times; name one bound, such as %s{le="+Inf"} for all events`, v, metric(v))
		case le == nil, le.Type == labels.MatchEqual, le.Type == labels.MatchRegexp && !severalBounds(le.Value):
		default:
			return s.fault(`%s in %s matches several buckets of a histogram, which are cumulative: an event would count several times; name one bound, such as le="0.5"`, le, v)
		}
	}
	return nil
}

// bounds reads a pattern as a list of numbers: 1|1\.0. False where it is another one.
func bounds(pattern string) (list []float64, ok bool) {
	for alternative := range strings.SplitSeq(strings.Trim(pattern, "()"), "|") {
		v, err := strconv.ParseFloat(strings.NewReplacer(`\.`, ".", `\+`, "+", "[.]", ".").Replace(alternative), 64)
		if err != nil {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}

// oneBound reports whether a pattern is a list of spellings of one number.
func oneBound(pattern string) bool {
	list, ok := bounds(pattern)
	return ok && len(slices.Compact(list)) == 1
}

// severalBounds reports whether it is certain that a pattern matches several numbers.
func severalBounds(pattern string) bool {
	list, ok := bounds(pattern)
	return ok && len(slices.Compact(list)) > 1
}
