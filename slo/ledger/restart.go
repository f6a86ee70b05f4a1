package ledger

import (
	"math"
	"slices"
)

// restartShift is how far (seconds) a start time may shift from one sample to the
// next by clock corrections without being looked at.
const restartShift = 1

// startChange is a start time (seconds) reported from t on.
type startChange struct {
	t     int64
	value float64
}

// move is a start time that has moved, and what that means.
type move struct {
	t    int64
	what moveKind
}

type moveKind uint8

const (
	nothing moveKind = iota
	restarted
	alternated // another one of several processes answers
)

// aStart reports whether a value can be a start time.
func aStart(v float64) bool { return v > 0 && !math.IsInf(v, 0) }

// readStarts finds the times at which the process had restarted.
func (c *counter) readStarts(w *work) {
	st, first, firstMove := &w.state, len(c.starts), len(c.moves)
	for _, in := range w.told {
		for k, v := range in.v {
			if v == st.start && st.firstStart != none || !aStart(v) {
				continue
			}
			t := in.t[k]
			c.starts = append(c.starts, startChange{t, v})
			isFirst := st.firstStart == none
			if isFirst {
				st.firstStart = t
			} else if math.Abs(v-st.start) <= restartShift {
				st.start = v
				continue
			}
			c.judge(w, startChange{t, v}, isFirst)
			if !isFirst {
				st.before = st.start
			}
			st.start = v
		}
	}
	w.starts, w.moves = since(c.starts, first), since(c.moves, firstMove)
}

// judge tells what a start time means that is the first or has moved.
func (c *counter) judge(w *work, s startChange, first bool) {
	last := w.lastRan(s.t)
	if last == none {
		return
	}
	st, ms, before := &w.state, s.value*1000, 0.0
	if !first {
		before = st.start
	}
	if !first && st.odd && math.Abs(s.value-st.before) <= restartShift {
		st.alternated = s.t
		c.moves = append(c.moves, move{s.t, alternated})
		c.tellStart(w, LeftOut, s, first)
		return
	}
	went, doubt := c.wentOn(w, s.t, before)
	switch {
	case ms > float64(last-c.slack) && ms <= float64(s.t+c.slack) && !went:
		st.restart(s.t)
		c.moves = append(c.moves, move{s.t, restarted})
		if doubt {
			c.flag(unclearRestart, s.t)
			c.tellStart(w, Restart, s, first, unclearRestart)
		} else {
			c.tellStart(w, Restart, s, first)
		}
	case !first && w.dropsAt(s.t):
		st.restart(s.t)
		st.odd = true
		c.moves = append(c.moves, move{s.t, restarted})
		c.flag(clockAndDrop, s.t)
		c.tellStart(w, Restart, s, first, clockAndDrop)
	case !first && (!went && ms > float64(w.seenSince(s.t)) || c.sprang(w, s.t)):
		c.flag(unclearRestart, s.t)
		c.tellStart(w, ClockStep, s, first, unclearRestart)
	case !first:
		c.flag(clockStep, s.t)
		c.tellStart(w, ClockStep, s, first, clockStep)
	}
}

// seenSince is when the process was first seen since its latest restart at or before t.
func (w *work) seenSince(t int64) int64 {
	if r := w.state.restartedBy(t); r != none {
		return r
	}
	return w.firstSeen()
}

// firstSeen is when the process was first seen, this tick's samples included; none.
func (w *work) firstSeen() int64 {
	seen := w.p.state.seen
	for _, in := range w.ups {
		for k, v := range in.v {
			if v == 1 {
				seen = earlier(seen, in.t[k])
				break
			}
		}
	}
	for _, in := range w.counters {
		if at := in.seen(); at != none {
			seen = earlier(seen, at)
		}
	}
	if f := w.state.firstStart; f != none {
		seen = earlier(seen, f)
	}
	return seen
}

// fewEvents is how many a process may always have counted from zero: so many may be
// counted twice where nothing tells, which is flagged.
const fewEvents = 1000

// wentOn reports whether the counters of a process went on at t, whatever has started
// then: none of those with a sample at t dropped, and one cannot have come so far from
// zero, be it as fast as it ever grew or as it had on average since the start before
// (seconds; 0: there was none). doubt: it is the average alone that makes it possible.
func (c *counter) wentOn(w *work, t int64, start float64) (went, doubt bool) {
	i := float64(c.interval)
	for k := range w.counters {
		in := &w.counters[k]
		n, prev, ok := in.pairAt(t)
		if !ok {
			continue
		}
		v := in.v[n]
		if v < prev.v {
			return false, false
		}
		step, _ := c.stepBefore(in, n)
		step, pace := max(step, 1), 0.0
		if start > 0 {
			pace = prev.v * i / max(1000, float64(prev.t)-start*1000)
		}
		scrapes := max(1, float64(t-prev.t)/i)
		doubt = doubt || v > c.plausible*step*scrapes
		went = went || v > max(fewEvents, c.plausible*max(step, pace)*scrapes)
	}
	return went, doubt && !went
}

