package ledger

// noPage stands for the widths of a block among the fine ones that has no inner edges.
const noPage = 0xff

func appendHistory(e *encoder, h history) {
	e.int(h.start)
	e.int(h.edge)
	e.int(h.firstBlock)
	e.uint(uint64(len(h.bases)))
	last := cum{}
	for _, b := range h.bases {
		last = appendCum(e, b[h.column], last)
	}
	e.uint(uint64(len(h.fine)))
	for _, p := range h.fine {
		if p == nil {
			e.byte(noPage)
			continue
		}
		at := p.places[h.column]
		e.b = append(e.b, at.width[:]...)
		e.uint(uint64(at.size() * (blockBuckets - 1)))
		for j := range blockBuckets - 1 {
			e.b = append(e.b, p.of(h.column, j)...)
		}
	}
	e.uint(uint64(len(h.open) / h.columns))
	for at := h.column; at < len(h.open); at += h.columns {
		last = appendCum(e, h.open[at], last)
	}
}

// appendCum writes figures as their growth where that gives them back exactly, and
// in full else.
func appendCum(e *encoder, c, last cum) cum {
	d := c.minus(last)
	if last.a+d.a == c.a && last.b+d.b == c.b {
		e.byte(0)
		e.float(d.a)
		e.float(d.b)
	} else {
		e.byte(1)
		e.float(c.a)
		e.float(c.b)
	}
	e.int(d.miss)
	return c
}

func readCum(d *decoder, last cum) cum {
	full, c := d.byte() == 1, cum{a: d.float(), b: d.float()}
	c.miss = last.miss + d.int()
	if !full {
		c.a, c.b = last.a+c.a, last.b+c.b
	}
	return c
}

func readHistory(d *decoder, res, shift int64) history {
	h := history{shelf: &shelf{res: res, shift: shift, start: d.int(), edge: d.int(), firstBlock: d.int(), columns: 1}}
	n := d.count()
	last := cum{}
	for i := 0; i < n && d.err == nil; i++ {
		last = readCum(d, last)
		h.bases = append(h.bases, []cum{last})
	}
	n = d.count()
	for i := 0; i < n && d.err == nil; i++ {
		at := place{width: [3]uint8{d.byte()}}
		if at.width[0] == noPage && d.version >= 2 {
			h.fine = append(h.fine, nil)
			continue
		}
		at.width[1], at.width[2] = d.byte(), d.byte()
		for _, w := range at.width {
			if w > 8 || w&(w-1) != 0 { // 0, 1, 2, 4 and 8
				d.fail()
			}
		}
		p := newPage([]place{at})
		p.data = append(p.data, d.bytes()...)
		if len(p.data) != at.size()*(blockBuckets-1) {
			d.fail()
		}
		h.fine = append(h.fine, p)
	}
	n = d.count()
	for i := 0; i < n && d.err == nil; i++ {
		last = readCum(d, last)
		h.open = append(h.open, last)
	}
	h.now = []cum{last}
	if d.err == nil && !h.sound() {
		d.fail()
	}
	return h
}

// sound reports whether the lengths of a history that was read fit its times.
func (h history) sound() bool {
	if h.start < 0 || h.edge > farthestTime {
		return false
	}
	open := h.block(h.edge)
	return h.edge >= h.start && h.edge%h.res == 0 && h.start%h.res == 0 &&
		int64(len(h.bases)) == open-h.firstBlock+1 && len(h.fine) < len(h.bases) &&
		int64(len(h.open)) == (h.edge-h.begin(open))/h.res
}
