package explain

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// firsts says what first samples are worth, in the order of their times.
func (c *counter) firsts() {
	order := slices.Clone(c.series)
	slices.SortStableFunc(order, func(a, b *counted) int {
		if len(a.T) == 0 || len(b.T) == 0 {
			return cmp.Compare(len(b.T), len(a.T))
		}
		return cmp.Compare(a.T[0], b.T[0])
	})
	for k := 0; k < len(order) && len(order[k].T) > 0; {
		n := k
		for ; n < len(order) && len(order[n].T) > 0 && order[n].T[0] == order[k].T[0]; n++ {
		}
		c.together(order[k:n])
		k = n
	}
}

// together decides the first samples of one time: what two of them would go on from is clear
// for neither.
func (c *counter) together(group []*counted) {
	partners := make([]partner, len(group))
	for i, s := range group {
		partners[i] = c.partner(s)
	}
	for i, s := range group {
		for j := range group {
			if i != j && partners[i].best != nil && partners[i].best == partners[j].best {
				partners[i].unclear = true
			}
		}
		c.first(s, partners[i])
	}
}

// partner is the series that goes on under another name.
type partner struct {
	best    *counted
	value   float64 // its last
	unclear bool    // something ended, and it is not clear what goes on
}

func (c *counter) first(s *counted, p partner) {
	t, v := s.T[0], s.V[0]
	late := t-c.in.Begin > 2*c.i
	flag := flagIf(v > 0 && late, slo.UnknownFirst)
	switch {
	case c.in.First == slo.FirstIgnore:
		s.set(0, 0, FirstIgnored, "")
		return
	case c.in.First == slo.FirstZero && late:
		s.set(0, v, FirstCounted, "")
		return
	}
	if c.in.First == slo.FirstAuto && p.unclear {
		s.set(0, 0, LeftOut, slo.ChangedLabels)
		return
	}
	if c.in.First == slo.FirstAuto && p.best != nil {
		s.set(0, v-p.value, Joined, "")
		p.best.taken = true
		return
	}
	start, started := s.process.startAt(t)
	if c.known(s.process, t) || started && start > float64(c.in.Begin) {
		s.set(0, v, FirstCounted, "")
		return
	}
	s.set(0, 0, FirstIgnored, flag)
}

// known reports whether something of a process was seen before a time.
func (c *counter) known(p *process, t int64) bool {
	if _, ok := p.latest(t); ok || before(p.starts, t) >= 0 {
		return true
	}
	wasUp := func(o *process) bool {
		return slices.ContainsFunc(o.up, func(x point) bool { return x.t < t && x.v == 1 })
	}
	if p.hasUp {
		return wasUp(p)
	}
	return slices.ContainsFunc(c.order, func(o *process) bool { return o.target == p.target && wasUp(o) })
}

// partner finds the series that a first sample may go on from.
func (c *counter) partner(s *counted) partner {
	t, v := s.T[0], s.V[0]
	u, seen := s.process.latest(t)
	start, started := s.process.startAt(t)
	var ended []*counted
	for _, o := range c.series {
		if o == s || o.taken || o.Labels.Get(slo.MetricName) != s.Labels.Get(slo.MetricName) {
			continue
		}
		k, _ := slices.BinarySearch(o.T, t)
		if k == 0 || k < len(o.T) && o.T[k] <= t+2*c.i || o.V[k-1] == 0 || o.V[k-1] > v {
			continue
		}
		last := o.T[k-1]
		otherStart, other := o.process.startAt(t - 1)
		switch {
		case o.process.restarted(last, t):
			continue
		case o.process == s.process && seen && last >= u-5*c.i:
		case o.process != s.process && (!seen || u < t-5*c.i) && started && start >= 1e12 && start < float64(t-2*c.i-slack) && !s.process.startedIn(t-5*c.i, t) && other && math.Abs(start-otherStart) <= 1000 && (!seen || last > u):
		default:
			continue
		}
		ended = append(ended, o)
	}
	best, fewest, several := (*counted)(nil), math.MaxInt, false
	for _, o := range ended {
		k, _ := slices.BinarySearch(o.T, t)
		limit := 10 * max(o.step[k-1], 1) * max(1, float64(t-o.T[k-1])/float64(c.i))
		if v-o.V[k-1] > limit {
			continue
		}
		switch n := differing(s.Labels, o.Labels); {
		case n < fewest:
			best, fewest, several = o, n, false
		case n == fewest:
			several = true
		}
	}
	if best == nil || several {
		return partner{unclear: len(ended) > 0}
	}
	k, _ := slices.BinarySearch(best.T, t)
	return partner{best: best, value: best.V[k-1]}
}

// restarted reports whether the process restarted in (from, to].
func (p *process) restarted(from, to int64) bool {
	return slices.ContainsFunc(p.moves, func(m move) bool { return from < m.t && m.t <= to && (m.kind == restart || m.kind == implausible) })
}

// startedIn reports whether the process has a start-time sample in [from, to).
func (p *process) startedIn(from, to int64) bool {
	return slices.ContainsFunc(p.starts, func(x point) bool { return from <= x.t && x.t < to })
}

// differing is the number of label names that differ.
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

// tell sums up what a series was worth in the window.
func (s *counted) tell(c *counter) Told {
	out := Told{Labels: s.Labels, Process: s.process.name, Samples: len(s.T)}
	if len(s.T) == 0 {
		return out
	}
	out.First, out.Last, out.Scraped = s.T[0], s.T[len(s.T)-1], Median(s.T)
	for k, t := range s.T {
		if t <= c.from || t > c.to {
			continue
		}
		out.Counted += s.worth[k]
		e := Event{Kind: s.why[k], At: t, From: math.NaN(), To: s.V[k], Counted: s.worth[k], Flag: s.flag[k]}
		if k > 0 {
			e.From, e.Since = s.V[k-1], s.T[k-1]
		}
		if e.Kind == "" && k > 0 && t-e.Since > 2*c.i {
			e.Kind = Gap
		}
		if e.Kind == "" {
			out.Growth += s.worth[k]
			continue
		}
		out.Events = append(out.Events, e)
	}
	return out
}

// Median is the median distance of times, 0 below two of them.
func Median(t []int64) time.Duration {
	if len(t) < 2 {
		return 0
	}
	gaps := make([]int64, 0, len(t)-1)
	for k := 1; k < len(t); k++ {
		gaps = append(gaps, t[k]-t[k-1])
	}
	slices.Sort(gaps)
	return time.Duration(gaps[len(gaps)/2]) * time.Millisecond
}
