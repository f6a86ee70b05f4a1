package ledgertest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/shopslo/shopslo/slo"
)

// familyDrop is a pair of samples of a counter, the later of them lower, that says
// that its family was reset.
type familyDrop struct {
	counter  *counter
	from, to int64
}

// held is a drop that may be an old answer: nothing is counted until it is known.
type held struct {
	most  float64 // M: the value before the drop
	value float64 // what is counted if it was a reset
	since int64   // time of the sample before the drop
	until int64   // when it is decided at the latest
	doubt bool    // it may also have been a small counter's reset
}

// sampleOf is one sample of a counter, as time comes to it.
type sampleOf struct {
	c *counter
	i int
}

// count walks all samples of the account in time order. Of the samples of one time,
// drops come first: they say what happened to their siblings.
func (o *Oracle) count() {
	for _, group := range o.samplesByTime() {
		now := group[0].c.samples[group[0].i].T
		o.decide(now)
		var firsts, others []sampleOf
		for _, s := range group {
			switch {
			case !s.c.begun || o.behindZero(s.c, s.i):
				firsts = append(firsts, s)
			case !o.own(s.c, s.i):
				others = append(others, s)
			}
		}
		for _, s := range others {
			a, b := s.c.pair(s.i)
			o.bySiblings(s.c, a, b)
		}
		for _, s := range firsts {
			o.first(s.c, s.c.samples[s.i])
		}
		for _, s := range group {
			o.grow(s.c, s.i)
		}
	}
	o.decide(math.MaxInt64)
	for _, c := range o.counters {
		o.expire(c, math.MaxInt64)
	}
}

// samplesByTime lists the samples of the account, those of one time together and in
// the order of their series' labels.
func (o *Oracle) samplesByTime() [][]sampleOf {
	var all []sampleOf
	for _, c := range o.counters {
		for i := range c.samples {
			all = append(all, sampleOf{c, i})
		}
	}
	at := func(s sampleOf) int64 { return s.c.samples[s.i].T }
	slices.SortStableFunc(all, func(a, b sampleOf) int { return cmp.Compare(at(a), at(b)) })
	var out [][]sampleOf
	for from, i := 0, 1; i <= len(all); i++ {
		if i == len(all) || at(all[i]) != at(all[from]) {
			out = append(out, all[from:i])
			from = i
		}
	}
	return out
}

// own counts a pair by what its own samples and its process' restarts say: rules 1 to
// 4, and held drops. False: its siblings have to be asked.
func (o *Oracle) own(c *counter, i int) bool {
	a, b := c.pair(i)
	o.expire(c, b.T-1)
	base, begins := c.bases[b.T]
	if begins && c.held != nil {
		c.held.until = min(c.held.until, b.T)
		o.expire(c, b.T)
	}
	switch c.process.between(a.T, b.T) {
	case several:
		c.free(b.T)
		o.emit(c, a.T, b.T, 0, "several processes", slo.SeveralProcesses)
		return true
	case restarted, implausibly:
		c.free(b.T)
		o.emit(c, a.T, b.T, b.V, "restart")
		return true
	}
	if begins && math.IsInf(base, 1) {
		o.emit(c, a.T, b.T, 0, "begins nobody knows where", slo.BucketsChanged)
		return true
	}
	if begins {
		o.emit(c, a.T, b.T, b.V-a.V, fmt.Sprintf("begins at %v", base))
		return true
	}
	if c.held != nil {
		o.whileHeld(c, a, b)
		return true
	}
	if b.V >= a.V {
		return false
	}
	if c.isZero(i) {
		o.emit(c, a.T, b.T, 0, "a zero where it was created")
		c.process.drops = append(c.process.drops, familyDrop{c, a.T, b.T})
		return true
	}
	o.drop(c, a, b)
	return true
}

