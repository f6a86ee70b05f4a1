package promseries

import "github.com/shopslo/shopslo/slo"

// Collector gathers the answer to one request: the chunks of each series, from
// all of its queries and parts. It is meant to be used again (Reset), which
// spares the allocations of a request like the one before.
type Collector struct {
	from, to int64

	byRef map[uint64]int // place in found
	found []found
	part  int

	bytes  arena[byte]
	times  arena[int64]
	values arena[float64]

	out     []slo.Series
	samples []Samples
}

type found struct {
	id     *Identity
	chunks []Chunk
	part   int   // the part that brought the latest chunks
	query  int64 // its query that did; the same series from another one is left out
	base   int   // chunks before that part
}

// Reset begins a request for samples in (from, to]. All that was handed out
// before is invalid from here on.
func (c *Collector) Reset(from, to int64) {
	const keep = 1 << 16 // series; the memory of more is left to the garbage collector
	if len(c.found) > keep {
		*c = Collector{}
	}
	if c.byRef == nil {
		c.byRef = map[uint64]int{}
	}
	clear(c.byRef)
	for i := range c.found {
		f := &c.found[i]
		clear(f.chunks)
		*f = found{chunks: f.chunks[:0]}
	}
	clear(c.samples)
	clear(c.out)
	c.from, c.to, c.part, c.found = from, to, 0, c.found[:0]
	c.bytes.reset()
	c.times.reset()
	c.values.reset()
}

// BeginPart begins another part of the span, later than those before it.
func (c *Collector) BeginPart() { c.part++ }

// DropPart forgets what the part that is being gathered has brought.
func (c *Collector) DropPart() {
	for i := range c.found {
		if f := &c.found[i]; f.part == c.part {
			f.chunks = f.chunks[:f.base]
		}
	}
}

// Series returns where to append the series' chunks that the given query of
// this part brings; nil where another query of the part brings the series
// already. It is valid until the next call.
func (c *Collector) Series(id *Identity, query int64) *[]Chunk {
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
		*f = found{id: id, chunks: f.chunks[:0], part: c.part, query: query}
		return &f.chunks
	}
	f := &c.found[i]
	if f.part != c.part {
		f.part, f.query, f.base = c.part, query, len(f.chunks)
	}
	if f.query != query {
		return nil
	}
	return &f.chunks
}

// Bytes, Times and Values hand out memory that stays until Reset.
func (c *Collector) Bytes(n int) []byte { return c.bytes.alloc(n) }

// Times is like Bytes.
func (c *Collector) Times(n int) []int64 { return c.times.alloc(n) }

// Values is like Bytes.
func (c *Collector) Values(n int) []float64 { return c.values.alloc(n) }

// Answer is what was gathered, one entry a series; valid until Reset, and only
// while the memory of the chunks is.
func (c *Collector) Answer() []slo.Series {
	if cap(c.samples) < len(c.found) {
		c.samples = make([]Samples, len(c.found))
		c.out = make([]slo.Series, 0, len(c.found))
	}
	c.samples, c.out = c.samples[:len(c.found)], c.out[:0]
	for i := range c.found {
		f := &c.found[i]
		if c.samples[i].Reset(c.from, c.to, f.chunks) {
			c.out = append(c.out, slo.Series{Ref: f.id.Ref, Labels: f.id.Labels, Samples: &c.samples[i]})
		}
	}
	return c.out
}

// arena hands out slices cut from large ones. What they hold at first is anything.
type arena[T any] struct {
	free   []T
	blocks [][]T
	used   int // blocks
}

func (a *arena[T]) alloc(n int) []T {
	const size = 1 << 18
	if n > len(a.free) {
		if n > size/4 {
			return make([]T, n)
		}
		if a.used == len(a.blocks) {
			a.blocks = append(a.blocks, make([]T, size))
		}
		a.free = a.blocks[a.used]
		a.used++
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

// reset keeps as much memory for the next request as the last one took.
func (a *arena[T]) reset() {
	clear(a.blocks[a.used:])
	a.blocks, a.used, a.free = a.blocks[:a.used], 0, nil
}
