package promseries

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// Collector gathers the answer to one request: the chunks of each series, from
// all of its queries and parts. It is meant to be used again (Reset), which
// spares the allocations of a request like the one before.
type Collector struct {
	// Names gives the identities; Interval is the scrape interval in milliseconds, by
	// which gaps are told (0: a minute). Want, if set, leaves out what it does not pick.
	// AsIs is for the results of expressions: streams of one identity are joined without
	// looking at what counters do. They stay over Reset.
	Names    *Interner
	Interval int64
	Want     []slo.Selector
	AsIs     bool

	from, to int64

	byStream map[*Stream]int // place in found
	found    []found
	part     int
	owns     []*ownLabels // of the streams that the part has brought
	all      []*ownLabels // of those of all parts

	reading samples // of a stream that is merged

	groups map[*Identity][]int // places in found, where an identity has several streams
	merged []merged

	bytes  arena[byte]
	times  arena[int64]
	values arena[float64]

	out     []slo.Series
	samples []samples
}

type found struct {
	stream *Stream
	chunks []Chunk
	bad    string // why it cannot be read
	part   int    // the part that brought the latest chunks
	query  int64  // its query that did; the same series from another one is left out
	base   int    // chunks before that part
	// The query that brought chunks beside its own, in the part before besidePart; 0: none did.
	beside     int64
	besidePart int
	made       []Made // those, where the stream's last sample is one of them
}

