package ledger

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// plausibleStart is the least start time (Unix seconds) that tells processes apart: in
// 2001. Machines that boot without a clock begin in 1970.
const plausibleStart = 1e9

// newborn is a first sample in a tick, or one of an earlier tick that is yet to be decided.
type newborn struct {
	birth
	w  *work
	in *input
	// zero is when its counter was created, as a 0 tells that nobody scraped; none.
	zero int64
}

// births decides what the first samples of a tick are worth, in the order of time.
type births struct {
	c      *counter
	a      *account
	queue  []newborn // to be looked at
	open   []newborn // looked at, and to be decided when it is known what has ended
	inputs map[*series]*input
	taken  map[*series]int // index from which on a joined series is there again
}

// settle decides what first samples are worth.
func (c *counter) settle(a *account) {
	b := births{c: c, a: a}
	for i := range c.works {
		w := &c.works[i]
		for k := range w.counters {
			in := &w.counters[k]
			if s := in.series; s.birth.at != none {
				b.open = append(b.open, newborn{birth: s.birth, w: w, in: in, zero: none})
			}
			if in.series.fresh() && len(in.t) > 0 {
				b.add(w, in, 0, c.lateZero(in.series))
			}
			if a.m.first == slo.FirstAuto {
				if k, zero := c.behindZero(w, in); zero != none {
					b.add(w, in, k, zero)
				}
			}
		}
	}
	if len(b.queue)+len(b.open) > 0 {
		b.run()
	}
}

// add lets the k-th sample of an input be a first one, of a counter that a 0 may say was created.
func (b *births) add(w *work, in *input, k int, zero int64) {
	n := newborn{birth: birth{at: in.t[k], v: in.v[k]}, w: w, in: in, zero: zero}
	in.births = append(in.births, k)
	at, _ := slices.BinarySearchFunc(b.queue, n, inTime)
	b.queue = slices.Insert(b.queue, at, n)
}

func inTime(x, y newborn) int {
	if d := cmp.Compare(x.at, y.at); d != 0 {
		return d
	}
	return strings.Compare(x.in.series.labels.String(), y.in.series.labels.String())
}

func (b *births) run() {
	slices.SortFunc(b.open, inTime)
	for len(b.queue)+len(b.open) > 0 {
		if len(b.open) > 0 && (len(b.queue) == 0 || b.open[0].at+b.c.patience <= b.queue[0].at) {
			n := 1
			for n < len(b.open) && b.open[n].at == b.open[0].at {
				n++
			}
			together := b.open[:n]
			b.open = b.open[n:]
			if together[0].at+b.c.patience <= b.c.to {
				b.decide(together)
				continue
			}
			for _, n := range together {
				n.in.born = &n.birth
			}
			continue
		}
		n := b.queue[0]
		b.queue = b.queue[1:]
		b.look(n)
	}
}

// look finds out what a first sample is worth by itself, and whether more has to be known.
func (b *births) look(n newborn) {
	b.weigh(&n)
	switch {
	case n.in.series.unclear:
		b.count(&n, LeftOut, n.at, 0, changedLabels)
	case n.in.series.joined || b.taken != nil && b.isTaken(n.in.series):
		b.count(&n, CameBack, n.at, 0, changedLabels)
	}
	for _, p := range b.partners(&n) {
		if !p.now {
			b.open = append(b.open, n)
			b.count(&n, FirstHeld, n.at, 0)
			return
		}
	}
	b.land(&n, n.at)
}

// isTaken reports whether another series has taken over a series in this tick.
func (b *births) isTaken(s *series) bool {
	_, taken := b.taken[s]
	return taken
}

// weigh says what a first sample is worth where no other series has ended, and which
// series could be continued by it.
func (b *births) weigh(n *newborn) {
	f, c := &b.c.out.facts, b.c
	n.same, n.others = none, none
	early := n.at-f.begins <= c.patience
	start, started := n.w.startAt(n.at)
	made, isMade := b.createdFirst(n)
	switch rule := b.a.m.first; {
	case n.in.series.unclear:
		n.why = wasUnclear
		return
	case rule == slo.FirstIgnore:
		n.why = byIgnore
		return
	case n.fromZero(): // as the source says
		n.worth, n.why = n.v, isBegun
		return
	case rule == slo.FirstZero && !early:
		n.worth, n.why = n.v, byZero
		return
	case n.w.p.shed.has(n.in.series, n.w.p.began(start)): // what it had counted before was counted
		n.doubt, n.why = n.v > 0, wasShed
		return
	case isMade && b.isYoung(made):
		if !b.begunSince(n, made) {
			n.why = wasHanded
			return
		}
		n.worth, n.why = n.v, isBegun
	case isMade:
		n.doubt, n.why = n.v > 0 && !early, isOlder
	case c.known(n.w, n.at):
		if b.tooMuch(n) {
			n.doubt, n.why = true, isTooMuch
		} else {
			n.worth, n.why = n.v, isKnown
		}
	case started && start*1000 > float64(max(f.begins, f.forgot)):
		if b.handedOver(n, start) {
			n.why = wasHanded
			return
		}
		n.worth, n.why = n.v, hasStarted
	case early:
		n.why = atBegin
	default:
		n.doubt, n.why = n.v > 0, isOld
		if n.doubt {
			c.results.unknown = append(c.results.unknown, n.in.series)
		}
	}
	b.related(n, start, started, made, isMade)
}

