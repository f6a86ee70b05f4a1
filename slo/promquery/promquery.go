// Package promquery understands PromQL just enough to say how a query can be
// counted: from the raw samples of the series that it selects, or only by
// evaluating it on a grid. Classify understands one text, Read the two of a ratio.
//
// A text is counted from raw samples where it picks series, or how fast they grow,
// and at most sums them, since a count is summed per subject anyway:
//
//   - one instant vector selector S, in parentheses or not, without offset and @;
//   - rate(S[w]), irate(S[w]) or increase(S[w]), likewise: over time they add up to
//     what S has counted;
//   - sum(…) of these, also by or without labels: however the sums are grouped,
//     together they are the same;
//   - a or b, where both select the same metric. Then or joins the two sets of
//     series, each series once. With different metrics or would hide series of b
//     that have the labels of one of a, so that is evaluated as it stands;
//   - a or vector(0), or anything else that is 0, such as b * 0: it adds nothing;
//   - sum(a) + sum(b), both without grouping, where no series can match both.
//     One deviation is meant: where b has no series, PromQL has no result, but
//     here the events of a still count, for a series that does not exist has
//     counted nothing;
//   - any of these times or divided by a constant above 0, which cancels out of a
//     ratio where both sides have it;
//   - histogram_count(a), and histogram_fraction(0, B, a) times that, of native histograms
//     or classic ones: the events that they have counted, all or at or below B. Beside
//     histogram_count(a) as the other side of a ratio, histogram_fraction(0, B, a) alone
//     means as much.
//
// Everything else is an expression.
package promquery

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shopslo/shopslo/slo"
)

// Query is an understood PromQL text.
type Query struct {
	// Selectors pick the series whose events the text counts; a series that
	// several of them pick counts once. Empty: the text is an expression, to be
	// evaluated on a grid.
	Selectors []slo.Selector
	// Growth is rate, irate or increase where the text asks how fast the series
	// grow; "" where it asks for their values.
	Growth string
	// Scale is what the text gives for each event (for values), or each event per
	// second (for growth): 300 for increase(m[5m]). 0 for an expression.
	Scale float64
	// Text is the PromQL, trimmed of white space around it.
	Text string
	// Warnings are sentences about what is likely not meant. They change nothing.
	Warnings []string

	expr parser.Expr
	shape
}

// Selects reports whether the text can be counted from raw samples, where the series
// are counters.
func (q Query) Selects() bool { return len(q.Selectors) > 0 }

// Error is a text that is not usable PromQL, and where in the text it fails.
type Error struct {
	Line, Column int // from 1; the column in characters
	Message      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d of the query: %s", e.Line, e.Column, e.Message)
}

// template finds what other tools fill in before the query is run: Sloth's
// {{.window}}.
var template = regexp.MustCompile(`\{\{-?\s*\.?\w+`)

// variable finds Grafana's $__rate_interval, [$interval] or ${range}.
var variable = regexp.MustCompile(`\$(__)?\{?\w+`)

// Classify understands a text. Its error is an *Error: the text does not
// parse, still has a template in it, or gives neither a number nor an instant
// vector.
func Classify(text string) (Query, error) { return classify(text, slo.Bound{}) }

// classify understands a text whose plain selectors of histograms count what bound says.
func classify(text string, bound slo.Bound) (Query, error) {
	q := Query{Text: strings.TrimSpace(text)}
	expr, err := parser.ParseExpr(text)
	if err != nil {
		return q, explain(text, err)
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return q, at(text, int(expr.PositionRange().Start),
			fmt.Sprintf("gives a %s; a query must give an instant vector, such as http_requests_total or rate(http_requests_total[5m])", parser.DocumentedType(t)))
	}
	q.expr = expr
	if sum, ok := shapeOf(expr); ok {
		if sum, ok = sum.at(bound); !ok {
			return q, at(text, 0, "has a bound (shopslo.dev/bound), but no histogram that it could be of; write the histogram's own name, without _bucket, or leave the bound out")
		}
		for _, s := range sum.selectors {
			converted, err := convert(s)
			if err != nil {
				return q, at(text, int(s.PosRange.Start), err.Error())
			}
			for i := range converted {
				converted[i].Strict = bound.Strict && sum.native && converted[i].Name == labels.BucketLabel
			}
			q.Selectors = append(q.Selectors, converted)
		}
		q.Growth, q.Scale, q.shape = sum.growth, sum.scale, sum
	}
	q.Warnings = warnings(expr, q.Selects())
	return q, nil
}

// explain gives the parser's first error its place, and a reason where the text
// was written for another tool.
func explain(text string, err error) error {
	if m := template.FindStringIndex(text); m != nil {
		return at(text, m[0], fmt.Sprintf("has a template (%s…), which only the tool that it was written for can fill in; "+
			"write the query without it: the bare counter for a ratio with counter: true, else a fixed range such as [5m]", text[m[0]:m[1]]))
	}
	message, offset := err.Error(), 0
	var list parser.ParseErrors
	if errors.As(err, &list) && len(list) > 0 {
		offset, message = int(list[0].PositionRange.Start), list[0].Err.Error()
	}
	if m := variable.FindString(text); m != "" {
		message += fmt.Sprintf(" (%s looks like a dashboard's variable; write a fixed range such as [5m])", m)
	}
	return at(text, offset, message)
}

// at turns a byte offset into a line and a column.
func at(text string, offset int, message string) *Error {
	before := text[:min(max(offset, 0), len(text))]
	line := strings.Count(before, "\n")
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{Line: line + 1, Column: utf8.RuneCountInString(before[start:]) + 1, Message: message}
}

// matchTypes are the matchers' kinds in the words of package slo.
var matchTypes = map[labels.MatchType]slo.MatchType{
	labels.MatchEqual: slo.Equal, labels.MatchNotEqual: slo.NotEqual,
	labels.MatchRegexp: slo.Regexp, labels.MatchNotRegexp: slo.NotRegexp,
}

func convert(s *parser.VectorSelector) (slo.Selector, error) {
	out := make(slo.Selector, 0, len(s.LabelMatchers))
	for _, m := range s.LabelMatchers {
		matcher, err := slo.NewMatcher(m.Name, matchTypes[m.Type], m.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, matcher)
	}
	return out, nil
}