// drop counts a pair whose later value is lower.
func (o *Oracle) drop(c *counter, a, b Sample) {
	var flags []slo.FlagKind
	implausible := c.step > 0 && !o.plausible(c, a, b)
	least, ok := c.least(b.T-5*o.rules.Interval, b.T)
	readBefore := ok && b.V >= least
	if _, hasStart := c.process.startAt(b.T); hasStart {
		if readBefore {
			c.held = &held{most: a.V, value: b.V, since: a.T, until: b.T + 5*o.rules.Interval, doubt: !implausible}
			return
		}
		flags = append(flags, slo.UnexplainedDrop)
	}
	if implausible || c.step == 0 && b.V > a.V/2 || readBefore {
		flags = append(flags, slo.PartialDrop)
	}
	if implausible && b.V > a.V/2 {
		o.emit(c, a.T, b.T, 0, "one of several processes ended", flags...)
		return
	}
	o.emit(c, a.T, b.T, b.V, "drop", flags...)
	c.process.drops = append(c.process.drops, familyDrop{c, a.T, b.T})
}

// whileHeld takes in a pair of a held series that ends before it has to be decided.
func (o *Oracle) whileHeld(c *counter, a, b Sample) {
	h := c.held
	switch {
	case b.V >= h.most:
		c.free(b.T)
		var flags []slo.FlagKind
		if h.doubt {
			flags = append(flags, slo.UnclearRestart)
		}
		o.emit(c, h.since, b.T, b.V-h.most, "growth over an old answer", flags...)
	case b.V >= a.V:
		h.value += b.V - a.V
	default:
		h.value += b.V
	}
}

// expire decides a held drop whose time has come at or before now: a reset.
func (o *Oracle) expire(c *counter, now int64) {
	if h := c.held; h != nil && h.until <= now {
		c.free(h.until)
		o.emit(c, h.since, h.until, h.value, "a drop that was not made up for", slo.UnexplainedDrop)
	}
}

// bySiblings counts a pair that does not drop: rules 5 to 7.
func (o *Oracle) bySiblings(c *counter, a, b Sample) {
	histogram, family, other := c.familyDrops(a.T, b.T)
	_, hasStart := c.process.startAt(b.T)
	again := b.V == 0 || o.plausible(c, a, b)
	switch {
	case histogram || family:
		var flags []slo.FlagKind
		few := b.V <= 10*max(1, float64(b.T-a.T)/float64(o.rules.Interval))
		again = again || few && !histogram
		if !again && !(histogram && c.step == 0) {
			flags = append(flags, slo.UnclearRestart)
		}
		if histogram || again {
			o.emit(c, a.T, b.T, b.V, "its family dropped", flags...)
		} else {
			o.emit(c, a.T, b.T, b.V-a.V, "its family dropped, going on", flags...)
		}
	case other && !hasStart:
		if again {
			var flags []slo.FlagKind
			if a.V > 0 {
				flags = append(flags, slo.UnclearRestart)
			}
			o.emit(c, a.T, b.T, b.V, "another family dropped", flags...)
		} else {
			o.emit(c, a.T, b.T, b.V-a.V, "another family dropped, going on", slo.UnclearRestart)
		}
	case !hasStart && b.V-a.V > 10*max(1, c.step)*max(1, float64(b.T-a.T)/float64(o.rules.Interval)) && c.wasBetween(a, b, 5*o.rules.Interval):
		o.emit(c, a.T, b.T, b.V-a.V, "growth back to where it was", slo.UnclearRestart)
	case !hasStart && b.V-a.V > 10*max(1, c.pace.raw)*max(1, float64(b.T-a.T)/float64(o.rules.Interval)) && c.rested(a, b, 5*o.rules.Interval):
		o.emit(c, a.T, b.T, b.V-a.V, "growth after it had dropped and stood still", slo.UnclearRestart)
	default:
		o.emit(c, a.T, b.T, b.V-a.V, "growth")
	}
}

// rested reports whether the counter had not grown since it was lower than before, for longer than shortly, and its family
// had dropped then or earlier.
func (c *counter) rested(a, b Sample, shortly int64) bool {
	z := c.pace.base
	return z.T < b.T-shortly && a.V == z.V && slices.ContainsFunc(c.process.drops, func(d familyDrop) bool { return d.counter == c && d.from < z.T })
}

