package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// How much is read at once. A slice of history is as wide as makes about
// sliceSamples samples, of all sources together: enough to make a request worth its while,
// little enough for the memory of both sides.
const (
	firstWidth   = int64(2 * time.Hour / time.Millisecond)
	widestSlice  = int64(48 * time.Hour / time.Millisecond)
	lastSlice    = int64(time.Hour / time.Millisecond)
	sliceSamples = 16 << 20
)

// reading is one source's part of an Advance.
type reading struct {
	l        *Ledger
	src      *sourceState
	now      time.Time // as the ledger was told
	until    int64     // the newest edge that may be closed
	progress func(Progress) bool

	paused  bool              // progress wants the rest to be left for the next time
	slow    bool              // a request has taken too long
	tried   map[*account]bool // those that failed in this Advance
	unkept  error             // what maintain said last
	started bool              // something has been read
}

// advanceSource brings all accounts of a source up to an edge: those that have come
// furthest first, so that an account that has its history still to read does not
// keep the others waiting, and last those that could not be counted. Its error is of
// the source as a whole, or of the ledger's files; what is wrong with one measure
// only is kept with its accounts.
func (l *Ledger) advanceSource(ctx context.Context, src *sourceState, now time.Time, progress func(Progress) bool) error {
	defer src.dropAhead()
	src.ctx = ctx
	newest, err := l.clock(ctx, src, now)
	if err != nil {
		return l.sourceError(src, err)
	}
	r := &reading{l: l, src: src, now: now, until: l.floor(newest.Add(-src.delay)), progress: progress, tried: map[*account]bool{}}
	err = r.healthy(ctx)
	if err == nil && !r.paused {
		err = r.quarantined(ctx)
	}
	if ctx.Err() == nil {
		err = l.sourceError(src, err)
	}
	return errors.Join(err, r.unkept)
}

// clock is up to when the source may have samples: its own time, or the given one
// where that is earlier or the source has no clock.
func (l *Ledger) clock(ctx context.Context, src *sourceState, now time.Time) (time.Time, error) {
	c, ok := src.source.(ownClock)
	if !ok {
		return now, nil
	}
	limited, cancel := context.WithTimeout(ctx, l.cfg.Patience)
	defer cancel()
	own, err := c.Now(limited)
	switch {
	case err == nil && own.Before(now):
		return own, nil
	case err == nil:
		return now, nil
	case ctx.Err() != nil:
		return now, ctx.Err()
	case limited.Err() != nil || errors.Is(err, slo.ErrUnavailable):
		return now, fmt.Errorf("ask for the time: %w", l.late(limited, l.cfg.Patience, err))
	}
	return now, nil // it answers, but does not tell: its answers to the queries say why
}

func (l *Ledger) sourceError(src *sourceState, err error) error {
	if err == nil || src.name == "" {
		return err
	}
	return fmt.Errorf("data source %s: %w", src.name, err)
}

