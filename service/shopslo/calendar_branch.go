package shopslo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/promoted"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/gittree"
)

// calendarBranch keeps the calendar of a branch as it was last fetched.
type calendarBranch struct {
	host host.Host
	log  *slog.Logger

	mu    sync.Mutex
	of    config.Gate     // of which branch, and which files
	files []document.File // as they were
	from  string          // where, and of which commit
	at    time.Time       // when; zero: never
	err   error           // why it could not be fetched last time
}

// longestAway is how long a calendar counts that could not be fetched again, where
// gate.max_git_age says nothing.
const longestAway = 5 * time.Minute

// longestFetch is how long a start or a reload waits for the calendar: one that comes later is
// taken over at an edge.
const longestFetch = 10 * time.Second

// read lets documents read the calendar from the branch that their configuration names, if it
// does, and fetches it. A repository that is away or hangs is no error: decisions say so.
func (b *calendarBranch) read(ctx context.Context, d *documents.Documents) error {
	if d.Config.Gate.CalendarFrom == nil {
		return nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, longestFetch, errLate)
	defer cancel()
	if _, err := b.fetch(limited, d.Config); err != nil && !errors.Is(err, gittree.ErrUnreachable) {
		return err
	}
	err := d.CalendarIn(func() ([]document.File, string, error) { return b.last(d.Config) })
	if errors.Is(err, gittree.ErrUnreachable) {
		return nil
	}
	return documents.FaultsOf(err)
}

// errLate is the error of a calendar that did not come in time.
var errLate = fmt.Errorf("the calendar %w: no answer within %v", gittree.ErrUnreachable, longestFetch)

// fetch fetches the calendar, and reports whether its commit is another one.
func (b *calendarBranch) fetch(ctx context.Context, c *config.Config) (changed bool, err error) {
	now := b.host.Now() // what came while it was fetched may not be in it
	files, from, err := promoted.CalendarFiles(ctx, b.host, c)
	if late := context.Cause(ctx); errors.Is(late, errLate) {
		err = late
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.err
	if b.err = err; ctx.Err() != nil && !errors.Is(err, errLate) {
		return false, ctx.Err()
	}
	if err != nil {
		if was == nil || was.Error() != err.Error() {
			b.log.Error("the calendar could not be fetched; it is tried again at each edge", "err", err)
		}
		return false, err
	}
	if was != nil {
		b.log.Info("the calendar is fetched again")
	}
	changed = b.from != from
	b.of, b.files, b.from, b.at = c.Gate, files, from, now
	return changed, nil
}

// last gives the calendar that a configuration names as it was last fetched, if that is not
// too long ago, whether the next fetch has failed or still goes on: an edge later than that the
// next one should be there. That of another branch or of other files, as after a reload, does
// not count.
func (b *calendarBranch) last(c *config.Config) ([]document.File, string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	of, from := c.Gate, cmp.Or(b.from, "The calendar")
	age, most := b.host.Now().Sub(b.at), cmp.Or(of.MaxGitAge, longestAway)
	switch {
	case b.at.IsZero(), !reflect.DeepEqual(b.of.CalendarFrom, of.CalendarFrom), !slices.Equal(b.of.Calendar, of.Calendar):
		return nil, "The calendar", cmp.Or(b.err, gittree.ErrUnreachable)
	case b.err != nil && age > most, age > most+c.Ledger.Resolution:
		why := cmp.Or(b.err, fmt.Errorf("the fetch that is to be the next %w: it has not ended", gittree.ErrUnreachable))
		return nil, from, fmt.Errorf("%w; it was last fetched %s ago (limit %s)", why, age.Round(time.Second), document.Duration{Duration: most})
	}
	return b.files, from, nil
}

// fetches fetches the calendar at each edge, until ctx ends: what is planned has to be known
// before it begins.
func (k *keeper) fetches(ctx context.Context) {
	for {
		e := k.current()
		select {
		case <-ctx.Done():
			return
		case <-time.After(e.Docs.Config.Ledger.Resolution):
		}
		if e = k.current(); e.Docs.Config.Gate.CalendarFrom == nil {
			continue
		}
		if changed, err := k.branch.fetch(ctx, e.Docs.Config); err != nil || !changed {
			continue
		}
		k.leaveOut()
	}
}

// leaveOut lets the budgets leave out what the calendar says now.
func (k *keeper) leaveOut() {
	k.configuring.Lock()
	defer k.configuring.Unlock()
	e := k.current()
	c, from, err := e.Docs.Calendar()
	if err != nil {
		k.Log.Error("the calendar cannot be read; its exclusions stay as they were", "err", err)
		return
	}
	k.Log.Info("the calendar is another one", "from", from)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.engine = e.Leaving(c.Exclusions)
}
