package ledgertest

import (
	"math"
	"sort"

	"github.com/shopslo/shopslo/slo"
)

// restart is what a start time that moved was taken for, where it counts.
type restart struct {
	at   int64
	kind restartKind
}

type restartKind int

const (
	restarted   restartKind = iota + 1 // as a restart moves a start time
	implausibly                        // to an implausible time, while a counter dropped
	several                            // back to the start before: several processes answer
)

// findRestarts walks the process' start times and takes each that moved for what
// the rules call it.
func (o *Oracle) findRestarts(p *process) {
	replaced, anyReplaced := 0.0, false // the start that the present one had replaced
	seenImplausible := false
	for i, x := range p.starts {
		first := i == 0
		if !first && math.Abs(x.V-p.starts[i-1].V) <= 1000 {
			continue
		}
		slack := float64(o.rules.Slack)
		if l, ok := p.lastAboveZero(x.T); ok {
			before := 0.0
			if !first {
				before = p.starts[i-1].V
			}
			went, doubt := o.wentOn(p, x.T, before)
			switch {
			case !first && seenImplausible && anyReplaced && math.Abs(x.V-replaced) <= 1000:
				p.restarts = append(p.restarts, restart{x.T, several})
			case float64(l)-slack < x.V && x.V <= float64(x.T)+slack && !went:
				p.restarts = append(p.restarts, restart{x.T, restarted})
				if doubt {
					o.note(p, x.T, "a restart that no counter shows", slo.UnclearRestart)
				}
			case !first && p.dropsAt(x.T):
				p.restarts = append(p.restarts, restart{x.T, implausibly})
				seenImplausible = true
				o.note(p, x.T, "start time moved to an implausible time while a counter dropped", slo.ClockAndDrop)
			case !first && (!went && x.V > float64(p.seenSince(x.T)) || o.sprang(p, x.T)):
				o.note(p, x.T, "start time moved into the life of the process", slo.UnclearRestart)
			case !first:
				o.note(p, x.T, "start time moved and nothing restarted", slo.ClockStep)
			}
		}
		if !first {
			replaced, anyReplaced = p.starts[i-1].V, true
		}
	}
}

// wentOn reports whether the counters of a process went on at t: none of those with a
// sample at t dropped there, and one cannot have come so far from zero, be it as fast as it
// ever grew or as it had on average since the start before (0: there was none). doubt: it is
// the average alone that makes it possible.
func (o *Oracle) wentOn(p *process, t int64, before float64) (went, doubt bool) {
	i := float64(o.rules.Interval)
	for _, c := range p.counters {
		k := sort.Search(len(c.samples), func(k int) bool { return c.samples[k].T >= t })
		if k == 0 || k == len(c.samples) || c.samples[k].T != t {
			continue
		}
		x, y := c.samples[k-1], c.samples[k]
		if y.V < x.V {
			return false, false
		}
		step, pace := max(o.stepBefore(c, k), 1), 0.0
		if before > 0 {
			pace = x.V * i / max(1000, float64(x.T)-before)
		}
		intervals := max(1, float64(y.T-x.T)/i)
		doubt = doubt || y.V > 10*step*intervals
		went = went || y.V > max(1000, 10*max(step, pace)*intervals)
	}
	return went, doubt && !went
}

// sprang reports whether a counter of a process has grown at t by more than it can have.
func (o *Oracle) sprang(p *process, t int64) bool {
	for _, c := range p.counters {
		k := c.at(t)
		if k < 1 {
			continue
		}
		grown, intervals := c.samples[k].V-c.samples[k-1].V, max(1, float64(t-c.samples[k-1].T)/float64(o.rules.Interval))
		if grown > max(1000, 10*max(1, o.stepBefore(c, k))*intervals) {
			return true
		}
	}
	return false
}

// seenSince is when the process was first seen since its latest restart at or before t.
func (p *process) seenSince(t int64) int64 {
	since := int64(math.MinInt64)
	for _, r := range p.restarts {
		if r.kind != several && r.at <= t {
			since = r.at
		}
	}
	first := int64(math.MaxInt64)
	see := func(s Sample) {
		if s.T >= since {
			first = min(first, s.T)
		}
	}
	for _, c := range p.counters {
		for _, s := range c.sightings() {
			see(s)
		}
	}
	for _, s := range p.starts {
		see(s)
	}
	for _, s := range p.ups {
		if s.V == 1 {
			see(s)
		}
	}
	return first
}

// seenEver is when the process was first seen.
func (p *process) seenEver() int64 {
	first := int64(math.MaxInt64)
	for _, c := range p.counters {
		if seen := c.sightings(); len(seen) > 0 {
			first = min(first, seen[0].T)
		}
	}
	if len(p.starts) > 0 {
		first = min(first, p.starts[0].T)
	}
	for _, s := range p.ups {
		if s.V == 1 {
			return min(first, s.T)
		}
	}
	return first
}

// note raises a flag of a process that is not one of its counters'.
func (o *Oracle) note(p *process, at int64, why string, kind slo.FlagKind) {
	o.increments = append(o.increments, Increment{Labels: p.startLabels, T: at, Why: why, Flags: []slo.FlagKind{kind}})
}

// dropsAt reports whether a counter has a sample at t that is lower than the one
// before it.
func (p *process) dropsAt(t int64) bool {
	for _, c := range p.counters {
		i := sort.Search(len(c.samples), func(i int) bool { return c.samples[i].T >= t })
		if i > 0 && i < len(c.samples) && c.samples[i].T == t && c.samples[i].V < c.samples[i-1].V {
			return true
		}
	}
	return false
}

// between gives the kind of what lies in (from, to]: several processes before any
// restart; 0 where there is nothing.
func (p *process) between(from, to int64) restartKind {
	var found restartKind
	for _, r := range p.in(from, to) {
		if r.kind == several {
			return several
		}
		found = r.kind
	}
	return found
}

// restartedIn reports whether a restart, plausible or not, lies in (from, to].
func (p *process) restartedIn(from, to int64) bool {
	for _, r := range p.in(from, to) {
		if r.kind != several {
			return true
		}
	}
	return false
}

func (p *process) in(from, to int64) []restart {
	lo := sort.Search(len(p.restarts), func(i int) bool { return p.restarts[i].at > from })
	hi := sort.Search(len(p.restarts), func(i int) bool { return p.restarts[i].at > to })
	return p.restarts[lo:max(lo, hi)]
}
