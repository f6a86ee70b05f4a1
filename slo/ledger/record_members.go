package ledger

import (
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// Flags of an account, a process and a series in a record.
const (
	isNew       = 1 // its identity follows
	coveredOnly = 2 // of a process' state, only covered has changed
	allFacts    = 2 // of an account's facts, more than the last sample has changed
	isLegacy    = 4 // of a new process: its labels are not known
	hasStep     = 2 // of a series: the step follows
	hasHold     = 4 // of a series: a hold follows
	hasBirth    = 8 // of a series: a first sample follows
	isJoined    = 16
	hasDropped  = 32 // of a series: the time before its latest family drop follows
	hasMade     = 64 // of a series: when it was created follows
	isFormer    = 128
)

func appendProcesses(e *encoder, o *outcome, from int64) {
	e.uint(uint64(len(o.processes)))
	for _, c := range o.processes {
		appendProcess(e, c.p, c.state, c.p.stored, from)
	}
	e.uint(uint64(len(o.families)))
	for _, c := range o.families {
		e.uint(uint64(c.p.id))
		e.string(c.f.name)
		e.time(c.dropAfter, from)
	}
}

func appendProcess(e *encoder, p *process, st processState, known bool, from int64) {
	e.uint(uint64(p.id))
	old := p.state
	old.covered = st.covered
	switch {
	case !known:
		flags := byte(isNew)
		if p.legacy {
			flags |= isLegacy
		}
		e.byte(flags)
		e.string(p.target.values)
		e.labels(p.labels)
	case old == st:
		e.byte(coveredOnly)
		e.time(st.covered, from)
		return
	default:
		e.byte(0)
	}
	for _, t := range [...]int64{st.seen, st.seenUp, st.firstUp, st.firstStart, st.restarts[0], st.restarts[1], st.restarts[2], st.alternated, st.covered} {
		e.time(t, from)
	}
	e.float(st.start)
	e.float(st.before)
	e.bool(st.odd)
}

func readProcesses(d *decoder, o *outcome, m members) {
	for n := d.count(); n > 0 && d.err == nil; n-- {
		p, st := readProcess(d, o.acct, m, o.from)
		if p == nil {
			d.fail()
			return
		}
		o.processes = append(o.processes, processChange{p, st, none})
	}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		p := m.processes[uint32(d.uint())]
		name, after := d.string(), d.time(o.from)
		if p == nil {
			d.fail()
			return
		}
		f := p.familyOf(name)
		o.families = append(o.families, familyChange{p, f, max(after, f.dropAfter)})
	}
}

func readProcess(d *decoder, a *account, m members, from int64) (*process, processState) {
	if d.version < 2 {
		return readTarget1(d, a, m, from)
	}
	id, flags := uint32(d.uint()), d.byte()
	p := m.processes[id]
	if flags&isNew != 0 {
		values, ls := d.string(), d.labels()
		if p == nil {
			p = &process{id: id, target: a.targetOf(values), state: newProcessState(), lastStart: none}
			m.processes[id] = p
			p.target.processes = append(p.target.processes, p)
			a.nextID = max(a.nextID, id+1)
		}
		if d.err != nil || p.target.values != values {
			return nil, processState{}
		}
		p.labels, p.legacy, p.stored = ls, flags&isLegacy != 0, true
		a.dropTwin(p, m)
	}
	if p == nil {
		return nil, processState{}
	}
	st := p.state
	if flags&coveredOnly != 0 {
		st.covered = d.time(from)
		return p, st
	}
	for _, t := range [...]*int64{&st.seen, &st.seenUp, &st.firstUp, &st.firstStart, &st.restarts[0], &st.restarts[1], &st.restarts[2], &st.alternated, &st.covered} {
		*t = d.time(from)
	}
	st.start, st.before, st.odd = d.float(), d.float(), d.byte() == 1
	return p, st
}

// dropTwin drops a process that comes again under another number. That is what a log
// says after its checkpoint, where the process had been forgotten, turned out damaged,
// and the one before it was read.
func (a *account) dropTwin(p *process, m members) {
	for _, old := range p.target.processes {
		if old != p && !old.legacy && !p.legacy && slices.Equal(old.labels, p.labels) {
			a.dropProcess(old, m)
			return
		}
	}
}

