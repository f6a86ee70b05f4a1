package ledger

import "slices"

// land counts a first sample, as what it is worth by itself.
func (b *births) land(n *newborn, at int64) {
	what := FirstIgnored
	if n.worth != 0 || n.why == byZero || n.why == isKnown || n.why == hasStarted || n.why == isBegun {
		what = FirstCounted
	}
	var step *Step
	switch {
	case n.doubt:
		step = b.count(n, what, at, n.worth, unknownFirst)
	case n.why == wasHanded:
		step = b.count(n, what, at, n.worth, changedLabels)
	default:
		step = b.count(n, what, at, n.worth)
	}
	if step != nil {
		step.Why = reasons[n.why]
	}
}

// join counts a first sample that goes on from another series.
func (b *births) join(n *newborn, p *partner, at int64) {
	var step *Step
	if b.inPart(*n, p) {
		step = b.count(n, Joined, at, n.v-p.last.v, changedLabels)
	} else {
		step = b.count(n, Joined, at, n.v-p.last.v)
	}
	if step != nil {
		step.Partner, step.Since, step.From = p.s.labels, timeOf(p.last.t), p.last.v
	}
}

// count counts something for a first sample at a time, and raises flags then. The step is
// nil where nobody wants to know.
func (b *births) count(n *newborn, what Kind, at int64, worth float64, raised ...int) *Step {
	if worth > mostAtOnce {
		worth, raised = 0, append(slices.Clip(raised), unclearRestart)
	}
	if worth != 0 {
		b.c.put(n.in.series.sides, b.c.cells.of(at), worth)
	}
	for _, kind := range raised {
		b.c.flag(kind, at)
	}
	if !b.c.tracing {
		return nil
	}
	return b.c.tell(n.in.series, what, position{t: none}, position{at, n.v}, worth, raised...)
}

// take notes that another series goes on for one: what comes after is a first sample.
func (b *births) take(s *series, at int64) {
	in := b.input(s)
	if in == nil {
		b.taken[s] = 0
		state := *s.seriesState
		state.joined = true
		b.c.results.series = append(b.c.results.series, seriesChange{s: s, pos: s.pos, pace: s.pace, made: s.made, state: state.after(s.seriesState)})
		return
	}
	n := before(in.t, at+1)
	b.taken[s] = n
	if n == len(in.t) {
		in.joined = true
		return
	}
	b.add(&b.c.works[s.process.at], in, n, none)
}
