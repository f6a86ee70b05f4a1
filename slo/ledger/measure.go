package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// A measure is how one indicator is counted, for any subject: what is read and
// what becomes of it. SLOs whose indicators are counted alike share a measure.
type measure struct {
	key    string // identifies what is counted; a changed document has another
	source string
	form   form
	unit   slo.Unit

	// Raw counting: selectors for each side, and the matchers on target labels that
	// all of them have, for reading the targets' own series.
	counter bool
	raw     bool
	sides   [2]side
	onGrid  valueKind

	first       slo.FirstSample
	failure     bool
	op          slo.Op
	limit       float64
	method      slo.Method
	slice       int64 // ms; 0 for Occurrences
	sliceTarget float64
}

// A side is one of the two queries of a ratio, or the only one of another kind.
type side struct {
	expr string
	sels []slo.Selector
}

// A form says what an account's two counts, a and b, are.
type form uint8

const (
	goodTotal form = iota // a = good, b = total
	badTotal              // a = bad, b = total
	goodBad               // a = good, b = bad
)

// goodAndTotal turns an account's two counts into good and total.
func (f form) goodAndTotal(a, b float64) (good, total float64) {
	switch f {
	case badTotal:
		return b - a, b
	case goodBad:
		return a, a + b
	}
	return a, b
}

// valueKind says what a grid point's value becomes.
type valueKind uint8

const (
	sumValue   valueKind = iota // a number of events, summed over series
	ratioValue                  // a ratio of good or bad, each point counts 1
	limitValue                  // good where it keeps the limit, each point counts 1
)

// A Reading says what a query's text means to its source: the selectors of a sum
// of counters, or (ok false) an expression to be evaluated on a grid.
type Reading func(text string) (sels []slo.Selector, ok bool)

// newMeasure plans how an indicator is counted.
func newMeasure(s *slo.SLO, ind *slo.Indicator, read Reading) (*measure, error) {
	m := &measure{first: ind.FirstSample, failure: ind.Failure, op: ind.Op, limit: ind.Limit,
		counter: ind.Counter, method: s.Method, unit: slo.Events}
	if s.Method != slo.Occurrences {
		m.slice, m.sliceTarget, m.unit = s.Slice.Milliseconds(), s.SliceTarget, slo.Slices
	}
	queries := []*slo.Query{ind.Value}
	switch {
	case ind.Kind == slo.RawRatio:
		m.onGrid, m.unit = ratioValue, slo.Slices
	case ind.Kind == slo.Threshold:
		m.onGrid, m.unit = limitValue, slo.Slices
	case ind.Good != nil && ind.Total != nil:
		m.form, queries = goodTotal, []*slo.Query{ind.Good, ind.Total}
	case ind.Bad != nil && ind.Total != nil:
		m.form, queries = badTotal, []*slo.Query{ind.Bad, ind.Total}
	default:
		m.form, queries = goodBad, []*slo.Query{ind.Good, ind.Bad}
	}
	m.source = queries[0].Source
	m.raw = ind.Kind == slo.Ratio && ind.Counter
	for i, q := range queries {
		if q.Source != m.source {
			return nil, fmt.Errorf("indicator %q reads from two data sources, %q and %q; one indicator can read from one only", ind.Name, m.source, q.Source)
		}
		sels, ok := read(q.Text)
		m.raw = m.raw && ok
		m.sides[i] = side{expr: q.Text, sels: sels}
	}
	m.key = m.describe()
	return m, nil
}

// describe writes all that decides the counts, for the key.
func (m *measure) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "source=%q form=%d raw=%t counter=%t grid=%d first=%d failure=%t op=%s limit=%v method=%d slice=%d target=%v",
		m.source, m.form, m.raw, m.counter, m.onGrid, m.first, m.failure, m.op, m.limit, m.method, m.slice, m.sliceTarget)
	for _, s := range m.sides {
		if !m.raw {
			fmt.Fprintf(&b, " expr=%q", s.expr)
			continue
		}
		for _, sel := range s.sels {
			fmt.Fprintf(&b, " sel=%q", sel.String())
		}
		b.WriteString(" |")
	}
	return b.String()
}

// targetMatchers are the matchers on target labels that every selector of the
// measure has: they hold for the targets' own series, such as up, too.
func (m *measure) targetMatchers(targetLabels []string) slo.Selector {
	var out slo.Selector
	for _, name := range targetLabels {
		out = append(out, m.commonMatchers(name)...)
	}
	return out
}

func (m *measure) commonMatchers(name string) slo.Selector {
	var common slo.Selector
	first := true
	for _, side := range m.sides {
		for _, sel := range side.sels {
			var have slo.Selector
			for _, mt := range sel {
				if mt.Name == name && (first || has(common, mt)) {
					have = append(have, mt)
				}
			}
			common, first = have, false
		}
	}
	return common
}

func has(s slo.Selector, m slo.Matcher) bool {
	for _, x := range s {
		if x.Name == m.Name && x.Type == m.Type && x.Value == m.Value {
			return true
		}
	}
	return false
}

// picks tells which sides count a series: bit 0 the first, bit 1 the second.
func (m *measure) picks(ls slo.Labels) (sides uint8) {
	for i := range m.sides {
		for _, sel := range m.sides[i].sels {
			if sel.Matches(ls) {
				sides |= 1 << i
				break
			}
		}
	}
	return sides
}

// accountKey identifies what is counted for whom: 16 hexadecimal digits.
func accountKey(m *measure, s *Subject, context string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s", m.key, context, s.ID)
	for _, l := range s.Match {
		fmt.Fprintf(h, "\n%q=%q", l.Name, l.Value)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
