package ledger

import (
	"encoding/binary"
	"math"
)

// A history keeps, for one account, the cumulative counts at every stored edge:
// every bucket edge of the recent blocks, and the edges between blocks for the
// rest. Any window is then the difference of two figures, whatever its length.
//
// A block is blockBuckets buckets. Block n spans the edges n·span to (n+1)·span,
// with span = blockBuckets · resolution; its base is the figure at n·span.
type history struct {
	res   int64 // bucket length, ms
	start int64 // edge at which counting began: all figures are 0 there
	edge  int64 // newest closed edge
	now   cum   // figures at edge

	firstBlock int64   // number of the block that bases[0] belongs to
	bases      []cum   // figures at the start of each block, up to the open one
	fine       []block // closed blocks with all their edges: the last len(fine) before the open one
	open       []cum   // figures at the open block's edges after its base
}

// blockBuckets is how many buckets make a block: an hour of minutes.
const blockBuckets = 60

// cum are cumulative figures since a history's start.
type cum struct {
	a, b float64 // the account's two counts
	miss int64   // ms without data
}

func (c cum) minus(o cum) cum { return cum{c.a - o.a, c.b - o.b, c.miss - o.miss} }

// newHistory starts counting at an edge.
func newHistory(res, start int64) history {
	h := history{res: res, start: start, edge: start, firstBlock: start / (res * blockBuckets)}
	h.bases = []cum{{}}
	for e := h.firstBlock * h.span(); e < start; e += res {
		h.open = append(h.open, cum{}) // edges before the start hold 0
	}
	return h
}

func (h *history) span() int64 { return h.res * blockBuckets }

// add closes a bucket, or a whole block of them at once.
func (h *history) add(r run) {
	h.edge += r.buckets * h.res
	h.now.a += r.a
	h.now.b += r.b
	h.now.miss += r.miss
	switch {
	case r.buckets > 1: // its inner edges are not kept, and so are not those before
		h.fine = h.fine[:0]
	case h.edge%h.span() != 0:
		h.open = append(h.open, h.now)
		return
	default:
		h.fine = append(h.fine, packBlock(h.bases[len(h.bases)-1], h.open))
	}
	h.open = h.open[:0]
	h.bases = append(h.bases, h.now)
}

// trim makes blocks coarse that end at or before fineFrom, and forgets those that
// end at or before keepFrom.
func (h *history) trim(fineFrom, keepFrom int64) {
	openBlock := h.edge / h.span()
	for len(h.fine) > 0 && (openBlock-int64(len(h.fine))+1)*h.span() <= fineFrom {
		h.fine[0] = block{}
		h.fine = h.fine[1:]
	}
	drop := keepFrom/h.span() - h.firstBlock
	if drop = min(drop, int64(len(h.bases))-1-int64(len(h.fine))); drop > 0 {
		h.bases = append([]cum(nil), h.bases[drop:]...)
		h.firstBlock += drop
	}
	if cap(h.fine) > 2*len(h.fine)+8 {
		h.fine = append(make([]block, 0, len(h.fine)+4), h.fine...)
	}
}

// oldest is the oldest stored edge.
func (h *history) oldest() int64 { return max(h.start, h.firstBlock*h.span()) }

// floor is the newest stored edge at or before t; ok is false before the oldest.
func (h *history) floor(t int64) (edge int64, ok bool) {
	if t < h.oldest() {
		return 0, false
	}
	if t >= h.edge {
		return h.edge, true
	}
	n, openBlock := t/h.span(), h.edge/h.span()
	if n >= openBlock-int64(len(h.fine)) {
		return max(h.start, t-t%h.res), true
	}
	return max(h.start, n*h.span()), true
}

// at gives the figures at a stored edge.
func (h *history) at(edge int64) cum {
	switch {
	case edge <= h.start:
		return cum{}
	case edge == h.edge:
		return h.now
	}
	n := edge / h.span()
	openBlock := h.edge / h.span()
	j := int(edge % h.span() / h.res)
	base := h.bases[n-h.firstBlock]
	switch {
	case j == 0:
		return base
	case n == openBlock:
		return h.open[j-1]
	}
	return h.fine[n-openBlock+int64(len(h.fine))].at(base, j-1)
}

// between gives the figures of (from, to] moved to stored edges at or before
// them. A span that begins before the oldest edge keeps its beginning, and what it
// has before that edge counts as without data.
func (h *history) between(from, to int64) (start, end int64, c cum) {
	end, ok := h.floor(to)
	if !ok {
		return from, to, cum{miss: to - from}
	}
	start, ok = h.floor(from)
	if !ok {
		old := h.oldest()
		c = h.at(end).minus(h.at(old))
		c.miss += old - from
		return from, end, c
	}
	return start, end, h.at(end).minus(h.at(start))
}

// A block holds the figures at the edges inside a closed block in three columns,
// each in the narrowest width that holds it exactly: offsets from the block's base
// in 0, 1, 2 or 4 bytes, or the figures themselves as float64 in 8.
type block struct {
	width [3]uint8
	data  []byte
}

func packBlock(base cum, edges []cum) block {
	cols := [3]func(cum) float64{
		func(c cum) float64 { return c.a },
		func(c cum) float64 { return c.b },
		func(c cum) float64 { return float64(c.miss) },
	}
	var blk block
	size := 0
	for i, col := range cols {
		blk.width[i] = widthOf(col, base, edges)
		size += int(blk.width[i]) * len(edges)
	}
	blk.data = make([]byte, 0, size)
	for _, e := range edges { // an edge's figures side by side: one look into memory
		for i, col := range cols {
			blk.data = appendWidth(blk.data, blk.width[i], col(e), col(base))
		}
	}
	return blk
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

// widthOf is the narrowest width that holds every figure of a column exactly.
func widthOf(col func(cum) float64, base cum, edges []cum) uint8 {
	top, from := 0.0, col(base)
	for _, e := range edges {
		d := col(e) - from
		if d < 0 || d != math.Trunc(d) || d > math.MaxUint32 || from+d != col(e) {
			return 8
		}
		top = max(top, d)
	}
	switch {
	case top == 0:
		return 0
	case top <= math.MaxUint8:
		return 1
	case top <= math.MaxUint16:
		return 2
	}
	return 4
}

// at gives the figures at the i-th edge after the base.
func (b *block) at(base cum, i int) cum {
	v := [3]float64{base.a, base.b, float64(base.miss)}
	off := i * (int(b.width[0]) + int(b.width[1]) + int(b.width[2]))
	for c, w := range b.width {
		p := b.data[off:]
		switch w {
		case 1:
			v[c] += float64(p[0])
		case 2:
			v[c] += float64(binary.LittleEndian.Uint16(p))
		case 4:
			v[c] += float64(binary.LittleEndian.Uint32(p))
		case 8:
			v[c] = math.Float64frombits(binary.LittleEndian.Uint64(p))
		}
		off += int(w)
	}
	return cum{v[0], v[1], int64(v[2])}
}
