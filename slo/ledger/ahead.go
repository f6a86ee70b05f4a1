package ledger

import (
	"context"

	"github.com/shopslo/shopslo/slo"
)

// ahead is a slice of history that is being fetched while the one before it is
// counted: fetching and counting each leave the other a processor.
type ahead struct {
	from, to int64
	batch    *batch
	cancel   context.CancelFunc
	series   chan []slo.Series // one answer, or none where Select failed
	counted  chan error        // what became of it: the end of Select's callback
	done     chan error        // how Select ended
}

// fetchAhead begins to read the slice after to, where there is one and all healthy raw
// accounts of the source go on together.
func (l *Ledger) fetchAhead(src *sourceState, b *batch, to, until int64) {
	if b != src.whole || to >= until || b.accounts[0].fault != nil {
		return
	}
	ctx, cancel := context.WithCancel(src.ctx) // it outlives the request that it begins in
	a := &ahead{from: to, to: l.sliceEnd(to, until, src.width), batch: b, cancel: cancel,
		series: make(chan []slo.Series), counted: make(chan error), done: make(chan error, 1)}
	src.ahead = a
	go func() {
		a.done <- src.source.Select(ctx, slo.Request{Selectors: b.selectors, From: a.from, To: a.to}, func(series []slo.Series) error {
			select {
			case a.series <- series:
				return <-a.counted
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
}

// fetched is Select for a slice that was fetched ahead.
func (a *ahead) fetched(ctx context.Context, f func([]slo.Series) error) error {
	defer a.cancel()
	select {
	case series := <-a.series:
		a.counted <- f(series)
		return <-a.done
	case err := <-a.done:
		return err
	case <-ctx.Done():
		a.cancel()
		<-a.done
		return ctx.Err()
	}
}

// dropAhead ends what is being fetched and is not wanted any more.
func (s *sourceState) dropAhead() {
	if a := s.ahead; a != nil {
		a.cancel()
		<-a.done
		s.ahead = nil
	}
}

// read asks the source for a slice with what lies shortly before it, or takes the one
// that was fetched ahead.
func (l *Ledger) read(ctx context.Context, src *sourceState, b *batch, before, from, to int64, f func([]slo.Series) error) error {
	a := src.ahead
	if a == nil || a.batch != b || a.from != from || a.to != to || before < from {
		src.dropAhead()
		return src.source.Select(ctx, slo.Request{Selectors: b.selectors, From: before, To: to}, f)
	}
	src.ahead = nil
	return a.fetched(ctx, f)
}
