package ledger

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// Advance counts everything up to the newest edge that may be closed at now, and by
// the source's own Clock. A source that cannot be read keeps its accounts where they
// are, to go on from there next time, and does not stop the others; the errors of all
// are returned together. What cannot be counted of a source that answers is no error:
// slo.Account.Failure and Failing tell of it, and it is tried again, less and less
// often and when the others are done.
//
// All sources are asked at once, each for one thing at a time; or only those that are named.
// It returns when the last of them is done: so that none waits for another, each is read by an
// Advance of its own, which may run at the same time.
//
// progress, which may be nil, is told of each step, of one after the other. Where it returns false, Advance
// leaves the rest of that source for the next call: a long history can be read bit
// by bit between the ticks of those that are up to date.
func (l *Ledger) Advance(ctx context.Context, now time.Time, progress func(Progress) bool, only ...string) error {
	for {
		within, done := l.traffic.enter(ctx)
		err := l.advance(within, now, progress, only)
		again := interrupted(within)
		done()
		if !again {
			return err
		}
	}
}

func (l *Ledger) advance(ctx context.Context, now time.Time, progress func(Progress) bool, only []string) error {
	if err := l.mend(); err != nil {
		return err
	}
	var telling sync.Mutex
	widest := int64(0) // what was read at once
	report := func(g Progress) bool {
		telling.Lock()
		defer telling.Unlock()
		widest = max(widest, g.span)
		return progress == nil || progress(g)
	}
	names := slices.Sorted(maps.Keys(l.sources))
	if len(only) > 0 {
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(only, name) })
	}
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			src := l.sources[name]
			src.reading.Lock()
			defer src.reading.Unlock()
			errs[i] = l.advanceSource(ctx, src, now, report)
			if !interrupted(ctx) {
				l.ended(src, errs[i])
			}
		})
	}
	all.Wait()
	if widest > l.res()*blockBuckets { // ticks need far less memory than history
		l.counting.Lock()
		l.workers = nil
		l.counting.Unlock()
	}
	return errors.Join(errs...)
}

// traffic lets any number of readings go on at once, and none while something is changed that
// all of them use.
type traffic struct {
	readings sync.RWMutex
	changing sync.Mutex // one change after the other

	mu   sync.Mutex
	open context.Context // ends when a change is to be made; nil: none has been
	end  context.CancelCauseFunc
}

// errInterrupted is the cause of a reading's end that is to be begun again.
var errInterrupted = errors.New("what is counted changes")

func interrupted(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errInterrupted) }

// enter begins a reading, and gives its context.
func (t *traffic) enter(ctx context.Context) (within context.Context, done func()) {
	t.readings.RLock()
	within, cancel := context.WithCancelCause(ctx)
	unlink := context.AfterFunc(t.opened(), func() { cancel(errInterrupted) })
	return within, func() {
		unlink()
		cancel(nil)
		t.readings.RUnlock()
	}
}

func (t *traffic) opened() context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open, t.end = context.WithCancelCause(context.Background())
	}
	return t.open
}

// stop interrupts all readings, also those that wait for a source, and returns when they have
// ended. They begin again when goOn is called.
func (t *traffic) stop() (goOn func()) {
	t.changing.Lock()
	t.opened()
	t.mu.Lock()
	t.end(nil)
	t.mu.Unlock()
	t.readings.Lock()
	return func() {
		t.mu.Lock()
		t.open = nil
		t.mu.Unlock()
		t.readings.Unlock()
		t.changing.Unlock()
	}
}

// A turn is a source's to count what it has read: samples are waited for from all sources
// at once, and counted, which takes all processors, of one after the other.
type turn struct {
	l    *Ledger
	held bool
}

func (t *turn) take() {
	if !t.held {
		t.l.counting.Lock()
		t.held = true
	}
}

// aside lets others count while the source is asked once more. What was counted in this turn stays as it is: its
// workers are not for others, and nothing is forgotten meanwhile. back takes the turn again.
func (t *turn) aside() (back func()) {
	mine := t.l.workers
	t.l.workers = nil
	t.l.aside++
	t.end()
	return func() {
		t.take()
		t.l.workers = mine
		t.l.aside--
	}
}

func (t *turn) end() {
	if t.held {
		t.l.counting.Unlock()
		t.held = false
	}
}
