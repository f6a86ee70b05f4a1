package ledger

import (
	"cmp"
	"slices"
)

// This file and the next ones (restart.go, walk.go, birth.go, cover.go) are
// docs/counting.md made fast. They change no account: what a tick finds is an
// outcome, applied when the whole tick has been read and stored.

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
	kind    kind
	process *process
	series  *series // of a counter
	t       []int64
	v       []float64
	births  []int // where first samples stand, rising
	bases   []based
	made    made   // when it was created, as said at the end
	born    *birth // a first sample that is yet to be decided at the end; nil: none
	joined  bool   // another series has taken over at the end
	looks
}

// looks are what one look at a series' samples tells of the usual case.
type looks struct {
	rising bool    // no value is below the one before it
	widest int64   // at least the longest time between two samples
	step   float64 // the greatest growth between two samples at most patience apart
}

// base is what the source says that the counter had where its k-th sample begins.
func (in *input) base(k int) (v float64, ok bool) {
	for _, b := range in.bases {
		if b.k == k {
			v, ok = b.v, true
		}
	}
	return v, ok
}

// outcome is what one tick does to one account.
type outcome struct {
	acct      *account
	from      int64
	runs      []run // the buckets, oldest first
	facts     facts
	series    []seriesChange
	processes []processChange
	families  []familyChange
	steps     []Step // where they are traced
}

// run is a bucket, or a whole block whose inner edges are not kept, with its counts
// and milliseconds without data.
type run struct {
	buckets int64 // 1 or blockBuckets
	a, b    float64
	miss    int64
}

type seriesChange struct {
	s     *series
	pos   position
	pace  pace
	made  made
	state *seriesState
	tail  []position // the newest raw samples
}

type processChange struct {
	p         *process
	state     processState
	lastStart int64 // none: as before
}

type familyChange struct {
	p         *process
	f         *family
	dropAfter int64
}

// counter counts spans; it holds the scratch space of one worker.
type counter struct {
	res          int64
	interval     int64 // i: the scrape interval
	patience     int64 // 2·i: how long after a scrape a process still counts as scraped
	lookback     int64 // 5·i: how old an old answer may be, and how long it may take to be made up for
	slack        int64 // what two clocks may differ by
	targetLabels []string
	// plausible is how many times its greatest step a counter may have grown in one scrape
	// interval after a restart.
	plausible float64

	zeros   map[*series]int64 // when series were created, by zeros behind the edge; mostly nil
	tracing bool              // somebody wants to know the steps
	last    told              // the last of them

	oldest  int64 // sample of all that is read together, where an account needs to know; none
	out     *outcome
	to      int64
	cells   cells
	a, b    []float64 // one for each cell
	miss    []int64
	spans   []span // of coverage
	order   []int  // of the inputs
	sorted  []input
	works   []work
	starts  []startChange
	moves   []move
	drops   []drop
	results arena
}

// work is what is to be counted of one process.
type work struct {
	p        *process
	state    processState
	ups      []input
	told     []input // its start times
	counters []input
	started  input // its start-time series
	starts   []startChange
	moves    []move
	drops    []drop // family drops, by the time of the later sample
}

// arena is the memory that a worker's outcomes share. It only grows: what an
// outcome has of it stays valid.
type arena struct {
	outcomes  []outcome
	runs      []run
	series    []seriesChange
	processes []processChange
	families  []familyChange
	samples   []position
	steps     []Step
	unknown   []*series // new ones whose age nothing tells
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
	series, processes, families, steps := len(c.results.series), len(c.results.processes), len(c.results.families), len(c.results.steps)
	c.last = told{}

	c.share(in)
	c.settle(a)
	for i := range c.works {
		c.process(&c.works[i])
	}
	for _, p := range a.live {
		if p.in != c.out { // said nothing in this span
			c.spans = append(c.spans, span{from, p.state.covered})
		}
	}
	c.cover()
	c.out.series, c.out.processes, c.out.families = since(c.results.series, series), since(c.results.processes, processes), since(c.results.families, families)
	c.out.steps = since(c.results.steps, steps)
	return c.finish(fineFrom)
}

