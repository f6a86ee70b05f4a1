package ledger

import "math"

// A history is one account's cumulative counts at every stored edge: every bucket
// edge of the recent blocks, and the edges between blocks for the rest. Any window
// is then the difference of two figures, whatever its length.
//
// It is a column of a shelf, where those that go on together stand side by side.
type history struct {
	*shelf
	column int
}

// newHistory starts counting at an edge, on a shelf of its own whose blocks begin shift
// (ms) after multiples of their span.
func newHistory(res, start, shift int64) history {
	s := &shelf{res: res, shift: shift, start: start, edge: start, columns: 1}
	s.firstBlock = s.block(start)
	s.now, s.bases = make([]cum, 1), [][]cum{make([]cum, 1)}
	for e := s.begin(s.firstBlock); e < start; e += res {
		s.open = append(s.open, cum{}) // edges before the start hold 0
	}
	return history{shelf: s}
}

// newest are the figures at the newest edge.
func (h history) newest() cum { return h.now[h.column] }

// oldest is the oldest stored edge.
func (s *shelf) oldest() int64 { return max(s.start, s.begin(s.firstBlock)) }

// upTo gives the newest stored edge at or before t, and the figures there; ok is
// false before the oldest edge.
func (h history) upTo(t int64) (edge int64, c cum, ok bool) {
	s := h.shelf
	if t >= s.edge {
		return s.edge, s.now[h.column], true
	}
	if t < s.oldest() {
		return 0, cum{}, false
	}
	n := s.block(t)
	edge = s.begin(n)
	k := int(n - s.firstBlock)
	closed := len(s.bases) - 1 - k                                               // how many blocks before the open one: 0 is the open one
	if closed > len(s.fine) || closed > 0 && s.fine[len(s.fine)-closed] == nil { // only its start is kept
		return max(s.start, edge), s.bases[k][h.column], true
	}
	j := int((t - edge) / s.res)
	edge += int64(j) * s.res
	switch {
	case edge <= s.start:
		return s.start, cum{}, true
	case j == 0:
		c = s.bases[k][h.column]
	case closed == 0:
		c = s.open[(j-1)*s.columns+h.column]
	default:
		c = s.fine[len(s.fine)-closed].at(h.column, j-1, s.bases[k][h.column])
	}
	return edge, c, true
}

// between gives the figures of (from, to] moved to stored edges at or before
// them, and the cumulative ones at its end. A span that begins before the oldest edge
// keeps its beginning, and what it has before that edge counts as without data.
func (h history) between(from, to int64) (start, end int64, c, sums cum) {
	end, after, ok := h.upTo(to)
	if !ok {
		return from, to, cum{miss: to - from}, cum{}
	}
	start, before, ok := h.upTo(from)
	if !ok {
		old, before, _ := h.upTo(h.oldest())
		c = after.minus(before)
		c.miss += old - from
		return from, end, c, after
	}
	return start, end, after.minus(before), after
}

// cum are cumulative figures since a history's start.
type cum struct {
	a, b float64 // the account's two counts
	miss int64   // ms without data
}

func (c cum) minus(o cum) cum { return cum{c.a - o.a, c.b - o.b, c.miss - o.miss} }

func (c cum) plus(r run) cum { return cum{c.a + r.a, c.b + r.b, c.miss + r.miss} }

// tolerance is how far a difference of cumulative figures may be off, as a ratio of
// these: the sums of 90 days of fractions, each rounded, and far below anything that
// matters.
const tolerance = 1e-9

// rounded takes out of the counts of a span what can only be rounding: a count that is
// next to nothing beside the cumulative one at the span's end, and a part (of goodTotal
// and badTotal) that exceeds its whole. Whole numbers are exact and stay.
func (c cum) rounded(end cum, part bool) cum {
	if c.a == math.Trunc(c.a) && c.b == math.Trunc(c.b) {
		return c
	}
	if math.Abs(c.a) < tolerance*end.a {
		c.a = 0
	}
	if math.Abs(c.b) < tolerance*end.b {
		c.b = 0
	}
	if part && c.a > c.b && c.a-c.b < tolerance*end.b {
		c.a = c.b
	}
	return c
}
