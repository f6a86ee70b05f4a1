// Package promquery understands a PromQL text just enough to say how it can be
// counted: from the raw samples of the series that it selects, or only by
// evaluating it on a grid.
//
// A text is counted from raw samples where it picks series and at most sums
// them, since a count is summed per subject anyway:
//
//   - one instant vector selector, in parentheses or not, without offset and @;
//   - sum(…) of it, also by or without labels: however the sums are grouped,
//     together they are the same;
//   - a or b, where both select the same metric. Then or joins the two sets of
//     series, each series once. With different metrics or would hide series of b
//     that have the labels of one of a, so that is evaluated as it stands;
//   - sum(a) + sum(b), both without grouping, where no series can match both.
//     One deviation is meant: where b has no series, PromQL has no result, but
//     here the events of a still count, for a series that does not exist has
//     counted nothing.
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
	// Text is the PromQL, trimmed of white space around it.
	Text string
	// Warnings are sentences about what is likely not meant. They change nothing.
	Warnings []string
}

// Selects reports whether the text can be counted from raw samples.
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
func Classify(text string) (Query, error) {
	q := Query{Text: strings.TrimSpace(text)}
	expr, err := parser.ParseExpr(text)
	if err != nil {
		return q, explain(text, err)
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return q, at(text, int(expr.PositionRange().Start),
			fmt.Sprintf("gives a %s; a query must give an instant vector, such as http_requests_total or rate(http_requests_total[5m])", parser.DocumentedType(t)))
	}
	if selectors, ok := summed(expr); ok {
		for _, s := range selectors {
			converted, err := convert(s)
			if err != nil {
				return q, at(text, int(s.PosRange.Start), err.Error())
			}
			q.Selectors = append(q.Selectors, converted)
		}
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

// summed gives the selectors whose series the expression picks or sums; false
// where it does anything else.
func summed(expr parser.Expr) ([]*parser.VectorSelector, bool) {
	switch e := strip(expr).(type) {
	case *parser.AggregateExpr:
		if e.Op == parser.SUM {
			return summed(e.Expr)
		}
		return nil, false
	case *parser.BinaryExpr:
		if e.Op == parser.ADD {
			return added(e)
		}
	}
	return united(expr)
}

// united gives the selectors of "a or b or …", which must share one metric.
func united(expr parser.Expr) ([]*parser.VectorSelector, bool) {
	switch e := strip(expr).(type) {
	case *parser.VectorSelector:
		moved := e.OriginalOffset != 0 || e.OriginalOffsetExpr != nil || e.Timestamp != nil || e.StartOrEnd != 0
		return []*parser.VectorSelector{e}, !moved
	case *parser.BinaryExpr:
		if e.Op != parser.LOR || !plainMatching(e.VectorMatching) {
			return nil, false
		}
		left, ok := united(e.LHS)
		right, fine := united(e.RHS)
		if !ok || !fine || metric(left[0]) == "" || metric(left[0]) != metric(right[0]) {
			return nil, false
		}
		return append(left, right...), true
	}
	return nil, false
}

// added gives the selectors of "sum(a) + sum(b)", which must be disjoint.
func added(e *parser.BinaryExpr) ([]*parser.VectorSelector, bool) {
	if !ungrouped(e.LHS) || !ungrouped(e.RHS) || !plainMatching(e.VectorMatching) {
		return nil, false
	}
	left, ok := summed(e.LHS)
	right, fine := summed(e.RHS)
	if !ok || !fine {
		return nil, false
	}
	for _, l := range left {
		for _, r := range right {
			if !disjoint(l, r) {
				return nil, false
			}
		}
	}
	return append(left, right...), true
}

// ungrouped reports whether an expression is a sum without labels, so that
// adding two of them adds everything.
func ungrouped(expr parser.Expr) bool {
	switch e := strip(expr).(type) {
	case *parser.AggregateExpr:
		return e.Op == parser.SUM && !e.Without && len(e.Grouping) == 0
	case *parser.BinaryExpr:
		return e.Op == parser.ADD && ungrouped(e.LHS) && ungrouped(e.RHS)
	}
	return false
}

// plainMatching: neither on, nor ignoring, nor group_left or _right. An empty
// ignoring() means what nothing means.
func plainMatching(m *parser.VectorMatching) bool {
	return m == nil || !m.On && len(m.MatchingLabels) == 0 && len(m.Include) == 0 &&
		(m.Card == parser.CardOneToOne || m.Card == parser.CardManyToMany)
}

// strip takes off parentheses and a leading plus.
func strip(expr parser.Expr) parser.Expr {
	for {
		switch e := expr.(type) {
		case *parser.ParenExpr:
			expr = e.Expr
		case *parser.UnaryExpr:
			if e.Op != parser.ADD {
				return expr
			}
			expr = e.Expr
		default:
			return expr
		}
	}
}

// metric is the name that a selector asks for, "" where it names none or a
// pattern.
func metric(s *parser.VectorSelector) string {
	for _, m := range s.LabelMatchers {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// disjoint reports whether it is certain that no series matches both: one asks
// for a label's value that the other excludes.
func disjoint(a, b *parser.VectorSelector) bool {
	excludes := func(x, y *parser.VectorSelector) bool {
		for _, m := range x.LabelMatchers {
			if m.Type != labels.MatchEqual {
				continue
			}
			for _, other := range y.LabelMatchers {
				if other.Name == m.Name && !other.Matches(m.Value) {
					return true
				}
			}
		}
		return false
	}
	return excludes(a, b) || excludes(b, a)
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