// share gives each process its inputs, and reads its signs.
func (c *counter) share(in []input) {
	in = c.sort(in)
	c.works, c.starts, c.moves, c.drops = c.works[:0], c.starts[:0], c.moves[:0], c.drops[:0]
	for len(in) > 0 {
		n := 1
		for n < len(in) && in[n].process == in[0].process {
			n++
		}
		w := work{p: in[0].process, state: in[0].process.state}
		w.ups, w.told, w.counters = byKind(in[:n])
		if len(w.told) > 0 {
			w.started = w.told[0]
		}
		w.p.in, w.p.at = c.out, len(c.works)
		c.works = append(c.works, w)
		in = in[n:]
	}
	for i := range c.works {
		w := &c.works[i]
		c.readCreated(w)
		c.readStarts(w)
		c.readSights(w)
	}
}

// sort puts a process's inputs together, in the order of their kinds: places are sorted,
// which is cheaper than moving inputs about.
func (c *counter) sort(in []input) []input {
	c.order = c.order[:0]
	for i := range in {
		c.order = append(c.order, i)
	}
	slices.SortFunc(c.order, func(x, y int) int { return byProcessAndKind(&in[x], &in[y]) })
	c.sorted = c.sorted[:0]
	for _, i := range c.order {
		c.sorted = append(c.sorted, in[i])
	}
	return c.sorted
}

func byProcessAndKind(x, y *input) int {
	if d := cmp.Compare(x.process.id, y.process.id); d != 0 {
		return d
	}
	if d := cmp.Compare(x.kind, y.kind); d != 0 || x.series == nil || x.series.family == y.series.family {
		return d
	}
	return cmp.Compare(x.series.family.name, y.series.family.name)
}

func byKind(in []input) (ups, starts, counters []input) {
	ups, rest := prefix(in, upSeries)
	starts, counters = prefix(rest, startSeries)
	return ups, starts, counters
}

func prefix(in []input, k kind) (head, tail []input) {
	n := 0
	for n < len(in) && in[n].kind == k {
		n++
	}
	return in[:n], in[n:]
}

// readSights notes when the process was first seen, and when its up was.
func (c *counter) readSights(w *work) {
	st, f := &w.state, &c.out.facts
	for _, u := range w.ups {
		for k, v := range u.v {
			if v == 1 {
				st.seenUp = earlier(st.seenUp, u.t[k])
				break
			}
		}
		st.firstUp = earlier(st.firstUp, u.t[0])
	}
	for _, s := range w.counters {
		if len(s.t) == 0 {
			continue
		}
		if at := s.seen(); at != none {
			st.seen = earlier(st.seen, at)
		}
		f.heard = earlier(f.heard, s.t[0])
		f.last = max(f.last, s.t[len(s.t)-1])
	}
	for _, t := range [2]int64{st.seenUp, st.firstStart} {
		if t != none {
			st.seen = earlier(st.seen, t)
		}
	}
	if st.seenUp != none {
		f.heard = earlier(f.heard, st.seenUp)
	}
}

// seen is the time of the first sample that makes the process of a counter known; none. A 0 that a series
// begins with may be one that nobody scraped: see offScrape.
func (in *input) seen() int64 {
	n := 0
	if len(in.t) > 0 && in.series.pos.t == none && in.v[0] == 0 {
		n = 1
	}
	if n == len(in.t) {
		return none
	}
	return in.t[n]
}

// earlier is the earlier of two times, of which the first may be none.
func earlier(t, u int64) int64 {
	if t == none || u < t {
		return u
	}
	return t
}

