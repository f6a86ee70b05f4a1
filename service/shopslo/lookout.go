package shopslo

import (
	"context"
	"log/slog"
	"sync"
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
	heralds []*herald
	compare func(from, to fleet.Release) string
	every   time.Duration
	metrics *ownMetrics
	log     *slog.Logger

	seen    promoter.Arrivals
	outages string // what was last logged

	telling sync.WaitGroup
}

// herald tells one of those who want to know. Nobody waits for another who does not listen.
type herald struct {
	to   promoter.Teller
	busy sync.Mutex // held while telling

	mu     sync.Mutex
	untold []promoter.Arrival
}

func heralds(who ...promoter.Teller) (all []*herald) {
	for _, to := range who {
		all = append(all, &herald{to: to})
	}
	return all
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
	return &lookout{fleet: w.Fleet.Fleet, heralds: heralds(who...), compare: compare, every: 15 * time.Second, metrics: m, log: log}, nil
}

// run looks until ctx ends.
func (l *lookout) run(ctx context.Context) {
	defer l.telling.Wait()
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

// look asks once, and lets tell what is new and what could not be told before.
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
		for _, h := range l.heralds {
			h.add(a)
		}
	}
	for _, h := range l.heralds {
		if h.busy.TryLock() {
			l.telling.Go(func() {
				defer h.busy.Unlock()
				l.tell(ctx, h, s.At)
			})
		}
	}
}

// tell tells what waits, up to what is not heard: that is tried again.
func (l *lookout) tell(ctx context.Context, h *herald, now time.Time) {
	for {
		a, waiting := h.next()
		if waiting == 0 {
			return
		}
		err := h.to.Tell(ctx, a)
		switch {
		case err == nil:
			l.metrics.notice(aboutArrival, sent)
		case waiting > mostUntold || now.Sub(a.At) > stale:
			l.metrics.notice(aboutArrival, failed)
			l.log.Error("Somebody was not told that a Tier matches its branch", "tier", a.Tier, "release", a.Release, "error", err)
		default:
			l.metrics.notice(aboutArrival, retried)
			l.log.Warn("Telling that a Tier matches its branch is tried again", "tier", a.Tier, "error", err)
			return
		}
		h.done()
	}
}

func (h *herald) add(a promoter.Arrival) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.untold = append(h.untold, a)
}

// next is what is to be told next, and how much waits.
func (h *herald) next() (a promoter.Arrival, waiting int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.untold) > 0 {
		a = h.untold[0]
	}
	return a, len(h.untold)
}

func (h *herald) done() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.untold = h.untold[1:]
}
