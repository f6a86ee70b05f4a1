package ledger

import (
	"context"
	"errors"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// isolate finds out what is at fault where a request failed: the source as a whole,
// whose error it returns, or some of the measures, which it puts into quarantine. The
// others are brought forward to an edge, or left to the next request.
func (r *reading) isolate(ctx context.Context, accts []*account, from, to int64, cause error) error {
	groups := byMeasure(accts)
	if !r.alive(ctx, groups, cause) {
		if err := ctx.Err(); err != nil {
			return err
		}
		return cause
	}
	limited, cancel := context.WithTimeout(ctx, r.l.cfg.Patience)
	defer cancel()
	s := &search{r: r, ctx: ctx, limited: limited, from: from, to: to}
	if len(groups) > 1 {
		return s.among(groups, cause)
	}
	_, err := r.step(limited, r.l.turn(), accts, from, to) // once more, and less of it
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil || errors.Is(err, ErrStore):
		return err
	}
	r.condemn(accts, err)
	return nil
}

// byMeasure parts accounts, in their order.
func byMeasure(accts []*account) [][]*account {
	place := map[*measure]int{}
	var groups [][]*account
	for _, a := range accts {
		i, ok := place[a.m]
		if !ok {
			i = len(groups)
			place[a.m] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], a)
	}
	return groups
}

// search looks for the measures at fault by halves.
type search struct {
	r            *reading
	ctx, limited context.Context // limited ends with the time that the search may take
	from, to     int64
}

// among searches groups of accounts, each of one measure, of which at least one made
// a request fail. Where time is up, those that are left of it are suspect all of
// them: in quarantine each is asked for on its own.
func (s *search) among(groups [][]*account, cause error) error {
	if len(groups) == 1 {
		s.r.condemn(groups[0], cause)
		return nil
	}
	half := len(groups) / 2
	found := false
	for _, part := range [][][]*account{groups[:half], groups[half:]} {
		if s.limited.Err() != nil {
			if !found {
				s.suspect(part, cause)
			}
			continue
		}
		_, err := s.r.step(s.limited, s.r.l.turn(), join(part), s.from, s.to)
		switch {
		case err == nil:
			continue
		case s.ctx.Err() != nil || errors.Is(err, ErrStore):
			return err
		case s.limited.Err() != nil:
			s.suspect(part, cause)
		default:
			if err := s.among(part, err); err != nil {
				return err
			}
		}
		found = true
	}
	return s.ctx.Err()
}

func (s *search) suspect(groups [][]*account, cause error) {
	for _, g := range groups {
		s.r.condemn(g, cause)
	}
}

func join(groups [][]*account) []*account {
	var all []*account
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// alive asks the source for something cheap beside what failed, and reports whether
// it answers: only then is a measure at fault.
func (r *reading) alive(ctx context.Context, failed [][]*account, cause error) bool {
	limited, cancel := context.WithTimeout(ctx, r.l.turn())
	defer cancel()
	nothing := func([]slo.Series) error { return nil }
	if i := slices.IndexFunc(r.src.all, func(a *account) bool { return a.m.raw }); i >= 0 {
		return r.l.hasUp(limited, r.src, r.src.all[i].subject, r.until) == nil
	}
	if c, ok := r.src.source.(ownClock); ok {
		if _, err := c.Now(limited); err != nil {
			return false
		} // else it answers, or has done so a moment ago
	}
	if !errors.Is(cause, slo.ErrUnavailable) {
		return true // to refuse is to answer
	}
	m := r.other(failed[0][0].m)
	if m == nil {
		return false
	}
	err := r.src.source.Eval(limited, m.expr(), r.until-r.l.res(), r.until, r.l.cfg.Resolution, nothing)
	return err == nil || limited.Err() == nil && !errors.Is(err, slo.ErrUnavailable)
}

// hasUp reads the newest signs of life of a subject.
func (l *Ledger) hasUp(ctx context.Context, src *sourceState, s *Subject, until int64) error {
	up := append(slo.Selector{{Name: slo.MetricName, Value: upMetric}}, narrow([]*Subject{s}, true)...)
	from := until - 2*src.all[0].m.interval
	return src.source.Select(ctx, slo.Request{Selectors: []slo.Selector{up}, From: from, To: until}, func(series []slo.Series) error {
		var w worker
		for i := range series {
			if _, err := w.decode(series[i].Samples, none, false); err != nil && !unreadable(err) {
				return err
			}
		}
		return nil
	})
}

// other picks a measure beside one; each time another, for it may be at fault as
// well. Nil: there is none.
func (r *reading) other(m *measure) *measure {
	var others []*measure
	for _, g := range byMeasure(r.src.all) {
		if g[0].m != m && g[0].fault == nil {
			others = append(others, g[0].m)
		}
	}
	if len(others) == 0 {
		return nil
	}
	r.src.asked++
	return others[r.src.asked%len(others)]
}

// expr is an expression of the measure.
func (m *measure) expr() string {
	if m.sides[0].expr != "" {
		return m.sides[0].expr
	}
	return m.sides[1].expr
}
