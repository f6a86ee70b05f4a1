package ledger

import (
	"cmp"
	"slices"
)

// signs turns a process' signs of life into spans during which it counts as
// scraped, and notes how long the last of them lasts.
func (c *counter) signs(w *work) {
	from, first, st := c.out.from, len(c.spans), &w.state
	if covered := w.p.state.covered; covered > from {
		c.spans = append(c.spans, span{from, covered})
	}
	firstUp := c.upFirst(w.p.target)
	for _, in := range w.counters {
		n := len(in.t)
		if firstUp != none {
			n = before(in.t, firstUp)
		}
		if n > 0 && in.widest <= c.patience { // as nearly always
			c.spans = append(c.spans, span{in.t[0], in.t[n-1] + c.patience})
			continue
		}
		for _, at := range in.t[:n] {
			c.extend(first, at)
		}
	}
	mine := union(c.spans[first:])
	c.spans = c.spans[:first+len(mine)]
	if st.firstUp > from { // up speaks for the first time, and from then on alone
		c.cut(first, st.firstUp)
	}
	for _, up := range w.ups {
		for k := 0; k < len(up.t); k++ {
			c.sign(first, up.t[k], up.v[k] == 1)
			if n := c.lasting(up, k); n > k {
				k = n
				c.lasts(up.t[k])
			}
		}
	}
	st.covered = none
	if n := len(c.spans); n > first {
		st.covered = c.spans[n-1].to
	}
}

// upFirst is the first sample of any up of a target, those of this tick included; none.
func (c *counter) upFirst(t *target) int64 {
	first := int64(none)
	for _, p := range t.processes {
		if up := c.stateOf(p).firstUp; up != none {
			first = earlier(first, up)
		}
	}
	return first
}

// sign takes in one sample of up.
func (c *counter) sign(first int, at int64, up bool) {
	if up {
		c.out.facts.last = max(c.out.facts.last, at)
		c.extend(first, at)
	} else {
		c.cut(first, at)
	}
}

// lasting is the place of the last of the samples of up from the k-th on that say 1, each
// within patience of the one before it; k where the k-th does not.
func (c *counter) lasting(up input, k int) int {
	if up.v[k] != 1 {
		return k
	}
	t, v := up.t[k:], up.v[k:]
	n := 1
	for n < len(t) && v[n] == 1 && t[n]-t[n-1] <= c.patience {
		n++
	}
	return k + n - 1
}

// lasts says that up has said 1 until an instant, since one within the last span.
func (c *counter) lasts(at int64) {
	c.out.facts.last = max(c.out.facts.last, at)
	s := &c.spans[len(c.spans)-1]
	s.to = max(s.to, at+c.patience)
}

// extend says that the target was scraped at an instant, at or after all before
// it or, for several counters, anywhere.
func (c *counter) extend(first int, at int64) {
	if n := len(c.spans); n > first && c.spans[n-1].from <= at && at <= c.spans[n-1].to {
		c.spans[n-1].to = max(c.spans[n-1].to, at+c.patience)
		return
	}
	c.spans = append(c.spans, span{at, at + c.patience})
}

// cut says that from an instant on the target is no longer scraped.
func (c *counter) cut(first int, at int64) {
	for n := len(c.spans); n > first && c.spans[n-1].to > at; n-- {
		if c.spans[n-1].from < at {
			c.spans[n-1].to = at
			return
		}
		c.spans = c.spans[:n-1]
	}
}

// union sorts spans and joins those that touch, in place.
func union(s []span) []span {
	if len(s) < 2 {
		return s
	}
	slices.SortFunc(s, func(x, y span) int { return cmp.Compare(x.from, y.from) })
	n := 0
	for _, x := range s[1:] {
		if x.from <= s[n].to {
			s[n].to = max(s[n].to, x.to)
		} else {
			n++
			s[n] = x
		}
	}
	return s[:n+1]
}

// cover turns the spans of all targets into the cells' milliseconds without data.
func (c *counter) cover() {
	at := c.out.from
	for i, end := range c.cells.ends {
		c.miss[i] = end - at
		at = end
	}
	for _, s := range union(c.spans) {
		s.from, s.to = max(s.from, c.out.from), min(s.to, c.to)
		if s.from >= s.to {
			continue
		}
		for k := c.cells.of(s.from + 1); s.from < s.to; k++ {
			end := min(c.cells.ends[k], s.to)
			c.miss[k] -= end - s.from
			s.from = end
		}
	}
}
