package ledger

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// readGrid evaluates the expressions of one measure at every edge in (from, to] and
// counts the values for its accounts. A point where a subject has no value is a
// bucket without data.
func (l *Ledger) readGrid(ctx context.Context, src *sourceState, mine *turn, accts []*account, from, to, fineFrom int64) ([]*outcome, int, error) {
	m := accts[0].m
	mine.take()
	g := newGrid(l, accts, from, to)
	mine.end()
	for i := range m.sides {
		expr := m.sides[i].expr
		if expr == "" {
			continue
		}
		err := src.source.Eval(ctx, expr, from, to, l.cfg.Resolution, func(series []slo.Series) error {
			mine.take()
			defer mine.end()
			return g.read(src, i, src.unify(series))
		})
		if err != nil {
			return nil, g.samples, err
		}
	}
	mine.take()
	g.order = slices.DeleteFunc(g.order, func(p *points) bool { return src.bad[p.out.acct] != nil })
	return g.outcomes(fineFrom), g.samples, ctx.Err()
}

// lose takes note that a subject cannot be counted.
func (g *grid) lose(src *sourceState, s *Subject, err error) {
	if p := g.counts[s.ID]; p != nil {
		src.bad[p.out.acct] = err
	}
}

// grid collects the points of one measure.
type grid struct {
	l        *Ledger
	m        *measure
	from, to int64
	counts   map[string]*points // by subject id
	order    []*points
	samples  int
	w        worker
}

// points are one account's.
type points struct {
	counter
	has [2][]bool // which points each side has
}

func newGrid(l *Ledger, accts []*account, from, to int64) *grid {
	g := &grid{l: l, m: accts[0].m, from: from, to: to, counts: map[string]*points{}}
	for _, a := range accts {
		p := &points{counter: counter{res: l.res(), oldest: none}}
		p.begin(a, from, to, none)
		p.has = [2][]bool{make([]bool, len(p.a)), make([]bool, len(p.a))}
		g.counts[a.subject.ID] = p
		g.order = append(g.order, p)
	}
	return g
}

// read takes in the points of one side's series.
func (g *grid) read(src *sourceState, side int, series []slo.Series) error {
	strangers := len(series) > 0
	for k := range series {
		subject, err := src.subjects.find(series[k].Labels)
		if claimed, ok := errors.AsType[*claimedError](err); ok {
			for _, sub := range claimed.subjects {
				g.lose(src, sub, err)
			}
			strangers = false
			continue
		}
		if subject == nil {
			continue
		}
		strangers = false
		if g.counts[subject.ID] == nil {
			continue
		}
		g.w.t, g.w.v = g.w.t[:0], g.w.v[:0]
		d, err := g.w.decode(series[k].Samples, none, false)
		if unreadable(err) {
			g.lose(src, subject, err)
			continue
		} else if err != nil {
			return err
		}
		g.samples += d.to - d.from
		p := g.counts[subject.ID]
		t, v := g.w.t[d.from:d.to], g.w.v[d.from:d.to]
		if g.m.grows {
			g.increments(p, side, series[k].Labels, t, v)
		} else {
			g.values(p, side, t, v)
		}
	}
	if len(series) > 0 {
		g.m.noteStrangers(side, strangers, src.subjects.names())
	}
	return nil
}

// noteStrangers notes whether an expression's result carries the labels of any subject.
func (m *measure) noteStrangers(side int, strangers bool, names []string) {
	text := ""
	if strangers {
		text = strings.Join(names, ", ")
	}
	m.strangers[side].Store(&text)
}

// lost are the expressions whose results are nobody's.
func (m *measure) lost() []slo.Absence {
	var out []slo.Absence
	for i := range m.strangers {
		if names := m.strangers[i].Load(); names != nil && *names != "" {
			out = append(out, slo.Absence{Kind: slo.Unlabelled, Side: m.form.side(i), Selector: m.sides[i].expr, Label: *names})
		}
	}
	return out
}

// side names one of the two counts.
func (f form) side(i int) string {
	switch {
	case f == badTotal && i == 0, f == goodBad && i == 1:
		return "bad"
	case i == 0:
		return "good"
	}
	return "total"
}

// bucket is the bucket that a grid point closes, -1 outside the span.
func (g *grid) bucket(t int64) int {
	if t <= g.from || t > g.to {
		return -1
	}
	return int((t - g.from - 1) / g.l.res())
}

// sideLabel tells the series of an account's two expressions apart; it is no label of theirs.
const sideLabel = "__side__"

// increments counts a cumulative expression by its positive steps; a step down is a
// reset. Its first value counts nothing: nobody knows how old it is.
func (g *grid) increments(p *points, side int, ls slo.Labels, t []int64, v []float64) {
	s, _ := p.out.acct.seriesOf(append(ls[:len(ls):len(ls)], slo.Label{Name: sideLabel, Value: string(rune('0' + side))}), 1<<side, nil)
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
			p.add(side, b, inc)
		}
		p.has[side][b] = true
		prev = position{t[k], v[k]}
	}
	p.out.series = append(p.out.series, seriesChange{s: s, pos: prev, state: &usualState})
	if x := s.process; x.in != p.out { // the files want a series' process first
		x.in = p.out
		p.out.processes = append(p.out.processes, processChange{x, x.state, none})
	}
}

// values counts what a measure makes of each point's value.
func (g *grid) values(p *points, side int, t []int64, v []float64) {
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
		p.add(side, b, good)
		if g.m.onGrid != sumValue {
			p.b[b]++
		}
		p.has[side][b] = true
	}
}

func (p *points) add(side, bucket int, n float64) {
	if side == 0 {
		p.a[bucket] += n
	} else {
		p.b[bucket] += n
	}
}

// outcomes settles which points have data: where a total is read, those that have
// it; else those that have any value.
func (g *grid) outcomes(fineFrom int64) []*outcome {
	outs := make([]*outcome, len(g.order))
	for i, p := range g.order {
		for k := range p.miss {
			ok := p.has[0][k] || p.has[1][k]
			if g.m.onGrid == sumValue && g.m.form != goodBad {
				ok = p.has[1][k]
			}
			if !ok {
				p.miss[k] = g.l.res()
				if !g.m.grows { // half a ratio is none
					p.a[k], p.b[k] = 0, 0
				}
				continue
			}
			p.out.facts.last = max(p.out.facts.last, g.from+int64(k+1)*g.l.res())
		}
		outs[i] = p.finish(fineFrom)
	}
	return outs
}
