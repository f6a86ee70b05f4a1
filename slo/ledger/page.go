package ledger

import (
	"encoding/binary"
	"math"
)

// A page holds the figures at the edges inside a closed block for all columns of a
// shelf: at each edge those of one column after the other. A column's three figures
// are each in the narrowest width that holds them exactly throughout the block:
// offsets from the block's base in 0, 1, 2 or 4 bytes, or the figures themselves
// as float64 in 8. A page does not change.
type page struct {
	places []place // of the columns in an edge's data
	stride int     // bytes of an edge
	data   []byte
}

// place is where a column's figures are.
type place struct {
	offset uint32
	width  [3]uint8
}

// size is how many bytes a column takes at each edge.
func (p place) size() int { return int(p.width[0]) + int(p.width[1]) + int(p.width[2]) }

// newPage makes a page for columns of these widths, without data yet.
func newPage(places []place) *page {
	p := &page{places: places}
	for i := range places {
		places[i].offset = uint32(p.stride)
		p.stride += places[i].size()
	}
	p.data = make([]byte, 0, p.stride*(blockBuckets-1))
	return p
}

// packPage packs the rows of a block's inner edges, one figure for each column.
func packPage(bases, rows []cum) *page {
	needs := make([][3]need, len(bases))
	for at := 0; at < len(rows); at += len(bases) {
		for i, base := range bases {
			n, c := &needs[i], rows[at+i]
			n[0].take(c.a, base.a)
			n[1].take(c.b, base.b)
			n[2].take(float64(c.miss), float64(base.miss))
		}
	}
	places := make([]place, len(bases))
	for i := range needs {
		for k := range needs[i] {
			places[i].width[k] = needs[i][k].width()
		}
	}
	p := newPage(places)
	for at := 0; at < len(rows); at += len(bases) {
		for i, base := range bases {
			w, c := places[i].width, rows[at+i]
			p.data = appendWidth(p.data, w[0], c.a, base.a)
			p.data = appendWidth(p.data, w[1], c.b, base.b)
			p.data = appendWidth(p.data, w[2], float64(c.miss), float64(base.miss))
		}
	}
	return p
}

// need is what a column of figures needs.
type need struct {
	top   float64 // the greatest offset
	whole bool    // only a float64 holds all of them
}

func (n *need) take(f, base float64) {
	d := f - base
	if d == n.top {
		return // which was looked at, or is 0
	}
	if d < 0 || d != math.Trunc(d) || d > math.MaxUint32 || base+d != f {
		n.whole = true
		return
	}
	n.top = max(n.top, d)
}

func (n *need) width() uint8 {
	switch {
	case n.whole:
		return 8
	case n.top == 0:
		return 0
	case n.top <= math.MaxUint8:
		return 1
	case n.top <= math.MaxUint16:
		return 2
	}
	return 4
}

func appendWidth(b []byte, width uint8, f, base float64) []byte {
	switch width {
	case 1:
		return append(b, byte(f-base))
	case 2:
		return binary.LittleEndian.AppendUint16(b, uint16(f-base))
	case 4:
		return binary.LittleEndian.AppendUint32(b, uint32(f-base))
	case 8:
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
	}
	return b
}

// of is what a column has at the i-th inner edge.
func (p *page) of(column, i int) []byte {
	at := p.places[column]
	from := i*p.stride + int(at.offset)
	return p.data[from : from+at.size()]
}

// at gives a column's figures at the i-th inner edge.
func (p *page) at(column, i int, base cum) cum {
	b, w := p.of(column, i), p.places[column].width
	c := cum{}
	c.a, b = readWidth(b, w[0], base.a)
	c.b, b = readWidth(b, w[1], base.b)
	miss, _ := readWidth(b, w[2], float64(base.miss))
	c.miss = int64(miss)
	return c
}

func readWidth(b []byte, width uint8, base float64) (float64, []byte) {
	switch width {
	case 1:
		return base + float64(b[0]), b[1:]
	case 2:
		return base + float64(binary.LittleEndian.Uint16(b)), b[2:]
	case 4:
		return base + float64(binary.LittleEndian.Uint32(b)), b[4:]
	case 8:
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), b[8:]
	}
	return base, b
}

// joinPages makes one page of the histories' columns of their k-th pages.
func joinPages(hs []history, k int) *page {
	places := make([]place, len(hs))
	for i, h := range hs {
		places[i] = h.fine[k].places[h.column]
	}
	p := newPage(places)
	for j := range blockBuckets - 1 {
		for _, h := range hs {
			p.data = append(p.data, h.fine[k].of(h.column, j)...)
		}
	}
	return p
}
