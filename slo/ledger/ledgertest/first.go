package ledgertest

import (
	"math"
	"slices"
	"sort"

	"github.com/shopslo/shopslo/slo"
)

// firstSample is a first sample of a series, what it is worth unless labels changed,
// and the series that it may go on from.
type firstSample struct {
	counter  *counter
	t        int64
	v        float64
	value    float64 // what it is worth if labels did not change
	why      string
	flags    []slo.FlagKind
	partners []partner
	passing  bool     // a partner is back under its own labels, and the new one gone
	best     *counter // the one partner that it goes on from; nil: none, or not one alone
}

// partner is a series that a new one may be the continuation of.
type partner struct {
	counter *counter
	latest  Sample // its latest valid sample before the new one's first
}

// first says what the first sample of a series is worth, at once or later.
func (o *Oracle) first(c *counter, s Sample) {
	if c.left {
		o.emit(c, 0, s.T, 0, "comes back after another was joined to it", slo.ChangedLabels)
	}
	if c.held != nil {
		c.held.until = min(c.held.until, s.T)
		o.expire(c, s.T)
	}
	c.begun, c.left = true, false
	late := s.T-o.rules.begins > 2*o.rules.Interval
	switch o.rules.First {
	case slo.FirstIgnore:
		return
	case slo.FirstZero, slo.FirstAuto:
		if base, ok := c.bases[s.T]; ok && base == 0 {
			o.emit(c, 0, s.T, s.V, "first sample: begins at 0")
			return
		}
	}
	switch o.rules.First {
	case slo.FirstZero:
		if late {
			o.emit(c, 0, s.T, s.V, "first sample: from zero by rule")
			return
		}
	}
	f := o.worth(c, s, late)
	for _, p := range f.partners {
		if !anyIn(p.counter.samples, s.T, s.T) {
			o.waiting = append(o.waiting, f)
			return
		}
	}
	o.emit(c, 0, s.T, f.value, f.why, f.flags...)
}

// worth works out what a first sample is worth under "auto", and who its partners are.
func (o *Oracle) worth(c *counter, s Sample, late bool) firstSample {
	f := firstSample{counter: c, t: s.T, v: s.V}
	p := c.process
	start, hasStart := p.startAt(s.T)
	made, isMade := o.madeAt(c, s.T)
	zero := o.behindZero(c, c.at(s.T))
	if _, said := c.saidAt(s.T); zero && !said {
		made, isMade = float64(c.samples[0].T), true
	}
	switch {
	case isMade && made > max(float64(o.rules.Start), float64(o.rules.begins-2*o.rules.Interval)):
		if known := p.knownAt(s.T); known && o.tooMuch(p, s) {
			o.emit(c, 0, s.T, 0, "first sample: created, but too much for a known process", slo.UnclearRestart)
		} else if !known && o.handedOver(c, s, made) {
			f.why, f.flags = "first sample: counted under another process", []slo.FlagKind{slo.ChangedLabels}
			return f
		}
		f.value, f.why = s.V, "first sample: created within what is counted"
	case isMade:
		f.why = "first sample: created before"
		if s.V > 0 && late {
			f.flags = []slo.FlagKind{slo.UnknownFirst}
		}
	case p.knownAt(s.T):
		if o.tooMuch(p, s) {
			f.why, f.flags = "first sample: too much for a known process", []slo.FlagKind{slo.UnknownFirst}
			break
		}
		f.value, f.why = s.V, "first sample: known process"
	case hasStart && start > float64(o.rules.begins):
		if o.handedOver(c, s, start) {
			f.why, f.flags = "first sample: counted under another process", []slo.FlagKind{slo.ChangedLabels}
			return f
		}
		f.value, f.why = s.V, "first sample: new process"
	case s.V > 0 && late:
		f.why, f.flags = "first sample: unknown age", []slo.FlagKind{slo.UnknownFirst}
	}
	i := o.rules.Interval
	var own *counter // whose 0 is no sign of it
	if zero {
		own = c
	}
	u, any := p.lastCounted(s.T, own)
	if any && !(isMade && made > float64(u)) {
		for _, other := range p.counters {
			if latest, ok := latestBefore(other.samples, s.T); ok && latest.T >= u-5*i {
				f.consider(other, latest)
			}
		}
	}
	if any && u >= s.T-5*i {
		return f
	}
	if !any {
		u = o.rules.Start
	}
	long := float64(s.T - 2*i - o.rules.Slack)
	hasStart = hasStart && !anyIn(p.starts, s.T-5*i, s.T-1) && start >= 1e12 && start < long
	isMade = isMade && made < long
	o.considerOthers(&f, u, func(other *process) bool {
		theirs, ok := latestBefore(other.starts, s.T)
		return hasStart && ok && math.Abs(theirs.V-start) <= 1000 || isMade && (o.madeWith(other, c, made, s.T) || zero && float64(other.seenEver()) >= made-float64(o.rules.Slack))
	})
	return f
}