// healthy reads for all accounts that nothing is known to be wrong with.
func (r *reading) healthy(ctx context.Context) error {
	for ctx.Err() == nil && !r.paused {
		accts, from := r.src.foremost(r.until)
		if len(accts) == 0 {
			return nil
		}
		to := r.l.sliceEnd(from, r.until, r.src.width)
		if a := r.src.ahead; a != nil && a.from == from {
			to = a.to
		}
		n, err := r.step(ctx, r.limit(to-from), accts, from, to)
		switch {
		case err == nil:
			r.src.adapt(n, to-from, sliceSamples/len(r.l.sources))
		case ctx.Err() != nil || errors.Is(err, ErrStore):
			return err
		default: // the source, or one of the measures
			r.src.dropAhead()
			r.src.width = min(r.src.width, lastSlice)
			if err := r.isolate(ctx, accts, from, min(to, from+lastSlice), err); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// limit is how long a request of healthy accounts may take; 0: as long as the source
// lets it, where history is read that nobody waits for.
func (r *reading) limit(span int64) time.Duration {
	switch {
	case span > lastSlice:
		return r.l.cfg.Longest
	case r.slow:
		return r.l.turn()
	}
	return r.l.cfg.Patience
}

// turn is how long one request may take of an account that may be at fault.
func (l *Ledger) turn() time.Duration { return l.cfg.Patience / 4 }

// step is a tick within a limit of time, with what belongs to it: accounts that could
// not be counted are noted, files are maintained, progress is told.
func (r *reading) step(ctx context.Context, limit time.Duration, accts []*account, from, to int64) (int, error) {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if limit > 0 {
		limited, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	n, err := r.l.tick(limited, r.src, accts, from, to, r.until)
	if err != nil {
		if ctx.Err() == nil && limited.Err() != nil {
			if r.slow = r.slow || to-from <= lastSlice; to-from > lastSlice {
				r.src.widest = (to - from) / 2
			}
			err = r.l.late(limited, limit, err)
		}
		return n, err
	}
	r.started = true
	for a, err := range r.src.bad {
		r.condemn([]*account{a}, err)
	}
	r.l.counting.Lock()
	r.unkept = r.l.maintain(to, to < r.until) // the old generation goes on
	r.l.counting.Unlock()
	if !r.progress(Progress{Source: r.src.name, Done: timeOf(to), Until: timeOf(r.until), Samples: n, span: to - from}) {
		r.paused = true
	}
	return n, nil
}

// late says what a request that was ended by its limit failed of.
func (l *Ledger) late(limited context.Context, limit time.Duration, err error) error {
	if errors.Is(limited.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: no answer within %v", slo.ErrUnavailable, limit)
	}
	return err
}

// foremost picks the healthy accounts that have come furthest, short of an edge, and
// can be read together.
func (s *sourceState) foremost(until int64) (accts []*account, from int64) {
	from = none
	s.rawCount = 0
	for _, a := range s.all {
		if a.fault != nil {
			continue
		}
		if a.m.raw {
			s.rawCount++
		}
		if e := a.hist.edge; e < until && e > from {
			from = e
		}
	}
	for _, a := range s.all {
		if a.hist.edge != from || a.fault != nil {
			continue
		}
		if len(accts) == 0 || accts[0].m == a.m || accts[0].m.raw && a.m.raw {
			accts = append(accts, a)
		}
	}
	return accts, from
}

// sliceEnd ends a slice at a block's edge where it is wide enough. The last slices
// become narrower, since nothing is fetched while the last one is counted.
func (l *Ledger) sliceEnd(from, until, width int64) int64 {
	if left := until - from; left > lastSlice {
		width = min(width, max(left/2, lastSlice))
	}
	span := l.res() * blockBuckets
	if width < 2*span {
		return min(until, from+max(l.res(), width-width%l.res()))
	}
	return min(until, (from+width)/span*span)
}

// adapt sets the width of the next slice by what the last one held.
func (s *sourceState) adapt(samples int, width int64, want int) {
	switch {
	case samples > 2*want:
		s.width = max(width/2, int64(time.Minute/time.Millisecond))
	case samples < want/2 && width >= s.width/2:
		s.width = min(s.widest, 2*s.width)
	}
}

// tick reads, counts, stores and commits (from, to] for some accounts of a source.
// When it fails nothing has changed. Accounts that could not be counted, though the
// request was answered, stay where they are: src.bad has them. until is how far
// counting is to go at last: what is then too old is not kept in detail.
func (l *Ledger) tick(ctx context.Context, src *sourceState, accts []*account, from, to, until int64) (samples int, err error) {
	clear(src.bad)
	var outs []*outcome
	mine := &turn{l: l}
	defer mine.end()
	if accts[0].m.raw {
		outs, samples, err = l.readRaw(ctx, src, mine, accts, from, to, until)
	} else {
		outs, samples, err = l.readGrid(ctx, src, mine, accts, from, to, until-l.cfg.Fine.Milliseconds())
	}
	if err != nil || len(outs) == 0 {
		return samples, err
	}
	mine.take()
	slices.SortFunc(outs, func(x, y *outcome) int { return int(x.acct.id) - int(y.acct.id) })
	if l.store != nil {
		if err := l.store.write(outs, from, to); err != nil {
			return samples, err
		}
	}
	l.takeIn(outs, until)
	l.trace(outs)
	return samples, nil
}

// takeIn makes the outcomes of a tick what the ledger answers.
func (l *Ledger) takeIn(outs []*outcome, until int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	commit(outs, l.cfg.oldAnswers(outs[0].acct.m))
	for _, o := range outs {
		l.heard.take(o.facts.last)
	}
	for _, o := range outs {
		l.trim(o.acct)
		o.acct.recovered(until)
	}
	l.version.Add(1)
}

// commit makes the outcomes of a tick so.
func commit(outs []*outcome, lookback int64) {
	addAll(outs)
	for _, o := range outs {
		o.commit(lookback)
	}
}

// commit makes so what an outcome says besides counts.
func (o *outcome) commit(lookback int64) {
	a := o.acct
	to := a.hist.edge
	for _, c := range o.series {
		s := c.s
		if was := s.undecided(); was != c.state.undecided() {
			a.pending = slices.DeleteFunc(a.pending, func(x *series) bool { return x == s })
			if !was {
				a.pending = append(a.pending, s)
			}
		}
		s.pos, s.pace, s.made, s.seriesState, s.unclear = c.pos, c.pace, c.made, c.state, false
		s.remember(c.tail, lookback)
	}
	for _, c := range o.families {
		c.f.dropAfter = c.dropAfter
	}
	live := a.live[:0]
	for _, p := range a.live {
		if p.in != o && p.state.covered > to {
			live = append(live, p)
		}
	}
	for _, c := range o.processes {
		c.p.state = c.state
		c.p.in, c.p.adopted = nil, false
		c.p.lastStart = max(c.p.lastStart, c.lastStart)
		if c.state.covered > to {
			live = append(live, c.p)
		}
	}
	a.live = live
	a.facts = o.facts
	a.cold = false
}
