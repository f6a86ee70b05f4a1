package promseries

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// Chunk is a piece of one series: an XOR chunk's bytes, or plain samples.
type Chunk struct {
	// Min is the time of the first sample, or earlier, and Max that of the last, or
	// later, in Unix milliseconds. Plain samples need no Min.
	Min, Max int64
	// XOR are the bytes of a Prometheus XOR chunk, with its two-byte header. They
	// are read only when the samples are.
	XOR []byte
	// Made are samples that are made when they are read, where XOR is nil: from Min on.
	Made Made
	// Plain is used where both are nil; nil there: no sample.
	Plain *Plain
}

// Made makes samples out of something else.
type Made interface {
	// Samples reads them from the first one, each time the same: none where there is no data.
	// What cannot be read is an error of Read.
	Samples() slo.Samples
}

// Plain are samples as they are, oldest first.
type Plain struct {
	T []int64 // Unix milliseconds
	V []float64
}

// min is where the chunk begins; ok is false where it has no sample.
func (c *Chunk) min() (t int64, ok bool) {
	if c.XOR != nil || c.Made != nil {
		return c.Min, true
	}
	if c.Plain == nil || len(c.Plain.T) == 0 {
		return 0, false
	}
	return c.Plain.T[0], true
}

// samples reads a series' chunks as slo.Samples: the samples in (from, to],
// oldest first, each time stamp once. Where chunks overlap, the sample of the
// chunk that was given first wins. Decoding happens in Read; different Samples
// may be read by different goroutines. It may have no sample at all.
type samples struct {
	chunks   []Chunk
	from, to int64

	d       decoder
	made    slo.Samples // of a chunk whose samples are made
	plain   int         // next sample of a plain chunk
	open    bool        // chunks[0] is being read
	last    int64
	started bool // last is set
	err     error

	given int64   // the time of the last sample given out
	value float64 // its value

	watch  int64   // after that time drops are looked for
	before float64 // the value before the first sample; NaN: not known
	fell   drop    // the last drop

	beside   []Made  // what of them was made, where they have others of their own as well
	stream   *Stream // whose samples are read as they are; nil: of several streams
	foretold bool    // what it ends with is remembered already
}

var _ slo.Samples = (*samples)(nil)

// reset starts reading chunks, which it reorders and keeps: they must stay
// unchanged as long as the Samples are read. It reports false where there is
// surely no sample.
func (s *samples) reset(from, to int64, chunks []Chunk) bool {
	*s = samples{from: from, to: to, watch: math.MaxInt64}
	kept := chunks[:0]
	for _, c := range chunks {
		if min, ok := c.min(); ok && c.Max > from && min <= to {
			kept = append(kept, c)
		}
	}
	sorted := true
	for i := 1; i < len(kept); i++ {
		min, _ := kept[i].min()
		if kept[i-1].Max >= min {
			sorted = false
		}
	}
	if !sorted && s.err == nil {
		kept, s.err = untangle(kept)
	}
	s.chunks = kept
	return len(kept) > 0 || s.err != nil
}

// Note says for people of what samples that have been read were made; "" of a series' own.
func (s *samples) Note() string {
	var notes []string
	for _, m := range s.beside {
		if n, ok := m.(interface{ Note() string }); ok && !slices.Contains(notes, n.Note()) {
			notes = append(notes, n.Note())
		}
	}
	return strings.Join(notes, "; ")
}

// Read implements slo.Samples. Its errors tell of damaged chunks.
func (s *samples) Read(t []int64, v []float64) (int, error) {
	for s.err == nil && len(s.chunks) > 0 && len(t) > 0 {
		n, err := s.next(t, v)
		if err != nil {
			s.err = err
			break
		}
		if n == 0 {
			s.chunks = s.chunks[1:]
			s.open = false
			continue
		}
		if s.started && t[0] <= s.last {
			s.err = fmt.Errorf("%w (a chunk goes beyond its stated times)", errChunk)
			break
		}
		s.last, s.started = t[n-1], true
		if t[0] <= s.from || t[n-1] > s.to {
			n = trim(t[:n], v, s.from, s.to)
		}
		if n > 0 {
			if t[n-1] > s.watch {
				s.look(t[:n], v)
			}
			s.given, s.value = t[n-1], v[n-1]
			return n, nil
		}
		if s.last > s.to {
			s.chunks = nil
		}
	}
	return 0, s.err
}

