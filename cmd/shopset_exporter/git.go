package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/exporters/shopset"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/gitops"
	"github.com/shopslo/shopslo/fleet/kube"
)

// releases reads the repositories at a pace of its own. A nil one knows nothing.
type releases struct {
	repositories *gitops.Repositories
	interval     time.Duration
	now          func() time.Time
	log          *slog.Logger
	fetched      func() // is told after a fetch that brought something new
	wake         chan struct{}

	mu       sync.Mutex
	health   shopset.GitHealth
	moves    int                 // fetches that brought something new
	read     int                 // of these, the last one since which the branches were read; -1: none
	outage   string              // what was last logged
	unknown  map[string]struct{} // revisions that were looked for and not found, each of which wakes once
	branches string              // faults of branches that were last logged
}

func openReleases(ctx context.Context, f *flags, env []string, now func() time.Time, log *slog.Logger, fetched func()) (*releases, error) {
	if f.gitSystem == "" {
		return nil, nil
	}
	r, err := gitops.Open(ctx, gitops.Config{Dir: f.gitDir, System: f.gitSystem, App: f.gitApp, Submodule: f.gitSubmodule, Env: env})
	if err != nil {
		return nil, err
	}
	return &releases{
		repositories: r, interval: f.gitInterval, now: now, log: log, fetched: fetched,
		wake: make(chan struct{}, 1), read: -1, unknown: map[string]struct{}{},
	}, nil
}

// sooner bounds how often a revision that nobody has seen leads to a fetch.
const sooner = 2 * time.Second

// maxUnknown bounds how many revisions are remembered to be unknown.
const maxUnknown = 10_000

// run fetches until ctx ends.
func (r *releases) run(ctx context.Context) {
	for {
		moves, err := r.repositories.Fetch(ctx)
		if ctx.Err() != nil {
			return
		}
		if r.note(moves, err) {
			r.fetched()
		}
		rest := time.NewTimer(r.interval)
		select {
		case <-time.After(min(sooner, r.interval)):
		case <-ctx.Done():
		}
		select {
		case <-rest.C:
		case <-r.wake:
		case <-ctx.Done():
			return
		}
	}
}

// note keeps how a fetch went. The first failure has a log line, and so has the
// first success after it; a branch that was rewritten has one, too. news: a branch has
// moved, or one could not be read so far; or fetching fails and did not before, or the
// other way round.
func (r *releases) note(moves []gitops.Move, err error) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	news = len(moves) > 0 || r.health.Fetched.IsZero() || r.health.Up != (err == nil) || r.branches != ""
	switch {
	case err != nil:
		r.health.Up = false
		r.health.Errors++
		if r.outage == "" {
			r.log.Warn("the git repositories cannot be fetched; what was fetched before is used", "error", err)
		}
		r.outage = err.Error()
		return news
	case r.outage != "":
		r.log.Info("the git repositories are fetched again")
	}
	r.health.Up, r.health.Fetched, r.outage = true, r.now(), ""
	if len(moves) > 0 {
		r.moves++
	}
	if r.read == r.moves {
		r.health.Current = r.health.Fetched
	}
	for _, m := range moves {
		if m.Forced {
			r.log.Warn("a branch was rewritten or removed", "branch", m.Branch, "from", m.From, "to", m.To)
		}
	}
	return news
}

// behind gives the Release behind a deployed revision; "" where it is not known. A
// revision that is not there yet has the repositories fetched sooner, once.
func (r *releases) behind(ctx context.Context) func(string) fleet.Release {
	return func(revision string) fleet.Release {
		if r == nil {
			return ""
		}
		release, err := r.repositories.Release(ctx, revision)
		if err == nil {
			return release
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if _, known := r.unknown[revision]; !known && errors.Is(err, gitops.ErrNoCommit) {
			if len(r.unknown) >= maxUnknown {
				clear(r.unknown)
			}
			r.unknown[revision] = struct{}{}
			if len(revision) >= 40 { // a chart's version will never be there
				select {
				case r.wake <- struct{}{}:
				default:
				}
			}
			r.log.Debug("a deployed revision is not known", "revision", revision, "error", err)
		}
		return ""
	}
}

// tree tells folders of the system repository apart; nil: no repository is read.
func (r *releases) tree(ctx context.Context) kube.Tree {
	if r == nil {
		return nil
	}
	return func(revision, path string) string {
		hash, err := r.repositories.Tree(ctx, revision, path)
		if err != nil && !errors.Is(err, gitops.ErrNoCommit) {
			r.log.Debug("a folder of a deployed revision is not known", "revision", revision, "path", path, "error", err)
		}
		return hash
	}
}

// heads gives what the Tiers' branches point to, and the past.
func (r *releases) heads(ctx context.Context, f *fleet.Fleet) (map[fleet.TierName]fleet.Head, fleet.History) {
	if r == nil || r.state().Fetched.IsZero() && r.state().Errors == 0 {
		return nil, nil
	}
	r.mu.Lock()
	fetched, moves := r.health.Fetched, r.moves
	r.mu.Unlock()
	heads, faults := r.repositories.Heads(ctx, f.Tiers())
	var texts []string
	for _, err := range faults {
		texts = append(texts, err.Error())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	text := strings.Join(texts, "; ")
	if text != "" && text != r.branches && ctx.Err() == nil {
		r.health.Errors += int64(len(faults))
		r.log.Warn("branches of Tiers cannot be read", "error", text)
	}
	r.branches = text
	if ctx.Err() == nil {
		r.read, r.health.Current = moves, fetched
		if moves == r.moves { // fetches in between brought nothing new
			r.health.Current = r.health.Fetched
		}
	}
	return heads, r.repositories.History(ctx, f.Tiers())
}

func (r *releases) state() shopset.GitHealth {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.health
}
