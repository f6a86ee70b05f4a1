package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shopslo/shopslo/exporters/shopset"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube"
	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/server"
)

// service is the running program.
type service struct {
	p        *program
	f        *flags
	log      *slog.Logger
	watcher  *kube.Watcher
	releases *releases // nil: no repository is read
	exporter *shopset.Exporter
	state    *shopset.State

	changed chan struct{} // something but the clusters has changed

	docs   documents
	began  time.Time
	stored shopset.StateHealth
	tried  time.Time         // when the state file was last written, or could not be
	faults map[string]string // what was last logged about a matter

	mu      sync.Mutex
	judge   bool  // the fleet was judged once
	unknown error // why there is no fleet
}

// serve runs until ctx ends, or something that it cannot do without fails.
func (p *program) serve(ctx context.Context, f *flags, log *slog.Logger) error {
	if err := f.check(); err != nil {
		return err
	}
	p.thrifty()
	cli.LimitMemory(log)
	p.watchful(f.grace)
	s := &service{p: p, f: f, log: log, changed: make(chan struct{}, 1), faults: map[string]string{}, began: p.now()}
	unlock, err := shopset.LockState(f.state)
	if err != nil {
		return failure{err}
	}
	defer unlock()
	state, remembered, err := shopset.OpenState(f.state)
	if err != nil {
		return err
	}
	s.state = state
	if err := s.docs.open(f, remembered.Fleet(), p.now()); err != nil {
		return err
	}
	if f.state == "" {
		log.Warn("no --state.file: what Argo CD does not keep, such as since when a ShopSet drifts, is forgotten with a restart")
	}
	if s.releases, err = openReleases(ctx, f, p.env, p.now, log, s.notify); err != nil {
		return err
	}
	known := kube.Config{Repository: f.gitSystem, Projects: true, Components: s.components, Tree: s.releases.tree(ctx)}
	if s.watcher, err = p.openClusters(ctx, f, log, known); err != nil {
		return err
	}
	s.exporter = shopset.New(s.docs.fleet, remembered, shopset.Options{MaxAge: f.maxAge, Build: shopset.Build(cli.ThisBuild())})
	s.tell(nil, nil)
	shell, err := s.shell()
	if err != nil {
		return err
	}
	return s.run(ctx, shell)
}

// components are those that a ShopSet's document has. Only who judges the fleet asks.
func (s *service) components(name fleet.ShopSetName) []fleet.ComponentName {
	set, _ := s.docs.fleet.ShopSet(name)
	return set.Components
}

// gcPercent is how much the heap may grow until garbage is collected: what is kept
// hardly changes, so that half of the memory of Go's own 100 costs next to no time.
const gcPercent = 30

// thrifty has garbage collected early, where GOGC does not say when.
func (p *program) thrifty() {
	if !slices.ContainsFunc(p.env, func(e string) bool { return strings.HasPrefix(e, "GOGC=") }) {
		debug.SetGCPercent(gcPercent)
	}
}

// watchful has a connection that is dead without a word found within half of the grace,
// where the environment does not say otherwise: Kubernetes' client waits for 45 seconds.
func (p *program) watchful(grace time.Duration) {
	seconds := strconv.Itoa(max(1, int(grace/4/time.Second)))
	for _, name := range []string{"HTTP2_READ_IDLE_TIMEOUT_SECONDS", "HTTP2_PING_TIMEOUT_SECONDS"} {
		if !slices.ContainsFunc(p.env, func(e string) bool { return strings.HasPrefix(e, name+"=") }) {
			os.Setenv(name, seconds)
		}
	}
}

// notify has the fleet judged soon.
func (s *service) notify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// run runs the parts until ctx or one of them ends, and keeps what is remembered.
func (s *service) run(ctx context.Context, shell *server.Server) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.f.listen)
	if err != nil {
		return failure{fmt.Errorf("listen on %s: %w", s.f.listen, err)}
	}
	s.log.Info("listening", "address", l.Addr().String())
	if s.p.listening != nil {
		s.p.listening(l.Addr().String())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	parts.Go(func() { s.watcher.Run(ctx) })
	if s.releases != nil {
		parts.Go(func() { s.releases.run(ctx) })
	}
	parts.Go(func() { s.judging(ctx) })
	err = shell.Serve(ctx, l)
	cancel()
	parts.Wait()
	if _, saving := s.exporter.Save(s.state); saving != nil {
		err = errors.Join(err, saving)
	}
	if err != nil {
		return failure{err}
	}
	return nil
}

