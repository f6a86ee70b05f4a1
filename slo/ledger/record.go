package ledger

import (
	"slices"
	"time"
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
		appendProcesses(e, o, from)
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
		flags |= isNew | allFacts
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
	n := d.count()
	runs := make([]run, 0, min(n, len(d.b)/3)) // each takes three bytes at least
	for edge := h.edge; n > 0 && d.err == nil; n-- {
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
	commit(outs, 0) // the next tick makes coarse what is due
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
	readProcesses(d, o, byID)
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
	for _, t := range [...]int64{f.begins, f.expected, f.heard, f.forgot, f.last} {
		e.time(t, from)
	}
	e.float(f.sliceA)
	e.float(f.sliceB)
	appendFlags(e, f.flags, from)
}

func readFacts(d *decoder, from int64) facts {
	if d.version < 2 {
		return readFacts1(d, from)
	}
	return facts{start: d.int(), begins: d.time(from), expected: d.time(from), heard: d.time(from), forgot: d.time(from), last: d.time(from),
		sliceA: d.float(), sliceB: d.float(), flags: readFlags(d, from)}
}

// members are an account's processes and series by their numbers.
type members struct {
	processes map[uint32]*process
	series    map[uint32]*series
}

func (a *account) byID() members {
	if a.index.processes == nil {
		a.index = members{map[uint32]*process{}, map[uint32]*series{}}
		for _, t := range a.targets {
			for _, p := range t.processes {
				a.index.processes[p.id] = p
			}
		}
		for _, s := range a.series {
			a.index.series[s.id] = s
		}
	}
	return a.index
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
	var processes []*process
	for _, t := range a.targets {
		processes = append(processes, t.processes...)
	}
	slices.SortFunc(processes, func(x, y *process) int { return int(x.id) - int(y.id) })
	e.uint(uint64(len(processes)))
	for _, p := range processes {
		appendProcess(e, p, p.state, false, from)
		appendShed(e, p.shed)
		e.uint(uint64(len(p.families)))
		for _, f := range p.families {
			e.string(f.name)
			e.time(f.dropAfter, from)
		}
	}
	list := make([]*series, 0, len(a.series))
	for _, s := range a.series {
		list = append(list, s)
	}
	slices.SortFunc(list, func(x, y *series) int { return int(x.id) - int(y.id) })
	e.uint(uint64(len(list)))
	for _, s := range list {
		appendOneSeries(e, seriesChange{s: s, pos: s.pos, pace: s.pace, made: s.made, state: s.seriesState}, false, from)
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
		p, st := readProcess(d, a, m, from)
		if p == nil {
			return nil, errCorrupt
		}
		p.state = st
		if d.version >= 2 {
			p.shed = readShed(d)
		}
		if st.covered > from {
			a.live = append(a.live, p)
		}
		for g := d.count(); g > 0 && d.err == nil; g-- {
			f := p.familyOf(d.string())
			f.dropAfter = max(f.dropAfter, d.time(from))
		}
	}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		c, ok := readOneSeries(d, a, m, from)
		if !ok {
			return nil, errCorrupt
		}
		c.s.pos, c.s.pace, c.s.made, c.s.seriesState = c.pos, c.pace, c.made, c.state
		if c.state.undecided() {
			a.pending = append(a.pending, c.s)
		}
	}
	a.nextID = max(a.nextID, nextID)
	return a, d.end()
}
