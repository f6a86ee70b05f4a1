package engine

import (
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// closed keeps, of the last question about each Tier, what follows from the closed edges: a
// gate is asked by many, and a board every few seconds.
type closed struct {
	mu sync.Mutex
	of map[fleet.TierName]closedEdge
}

type closedEdge struct {
	version uint64
	key     string
	at      time.Time
	what    *promotion.Closed
}

// AddClosed adds to evidence at a time the budgets of both Tiers, and what was counted since the
// Release came and before: what another question has made, where no edge has closed since, the
// same runs and the policy is the same. It knows of no exclusions.
func (e *Engine) AddClosed(ev *promotion.Evidence, at time.Time, p promotion.Policy) error {
	version := e.version()
	key, err := ev.ClosedBy(p)
	if err != nil {
		return err
	}
	e.closed.mu.Lock()
	was, ok := e.closed.of[ev.To]
	e.closed.mu.Unlock()
	if ok && was.version == version && was.key == key && !at.Before(was.at) {
		ev.Use(was.what)
		return nil
	}
	made := ev.Close(e.Docs.Fleet, e.Docs.SLOs.SLOs, e.Report(at), e.Accounts(), at, p)
	if at.Before(e.Ledger.Newest()) || e.version() != version {
		return nil
	}
	e.closed.mu.Lock()
	defer e.closed.mu.Unlock()
	if e.closed.of == nil {
		e.closed.of = map[fleet.TierName]closedEdge{}
	}
	e.closed.of[ev.To] = closedEdge{version, key, at, made}
	return nil
}
