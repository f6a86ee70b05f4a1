// Package source opens the sources of samples that a configuration names, and says what
// their metrics are.
package source

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/presence/probe"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// Source is where samples come from.
type Source struct {
	ledger.Source
	Embedded *promtsdb.DB // what Source is, where it is embedded
	Types    *Types       // what it says of its metrics; nil: it says nothing
	Name     string       // for people, without credentials
	Close    func() error
	// onGrid: it has no counters' samples, so that all its queries are evaluated on a grid,
	// and fail where what they name does not exist.
	onGrid bool
}

// Sources are those of an engine, by the names that the configuration gives them.
type Sources map[string]Source

// Names are their names, sorted.
func (all Sources) Names() []string { return slices.Sorted(maps.Keys(all)) }

// Title is how people know a source.
func (all Sources) Title(name string) string {
	if name == "" {
		return all[name].Name
	}
	return "Source " + name + " (" + all[name].Name + ")"
}

// Close ends all.
func (all Sources) Close() error {
	var errs []error
	for _, name := range all.Names() {
		errs = append(errs, all[name].Close())
	}
	return errors.Join(errs...)
}

// AskOnly lets no other source than these be asked what its metrics are.
func (all Sources) AskOnly(names ...string) {
	for name, s := range all {
		if !slices.Contains(names, name) {
			s.Types.leave()
		}
	}
}

// Ask finds all that is wrong with the SLOs in the eyes of their sources. A source that
// cannot be asked now finds nothing wrong; those that say nothing are waited for all at once,
// and no longer than ctx.
func (all Sources) Ask(ctx context.Context, d *documents.Documents) error {
	var waking sync.WaitGroup
	for _, s := range all {
		s.Types.AskAgain()
		waking.Go(func() { s.Types.wake(ctx) })
	}
	waking.Wait()
	if ctx.Err() != nil { // nobody waits for it any more
		return ctx.Err()
	}
	err := d.Understand(func(source string) promquery.Types {
		return func(metric string) (string, error) { return all[source].Types.ask(ctx, metric) }
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, slo.ErrUnavailable) {
		return nil
	}
	return err
}

// Looked is the source as it is asked for what exists; nil: it need not be asked.
func (s Source) Looked() probe.Source {
	switch {
	case s.onGrid:
		return nil
	case s.Embedded != nil:
		return s.Embedded.Stored()
	}
	return s.Source
}
