// Package shopslo is 'shopslo serve': it keeps an engine up to date, answers over HTTP with
// it, and tells those who want to know.
package shopslo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/engine/push"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// Options are what a server is told. All are needed but webConfig.
type Options struct {
	Host      host.Host
	Config    string // the configuration file, read again at each reload
	Listen    string // host:port
	WebConfig string // a file with TLS and basic authentication settings
	Log       *slog.Logger
	Reload    <-chan os.Signal // asks for a reload
}

// service is a running `serve`.
type service struct {
	Options

	mu      sync.RWMutex
	engine  *engine.Engine
	outage  error                     // why the source could not be read last time
	caught  time.Time                 // when counting had come up to the clock for the first time
	reading string                    // how far the first reading is
	failing map[string]ledger.Failing // by SLO; of tick alone
	behind  time.Duration             // how long to wait for the source's clock; of tick alone

	configuring sync.Mutex // held while the ledger is told what to count
	asked       time.Time  // when the source was last asked what refused SLOs mean; of tick alone

	looking    sync.Mutex     // held while looking for what does not exist, see look
	unseen     string         // why the last look failed; under looking
	background sync.WaitGroup // of looks

	registry *prometheus.Registry // of all metrics
	metrics  *ownMetrics
	pusher   *mackerel.Pusher // nil where nothing goes to Mackerel
	lookout  *lookout         // nil where nobody is told of Tiers that match their branch

	book *logbook.Logbook // where decisions are logged
	told *tidings         // who is told of them
}

// Serve runs until ctx ends or something that it cannot do without fails.
func Serve(ctx context.Context, o Options) error {
	log := o.Log
	d, err := documents.Load(o.Config)
	if err != nil {
		return err
	}
	if d.Config.Ledger.Dir == "" {
		log.Warn("no ledger.dir is configured: counts are kept in memory and read again from the source after a restart")
	}
	registry := prometheus.NewRegistry()
	src, err := source.Open(o.Host, d, registry, log)
	if err != nil {
		return err
	}
	e, err := engine.New(d, src, d.Config.Ledger.Dir, d.History()+documents.Margin, nil, o.Host.Now(), log)
	if err != nil {
		return errors.Join(err, src.Close())
	}
	for _, f := range e.Ledger.Failing() {
		log.Error("an SLO is not counted; the others are", "slo", f.SLO, "why", f.Reason)
	}
	s := &service{Options: o, engine: e, registry: registry, metrics: newOwnMetrics(registry, o.Host.Version)}
	if s.book, err = logbook.OpenServer(o.Host, d.Config); err != nil {
		return errors.Join(err, e.Close())
	}
	defer s.book.Close()
	s.told = newTidings(s.book, log)
	shell, err := s.shell()
	if err != nil {
		return errors.Join(err, e.Close())
	}
	s.routes(shell)
	if m := d.Config.Mackerel; m != nil {
		if s.pusher, err = push.Open(o.Host, m); err != nil {
			return errors.Join(err, e.Close())
		}
	}
	if s.lookout, err = openLookout(o.Host, d, log); err != nil {
		return errors.Join(err, e.Close())
	}
	return errors.Join(s.run(ctx, shell), e.Close())
}

// run runs the parts until the first of them ends, and ends the others.
func (s *service) run(ctx context.Context, shell *server.Server) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := []func() error{
		func() error { return shell.ListenAndServe(ctx, s.Listen) },
		func() error { s.count(ctx); return nil },
		func() error { s.reloads(ctx); return nil },
	}
	if db := s.engine.Source.Embedded; db != nil {
		parts = append(parts, func() error { return db.Run(ctx) })
	}
	if s.pusher != nil {
		parts = append(parts, func() error { return s.pushes(ctx, s.pusher) })
	}
	parts = append(parts, func() error { s.told.run(ctx); return nil })
	if s.lookout != nil {
		parts = append(parts, func() error { s.lookout.run(ctx); return nil })
	}
	errs := make(chan error, len(parts))
	for _, part := range parts {
		go func() { errs <- part() }()
	}
	var all error
	for range parts {
		if err := <-errs; err != nil && !errors.Is(err, context.Canceled) {
			all = errors.Join(all, err)
		}
		cancel()
	}
	s.background.Wait()
	return all
}

