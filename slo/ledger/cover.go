package ledger

import (
	"cmp"
	"slices"
)

// signs turns a target's signs of life into spans during which it counts as
// scraped, and notes how long the last of them lasts.
func (c *counter) signs(t *target, st *targetState, ups, counters []input) {
	from, first := c.out.from, len(c.spans)
	if t.state.covered > from {
		c.spans = append(c.spans, span{from, t.state.covered})
	}
	for _, in := range counters {
		n := len(in.t)
		if st.firstUp != none {
			n, _ = slices.BinarySearch(in.t, st.firstUp)
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
	if len(ups) == 1 { // as nearly always
		for k, at := range ups[0].t {
			c.sign(first, at, ups[0].v[k] == 1)
		}
	} else {
		for _, s := range oneByOne(ups) {
			c.sign(first, s.t, s.up)
		}
	}
	st.covered = none
	if n := len(c.spans); n > first {
		st.covered = c.spans[n-1].to
	}
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

// upSign is one sample of up.
type upSign struct {
	t  int64
	up bool
}

// oneByOne gives a target's up samples in the order of time. Of several at one
// time, one that is 1 wins.
func oneByOne(ups []input) []upSign {
	var n int
	for _, u := range ups {
		n += len(u.t)
	}
	signs := make([]upSign, 0, n)
	for _, u := range ups {
		for k, t := range u.t {
			signs = append(signs, upSign{t, u.v[k] == 1})
		}
	}
	if len(ups) > 1 {
		slices.SortStableFunc(signs, func(x, y upSign) int {
			if d := cmp.Compare(x.t, y.t); d != 0 || x.up == y.up {
				return d
			}
			if y.up {
				return -1
			}
			return 1
		})
	}
	return signs
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