// tooMuch reports whether a process that has been there for long cannot have counted so
// much since it was seen last.
func (o *Oracle) tooMuch(p *process, s Sample) bool {
	i := o.rules.Interval
	begun := float64(p.seenEver())
	if start, ok := p.startAt(s.T); ok {
		begun = start
	}
	if !(begun < float64(s.T-10*i)) || s.V <= 1000 {
		return false
	}
	step := 1.0
	for _, c := range p.counters {
		step = max(step, c.step)
	}
	u, ok := p.lastCounted(s.T, nil)
	if !ok {
		u = p.seenEver()
	}
	return s.V > 10*step*max(1, float64(s.T-u)/float64(i))
}

// handedOver reports whether a first sample is more than its process can have counted since
// its start, and goes on from what another process told of the same.
func (o *Oracle) handedOver(c *counter, s Sample, start float64) bool {
	i := float64(o.rules.Interval)
	for _, p := range o.processes {
		if p == c.process {
			continue
		}
		for _, other := range p.counters {
			w, ok := latestBefore(other.samples, s.T)
			if !ok || other.left || w.V > s.V || float64(w.T) < float64(s.T)-10*i || float64(w.T-other.pace.base.T) < 10*i || !slices.Equal(o.apart(c), o.apart(other)) {
				continue
			}
			step := 10 * max(other.step, 1)
			if s.V > max(1000, step*max(1, (float64(s.T)-start)/i)) && s.V-w.V <= step*max(1, float64(s.T-w.T)/i) {
				return true
			}
		}
	}
	return false
}

// apart gives a series' labels without those of its target and its process.
func (o *Oracle) apart(c *counter) slo.Labels {
	return slices.DeleteFunc(slices.Clone(c.labels), func(l slo.Label) bool {
		return slices.Contains(o.rules.TargetLabels, l.Name) || c.process.further.Get(l.Name) != ""
	})
}

// considerOthers adds the partners of other processes that began when this one did,
// and of which something was counted after u.
func (o *Oracle) considerOthers(f *firstSample, u int64, together func(*process) bool) {
	for _, p := range o.processes {
		if p == f.counter.process || !together(p) {
			continue
		}
		for _, other := range p.counters {
			if latest, ok := latestBefore(other.samples, f.t); ok && latest.T > u {
				f.consider(other, latest)
			}
		}
	}
}

// consider adds a series to the partners unless it is left out: what was counted before
// a restart goes on nowhere.
func (f *firstSample) consider(c *counter, latest Sample) {
	if c != f.counter && c.name == f.counter.name && latest.V > 0 && latest.V <= f.v && !c.left && !c.process.restartedIn(latest.T, f.t) {
		f.partners = append(f.partners, partner{c, latest})
	}
}

// knownAt reports whether the process was being observed at some time in (S, t).
func (p *process) knownAt(t int64) bool {
	for _, c := range p.counters {
		if seen := c.sightings(); len(seen) > 0 && seen[0].T < t {
			return true
		}
	}
	if _, ok := latestBefore(p.starts, t); ok {
		return true
	}
	if len(p.ups) > 0 {
		return wasUp(p.ups, t)
	}
	return slices.ContainsFunc(p.target.processes, func(o *process) bool { return wasUp(o.ups, t) })
}

// wasUp reports whether a sample before t has the value 1.
func wasUp(ups []Sample, t int64) bool {
	return slices.ContainsFunc(ups, func(s Sample) bool { return s.T < t && s.V == 1 })
}

