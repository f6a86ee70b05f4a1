package promseries

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// Several streams of one identity become one series here. One of them leads, and its
// samples are the series' samples. Another takes over where the leader has a gap, and
// leads from then on. Since a stream may lag behind another one, what it says below the
// last value given out is left out until it has caught up: it is no reset, unless the
// stream itself dropped.

const (
	gapIntervals   = 2 // a gap longer than that lets another stream take over
	catchIntervals = 5 // within that a stream that lags behind has caught up
)

// merged is an answer that was made of several streams.
type merged struct {
	id      *Identity
	given   given
	replays []*replay
}

// replay is a stream while it is merged: its samples, those before the span first.
type replay struct {
	stream *Stream
	Plain
	// unlike: they are made of a native histogram, and not those that a classic one would have.
	unlike bool
	first  int // place of the span's first sample
	next   int // place of the next one that was not looked at
}

// mergeGroups delivers the series that have, or had, several streams.
func (c *Collector) mergeGroups() {
	for i := range c.found {
		id := c.found[i].stream.Identity()
		places := c.groups[id]
		if len(places) == 0 || places[0] != i {
			continue
		}
		last := given{}
		if !c.AsIs {
			last = c.Names.lastGiven(id, c.from, memorySpan*c.interval())
		}
		f := &c.found[i]
		if len(places) == 1 {
			from, err, chunks := c.from, f.failure(id), f.chunks
			if err == nil && last.stream != nil && (last.stream != f.stream || last.held) {
				from, chunks, err = c.relieved(id, f, last)
			}
			before := math.NaN()
			if last.stream != nil {
				before = last.v
			}
			foretold := err == nil && c.foretell(id, f, from, before)
			c.samples[i].stream = f.stream
			c.deliver(i, id, from, chunks, err)
			c.samples[i].beside = f.made
			c.samples[i].before, c.samples[i].foretold = before, foretold
			continue
		}
		chunks, err := c.merge(id, places, last)
		c.samples[i].stream = nil
		c.deliver(i, id, c.from, chunks, err)
	}
	c.keep()
}

// relieved finds from when on the only stream of the answer is given out, after another
// one was before, and with what chunks. All that decides it lies at the beginning: the rest
// need not be read.
func (c *Collector) relieved(id *Identity, f *found, last given) (from int64, chunks []Chunk, err error) {
	decided := c.from + catchIntervals*c.interval()
	r, err := c.replay(f, min(c.to, decided))
	if err != nil {
		return 0, nil, err
	}
	m := c.merger(id, last)
	if r.first < len(r.T) {
		m.replays = []*replay{r}
	}
	m.run()
	c.merged = append(c.merged, merged{id, m.given, m.replays})
	switch {
	case len(m.out.T) > 0:
		if _, base := slo.BaseOf(m.out.V[0]); base {
			f.chunks = append(plainChunk(Plain{m.out.T[:1], m.out.V[:1]}), f.chunks...)
		}
		return m.out.T[0] - 1, f.chunks, nil
	case c.to <= decided:
		return c.to, f.chunks, nil // nothing yet
	}
	return decided, f.chunks, nil
}

func (c *Collector) merger(id *Identity, last given) *merger {
	return &merger{
		from: c.from, interval: c.interval(), counter: id.counter, given: last,
		// The leader may be silent because another server answered, which has streams of its own.
		absent: last.stream != nil && !slices.Contains(c.all, last.stream.own),
	}
}

// merge reads the streams at these places and makes one of them.
func (c *Collector) merge(id *Identity, places []int, last given) ([]Chunk, error) {
	m := c.merger(id, last)
	for _, i := range places {
		f := &c.found[i]
		if f.bad != "" {
			return nil, f.failure(id)
		}
		r, err := c.replay(f, c.to)
		if err != nil {
			return nil, err
		}
		if r.first < len(r.T) {
			m.replays = append(m.replays, r)
		}
	}
	slices.SortFunc(m.replays, func(a, b *replay) int { return byLabels(a.stream, b.stream) })
	if len(m.replays) == 0 {
		return nil, nil
	}
	if c.AsIs {
		out := &Plain{}
		for _, r := range m.replays {
			out = merge(out, &r.Plain)
		}
		return plainChunk(*out), nil
	}
	if why := m.twoProcesses(id); why != "" {
		c.merged = append(c.merged, merged{id: id, replays: m.replays})
		return nil, &slo.SeriesError{Labels: id.Labels, Reason: why}
	}
	m.run()
	c.merged = append(c.merged, merged{id, m.given, m.replays})
	return plainChunk(m.out), nil
}

