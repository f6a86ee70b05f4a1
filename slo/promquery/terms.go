package promquery

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shopslo/shopslo/slo"
)

// Terms lists the series that a text reads, whatever it does with them: one selector
// each, or several where "or" makes one stand in for another. A zero (0 * x, vector(0)) stands
// in for nothing. The metric of what stands after "unless" may be missing, its labels may
// not; what absent() asks for may be missing and is left out, as is what only names labels.
// What is counted of a histogram is its counters. The error is that of Classify.
func Terms(q *slo.Query) ([][]slo.Selector, error) {
	text := q.Text
	if understood, err := classify(text, q.Bound); err == nil && understood.native {
		var out [][]slo.Selector
		for _, s := range understood.Selectors {
			out = append(out, []slo.Selector{s})
		}
		return out, nil
	}
	expr, err := parser.ParseExpr(text)
	if err != nil {
		return nil, explain(text, err)
	}
	var out [][]slo.Selector
	for _, t := range termsOf(expr) {
		var term []slo.Selector
		for _, s := range t {
			sel, err := convert(s)
			if err != nil {
				return nil, at(text, int(s.PosRange.Start), err.Error())
			}
			term = append(term, sel)
		}
		out = append(out, term)
	}
	return out, nil
}

// termsOf walks down an expression.
func termsOf(n parser.Node) [][]*parser.VectorSelector {
	switch e := n.(type) {
	case *parser.VectorSelector:
		return [][]*parser.VectorSelector{{e}}
	case *parser.Call:
		if strings.HasPrefix(e.Func.Name, "absent") {
			return nil
		}
	case *parser.BinaryExpr:
		switch e.Op {
		case parser.LUNLESS:
			kept := termsOf(e.LHS)
			if len(kept) == 0 {
				return nil
			}
			return append(kept, alternatives(kept, termsOf(e.RHS))...)
		case parser.LOR:
			switch {
			case isZero(e.RHS):
				return append(termsOf(e.LHS), termsOf(e.RHS)...)
			case isZero(e.LHS):
				return append(termsOf(e.RHS), termsOf(e.LHS)...)
			}
			return alternatives(termsOf(e.LHS), termsOf(e.RHS))
		}
	}
	var out [][]*parser.VectorSelector
	for _, child := range parser.Children(n) {
		out = append(out, termsOf(child)...)
	}
	return out
}

// isZero reports whether an expression gives 0 wherever it gives a value.
func isZero(n parser.Expr) bool {
	switch e := strip(n).(type) {
	case *parser.NumberLiteral:
		return e.Val == 0
	case *parser.AggregateExpr:
		return (e.Op == parser.SUM || e.Op == parser.MAX || e.Op == parser.MIN || e.Op == parser.AVG) && isZero(e.Expr)
	case *parser.BinaryExpr:
		return e.Op == parser.MUL && (isZero(e.LHS) || isZero(e.RHS))
	case *parser.Call:
		return e.Func.Name == "vector" && isZero(e.Args[0])
	}
	return false
}

// alternatives joins the terms of both sides of an "or" to one: which of them belong
// together matters little, for it is judged whether any is there.
func alternatives(left, right [][]*parser.VectorSelector) [][]*parser.VectorSelector {
	var all []*parser.VectorSelector
	for _, t := range append(left, right...) {
		all = append(all, t...)
	}
	if all == nil {
		return nil
	}
	return [][]*parser.VectorSelector{all}
}
