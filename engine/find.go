package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/presence/probe"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/status"
)

// Finder asks whether what the SLOs ask for exists: each source for its own. It is nil where
// the sources' queries name what they read, and fail where it does not exist.
type Finder struct {
	probers map[string]*probe.Prober // by source
	of      map[asked][]string       // names of those that it is read from
}

// asked is an SLO for a ShopSet.
type asked struct{ slo, shopset string }

// NewFinder makes the finder of what a ledger counts.
// l is nil where nothing has been counted.
func NewFinder(d *documents.Documents, all source.Sources, plan ledger.Plan, l *ledger.Ledger) *Finder {
	f := &Finder{probers: map[string]*probe.Prober{}, of: map[asked][]string{}}
	for _, name := range all.Names() {
		looked := all[name].Looked()
		items := itemsOf(d, plan, name)
		if looked == nil || len(items) == 0 && len(all) > 1 {
			continue
		}
		c := probe.Config{Source: looked, Terms: promquery.Terms, Interval: d.Config.Sources[name].ScrapeInterval(),
			Delay: d.Config.Delay(name), TargetLabels: d.Config.TargetLabels}
		c.Names, _ = c.Source.(probe.Namer)
		if l != nil {
			c.Counted = countedBy(l)
		}
		f.probers[name] = probe.New(c, items)
		for _, it := range items {
			for _, s := range it.Subjects {
				key := asked{it.SLO.Name, s.ID}
				f.of[key] = append(f.of[key], name)
			}
		}
	}
	if len(f.probers) == 0 {
		return nil
	}
	return f
}

// itemsOf is what one source is asked for.
func itemsOf(d *documents.Documents, plan ledger.Plan, source string) (out []probe.Item) {
	for _, it := range plan.Items {
		of := map[string]*slo.SLO{} // by the ShopSets' source
		item := map[*slo.SLO][]probe.Subject{}
		for _, s := range it.Subjects {
			if of[s.Source] == nil {
				of[s.Source] = within(d, it.SLO, s.Source, source)
			}
			if asks := of[s.Source]; len(asks.Parts) > 0 {
				item[asks] = append(item[asks], probe.Subject{ID: s.ID, Match: s.Match, Formerly: formerMatches(s)})
			}
		}
		for _, own := range slices.Sorted(maps.Keys(of)) {
			if asks := of[own]; len(item[asks]) > 0 {
				out = append(out, probe.Item{SLO: asks, Subjects: item[asks]})
			}
		}
		if len(it.Subjects) == 0 && !d.Config.Several() {
			out = append(out, probe.Item{SLO: it.SLO})
		}
	}
	return out
}

// formerMatches are the labels that a ShopSet's series carried before, and may carry yet.
func formerMatches(s *ledger.Subject) (out []slo.Labels) {
	for _, f := range s.Formerly {
		if !slices.Equal(f.Match, s.Match) {
			out = append(out, f.Match)
		}
	}
	return out
}

// within is an SLO of ShopSets of a source, with only those indicators that are read from
// another; without parts where there is none. The parts keep their places.
func within(d *documents.Documents, s *slo.SLO, own, source string) *slo.SLO {
	only, none := *s, true
	only.Parts = slices.Clone(s.Parts)
	all := true
	for i := range only.Parts {
		if d.Config.Asked(only.Parts[i].Indicator.Queries()[0], own) == source {
			none = false
			continue
		}
		only.Parts[i].Indicator, all = slo.Indicator{}, false
	}
	switch {
	case all:
		return s
	case none:
		only.Parts = nil
	}
	return &only
}

// usual is the time before a ShopSet's last event that says how many events are usual.
const usual = 7 * 24 * time.Hour

// countedBy tells a finder what a ledger has counted.
func countedBy(l *ledger.Ledger) func(*slo.SLO, int, string, time.Time) probe.Counted {
	return func(s *slo.SLO, part int, subject string, at time.Time) (c probe.Counted) {
		a := l.Account(s, subject, at)
		if c.From, c.To = a.LastCounted(part); c.To.IsZero() {
			return c
		}
		if before := a.Counts(part, c.To.Add(-usual), c.To); before.Covered > 0 {
			c.PerSecond = before.Total / before.Covered.Seconds()
		}
		return c
	}
}

