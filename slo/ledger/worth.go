package ledger

import (
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// tooMuch reports whether a process that has been there for long cannot have counted so
// much since it was seen last.
func (b *births) tooMuch(n *newborn) bool {
	seen := n.w.firstSeen()
	begun, begins := float64(seen), seen != none
	if start, ok := n.w.startAt(n.at); ok {
		begun, begins = start*1000, true
	}
	if !begins || begun >= float64(n.at-longLife*b.c.interval) || n.v <= fewEvents {
		return false
	}
	step := 1.0
	for _, f := range n.w.p.families {
		for _, s := range f.series {
			if in := b.input(s); in != nil {
				s, _ := b.c.stepBefore(in, before(in.t, n.at))
				step = max(step, s)
			} else {
				step = max(step, s.pace.step(s.pos, b.c.interval))
			}
		}
	}
	u := n.w.lastCounter(n.at, nil)
	if u == none {
		u = seen
	}
	return n.v > b.c.plausible*step*max(1, float64(n.at-u)/float64(b.c.interval))
}

// handedOver reports whether a first sample is more than its process can have counted
// since its start (seconds), and goes on from what another process told of the same: both
// are exporters of something that lives elsewhere.
func (b *births) handedOver(n *newborn, start float64) bool {
	if n.v <= fewEvents {
		return false
	}
	i, mine := float64(b.c.interval), b.apart(n.in.series)
	for _, s := range b.a.series {
		if s.process == n.w.p || !slices.Equal(mine, b.apart(s)) {
			continue
		}
		x, ok := b.view(s, n.at)
		if !ok || x.last.v > n.v || x.last.t < n.at-longLife*b.c.interval || x.lived < longLife*b.c.interval {
			continue
		}
		step := b.c.plausible * max(x.step, 1)
		if n.v > step*max(1, (float64(n.at)-start*1000)/i) && n.v-x.last.v <= step*max(1, float64(n.at-x.last.t)/i) {
			return true
		}
	}
	return false
}

// begunSince reports whether a first sample can have been counted since its counter was created (ms), as the
// source says: not where it goes on from another process. Where its own can hardly have counted so much, that is flagged.
func (b *births) begunSince(n *newborn, made float64) bool {
	if !b.c.known(n.w, n.at) {
		return !b.handedOver(n, made/1000)
	}
	if b.tooMuch(n) {
		b.c.flag(unclearRestart, n.at)
	}
	return true
}

// apart are a series' labels without those of its target and its process.
func (b *births) apart(s *series) slo.Labels {
	return slices.DeleteFunc(slices.Clone(s.labels), func(l slo.Label) bool {
		return slices.Contains(b.c.targetLabels, l.Name) || s.process.labels.Get(l.Name) != ""
	})
}

// known reports whether the process was being observed before an instant.
func (c *counter) known(w *work, at int64) bool {
	if w.state.seen != none && w.state.seen < at {
		return true
	}
	if w.state.firstUp != none {
		return false
	}
	for _, p := range w.p.target.processes {
		if up := c.stateOf(p).seenUp; up != none && up < at {
			return true
		}
	}
	return false
}
