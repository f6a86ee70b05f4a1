package ledger

import (
	"fmt"
	"slices"
)

// Replace takes over what Compare found to be different, in all accounts at once: the files
// have the counts of before, or those of now. It counts nothing else.
func (r *Recount) Replace(all []Compared) error {
	l := r.writes
	if l == nil || l.store == nil {
		return fmt.Errorf("the ledger cannot be written")
	}
	defer l.traffic.stop()()
	l.mu.Lock()
	defer l.mu.Unlock()
	any := false
	for i := range all {
		c := &all[i]
		blocks := slices.DeleteFunc(slices.Clone(c.Blocks), func(b Block) bool { return b.State != Differs })
		if len(blocks) == 0 {
			continue
		}
		any = true
		c.kept.hist = c.kept.hist.with(c.found.hist, blocks)
		c.kept.learn(c.found, r.before[c.found], r.within[c.found], blocks)
	}
	if !any {
		return nil
	}
	gather(l.sorted())
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

// learn takes over what else is known by an account that counted blocks anew: flags of theirs, and,
// where it has come to the same edge, samples that the account did not see.
func (a *account) learn(found *account, before, within *flags, blocks []Block) {
	from, to := blocks[0].from, blocks[len(blocks)-1].to
	f, o := &a.facts, found.facts
	if o.begins != none {
		f.begins = sooner(f.begins, max(o.begins, from))
	}
	f.flags = f.flags.recounted(before, within, from, to)
	if found.hist.edge != a.hist.edge {
		return
	}
	f.last = max(f.last, o.last)
	f.heard = sooner(f.heard, o.heard)
	f.sliceA, f.sliceB = o.sliceA, o.sliceB
	for values, t := range found.targets {
		for _, p := range t.processes {
			a.learnProcess(a.targetOf(values), p)
		}
	}
	for _, s := range found.series {
		a.learnSeries(s)
	}
	a.live = a.live[:0]
	for _, t := range a.targets {
		for _, p := range t.processes {
			if p.state.covered > a.hist.edge {
				a.live = append(a.live, p)
			}
		}
	}
	a.cold = true
}

// learnProcess takes over what is newer of a process.
func (a *account) learnProcess(t *target, found *process) {
	k := slices.IndexFunc(t.processes, func(p *process) bool { return !p.legacy && slices.Equal(p.labels, found.labels) })
	if k < 0 {
		p := a.newProcess(t, slices.Clone(found.labels))
		p.state = found.state
		return
	}
	p := t.processes[k]
	was, st := p.state, found.state
	st.seen, st.seenUp = sooner(st.seen, was.seen), sooner(st.seenUp, was.seenUp)
	st.firstUp = sooner(st.firstUp, was.firstUp)
	st.covered, st.alternated = max(was.covered, st.covered), max(was.alternated, st.alternated)
	st.odd = st.odd || was.odd
	if st.firstStart == none {
		st.start, st.before = was.start, was.before
	}
	st.firstStart = sooner(st.firstStart, was.firstStart)
	if was.restarts[0] >= st.restarts[0] {
		st.restarts = was.restarts
	}
	p.state = st
	for _, f := range found.families {
		own := p.familyOf(f.name)
		own.dropAfter = max(own.dropAfter, f.dropAfter)
	}
}

// learnSeries takes over samples that came late. What is yet to be decided of a series is decided
// by what the account knew.
func (a *account) learnSeries(found *series) {
	if found.pos.t == none || found.undecided() {
		return
	}
	key := found.labels.String()
	s := a.series[key]
	switch {
	case s == nil:
		s = &series{id: a.nextID, sides: found.sides, labels: found.labels, pos: position{t: none}, pace: newPace(), seriesState: &usualState}
		a.nextID++
		s.put(a.processFor(a.targetOf(found.process.target.values), found.labels))
		s.process.target.whoTells(s)
		a.series[key] = s
	case s.undecided() || s.pos.t >= found.pos.t:
		return
	}
	s.pos, s.pace, s.made, s.seriesState = found.pos, found.pace, found.made, found.seriesState
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
