package shopslo

import (
	"context"
	"log/slog"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/promote"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// lookout watches for Arrivals while `serve` runs.
type lookout struct {
	fleet   func(context.Context) (fleet.Snapshot, error)
	tellers []promoter.Teller
	compare func(from, to fleet.Release) string
	every   time.Duration
	metrics *ownMetrics
	log     *slog.Logger

	seen    promoter.Arrivals
	untold  []news
	outages string // what was last logged
}

// news is an Arrival that somebody is still to be told of.
type news struct {
	promoter.Arrival
	to promoter.Teller
}

// openLookout is nil where there is nobody to ask or nobody to tell.
func openLookout(h host.Host, d *documents.Documents, m *ownMetrics, log *slog.Logger) (*lookout, error) {
	c := d.Config
	if c.Promotion == nil || c.Gate.Fleet == nil {
		return nil, nil
	}
	who, err := promote.Tellers(h, c)
	if err != nil || len(who) == 0 {
		return nil, err
	}
	w, err := evidence.New(h, d).Clients()
	if err != nil {
		return nil, err
	}
	compare := (&promoter.Promoter{Compare: c.Promotion.Compare}).CompareURL
	return &lookout{fleet: w.Fleet.Fleet, tellers: who, compare: compare, every: 15 * time.Second, metrics: m, log: log}, nil
}

// run looks until ctx ends.
func (l *lookout) run(ctx context.Context) {
	for {
		l.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(l.every):
		}
	}
}

// mostUntold and stale bound how long a message is kept that cannot be sent.
const (
	mostUntold = 100
	stale      = 24 * time.Hour
)

// look asks once, and tells what is new and what could not be told before.
func (l *lookout) look(ctx context.Context) {
	s, err := l.fleet(ctx)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		if l.outages != err.Error() {
			l.log.Warn("Nobody sees whether Tiers match their branches", "error", err)
		}
		l.outages = err.Error()
		return
	case s.At.IsZero(): // the exporter has not looked yet
		return
	}
	l.outages = ""
	for _, a := range l.seen.Next(s) {
		a.Compare = l.compare(a.Previous, a.Release)
		l.log.Info("A Tier matches its branch", "tier", a.Tier, "release", a.Release)
		for _, t := range l.tellers {
			l.untold = append(l.untold, news{a, t})
		}
	}
	waiting := l.untold
	l.untold = nil
	for i, n := range waiting {
		err := n.to.Tell(ctx, n.Arrival)
		switch {
		case err == nil:
			l.metrics.notice(aboutArrival, sent)
		case len(waiting)-i > mostUntold || s.At.Sub(n.At) > stale:
			l.metrics.notice(aboutArrival, failed)
			l.log.Error("Somebody was not told that a Tier matches its branch", "tier", n.Tier, "release", n.Release, "error", err)
		default:
			l.metrics.notice(aboutArrival, retried)
			l.log.Warn("Telling that a Tier matches its branch is tried again", "tier", n.Tier, "error", err)
			l.untold = append(l.untold, n)
		}
	}
}
