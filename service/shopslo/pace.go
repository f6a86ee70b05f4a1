package shopslo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo/ledger"
)

// pace is how one source is read: at its own pace, so that none that hangs or has much history
// stops another.
type pace struct {
	*keeper
	source string

	// Of tick alone.
	behind time.Duration  // how long to wait for the source's clock
	down   bool           // it could not be read, and that was told
	asked  time.Time      // when it was last asked what refused SLOs mean
	tried  *engine.Engine // the engine of vain
	vain   []refused      // what it took over, and which is refused still

	looking sync.Mutex // held while looking for what does not exist, see look
	unseen  string     // why the last look failed; under looking

	// What the keeper knows of it, under its mu.
	err     error
	ended   bool      // the last tick has come up to the clock, or failed
	caught  bool      // one that counted something has come up to the clock
	heard   time.Time // when it last began or came further
	reading string    // how far the first reading is
}

// count advances the ledger at each edge that may be closed, until ctx ends.
func (p *pace) count(ctx context.Context) {
	for {
		wait := p.tick(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// retryAfter is how soon a failed reading is tried again, or at the next edge if
// that is sooner.
const retryAfter = 15 * time.Second

// tick advances once and returns how long to wait for the next edge. History that
// is still to be read is left for the next tick as soon as an edge is due.
func (p *pace) tick(ctx context.Context) time.Duration {
	e, now := p.current(), p.Host.Now()
	res, delay := e.Docs.Config.Ledger.Resolution, e.Docs.Config.Delay(p.source)
	next := now.Add(-delay).Truncate(res).Add(res + delay)
	p.begins(now)
	paused := false
	err := e.Advance(ctx, now, func(g ledger.Progress) bool {
		p.metrics.samples(g.Samples)
		p.readUpTo(g.Done)
		later := g.Done.Before(g.Until) && !p.Host.Now().Before(next)
		paused = paused || later
		return !later
	}, p.source)
	if ctx.Err() != nil {
		return 0
	}
	p.metrics.tick(p.Host.Now().Sub(now), err)
	p.told(e, now)
	p.look(ctx, e, now, err)
	p.askAgain(e, now)
	p.readCalendar(e)
	p.ticked(p, now, err, paused)
	p.uncounted(e, paused)
	wait := max(next.Sub(p.Host.Now()), 0)
	newest, due := e.Newest(p.source), now.Add(-delay).Truncate(res)
	switch {
	case err != nil || p.down:
		return max(min(wait, retryAfter), time.Second)
	case !newest.IsZero() && newest.Before(due) && !p.fails(e): // the source's clock is behind this one
		p.behind = min(2*p.behind+time.Second, res)
		return min(wait, p.behind)
	}
	p.behind = 0
	return wait
}

// told tells when the source cannot be read, and when it is read again.
func (p *pace) told(e *engine.Engine, now time.Time) {
	down := false
	for _, o := range e.Outages() {
		if o.Source != p.source {
			continue
		}
		if down = true; e.Docs.Config.Several() && !p.down {
			p.Log.Error("a source cannot be read; its budgets stay as they are, all others go on", "source", o.Source, "err", o.Err)
		}
	}
	if p.down && !down && e.Docs.Config.Several() {
		p.Log.Info("a source is read again", "source", p.source)
	}
	p.metrics.source(p.source, !down, now)
	p.down = down
}

// fails reports whether an SLO that is read from the source is not being counted.
func (p *pace) fails(e *engine.Engine) bool {
	return slices.ContainsFunc(e.Ledger.Failing(), func(f ledger.Failing) bool {
		return slices.ContainsFunc(f.Subjects, func(id string) bool {
			s := e.Docs.SLONamed(f.SLO)
			set, ok := e.Docs.Fleet.ShopSet(fleet.ShopSetName(id))
			return s != nil && ok && slices.Contains(documents.SourcesFor(e.Docs, s, set), p.source) // else it was reloaded meanwhile
		})
	})
}

func (p *pace) begins(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = now
}

func (p *pace) readUpTo(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = p.Host.Now()
	p.reading = fmt.Sprintf("it is reading %s's history and has come to %s", p.name(), t.Format(time.RFC3339))
}

// name is the source's, in a sentence.
func (p *pace) name() string {
	if len(p.paces) > 1 {
		return "source " + p.source
	}
	return "the source"
}

// ticked notes how a tick of a source ended, and tells of what that means for all.
func (k *keeper) ticked(p *pace, now time.Time, err error, paused bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p.err, p.ended = err, err != nil || !paused
	p.caught = p.caught || err == nil && p.ended && k.engine.Reads(p.source)
	outage := k.noneRead()
	if outage != nil && (k.outage == nil || k.outage.Error() != outage.Error()) {
		k.Log.Error("counting failed; it goes on from the same edge when this is mended", "err", outage)
	} else if outage == nil && k.outage != nil {
		k.Log.Info("counting goes on")
	}
	if k.outage = outage; outage == nil && k.allEnded(k.Host.Now()) && k.caught.IsZero() {
		k.caught = now
	}
	if !k.caught.IsZero() {
		k.tellHowFar(k.Host.Now().Sub(now))
	}
}

// tellHowFar tells of which sources the budgets are up to date, whenever that is another answer.
// It is under mu.
func (k *keeper) tellHowFar(after time.Duration) {
	far, upTo := "the budgets are up to date", 1.
	if behind := k.unread(); len(behind) > 0 {
		names := make([]string, len(behind))
		for i, p := range behind {
			names[i] = p.name()
		}
		far, upTo = far+", except those of "+strings.Join(names, ", ")+", whose history is still being read", 0
	}
	if far == k.far {
		return
	}
	k.far = far
	k.metrics.caughtUp.Set(upTo)
	k.Log.Info(far, "after", after.Round(time.Millisecond))
}

// unread are the paces of sources whose first reading goes on: it has neither come up to the
// clock nor failed. It is under mu.
func (k *keeper) unread() []*pace {
	return slices.DeleteFunc(k.used(), func(p *pace) bool { return p.caught || p.err != nil })
}

// used are the paces of sources of which something is counted, by name. It is under mu.
func (k *keeper) used() (all []*pace) {
	for _, name := range k.engine.Sources.Names() {
		if k.engine.Reads(name) {
			all = append(all, k.paces[name])
		}
	}
	return all
}

// noneRead is why no source could be read last time, or nothing of what was read could be
// kept; nil: some could. It is under mu.
func (k *keeper) noneRead() error {
	var errs []error
	used := k.used()
	for _, p := range used {
		if errors.Is(p.err, ledger.ErrStore) {
			return p.err
		}
		if p.err != nil {
			errs = append(errs, p.err)
		}
	}
	if len(errs) < len(used) {
		return nil
	}
	return errors.Join(errs...)
}

// silence is how long a source may say nothing before nobody waits for its history.
const silence = 15 * time.Second

// allEnded reports whether each source has been read up to the clock, or cannot be. It is under mu.
func (k *keeper) allEnded(now time.Time) bool {
	used := k.used()
	read := len(used) == 0
	for _, p := range used {
		switch {
		case p.ended:
			read = read || p.err == nil
		case now.Sub(p.heard) < silence:
			return false
		}
	}
	return read
}

// counting says why counting fails, and how far the first reading is; "" where all is well.
func (k *keeper) counting() (outage, reading string) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.outage != nil {
		return k.outage.Error(), ""
	}
	var far []string
	for _, p := range k.unread() {
		far = append(far, cmp.Or(p.reading, p.name()+" has not been read yet"))
	}
	return "", strings.Join(far, "; ")
}

func (k *keeper) caughtUp() bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return !k.caught.IsZero()
}
