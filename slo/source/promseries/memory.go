package promseries

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// given is the last that was given out of an identity.
type given struct {
	stream *Stream // nil: nothing is known
	t      int64
	v      float64 // the last valid value; NaN: none is known
	ended  bool    // by a staleness marker
	held   bool    // samples of the stream are being left out, since it has not caught up
	since  int64   // from when on it is held
	drop   drop    // the last one that was given out, if known
	unlike bool    // the last was made of a native histogram, and not what a classic one would have
}

// drop is a value that was lower than the one before.
type drop struct {
	t    int64   // of the lower one; 0: there was none
	peak float64 // before it
}

// point is one sample.
type point struct {
	t int64
	v float64
}

// How far back what was given out and what streams had is of use, in scrape intervals:
// what is compared lies five earlier or later.
const memorySpan = 12

// keep keeps what series of several streams end with, for the requests to come: at once,
// since the next answer may be gathered before this one has been read.
func (c *Collector) keep() {
	if c.AsIs || c.Names == nil {
		return
	}
	c.Names.mu.Lock()
	defer c.Names.mu.Unlock()
	for i := range c.merged {
		m := &c.merged[i]
		m.id.give(m.given)
		for _, r := range m.replays {
			r.stream.keep(r.tail(memorySpan * c.interval()))
		}
	}
}

// keep remembers the newest samples of the stream.
func (s *Stream) keep(p Plain) {
	if len(p.T) == 0 {
		return
	}
	if s.recent == nil {
		s.recent = new([2]Plain)
	}
	if n := len(s.recent[0].T); n == 0 || p.T[0] > s.recent[0].T[0] {
		s.recent[1] = s.recent[0]
	}
	s.recent[0] = p
	for k := len(p.T) - 1; k >= 0; k-- {
		if v := p.V[k]; v == v {
			s.last = point{p.T[k], v}
			break
		}
	}
}

// foretell keeps what a stream will have given out that is delivered as it is, where
// another one may go on with the series. Only the end is read. False: it is not known.
func (c *Collector) foretell(id *Identity, f *found, from int64, before float64) bool {
	if c.AsIs || c.Names == nil || f.bad != "" || len(f.chunks) == 0 {
		return false
	}
	last := slices.MaxFunc(f.chunks, func(a, b Chunk) int { return cmp.Compare(a.Max, b.Max) }).Max
	var end []Chunk
	for _, k := range f.chunks {
		if k.Max >= min(last, c.to)-(catchIntervals+1)*c.interval() {
			end = append(end, k)
		}
	}
	s := &c.reading
	if !s.reset(from, c.to, end) {
		return false
	}
	s.stream, s.beside = f.stream, f.made
	if s.before = math.NaN(); len(end) == len(f.chunks) {
		s.before = before
	}
	if id.counter {
		s.watch = math.MinInt64
	}
	var t [64]int64
	var v [64]float64
	valid := point{}
	for n, err := s.Read(t[:], v[:]); n > 0; n, err = s.Read(t[:], v[:]) {
		if err != nil {
			return false
		}
		for i := range n {
			if v[i] == v[i] {
				valid = point{t[i], v[i]}
			}
		}
	}
	if s.given == 0 || s.err != nil {
		return false
	}
	c.Names.mu.Lock()
	defer c.Names.mu.Unlock()
	c.gave(f.stream, s, valid)
	return true
}

// gave keeps what was given out of a stream as it is; the Interner is locked.
func (c *Collector) gave(stream *Stream, s *samples, valid point) {
	stream.Identity().give(given{stream: stream, t: s.given, v: s.value, ended: slo.IsStale(s.value), drop: s.fell, unlike: s.unlike()})
	if valid.t > stream.last.t {
		stream.last = valid
	}
}

// Remember keeps what the answer's series ended with, for the requests to come. It is
// called after the samples were read, if all went well.
func (c *Collector) Remember() {
	if c.AsIs || c.Names == nil {
		return
	}
	c.Names.mu.Lock()
	defer c.Names.mu.Unlock()
	for i := range c.samples {
		s := &c.samples[i]
		if s.stream == nil || s.given == 0 || s.err != nil || s.foretold {
			continue
		}
		if g := s.stream.Identity().given; g.t == s.given && g.stream != s.stream {
			continue // the next answer knows more
		}
		valid := point{}
		if s.value == s.value {
			valid = point{s.given, s.value}
		}
		c.gave(s.stream, s, valid)
	}
}

func (id *Identity) give(g given) {
	if g.stream == nil || g.t < id.given.t {
		return
	}
	if g.drop.t == 0 {
		g.drop = id.given.drop
	}
	if g.t > id.given.t && id.given.stream != nil {
		if id.before == nil {
			id.before = new(given)
		}
		*id.before = id.given
	}
	id.given = g
}

// lastGiven is what was given out before a span that begins at from; its stream is nil
// where nothing of use is known.
func (in *Interner) lastGiven(id *Identity, from, reach int64) given {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, g := range [2]*given{&id.given, id.before} {
		if g != nil && g.stream != nil && g.t <= from && from-g.t <= reach {
			return *g
		}
	}
	return given{}
}

// history is what is known of a stream before a span that begins at from, with room for
// more.
func (in *Interner) history(s *Stream, from int64, room int) (p Plain) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var recent Plain
	if s.recent != nil {
		recent = s.recent[0]
		if len(recent.T) == 0 || recent.T[0] > from {
			recent = s.recent[1]
		}
	}
	room += len(recent.T) + 1
	p.T, p.V = make([]int64, 0, room), make([]float64, 0, room)
	for i, t := range recent.T {
		if t <= from {
			p.T, p.V = append(p.T, t), append(p.V, recent.V[i])
		}
	}
	if n := len(p.T); s.last.t != 0 && s.last.t <= from && (n == 0 || s.last.t > p.T[n-1]) {
		p.T, p.V = append(p.T, s.last.t), append(p.V, s.last.v)
	}
	return p
}

func (c *Collector) interval() int64 {
	if c.Interval > 0 {
		return c.Interval
	}
	return 60_000
}

// isCounter reports whether the values of a metric that is asked for raw can be a
// counter's: of those that are not, targets' own signs are asked for.
func isCounter(name string) bool {
	return name != "up" && !strings.HasPrefix(name, "scrape_") && !isStart(name) && !strings.HasSuffix(name, "_created")
}

// isStart tells the metrics that say when a process started.
func isStart(name string) bool { return strings.HasSuffix(name, "start_time_seconds") }
