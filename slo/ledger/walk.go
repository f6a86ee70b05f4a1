package ledger

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// drop is a family drop: a series dropped, and the metrics of its family with it.
type drop struct {
	s    *series
	p, r int64
}

// sameButForBounds reports whether two series' labels are equal but for what tells the
// series of one histogram or summary apart.
func sameButForBounds(a, b slo.Labels) bool {
	i, k := 0, 0
	for {
		for i < len(a) && ofBounds(a[i].Name) {
			i++
		}
		for k < len(b) && ofBounds(b[k].Name) {
			k++
		}
		if i == len(a) || k == len(b) {
			return i == len(a) && k == len(b)
		}
		if a[i] != b[k] {
			return false
		}
		i, k = i+1, k+1
	}
}

func ofBounds(label string) bool { return label == slo.MetricName || slo.NumberLabel(label) }

// walker goes through the pairs of one series that may be more than growth.
type walker struct {
	c        *counter
	w        *work
	s        *series
	in       *input
	prev     position
	hold     hold
	pace     pace
	lastDrop int64 // time before its latest family drop; none
	finds    bool  // lists family drops: counts and flags nothing
	begun    bool  // the source says where the next sample begins: at prev's value
	unlike   bool  // but nobody knows where that is
	moves    []move
	drops    []drop
	// Times before the latest drops so far, of the series' histogram, family and other families.
	same, own, others int64
}

// findDrops lists the family drops of a process' counters.
func (c *counter) findDrops(w *work) {
	first := len(c.drops)
	for k := range w.counters {
		in := &w.counters[k]
		if in.rising && len(in.bases) == 0 && in.series.hold.at == none && (len(in.t) == 0 || in.series.fresh() || in.v[0] >= in.series.pos.v) {
			continue
		}
		x := walker{c: c, w: w, s: in.series, in: in, finds: true}
		x.pieces()
	}
	w.drops = since(c.drops, first)
	if len(w.drops) == 0 {
		return
	}
	slices.SortFunc(w.drops, func(x, y drop) int { return cmp.Compare(x.r, y.r) })
	for _, f := range w.p.families {
		after := f.dropAfter
		for _, d := range w.drops {
			if d.s.family == f {
				after = max(after, d.p)
			}
		}
		if after != f.dropAfter {
			c.results.families = append(c.results.families, familyChange{w.p, f, after})
		}
	}
}

// pieces walks a series that has first samples in it.
func (c *counter) pieces(w *work, in input, change *seriesChange, state *seriesState) {
	x := walker{c: c, w: w, s: in.series, in: &in}
	x.pieces()
	change.pace, state.hold, state.dropped = x.pace, x.hold, x.lastDrop
}

// pieces walks the samples from one first sample to the next.
func (x *walker) pieces() {
	x.prev, x.hold, x.pace, x.lastDrop = x.s.pos, x.s.hold, x.s.pace, x.s.dropped
	from := 0
	for _, k := range x.in.births {
		x.samples(from, k)
		if x.hold.at != none {
			x.settleAt(min(x.hold.at+x.c.lookback, x.in.t[k]))
		}
		x.hold = hold{at: none}
		x.begins(k, position{x.in.t[k], x.in.v[k]})
		x.take(position{x.in.t[k], x.in.v[k]})
		from = k + 1
	}
	x.samples(from, len(x.in.t))
	x.settle(x.c.to + 1)
}

// samples walks the samples from the k-th up to the end-th.
func (x *walker) samples(k, end int) {
	x.moves, x.drops = x.w.moves, x.w.drops
	x.same, x.own, x.others = none, none, none
	for _, f := range x.w.p.families {
		if f != x.s.family {
			x.others = max(x.others, f.dropAfter)
			continue
		}
		if f.dropAfter == none {
			continue
		}
		for _, s := range f.series {
			if s != x.s && sameButForBounds(s.labels, x.s.labels) {
				x.same = max(x.same, s.dropped)
			} else if s != x.s {
				x.own = max(x.own, s.dropped)
			}
		}
	}
	for ; k < end; k++ {
		if !x.c.tracing && x.undisturbed() && !x.w.maySpring(x.pace, x.prev, x.lastDrop, x.in.t[k], x.c.lookback) {
			if k = x.glide(k, end); k == end {
				break
			}
		}
		now := position{x.in.t[k], x.in.v[k]}
		x.begins(k, now)
		x.settle(now.t)
		x.pair(now)
		x.take(now)
	}
}

// begins takes in what the source says of where a sample begins: it is worth what it has above
// that, whatever the sample before said.
func (x *walker) begins(k int, now position) {
	base, ok := x.in.base(k)
	if !ok {
		return
	}
	if x.hold.at != none {
		x.settleAt(min(now.t, x.hold.at+x.c.lookback))
	}
	x.prev.v, x.begun, x.unlike = min(base, now.v), true, math.IsInf(base, 1)
	x.c.last = told{} // a step of its own
}