// count advances the ledger at each edge that may be closed, until ctx ends.
func (s *service) count(ctx context.Context) {
	for {
		wait := s.tick(ctx)
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
func (s *service) tick(ctx context.Context) time.Duration {
	e := s.current()
	now := s.Host.Now()
	res, delay := e.Docs.Config.Ledger.Resolution, e.Docs.Config.Ledger.Delay
	next := now.Add(-delay).Truncate(res).Add(res + delay)
	paused := false
	err := e.Ledger.Advance(ctx, now, func(g ledger.Progress) bool {
		s.metrics.samples(g.Samples)
		s.readUpTo(g.Done)
		paused = g.Done.Before(g.Until) && !s.Host.Now().Before(next)
		return !paused
	})
	if ctx.Err() != nil {
		return 0
	}
	s.metrics.tick(s.Host.Now().Sub(now), err)
	s.look(ctx, e, now, err)
	s.askAgain(e, now)
	s.ticked(now, err, paused)
	s.uncounted(e)
	wait := max(next.Sub(s.Host.Now()), 0)
	newest, due := e.Ledger.Newest(), now.Add(-delay).Truncate(res)
	switch {
	case err != nil:
		return max(min(wait, retryAfter), time.Second)
	case !newest.IsZero() && newest.Before(due) && len(s.failing) == 0: // the source's clock is behind this one
		s.behind = min(2*s.behind+time.Second, res)
		return min(wait, s.behind)
	}
	s.behind = 0
	return wait
}

// uncounted tells of the SLOs that are not being counted, and when they are again.
func (s *service) uncounted(e *engine.Engine) {
	failing := map[string]ledger.Failing{}
	for _, f := range e.Ledger.Failing() {
		failing[f.SLO] = f
		if _, before := s.failing[f.SLO]; !before {
			s.Log.Warn("an SLO is not being counted; it is tried again, and all others are", "slo", f.SLO, "shopsets", strings.Join(f.Subjects, ","), "reason", f.Reason)
		}
	}
	for name := range s.failing {
		if _, still := failing[name]; !still {
			s.Log.Info("an SLO is being counted again", "slo", name)
		}
	}
	s.failing = failing
	s.metrics.counted(e.Docs.SLOs.SLOs, failing)
}

func (s *service) readUpTo(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = fmt.Sprintf("it is reading the source's history and has come to %s", t.Format(time.RFC3339))
}

// ticked notes how a tick ended.
func (s *service) ticked(now time.Time, err error, paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && (s.outage == nil || s.outage.Error() != err.Error()) {
		s.Log.Error("counting failed; it goes on from the same edge when this is mended", "err", err)
	} else if err == nil && s.outage != nil {
		s.Log.Info("counting goes on")
	}
	if s.outage = err; err == nil && !paused && s.caught.IsZero() {
		s.caught = now
		s.metrics.caughtUp.Set(1)
		s.Log.Info("the budgets are up to date", "after", s.Host.Now().Sub(now).Round(time.Millisecond))
	}
}

func (s *service) current() *engine.Engine {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.engine
}

// reloads reads configuration and documents again at each SIGHUP.
func (s *service) reloads(ctx context.Context) {
	s.metrics.reloaded(s.Host.Now(), nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.Options.Reload:
		}
		err := s.reload()
		s.metrics.reloaded(s.Host.Now(), err)
		if err != nil {
			s.Log.Error("reload failed; the configuration from before stays", "err", err)
		} else {
			s.Log.Info("configuration and documents are reloaded")
		}
	}
}

// reload takes over new documents. Source and ledger stay as they are.
func (s *service) reload() error {
	old := s.current()
	d, err := documents.Load(s.Config)
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
	if err := next.Source.Ask(d); err != nil {
		return err
	}
	s.configuring.Lock()
	defer s.configuring.Unlock()
	if err := next.TakeOver(s.Host.Now()); err != nil {
		return errors.Join(err, old.TakeOver(s.Host.Now()))
	}
	next.FindAnew()
	next.LookFirst(s.Host.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = next
	return nil
}

// sameGround reports whether all is the same that cannot change while running:
// everything about source and ledger but what is scraped.
func sameGround(a, b *documents.Documents) bool {
	x, y := *a.Config, *b.Config
	if x.Source.Embedded != nil && y.Source.Embedded != nil {
		ex, ey := *x.Source.Embedded, *y.Source.Embedded
		ex.ScrapeConfigs, ey.ScrapeConfigs, ex.Line, ey.Line = nil, nil, 0, 0
		x.Source.Embedded, y.Source.Embedded = &ex, &ey
	}
	return reflect.DeepEqual(x.Source, y.Source) && x.Ledger == y.Ledger && x.Counting == y.Counting && reflect.DeepEqual(x.Mackerel, y.Mackerel) &&
		reflect.DeepEqual(x.Gate.Log, y.Gate.Log) && reflect.DeepEqual(x.Gate.Tell, y.Gate.Tell) &&
		reflect.DeepEqual(x.TargetLabels, y.TargetLabels) && x.StartTimeMetric == y.StartTimeMetric
}

// unreachable is the outage that the gate is told of, nil where the source answers.
func (s *service) unreachable() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if errors.Is(s.outage, slo.ErrUnavailable) {
		return s.outage
	}
	return nil
}