// dropProcess forgets a process with its series.
func (a *account) dropProcess(old *process, m members) {
	delete(m.processes, old.id)
	t := old.target
	t.processes = slices.DeleteFunc(t.processes, func(p *process) bool { return p == old })
	a.live = slices.DeleteFunc(a.live, func(p *process) bool { return p == old })
	a.pending = slices.DeleteFunc(a.pending, func(s *series) bool { return s.process == old })
	for key, s := range a.series {
		if s.process == old {
			delete(a.series, key)
			delete(m.series, s.id)
		}
	}
}

// dropSeries forgets a series.
func (a *account) dropSeries(old *series, m members) {
	delete(m.series, old.id)
	delete(a.series, old.labels.String())
	is := func(s *series) bool { return s == old }
	old.family.series = slices.DeleteFunc(old.family.series, is)
	a.pending = slices.DeleteFunc(a.pending, is)
}

func appendSeries(e *encoder, o *outcome, from int64) {
	e.uint(uint64(len(o.series)))
	for _, c := range o.series {
		appendOneSeries(e, c, c.s.stored, from)
	}
}

func appendOneSeries(e *encoder, c seriesChange, known bool, from int64) {
	s := c.s
	e.uint(uint64(s.id))
	flags := byte(0)
	if !known {
		flags |= isNew
	}
	if !known || c.pace != s.pace {
		flags |= hasStep
	}
	if c.state.hold.at != none {
		flags |= hasHold
	}
	if c.state.birth.at != none {
		flags |= hasBirth
	}
	if c.state.joined {
		flags |= isJoined
	}
	if c.state.dropped != s.dropped || !known && s.dropped != none {
		flags |= hasDropped
	}
	if s.former {
		flags |= isFormer
	}
	if c.made.differs(s.made) || !known && c.made.differs(made{}) {
		flags |= hasMade
	}
	e.byte(flags)
	if !known {
		e.labels(s.labels)
		e.uint(uint64(s.process.id))
	}
	e.time(c.pos.t, from)
	e.float(c.pos.v)
	if flags&hasStep != 0 {
		e.float(c.pace.most)
		e.time(c.pace.base.t, from)
		e.float(c.pace.base.v)
	}
	if h := c.state.hold; flags&hasHold != 0 {
		e.time(h.at, from)
		e.float(h.max)
		e.float(h.sum)
		e.bool(h.small)
	}
	if flags&hasDropped != 0 {
		e.time(c.state.dropped, from)
	}
	if b := c.state.birth; flags&hasBirth != 0 {
		appendBirth(e, b, from)
	}
	if flags&hasMade != 0 {
		e.float(c.made.value)
		e.bool(c.made.moved)
	}
}

func appendBirth(e *encoder, b birth, from int64) {
	for _, t := range [...]int64{b.at, b.same, b.others} {
		e.time(t, from)
	}
	e.float(b.v)
	e.float(b.worth)
	e.bool(b.doubt)
	e.uint(uint64(len(b.peers)))
	for _, p := range b.peers {
		e.uint(uint64(p.id))
	}
}

func readBirth(d *decoder, m members, from int64) birth {
	b := birth{at: d.time(from), same: d.time(from), others: d.time(from), v: d.float(), worth: d.float(), doubt: d.byte() == 1}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		if p := m.processes[uint32(d.uint())]; p != nil { // else it has been forgotten
			b.peers = append(b.peers, p)
		}
	}
	return b
}

func readSeries(d *decoder, o *outcome, m members) {
	for n := d.count(); n > 0 && d.err == nil; n-- {
		c, ok := readOneSeries(d, o.acct, m, o.from)
		if !ok {
			d.fail()
			return
		}
		o.series = append(o.series, c)
	}
}