// process counts what is left to count of one process when first samples are decided.
func (c *counter) process(w *work) {
	c.findDrops(w)
	for _, in := range w.counters {
		c.series(w, in)
	}
	c.signs(w)
	c.results.processes = append(c.results.processes, processChange{w.p, w.state, w.startedBefore(c.to + 1)})
}

// series adds one series' increments to the cells.
func (c *counter) series(w *work, in input) {
	s := in.series
	change, state := seriesChange{s: s, pos: s.pos, pace: s.pace, made: in.made}, *s.seriesState
	if n := len(in.t); n > 0 {
		change.pos, state.joined = position{in.t[n-1], in.v[n-1]}, false
	}
	if w.plain(in, c.lookback) {
		c.rise(s, in, &change)
		if c.tracing {
			c.tellRise(s, in)
		}
	} else {
		c.pieces(w, in, &change, &state)
	}
	state.birth = birth{at: none}
	if in.born != nil {
		state.birth = *in.born
	}
	state.joined = state.joined || in.joined
	change.state = state.after(s.seriesState)
	change.tail = c.tail(in)
	c.results.series = append(c.results.series, change)
}

// plain reports that all pairs of the series are growth.
func (w *work) plain(in input, lookback int64) bool {
	s := in.series
	if !in.rising || len(in.births) > 0 || len(in.bases) > 0 || len(in.t) == 0 || in.v[0] < s.pos.v || in.v[len(in.v)-1]-s.pos.v > mostAtOnce || s.hold.at != none || len(w.moves) > 0 || len(w.drops) > 0 {
		return false
	}
	if s.pos.t < w.p.state.restarts[0] || s.pos.t < w.p.state.alternated || w.maySpring(s.pace, s.pos, s.dropped, in.t[0], lookback) {
		return false
	}
	for _, f := range w.p.families {
		if f.dropAfter >= s.pos.t {
			return false
		}
	}
	return true
}

// rise counts a series that saw nothing but growth.
func (c *counter) rise(s *series, in input, change *seriesChange) {
	change.pace.take(s.pos, position{in.t[0], in.v[0]}, c.patience)
	change.pace.most = max(change.pace.most, in.step)
	c.grow(s.sides, in.t, in.v, s.pos.v)
}

// grow counts samples that saw nothing but growth from a value on: in each cell it is
// the difference of two values.
func (c *counter) grow(sides uint8, t []int64, v []float64, base float64) {
	ends := c.cells.ends
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

// put counts events in a cell.
func (c *counter) put(sides uint8, cell int, sum float64) {
	if sides&1 != 0 {
		c.a[cell] += sum
	}
	if sides&2 != 0 {
		c.b[cell] += sum
	}
}

// tail keeps the newest raw samples of an input, in the outcomes' memory.
func (c *counter) tail(in input) []position {
	n := len(in.t)
	if n == 0 {
		return nil
	}
	first := n - 1
	for first > 0 && in.t[first-1] >= in.t[n-1]-c.lookback {
		first--
	}
	at := len(c.results.samples)
	for k := first; k < n; k++ {
		c.results.samples = append(c.results.samples, position{in.t[k], in.v[k]})
	}
	return since(c.results.samples, at)
}

// remember adds newer samples to those kept of a series, and leaves out those that
// are too old to matter.
func (s *series) remember(tail []position, lookback int64) {
	if len(tail) == 0 {
		return
	}
	oldest := tail[len(tail)-1].t - lookback
	n := 0
	for n < len(s.recent) && s.recent[n].t < oldest {
		n++
	}
	kept := copy(s.recent, s.recent[n:])
	s.recent = append(s.recent[:kept], tail...)
}

// recall takes in samples that have been counted before the files were read.
func (s *series) recall(t []int64, v []float64) {
	if len(s.recent) > 0 || s.pos.t == none {
		return
	}
	for k := range t {
		if t[k] <= s.pos.t {
			s.recent = append(s.recent, position{t[k], v[k]})
		}
	}
}
