package ledger

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// This file is docs/counting.md made fast. It changes no account: what a tick
// finds is an outcome, applied when the whole tick has been read and stored.

// kind says what a series is to an account.
type kind uint8

const (
	upSeries kind = iota
	startSeries
	counterSeries
)

// input is one series' samples of the span being counted, for one account.
// Counters hold valid samples only.
type input struct {
	kind   kind
	target *target
	series *series // of a counter
	t      []int64
	v      []float64
	looks
}

// looks are what one look at a series' samples tells of the usual case.
type looks struct {
	rising bool  // no value is below the one before it
	widest int64 // at least the longest time between two samples
}

// outcome is what one tick does to one account.
type outcome struct {
	acct    *account
	from    int64
	runs    []run // the buckets, oldest first
	facts   facts
	series  []seriesChange
	targets []targetChange
	groups  []groupChange
}

// run is a bucket, or a whole block whose inner edges are not kept, with its counts
// and milliseconds without data.
type run struct {
	buckets int64 // 1 or blockBuckets
	a, b    float64
	miss    int64
}

type seriesChange struct {
	s   *series
	pos position
}

type targetChange struct {
	t     *target
	state targetState
}

type groupChange struct {
	t         *target
	g         *group
	dropAfter int64
}

// counter counts spans; it holds the scratch space of one worker.
type counter struct {
	res      int64
	patience int64 // 2·i: how long after a scrape a target still counts as scraped

	oldest  int64 // sample of all that is read together, where an account needs to know; none
	out     *outcome
	to      int64
	cells   cells
	a, b    []float64 // one for each cell
	miss    []int64
	spans   []span // of coverage
	starts  []startChange
	moves   []int64
	drops   []drop
	results arena
}

// arena is the memory that a worker's outcomes share. It only grows: what an
// outcome has of it stays valid.
type arena struct {
	outcomes []outcome
	runs     []run
	series   []seriesChange
	targets  []targetChange
	groups   []groupChange
}

// outcome hands out the next outcome.
func (m *arena) outcome() *outcome {
	if len(m.outcomes) == cap(m.outcomes) {
		m.outcomes = make([]outcome, 0, 64)
	}
	m.outcomes = m.outcomes[:len(m.outcomes)+1]
	return &m.outcomes[len(m.outcomes)-1]
}

// room is empty memory for n more runs.
func (m *arena) room(n int) []run {
	if cap(m.runs)-len(m.runs) < n {
		m.runs = make([]run, 0, max(n, min(2*cap(m.runs), runsAtOnce)))
	}
	return m.runs[len(m.runs):]
}

// runsAtOnce is how many runs' memory is asked for at most: 2 MiB.
const runsAtOnce = 1 << 16

// keep keeps the runs that were put where room was.
func (m *arena) keep(runs []run) []run {
	m.runs = m.runs[:len(m.runs)+len(runs)]
	return runs[:len(runs):len(runs)]
}

// since is what has been added to an arena from n on; nobody can append to it.
func since[T any](s []T, n int) []T { return s[n:len(s):len(s)] }

// span is a stretch of instants, [from, to).
type span struct{ from, to int64 }

// startChange is a start time (seconds) reported from t on.
type startChange struct {
	t     int64
	value float64
}

// drop is an own drop between two samples of a series.
type drop struct{ p, r int64 }

// begin makes an outcome of (from, to] in which nothing has happened yet. Blocks
// that end at or before coarse are counted as a whole.
func (c *counter) begin(a *account, from, to, coarse int64) {
	c.out = c.results.outcome()
	c.out.acct, c.out.from, c.out.facts = a, from, a.facts
	if f := &c.out.facts; f.begins == none && c.oldest != none {
		f.begins = f.start
		if c.oldest-f.start > c.patience {
			f.begins = c.oldest - 1
		}
	}
	c.cells.divide(from, to, coarse, c.res, a.hist.shift)
	c.to, c.spans = to, c.spans[:0]
	n := len(c.cells.ends)
	c.a, c.b, c.miss = zeros(c.a, n), zeros(c.b, n), zeros(c.miss, n)
}

// zeros returns n zeros, in the memory of s where they fit.
func zeros[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	clear(s[:n])
	return s[:n]
}

// count counts one account's inputs of (from, to] into an outcome. Inner edges of
// blocks that end at or before fineFrom are not kept.
func (c *counter) count(a *account, from, to, fineFrom int64, in []input) *outcome {
	coarse := fineFrom
	if a.m.slice > 0 { // which end at buckets' edges
		coarse = none
	}
	c.begin(a, from, to, coarse)
	series, targets, groups := len(c.results.series), len(c.results.targets), len(c.results.groups)

	slices.SortFunc(in, byTargetAndKind)
	for len(in) > 0 {
		n := 1
		for n < len(in) && in[n].target == in[0].target {
			n++
		}
		c.target(in[:n])
		in = in[n:]
	}
	for _, t := range a.live {
		if t.in != c.out { // said nothing in this span
			c.spans = append(c.spans, span{from, t.state.covered})
		}
	}
	c.cover()
	c.out.series, c.out.targets, c.out.groups = since(c.results.series, series), since(c.results.targets, targets), since(c.results.groups, groups)
	return c.finish(fineFrom)
}

