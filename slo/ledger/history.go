package ledger

// A history is one account's cumulative counts at every stored edge: every bucket
// edge of the recent blocks, and the edges between blocks for the rest. Any window
// is then the difference of two figures, whatever its length.
//
// It is a column of a shelf, where those that go on together stand side by side.
type history struct {
	*shelf
	column int
}

// newHistory starts counting at an edge, on a shelf of its own.
func newHistory(res, start int64) history {
	s := &shelf{res: res, start: start, edge: start, firstBlock: start / (res * blockBuckets), columns: 1}
	s.now, s.bases = make([]cum, 1), [][]cum{make([]cum, 1)}
	for e := s.firstBlock * s.span(); e < start; e += res {
		s.open = append(s.open, cum{}) // edges before the start hold 0
	}
	return history{shelf: s}
}

// newest are the figures at the newest edge.
func (h history) newest() cum { return h.now[h.column] }

// oldest is the oldest stored edge.
func (s *shelf) oldest() int64 { return max(s.start, s.firstBlock*s.span()) }

// floor is the newest stored edge at or before t; ok is false before the oldest.
func (s *shelf) floor(t int64) (edge int64, ok bool) {
	if t < s.oldest() {
		return 0, false
	}
	if t >= s.edge {
		return s.edge, true
	}
	n := t / s.span()
	if n >= s.edge/s.span()-int64(len(s.fine)) {
		return max(s.start, t-t%s.res), true
	}
	return max(s.start, n*s.span()), true
}

// at gives the figures at a stored edge.
func (h history) at(edge int64) cum {
	s := h.shelf
	switch {
	case edge <= s.start:
		return cum{}
	case edge == s.edge:
		return s.now[h.column]
	}
	n, open := edge/s.span(), s.edge/s.span()
	j := int(edge % s.span() / s.res)
	switch {
	case j > 0 && n == open:
		return s.open[(j-1)*s.columns+h.column]
	case j > 0:
		return s.fine[n-open+int64(len(s.fine))].at(h.column, j-1, s.bases[n-s.firstBlock][h.column])
	}
	return s.bases[n-s.firstBlock][h.column]
}

// between gives the figures of (from, to] moved to stored edges at or before
// them. A span that begins before the oldest edge keeps its beginning, and what it
// has before that edge counts as without data.
func (h history) between(from, to int64) (start, end int64, c cum) {
	end, ok := h.floor(to)
	if !ok {
		return from, to, cum{miss: to - from}
	}
	start, ok = h.floor(from)
	if !ok {
		old := h.oldest()
		c = h.at(end).minus(h.at(old))
		c.miss += old - from
		return from, end, c
	}
	return start, end, h.at(end).minus(h.at(start))
}

// cum are cumulative figures since a history's start.
type cum struct {
	a, b float64 // the account's two counts
	miss int64   // ms without data
}

func (c cum) minus(o cum) cum { return cum{c.a - o.a, c.b - o.b, c.miss - o.miss} }

func (c cum) plus(r run) cum { return cum{c.a + r.a, c.b + r.b, c.miss + r.miss} }
