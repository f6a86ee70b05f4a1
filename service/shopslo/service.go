// Package shopslo is 'shopslo serve': it keeps an engine up to date, answers over HTTP with
// it, and tells those who want to know.
package shopslo

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/engine/push"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/internal/server"
	"github.com/shopslo/shopslo/mackerel"
)

// Options are what a server is told. All are needed but WebConfig.
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

	keeper *keeper

	registry *prometheus.Registry // of all metrics
	metrics  *ownMetrics          // of the service itself
	pusher   *mackerel.Pusher     // nil where nothing goes to Mackerel
	lookout  *lookout             // nil where nobody is told of Tiers that match their branch

	book *logbook.Logbook // where decisions are logged
	told *tidings         // who is told of them

	limits *limits // of what each client may have logged

	user func(*http.Request) string // whose password a request came with; "": nobody's
}

// Serve runs until ctx ends or something that it cannot do without fails. It listens before
// it has read what it keeps, which can take minutes: until then it answers that it is
// starting.
func Serve(ctx context.Context, o Options) error {
	d, err := documents.Load(o.Config)
	if err != nil {
		return err
	}
	s := &service{Options: o, registry: prometheus.NewRegistry()}
	s.metrics = newOwnMetrics(s.registry, o.Host.Version, slices.Sorted(maps.Keys(d.Config.Sources)))
	shell, err := s.shell()
	if err != nil {
		return err
	}
	l, err := server.Listen(ctx, o.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listening := make(chan error, 1)
	go func() { listening <- shell.Serve(ctx, l) }()
	if err := s.load(ctx, d); err != nil {
		cancel()
		return errors.Join(err, <-listening)
	}
	defer s.book.Close()
	s.routes(shell)
	shell.Opened()
	return errors.Join(s.run(ctx, cancel, listening), s.keeper.current().Close())
}

// load reads all that is kept, and what is needed to count and to answer.
func (s *service) load(ctx context.Context, d *documents.Documents) error {
	o, log := s.Options, s.Log
	if d.Config.Ledger.Dir == "" {
		log.Warn("no ledger.dir is configured: counts are kept in memory and read again from the source after a restart")
	}
	branch := &calendarBranch{host: o.Host, log: log}
	if err := branch.read(ctx, d); err != nil {
		return err
	}
	src, err := source.Open(o.Host, d, s.registry, log)
	if err != nil {
		return err
	}
	e, err := engine.New(o.Host, d, src, d.Config.Ledger.Dir, d.History()+documents.Margin, nil, o.Host.Now(), log)
	if err != nil {
		return errors.Join(err, src.Close())
	}
	for _, f := range e.Ledger.Failing() {
		log.Error("an SLO is not counted; the others are", "slo", f.SLO, "why", f.Reason)
	}
	s.keeper = newKeeper(o, e, branch, s.metrics)
	if s.book, err = logbook.OpenServer(o.Host, d.Config); err != nil {
		return errors.Join(err, e.Close())
	}
	if err := s.prepare(d, e); err != nil {
		return errors.Join(err, s.book.Close(), e.Close())
	}
	return nil
}

// prepare opens what answers and messages take beside the engine.
func (s *service) prepare(d *documents.Documents, e *engine.Engine) (err error) {
	if l := d.Config.Gate.Log; l != nil {
		s.limits = newLimits(l.MaxPerMinute)
	}
	e.Witnesses.Known = s.firstRead(d.Config)
	s.keeper.readCalendar(e) // from now on it is known what was planned
	s.told = newTidings(s.book, s.metrics, s.Log)
	if m := d.Config.Mackerel; m != nil {
		if s.pusher, err = push.Open(s.Host, m); err != nil {
			return err
		}
	}
	s.lookout, err = openLookout(s.Host, d, s.metrics, s.Log)
	return err
}

// run runs the parts until the first of them ends, and ends the others by cancel. The server
// is running already, and tells when it ends.
func (s *service) run(ctx context.Context, cancel context.CancelFunc, listening <-chan error) error {
	parts := []func() error{
		func() error { return <-listening },
		func() error { s.keeper.reloads(ctx); return nil },
		func() error { s.keeper.fetches(ctx); return nil },
	}
	for name, src := range s.keeper.engine.Sources {
		parts = append(parts, func() error { s.keeper.paces[name].count(ctx); return nil })
		if db := src.Embedded; db != nil {
			parts = append(parts, func() error { return db.Run(ctx) })
		}
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
	s.keeper.background.Wait()
	return all
}
