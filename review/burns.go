package review

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// burns finds the times of the period when an alert's two burn rates were over its
// factor: at every edge where all are kept, before at the coarse ones, between which a
// short window is as long as the edges are apart.
func (c counter) burns(m *Measured, q Question) {
	from, until := q.Period.From, c.End
	m.Coarse, m.FineFrom = c.Edges, from
	if c.Edges <= 0 || q.Resolution <= 0 || !from.Before(until) {
		return
	}
	m.FineFrom = c.fineFrom(from, until, q.Resolution)
	fitted, _ := slo.BurnAlertsFor(c.slo, q.Alerts)
	for _, severity := range []slo.Severity{slo.Page, slo.Ticket} {
		var all []Burn
		for _, a := range fitted {
			if a.Severity != severity {
				continue
			}
			w := watch{c: c, long: a.Long, short: a.Short, factor: a.Factor, severity: severity}
			w.scan(from, m.FineFrom, c.Edges, c.EdgeShift)
			w.scan(m.FineFrom, until, q.Resolution, 0)
			all = append(all, w.found...)
		}
		m.Burns = append(m.Burns, joined(all)...)
	}
	for i := range m.Burns {
		b := &m.Burns[i]
		b.FromBegin = !b.From.After(from.Add(max(c.Edges, q.Resolution)))
		if b.AtEnd = !b.Until.Before(until); b.AtEnd {
			b.Until = until
		}
	}
}

// fineFrom is the first of the lasting edges behind which every edge is kept; until where
// none is.
func (c counter) fineFrom(from, until time.Time, resolution time.Duration) time.Time {
	first := floorTo(from, c.Edges, c.EdgeShift)
	n := int(until.Sub(first)/c.Edges) + 1
	lo, hi := 0, n
	for lo < hi {
		mid := (lo + hi) / 2
		probe := first.Add(time.Duration(mid)*c.Edges + resolution)
		if c.Counts(0, probe, probe).Start.Equal(probe) || !probe.Before(until) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	edge := first.Add(time.Duration(lo) * c.Edges)
	switch {
	case edge.Before(from):
		return from
	case edge.After(until):
		return until
	}
	return edge
}

// floorTo is the last multiple of step since 1970, moved by shift, at or before t.
func floorTo(t time.Time, step, shift time.Duration) time.Time {
	past := (time.Duration(t.UnixNano()) - shift) % step
	if past < 0 {
		past += step
	}
	return t.Add(-past)
}

// watch looks for the edges at which one alert is over its factor.
type watch struct {
	c           counter
	long, short time.Duration
	factor      float64
	severity    slo.Severity
	step        time.Duration
	found       []Burn
}

// scan looks at the edges in (from, until], step apart: multiples of it, moved by shift.
func (w *watch) scan(from, until time.Time, step, shift time.Duration) {
	w.step = step
	chunk := max(1, int(w.long/2/step))
	first := floorTo(from, step, shift)
	for n := int(floorTo(until, step, shift).Sub(first) / step); n > 0; n -= chunk {
		k := min(chunk, n)
		w.look(first, k)
		first = first.Add(time.Duration(k) * step)
	}
}

// look looks at the n edges after a time. It halves them until it can tell from counts
// that none of them is over the factor: what all their windows have in common is allowed
// more than there is in all of them together.
func (w *watch) look(after time.Time, n int) {
	last := after.Add(time.Duration(n) * w.step)
	if n == 1 {
		w.at(last)
		return
	}
	if !w.possible(after, last, w.long) || !w.possible(after, last, w.short) {
		return
	}
	w.look(after, n/2)
	w.look(after.Add(time.Duration(n/2)*w.step), n-n/2)
}

func (w *watch) possible(after, last time.Time, window time.Duration) bool {
	bad, _ := w.c.burnt(after.Add(-window), last)
	if bad <= 0 {
		return false
	}
	begin := last.Add(-window)
	if !begin.Before(after) {
		return true
	}
	_, allowed := w.c.burnt(begin, after)
	return bad > w.factor*allowed
}

// burnt is what over says of the bad events and those that are allowed, at less cost.
func (c counter) burnt(from, to time.Time) (bad, allowed float64) {
	for i := range c.slo.Parts {
		p, n := &c.slo.Parts[i], c.Counts(i, from, to)
		bad += p.Weight * (n.Total - n.Good)
		allowed += p.Weight * (float64(slo.One-p.Objective) * n.Total / float64(slo.One))
	}
	return bad, allowed
}

// at looks at one edge.
func (w *watch) at(edge time.Time) {
	bad, allowed := w.c.burnt(edge.Add(-w.short), edge)
	if allowed <= 0 || bad/allowed <= w.factor {
		return
	}
	if bad, allowed = w.c.burnt(edge.Add(-w.long), edge); allowed <= 0 || bad/allowed <= w.factor {
		return
	}
	b := Burn{Severity: w.severity, From: edge, Until: edge.Add(w.step), Peak: bad / allowed, PeakWindow: w.long.Seconds()}
	if n := len(w.found); n > 0 && !edge.After(w.found[n-1].Until) {
		w.found[n-1] = w.found[n-1].with(b)
		return
	}
	w.found = append(w.found, b)
}

func (b Burn) with(o Burn) Burn {
	if o.Until.After(b.Until) {
		b.Until = o.Until
	}
	if o.Peak > b.Peak {
		b.Peak, b.PeakWindow = o.Peak, o.PeakWindow
	}
	return b
}

// joined joins what touches.
func joined(all []Burn) []Burn {
	slices.SortFunc(all, func(a, b Burn) int { return a.From.Compare(b.From) })
	var out []Burn
	for _, b := range all {
		if n := len(out); n > 0 && !b.From.After(out[n-1].Until) {
			out[n-1] = out[n-1].with(b)
			continue
		}
		out = append(out, b)
	}
	return out
}