func readOneSeries(d *decoder, a *account, m members, from int64) (c seriesChange, ok bool) {
	id, flags := uint32(d.uint()), d.byte()
	s := m.series[id]
	if flags&isNew != 0 {
		if s = readIdentityOf(d, a, m, id, s); s == nil {
			return c, false
		}
	}
	if s == nil {
		return c, false
	}
	c = seriesChange{s: s, pos: position{t: d.time(from), v: d.float()}, pace: s.pace, made: s.made}
	state := newSeriesState()
	state.dropped = s.dropped
	s.former = d.version < 2 || flags&isFormer != 0
	a.former = a.former || s.former
	if d.version < 2 {
		c.state = state.after(s.seriesState)
		return c, true
	}
	if flags&hasStep != 0 {
		c.pace = pace{most: d.float(), base: position{t: d.time(from), v: d.float()}}
	}
	if flags&hasHold != 0 {
		state.hold = hold{at: d.time(from), max: d.float(), sum: d.float(), small: d.byte() == 1}
	}
	if flags&hasDropped != 0 {
		state.dropped = d.time(from)
	}
	if flags&hasBirth != 0 {
		state.birth = readBirth(d, m, from)
	}
	if flags&hasMade != 0 {
		c.made = made{value: d.float(), moved: d.byte() == 1}
	}
	state.joined = flags&isJoined != 0
	c.state = state.after(s.seriesState)
	return c, d.err == nil
}

// readIdentityOf reads a series' labels and process: of a new one, or of one that has
// moved to another process; nil where it is not sound.
func readIdentityOf(d *decoder, a *account, m members, id uint32, s *series) *series {
	ls := spelled(d.labels())
	p := m.processes[uint32(d.uint())]
	if p == nil || d.err != nil {
		return nil
	}
	key := ls.String()
	if s == nil {
		s = &series{id: id, labels: ls, pos: position{t: none}, pace: newPace(), seriesState: &usualState}
		if twin := a.series[key]; twin != nil {
			if d.version >= 2 { // as with dropTwin
				a.dropSeries(twin, m)
			} else {
				key += "\xff" + string(rune(id)) // two spellings of one number: the other one goes on
			}
		}
		a.series[key], m.series[id] = s, s
		a.nextID = max(a.nextID, id+1)
	} else if !slices.Equal(s.labels, ls) {
		return nil
	}
	s.put(p)
	s.stored = true
	return s
}

// spelled spells numbers among labels as sources do now.
func spelled(ls slo.Labels) slo.Labels {
	for i := range ls {
		if slo.NumberLabel(ls[i].Name) {
			ls[i].Value = slo.CanonicalNumber(ls[i].Value)
		}
	}
	return ls
}

// What files of version 1 have otherwise.

func readFacts1(d *decoder, from int64) facts {
	f := facts{start: d.int(), begins: d.time(from), expected: none, heard: none, forgot: d.time(from), last: d.time(from),
		sliceA: d.float(), sliceB: d.float()}
	if n := uint32(d.uint()); n > 0 {
		at := f.begins
		if f.last != none {
			at = f.last
		}
		f.flags = &flags{}
		f.flags[unknownFirst].add(at, n)
	}
	return f
}

func readTarget1(d *decoder, a *account, m members, from int64) (*process, processState) {
	id, flags := uint32(d.uint()), d.byte()
	p := m.processes[id]
	if flags&isNew != 0 {
		values := d.string()
		if p != nil || d.err != nil {
			return nil, processState{}
		}
		p = &process{id: id, target: a.targetOf(values), state: newProcessState(), lastStart: none, legacy: true, stored: true}
		for _, old := range p.target.processes {
			a.dropProcess(old, m)
		}
		p.target.processes = []*process{p}
		m.processes[id] = p
		a.nextID = max(a.nextID, id+1)
	}
	if p == nil {
		return nil, processState{}
	}
	st := p.state
	if flags&coveredOnly == 0 {
		st.seen, st.firstStart, st.start = d.time(from), d.time(from), d.float()
		st.restarts[0], st.firstUp = d.time(from), d.time(from)
		if st.firstUp != none {
			st.seenUp = st.seen
		}
	}
	st.covered = d.time(from)
	return p, st
}
