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
// sliceSamples samples: enough to make a request worth its while, little enough for
// the memory of both sides.
const (
	firstWidth   = int64(2 * time.Hour / time.Millisecond)
	widestSlice  = int64(48 * time.Hour / time.Millisecond)
	lastSlice    = int64(time.Hour / time.Millisecond)
	sliceSamples = 16 << 20
)

// advanceSource brings all accounts of a source up to an edge: those that have come
// furthest first, so that an account that has its history still to read does not
// keep the others waiting.
func (l *Ledger) advanceSource(ctx context.Context, src *sourceState, until int64, progress func(Progress) bool) error {
	defer src.dropAhead()
	var errs []error
	failed := map[*measure]bool{}
	var unkept error
	for ctx.Err() == nil {
		accts, from := src.foremost(until, failed)
		if len(accts) == 0 {
			break
		}
		to := l.sliceEnd(from, until, src.width)
		if a := src.ahead; a != nil && a.from == from {
			to = a.to
		}
		n, err := l.tick(ctx, src, accts, from, to, until)
		switch {
		case err == nil:
			src.adapt(n, to-from)
			unkept = l.maintain(to, to < until) // the old generation goes on
			if !progress(Progress{Source: src.name, Done: timeOf(to), Until: timeOf(until), Samples: n, span: to - from}) {
				return errors.Join(append(errs, unkept)...)
			}
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, slo.ErrUnavailable), errors.Is(err, errStore):
			return errors.Join(append(errs, unkept, l.sourceError(src, err))...)
		}
		// The request itself is at fault: find out whose.
		bad, err := l.isolate(ctx, src, accts, from, to, err)
		for _, m := range bad {
			failed[m] = true
		}
		errs = append(errs, l.sourceError(src, err))
	}
	return errors.Join(append(errs, unkept, ctx.Err())...)
}

func (l *Ledger) sourceError(src *sourceState, err error) error {
	if err == nil {
		return nil
	}
	if src.name == "" {
		return err
	}
	return fmt.Errorf("data source %s: %w", src.name, err)
}

// foremost picks the accounts that have come furthest, short of an edge, and can be
// read together.
func (s *sourceState) foremost(until int64, failed map[*measure]bool) (accts []*account, from int64) {
	from = none
	for _, a := range s.all {
		if e := a.hist.edge; e < until && e > from && !failed[a.m] {
			from = e
		}
	}
	for _, a := range s.all {
		if a.hist.edge != from || failed[a.m] {
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
func (s *sourceState) adapt(samples int, width int64) {
	switch {
	case samples > 2*sliceSamples:
		s.width = max(width/2, int64(time.Minute/time.Millisecond))
	case samples < sliceSamples/2 && width >= s.width/2:
		s.width = min(widestSlice, 2*s.width)
	}
}

// isolate repeats a failed request for each measure alone, so that one bad SLO does
// not stop the others. It returns the measures that failed.
func (l *Ledger) isolate(ctx context.Context, src *sourceState, accts []*account, from, to int64, cause error) ([]*measure, error) {
	byMeasure := map[*measure][]*account{}
	var ms []*measure
	for _, a := range accts {
		if byMeasure[a.m] == nil {
			ms = append(ms, a.m)
		}
		byMeasure[a.m] = append(byMeasure[a.m], a)
	}
	if len(ms) == 1 {
		return ms, cause
	}
	var bad []*measure
	var errs []error
	for _, m := range ms {
		if _, err := l.tick(ctx, src, byMeasure[m], from, to, to); err != nil {
			bad, errs = append(bad, m), append(errs, err)
		}
	}
	return bad, errors.Join(errs...)
}

// tick reads, counts, stores and commits (from, to] for some accounts of a source.
// When it fails nothing has changed. until is how far counting is to go at last:
// what is then too old is not kept in detail.
func (l *Ledger) tick(ctx context.Context, src *sourceState, accts []*account, from, to, until int64) (samples int, err error) {
	var outs []*outcome
	if accts[0].m.raw {
		outs, samples, err = l.readRaw(ctx, src, accts, from, to, until)
	} else {
		outs, samples, err = l.readGrid(ctx, src, accts, from, to, until-l.cfg.Fine.Milliseconds())
	}
	if err != nil {
		return samples, err
	}
	slices.SortFunc(outs, func(x, y *outcome) int { return int(x.acct.id) - int(y.acct.id) })
	if l.store != nil {
		if err := l.store.write(outs, from, to); err != nil {
			return samples, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	commit(outs)
	for _, o := range outs {
		l.heard.take(o.facts.last)
	}
	for _, o := range outs {
		l.trim(o.acct)
	}
	l.version.Add(1)
	return samples, nil
}

// commit makes the outcomes of a tick so.
func commit(outs []*outcome) {
	addAll(outs)
	for _, o := range outs {
		o.commit()
	}
}

// commit makes so what an outcome says besides counts.
func (o *outcome) commit() {
	a := o.acct
	to := a.hist.edge
	for _, c := range o.series {
		c.s.pos = c.pos
	}
	for _, c := range o.groups {
		c.g.dropAfter = c.dropAfter
	}
	live := a.live[:0]
	for _, t := range a.live {
		if t.in != o && t.state.covered > to {
			live = append(live, t)
		}
	}
	for _, c := range o.targets {
		c.t.state = c.state
		c.t.in = nil
		if c.state.covered > to {
			live = append(live, c.t)
		}
	}
	a.live = live
	a.facts = o.facts
}
