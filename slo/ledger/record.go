package ledger

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// What the files hold: a record for each tick (what it changed, and its buckets)
// in the log, and a record for each account (all of it) in a checkpoint.
const (
	tickRecord    = 1
	accountRecord = 2
	endRecord     = 3 // closes a checkpoint: the number of its accounts
)

// appendTick writes what a tick did.
func appendTick(e *encoder, outs []*outcome, from, to int64) {
	e.byte(tickRecord)
	e.int(from)
	e.uint(uint64(to - from))
	e.uint(uint64(len(outs)))
	for _, o := range outs {
		a := o.acct
		e.uint(uint64(a.id))
		appendHead(e, o)
		appendTargets(e, o, from)
		appendSeries(e, o, from)
		e.uint(uint64(len(o.runs)))
		for _, r := range o.runs {
			appendRun(e, r)
		}
	}
}

// appendHead writes who an outcome is of, where that is new, and what has changed
// of the account's facts.
func appendHead(e *encoder, o *outcome) {
	a, flags, usual := o.acct, byte(0), o.acct.facts
	if !a.stored {
		flags |= isNew
	}
	if usual.last = o.facts.last; usual != o.facts {
		flags |= allFacts
	}
	e.byte(flags)
	if flags&isNew != 0 {
		appendIdentity(e, a)
	}
	if flags&allFacts != 0 {
		appendFacts(e, &o.facts, o.from)
	} else {
		e.time(o.facts.last, o.from)
	}
}

// appendRun writes a run; whether it is a block stands in the lowest bit.
func appendRun(e *encoder, r run) {
	e.float(r.a)
	e.float(r.b)
	head := uint64(r.miss) << 1
	if r.buckets > 1 {
		head |= 1
	}
	e.uint(head)
}

// readRuns reads the runs of buckets many buckets.
func readRuns(d *decoder, h history, buckets int64) []run {
	var runs []run
	edge := h.edge
	for n := d.count(); n > 0 && d.err == nil; n-- {
		r := run{buckets: 1, a: d.float(), b: d.float()}
		head := d.uint()
		r.miss = int64(head >> 1)
		if head&1 != 0 {
			r.buckets = blockBuckets
		}
		if r.miss > r.buckets*h.res || r.buckets > 1 && !h.parts(edge) {
			d.fail()
		}
		edge += r.buckets * h.res
		buckets -= r.buckets
		runs = append(runs, r)
	}
	if buckets != 0 {
		d.fail()
	}
	return runs
}

// replayTick does again what a tick did, or nothing where it is not sound.
func replayTick(d *decoder, accounts map[uint32]*account) error {
	from := d.int()
	span := int64(d.uint())
	var outs []*outcome
	for n := d.count(); n > 0 && d.err == nil; n-- {
		o := replayOutcome(d, accounts, from, span)
		if k := len(outs); d.err == nil && k > 0 && o.acct.id <= outs[k-1].acct.id {
			d.fail() // each account once
		}
		outs = append(outs, o)
	}
	if err := d.end(); err != nil {
		return err
	}
	commit(outs) // the next tick makes coarse what is due
	return nil
}

// replayOutcome reads what a tick did to one account; d.err tells whether it could.
func replayOutcome(d *decoder, accounts map[uint32]*account, from, span int64) *outcome {
	id, flags := uint32(d.uint()), d.byte()
	if flags&isNew != 0 {
		a := readIdentity(d)
		a.id, a.stored = id, true
		accounts[id] = a
	}
	a := accounts[id]
	if d.err != nil || a == nil || a.hist.edge != from || span < 0 || span%a.hist.res != 0 {
		d.fail()
		return nil
	}
	o := &outcome{acct: a, from: from, facts: a.facts}
	if flags&allFacts != 0 {
		o.facts = readFacts(d, from)
	} else {
		o.facts.last = d.time(from)
	}
	if o.facts.start != a.facts.start {
		d.fail()
	}
	byID := a.byID()
	readTargets(d, o, byID)
	readSeries(d, o, byID)
	o.runs = readRuns(d, a.hist, span/a.hist.res)
	return o
}

func appendIdentity(e *encoder, a *account) {
	e.string(a.key)
	e.string(a.subject.ID)
	e.labels(a.subject.Match)
	e.uint(uint64(a.hist.res))
	e.int(a.facts.start)
	e.uint(uint64(a.hist.shift)<<1 | bit(a.early))
}

// What no sound file goes beyond, so that arithmetic on what was read cannot overflow.
const (
	longestBucket = int64(366 * 24 * time.Hour / time.Millisecond)
	farthestTime  = 1 << 52 // ms from 1970: some 140,000 years
)

