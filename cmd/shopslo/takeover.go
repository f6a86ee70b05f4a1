package main

import (
	"github.com/shopslo/shopslo/engine/documents"
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
	scrape, err := scrapeOf(e.docs.Config)
	if err != nil {
		return err
	}
	return e.source.embedded.Reload(scrape)
}

// with gives an engine of other documents on the same source and ledger. It counts
// nothing before it takes over.
func (e *engine) with(d *documents.Documents) *engine {
	return &engine{docs: d, source: e.source, ledger: e.ledger, alerts: d.Alerts(), witnesses: newWitnesses(d)}
}

// needsMore reports whether other documents need more history than these.
func (e *engine) needsMore(than *engine) bool {
	return e.fine() > than.fine() || e.docs.LongestWindow() > than.docs.LongestWindow()
}

// findAnew lets the engine ask for what its documents name.
func (e *engine) findAnew() {
	e.finder = newFinder(e.docs, e.source, planOf(e.docs, e.source, nil), e.ledger)
}
