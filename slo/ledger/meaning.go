package ledger

import "github.com/shopslo/shopslo/slo"

// A Reading says how the queries of an indicator are to be counted, in the language of
// their source. Its error says what is wrong with the document, and what to write; it is
// one of the whole plan.
type Reading func(ind *slo.Indicator) (Meaning, error)

// Meaning is how the queries of an indicator are counted.
type Meaning struct {
	// Refused says why the indicator cannot be counted, and what to do about it, where
	// that costs its own SLO only. "": it can.
	Refused string
	// Raw: every side is counted from the raw samples of its selectors. Else its
	// expression is evaluated on a grid.
	Raw bool
	// Grows: the expressions on the grid are ever-increasing; each of their series
	// counts what it grew by. Not with Raw.
	Grows bool
	// Sides belong to the indicator's Queries, one to one.
	Sides []Side
	// Notes are sentences on why the figures cannot be exact; mostly none.
	Notes []string
}

// Side is the meaning of one query.
type Side struct {
	// Selectors pick the series that are counted; only with Raw.
	Selectors []slo.Selector
	// Plain: the text is nothing but a sum of its selectors.
	Plain bool
	// Expr is evaluated on the grid; without Raw. "" means the query's own text.
	Expr string
	// Canonical is Expr without white space and order that mean nothing; "" means Expr.
	// Expressions with the same one are counted once.
	Canonical string
}

// refusal is a Meaning's, as an error.
type refusal string

func (r refusal) Error() string { return string(r) }

// Selecting is a Reading of a language that has nothing but sums of counters and other
// expressions: selectors gives the series of a sum of counters; with false the text is
// another expression. A ratio that is said to be of counters is counted from raw samples
// where both of its queries are such sums.
func Selecting(selectors func(text string) (sels []slo.Selector, ok bool)) Reading {
	return func(ind *slo.Indicator) (Meaning, error) {
		counters := ind.Kind == slo.Ratio && ind.Counter == slo.Yes
		m := Meaning{Raw: counters}
		for _, q := range ind.Queries() {
			sels, ok := selectors(q.Text)
			m.Raw = m.Raw && ok
			m.Sides = append(m.Sides, Side{Selectors: sels, Plain: ok})
		}
		m.Grows = counters && !m.Raw
		return m, nil
	}
}