func readIdentity(d *decoder) *account {
	key, sub := d.string(), &Subject{}
	sub.ID, sub.Match = d.string(), d.labels()
	res, start, shift, early := int64(d.uint()), d.int(), int64(0), true
	if d.version >= 2 {
		v := d.uint()
		shift, early = int64(v>>1), v&1 != 0
	}
	if res <= 0 || res > longestBucket || start < 0 || start > farthestTime || start%res != 0 || shift < 0 || shift >= res*blockBuckets || shift%res != 0 {
		d.fail()
		res, start, shift = 1, 0, 0
	}
	a := newAccount(key, sub, nil, res, start)
	a.early, a.hist = early, newHistory(res, start, shift)
	return a
}

func appendFacts(e *encoder, f *facts, from int64) {
	e.int(f.start)
	e.time(f.begins, from)
	e.time(f.forgot, from)
	e.time(f.last, from)
	e.float(f.sliceA)
	e.float(f.sliceB)
	e.uint(uint64(f.unknownFirst))
}

func readFacts(d *decoder, from int64) facts {
	return facts{start: d.int(), begins: d.time(from), forgot: d.time(from), last: d.time(from),
		sliceA: d.float(), sliceB: d.float(), unknownFirst: uint32(d.uint())}
}

// Flags of an account, a target and a series in a record.
const (
	isNew       = 1 // its identity follows
	coveredOnly = 2 // of a target's state, only covered has changed
	allFacts    = 2 // of an account's facts, more than the last sample has changed
)

func appendTargets(e *encoder, o *outcome, from int64) {
	e.uint(uint64(len(o.targets)))
	for _, c := range o.targets {
		appendTarget(e, c.t, c.state, c.t.stored, from)
	}
	e.uint(uint64(len(o.groups)))
	for _, c := range o.groups {
		e.uint(uint64(c.t.id))
		e.string(c.g.metric)
		e.time(c.dropAfter, from)
	}
}

func appendTarget(e *encoder, t *target, st targetState, known bool, from int64) {
	e.uint(uint64(t.id))
	old := t.state
	old.covered = st.covered
	switch {
	case !known:
		e.byte(isNew)
		e.string(t.values)
	case old == st:
		e.byte(coveredOnly)
		e.time(st.covered, from)
		return
	default:
		e.byte(0)
	}
	e.time(st.seen, from)
	e.time(st.firstStart, from)
	e.float(st.start)
	e.time(st.moved, from)
	e.time(st.firstUp, from)
	e.time(st.covered, from)
}

// members are an account's targets and series by their numbers.
type members struct {
	targets map[uint32]*target
	series  map[uint32]*series
}

func (a *account) byID() members {
	if a.index.targets == nil {
		a.index = members{map[uint32]*target{}, map[uint32]*series{}}
		for _, t := range a.targets {
			a.index.targets[t.id] = t
		}
		for _, s := range a.series {
			a.index.series[s.id] = s
		}
	}
	return a.index
}

func readTargets(d *decoder, o *outcome, m members) {
	for n := d.count(); n > 0 && d.err == nil; n-- {
		t, st := readTarget(d, o.acct, m, o.from)
		if t == nil {
			d.fail()
			return
		}
		o.targets = append(o.targets, targetChange{t, st})
	}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		t := m.targets[uint32(d.uint())]
		metric, after := d.string(), d.time(o.from)
		if t == nil {
			d.fail()
			return
		}
		o.groups = append(o.groups, groupChange{t, t.groupOf(metric), after})
	}
}

func readTarget(d *decoder, a *account, m members, from int64) (*target, targetState) {
	id, flags := uint32(d.uint()), d.byte()
	t := m.targets[id]
	if flags&isNew != 0 {
		t = &target{id: id, values: d.string(), state: newTargetState(), stored: true}
		a.replaceTarget(a.targets[t.values], m)
		if m.targets[id] != nil {
			return nil, targetState{}
		}
		a.targets[t.values], m.targets[id] = t, t
		a.nextID = max(a.nextID, id+1)
	}
	if t == nil {
		return nil, targetState{}
	}
	st := t.state
	if flags&coveredOnly == 0 {
		st = targetState{seen: d.time(from), firstStart: d.time(from), start: d.float(), moved: d.time(from), firstUp: d.time(from)}
	}
	st.covered = d.time(from)
	return t, st
}