// decide decides the first samples that wait and whose time has come at or before now,
// those of one time and metric name together.
func (o *Oracle) decide(now int64) {
	for len(o.waiting) > 0 && o.waiting[0].t <= now-2*o.rules.Interval {
		t := o.waiting[0].t
		n := sort.Search(len(o.waiting), func(i int) bool { return o.waiting[i].t > t })
		group := o.waiting[:n]
		o.waiting = o.waiting[n:]
		for i := range group {
			group[i].passing = group[i].inPassing(o.rules.Interval)
			group[i].partners = slices.DeleteFunc(group[i].partners, func(p partner) bool {
				return p.counter.left || !p.endedFor(group[i].counter, t, t+2*o.rules.Interval)
			})
			group[i].best = group[i].findBest(o.rules.Interval)
		}
		for i := range group {
			o.join(&group[i], group)
		}
	}
}

// inPassing reports whether a partner was away at the new series' first sample only for
// a moment, and the new one is gone again.
func (f *firstSample) inPassing(i int64) bool {
	if anyIn(f.counter.samples, f.t+i+1, f.t+2*i) {
		return false
	}
	return slices.ContainsFunc(f.partners, func(p partner) bool {
		return !p.counter.left && p.latest.T >= f.t-2*i && !anyIn(p.counter.samples, f.t, f.t) && anyIn(p.counter.samples, f.t+1, f.t+2*i)
	})
}

// endedFor reports whether the partner has no sample in [from, to]; where it is of
// another process than the new series, no counter of that process may have one.
func (p partner) endedFor(c *counter, from, to int64) bool {
	if p.counter.process == c.process {
		return !anyIn(p.counter.samples, from, to)
	}
	return !slices.ContainsFunc(p.counter.process.counters, func(o *counter) bool { return anyIn(o.samples, from, to) })
}

// findBest gives the fitting partner with the fewest differing labels, if there is one
// alone that has so few.
func (f *firstSample) findBest(interval int64) *counter {
	var best *counter
	fewest := math.MaxInt
	for _, p := range f.partners {
		steps := max(1, float64(f.t-p.latest.T)/float64(interval))
		if f.v-p.latest.V > 10*max(p.counter.step, 1)*steps {
			continue
		}
		switch n := differing(f.counter.labels, p.counter.labels); {
		case n < fewest:
			best, fewest = p.counter, n
		case n == fewest:
			best = nil
		}
	}
	return best
}

// differing counts the names that one has and the other lacks or has otherwise.
func differing(a, b slo.Labels) int {
	n := 0
	for _, l := range a {
		if b.Get(l.Name) != l.Value {
			n++
		}
	}
	for _, l := range b {
		if a.Get(l.Name) == "" {
			n++
		}
	}
	return n
}

// join decides one first sample of those of one time; partners are those that ended.
func (o *Oracle) join(f *firstSample, group []firstSample) {
	due := f.t + 2*o.rules.Interval
	if len(f.partners) == 0 && f.passing {
		f.counter.begun, f.counter.left = false, true
		o.emit(f.counter, 0, due, 0, "first sample: labels changed in passing", slo.ChangedLabels)
		return
	}
	if len(f.partners) == 0 {
		o.emit(f.counter, 0, due, f.value, f.why+", nothing ended", f.flags...)
		return
	}
	contested := slices.ContainsFunc(group, func(g firstSample) bool { return g.counter != f.counter && g.best == f.best })
	if f.best == nil || contested {
		o.emit(f.counter, 0, due, 0, "first sample: labels changed, no one partner", slo.ChangedLabels)
		return
	}
	i := slices.IndexFunc(f.partners, func(p partner) bool { return p.counter == f.best })
	old := f.partners[i].latest
	var flags []slo.FlagKind
	if f.partly(f.t-2*o.rules.Interval, due) {
		flags = append(flags, slo.ChangedLabels)
	}
	f.best.begun, f.best.left = false, true
	o.emit(f.counter, old.T, due, f.v-old.V, "joined to "+f.best.labels.String(), flags...)
}

// partly reports whether another counter of the partner's process went on
// as before.
func (f *firstSample) partly(from, due int64) bool {
	return slices.ContainsFunc(f.best.process.counters, func(c *counter) bool {
		return c != f.counter && c != f.best && anyIn(c.samples, from, f.t-1) && anyIn(c.samples, f.t, due)
	})
}
