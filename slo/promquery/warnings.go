package promquery

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// warnings looks for what is likely not meant, in each selector once.
func warnings(expr parser.Expr, selects bool) []string {
	var out []string
	add := func(w string) {
		for _, known := range out {
			if known == w {
				return
			}
		}
		if w != "" {
			out = append(out, w)
		}
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if e, ok := n.(*parser.VectorSelector); ok {
			if selects && metric(e) == "" {
				add(fmt.Sprintf("%s names no single metric; counters of different meaning may be summed", e))
			}
			add(bucketWarning(e, selects))
		}
		return nil
	})
	add(rateWarning(expr))
	return out
}

// rateWarning points out a rate, summed or not, that could be counted exactly as
// the good, bad or total of a ratio.
func rateWarning(expr parser.Expr) string {
	switch e := strip(expr).(type) {
	case *parser.AggregateExpr:
		if e.Op == parser.SUM {
			return rateWarning(e.Expr)
		}
	case *parser.Call:
		switch e.Func.Name {
		case "rate", "irate", "increase":
			return e.Func.Name + "() estimates, on a grid; where this is a side of a ratio, the bare counter with counter: true counts every event"
		}
	}
	return ""
}

// bucketWarning warns of a classic histogram's bucket whose le matches no series,
// or several. The label is text: exporters write the same bound as "1" (the
// classic text format) or "1.0" (OpenMetrics, and Prometheus from version 3 on).
func bucketWarning(s *parser.VectorSelector, selects bool) string {
	var le *labels.Matcher
	for _, m := range s.LabelMatchers {
		if m.Name == labels.BucketLabel {
			le = m
		}
	}
	switch {
	case le == nil:
		if selects && strings.HasSuffix(metric(s), "_bucket") {
			return fmt.Sprintf("%s selects all buckets, which are cumulative: an event would count several times; name one by le", s)
		}
		return ""
	case le.Type == labels.MatchEqual:
		return boundWarning(le)
	case le.Type == labels.MatchRegexp && oneBound(le.Value), !selects:
		return ""
	}
	return fmt.Sprintf("%s may match several buckets, which are cumulative: an event would count several times; match one bound", le)
}

// boundWarning warns of a bound that exporters spell differently.
func boundWarning(le *labels.Matcher) string {
	v, err := strconv.ParseFloat(le.Value, 64)
	if err != nil {
		return fmt.Sprintf("%s is not a bucket's bound: it is not a number", le)
	}
	short := strconv.FormatFloat(v, 'g', -1, 64)
	switch {
	case !strings.ContainsAny(short, ".eIN"):
		return fmt.Sprintf(`%s misses series where the bound is spelled otherwise: %s or %s.0; le=~"%s|%s\\.0" matches both`, le, short, short, short, short)
	case le.Value != short:
		return fmt.Sprintf("%s likely matches nothing: exporters write this bound as %q", le, short)
	}
	return ""
}

// oneBound reports whether a pattern is a list of spellings of one number:
// 1|1\.0.
func oneBound(pattern string) bool {
	var first float64
	for i, alternative := range strings.Split(strings.Trim(pattern, "()"), "|") {
		v, err := strconv.ParseFloat(strings.NewReplacer(`\.`, ".", `\+`, "+", "[.]", ".").Replace(alternative), 64)
		if err != nil || i > 0 && v != first {
			return false
		}
		first = v
	}
	return true
}