// related finds which series could be continued by a first sample: those of its own process, and
// of others which, by what their process or the counter itself says, began when it did.
func (b *births) related(n *newborn, start float64, started bool, made float64, isMade bool) {
	c := b.c
	u := n.w.lastCounter(n.at, n.ownZero())
	if u != none && !(isMade && made > float64(u)) {
		n.same = u - c.lookback
	}
	if u != none && u >= n.at-c.lookback {
		return
	}
	there := float64(n.at - c.patience - c.slack) // it has been there all the while
	started = started && n.w.startedBefore(n.at) < n.at-c.lookback && start >= plausibleStart && start*1000 < there
	isMade = isMade && made < there
	if started || isMade {
		n.others = max(u, c.out.facts.start)
		n.peers = b.peers(n, func(p *process) bool {
			s, ok := b.startOf(p, n.at-1)
			return started && ok && math.Abs(s-start) <= restartShift || isMade && (b.madeWith(p, n, made) || b.seenSince(p, n, made))
		})
	}
}

// fromZero reports whether the source says that the counter began with the sample.
func (n *newborn) fromZero() bool {
	k := before(n.in.t, n.at)
	base, ok := n.in.base(k)
	return ok && base == 0 && k < len(n.in.t) && n.in.t[k] == n.at
}

// stateOf is a process' state at the end of the tick, so far as it has been read.
func (c *counter) stateOf(p *process) *processState {
	if p.in == c.out {
		return &c.works[p.at].state
	}
	return &p.state
}

// partner is a series that a new one may continue.
type partner struct {
	s    *series
	last position // before the first sample
	now  bool     // it has a sample at the very time of the first sample
	goes bool     // it, or its process, has one between then and the decision
	back bool     // it has one then, but none at the time of the first sample
	step float64
	// lived is for how long it has not dropped.
	lived int64
}

// partners are the series that a first sample may continue.
func (b *births) partners(n *newborn) []partner {
	var out []partner
	metric := n.in.series.labels.Get(slo.MetricName)
	if n.same != none {
		out = b.partnersOf(n.w.p, metric, n, n.same, out)
	}
	for _, p := range n.peers {
		out = b.partnersOf(p, metric, n, n.others+1, out)
	}
	return out
}

