package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/shopslo/shopslo/slo"
)

// A measure is how one indicator is counted, for any subject: what is read and
// what becomes of it. SLOs whose indicators are counted alike share a measure.
type measure struct {
	// strangers are, for each side on a grid whose result carries no subject's labels, their names;
	// nil or "": it carries some.
	strangers [2]atomic.Pointer[string]

	// from is the source that is asked, interval (ms) that of its scrapes. They are no part of
	// the key: a subject's figures go on where its source is called differently.
	from     string
	interval int64

	key    string // identifies what is counted; a changed document has another
	before former
	source string // as its queries name it: part of the key, for another one is another figure
	form   form
	unit   slo.Unit
	notes  []string // on why the figures cannot be exact, whoever they are of

	// raw: both sides are counted from the samples that their selectors pick. Else
	// their expressions are evaluated on a grid, and grows says that these are
	// ever-increasing.
	raw    bool
	grows  bool
	sides  [2]side
	onGrid valueKind

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
	expr      string // evaluated on the grid
	canonical string
	sels      []slo.Selector
	created   []slo.Selector // of what tells when those were created
}

// A form says what an account's two counts, a and b, are.
type form uint8

const (
	goodTotal form = iota // a = good, b = total
	badTotal              // a = bad, b = total
	goodBad               // a = good, b = bad
)

// goodAndTotal turns an account's two counts into good and total.
func (f form) goodAndTotal(c cum) (good, total float64) {
	a, b := c.a, c.b
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

// newMeasure plans how an indicator is counted.
func newMeasure(s *slo.SLO, ind *slo.Indicator, read Reading) (*measure, error) {
	m := &measure{first: ind.FirstSample, failure: ind.Failure, op: ind.Op, limit: ind.Limit, method: s.Method}
	switch {
	case ind.Kind == slo.RawRatio:
		m.onGrid = ratioValue
	case ind.Kind == slo.Threshold:
		m.onGrid = limitValue
	case ind.Good == nil:
		m.form = badTotal
	case ind.Total == nil:
		m.form = goodBad
	}
	queries := ind.Queries()
	m.source = queries[0].Source
	for _, q := range queries[1:] {
		if q.Source != m.source {
			return nil, fmt.Errorf("indicator %q reads from two data sources, %q and %q; one indicator can read from one only", ind.Name, m.source, q.Source)
		}
	}
	is, err := read(ind)
	if err != nil {
		return nil, err
	}
	if is.Refused != "" {
		return nil, refusal(is.Refused)
	}
	m.raw, m.grows, m.notes = is.Raw, is.Grows, is.Notes
	for i, q := range queries {
		m.sides[i] = newSide(q, is.Sides[i])
	}
	m.unit = unitOf(s, m.raw)
	if s.Method != slo.Occurrences {
		m.slice, m.sliceTarget = s.Slice.Milliseconds(), s.SliceTarget
	}
	m.key = m.describe()
	m.before = m.formerly(ind, is)
	return m, nil
}

func newSide(q *slo.Query, is Side) side {
	s := side{expr: q.Text, sels: is.Selectors}
	if is.Expr != "" {
		s.expr = is.Expr
	}
	if s.canonical = is.Canonical; s.canonical == "" {
		s.canonical = s.expr
	}
	for _, sel := range s.sels {
		if created, ok := createdSelector(sel); ok {
			s.created = append(s.created, created)
		}
	}
	return s
}

// unitOf is what the figures of an SLO count: events only where each was counted.
func unitOf(s *slo.SLO, raw bool) slo.Unit {
	switch {
	case s.Method != slo.Occurrences:
		return slo.Slices
	case raw:
		return slo.Events
	}
	return slo.Points
}

// coarser is the unit of figures made of two: one that is not counted in events is not,
// whatever the other is.
func coarser(a, b slo.Unit) slo.Unit {
	for _, u := range []slo.Unit{slo.Slices, slo.Points} {
		if a == u || b == u {
			return u
		}
	}
	return b
}

// goodAndTotal reads an account's figures of a span; sums are the cumulative ones at its end. Of
// time slices, the first count is always that of the good ones.
func (m *measure) goodAndTotal(c, sums cum) (good, total float64) {
	f := m.form
	if m.slice > 0 {
		f = goodTotal
	}
	return f.goodAndTotal(c.rounded(sums, f != goodBad))
}

// describe writes all that decides the counts, for the key: without what means nothing,
// such as the order of matchers.
func (m *measure) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "source=%q form=%d raw=%t grows=%t grid=%d first=%d failure=%t op=%s limit=%v method=%d slice=%d target=%v",
		m.source, m.form, m.raw, m.grows, m.onGrid, m.first, m.failure, m.op, m.limit, m.method, m.slice, m.sliceTarget)
	for _, s := range m.sides {
		if !m.raw {
			fmt.Fprintf(&b, " expr=%q", s.canonical)
			continue
		}
		for _, sel := range canonical(s.sels) {
			fmt.Fprintf(&b, " sel=%q", sel)
		}
		if slices.ContainsFunc(s.sels, isStrict) {
			b.WriteString(" strict")
		}
		b.WriteString(" |")
	}
	return b.String()
}

func isStrict(sel slo.Selector) bool {
	return slices.ContainsFunc(sel, func(m slo.Matcher) bool { return m.Strict })
}

// canonical writes selectors so that equal sets of them are written alike.
func canonical(sels []slo.Selector) []string {
	out := make([]string, len(sels))
	for i, sel := range sels {
		sorted := slices.Clone(sel)
		for k, m := range sorted {
			if slo.NumberLabel(m.Name) && (m.Type == slo.Equal || m.Type == slo.NotEqual) {
				sorted[k].Value = slo.CanonicalNumber(m.Value)
			}
		}
		slices.SortFunc(sorted, func(x, y slo.Matcher) int {
			return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Type, y.Type), cmp.Compare(x.Value, y.Value))
		})
		out[i] = slices.CompactFunc(sorted, sameMatcher).String()
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func sameMatcher(x, y slo.Matcher) bool {
	return x.Name == y.Name && x.Type == y.Type && x.Value == y.Value && x.Strict == y.Strict
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
		if sameMatcher(x, m) {
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

// tellsCreated reports whether a series may tell when counters of the measure were created.
func (m *measure) tellsCreated(ls slo.Labels) bool {
	for i := range m.sides {
		if slices.ContainsFunc(m.sides[i].created, func(sel slo.Selector) bool { return sel.Matches(ls) }) {
			return true
		}
	}
	return false
}

// accountKey identifies what is counted for whom: 16 hexadecimal digits.
func accountKey(measure string, s *Subject, context string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s", measure, context, s.ID)
	for _, l := range s.Match {
		fmt.Fprintf(h, "\n%q=%q", l.Name, l.Value)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
