package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// defaultListen is where `serve` listens: on this machine only, since without a web
// configuration there is neither TLS nor a password.
const defaultListen = "127.0.0.1:9876"

// serveFlags are the flags of `serve`, named as Prometheus' own servers name them.
type serveFlags struct {
	listen, webConfig   string
	logLevel, logFormat string
}

func (p *program) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keep the budgets up to date and answer over HTTP",
		Long: `serve reads samples as they come, keeps exact counts in the ledger, and answers
status and gate over HTTP at once. It reloads configuration and documents on
SIGHUP, and ends cleanly on SIGINT and SIGTERM.

  /board/          the fleet board, a web page for everybody; / leads there
  /api/v1/status   what 'shopslo status -o json' prints
  /api/v1/gate     what 'shopslo gate -o json' prints
  /api/v1/decisions  what 'shopslo decisions -o json' prints
  /api/v1/review   what 'shopslo report -o json' prints
  /metrics         the ledger's counts and the budgets, for Prometheus
  /-/healthy, /-/ready

It is ready as soon as it answers, whether or not the source can be read: the answers
say up to when all is counted, and what is not.`,
		Example: `  shopslo serve
  shopslo serve --config shops/shopslo.yaml --web.listen-address :9876 --web.config.file web.yml`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	fs := cmd.Flags()
	fs.StringVar(&f.listen, "web.listen-address", defaultListen, "`host:port` to listen on; port 0 is a free one")
	fs.StringVar(&f.webConfig, "web.config.file", "", "`file` with TLS and basic authentication settings, as Prometheus' exporters have it")
	fs.StringVar(&f.logLevel, "log.level", "info", "least `level` that is logged: debug, info, warn or error")
	fs.StringVar(&f.logFormat, "log.format", "text", "`format` of the log: text or json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		log, err := p.logger(f)
		if err != nil {
			return err
		}
		return p.serve(cmd.Context(), f, log)
	}
	return cmd
}

// service is a running `serve`.
type service struct {
	p   *program
	log *slog.Logger

	mu      sync.RWMutex
	engine  *engine
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

	metrics *ownMetrics
	pusher  *mackerel.Pusher // nil where nothing goes to Mackerel
	lookout *lookout         // nil where nobody is told of Tiers that match their branch
	hup     chan os.Signal   // asks for a reload

	book *logbook // where decisions are logged
	told *tidings // who is told of them
}

// serve runs until ctx ends or something that it cannot do without fails.
func (p *program) serve(ctx context.Context, f serveFlags, log *slog.Logger) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // also while starting, which can take a while
	defer signal.Stop(hup)
	d, err := p.load()
	if err != nil {
		return err
	}
	if d.config.Ledger.Dir == "" {
		log.Warn("no ledger.dir is configured: counts are kept in memory and read again from the source after a restart")
	}
	src, err := p.openSource(d, log)
	if err != nil {
		return err
	}
	e, err := newEngine(d, src, d.config.Ledger.Dir, d.history()+margin, nil, p.now(), log)
	if err != nil {
		return errors.Join(err, src.close())
	}
	for _, f := range e.ledger.Failing() {
		log.Error("an SLO is not counted; the others are", "slo", f.SLO, "why", f.Reason)
	}
	s := &service{p: p, log: log, engine: e, metrics: newOwnMetrics(p.registry), hup: hup}
	if s.book, err = p.openServerLogbook(d.config); err != nil {
		return errors.Join(err, e.Close())
	}
	defer s.book.close()
	s.told = newTidings(s.book, log)
	shell, err := p.shell(f, log)
	if err != nil {
		return errors.Join(err, e.Close())
	}
	s.routes(shell)
	if m := d.config.Mackerel; m != nil {
		if s.pusher, err = p.openPusher(m); err != nil {
			return errors.Join(err, e.Close())
		}
	}
	if s.lookout, err = p.openLookout(d.config, log); err != nil {
		return errors.Join(err, e.Close())
	}
	return errors.Join(s.run(ctx, shell, f.listen), e.Close())
}