func plainChunk(p Plain) []Chunk {
	if len(p.T) == 0 {
		return nil
	}
	return []Chunk{{Max: p.T[len(p.T)-1], Plain: &p}}
}

// replay decodes a stream's samples up to a time, behind what is known of it from before.
func (c *Collector) replay(f *found, to int64) (*replay, error) {
	const batch = 64
	r := &replay{stream: f.stream}
	if !c.AsIs {
		r.Plain = c.Names.history(f.stream, c.from, batch)
	}
	r.first = len(r.T)
	r.next = r.first
	s := &c.reading
	s.reset(c.from, to, slices.Clone(f.chunks))
	for {
		k := len(r.T)
		r.T, r.V = slices.Grow(r.T, batch), slices.Grow(r.V, batch)
		n, err := s.Read(r.T[k:k+batch], r.V[k:k+batch])
		if n == 0 || err != nil {
			r.unlike = f.unlike()
			return r, err
		}
		r.T, r.V = r.T[:k+n], r.V[:k+n]
	}
}

// byLabels puts streams in order.
func byLabels(a, b *Stream) int {
	return slices.CompareFunc(a.Labels, b.Labels, func(x, y slo.Label) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Value, y.Value))
	})
}

// tail is what the stream had in the last span milliseconds.
func (r *replay) tail(span int64) Plain {
	if len(r.T) == 0 {
		return Plain{}
	}
	i, _ := slices.BinarySearch(r.T, r.T[len(r.T)-1]-span)
	return Plain{slices.Clone(r.T[i:]), slices.Clone(r.V[i:])}
}

// merger makes one series of several streams.
type merger struct {
	replays  []*replay
	from     int64
	interval int64
	counter  bool
	absent   bool // the leader of before is of another server than those that answered

	lead  *replay
	alive int64 // the leader's last sample, given out or not
	begun bool  // there was one
	given given // what was given out last
	bent  bool  // another kind of histogram goes on: nobody knows where the next sample begins
	out   Plain
}

func (m *merger) run() {
	m.begin()
	for {
		t, some := m.peek()
		if m.begun && (!some || t-m.alive > gapIntervals*m.interval) {
			if r := m.relief(t, some); r != nil {
				m.takeOver(r)
				continue
			}
		}
		if !some {
			break
		}
		m.pass()
	}
	if !m.begun {
		m.given = given{}
	}
}

// begin takes up the leader of before, or chooses one.
func (m *merger) begin() {
	if m.given.stream == nil {
		m.given = given{t: m.from, v: math.NaN()}
		m.alive = m.from
		m.lead = m.best(m.replays)
		m.given.stream = m.lead.stream
		return
	}
	m.begun, m.alive = true, m.given.t
	for _, r := range m.replays {
		if r.stream == m.given.stream {
			m.lead = r
		}
	}
}

// peek is the time of the leader's next sample after what was given out.
func (m *merger) peek() (t int64, some bool) {
	if m.lead == nil {
		return 0, false
	}
	r := m.lead
	for r.next < len(r.T) && r.T[r.next] <= m.given.t {
		r.next++
	}
	if r.next == len(r.T) {
		return 0, false
	}
	return r.T[r.next], true
}

// relief finds the stream that takes over where the leader has nothing before t, or,
// with some false, nothing more at all.
func (m *merger) relief(t int64, some bool) *replay {
	var able []*replay
	for _, r := range m.replays {
		if r == m.lead {
			continue
		}
		k, _ := slices.BinarySearch(r.T, max(m.given.t, m.alive)+1)
		if k = max(k, r.first); k == len(r.T) || some && r.T[k] >= t {
			continue
		}
		// Without a next sample of the leader only time tells that it has a gap.
		if !some && !m.absent && !m.given.ended && r.T[len(r.T)-1]-m.alive <= gapIntervals*m.interval {
			continue
		}
		if !m.absent && !(m.given.ended && !some) && !m.outlasts(r, t, some) {
			continue
		}
		able = append(able, r)
	}
	if len(able) == 0 {
		return nil
	}
	return m.best(able)
}

