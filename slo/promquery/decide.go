package promquery

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// decide settles how the two sides of a ratio are counted, which has to be alike.
func (r *reading) decide(a, b *side) error {
	is := func(u use) bool { return a.use == u && b.use == u }
	grows := func(s *side) bool { return s.use == counted || s.use == cumulative }
	switch {
	case a.use == undecided || b.use == undecided: // not to be counted before it is asked
	case (is(growth) || is(counted)) && sameScale(a.understood.Scale, b.understood.Scale):
		r.fromSamples(a, b)
	case is(growth):
		r.find("%s; write the same range and the same factor on both sides, or none, which counts every event", scales(a, b))
	case is(counted):
		r.find("%s; write the same factor on both sides, or none, which counts every event", scales(a, b))
		r.growing(a, b)
	case grows(a) && grows(b):
		r.growing(a, b)
	case a.use == growth && grows(b), b.use == growth && grows(a):
		return b.fault("%s and %s do not go together: the one says how fast counters grow, the other is their count; write counters on both sides, or rates on both", a.name(), b.name())
	case grows(a), grows(b):
		return b.fault("%s and %s do not go together: the one only ever grows, the other does not; write counters, or rates of counters, on both sides", a.name(), b.name())
	case r.oneGrowth(a, b) != nil:
		rate := r.oneGrowth(a, b)
		r.find("%s could be counted from samples, but the other side, %s, is no rate of counters, so that both are evaluated on a grid; write a rate of counters there too, which counts every event",
			rate.name(), r.other(rate).name())
	}
	return nil
}

// oneGrowth is the one side that is a rate of counters, nil where both are or none.
func (r *reading) oneGrowth(a, b *side) *side {
	switch {
	case a.use == growth && b.use != growth:
		return a
	case b.use == growth && a.use != growth:
		return b
	}
	return nil
}

func (r *reading) other(s *side) *side {
	if s == r.sides[0] {
		return r.sides[1]
	}
	return r.sides[0]
}

// scales says how two sides differ.
func scales(a, b *side) string {
	x, y := a.understood.Scale, b.understood.Scale
	if x > y {
		a, b, x, y = b, a, y, x
	}
	return fmt.Sprintf("%s gives %s times what %s gives for the same events, so that they are evaluated on a grid", b.name(), strconv.FormatFloat(y/x, 'g', 6, 64), a.name())
}

// fromSamples counts both sides from the samples of their selectors.
func (r *reading) fromSamples(a, b *side) {
	r.Raw = true
	for i, s := range []*side{a, b} {
		r.Sides[i].Selectors = s.understood.Selectors
		r.noteSums(s)
	}
}

// growing evaluates both sides on a grid, each series within the outer sums by itself:
// a process' restart is then a drop of its own series.
func (r *reading) growing(a, b *side) {
	r.Grows = true
	for i, s := range []*side{a, b} {
		inner := perSeries(s.understood.expr)
		if inner != s.understood.expr {
			r.Sides[i].Expr, r.Sides[i].Canonical = inner.String(), canonical(inner)
		}
		r.noteSums(s)
		if aggregates(inner) {
			r.note("%s is evaluated on a grid, and restarts of single processes are hidden in its sums", s.name())
		}
	}
}

// noteSums notes recorded sums, which no rule can make exact.
func (r *reading) noteSums(s *side) {
	for _, name := range sums(selectorsOf(s.understood.expr)) {
		use := "the counters that it is made of"
		if made := madeOf(name); made != "" {
			use += ", such as " + made
		}
		r.note("%s is a recorded sum: restarts of single processes are hidden in it, so that its counts cannot be exact; use %s", name, use)
	}
}

func (r *reading) find(format string, args ...any) {
	r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
}

// perSeries takes the outer sums off an expression, also below a constant factor:
// subjects are summed anyway.
func perSeries(expr parser.Expr) parser.Expr {
	switch e := strip(expr).(type) {
	case *parser.AggregateExpr:
		if e.Op == parser.SUM {
			return perSeries(e.Expr)
		}
	case *parser.BinaryExpr:
		if e.Op != parser.MUL && e.Op != parser.DIV {
			return expr
		}
		inner, _, ok := factorOf(e)
		if !ok {
			return expr
		}
		series := perSeries(inner)
		if series == inner {
			return expr
		}
		out := *e
		if inner == e.LHS {
			out.LHS = &parser.ParenExpr{Expr: series}
		} else {
			out.RHS = &parser.ParenExpr{Expr: series}
		}
		return &out
	}
	return expr
}

// aggregates reports whether an expression sums series, or takes others' place for them.
func aggregates(expr parser.Expr) bool {
	found := false
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		_, is := n.(*parser.AggregateExpr)
		found = found || is
		return nil
	})
	return found
}

// canonical writes an expression without white space, comments and the order of matchers.
func canonical(expr parser.Expr) string {
	again, err := parser.ParseExpr(expr.String())
	if err != nil { // written by the parser itself
		return expr.String()
	}
	for _, s := range selectorsOf(again) {
		slices.SortFunc(s.LabelMatchers, func(x, y *labels.Matcher) int {
			switch a, b := x.String(), y.String(); {
			case a < b:
				return -1
			case a > b:
				return 1
			}
			return 0
		})
	}
	return again.String()
}