// run runs the parts until the first of them ends, and ends the others.
func (s *service) run(ctx context.Context, shell *server.Server, listen string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := []func() error{
		func() error { return shell.ListenAndServe(ctx, listen) },
		func() error { s.count(ctx); return nil },
		func() error { s.reloads(ctx); return nil },
	}
	if db := s.engine.source.embedded; db != nil {
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
	now := s.p.now()
	res, delay := e.docs.config.Ledger.Resolution, e.docs.config.Ledger.Delay
	next := now.Add(-delay).Truncate(res).Add(res + delay)
	paused := false
	err := e.ledger.Advance(ctx, now, func(g ledger.Progress) bool {
		s.metrics.samples(g.Samples)
		s.readUpTo(g.Done)
		paused = g.Done.Before(g.Until) && !s.p.now().Before(next)
		return !paused
	})
	if ctx.Err() != nil {
		return 0
	}
	s.metrics.tick(s.p.now().Sub(now), err)
	s.look(ctx, e, now, err)
	s.askAgain(e, now)
	s.ticked(now, err, paused)
	s.uncounted(e)
	wait := max(next.Sub(s.p.now()), 0)
	newest, due := e.ledger.Newest(), now.Add(-delay).Truncate(res)
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
func (s *service) uncounted(e *engine) {
	failing := map[string]ledger.Failing{}
	for _, f := range e.ledger.Failing() {
		failing[f.SLO] = f
		if _, before := s.failing[f.SLO]; !before {
			s.log.Warn("an SLO is not being counted; it is tried again, and all others are", "slo", f.SLO, "shopsets", strings.Join(f.Subjects, ","), "reason", f.Reason)
		}
	}
	for name := range s.failing {
		if _, still := failing[name]; !still {
			s.log.Info("an SLO is being counted again", "slo", name)
		}
	}
	s.failing = failing
	s.metrics.counted(e.docs.slos.SLOs, failing)
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
		s.log.Error("counting failed; it goes on from the same edge when this is mended", "err", err)
	} else if err == nil && s.outage != nil {
		s.log.Info("counting goes on")
	}
	if s.outage = err; err == nil && !paused && s.caught.IsZero() {
		s.caught = now
		s.metrics.caughtUp.Set(1)
		s.log.Info("the budgets are up to date", "after", s.p.now().Sub(now).Round(time.Millisecond))
	}
}

func (s *service) current() *engine {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.engine
}

// reloads reads configuration and documents again at each SIGHUP.
func (s *service) reloads(ctx context.Context) {
	s.metrics.reloaded(s.p.now(), nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.hup:
		}
		err := s.reload()
		s.metrics.reloaded(s.p.now(), err)
		if err != nil {
			s.log.Error("reload failed; the configuration from before stays", "err", err)
		} else {
			s.log.Info("configuration and documents are reloaded")
		}
	}
}

// reload takes over new documents. Source and ledger stay as they are.
func (s *service) reload() error {
	old := s.current()
	d, err := s.p.load()
	if err != nil {
		return err
	}
	if !sameGround(old.docs, d) {
		return fmt.Errorf("%s: source, ledger, counting, mackerel, gate.log, gate.tell, target_labels or start_time_metric have changed: restart to take that over", d.config.Path)
	}
	next := &engine{docs: d, source: old.source, ledger: old.ledger, alerts: d.config.BurnRates}
	if next.fine() > old.fine() || d.longestWindow() > old.docs.longestWindow() {
		return fmt.Errorf("%s: a longer window than before needs more history: restart to take that over", d.config.Path)
	}
	if err := d.ask(next.source); err != nil {
		return err
	}
	s.configuring.Lock()
	defer s.configuring.Unlock()
	if err := next.takeOver(s.p.now()); err != nil {
		return errors.Join(err, old.takeOver(s.p.now()))
	}
	next.finder = newFinder(d, next.source, d.plan(next.source, nil), next.ledger)
	next.lookFirst(s.p.now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = next
	return nil
}

// takeOver makes ledger and scraping follow the engine's documents.
func (e *engine) takeOver(now time.Time) error {
	if err := e.ledger.Configure(e.docs.plan(e.source, nil), now); err != nil {
		return err
	}
	if e.source.embedded == nil {
		return nil
	}
	scrape, err := scrapeOf(e.docs.config)
	if err != nil {
		return err
	}
	return e.source.embedded.Reload(scrape)
}

// sameGround reports whether all is the same that cannot change while running:
// everything about source and ledger but what is scraped.
func sameGround(a, b *documents) bool {
	x, y := *a.config, *b.config
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

// logger writes the log to the error stream.
func (p *program) logger(f serveFlags) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, usageErrorf("--log.level: %q is not debug, info, warn or error", f.logLevel)
	}
	o := &slog.HandlerOptions{Level: level}
	switch f.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(p.stderr, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(p.stderr, o)), nil
	}
	return nil, usageErrorf("--log.format: %q is not text or json", f.logFormat)
}
