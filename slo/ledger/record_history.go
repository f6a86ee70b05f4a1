package ledger

func appendHistory(e *encoder, h *history) {
	e.int(h.start)
	e.int(h.edge)
	e.int(h.firstBlock)
	e.uint(uint64(len(h.bases)))
	last := cum{}
	for _, b := range h.bases {
		last = appendCum(e, b, last)
	}
	e.uint(uint64(len(h.fine)))
	for _, b := range h.fine {
		e.b = append(e.b, b.width[:]...)
		e.uint(uint64(len(b.data)))
		e.b = append(e.b, b.data...)
	}
	e.uint(uint64(len(h.open)))
	for _, c := range h.open {
		last = appendCum(e, c, last)
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

func readHistory(d *decoder, res int64) history {
	h := history{res: res, start: d.int(), edge: d.int(), firstBlock: d.int()}
	n := d.count()
	last := cum{}
	for i := 0; i < n && d.err == nil; i++ {
		last = readCum(d, last)
		h.bases = append(h.bases, last)
	}
	n = d.count()
	for i := 0; i < n && d.err == nil; i++ {
		b := block{width: [3]uint8{d.byte(), d.byte(), d.byte()}}
		b.data = append([]byte(nil), d.bytes()...)
		for _, w := range b.width {
			if w > 8 || w&(w-1) != 0 { // 0, 1, 2, 4 and 8
				d.fail()
			}
		}
		if len(b.data) != (int(b.width[0])+int(b.width[1])+int(b.width[2]))*(blockBuckets-1) {
			d.fail()
		}
		h.fine = append(h.fine, b)
	}
	n = d.count()
	h.now = last
	for i := 0; i < n && d.err == nil; i++ {
		h.now = readCum(d, h.now)
		h.open = append(h.open, h.now)
	}
	if d.err == nil && !h.sound() {
		d.fail()
	}
	return h
}

// sound reports whether the lengths of a history that was read fit its times.
func (h *history) sound() bool {
	if h.start < 0 || h.edge > farthestTime {
		return false
	}
	open := h.edge / h.span()
	return h.edge >= h.start && h.edge%h.res == 0 && h.start%h.res == 0 &&
		int64(len(h.bases)) == open-h.firstBlock+1 && len(h.fine) < len(h.bases) &&
		int64(len(h.open)) == h.edge%h.span()/h.res
}