func byTargetAndKind(x, y input) int {
	if d := cmp.Compare(x.target.id, y.target.id); d != 0 {
		return d
	}
	if d := cmp.Compare(x.kind, y.kind); d != 0 || x.series == nil || x.series.group == y.series.group {
		return d
	}
	return cmp.Compare(x.series.group.metric, y.series.group.metric)
}

// target counts all inputs of one target: up, start times, counters by metric.
func (c *counter) target(in []input) {
	t := in[0].target
	t.in = c.out
	st := t.state
	ups, rest := prefix(in, upSeries)
	starts, counters := prefix(rest, startSeries)

	c.readStarts(&st, starts)
	c.readSights(&st, ups, counters)
	for rest := counters; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].series.group == rest[0].series.group {
			n++
		}
		c.siblings(t, &st, rest[:n])
		rest = rest[n:]
	}
	c.signs(t, &st, ups, counters)
	st.moved = lastMove(c.moves, t.state.moved)
	c.results.targets = append(c.results.targets, targetChange{t, st})
}

func prefix(in []input, k kind) (head, tail []input) {
	n := 0
	for n < len(in) && in[n].kind == k {
		n++
	}
	return in[:n], in[n:]
}

func lastMove(moves []int64, before int64) int64 {
	if len(moves) > 0 {
		return moves[len(moves)-1]
	}
	return before
}

// readSights notes when the target was first seen, and when its up was.
func (c *counter) readSights(st *targetState, ups, counters []input) {
	see := func(t int64) {
		if st.seen == none || t < st.seen {
			st.seen = t
		}
	}
	for _, u := range ups {
		for k, v := range u.v {
			if v == 1 {
				see(u.t[k])
				break
			}
		}
		if len(u.t) > 0 && (st.firstUp == none || u.t[0] < st.firstUp) {
			st.firstUp = u.t[0]
		}
	}
	for _, s := range counters {
		if len(s.t) > 0 {
			see(s.t[0])
			c.out.facts.last = max(c.out.facts.last, s.t[len(s.t)-1])
		}
	}
	if st.firstStart != none {
		see(st.firstStart)
	}
}

// restartShift is how far (seconds) a start time may shift by clock corrections
// without meaning another process.
const restartShift = 1

// readStarts finds the times at which the target showed another process.
func (c *counter) readStarts(st *targetState, starts []input) {
	c.starts, c.moves = c.starts[:0], c.moves[:0]
	for i, in := range starts {
		for k, t := range in.t {
			if v := in.v[k]; v > 0 && !math.IsInf(v, 0) && (i == 0 && len(starts) == 1 && !c.news(st, v)) {
				continue
			} else if v > 0 && !math.IsInf(v, 0) {
				c.starts = append(c.starts, startChange{t, v})
			}
		}
	}
	if len(starts) > 1 {
		c.starts = greatest(c.starts)
	}
	for _, s := range c.starts {
		switch {
		case st.firstStart == none:
			st.firstStart = s.t
		case math.Abs(s.value-st.start) > restartShift:
			c.moves = append(c.moves, s.t)
		}
		st.start = s.value
	}
}

// news reports whether a start time differs from the one reported before, which is
// the usual case of nothing to note.
func (c *counter) news(st *targetState, v float64) bool {
	if n := len(c.starts); n > 0 {
		return v != c.starts[n-1].value
	}
	return st.firstStart == none || v != st.start
}

// greatest merges several series' start times: the greatest of each time stamp.
func greatest(s []startChange) []startChange {
	slices.SortFunc(s, func(x, y startChange) int {
		if d := cmp.Compare(x.t, y.t); d != 0 {
			return d
		}
		return cmp.Compare(y.value, x.value)
	})
	return slices.CompactFunc(s, func(x, y startChange) bool { return x.t == y.t })
}

// siblings counts the series of one metric on one target.
func (c *counter) siblings(t *target, st *targetState, in []input) {
	g := in[0].series.group
	c.drops = c.drops[:0]
	for _, s := range in {
		c.findDrops(s)
	}
	slices.SortFunc(c.drops, func(x, y drop) int { return cmp.Compare(x.r, y.r) })
	for _, s := range in {
		c.series(t, st, s)
	}
	after := g.dropAfter
	for _, d := range c.drops {
		after = max(after, d.p)
	}
	if after != g.dropAfter {
		c.results.groups = append(c.results.groups, groupChange{t, g, after})
	}
}

