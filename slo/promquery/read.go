package promquery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shopslo/shopslo/slo"
)

// Meaning is how an indicator's queries are to be counted.
type Meaning struct {
	// Raw: both queries are counted from the raw samples of their selectors. Else
	// they are evaluated on a grid.
	Raw bool
	// Grows: what is evaluated on the grid only ever grows. Not with Raw.
	Grows bool
	// Sides belong to the indicator's Queries, one to one.
	Sides []Side
	// Notes are sentences on why the figures cannot be exact, which every budget has.
	Notes []string
	// Findings are sentences on why nothing is counted exactly, though it could be,
	// and what to write.
	Findings []string
	// OffEdge are sentences on bounds that are no edge between the buckets of native histograms, unless
	// these are custom ones: what becomes of them, and what to write.
	OffEdge []string
	// Unasked are metrics that are counters or are not: only the source's metadata
	// can tell. Without any there is nothing to ask.
	Unasked []string
}

// Side is the meaning of one query.
type Side struct {
	// Selectors pick the series that are counted; only with Raw.
	Selectors []slo.Selector
	// Plain: the query does nothing but sum the series of its selectors.
	Plain bool
	// Expr is what is evaluated instead of the query's text; "": that text.
	Expr string
	// Canonical is what is evaluated, without order and white space that mean nothing.
	Canonical string
}

// Fault is what makes an indicator uncountable: why, and what to write.
type Fault struct {
	Query   *slo.Query // where
	Message string
}

func (f *Fault) Error() string { return f.Message }

// Read says how an indicator's queries are to be counted. types is what the source says
// of its metrics; nil where it cannot be asked: names alone decide then, and Unasked
// holds what they do not tell.
//
// Its error is an *Error (a text that is not PromQL), a *Fault, or that of types.
func Read(ind *slo.Indicator, types Types) (Meaning, error) {
	r := reading{ind: ind, types: types}
	for _, q := range ind.Queries() {
		s, err := r.understand(q)
		if err != nil {
			return r.Meaning, err
		}
		if err := s.denyOwn(); err != nil {
			return r.Meaning, err
		}
		r.sides = append(r.sides, s)
		r.Sides = append(r.Sides, Side{Plain: s.understood.plain, Canonical: canonical(s.understood.expr)})
	}
	if ind.Kind != slo.Ratio {
		return r.Meaning, nil
	}
	if err := r.shares(); err != nil {
		return r.Meaning, err
	}
	for _, s := range r.sides {
		if err := r.judge(s); err != nil {
			return r.Meaning, err
		}
	}
	err := r.decide(r.sides[0], r.sides[1])
	if err == nil && r.Raw {
		r.edges()
	}
	return r.Meaning, err
}

// reading is the meaning of an indicator while it is being found.
type reading struct {
	Meaning
	ind   *slo.Indicator
	types Types
	sides []*side
}

// use says what a query's values are, for counting.
type use int

const (
	value      use = iota // numbers of their own at any time
	growth                // how fast the counters of its selectors grow
	counted               // the counters of its selectors
	cumulative            // an expression of counters, that only grows
	undecided             // the series of its selectors, of an unknown kind
)

// side is one query while its meaning is being found.
type side struct {
	query      *slo.Query
	understood Query
	use        use
	metrics    []typed
}

// name is the query as messages have it.
func (s *side) name() string { return s.understood.Text }

func (r *reading) understand(q *slo.Query) (*side, error) {
	understood, err := classify(q.Text, q.Bound)
	if err != nil {
		return nil, err
	}
	return &side{query: q, understood: understood}, nil
}

// judge decides what one query's values are.
func (r *reading) judge(s *side) error {
	if err := r.ask(s); err != nil {
		return err
	}
	switch {
	case s.understood.Growth != "":
		s.use = growth
		return r.judgeGrowth(s)
	case s.understood.Selects():
		return r.judgeSeries(s)
	}
	return r.judgeExpression(s)
}