// Times of judging the fleet.
const (
	settle    = time.Second      // what comes together is judged together
	together  = time.Second / 4  // the same for changes of Applications
	whole     = 5 * time.Minute  // how often all is read anew at least, though nothing else than time has passed
	share     = 50               // a large fleet that changes all the time is judged for 1/50 of the time
	patience  = 30 * time.Second // how long a cluster may take to be read for the first time
	saveEvery = 10 * time.Second // how often what is remembered is written at most
	saveSoon  = time.Second      // how long the first change after a rest may wait for that
)

// judging takes changes of Applications in as they come, and what has become too old
// at a steady pace. It judges the whole fleet when something else has changed, and now
// and then, until ctx ends.
func (s *service) judging(ctx context.Context) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	steady, save := time.NewTicker(s.f.refresh), time.NewTicker(saveSoon)
	defer steady.Stop()
	defer save.Stop()
	for {
		begun := s.p.now()
		s.refresh(ctx)
		settled := time.After(max(settle, min(share*s.p.now().Sub(begun), s.f.refresh)))
		changed, gather := s.watcher.Changed(), (<-chan time.Time)(nil)
		for due, rested := false, false; !due || !rested; {
			select {
			case <-ctx.Done():
				return
			case <-settled:
				rested = true
			case <-changed:
				changed, gather = nil, time.After(together)
			case <-gather:
				changed, gather = s.watcher.Changed(), nil
				due = s.take(ctx) || due
			case <-s.changed:
				due = true
			case <-steady.C:
				due = s.take(ctx) || due || s.p.now().Sub(begun) >= whole
			case <-save.C:
				s.save()
			case <-hup:
				s.reload()
				due = true
			}
		}
	}
}

// refresh judges the fleet now. Before every cluster was read once, or could not be
// for a while, it does not: what is not there yet would be Unknown.
func (s *service) refresh(ctx context.Context) {
	if !s.ready(s.health()) {
		return
	}
	s.declarations()
	if !s.docs.known {
		return
	}
	heads, history := s.releases.heads(ctx, s.docs.fleet)
	lost := s.watcher.Lost()
	seen := unseen(s.docs.fleet, lost, placed(s.docs.fleet, lost, s.watcher.Observations(s.releases.behind(ctx))))
	view := shopset.View{Fleet: s.docs.fleet, Observations: seen, Heads: heads, History: history}
	if ctx.Err() != nil {
		return // git was interrupted, which says nothing
	}
	s.exporter.Refresh(s.p.now(), view)
	s.health() // how old the branches are that were read
	s.mu.Lock()
	first := !s.judge
	s.judge = true
	s.mu.Unlock()
	if first {
		debug.FreeOSMemory() // reading all clusters took more than will be needed again
	}
}

// health tells how the exporter itself is doing, and gives the state of the clusters.
func (s *service) health() []kube.ClusterState {
	clusters := s.watcher.Clusters()
	s.compared(clusters)
	health := shopset.Health{Clusters: clusterHealth(clusters), State: s.stored}
	if s.releases != nil {
		git := s.releases.state()
		health.Git = &git
	}
	s.exporter.Health(health)
	return clusters
}

// compared logs where no Application of a cluster was compared for so long that nothing of
// them is believed.
func (s *service) compared(clusters []kube.ClusterState) {
	for _, c := range clusters {
		old := s.f.maxAge > 0 && c.Err == nil && !c.Compared.IsZero() && s.p.now().Sub(c.Compared) > s.f.maxAge
		matter, text := "compared "+c.Name, ""
		if old {
			if text = c.Compared.UTC().Format(time.RFC3339); s.faults[matter] == "" {
				s.log.Warn("Argo CD compares no Application any more, so that all are Unknown: its controller is down, or timeout.reconciliation is 0 (then set --max-age 0)",
					"cluster", c.Name, "last", text, "max_age", s.f.maxAge.String())
			}
		}
		s.faults[matter] = text
	}
}

