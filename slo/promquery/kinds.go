package promquery

import (
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// Types tells a metric's type as its source's metadata have it: counter, gauge,
// histogram or summary (also of their series, such as x_bucket of x); "unknown" or ""
// where they do not say. Its error means that the source could not be asked now.
type Types func(metric string) (string, error)

// kind is what a metric's samples are.
type kind int

const (
	unknown kind = iota
	counter
	gauge
	// recordedRate is a gauge by its name: a recording rule's rate or ratio.
	recordedRate
)

// typed is the kind of a metric, and how it is known.
type typed struct {
	metric string
	kind   kind
	// told: the source's metadata say so, not the name alone.
	told bool
	// conflict: the metadata say gauge, the name says counter.
	conflict bool
}

// suffixes that counters have by convention, also those of histograms and summaries.
var suffixes = []string{"_total", "_bucket", "_count", "_sum"}

func endsAsCounter(name string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

// recorded reports whether a name is that of a recording rule: level:metric:operations.
func recorded(name string) bool { return strings.Contains(name, ":") }

// ofRate finds a rate among the words of a name: rate5m, ratio, increase.
var ofRate = regexp.MustCompile(`(^|[:_])(i?rate|ratio|increase|i?delta|deriv)[0-9smhdwy]*($|[:_])`)

// kindOf finds out what a metric is: by the source's metadata, else by its name. The
// error is that of types, where the name alone does not tell.
func kindOf(name string, types Types) (typed, error) {
	t := typed{metric: name}
	switch {
	case name == "":
		return t, nil
	case recorded(name) && ofRate.MatchString(name):
		t.kind = recordedRate
		return t, nil
	case endsAsCounter(name):
		t.kind = counter
	}
	if types == nil {
		return t, nil
	}
	byType, err := typeOf(name, types)
	switch {
	case err != nil && t.kind == unknown:
		return t, err
	case err != nil || byType == unknown:
		return t, nil
	}
	t.conflict = t.kind == counter && byType == gauge
	t.kind, t.told = byType, true
	return t, nil
}

// typeOf asks for a metric's type.
func typeOf(name string, types Types) (kind, error) {
	own, err := types(name)
	switch own {
	case "counter", "histogram": // all series of a histogram count, also native ones
		return counter, err
	case "gauge":
		return gauge, err
	case "summary":
		if strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_sum") {
			return counter, err
		}
		return gauge, err // a quantile
	}
	return unknown, err
}

// sums are those of the selectors' metrics that are recorded sums of counters.
func sums(selectors []*parser.VectorSelector) []string {
	var out []string
	for _, s := range selectors {
		if name := metric(s); recorded(name) && !ofRate.MatchString(name) {
			out = append(out, name)
		}
	}
	return out
}

// madeOf guesses the counter that a recording rule is made of, by the convention
// level:metric:operations; "" where the name does not tell.
func madeOf(name string) string {
	for part := range strings.SplitSeq(name, ":") {
		if endsAsCounter(part) {
			return part
		}
	}
	return ""
}
