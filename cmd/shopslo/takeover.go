package main

import (
	"time"
)

// takeOver makes ledger and scraping follow the engine's documents.
func (e *engine) takeOver(now time.Time) error {
	if err := e.ledger.Configure(planOf(e.docs, e.source, nil), now); err != nil {
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

// with gives an engine of other documents on the same source and ledger. It counts
// nothing before it takes over.
func (e *engine) with(d *documents) *engine {
	return &engine{docs: d, source: e.source, ledger: e.ledger, alerts: d.alerts(), witnesses: newWitnesses(d)}
}

// needsMore reports whether other documents need more history than these.
func (e *engine) needsMore(than *engine) bool {
	return e.fine() > than.fine() || e.docs.longestWindow() > than.docs.longestWindow()
}

// findAnew lets the engine ask for what its documents name.
func (e *engine) findAnew() {
	e.finder = newFinder(e.docs, e.source, planOf(e.docs, e.source, nil), e.ledger)
}