// outlasts reports whether r went on where the leader was silent before t. A series that
// both lack, such as one whose first event is yet to come, or that of a process that is
// down, is no gap of the leader, though r may be the first that has it again: all series
// of a target should have one leader.
func (m *merger) outlasts(r *replay, t int64, some bool) bool {
	const enough = 4 // samples, where the interval is not what was said
	first, _ := slices.BinarySearch(r.T, m.alive+1)
	for k, begin := first, first; k < len(r.T) && (!some || r.T[k] < t); k++ {
		if k > begin && 2*(r.T[k]-r.T[k-1]) > 3*m.interval {
			begin = k
		}
		if 2*(r.T[k]-r.T[begin]) >= 3*m.interval || k-first+1 >= enough {
			return true
		}
	}
	return false
}

// best is the stream that began first, of those the one that lasts longest, of those the
// first by its labels.
func (m *merger) best(of []*replay) *replay {
	gap := gapIntervals * m.interval
	first := func(r *replay) int64 {
		k, _ := slices.BinarySearch(r.T, m.given.t+1)
		return r.T[min(max(k, r.first), len(r.T)-1)]
	}
	best := of[0]
	for _, r := range of[1:] {
		begins, lasts := first(best)-first(r), r.T[len(r.T)-1]-best.T[len(best.T)-1]
		if begins > gap || begins >= -gap && lasts > gap {
			best = r
		}
	}
	return best
}

func (m *merger) takeOver(r *replay) {
	m.lead, m.absent = r, false
	m.given.stream, m.given.ended = r.stream, false
	m.given.held = m.counter && m.given.v == m.given.v
	m.given.since = m.given.t
	if m.given.unlike != r.unlike && m.given.held {
		m.bent, m.given.held = true, false
	}
}

// pass gives out the leader's next sample, or leaves it out.
func (m *merger) pass() {
	r := m.lead
	t, v := r.T[r.next], r.V[r.next]
	m.given.ended = slo.IsStale(v)
	if m.given.held && v == v {
		m.given.held = m.old(t, v) && !m.dropped()
	}
	r.next++
	m.alive, m.begun = t, true
	if m.given.held {
		return
	}
	if m.bent {
		if _, base := slo.BaseOf(v); base {
			return
		}
		if v == v && t-1 > m.given.t {
			m.out.T, m.out.V, m.bent = append(m.out.T, t-1), append(m.out.V, slo.Base(math.Inf(1))), false
			m.given.v, m.given.drop = math.NaN(), drop{}
		}
	}
	m.out.T, m.out.V = append(m.out.T, t), append(m.out.V, v)
	m.given.t, m.given.unlike = t, r.unlike
	if v == v {
		if v < m.given.v {
			m.given.drop = drop{t, m.given.v}
		}
		m.given.v = v
	}
}

// old reports whether a value of a stream that took over is one of before the last that
// was given out: below it, or from before a reset that the other stream saw already, and
// so nearer to what was before that. Nothing is old for longer than some intervals.
func (m *merger) old(t int64, v float64) bool {
	g, span := &m.given, catchIntervals*m.interval
	if v < g.v {
		return t-g.since <= span
	}
	return g.drop.t != 0 && t-g.drop.t <= span && g.drop.peak > g.v && v >= (g.v+g.drop.peak)/2
}

// dropped reports whether the leader's next sample is below its own last one, and the
// reset behind it was not given out by another stream already.
func (m *merger) dropped() bool {
	r := m.lead
	for k := r.next - 1; k >= 0; k-- {
		if r.V[k] == r.V[k] {
			known := m.given.drop.t != 0 && m.given.drop.t > r.T[k]-catchIntervals*m.interval
			return r.V[r.next] < r.V[k] && !known
		}
	}
	return false
}