// take takes in what has changed in the clusters. due: the whole fleet is to be judged.
func (s *service) take(ctx context.Context) (due bool) {
	s.mu.Lock()
	judged := s.judge
	s.mu.Unlock()
	s.health()
	if !judged {
		return true
	}
	seen, whole := s.watcher.Changes(s.releases.behind(ctx))
	if ctx.Err() == nil {
		s.exporter.Observed(s.p.now(), placed(s.docs.fleet, s.watcher.Lost(), seen)...)
	}
	return whole
}

func (s *service) ready(clusters []kube.ClusterState) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.judge || s.p.now().Sub(s.began) > patience {
		return true
	}
	for _, c := range clusters {
		if !c.Loaded && c.Err == nil || !c.Declared && c.ResourcesErr == nil && c.Err == nil {
			return false
		}
	}
	return s.releases == nil || !s.releases.state().Fetched.IsZero() || s.releases.state().Errors > 0
}

// declarations takes over the custom resources where they say what there should
// be. Such that contradict each other, or cannot be read, leave the fleet as it was.
func (s *service) declarations() {
	if !s.f.resources {
		return
	}
	read := s.watcher.Documents()
	notes, good := s.docs.take(&read, s.watcher.Clusters(), s.p.now())
	var faults []error
	for _, n := range notes {
		faults = append(faults, errors.New(n.String()))
	}
	s.once("resources", errors.Join(faults...))
	s.tell(notes, good)
}

// tell has the exporter tell how the documents are doing.
func (s *service) tell(notes []fleet.Finding, good *fleet.Declarations) {
	s.exporter.Documents(s.docs.tell(notes, good))
	s.mu.Lock()
	s.unknown = s.docs.unknown()
	s.mu.Unlock()
}

// once logs what is wrong with a matter when it changes.
func (s *service) once(matter string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != s.faults[matter] {
		s.log.Warn("the fleet's resources are not as they should be; what was read before counts", "error", text)
	}
	s.faults[matter] = text
}

// reload reads the fleet's documents again.
func (s *service) reload() {
	if s.f.resources {
		return
	}
	err := s.docs.reload(s.f, s.p.now())
	s.tell(nil, nil)
	if err != nil {
		s.log.Error("the documents cannot be read; those from before stay", "error", err)
		return
	}
	s.log.Info("the fleet's documents are read again")
}

// save writes the state file where there is something new, and it was not written lately.
func (s *service) save() {
	now := s.p.now()
	if now.Sub(s.tried).Abs() < saveEvery {
		return
	}
	written, err := s.exporter.Save(s.state)
	s.mu.Lock()
	if err != nil || written && s.judge { // before, it is written to see whether it can be
		s.tried = now
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		if s.stored.Errors++; s.faults["state"] == "" {
			s.log.Error("what is remembered cannot be kept", "error", err)
		}
		s.faults["state"] = err.Error()
	case written:
		s.stored.Written, s.faults["state"] = s.p.now(), ""
	}
}

// unready says why nothing is known of the fleet yet; nil where something is.
func (s *service) unready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unknown != nil {
		return s.unknown
	}
	if s.exporter.Snapshot().At.IsZero() {
		return errors.New("it has not read all clusters yet")
	}
	return nil
}

// shell makes the HTTP server with its routes.
func (s *service) shell() (*server.Server, error) {
	shell, err := server.New(server.Options{
		Name: "shopset_exporter", Version: cli.ThisBuild().Version, Description: "The actual state of a fleet of ShopSets",
		Links: []server.Link{
			{Address: "/metrics", Text: "Metrics", Description: "for Prometheus"},
			{Address: "/api/v1/fleet", Text: "Fleet", Description: "the same as JSON"},
			{Address: "/-/healthy", Text: "Healthy"},
			{Address: "/-/ready", Text: "Ready"},
		},
		WebConfig: s.f.webConfig, Log: s.log, Now: s.p.now,
		Ready: func() error {
			return s.unready()
		},
	})
	if err != nil {
		return nil, fmt.Errorf("--web.config.file: %w", err)
	}
	shell.Handle("GET /metrics", s.exporter.Metrics(shopset.NewProcess()))
	shell.HandleFunc("GET /api/v1/fleet", func(w http.ResponseWriter, _ *http.Request) {
		snapshot := s.exporter.Snapshot()
		if err := s.unready(); err != nil {
			server.WriteError(w, http.StatusServiceUnavailable, fmt.Errorf("%w; ask again", err))
			return
		}
		server.WriteJSON(w, http.StatusOK, snapshot)
	})
	return shell, nil
}