// take makes a sample the one before the next.
func (x *walker) take(now position) {
	x.pace.take(x.prev, now, x.c.patience)
	if x.begun {
		x.pace.base = now
	}
	x.prev, x.begun, x.unlike = now, false, false
}

// step is the series' step before the next sample.
func (x *walker) step() float64 { return x.pace.step(x.prev, x.c.interval) }

// stepBefore is a series' step before the n-th of its samples of this tick, and for how
// long it had not dropped then.
func (c *counter) stepBefore(in *input, n int) (step float64, lived int64) {
	p, prev := in.series.pace, in.series.pos
	for k := range n {
		now := position{in.t[k], in.v[k]}
		base, begins := in.base(k)
		if begins {
			prev.v = min(base, now.v)
		}
		p.take(prev, now, c.patience)
		if begins {
			p.base = now
		}
		prev = now
	}
	return p.step(prev, c.interval), p.lived(prev)
}

// undisturbed reports whether nothing that has been found so far bears on the next pair.
func (x *walker) undisturbed() bool {
	st := &x.w.p.state
	return x.hold.at == none && st.restarts[0] <= x.prev.t && st.alternated <= x.prev.t && (x.finds || max(x.same, x.own, x.others) < x.prev.t)
}

// glide takes in growth at once, up to a drop, a move or a family drop, and returns the
// place of the sample that it leaves to others.
func (x *walker) glide(k, end int) int {
	limit := int64(math.MaxInt64)
	if len(x.moves) > 0 {
		limit = x.moves[0].t
	}
	if !x.finds && len(x.drops) > 0 {
		limit = min(limit, x.drops[0].r)
	}
	t, v := x.in.t[k:end], x.in.v[k:end]
	prev, p, n := x.prev, x.pace, 0
	if len(x.in.bases) > 0 {
		t, v = t[:x.untilBase(k, len(t))], v[:x.untilBase(k, len(v))]
	}
	for n < len(t) && t[n] < limit && v[n] >= prev.v && v[n]-prev.v <= mostAtOnce {
		now := position{t[n], v[n]}
		p.take(prev, now, x.c.patience)
		prev = now
		n++
	}
	if n > 0 && !x.finds {
		x.c.grow(x.s.sides, t[:n], v[:n], x.prev.v)
	}
	x.prev, x.pace = prev, p
	return k + n
}

// untilBase is how many of the next n samples come before one that has a base.
func (x *walker) untilBase(k, n int) int {
	for _, b := range x.in.bases {
		if b.k >= k {
			n = min(n, b.k-k)
		}
	}
	return n
}

// settle decides a hold whose time is over before t.
func (x *walker) settle(t int64) {
	if x.hold.at == none || x.hold.at+x.c.lookback >= t {
		return
	}
	x.settleAt(x.hold.at + x.c.lookback)
}

// settleAt takes what is held for a reset.
func (x *walker) settleAt(at int64) {
	x.countsSince(Reset, position{x.hold.at, x.hold.max}, position{at, x.prev.v}, x.hold.sum, unexplainedDrop)
	x.hold = hold{at: none}
}

// pair takes in the next sample.
func (x *walker) pair(now position) {
	moved := x.moveUpTo(now.t)
	if x.hold.at != none {
		switch {
		case moved != nothing:
			x.hold = hold{at: none}
		case now.v >= x.hold.max:
			x.regained(now)
			x.hold = hold{at: none}
			return
		case now.v >= x.prev.v:
			x.hold.sum += now.v - x.prev.v
			x.counts(Held, now, 0)
			return
		default:
			x.hold.sum += now.v
			x.counts(Held, now, 0)
			return
		}
	}
	switch {
	case moved == alternated:
		x.counts(LeftOut, now, 0, severalProcesses)
	case moved == restarted:
		x.counts(Restart, now, now.v)
	case now.v < x.prev.v:
		x.dropped(now)
	default:
		x.grown(now)
	}
}

// regained takes in the sample that shows that what is held was an old answer.
func (x *walker) regained(now position) {
	before := position{x.hold.at, x.hold.max}
	if x.hold.small {
		x.countsSince(Regained, before, now, now.v-before.v, unclearRestart)
	} else {
		x.countsSince(Regained, before, now, now.v-before.v)
	}
}

// moveUpTo tells what has become of the process since the sample before.
func (x *walker) moveUpTo(t int64) moveKind {
	what := nothing
	st := &x.w.p.state
	if st.restarts[0] > x.prev.t {
		what = restarted
	}
	if st.alternated > x.prev.t {
		what = alternated
	}
	for len(x.moves) > 0 && x.moves[0].t <= t {
		if x.moves[0].t > x.prev.t {
			what = max(what, x.moves[0].what)
		}
		x.moves = x.moves[1:]
	}
	return what
}

