package promquery

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// shape is an expression that picks or sums series, or how fast they grow.
type shape struct {
	selectors []*parser.VectorSelector
	growth    string  // rate, irate or increase; "" for the values
	scale     float64 // of each event, or each event per second of growth
	plain     bool    // no growth, no factor, no zero
	single    bool    // its series are those picked, not sums of them
	ungrouped bool    // it is one sum, without labels

	native     bool     // it counts histograms, whose selectors are written here
	histograms []string // and selectors are those of their counters
	share      bool     // it gives the share of events at or below a bound, not how many
}

// shapeOf finds the shape of an expression; false where it does anything else.
func shapeOf(expr parser.Expr) (shape, bool) {
	switch e := strip(expr).(type) {
	case *parser.VectorSelector:
		return shape{selectors: []*parser.VectorSelector{e}, scale: 1, plain: true, single: true}, !moved(e)
	case *parser.Call:
		if e.Func.Name == "histogram_count" || e.Func.Name == "histogram_fraction" {
			return histogramOf(e)
		}
		return grown(e)
	case *parser.AggregateExpr:
		s, ok := shapeOf(e.Expr)
		s.single, s.ungrouped = false, !e.Without && len(e.Grouping) == 0
		return s, ok && e.Op == parser.SUM && !s.share
	case *parser.BinaryExpr:
		switch e.Op {
		case parser.MUL, parser.DIV:
			if s, ok := scaled(e); ok || e.Op == parser.DIV {
				return s, ok
			}
			return shared(e)
		case parser.ADD:
			return added(e)
		case parser.LOR:
			if zero(e.RHS) {
				return orZero(e)
			}
			return united(e)
		}
	}
	return shape{}, false
}

// grown is rate(S[w]), irate(S[w]) or increase(S[w]).
func grown(e *parser.Call) (shape, bool) {
	switch e.Func.Name {
	case "rate", "irate", "increase":
	default:
		return shape{}, false
	}
	m, ok := e.Args[0].(*parser.MatrixSelector)
	if !ok || m.RangeExpr != nil {
		return shape{}, false
	}
	v, ok := m.VectorSelector.(*parser.VectorSelector)
	if !ok || moved(v) {
		return shape{}, false
	}
	s := shape{selectors: []*parser.VectorSelector{v}, growth: e.Func.Name, scale: 1, single: true}
	if s.growth == "increase" {
		s.scale = m.Range.Seconds()
	}
	return s, true
}

// moved reports whether a selector looks at another time.
func moved(s *parser.VectorSelector) bool {
	return s.OriginalOffset != 0 || s.OriginalOffsetExpr != nil || s.Timestamp != nil || s.StartOrEnd != 0
}

// scaled is a shape times a constant, or divided by one.
func scaled(e *parser.BinaryExpr) (shape, bool) {
	inner, factor, ok := factorOf(e)
	if !ok {
		return shape{}, false
	}
	s, ok := shapeOf(inner)
	s.scale, s.plain = s.scale*factor, false
	return s, ok && s.scale > 0 && !math.IsInf(s.scale, 0) && !s.share
}

// factorOf takes a constant off a product, or off what is divided by it; false where
// the expression is neither, or its constant is not above 0.
func factorOf(e *parser.BinaryExpr) (inner parser.Expr, factor float64, ok bool) {
	right, ofRight := constant(e.RHS)
	left, ofLeft := constant(e.LHS)
	switch {
	case e.Op == parser.DIV && ofRight:
		inner, factor = e.LHS, 1/right
	case e.Op == parser.MUL && ofRight:
		inner, factor = e.LHS, right
	case e.Op == parser.MUL && ofLeft:
		inner, factor = e.RHS, left
	}
	return inner, factor, factor > 0 && !math.IsInf(factor, 0)
}

// constant is the value of an expression of numbers alone.
func constant(expr parser.Expr) (float64, bool) {
	switch e := strip(expr).(type) {
	case *parser.NumberLiteral:
		return e.Val, true
	case *parser.UnaryExpr: // a minus: strip takes a plus off
		v, ok := constant(e.Expr)
		return -v, ok
	case *parser.BinaryExpr:
		l, ok := constant(e.LHS)
		r, fine := constant(e.RHS)
		if !ok || !fine {
			return 0, false
		}
		switch e.Op {
		case parser.ADD:
			return l + r, true
		case parser.SUB:
			return l - r, true
		case parser.MUL:
			return l * r, true
		case parser.DIV:
			return l / r, true
		}
	}
	return 0, false
}

// united is "a or b" of one metric's series, which or joins, each series once.
func united(e *parser.BinaryExpr) (shape, bool) {
	left, ok := shapeOf(e.LHS)
	right, fine := shapeOf(e.RHS)
	if !ok || !fine || !plainMatching(e.VectorMatching) || !left.single || !right.single || !alike(left, right) {
		return shape{}, false
	}
	name := metric(left.selectors[0])
	for _, s := range append(left.selectors, right.selectors...) {
		if name == "" || metric(s) != name {
			return shape{}, false
		}
	}
	left.selectors, left.histograms = append(left.selectors, right.selectors...), append(left.histograms, right.histograms...)
	left.plain, left.native = left.plain && right.plain, left.native && right.native
	return left, true
}

// alike: the two give as much for each event.
func alike(a, b shape) bool {
	return a.growth == b.growth && sameScale(a.scale, b.scale) && !a.share && !b.share
}

// sameScale reports whether two scales differ by rounding only.
func sameScale(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Max(a, b) }

// added is "sum(a) + sum(b)" of disjoint series.
func added(e *parser.BinaryExpr) (shape, bool) {
	left, ok := shapeOf(e.LHS)
	right, fine := shapeOf(e.RHS)
	if !ok || !fine || !plainMatching(e.VectorMatching) || !left.ungrouped || !right.ungrouped || !alike(left, right) {
		return shape{}, false
	}
	for _, l := range left.selectors {
		for _, r := range right.selectors {
			if !disjoint(l, r) {
				return shape{}, false
			}
		}
	}
	left.selectors, left.histograms = append(left.selectors, right.selectors...), append(left.histograms, right.histograms...)
	left.plain, left.native = left.plain && right.plain, left.native && right.native
	return left, true
}

// orZero is "a or zero", whatever it is matched on: what it adds is 0.
func orZero(e *parser.BinaryExpr) (shape, bool) {
	s, ok := shapeOf(e.LHS)
	v, isCall := strip(e.RHS).(*parser.Call)
	s.ungrouped = s.ungrouped && isCall && v.Func.Name == "vector"
	s.plain, s.single = false, false // another or would not see past the zeros
	return s, ok
}

// zero reports whether all values of an expression are 0 (or not numbers).
func zero(expr parser.Expr) bool {
	switch e := strip(expr).(type) {
	case *parser.Call:
		switch e.Func.Name {
		case "vector":
			v, ok := constant(e.Args[0])
			return ok && v == 0
		case "label_replace", "label_join":
			return zero(e.Args[0])
		}
	case *parser.AggregateExpr:
		return e.Op == parser.SUM && zero(e.Expr)
	case *parser.BinaryExpr:
		if e.Op != parser.MUL {
			return false
		}
		for _, side := range []parser.Expr{e.LHS, e.RHS} {
			if v, ok := constant(side); ok && v == 0 {
				return true
			}
		}
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
