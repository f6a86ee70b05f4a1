package ledger

import "math"

// Some sources write a 0 where a counter was created, at a time at which nothing was scraped: right before
// its first sample, or between two.

// offScrape reports whether a target was not scraped at an instant, though it was before, as far as
// its up tells.
func (c *counter) offScrape(t *target, at int64) bool {
	told := false
	for _, p := range t.processes {
		told = told || p.state.firstUp != none && p.state.firstUp < at
		if p.in != c.out {
			continue
		}
		for _, up := range c.works[p.at].ups {
			told = told || len(up.t) > 0 && up.t[0] < at
			if n := before(up.t, at); n < len(up.t) && up.t[n] == at {
				return false
			}
		}
	}
	return told
}

// What is kept as the created time of a series of which there has been nothing but a 0: one that nobody
// scraped, or of which that cannot be told yet.
const (
	ledByZero   = -math.SmallestNonzeroFloat64
	beganAtZero = 2 * ledByZero
)

// lateZero is when (ms) a series was created, by a 0 behind the edge; none.
func (c *counter) lateZero(s *series) int64 {
	if z, ok := c.zeros[s]; ok {
		return z
	}
	return none
}

// behindZero finds the sample behind the 0 that a series begins with, where nobody scraped that 0: it says when
// the counter was created, and the sample is judged as a first one. zero is none where there is no such
// sample. A 0 that stands alone is remembered.
func (c *counter) behindZero(w *work, in *input) (k int, zero int64) {
	s := in.series
	alone, unscraped := s.made.value == ledByZero || s.made.value == beganAtZero, s.made.value == ledByZero
	switch {
	case len(in.t) == 0:
		return 0, none
	case s.pos.t == none && in.v[0] == 0:
		k, zero = 1, in.t[0]
		if _, said := s.created.at(zero); said {
			return 0, none
		}
		unscraped = c.unscraped(w, in, zero)
	case alone:
		zero = s.pos.t
	default:
		return 0, none
	}
	if alone && in.made == s.made {
		in.made = made{}
	}
	if k == len(in.t) {
		in.made.value = beganAtZero
		if unscraped {
			in.made.value = ledByZero
		}
		return 0, none
	}
	if _, begins := in.base(k); begins || in.v[k] == 0 || !unscraped && !c.scrapedLater(w, in, zero, in.t[k]) {
		return 0, none
	}
	if start, ok := w.startAt(in.t[k]); ok && float64(zero+c.slack) < start*1000 { // it is of another process
		return 0, none
	}
	return k, zero
}

// unscraped reports whether nobody scraped a counter's target when it was at 0, as far as can be told then: by
// its up, or else by the process' other counters.
func (c *counter) unscraped(w *work, in *input, at int64) bool {
	if first := c.firstUp(w.p.target); first != none && first <= at {
		return c.offScrape(w.p.target, at)
	}
	others := false
	for _, f := range w.p.families {
		for _, s := range f.series {
			others = others || s != in.series && s.pos.t != none
		}
	}
	for _, o := range w.counters {
		if o.series == in.series || len(o.t) == 0 {
			continue
		}
		n := before(o.t, at)
		if n < len(o.t) && o.t[n] == at {
			return false
		}
		others = others || n > 0
	}
	return others
}

// scrapedLater reports whether a counter's target was scraped for the first time in (from, to], by its up, or if it has
// none yet, other counters of the process have a sample between the two times.
func (c *counter) scrapedLater(w *work, in *input, from, to int64) bool {
	if first := c.firstUp(w.p.target); first != none && first <= to {
		return from < first
	}
	between := func(t int64) bool { return from < t && t < to }
	for _, f := range w.p.families {
		for _, s := range f.series {
			if s != in.series && between(s.pos.t) {
				return true
			}
		}
	}
	for _, o := range w.counters {
		if n := before(o.t, to); o.series != in.series && n > 0 && between(o.t[n-1]) {
			return true
		}
	}
	return false
}

// firstUp is the time of the first sample of a target's up; none.
func (c *counter) firstUp(t *target) int64 {
	first := int64(none)
	for _, p := range t.processes {
		if u := c.stateOf(p).firstUp; u != none {
			first = earlier(first, u)
		}
	}
	return first
}

// ownZero is the series whose 0 tells when it was created; nil: none does.
func (n *newborn) ownZero() *series {
	if n.zero == none {
		return nil
	}
	return n.in.series
}