// sprang reports whether a counter of the process has grown at t by more than it can have: what tells of that
// start may be another process.
func (c *counter) sprang(w *work, t int64) bool {
	for k := range w.counters {
		in := &w.counters[k]
		n, prev, ok := in.pairAt(t)
		if !ok {
			continue
		}
		step, _ := c.stepBefore(in, n)
		if in.v[n]-prev.v > max(fewEvents, c.plausible*max(step, 1)*max(1, float64(t-prev.t)/float64(c.interval))) {
			return true
		}
	}
	return false
}

// pairAt gives the place of an input's sample of a time, and the one before it; ok is false where one of them is missing.
func (in *input) pairAt(t int64) (n int, prev position, ok bool) {
	n = before(in.t, t)
	if n == len(in.t) || in.t[n] != t {
		return n, prev, false
	}
	prev = in.series.pos
	if n > 0 {
		prev = position{in.t[n-1], in.v[n-1]}
	}
	return n, prev, prev.t != none
}

// lastCounter is the time of the process' latest sample before t of a counter, but for one; none.
func (w *work) lastCounter(t int64, but *series) int64 {
	last := int64(none)
	for _, f := range w.p.families {
		for _, s := range f.series {
			if s != but && s.pos.t != none && s.pos.t < t {
				last = max(last, s.pos.t)
			}
		}
	}
	for _, in := range w.counters {
		if n := before(in.t, t); n > 0 && in.series != but {
			last = max(last, in.t[n-1])
		}
	}
	return last
}

// lastRan is like lastCounter, of the counters that were above 0 then: 0 may be where one begins, and
// was written by a source that knows that (see offScrape).
func (w *work) lastRan(t int64) int64 {
	last := int64(none)
	for _, f := range w.p.families {
		for _, s := range f.series {
			newer := func(in input) bool { return in.series == s && before(in.t, t) > 0 }
			if s.pos.t != none && s.pos.t < t && s.pos.v > 0 && !slices.ContainsFunc(w.counters, newer) {
				last = max(last, s.pos.t)
			}
		}
	}
	for _, in := range w.counters {
		if n := before(in.t, t); n > 0 && in.v[n-1] > 0 {
			last = max(last, in.t[n-1])
		}
	}
	return last
}

// before is how many of the rising times are before t.
func before(times []int64, t int64) int {
	lo, hi := 0, len(times)
	for lo < hi {
		mid := (lo + hi) / 2
		if times[mid] < t {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// dropsAt reports whether a counter of the process has a sample at t that is below the
// one before it.
func (w *work) dropsAt(t int64) bool {
	for k := range w.counters {
		in := &w.counters[k]
		if n, prev, ok := in.pairAt(t); ok && in.v[n] < prev.v {
			return true
		}
	}
	return false
}

// hasStart reports whether the process has a start at an instant.
func (w *work) hasStart(t int64) bool { return w.state.firstStart != none && w.state.firstStart <= t }

// startAt is the process' start (seconds) at an instant; ok is false where it has none.
func (w *work) startAt(t int64) (start float64, ok bool) {
	if !w.hasStart(t) {
		return 0, false
	}
	start = w.p.state.start
	for _, s := range w.starts {
		if s.t > t {
			break
		}
		start = s.value
	}
	return start, true
}

// restart notes a restart.
func (st *processState) restart(t int64) {
	st.restarts = [3]int64{t, st.restarts[0], st.restarts[1]}
}

// restartedBy is the time of the latest restart at or before t, as far back as is known; none.
func (st *processState) restartedBy(t int64) int64 {
	for _, r := range st.restarts {
		if r <= t {
			return r
		}
	}
	return none
}

// restartedBy is the time of the latest restart at or before t; none.
func (w *work) restartedBy(t int64) int64 {
	last := w.p.state.restartedBy(t)
	for _, m := range w.moves {
		if m.t <= t && m.what == restarted {
			last = m.t
		}
	}
	return last
}

// startedBefore is the time of the process' latest start-time sample before t; none.
func (w *work) startedBefore(t int64) int64 {
	for n := before(w.started.t, t) - 1; n >= 0; n-- {
		if aStart(w.started.v[n]) {
			return w.started.t[n]
		}
	}
	return w.p.lastStart
}