// Version changes whenever there may be something new to find.
func (f *Finder) Version() (sum uint64) {
	if f == nil {
		return 0
	}
	for _, p := range f.probers {
		sum += p.Version()
	}
	return sum
}

// Look asks sources about a time, unless they have been asked already. Where one does not
// answer, the accounts say so: the error is for a log.
func (f *Finder) Look(ctx context.Context, at time.Time, sources ...string) error {
	if f == nil {
		return nil
	}
	errs := make([]error, len(sources))
	var all sync.WaitGroup
	for i, name := range sources {
		if p := f.probers[name]; p != nil && !p.Knows(at) {
			all.Go(func() {
				if err := p.Probe(ctx, at); err != nil && name != "" {
					errs[i] = fmt.Errorf("data source %s: %w", name, err)
				} else {
					errs[i] = err
				}
			})
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// Asked reports whether a source has ever been asked, or need not be.
func (f *Finder) Asked(source string) bool {
	if f == nil || f.probers[source] == nil {
		return true
	}
	return f.probers[source].Version() > 0
}

// Looked reports whether sources were asked about a time before one that is remembered.
func (f *Finder) Looked(at time.Time, sources ...string) bool {
	for _, name := range sources {
		if p := f.probers[name]; p != nil && !p.Looked(at) {
			return false
		}
	}
	return true
}

// Find gives what is absent of an SLO for a ShopSet, as probe.Prober's Find does.
func (f *Finder) Find(name, shopset string, at time.Time) (absent []slo.Absence, notes []string, failure string) {
	for _, source := range f.of[asked{name, shopset}] {
		a, n, why := f.probers[source].Find(name, shopset, at)
		if why != "" && source != "" {
			why = "data source " + source + ": " + why
		}
		absent, notes, failure = append(absent, a...), append(notes, n...), cmp.Or(failure, why)
	}
	return absent, notes, failure
}

// Accounts are what the ledger has counted, with what its source does not have.
func (e *Engine) Accounts() status.Ledger {
	if e.Finder == nil {
		return e.Ledger
	}
	return status.Finding{Ledger: e.Ledger, Find: e.Finder.Find}
}

// version changes whenever an answer may.
func (e *Engine) version() uint64 { return e.Ledger.Version() + e.Finder.Version() }

// readable are the names of the sources that could be read last time: nobody waits for others.
func (e *Engine) readable() (names []string) {
	read, of := e.Ledger.Read(), planned(e.Docs)
	for name, err := range read {
		if err == nil && !slices.Contains(names, of[name]) {
			names = append(names, of[name])
		}
	}
	slices.Sort(names)
	return names
}

// LookOnce looks for a command that answers once. A source that does not say is no error:
// the accounts tell of it.
func (e *Engine) LookOnce(ctx context.Context, at time.Time) error {
	e.Finder.Look(ctx, at, e.readable()...)
	return context.Cause(ctx)
}

// LookFirst looks for documents that are about to be taken over. Nobody waits for sources that said nothing when they
// were asked what the documents mean.
func (e *Engine) LookFirst(now time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), longestLook)
	defer cancel()
	asked := slices.DeleteFunc(e.readable(), func(name string) bool { return e.Sources[name].Types.Silent() })
	e.Finder.Look(ctx, now, asked...) // what fails is looked for again at the next tick
}

// LookPast looks at a time that a request asks for and that is no longer looked at.
func (e *Engine) LookPast(ctx context.Context, at, now time.Time) {
	sources := e.readable()
	if e.Finder == nil || now.Sub(at) < pastFrom && e.Finder.Looked(at, sources...) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	e.Finder.Look(ctx, at, sources...) // what fails is not known, and the accounts say so
}

const (
	pastFrom    = 10 * time.Minute // newer times are looked at after each tick, since the server runs
	longestLook = 20 * time.Second
)