// Reset begins a request for samples in (from, to]. All that was handed out
// before is invalid from here on.
func (c *Collector) Reset(from, to int64) {
	const keep = 1 << 16 // series; the memory of more is left to the garbage collector
	if len(c.found) > keep {
		*c = Collector{Names: c.Names, Interval: c.Interval, Want: c.Want, AsIs: c.AsIs}
	}
	if c.byStream == nil {
		c.byStream = map[*Stream]int{}
	}
	clear(c.byStream)
	clear(c.groups)
	clear(c.merged)
	c.owns, c.all, c.merged = c.owns[:0], c.all[:0], c.merged[:0]
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
func (c *Collector) BeginPart() {
	c.endPart()
	c.part++
}

// DropPart forgets what the part that is being gathered has brought.
func (c *Collector) DropPart() {
	c.owns = c.owns[:0]
	for i := range c.found {
		if f := &c.found[i]; f.part == c.part {
			f.chunks = f.chunks[:f.base]
		}
	}
}

// endPart looks at the labels that the streams of one answer have of their own.
func (c *Collector) endPart() {
	if len(c.owns) > 1 {
		c.Names.differ(c.owns)
	}
	for _, own := range c.owns {
		if !slices.Contains(c.all, own) {
			c.all = append(c.all, own)
		}
	}
	c.owns = c.owns[:0]
}

// Series returns where to append the stream's chunks that the given query of
// this part brings; nil where another query of the part brings the stream
// already. It is valid until the next call.
func (c *Collector) Series(s *Stream, query int64) *[]Chunk {
	i, ok := c.byStream[s]
	if !ok {
		i = len(c.found)
		c.byStream[s] = i
		if i < cap(c.found) {
			c.found = c.found[:i+1] // with the chunks' memory of before
		} else {
			c.found = append(c.found, found{})
		}
		f := &c.found[i]
		*f = found{stream: s, chunks: f.chunks[:0], part: c.part, query: query}
		c.note(s.own)
		return &f.chunks
	}
	f := &c.found[i]
	if f.part != c.part {
		f.part, f.query, f.base = c.part, query, len(f.chunks)
		c.note(s.own)
	}
	if f.query != query {
		return nil
	}
	return &f.chunks
}

// Beside returns where to append chunks of the stream that are made of other series, which the
// given query of this part brings; nil where another such query of the part brings them. They
// come after those that the stream has of its own, which win where both have a sample.
func (c *Collector) Beside(s *Stream, query int64) *[]Chunk {
	c.Series(s, query)
	f := &c.found[c.byStream[s]]
	if f.besidePart == c.part+1 && f.beside != query {
		return nil
	}
	f.besidePart, f.beside = c.part+1, query
	return &f.chunks
}

// note keeps the sets of own labels apart that the part brings; mostly it is one.
func (c *Collector) note(own *ownLabels) {
	if n := len(c.owns); n > 0 && (c.owns[n-1] == own || slices.Contains(c.owns, own)) {
		return
	}
	c.owns = append(c.owns, own)
}

// Refuse says that the stream, which a query of this part brings, cannot be read as
// numbers, and why: its identity is in the answer, and reading it fails.
func (c *Collector) Refuse(s *Stream, query int64, why string) {
	c.Series(s, query)
	c.found[c.byStream[s]].bad = why
}

// Streams are those found so far.
func (c *Collector) Streams(yield func(*Stream) bool) {
	for i := range c.found {
		if !yield(c.found[i].stream) {
			return
		}
	}
}

// Bytes, Times and Values hand out memory that stays until Reset.
func (c *Collector) Bytes(n int) []byte { return c.bytes.alloc(n) }

// Times is like Bytes.
func (c *Collector) Times(n int) []int64 { return c.times.alloc(n) }

// Values is like Bytes.
func (c *Collector) Values(n int) []float64 { return c.values.alloc(n) }

// Answer is what was gathered, one entry an identity; valid until Reset, and only
// while the memory of the chunks is.
func (c *Collector) Answer() []slo.Series {
	c.endPart()
	if cap(c.samples) < len(c.found) {
		c.samples = make([]samples, len(c.found))
		c.out = make([]slo.Series, 0, len(c.found))
	}
	c.samples, c.out = c.samples[:len(c.found)], c.out[:0]
	for i := range c.found {
		f := &c.found[i]
		id := f.stream.Identity()
		if c.Want != nil && !c.wanted(id) {
			continue
		}
		var beside []Made
		var torn error
		if f.besidePart > 0 || f.stream.made.Load() != 0 {
			beside, torn = c.mix(f)
		}
		if id.several.Load() {
			if c.groups == nil {
				c.groups = map[*Identity][]int{}
			}
			c.groups[id] = append(c.groups[id], i)
			continue
		}
		c.samples[i].stream = f.stream
		c.deliver(i, id, c.from, f.chunks, cmp.Or(torn, f.failure(id)))
		c.samples[i].beside = beside
	}
	if len(c.groups) > 0 {
		c.mergeGroups()
	}
	return c.out
}

// deliver adds a series to the answer, if it may have samples after from.
func (c *Collector) deliver(i int, id *Identity, from int64, chunks []Chunk, failure error) {
	s := &c.samples[i]
	stream := s.stream
	if failure != nil {
		*s = samples{err: failure}
	} else if !s.reset(from, c.to, chunks) {
		return
	}
	s.stream, s.before, s.watch = stream, math.NaN(), math.MaxInt64
	switch {
	case !id.counter || stream == nil || c.AsIs:
	case id.several.Load():
		s.watch = math.MinInt64
	case stream.own != nil: // another one may answer next
		s.watch = c.to - (catchIntervals+1)*c.interval()
	}
	c.out = append(c.out, slo.Series{Ref: id.Ref, Labels: id.Labels, Samples: s})
}

func (f *found) failure(id *Identity) error {
	if f.bad == "" {
		return nil
	}
	return &slo.SeriesError{Labels: id.Labels, Reason: f.bad}
}

func (c *Collector) wanted(id *Identity) bool {
	return slices.ContainsFunc(c.Want, func(sel slo.Selector) bool { return sel.Matches(id.Labels) })
}

// NumbersIn returns the selectors as the answer's Want, where a server that compares
// labels as texts may send more than they pick; else nil.
func NumbersIn(selectors []slo.Selector) []slo.Selector {
	for _, sel := range selectors {
		if slices.ContainsFunc(sel, func(m slo.Matcher) bool { return slo.NumberLabel(m.Name) }) {
			return selectors
		}
	}
	return nil
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