// look notes the last drop among samples that are given out.
func (s *samples) look(t []int64, v []float64) {
	if s.given != 0 && s.value == s.value {
		s.before = s.value
	}
	for i, at := range t {
		if v[i] < s.before {
			s.fell = drop{at, s.before}
		}
		if v[i] == v[i] {
			s.before = v[i]
		}
	}
}

// next reads on in the first chunk; 0 is its end.
func (s *samples) next(t []int64, v []float64) (int, error) {
	c := &s.chunks[0]
	if !s.open {
		s.open, s.plain = true, 0
		if c.XOR != nil {
			if err := s.d.reset(c.XOR); err != nil {
				return 0, err
			}
		} else if c.Made != nil {
			s.made = c.Made.Samples()
		}
	}
	if c.XOR != nil {
		return s.d.read(t, v)
	}
	if c.Made != nil {
		return s.made.Read(t, v)
	}
	n := copy(t, c.Plain.T[s.plain:])
	copy(v[:n], c.Plain.V[s.plain:])
	s.plain += n
	return n, nil
}

// trim keeps what lies in (from, to] of rising time stamps and moves it to the
// front.
func trim(t []int64, v []float64, from, to int64) int {
	lo, _ := slices.BinarySearch(t, from+1)
	hi, _ := slices.BinarySearch(t, to+1)
	if lo >= hi {
		return 0
	}
	copy(v, v[lo:hi])
	return copy(t, t[lo:hi])
}

// untangle turns chunks that overlap, or come in no order, into chunks in order
// without overlap. Only those that overlap are decoded for it.
func untangle(chunks []Chunk) ([]Chunk, error) {
	type part struct {
		Chunk
		min int64
		at  int // place in the source's order, which decides who wins
	}
	parts := make([]part, len(chunks))
	for i, c := range chunks {
		min, _ := c.min()
		parts[i] = part{c, min, i}
	}
	slices.SortStableFunc(parts, func(a, b part) int {
		if a.min < b.min {
			return -1
		}
		if a.min > b.min {
			return 1
		}
		return 0
	})
	out := make([]Chunk, 0, len(parts))
	for i := 0; i < len(parts); {
		j, max := i+1, parts[i].Max
		for j < len(parts) && parts[j].min <= max {
			if parts[j].Max > max {
				max = parts[j].Max
			}
			j++
		}
		if j == i+1 {
			out = append(out, parts[i].Chunk)
			i = j
			continue
		}
		group := parts[i:j]
		slices.SortFunc(group, func(a, b part) int { return a.at - b.at })
		merged := new(Plain)
		for _, p := range group {
			c, err := decoded(p.Chunk)
			if err != nil {
				return nil, err
			}
			merged = merge(merged, c)
		}
		out = append(out, Chunk{Max: max, Plain: merged})
		i = j
	}
	return out, nil
}

// decoded are the chunk's samples.
func decoded(c Chunk) (*Plain, error) {
	if c.Made != nil {
		return made(c.Made.Samples())
	}
	if c.XOR == nil {
		return c.Plain, nil
	}
	var d decoder
	if err := d.reset(c.XOR); err != nil {
		return nil, err
	}
	out := &Plain{T: make([]int64, d.left), V: make([]float64, d.left)}
	_, err := d.read(out.T, out.V)
	return out, err
}

// made reads all samples.
func made(s slo.Samples) (*Plain, error) {
	const batch = 64
	out := &Plain{}
	for {
		k := len(out.T)
		out.T, out.V = slices.Grow(out.T, batch), slices.Grow(out.V, batch)
		n, err := s.Read(out.T[k:k+batch], out.V[k:k+batch])
		out.T, out.V = out.T[:k+n], out.V[:k+n]
		if n == 0 || err != nil {
			return out, err
		}
	}
}

// merge joins samples; at equal time stamps a's stays.
func merge(a, b *Plain) *Plain {
	out := &Plain{}
	i, j := 0, 0
	for i < len(a.T) || j < len(b.T) {
		if j == len(b.T) || i < len(a.T) && a.T[i] <= b.T[j] {
			if j < len(b.T) && a.T[i] == b.T[j] {
				j++
			}
			out.T, out.V = append(out.T, a.T[i]), append(out.V, a.V[i])
			i++
			continue
		}
		out.T, out.V = append(out.T, b.T[j]), append(out.V, b.V[j])
		j++
	}
	return out
}
