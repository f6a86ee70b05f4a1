package slo

import (
	"fmt"
	"strings"
)

// AbsentIsZero is the annotation that makes a metric that does not exist count 0.
const AbsentIsZero = `shopslo.dev/absent-is-zero: "true"`

// String says in a sentence, without its full stop, what is absent, and what to do.
func (a Absence) String() string {
	hint := func(before string) string {
		if len(a.Nearest) == 0 {
			return ""
		}
		return before + strings.Join(a.Nearest, ", ")
	}
	head := fmt.Sprintf("%s selector %s: ", a.Side, a.Selector)
	switch a.Kind {
	case NoMetric:
		if a.Label != "" {
			return head + "no series of the metric has such a " + a.Label + hint("; there is ")
		}
		text := head + "the metric does not exist" + hint("; nearest: ")
		if a.Side == "bad" {
			text += "; where it is created with its first error, say so: " + AbsentIsZero
		}
		return text
	case NoLabel:
		return head + "the metric has no label " + a.Label + hint("; nearest: ")
	case NoBound:
		return head + "the metric has no such " + a.Label + hint("; nearest: ")
	case NoSubject:
		return head + "nothing is being sent"
	case Unlabelled:
		return head + "the metric has no series with the labels that tell whose it is; relabel it, or correct match"
	case LoneLabel:
		return head + "the metric has no label " + a.Label + ", so the matcher leaves nothing out" + hint("; nearest: ")
	}
	if a.Excused {
		return head + "the metric does not exist, which counts as 0: " + AbsentIsZero
	}
	if a.Label != "" {
		return head + "matches nothing so far, which counts as 0; values of " + a.Label + hint(" now: ")
	}
	return head + "matches nothing so far, which counts as 0"
}
