package promseries

import (
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
}

// How far back what was given out and what streams had is of use, in scrape intervals:
// what is compared lies five earlier or later.
const memorySpan = 12

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
		if s.stream == nil || s.given == 0 || s.err != nil {
			continue
		}
		g := given{stream: s.stream, t: s.given, v: s.value, ended: slo.IsStale(s.value)}
		s.stream.Identity().give(g)
	}
	for i := range c.merged {
		m := &c.merged[i]
		m.id.give(m.given)
		for _, r := range m.replays {
			r.stream.recent = r.tail(memorySpan * c.interval())
		}
	}
}

func (id *Identity) give(g given) {
	if g.stream == nil || g.t < id.given[0].t {
		return
	}
	if g.t > id.given[0].t {
		id.given[1] = id.given[0]
	}
	id.given[0] = g
}

// lastGiven is what was given out before a span that begins at from; its stream is nil
// where nothing of use is known.
func (in *Interner) lastGiven(id *Identity, from, reach int64) given {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, g := range id.given {
		if g.stream != nil && g.t <= from && from-g.t <= reach {
			return g
		}
	}
	return given{}
}

// history is what is known of a stream before a span that begins at from, with room for
// more.
func (in *Interner) history(s *Stream, from int64, room int) (p Plain) {
	in.mu.Lock()
	defer in.mu.Unlock()
	room += len(s.recent.T) + len(s.Identity().given)
	p.T, p.V = make([]int64, 0, room), make([]float64, 0, room)
	for i, t := range s.recent.T {
		if t <= from {
			p.T, p.V = append(p.T, t), append(p.V, s.recent.V[i])
		}
	}
	for k := len(s.Identity().given) - 1; k >= 0; k-- {
		g := s.Identity().given[k]
		if g.stream == s && !g.held && g.t <= from && (len(p.T) == 0 || g.t > p.T[len(p.T)-1]) {
			p.T, p.V = append(p.T, g.t), append(p.V, g.v)
		}
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
	return name != "up" && !strings.HasPrefix(name, "scrape_") && !isStart(name)
}

// isStart tells the metrics that say when a process started.
func isStart(name string) bool { return strings.HasSuffix(name, "start_time_seconds") }
