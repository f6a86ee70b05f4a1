package promapi

import (
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// collector gathers one request's answer: the chunks of each series, from all
// queries and slices. It is reused for later requests.
type collector struct {
	from, to int64

	byRef map[uint64]int // place in found
	found []found

	slice        int
	sliceSamples int // samples of the slice being read; only the matrix path counts them

	slabs slabs
	times arena[int64]
	vals  arena[float64]

	out     []slo.Series
	samples []promseries.Samples
}

type found struct {
	id     *promseries.Identity
	chunks []promseries.Chunk
	slice  int   // the slice that brought the latest chunks
	query  int64 // its query that did; the same series from another one is left out
	base   int   // chunks before that slice
}

func (s *Source) collector(from, to int64) *collector {
	c, _ := s.collectors.Get().(*collector)
	if c == nil {
		c = &collector{byRef: map[uint64]int{}}
	}
	c.from, c.to = from, to
	return c
}

// release makes the collector ready for another request, without what was large.
func (s *Source) release(c *collector) {
	const keep = 1 << 16 // series; a collector for more is left to the garbage collector
	if len(c.found) > keep {
		return
	}
	clear(c.byRef)
	for i := range c.found {
		clear(c.found[i].chunks)
		c.found[i].chunks = c.found[i].chunks[:0]
		c.found[i].id = nil
	}
	c.found = c.found[:0]
	clear(c.samples)
	clear(c.out)
	c.slice = 0
	c.slabs.reset()
	c.times.reset()
	c.vals.reset()
	s.collectors.Put(c)
}

func (c *collector) beginSlice() {
	c.slice++
	c.sliceSamples = 0
}

// dropSlice forgets what the slice that failed has brought.
func (c *collector) dropSlice() {
	for i := range c.found {
		if f := &c.found[i]; f.slice == c.slice {
			f.chunks = f.chunks[:f.base]
		}
	}
}

// at returns the series' place for chunks of the given query, or nil where
// another query of the same slice brings the series already.
func (c *collector) at(id *promseries.Identity, query int64) *found {
	i, ok := c.byRef[id.Ref]
	if !ok {
		i = len(c.found)
		c.byRef[id.Ref] = i
		if i < cap(c.found) {
			c.found = c.found[:i+1] // with the chunks' memory of before
		} else {
			c.found = append(c.found, found{})
		}
		f := &c.found[i]
		*f = found{id: id, chunks: f.chunks[:0], slice: c.slice, query: query}
		return f
	}
	f := &c.found[i]
	if f.slice != c.slice {
		f.slice, f.query, f.base = c.slice, query, len(f.chunks)
	}
	if f.query != query {
		return nil
	}
	return f
}

// series is the answer; valid until release.
func (c *collector) series() []slo.Series {
	if cap(c.samples) < len(c.found) {
		c.samples = make([]promseries.Samples, len(c.found))
		c.out = make([]slo.Series, 0, len(c.found))
	}
	c.samples, c.out = c.samples[:len(c.found)], c.out[:0]
	for i := range c.found {
		f := &c.found[i]
		if len(f.chunks) == 0 {
			continue
		}
		c.samples[i].Reset(c.from, c.to, f.chunks)
		c.out = append(c.out, slo.Series{Ref: f.id.Ref, Labels: f.id.Labels, Samples: &c.samples[i]})
	}
	return c.out
}

// slabs hand out bytes that stay until reset.
type slabs struct{ arena[byte] }

// arena hands out slices cut from large ones.
type arena[T any] struct {
	free  []T
	first []T // kept for the next request
}

func (a *arena[T]) alloc(n int) []T {
	const size = 1 << 18
	if n > len(a.free) {
		if n > size/4 {
			return make([]T, n)
		}
		a.free = make([]T, size)
		if a.first == nil {
			a.first = a.free
		}
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

func (a *arena[T]) reset() { a.free = a.first }
