package ledger

import (
	"context"

	"github.com/shopslo/shopslo/slo"
)

// readGrid evaluates the expressions of one measure at every edge in (from, to] and
// counts the values for its accounts. A point where a subject has no value is a
// bucket without data.
func (l *Ledger) readGrid(ctx context.Context, src *sourceState, accts []*account, from, to int64) ([]*outcome, int, error) {
	m := accts[0].m
	g := newGrid(l, accts, from, to)
	for i := range m.sides {
		expr := m.sides[i].expr
		if expr == "" {
			continue
		}
		err := src.source.Eval(ctx, expr, from, to, l.cfg.Resolution, func(series []slo.Series) error {
			return g.read(src, i, series)
		})
		if err != nil {
			return nil, g.samples, err
		}
	}
	return g.outcomes(), g.samples, ctx.Err()
}

// grid collects the points of one measure.
type grid struct {
	l        *Ledger
	m        *measure
	from, to int64
	outs     map[string]*outcome // by subject id
	order    []*outcome
	points   map[*outcome][2][]bool // which points each side has
	samples  int
	w        worker
}

func newGrid(l *Ledger, accts []*account, from, to int64) *grid {
	n := int((to - from) / l.res())
	g := &grid{l: l, m: accts[0].m, from: from, to: to, outs: map[string]*outcome{}, points: map[*outcome][2][]bool{}}
	for _, a := range accts {
		o := &outcome{acct: a, from: from, a: make([]float64, n), b: make([]float64, n), miss: make([]int64, n), facts: a.facts}
		g.outs[a.subject.ID] = o
		g.order = append(g.order, o)
		g.points[o] = [2][]bool{make([]bool, n), make([]bool, n)}
	}
	return g
}

// read takes in the points of one side's series.
func (g *grid) read(src *sourceState, side int, series []slo.Series) error {
	for k := range series {
		subject, err := src.subjects.find(series[k].Labels)
		if err != nil {
			return err
		}
		if subject == nil || g.outs[subject.ID] == nil {
			continue
		}
		g.w.t, g.w.v = g.w.t[:0], g.w.v[:0]
		d, err := g.w.decode(series[k].Samples)
		if err != nil {
			return err
		}
		g.samples += d.to - d.from
		o := g.outs[subject.ID]
		t, v := g.w.t[d.from:d.to], g.w.v[d.from:d.to]
		if g.m.counter {
			g.increments(o, side, series[k].Labels, t, v)
		} else {
			g.values(o, side, t, v)
		}
	}
	return nil
}

// bucket is the bucket that a grid point closes, -1 outside the span.
func (g *grid) bucket(t int64) int {
	if t <= g.from || t > g.to {
		return -1
	}
	return int((t - g.from - 1) / g.l.res())
}

// increments counts a cumulative expression by its positive steps; a step down is a
// reset. Its first value counts nothing: nobody knows how old it is.
func (g *grid) increments(o *outcome, side int, ls slo.Labels, t []int64, v []float64) {
	s := o.acct.seriesOf(append(ls[:len(ls):len(ls)], slo.Label{Name: "__side__", Value: string(rune('0' + side))}), 1<<side, nil)
	prev := s.pos
	for k := range t {
		b := g.bucket(t[k])
		if b < 0 || !valid(v[k]) {
			continue
		}
		inc := v[k] - prev.v
		if inc < 0 {
			inc = v[k]
		}
		if prev.t != none {
			g.add(o, side, b, inc)
		}
		g.points[o][side][b] = true
		prev = position{t[k], v[k]}
	}
	o.series = append(o.series, seriesChange{s, prev})
	if t := s.target; t.in != o { // the files want a series' target first
		t.in = o
		o.targets = append(o.targets, targetChange{t, t.state})
	}
}

// values counts what a measure makes of each point's value.
func (g *grid) values(o *outcome, side int, t []int64, v []float64) {
	for k := range t {
		b := g.bucket(t[k])
		if b < 0 || v[k] != v[k] {
			continue
		}
		good, ok := v[k], valid(v[k])
		switch g.m.onGrid {
		case limitValue:
			good, ok = 0, true
			if g.m.op.Holds(v[k], g.m.limit) {
				good = 1
			}
		case ratioValue:
			ok = ok && v[k] <= 1
			if g.m.failure {
				good = 1 - v[k]
			}
		}
		if !ok {
			continue
		}
		g.add(o, side, b, good)
		if g.m.onGrid != sumValue {
			o.b[b]++
		}
		g.points[o][side][b] = true
	}
}

func (g *grid) add(o *outcome, side, bucket int, n float64) {
	if side == 0 {
		o.a[bucket] += n
	} else {
		o.b[bucket] += n
	}
}

// outcomes settles which points have data: where a total is read, those that have
// it; else those that have any value.
func (g *grid) outcomes() []*outcome {
	for _, o := range g.order {
		has := g.points[o]
		for k := range o.miss {
			ok := has[0][k] || has[1][k]
			if g.m.onGrid == sumValue && g.m.form != goodBad {
				ok = has[1][k]
			}
			if !ok {
				o.miss[k] = g.l.res()
				if !g.m.counter { // half a ratio is none
					o.a[k], o.b[k] = 0, 0
				}
				continue
			}
			o.facts.last = max(o.facts.last, g.from+int64(k+1)*g.l.res())
		}
		o.cutSlices()
	}
	return g.order
}