// replaceTarget drops a target that comes again under another number. That is
// what a log says after its checkpoint, where the target had been forgotten, turned
// out damaged, and the one before it was read.
func (a *account) replaceTarget(old *target, m members) {
	if old == nil {
		return
	}
	delete(m.targets, old.id)
	a.live = slices.DeleteFunc(a.live, func(t *target) bool { return t == old })
	for key, s := range a.series {
		if s.target == old {
			delete(a.series, key)
			delete(m.series, s.id)
		}
	}
}

func appendSeries(e *encoder, o *outcome, from int64) {
	e.uint(uint64(len(o.series)))
	for _, c := range o.series {
		appendOneSeries(e, c.s, c.pos, c.s.stored, from)
	}
}

func appendOneSeries(e *encoder, s *series, pos position, known bool, from int64) {
	e.uint(uint64(s.id))
	if known {
		e.byte(0)
	} else {
		e.byte(isNew)
		e.labels(s.labels)
		e.uint(uint64(s.target.id))
	}
	e.time(pos.t, from)
	e.float(pos.v)
}

func readSeries(d *decoder, o *outcome, m members) {
	for n := d.count(); n > 0 && d.err == nil; n-- {
		s, pos := readOneSeries(d, o.acct, m, o.from)
		if s == nil {
			d.fail()
			return
		}
		o.series = append(o.series, seriesChange{s, pos})
	}
}

func readOneSeries(d *decoder, a *account, m members, from int64) (*series, position) {
	id, flags := uint32(d.uint()), d.byte()
	s := m.series[id]
	if flags&isNew != 0 {
		ls := d.labels()
		t := m.targets[uint32(d.uint())]
		if old := a.series[ls.String()]; old != nil { // as with replaceTarget
			delete(m.series, old.id)
		}
		if t == nil || d.err != nil || m.series[id] != nil {
			return nil, position{}
		}
		s = &series{id: id, labels: ls, target: t, group: t.groupOf(ls.Get(slo.MetricName)), pos: position{t: none}, stored: true}
		a.series[ls.String()], m.series[id] = s, s
		a.nextID = max(a.nextID, id+1)
	}
	return s, position{t: d.time(from), v: d.float()}
}

// appendAccount writes all of an account.
func appendAccount(e *encoder, a *account) {
	from := a.hist.edge
	e.byte(accountRecord)
	e.uint(uint64(a.id))
	appendIdentity(e, a)
	appendHistory(e, a.hist)
	appendFacts(e, &a.facts, from)
	e.uint(uint64(a.nextID))
	targets := make([]*target, 0, len(a.targets))
	for _, t := range a.targets {
		targets = append(targets, t)
	}
	slices.SortFunc(targets, func(x, y *target) int { return int(x.id) - int(y.id) })
	e.uint(uint64(len(targets)))
	for _, t := range targets {
		appendTarget(e, t, t.state, false, from)
		appendShed(e, t.shed)
		e.uint(uint64(len(t.groups)))
		for _, g := range t.groups {
			e.string(g.metric)
			e.time(g.dropAfter, from)
		}
	}
	list := make([]*series, 0, len(a.series))
	for _, s := range a.series {
		list = append(list, s)
	}
	slices.SortFunc(list, func(x, y *series) int { return int(x.id) - int(y.id) })
	e.uint(uint64(len(list)))
	for _, s := range list {
		appendOneSeries(e, s, s.pos, false, from)
	}
}

// readAccount reads what appendAccount wrote, after the record's first byte.
func readAccount(d *decoder) (*account, error) {
	id := uint32(d.uint())
	a := readIdentity(d)
	a.id, a.stored = id, true
	a.hist = readHistory(d, a.hist.res, a.hist.shift)
	if d.err != nil {
		return nil, d.err
	}
	from, start := a.hist.edge, a.facts.start
	a.facts = readFacts(d, from)
	if a.facts.start != start || a.hist.start != start {
		return nil, errCorrupt
	}
	nextID := uint32(d.uint())
	m := a.byID()
	for n := d.count(); n > 0 && d.err == nil; n-- {
		t, st := readTarget(d, a, m, from)
		if t == nil {
			return nil, errCorrupt
		}
		t.state = st
		if d.version >= 2 {
			t.shed = readShed(d)
		}
		if st.covered > from {
			a.live = append(a.live, t)
		}
		for g := d.count(); g > 0 && d.err == nil; g-- {
			t.groupOf(d.string()).dropAfter = d.time(from)
		}
	}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		s, pos := readOneSeries(d, a, m, from)
		if s == nil {
			return nil, errCorrupt
		}
		s.pos = pos
	}
	a.nextID = max(a.nextID, nextID)
	return a, d.end()
}