// wasBetween reports whether the counter had a value above a's and not above b's shortly before b.
func (c *counter) wasBetween(a, b Sample, shortly int64) bool {
	return slices.ContainsFunc(c.samples, func(s Sample) bool { return s.T >= b.T-shortly && s.T < b.T && s.V > a.V && s.V <= b.V })
}

// pace is what is known of how fast a series grows.
type pace struct {
	raw  float64 // greatest growth of a pair
	base Sample  // the first sample, or the latest that was lower than the one before
	last Sample
	any  bool
}

// take takes in the series' next sample, which may begin somewhere.
func (p *pace) take(x Sample, bases map[int64]float64, i int64) {
	base, begins := bases[x.T]
	if begins {
		p.last.V = min(base, x.V)
	}
	switch {
	case !p.any || x.V < p.last.V:
		p.base = x
	case x.T-p.last.T > 2*i:
		p.raw = max(p.raw, (x.V-p.last.V)*float64(2*i)/float64(x.T-p.last.T))
	default:
		p.raw = max(p.raw, x.V-p.last.V)
	}
	if begins {
		p.base = x
	}
	p.last, p.any = x, true
}

// step is the series' step.
func (p *pace) step(i int64) float64 {
	if lived := p.last.T - p.base.T; lived >= 10*i {
		return min(p.raw, max(1, 10*(p.last.V-p.base.V)*float64(i)/float64(lived)))
	}
	return p.raw
}

// grow takes a sample for the series' step.
func (o *Oracle) grow(c *counter, i int) {
	c.pace.take(c.samples[i], c.bases, o.rules.Interval)
	c.step = c.pace.step(o.rules.Interval)
}

// stepBefore is the series' step before its i-th sample.
func (o *Oracle) stepBefore(c *counter, i int) float64 {
	var p pace
	for _, x := range c.samples[:i] {
		p.take(x, c.bases, o.rules.Interval)
	}
	return p.step(o.rules.Interval)
}

// free ends a held drop, if there is one.
func (c *counter) free(at int64) {
	if c.held != nil {
		c.held, c.freed = nil, at
	}
}

// plausible reports whether the pair's later value can be growth from zero.
func (o *Oracle) plausible(c *counter, a, b Sample) bool {
	return b.V <= 10*c.step*max(1, float64(b.T-a.T)/float64(o.rules.Interval))
}

// least gives the least value of the samples in [from, before).
func (c *counter) least(from, before int64) (float64, bool) {
	i := sort.Search(len(c.samples), func(i int) bool { return c.samples[i].T >= from })
	least, any := math.Inf(1), false
	for ; i < len(c.samples) && c.samples[i].T < before; i++ {
		least, any = min(least, c.samples[i].V), true
	}
	return least, any
}

// familyDrops looks for drops of other series of the process that lie in a pair: of
// the series' own histogram, of its family, and of others.
func (c *counter) familyDrops(from, to int64) (histogram, family, other bool) {
	drops := c.process.drops
	for i := len(drops) - 1; i >= 0 && drops[i].to > from; i-- {
		d := drops[i]
		switch {
		case d.counter == c || d.from < from || d.to > to:
		case d.counter.family != c.family:
			other = true
		case sameButForBounds(d.counter.labels, c.labels):
			histogram = true
		default:
			family = true
		}
	}
	return histogram, family, other
}

// sameButForBounds reports whether two series' labels are equal but for what tells the
// series of one histogram apart.
func sameButForBounds(a, b slo.Labels) bool {
	rest := func(ls slo.Labels) slo.Labels {
		return slices.DeleteFunc(slices.Clone(ls), func(l slo.Label) bool {
			return l.Name == slo.MetricName || l.Name == "le" || l.Name == "quantile"
		})
	}
	return slices.Equal(rest(a), rest(b))
}
