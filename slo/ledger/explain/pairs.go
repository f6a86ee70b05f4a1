package explain

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// restarts finds out what each change of a start time was.
func (c *counter) restarts(p *process) {
	slices.SortStableFunc(p.starts, func(a, b point) int { return cmp.Compare(a.t, b.t) })
	slices.SortStableFunc(p.up, func(a, b point) int { return cmp.Compare(a.t, b.t) })
	replaced, seen := math.NaN(), false // the start before the present one; an implausible restart
	for k, s := range p.starts {
		first := k == 0
		if !first && math.Abs(s.v-p.starts[k-1].v) <= 1000 {
			continue
		}
		last, ok := p.latest(s.t)
		if ok {
			switch {
			case !first && seen && math.Abs(s.v-replaced) <= 1000:
				p.moves = append(p.moves, move{s.t, several})
			case float64(last-slack) < s.v && s.v <= float64(s.t+slack):
				p.moves = append(p.moves, move{s.t, restart})
			case !first && p.dropsAt(s.t):
				p.moves, seen = append(p.moves, move{s.t, implausible}), true
			case !first:
				p.moves = append(p.moves, move{s.t, clock})
			}
		}
		if !first {
			replaced = p.starts[k-1].v
		}
	}
}

// dropsAt reports whether a counter of the process has a lower value at a time than before.
func (p *process) dropsAt(t int64) bool {
	return slices.ContainsFunc(p.series, func(s *counted) bool {
		k, ok := slices.BinarySearch(s.T, t)
		return ok && k > 0 && s.V[k] < s.V[k-1]
	})
}

// moved is the move in (from, to] that decides; ok is false where there is none.
func (p *process) moved(from, to int64) (m move, ok bool) {
	for _, x := range p.moves {
		if x.t <= from || x.t > to {
			continue
		}
		if !ok || rank(x.kind) > rank(m.kind) {
			m, ok = x, true
		}
	}
	return m, ok
}

func rank(k moveKind) int { return [...]int{restart: 1, implausible: 2, several: 3, clock: 0}[k] }

// plausible reports whether a value may have grown from zero.
func (c *counter) plausible(v, step float64, length int64) bool {
	return v <= 10*step*max(1, float64(length)/float64(c.i))
}

// ownDrops takes the pairs of a series by rules 1 to 4 and 7, and notes its family drops.
func (c *counter) ownDrops(s *counted) {
	step := 0.0
	for k := 1; k < len(s.T); k++ {
		s.step[k] = step
		ta, tb, va, vb := s.T[k-1], s.T[k], s.V[k-1], s.V[k]
		m, moved := s.process.moved(ta, tb)
		_, started := s.process.startAt(tb)
		switch {
		case moved && m.kind == several:
			s.set(k, 0, LeftOut, slo.SeveralProcesses)
		case moved && m.kind == implausible:
			s.set(k, vb, Restart, slo.ClockAndDrop)
		case moved && m.kind == restart:
			s.set(k, vb, Restart, "")
		case vb < va && started:
			if end, ok := c.held(s, k); ok {
				k = end
				continue
			}
			s.set(k, vb, Reset, slo.UnexplainedDrop)
			s.drops = append(s.drops, pair{ta, tb})
		case vb < va:
			c.dropWithoutStart(s, k, step)
		default:
			s.worth[k] = vb - va
			if tb-ta <= 2*c.i {
				step = max(step, vb-va)
			}
			if moved {
				s.why[k] = Clock
			}
		}
	}
}

func (s *counted) set(k int, worth float64, why Kind, flag slo.FlagKind) {
	s.worth[k], s.why[k], s.flag[k] = worth, why, flag
}

// dropWithoutStart is rule 4.
func (c *counter) dropWithoutStart(s *counted, k int, step float64) {
	va, vb := s.V[k-1], s.V[k]
	fits := c.plausible(vb, step, s.T[k]-s.T[k-1])
	if step > 0 && !fits && vb > va/2 {
		s.set(k, 0, LeftOut, slo.PartialDrop)
		return
	}
	flag := slo.FlagKind("")
	if step > 0 && !fits || step == 0 && vb > va/2 {
		flag = slo.PartialDrop
	}
	s.set(k, vb, Reset, flag)
	s.drops = append(s.drops, pair{s.T[k-1], s.T[k]})
}

// held decides a drop under an unmoved start: false, it is a reset at once; else the index of
// the sample up to which it is decided. What it is worth is put where it is decided.
func (c *counter) held(s *counted, k int) (end int, ok bool) {
	tb, vb, most := s.T[k], s.V[k], s.V[k-1]
	least := math.Inf(1)
	for j := k - 1; j >= 0 && s.T[j] >= tb-5*c.i; j-- {
		least = min(least, s.V[j])
	}
	if vb < least || math.IsInf(least, 1) {
		return 0, false
	}
	s.set(k, 0, OldAnswer, "")
	sum, last := vb, k
	for j := k + 1; j < len(s.T) && s.T[j] <= tb+5*c.i; j++ {
		if m, moved := s.process.moved(s.T[j-1], s.T[j]); moved && m.kind != clock {
			return j - 1, true // the pair counts as usual
		}
		if s.V[j] >= most {
			s.worth[j] = s.V[j] - most
			return j, true
		}
		if sum += s.V[j] - s.V[j-1]; s.V[j] < s.V[j-1] {
			sum += s.V[j-1]
		}
		last = j
	}
	if tb+5*c.i > c.to { // not decided yet
		return last, true
	}
	s.set(last, sum, Reset, slo.UnexplainedDrop)
	return last, true
}

// siblings takes the pairs that grow by rules 5 and 6: another series of the process dropped.
func (c *counter) siblings(s *counted) {
	for k := 1; k < len(s.T); k++ {
		if s.why[k] != "" || s.V[k] < s.V[k-1] {
			continue
		}
		ta, tb, v := s.T[k-1], s.T[k], s.V[k]
		fits := c.plausible(v, s.step[k], tb-ta)
		_, started := s.process.startAt(tb)
		same, other := s.dropBeside(ta, tb)
		switch {
		case same && (histogram(s.family) || s.step[k] == 0 || fits):
			s.set(k, v, SiblingReset, flagIf(s.step[k] > 0 && !fits, slo.UnclearRestart))
		case same:
			s.flag[k], s.why[k] = slo.UnclearRestart, SiblingReset
		case other && !started && (v == 0 || fits):
			s.set(k, v, SiblingReset, "")
		case other && !started:
			s.flag[k], s.why[k] = slo.UnclearRestart, SiblingReset
		}
	}
}

func flagIf(is bool, f slo.FlagKind) slo.FlagKind {
	if is {
		return f
	}
	return ""
}

// dropBeside reports whether a pair holds a family drop of another series: of the same family,
// or of another.
func (s *counted) dropBeside(ta, tb int64) (same, other bool) {
	for _, o := range s.process.series {
		if o == s || len(o.drops) == 0 {
			continue
		}
		if slices.ContainsFunc(o.drops, func(d pair) bool { return ta <= d.p && d.r <= tb }) {
			same, other = same || o.family == s.family, other || o.family != s.family
		}
	}
	return same, other
}