// peers are the other processes that began when one did.
func (b *births) peers(n *newborn, with func(*process) bool) []*process {
	var out []*process
	for _, t := range b.a.targets {
		for _, p := range t.processes {
			if p != n.w.p && with(p) {
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, func(x, y *process) int { return cmp.Compare(x.id, y.id) })
	return out
}

// restartedBy is the time of a process' latest restart at or before t, as far as is known.
func (b *births) restartedBy(p *process, t int64) int64 {
	if p.in == b.c.out {
		return b.c.works[p.at].restartedBy(t)
	}
	return p.state.restartedBy(t)
}

// goesOn reports whether a counter of a process has a sample between a first sample
// of another and its decision.
func (b *births) goesOn(p *process, at int64) bool {
	for _, f := range p.families {
		for _, s := range f.series {
			if s.pos.t >= at {
				return true
			}
			if in := b.input(s); in != nil {
				if n := before(in.t, at); n < len(in.t) && in.t[n] <= at+b.c.patience {
					return true
				}
			}
		}
	}
	return false
}

func (b *births) startOf(p *process, at int64) (float64, bool) {
	if p.in == b.c.out {
		return b.c.works[p.at].startAt(at)
	}
	return p.state.start, p.state.firstStart != none && p.state.firstStart <= at
}

// partnersOf adds those of one process that were heard of at or after since.
func (b *births) partnersOf(p *process, metric string, n *newborn, since int64, out []partner) []partner {
	for _, f := range p.families {
		for _, s := range f.series {
			if s == n.in.series || s.labels.Get(slo.MetricName) != metric {
				continue
			}
			x, ok := b.view(s, n.at)
			if ok && p != n.w.p && b.goesOn(p, n.at) {
				x.goes = true
			}
			if ok && x.last.t != none && b.restartedBy(p, n.at) > x.last.t {
				continue
			}
			if ok && (x.goes && x.last.t == none || x.last.t >= since && x.last.v != 0 && x.last.v <= n.v) {
				out = append(out, x)
			}
		}
	}
	return out
}

// view is what is known of a series around a first sample of another one at a time;
// ok is false where it has nothing before, or another one has taken over.
func (b *births) view(s *series, at int64) (partner, bool) {
	x := partner{s: s, last: position{t: none}, step: s.pace.step(s.pos, b.c.interval), lived: s.pace.lived(s.pos)}
	if s.pos.t >= at { // in an earlier tick
		x.goes, x.back = true, true
		for _, r := range s.recent {
			if r.t < at {
				x.last = r
			}
			x.back = x.back && r.t != at
		}
		return x, true
	}
	in := b.input(s)
	from, taken := b.taken[s]
	if s.pos.t != none && !s.joined {
		x.last = s.pos
	}
	if in == nil {
		return x, x.last.t != none && !taken
	}
	n := before(in.t, at)
	if n > 0 {
		x.last = position{in.t[n-1], in.v[n-1]}
		x.step, x.lived = b.c.stepBefore(in, n)
	}
	if taken && n <= from {
		return x, false
	}
	if n < len(in.t) {
		x.now = in.t[n] == at
		x.goes = in.t[n] <= at+b.c.patience
		x.back = x.goes && !x.now
	}
	return x, x.last.t != none
}

// input finds a series' samples of this tick; nil where it has none.
func (b *births) input(s *series) *input {
	if b.inputs == nil {
		b.inputs, b.taken = map[*series]*input{}, map[*series]int{}
		for i := range b.c.works {
			w := &b.c.works[i]
			for k := range w.counters {
				b.inputs[w.counters[k].series] = &w.counters[k]
			}
		}
	}
	return b.inputs[s]
}

// decide decides first samples of one time.
func (b *births) decide(together []newborn) {
	best := make([]*partner, len(together))
	ended := make([]bool, len(together))
	chosen := map[*series]int{}
	for i := range together {
		best[i], ended[i] = b.best(&together[i])
		if best[i] != nil {
			chosen[best[i].s]++
		}
	}
	for i, n := range together {
		at := n.at + b.c.patience
		switch p := best[i]; {
		case !ended[i] && b.passing(n):
			b.count(&n, LeftOut, at, 0, changedLabels)
			b.take(n.in.series, at)
		case !ended[i]:
			b.land(&n, at)
		case p == nil || chosen[p.s] > 1:
			b.count(&n, LeftOut, at, 0, changedLabels)
		default:
			b.join(&n, p, at)
		}
	}
	for _, p := range best {
		if p != nil && chosen[p.s] == 1 {
			b.take(p.s, together[0].at+b.c.patience)
		}
	}
}

// passing reports whether another series went on under other labels for a moment only,
// and is back under its own.
func (b *births) passing(n newborn) bool {
	since, until := n.at+b.c.interval, n.at+b.c.patience
	if s := n.in.series; s.pos.t > since && s.pos.t <= until {
		return false
	}
	if k := before(n.in.t, since+1); k < len(n.in.t) && n.in.t[k] <= until {
		return false
	}
	return slices.ContainsFunc(b.partners(&n), func(p partner) bool { return p.back && p.last.t >= n.at-b.c.patience })
}

// best is the one series that a first sample continues, nil where there is none or
// no single one; ended reports whether any series has ended.
func (b *births) best(n *newborn) (best *partner, ended bool) {
	fewest, ties := 0, 0
	for _, p := range b.partners(n) {
		if p.goes {
			continue
		}
		ended = true
		scrapes := max(1, float64(n.at-p.last.t)/float64(b.c.interval))
		if n.v-p.last.v > b.c.plausible*max(p.step, 1)*scrapes {
			continue
		}
		d := differ(n.in.series.labels, p.s.labels)
		switch {
		case best == nil || d < fewest:
			best, fewest, ties = &p, d, 1
		case d == fewest:
			ties++
		}
	}
	if ties > 1 {
		return nil, true
	}
	return best, ended
}

// differ counts the label names whose values differ.
func differ(x, y slo.Labels) int {
	n := 0
	for _, l := range x {
		if y.Get(l.Name) != l.Value {
			n++
		}
	}
	for _, l := range y {
		if x.Get(l.Name) == "" {
			n++
		}
	}
	return n
}

// inPart reports whether other counters of the process went on under the labels that
// they had.
func (b *births) inPart(n newborn, p *partner) bool {
	for _, f := range p.s.process.families {
		for _, s := range f.series {
			if s != p.s && s != n.in.series && b.wentBy(s, n.at) {
				return true
			}
		}
	}
	return false
}

// wentBy reports whether a series has samples shortly before and after an instant.
func (b *births) wentBy(s *series, at int64) bool {
	since, until := at-b.c.patience, at+b.c.patience
	var was, is bool
	see := func(t int64) {
		was = was || t >= since && t < at
		is = is || t >= at && t <= until
	}
	for _, r := range s.recent {
		see(r.t)
	}
	if in := b.input(s); in != nil {
		for k := before(in.t, since); k < len(in.t) && in.t[k] <= until; k++ {
			see(in.t[k])
		}
	}
	return was && is
}
