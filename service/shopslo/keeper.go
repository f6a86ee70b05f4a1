package shopslo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/slo/ledger"
)

// keeper keeps an engine up to date with its source, and with its documents.
type keeper struct {
	Options
	metrics *ownMetrics
	branch  *calendarBranch // of which the calendar is read, where the configuration names one

	mu      sync.RWMutex
	engine  *engine.Engine
	outage  error                     // why no source could be read last time
	caught  time.Time                 // when counting had come up to the clock for the first time
	reading string                    // how far the first reading is
	failing map[string]ledger.Failing // by SLO; of tick alone
	down    map[string]bool           // sources that could not be read, of several; of tick alone
	behind  time.Duration             // how long to wait for the source's clock; of tick alone

	configuring sync.Mutex // held while the ledger is told what to count
	asked       time.Time  // when the source was last asked what refused SLOs mean; of tick alone

	looking    sync.Mutex     // held while looking for what does not exist, see look
	unseen     string         // why the last look failed; under looking
	background sync.WaitGroup // of looks
}

// count advances the ledger at each edge that may be closed, until ctx ends.
func (k *keeper) count(ctx context.Context) {
	for {
		wait := k.tick(ctx)
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
func (k *keeper) tick(ctx context.Context) time.Duration {
	e := k.current()
	now := k.Host.Now()
	res, delay := e.Docs.Config.Ledger.Resolution, e.Docs.Config.Ledger.Delay
	next := now.Add(-delay).Truncate(res).Add(res + delay)
	paused := false
	err := e.Advance(ctx, now, func(g ledger.Progress) bool {
		k.metrics.samples(g.Samples)
		k.readUpTo(g.Done)
		later := g.Done.Before(g.Until) && !k.Host.Now().Before(next)
		paused = paused || later // of any source
		return !later
	})
	if ctx.Err() != nil {
		return 0
	}
	k.metrics.tick(k.Host.Now().Sub(now), err)
	k.sources(e, now)
	k.look(ctx, e, now, err)
	k.askAgain(e, now)
	k.readCalendar(e)
	k.ticked(now, err, paused)
	k.uncounted(e)
	wait := max(next.Sub(k.Host.Now()), 0)
	newest, due := e.Ledger.Newest(), now.Add(-delay).Truncate(res)
	switch {
	case err != nil || len(k.down) > 0:
		return max(min(wait, retryAfter), time.Second)
	case !newest.IsZero() && newest.Before(due) && len(k.failing) == 0: // the source's clock is behind this one
		k.behind = min(2*k.behind+time.Second, res)
		return min(wait, k.behind)
	}
	k.behind = 0
	return wait
}

// sources tells of those that cannot be read, and when they are read again.
func (k *keeper) sources(e *engine.Engine, now time.Time) {
	down := map[string]bool{}
	for _, o := range e.Outages() {
		down[o.Source] = true
		if e.Docs.Config.Several() && !k.down[o.Source] {
			k.Log.Error("a source cannot be read; its budgets stay as they are, all others go on", "source", o.Source, "err", o.Err)
		}
	}
	for _, name := range e.Sources.Names() {
		if k.down[name] && !down[name] && e.Docs.Config.Several() {
			k.Log.Info("a source is read again", "source", name)
		}
		k.metrics.source(name, !down[name], now)
	}
	k.down = down
}

// uncounted tells of the SLOs that are not being counted, and when they are again.
func (k *keeper) uncounted(e *engine.Engine) {
	failing := map[string]ledger.Failing{}
	for _, f := range e.Ledger.Failing() {
		failing[f.SLO] = f
		if _, before := k.failing[f.SLO]; !before {
			k.Log.Warn("an SLO is not being counted; it is tried again, and all others are", "slo", f.SLO, "shopsets", strings.Join(f.Subjects, ","), "reason", f.Reason)
		}
	}
	for name := range k.failing {
		if _, still := failing[name]; !still {
			k.Log.Info("an SLO is being counted again", "slo", name)
		}
	}
	k.failing = failing
	k.metrics.counted(e.Docs.SLOs.SLOs, failing)
}

func (k *keeper) readUpTo(t time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reading = fmt.Sprintf("it is reading the source's history and has come to %s", t.Format(time.RFC3339))
}

// ticked notes how a tick ended.
func (k *keeper) ticked(now time.Time, err error, paused bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil && (k.outage == nil || k.outage.Error() != err.Error()) {
		k.Log.Error("counting failed; it goes on from the same edge when this is mended", "err", err)
	} else if err == nil && k.outage != nil {
		k.Log.Info("counting goes on")
	}
	if k.outage = err; err == nil && !paused && k.caught.IsZero() {
		k.caught = now
		k.metrics.caughtUp.Set(1)
		k.Log.Info("the budgets are up to date", "after", k.Host.Now().Sub(now).Round(time.Millisecond))
	}
}

func (k *keeper) current() *engine.Engine {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.engine
}

// reloads reads configuration and documents again at each SIGHUP.
func (k *keeper) reloads(ctx context.Context) {
	k.metrics.reloaded(k.Host.Now(), nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.Options.Reload:
		}
		err := k.reload(ctx)
		k.metrics.reloaded(k.Host.Now(), err)
		if err != nil {
			k.Log.Error("reload failed; the configuration from before stays", "err", err)
		} else {
			k.Log.Info("configuration and documents are reloaded")
		}
	}
}

// reload takes over new documents. Source and ledger stay as they are.
func (k *keeper) reload(ctx context.Context) error {
	old := k.current()
	d, err := documents.Load(k.Config)
	if err == nil {
		err = k.branch.read(ctx, d)
	}
	if err != nil {
		return err
	}
	if !sameGround(old.Docs, d) {
		return fmt.Errorf("%s: source, ledger, counting, mackerel, gate.log, gate.tell, target_labels or start_time_metric have changed: restart to take that over", d.Config.Path)
	}
	next := old.With(d)
	if next.NeedsMore(old) {
		return fmt.Errorf("%s: a longer window than before needs more history: restart to take that over", d.Config.Path)
	}
	if err := next.Sources.Ask(d); err != nil {
		return err
	}
	k.configuring.Lock()
	defer k.configuring.Unlock()
	if err := next.TakeOver(k.Host.Now()); err != nil {
		return errors.Join(err, old.TakeOver(k.Host.Now()))
	}
	next.FindAnew()
	next.LookFirst(k.Host.Now())
	k.mu.Lock()
	defer k.mu.Unlock()
	k.engine = next
	return nil
}

// sameGround reports whether all is the same that cannot change while running:
// everything about sources and ledger but what is scraped.
func sameGround(a, b *documents.Documents) bool {
	x, y := a.Config, b.Config
	return reflect.DeepEqual(ground(x.Sources), ground(y.Sources)) && x.Ledger == y.Ledger && x.Counting == y.Counting && reflect.DeepEqual(x.Mackerel, y.Mackerel) &&
		reflect.DeepEqual(x.Gate.Log, y.Gate.Log) && reflect.DeepEqual(x.Gate.Tell, y.Gate.Tell) &&
		reflect.DeepEqual(x.TargetLabels, y.TargetLabels) && x.StartTimeMetric == y.StartTimeMetric
}

// ground is what of sources cannot change.
func ground(all map[string]config.Source) map[string]config.Source {
	out := map[string]config.Source{}
	for name, s := range all {
		s.Alerts = nil
		if s.Embedded != nil {
			e := *s.Embedded
			e.ScrapeConfigs, e.Line = nil, 0
			s.Embedded = &e
		}
		out[name] = s
	}
	return out
}

// counting says why counting fails, and how far the first reading is; "" where all is well.
func (k *keeper) counting() (outage, reading string) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	switch {
	case k.outage != nil:
		return k.outage.Error(), ""
	case k.caught.IsZero():
		return "", cmp.Or(k.reading, "the source has not been read yet")
	}
	return "", ""
}

func (k *keeper) caughtUp() bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return !k.caught.IsZero()
}
