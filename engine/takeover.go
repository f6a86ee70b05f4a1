package engine

import (
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/promotion"
)

// TakeOver makes ledger and scraping follow the engine's documents.
func (e *Engine) TakeOver(now time.Time) error {
	if err := e.Ledger.Configure(Plan(e.Docs, e.Sources, nil), now); err != nil {
		return err
	}
	for _, name := range e.Sources.Names() {
		db := e.Sources[name].Embedded
		if db == nil {
			continue
		}
		scrape, err := source.ScrapeOf(e.Docs.Config, name)
		if err == nil {
			err = db.Reload(scrape)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// With gives an engine of other documents on the same sources and ledger. It counts
// nothing before it takes over.
func (e *Engine) With(d *documents.Documents) *Engine {
	w := e.Witnesses.Of(d)
	w.Known = e.Witnesses.Known
	return &Engine{Docs: d, Sources: e.Sources, Ledger: e.Ledger, Alerts: d.Alerts(), Witnesses: w}
}

// Leaving gives an engine that leaves out other exclusions, and counts as this one does.
func (e *Engine) Leaving(all []promotion.Exclusion) *Engine {
	d := *e.Docs
	d.Exclusions = all
	next := e.With(&d)
	next.Finder = e.Finder
	return next
}

// NeedsMore reports whether other documents need more history than these.
func (e *Engine) NeedsMore(than *Engine) bool {
	return e.fine() > than.fine() || e.Docs.LongestWindow() > than.Docs.LongestWindow()
}

// FindAnew lets the engine ask for what its documents name.
func (e *Engine) FindAnew() {
	e.Finder = NewFinder(e.Docs, e.Sources, Plan(e.Docs, e.Sources, nil), e.Ledger)
}
