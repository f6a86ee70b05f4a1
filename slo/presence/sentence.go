package presence

import (
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// annotation makes a metric of bad events that does not exist count 0.
const annotation = `shopslo.dev/absent-is-zero: "true"`

// Sentence says what is absent, and what to do, without a full stop.
func Sentence(a slo.Absence) string {
	hint := func(before string) string {
		if len(a.Nearest) == 0 {
			return ""
		}
		return before + strings.Join(a.Nearest, ", ")
	}
	head := strings.TrimPrefix(fmt.Sprintf("%s %s: ", a.Side, a.Selector), " ")
	switch a.Kind {
	case slo.NoMetric:
		if a.Label != "" {
			return head + "no series of the metric has such a " + a.Label + hint("; there is ")
		}
		text := head + "the metric does not exist" + hint("; nearest: ")
		if a.Side == "bad" {
			text += "; where it is created with its first error, say so: " + annotation
		}
		return text
	case slo.NoLabel:
		return head + "the metric has no label " + a.Label + hint("; nearest: ")
	case slo.NoBound:
		return head + "the metric has no such " + a.Label + hint("; nearest: ")
	case slo.NoSubject:
		return head + "nothing is sent; is it running and scraped, and does its match fit the series?"
	case slo.Unlabelled:
		return head + "no series of the metric carries the ShopSet's labels; relabel them, or correct its match"
	case slo.LoneLabel:
		return head + "the metric has no label " + a.Label + ", so the matcher leaves nothing out" + hint("; nearest: ")
	}
	if a.Label != "" {
		return head + "matches nothing so far, which counts as 0; " + a.Label + hint(" is ")
	}
	return head + "matches nothing so far, which counts as 0"
}

// excused is the note on a metric that the annotation makes 0.
func excused(a slo.Absence) string {
	return fmt.Sprintf("bad %s: the metric does not exist, which counts as 0 (%s)", a.Selector, annotation)
}
