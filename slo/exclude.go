package slo

import (
	"fmt"
	"slices"
	"time"
)

// Span is a time after From, up to and with Until.
type Span struct {
	From, Until time.Time
	// NotBefore and NotAfter are how far it may be widened at the most; zero: to any edge.
	NotBefore, NotAfter time.Time
}

// limited reports whether its edges may be others than those that are kept for ever.
func (s Span) limited() bool { return !s.NotBefore.IsZero() || !s.NotAfter.IsZero() }

// Without gives the account with some spans left out: as if there had been neither
// events nor time in them. Each span is widened to edges that are kept for ever, so
// that the figures do not change once only those are left, unless it says how far that
// may go; a note says what was left out. Spans may overlap. The account itself stays as it was.
func (a Account) Without(spans []Span) Account {
	left := widened(spans, a.Edges, a.EdgeShift)
	if len(left) == 0 || a.Counts == nil {
		return a
	}
	a.Notes = slices.Clone(a.Notes)
	for _, s := range left {
		if s.From.Before(a.End) {
			a.Notes = append(a.Notes, fmt.Sprintf("left out: %s to %s", s.From.UTC().Format(time.RFC3339), s.Until.UTC().Format(time.RFC3339)))
		}
	}
	all := a.Counts
	a.Counts = func(part int, from, to time.Time) Counts {
		c := all(part, from, to)
		for _, s := range left {
			begin, end := latest(s.From, c.Start), earliest(s.Until, c.End)
			if !begin.Before(end) {
				continue
			}
			out := all(part, begin, end)
			if a.Edges > 0 && out.Start.Before(s.NotBefore) && out.Start.Equal(floor(begin, a.Edges, a.EdgeShift)) {
				if begin = out.Start.Add(a.Edges); !begin.Before(end) {
					continue
				}
				out = all(part, begin, end) // the edge before is too early
			}
			if s.limited() {
				begin, end = out.Start, out.End
			}
			c.Good -= out.Good
			c.Total -= out.Total
			c.Covered -= out.Covered
			c.Excluded += end.Sub(begin)
		}
		return c
	}
	return a
}

// widened gives the spans moved outward to multiples of step since 1970 that are moved
// by shift, joined where they touch or overlap, in order. Empty ones are dropped.
func widened(spans []Span, step, shift time.Duration) []Span {
	var out []Span
	for _, s := range spans {
		if !s.From.Before(s.Until) {
			continue
		}
		if step > 0 {
			s.From = floor(s.From, step, shift)
			if f := floor(s.Until, step, shift); f.Before(s.Until) {
				s.Until = f.Add(step)
			}
			s.From = latest(s.From, s.NotBefore)
			if !s.NotAfter.IsZero() {
				s.Until = earliest(s.Until, s.NotAfter)
			}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Span) int { return a.From.Compare(b.From) })
	joined := out[:0]
	for _, s := range out {
		if n := len(joined); n > 0 && !s.From.After(joined[n-1].Until) {
			last := &joined[n-1]
			if last.Until = latest(last.Until, s.Until); s.limited() {
				last.NotAfter = last.Until
			}
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// floor is the last multiple of step since 1970, moved by shift, at or before t.
func floor(t time.Time, step, shift time.Duration) time.Time {
	past := (time.Duration(t.UnixNano()) - shift) % step
	if past < 0 {
		past += step
	}
	return t.Add(-past)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
