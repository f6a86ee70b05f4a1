package promseries

import (
	"math"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// A stream may have samples of its own and such that are made of other series beside: a classic
// histogram's, and those of the native one. Its own count where it has them. What is made need
// not be the same number (a bound within a bucket), so where the one goes on for the other a
// slo.Base says where it begins: growth is taken from one kind at a time. Where they have no sample at
// the same time, nobody knows where that is, and the base says so.

// anew is implemented by what makes samples that need not go on from the stream's own.
type anew interface {
	// Anew lets the first sample have its base, where that is known; else, after samples of its own,
	// one that says that nobody knows.
	Anew(after bool)
	// Inexact reports whether the samples read so far are not those that the stream's own
	// would be.
	Inexact() bool
}

// mix joins a stream's own chunks and those beside them, which are made of others.
func (c *Collector) mix(f *found) (of []Made, err error) {
	var own, beside []Chunk
	for _, k := range f.chunks {
		if k.Made != nil {
			beside, of = append(beside, k), append(of, k.Made)
		} else {
			own = append(own, k)
		}
	}
	since := f.stream.made.Load() // of the samples, whoever asked for them
	before := since != 0 && since <= c.from
	unlike := before && c.endedUnlike(f.stream)
	if len(beside) == 0 && (len(own) == 0 || !unlike) {
		f.stream.made.Store(0)
		return nil, nil
	}
	for _, k := range beside {
		if m, ok := k.Made.(anew); ok && (len(own) > 0 || !before && c.gaveBefore(f.stream)) {
			m.Anew(len(own) == 0 && !before && c.endedBefore(f.stream))
		}
	}
	f.made = of
	if len(own) == 0 {
		if first, _ := beside[0].min(); since == 0 || first < since {
			f.stream.made.Store(first)
		}
		return of, nil
	}
	ours, err := c.read(own)
	if err != nil {
		return nil, err
	}
	made, err := c.read(beside)
	if err != nil {
		return nil, err
	}
	if since == 0 && len(made.T) == 0 && !c.gaveBefore(f.stream) {
		// Whoever has just begun to read knows by what lies before the span how the one who read until then had counted.
		unlike = endedInexact(beside)
		before = unlike
	}
	inexact := unlike || slices.ContainsFunc(beside, func(k Chunk) bool { m, ok := k.Made.(anew); return ok && m.Inexact() })
	m := mixer{own: ours, made: made, reach: gapIntervals * c.interval(), inexact: inexact, before: before, owned: !before && c.endedBefore(f.stream)}
	f.chunks = append(f.chunks[:0], plainChunk(m.run())...)
	f.stream.made.Store(m.since)
	if m.since == 0 {
		f.made = nil
	}
	return append(of, classic{}), nil
}

// unlike reports whether a stream ends with samples that are made, and not those that its own would be.
func (f *found) unlike() bool {
	return slices.ContainsFunc(f.made, func(of Made) bool { m, ok := of.(anew); return ok && m.Inexact() })
}

// unlike is found's, of a stream that is read as it is.
func (s *samples) unlike() bool {
	f := found{made: s.beside}
	return len(s.beside) > 0 && s.stream.made.Load() != 0 && f.unlike()
}

// classic notes that a stream has samples of its own, too.
type classic struct{}

func (classic) Samples() slo.Samples { return &samples{} }
func (classic) Note() string {
	return "there is a classic histogram as well: it counts where it has samples"
}

// endedBefore reports whether the stream's latest sample that was read lies before the span.
func (c *Collector) endedBefore(s *Stream) bool {
	c.Names.mu.Lock()
	defer c.Names.mu.Unlock()
	return s.last.t != 0 && s.last.t <= c.from
}

// endedInexact reports whether chunks whose samples lie before the span are not what a stream's own would be.
func endedInexact(beside []Chunk) bool {
	return slices.ContainsFunc(beside, func(k Chunk) bool {
		m, ok := k.Made.(anew)
		if !ok {
			return false
		}
		_, err := decoded(k)
		return err == nil && m.Inexact()
	})
}

// endedUnlike reports whether the stream's latest sample that was given out before the span was made, and not what
// an own one would have been. What it was made of need not be in the answer any more.
func (c *Collector) endedUnlike(s *Stream) bool {
	c.Names.mu.Lock()
	defer c.Names.mu.Unlock()
	id := s.Identity()
	for _, g := range [2]*given{&id.given, id.before} {
		if g != nil && g.stream == s && g.t <= c.from {
			return g.unlike
		}
	}
	return false
}

// gaveBefore reports whether the stream has had samples when it was read before.
func (c *Collector) gaveBefore(s *Stream) bool {
	c.Names.mu.Lock()
	defer c.Names.mu.Unlock()
	return s.last.t != 0
}

// read reads chunks of one kind.
func (c *Collector) read(chunks []Chunk) (Plain, error) {
	var s samples
	s.reset(c.from, c.to, chunks)
	p, err := made(&s)
	return *p, err
}

// mixer joins samples of both kinds.
type mixer struct {
	own, made Plain
	reach     int64 // as long as own samples lie closer, nothing is missing between them
	inexact   bool
	before    bool  // the sample before is one that was made
	owned     bool  // the sample before is an own one
	since     int64 // the first of those in a row that were made, up to the last; 0: that is an own one
	out       Plain
}

func (m *mixer) run() Plain {
	value, base := math.NaN(), math.NaN() // of what is made: the last, and where the next begins
	i := 0
	for k := 0; k < len(m.made.T) || i < len(m.own.T); {
		if k == len(m.made.T) || i < len(m.own.T) && m.own.T[i] <= m.made.T[k] {
			m.takeOwn(i, k, value)
			if i++; k < len(m.made.T) && m.own.T[i-1] == m.made.T[k] && !slo.IsStale(m.own.V[i-1]) {
				value, base = m.pass(k, value, base)
				k++
			}
			continue
		}
		v := m.made.V[k]
		if b, ok := slo.BaseOf(v); ok {
			base = b
		} else if !m.covered(m.made.T[k]) {
			if math.IsNaN(base) && !m.before && m.inexact {
				base = value
				if math.IsNaN(base) && m.owned {
					base = math.Inf(1)
				}
			}
			if !math.IsNaN(base) && v == v {
				m.put(m.made.T[k]-1, slo.Base(base))
			}
			m.put(m.made.T[k], v)
			if m.before = true; m.since == 0 {
				m.since = m.made.T[k]
			}
		}
		if _, ok := slo.BaseOf(v); !ok {
			value, base = m.pass(k, value, math.NaN())
		}
		k++
	}
	return m.out
}

// pass remembers a made sample that was looked at.
func (m *mixer) pass(k int, value, base float64) (float64, float64) {
	v := m.made.V[k]
	if _, ok := slo.BaseOf(v); ok {
		return value, base
	}
	if v != v {
		return value, math.NaN()
	}
	return v, math.NaN()
}

// takeOwn puts an own sample; value is what was made before it, and the k-th comes next.
func (m *mixer) takeOwn(i, k int, value float64) {
	t, v := m.own.T[i], m.own.V[i]
	if slo.IsStale(v) { // it has ended, or the other kind goes on
		if k >= len(m.made.T) || m.made.T[k] != t {
			m.put(t, v)
		}
		return
	}
	if m.before && m.inexact {
		base := math.Inf(1)
		for ; k < len(m.made.T) && m.made.T[k] <= t; k++ {
			if x := m.made.V[k]; x == x && m.made.T[k] == t && x >= value {
				base = max(0, v-(x-value))
			}
		}
		m.put(t-1, slo.Base(base))
	}
	m.put(t, v)
	m.before, m.owned, m.since = false, true, 0
}

// covered reports whether own samples lie around a time.
func (m *mixer) covered(t int64) bool {
	i, _ := slices.BinarySearch(m.own.T, t)
	after := i < len(m.own.T) && m.own.T[i]-t < m.reach && !slo.IsStale(m.own.V[i])
	return after && i > 0 && t-m.own.T[i-1] < m.reach && !slo.IsStale(m.own.V[i-1])
}

func (m *mixer) put(t int64, v float64) {
	if n := len(m.out.T); n > 0 && t <= m.out.T[n-1] {
		if _, base := slo.BaseOf(v); base {
			return
		}
		m.out.T, m.out.V = m.out.T[:n-1], m.out.V[:n-1]
	}
	m.out.T, m.out.V = append(m.out.T, t), append(m.out.V, v)
}