func (c *counter) findDrops(in input) {
	prev := in.series.pos
	if in.rising && (prev.t == none || len(in.v) == 0 || in.v[0] >= prev.v) {
		return
	}
	for k, v := range in.v {
		if v < prev.v && prev.t != none {
			c.drops = append(c.drops, drop{prev.t, in.t[k]})
		}
		prev = position{in.t[k], v}
	}
}

// series adds one series' increments to the cells.
func (c *counter) series(t *target, st *targetState, in input) {
	if len(in.t) == 0 {
		return
	}
	s := in.series
	rest, sum := in, 0.0
	prev := s.pos
	if prev.t == none {
		sum, prev = c.firstSample(t, st, s, in.t[0], in.v[0]), position{in.t[0], in.v[0]}
		if sum != 0 {
			c.put(s.sides, c.cells.of(prev.t), sum)
		}
		rest.t, rest.v = in.t[1:], in.v[1:]
	}
	if len(rest.t) > 0 {
		if in.rising && len(c.moves) == 0 && t.state.moved <= prev.t && len(c.drops) == 0 && s.group.dropAfter < prev.t {
			c.rise(s.sides, prev.v, rest)
		} else {
			c.steps(t, st, prev, rest)
		}
	}
	n := len(in.t) - 1
	c.results.series = append(c.results.series, seriesChange{s, position{in.t[n], in.v[n]}})
}

// rise counts a series that saw no restart: in each cell it has grown by the
// difference of two values.
func (c *counter) rise(sides uint8, base float64, in input) {
	t, v, ends := in.t, in.v, c.cells.ends
	for cell := c.cells.of(t[0]); len(t) > 0; cell++ {
		end := ends[cell]
		if t[0] > end {
			continue
		}
		n := 1
		if c.cells.wide(cell, c.res) {
			n, _ = slices.BinarySearch(t, end+1)
		} else {
			for n < len(t) && t[n] <= end {
				n++
			}
		}
		c.put(sides, cell, v[n-1]-base)
		base, t, v = v[n-1], t[n:], v[n:]
	}
}

// steps counts a series that may have seen restarts, of its own or of its target.
// Between two of them it has grown by the difference of two values.
func (c *counter) steps(t *target, st *targetState, prev position, in input) {
	sides, ends := in.series.sides, c.cells.ends
	cell := c.cells.of(in.t[0])
	sum, base := 0.0, prev.v
	moved, dropAfter, mi, di := t.state.moved, in.series.group.dropAfter, 0, 0
	for k, now := range in.t {
		v := in.v[k]
		if now > ends[cell] {
			c.put(sides, cell, sum+(prev.v-base))
			sum, base = 0, prev.v
			for now > ends[cell] {
				cell++
			}
		}
		for ; mi < len(c.moves) && c.moves[mi] <= now; mi++ {
			moved = c.moves[mi]
		}
		for ; di < len(c.drops) && c.drops[di].r <= now; di++ {
			dropAfter = max(dropAfter, c.drops[di].p)
		}
		if v < prev.v || moved > prev.t || dropAfter >= prev.t && (st.firstStart == none || st.firstStart > now) {
			sum, base = sum+(prev.v-base), 0 // from zero
		}
		prev = position{now, v}
	}
	c.put(sides, cell, sum+(prev.v-base))
}

func (c *counter) put(sides uint8, cell int, sum float64) {
	if sides&1 != 0 {
		c.a[cell] += sum
	}
	if sides&2 != 0 {
		c.b[cell] += sum
	}
}

// firstSample is what the first sample ever seen of a series counts.
func (c *counter) firstSample(t *target, st *targetState, s *series, at int64, v float64) float64 {
	f := &c.out.facts
	begins := at-f.begins <= c.patience
	switch rule := c.out.acct.m.first; {
	case rule == slo.FirstIgnore:
		return 0
	case rule == slo.FirstZero && !begins:
		return v
	}
	if st.firstStart != none && st.firstStart <= at && c.startAt(t, at)*1000 > float64(max(f.begins, f.forgot)) {
		return v
	}
	// A target that has been seen may have had the series, before it was forgotten.
	if st.seen < at && !t.shed.has(s, c.startAt(t, at)) {
		return v
	}
	if v > 0 && !begins {
		f.unknownFirst++
	}
	return 0
}

// startAt is the latest start time (seconds) reported at or before an instant.
func (c *counter) startAt(t *target, at int64) float64 {
	start := t.state.start
	for _, s := range c.starts {
		if s.t > at {
			break
		}
		start = s.value
	}
	return start
}