// ask finds out of what kind the metrics of a query are, where that matters: not where an
// expression looks at them over time, which makes another number of them.
func (r *reading) ask(s *side) error {
	if s.understood.native {
		for _, v := range s.understood.selectors {
			s.metrics = append(s.metrics, typed{metric: metric(v), kind: counter, told: true})
		}
		return nil
	}
	if _, over := overTime(s.understood.expr); over && s.understood.Growth == "" {
		return nil
	}
	for _, v := range selectorsOf(s.understood.expr) {
		t, err := kindOf(metric(v), r.types)
		if err != nil && r.ind.Counter == slo.Unsaid && s.understood.Growth == "" {
			return fmt.Errorf("cannot tell whether %s is a counter: %w; write counter: true or counter: false, so that nobody needs to be asked", t.metric, err)
		}
		if !slices.Contains(s.metrics, t) {
			s.metrics = append(s.metrics, t)
		}
	}
	return nil
}

// selectorsOf are all selectors of an expression.
func selectorsOf(expr parser.Expr) []*parser.VectorSelector {
	var out []*parser.VectorSelector
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			out = append(out, v)
		}
		return nil
	})
	return out
}

// of gives the side's metrics of one kind.
func (s *side) of(k kind) []string {
	var out []string
	for _, t := range s.metrics {
		if t.kind == k {
			out = append(out, t.metric)
		}
	}
	return out
}

func (r *reading) judgeGrowth(s *side) error {
	if names := s.of(recordedRate); len(names) > 0 {
		return s.fault("%s asks how fast %s grows, which is a recorded rate, no counter; write %s", s.name(), names[0], instead(names[0]))
	}
	for _, t := range s.metrics {
		if t.kind == gauge {
			r.note("%s is a gauge, as the source says, and is counted like a counter, because %s is asked for: each time it falls, its new value counts", t.metric, s.understood.Growth+"()")
		}
	}
	return s.buckets()
}

// instead is what to write in place of a recorded rate.
func instead(name string) string {
	if made := madeOf(name); made != "" {
		return "the counter that it is made of, such as " + made
	}
	return "the counter that it is made of"
}

// judgeSeries decides on series as they are: counters or not.
func (r *reading) judgeSeries(s *side) error {
	s.use = counted
	switch r.ind.Counter {
	case slo.Yes:
		if err := r.denyCounters(s); err != nil {
			return err
		}
	case slo.No:
		s.use = value
		return r.denyOthers(s)
	default:
		if err := r.guess(s); err != nil || s.use != counted {
			return err
		}
	}
	return s.buckets()
}

// denyCounters refuses what is said to be a counter and is not.
func (r *reading) denyCounters(s *side) error {
	for _, t := range s.metrics {
		switch t.kind {
		case gauge:
			return s.fault("counter: true, but the source says that %s is a gauge, which has no events to count; name a counter of what happened, "+
				"or write counter: false to evaluate it on a grid (where the source is wrong, rate(%s[5m]) on both sides counts it all the same)", t.metric, t.metric)
		case recordedRate:
			return s.fault("counter: true, but %s is a recorded rate, which does not say how many events there were; write %s, "+
				"or counter: false to evaluate it on a grid", t.metric, instead(t.metric))
		}
	}
	return nil
}

// denyOthers refuses what is said to be no counter and is one.
func (r *reading) denyOthers(s *side) error {
	for _, t := range s.metrics {
		if t.kind != counter {
			continue
		}
		if t.told {
			return s.fault("counter: false, but the source says that %s is a counter: its value at a time is no number of events; "+
				"write counter: true, which counts every event", t.metric)
		}
		r.note("counter: false, but the name of %s is that of a counter, whose value at a time is no number of events; if it is one, write counter: true", t.metric)
	}
	return nil
}

