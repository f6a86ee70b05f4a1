package ledger

import (
	"slices"
)

// Replace takes over what Compare found to be different, in all accounts at once: the files
// have the counts of before, or those of now. It counts nothing else.
func (r *Recount) Replace(all []Compared) error {
	l := r.writes
	defer l.traffic.stop()()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.ContainsFunc(all, func(c Compared) bool { return len(c.differing()) > 0 }) {
		return nil
	}
	for i := range all {
		c := &all[i]
		if blocks := c.differing(); len(blocks) > 0 {
			c.kept.hist = c.kept.hist.with(c.found.hist, blocks)
			c.kept.learn(c.found.facts, r.before[c.found], r.within[c.found], blocks)
		}
		if c.kept != nil && c.Failure == "" && c.found.hist.edge == c.kept.hist.edge && !c.lostLast {
			c.kept.adopt(c.found)
		}
	}
	gather(l.sorted())
	for _, src := range l.sources {
		src.bound = newBindings()
	}
	l.version.Add(1)
	return l.store.checkpoint(l.sorted())
}

// with gives a history that has in some blocks, which are in order, what another one has.
func (h history) with(found history, blocks []Block) history {
	figure := func(t int64, c cum) cum {
		for _, b := range blocks {
			switch {
			case t >= b.to:
				c = c.plusAll(b.found.minus(b.kept))
			case t > b.from:
				_, then, _ := found.upTo(t)
				_, begin, _ := found.upTo(b.from)
				_, was, _ := h.upTo(b.from)
				_, is, _ := h.upTo(t)
				return c.plusAll(then.minus(begin).minus(is.minus(was)))
			}
		}
		return c
	}
	old := h.shelf
	s := &shelf{res: old.res, shift: old.shift, start: old.start, edge: old.edge, columns: 1, firstBlock: old.firstBlock}
	s.now = []cum{figure(old.edge, h.newest())}
	for k, row := range old.bases {
		at := max(old.start, old.begin(old.firstBlock+int64(k)))
		s.bases = append(s.bases, []cum{figure(at, row[h.column])})
	}
	first := len(old.bases) - 1 - len(old.fine)
	for k, p := range old.fine {
		if p == nil {
			s.fine = append(s.fine, nil)
			continue
		}
		begin := old.begin(old.firstBlock + int64(first+k))
		rows := make([]cum, blockBuckets-1)
		for j := range rows {
			rows[j] = figure(begin+int64(j+1)*old.res, p.at(h.column, j, old.bases[first+k][h.column]))
		}
		s.fine = append(s.fine, packPage(s.bases[first+k], rows))
	}
	begin := old.begin(old.firstBlock + int64(len(old.bases)-1))
	for j := 0; j < len(old.open)/old.columns; j++ {
		s.open = append(s.open, figure(begin+int64(j+1)*old.res, old.open[j*old.columns+h.column]))
	}
	return history{s, 0}
}

func (c cum) plusAll(o cum) cum { return cum{c.a + o.a, c.b + o.b, c.miss + o.miss} }

// differing are the blocks that are different.
func (c *Compared) differing() []Block {
	if c.Failure != "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Blocks), func(b Block) bool { return b.State != Differs })
}

// learn takes over since when there are data, and the flags of blocks that were counted anew.
func (a *account) learn(o facts, before, within *flags, blocks []Block) {
	f, from, to := &a.facts, blocks[0].from, blocks[len(blocks)-1].to
	if o.begins != none && (f.begins == none || from < f.begins) {
		f.begins = sooner(f.begins, max(o.begins, f.start))
	}
	f.flags = f.flags.recounted(before, within, from, to)
}

// sooner is the earlier one of two times that may be none.
func sooner(t, u int64) int64 {
	if u == none {
		return t
	}
	return earlier(t, u)
}

// recounted are flags of which those in a span are others now. Of a kind that was raised outside
// of the span, too, nobody knows how often it was in it: once, if the first or the last was.
func (f *flags) recounted(before, after *flags, from, to int64) *flags {
	out := flags{}
	if f != nil {
		out = *f
	}
	in := func(t int64) bool { return t > from && t <= to }
	for kind := range out {
		r, was, is := &out[kind], before.of(kind), after.of(kind)
		n := is.count - was.count
		switch {
		case r.count > 0 && in(r.first) && in(r.last):
			*r = raised{}
		case r.count > 0 && in(r.last):
			r.count, r.last = r.count-1, from
		case r.count > 0 && in(r.first):
			r.count, r.first = r.count-1, to+1
		case r.count > 0 && r.first <= from && r.last > to:
			continue // some of them may be in it
		}
		if r.count == 1 && r.first <= from {
			r.last = r.first
		}
		if n > 0 {
			r.add(max(is.first, from+1), n)
			r.add(min(is.last, to), 0)
		}
	}
	return &out
}

// of is what was raised of a kind.
func (f *flags) of(kind int) raised {
	if f == nil {
		return raised{}
	}
	return f[kind]
}