// dropped takes in a sample below the one before it, in a process that has not
// restarted by its start time.
func (x *walker) dropped(now position) {
	if now.v == 0 && x.c.offScrape(x.w.p.target, now.t) {
		x.reset(now)
		return
	}
	low, ok := x.least(now.t)
	again := ok && now.v >= low // it has read as little a moment ago
	var raised []int
	if x.w.hasStart(now.t) {
		if again {
			x.hold = hold{at: now.t, max: x.prev.v, sum: now.v, small: x.step() == 0 || x.plausible(now)}
			x.counts(OldAnswer, now, 0)
			return
		}
		raised = append(raised, unexplainedDrop)
	}
	most := now.v > x.prev.v/2 // of what was is left
	step := x.step()
	odd := step > 0 && !x.plausible(now)
	if odd || step == 0 && most || again {
		raised = append(raised, partialDrop)
	}
	if odd && most {
		x.counts(LeftOut, now, 0, raised...)
		return
	}
	x.reset(now, raised...)
}

// reset takes in a drop that says that the family was reset.
func (x *walker) reset(now position, raised ...int) {
	x.counts(Reset, now, now.v, raised...)
	x.lastDrop = x.prev.t
	if x.finds {
		x.c.drops = append(x.c.drops, drop{x.s, x.prev.t, now.t})
	}
}

// least is the least value of the series in the time before t in which an old answer
// may have been given.
func (x *walker) least(t int64) (low float64, ok bool) {
	see := func(at int64, v float64) {
		if at >= t-x.c.lookback && at < t && (!ok || v < low) {
			low, ok = v, true
		}
	}
	for _, p := range x.s.recent {
		see(p.t, p.v)
	}
	for k := before(x.in.t, t) - 1; k >= 0 && x.in.t[k] >= t-x.c.lookback; k-- {
		see(x.in.t[k], x.in.v[k])
	}
	return low, ok
}

// few reports whether a value is so small that any counter may have come to it from zero.
func (x *walker) few(now position) bool {
	return now.v <= x.c.plausible*max(1, float64(now.t-x.prev.t)/float64(x.c.interval))
}

// plausible reports whether a series may have grown from zero to a value since the
// sample before.
func (x *walker) plausible(now position) bool {
	scrapes := max(1, float64(now.t-x.prev.t)/float64(x.c.interval))
	return now.v <= x.c.plausible*x.step()*scrapes
}

// grown takes in a sample that is not below the one before it.
func (x *walker) grown(now position) {
	if x.finds {
		return
	}
	x.dropsUpTo(now.t)
	again := now.v == 0 || x.plausible(now)
	switch {
	case x.unlike:
		x.counts(LeftOut, now, 0, bucketsChanged)
	case x.begun && x.prev.v == 0:
		x.counts(Anew, now, now.v)
	case x.begun:
		x.counts(x.c.growthKind(x.prev, now), now, now.v-x.prev.v)
	case x.same >= x.prev.t:
		x.withSiblings(now, true, !again && x.step() > 0)
	case x.own >= x.prev.t:
		again = again || x.few(now)
		x.withSiblings(now, again, !again)
	case x.others >= x.prev.t && !x.w.hasStart(now.t):
		x.withSiblings(now, again, !again || x.prev.v > 0)
	case x.springs(now):
		x.counts(x.c.growthKind(x.prev, now), now, now.v-x.prev.v, unclearRestart)
	default:
		x.counts(x.c.growthKind(x.prev, now), now, now.v-x.prev.v)
	}
}

// withSiblings takes in a sample that is not below the one before it, where a family drop
// of others lies between: again says that it has begun from zero, too.
func (x *walker) withSiblings(now position, again, unclear bool) {
	worth := now.v - x.prev.v
	if again {
		worth = now.v
	}
	if unclear {
		x.counts(SiblingReset, now, worth, unclearRestart)
	} else {
		x.counts(SiblingReset, now, worth)
	}
}

// dropsUpTo takes in the family drops that end at or before t.
func (x *walker) dropsUpTo(t int64) {
	for len(x.drops) > 0 && x.drops[0].r <= t {
		switch d := x.drops[0]; {
		case d.s.family != x.s.family:
			x.others = max(x.others, d.p)
		case d.s != x.s && sameButForBounds(d.s.labels, x.s.labels):
			x.same = max(x.same, d.p)
		case d.s != x.s:
			x.own = max(x.own, d.p)
		}
		x.drops = x.drops[1:]
	}
}

// counts counts what a sample is worth, and raises flags at its time.
func (x *walker) counts(what Kind, now position, events float64, raised ...int) {
	x.countsSince(what, x.prev, now, events, raised...)
}

// countsSince does so where it is not the sample before that it is compared with.
func (x *walker) countsSince(what Kind, before, now position, events float64, raised ...int) {
	if x.finds {
		return
	}
	if events > mostAtOnce {
		events, raised = 0, append(slices.Clip(raised), unclearRestart)
	}
	if events != 0 {
		x.c.put(x.s.sides, x.c.cells.of(now.t), events)
	}
	for _, kind := range raised {
		x.c.flag(kind, now.t)
	}
	if x.c.tracing {
		x.c.tell(x.s, what, before, now, events, raised...)
	}
}