// guess decides on series of which nothing is said.
func (r *reading) guess(s *side) error {
	var others []string
	for _, t := range s.metrics {
		switch {
		case t.conflict:
			return s.fault("cannot tell whether %s is a counter: its name says so, and the source says that it is a gauge; "+
				"write rate(%s[5m]) on both sides if it only ever grows, or counter: false if it is a number of its own at any time", t.metric, t.metric)
		case t.kind == gauge || t.kind == recordedRate:
			others = append(others, t.metric)
		case t.kind == unknown && r.types != nil:
			return s.fault("cannot tell whether %s is a counter: its name does not say, nor does the source; write counter: true if it only ever grows, "+
				"which counts every event, or counter: false if it is a number of its own at any time", orPattern(t.metric, s))
		case t.kind == unknown:
			s.use = undecided
			r.Unasked = append(r.Unasked, orPattern(t.metric, s))
		}
	}
	if names := s.of(counter); len(others) > 0 && len(names) > 0 {
		return s.fault("%s adds a counter, %s, and a gauge, %s: the sum means nothing", s.name(), names[0], others[0])
	}
	if len(others) > 0 {
		s.use = value
	}
	return nil
}

func orPattern(name string, s *side) string {
	if name == "" {
		return s.name()
	}
	return name
}

// judgeExpression decides on an expression that no series can be counted from.
func (r *reading) judgeExpression(s *side) error {
	why, over := overTime(s.understood.expr)
	counters := s.of(counter)
	switch {
	case r.ind.Counter == slo.Yes && why != "":
		return s.fault("counter: true, but no counters can be found to count from in %s: %s; write counters, or rates of counters, "+
			"on both sides, a ratio as ratioMetric.raw, or counter: false to evaluate it on a grid", s.name(), why)
	case r.ind.Counter == slo.Yes:
		if err := r.denyCounters(s); err != nil {
			return err
		}
		s.use = cumulative
	case over || why != "" || len(counters) == 0:
		s.use = value
	case r.ind.Counter == slo.No:
		s.use = value
		return r.denyOthers(s)
	case len(counters) < len(s.metrics) && r.types == nil && len(s.of(gauge)) == 0:
		s.use = undecided
		r.Unasked = append(r.Unasked, s.of(unknown)...)
	case len(counters) < len(s.metrics):
		return s.fault("cannot tell whether %s only ever grows: %s is a counter, other parts of it are none; write counter: true if it does, "+
			"or counter: false if it is a number of its own at any time", s.name(), counters[0])
	default:
		s.use = cumulative
	}
	return nil
}

// keepsGrowth are the functions of an instant vector that leave a counter one.
var keepsGrowth = map[string]bool{
	"abs": true, "ceil": true, "floor": true, "round": true, "clamp": true, "clamp_min": true, "clamp_max": true,
	"label_replace": true, "label_join": true, "sort": true, "sort_desc": true, "sort_by_label": true, "sort_by_label_desc": true,
	"vector": true, "scalar": true, "histogram_count": true, "histogram_sum": true, "info": true,
}

// overTime says why an expression of counters is no counter itself, "" where it may be
// one, and whether it looks at series over time.
func overTime(expr parser.Expr) (why string, over bool) {
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		switch e := n.(type) {
		case *parser.Call:
			if slices.Contains(e.Func.ArgTypes, parser.ValueTypeMatrix) {
				why, over = e.Func.Name+"() gives a number for a time, not one that grows", true
			} else if why == "" && !keepsGrowth[e.Func.Name] {
				why = e.Func.Name + "() of counters is none"
			}
		case *parser.BinaryExpr:
			vectors := e.LHS.Type() == parser.ValueTypeVector && e.RHS.Type() == parser.ValueTypeVector
			switch {
			case why != "":
			case vectors && (e.Op == parser.DIV || e.Op == parser.MOD):
				why = "it is a ratio itself"
			case e.Op == parser.POW || e.ReturnBool:
				why = e.Op.String() + " of counters is none"
			}
		case *parser.AggregateExpr:
			switch e.Op {
			case parser.SUM, parser.MAX, parser.MIN, parser.TOPK, parser.BOTTOMK:
			default:
				if why == "" {
					why = strings.ToLower(e.Op.String()) + "() of counters is none"
				}
			}
		}
		return nil
	})
	return why, over
}

func (s *side) fault(format string, args ...any) error {
	return &Fault{Query: s.query, Message: fmt.Sprintf(format, args...)}
}

func (r *reading) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(r.Notes, n) {
		r.Notes = append(r.Notes, n)
	}
}
