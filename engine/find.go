package engine

import (
	"context"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/presence/probe"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/status"
)

// Finder asks whether what the SLOs ask for exists. It is nil where the source's queries name
// what they read, and fail where it does not exist.
type Finder struct{ *probe.Prober }

// NewFinder makes the finder of what a ledger counts.
// l is nil where nothing has been counted.
func NewFinder(d *documents.Documents, src source.Source, plan ledger.Plan, l *ledger.Ledger) *Finder {
	if d.Config.Source.Mackerel != nil {
		return nil
	}
	c := probe.Config{Source: src.Looked(), Terms: promquery.Terms, Interval: d.Config.Source.ScrapeInterval(),
		Delay: d.Config.Ledger.Delay, TargetLabels: d.Config.TargetLabels}
	c.Names, _ = c.Source.(probe.Namer)
	if l != nil {
		c.Counted = countedBy(l)
	}
	var items []probe.Item
	for _, it := range plan.Items {
		item := probe.Item{SLO: it.SLO}
		for _, s := range it.Subjects {
			item.Subjects = append(item.Subjects, probe.Subject{ID: s.ID, Match: s.Match})
		}
		items = append(items, item)
	}
	return &Finder{probe.New(c, items)}
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
func (f *Finder) Version() uint64 {
	if f == nil {
		return 0
	}
	return f.Prober.Version()
}

// Look asks the source about a time, unless it has been asked already. Where it does not
// answer, the accounts say so: the error is for a log.
func (f *Finder) Look(ctx context.Context, at time.Time) error {
	if f == nil || f.Knows(at) {
		return nil
	}
	return f.Probe(ctx, at)
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

// LookOnce looks for a command that answers once. A source that does not say is no error:
// the accounts tell of it.
func (e *Engine) LookOnce(ctx context.Context, at time.Time) error {
	e.Finder.Look(ctx, at)
	return context.Cause(ctx)
}

// LookFirst looks for documents that are about to be taken over.
func (e *Engine) LookFirst(now time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), longestLook)
	defer cancel()
	e.Finder.Look(ctx, now) // what fails is looked for again at the next tick
}

// LookPast looks at a time that a request asks for and that is no longer looked at.
func (e *Engine) LookPast(ctx context.Context, at, now time.Time) {
	if e.Finder == nil || now.Sub(at) < pastFrom && e.Finder.Looked(at) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	e.Finder.Look(ctx, at) // what fails is not known, and the accounts say so
}

const (
	pastFrom    = 10 * time.Minute // newer times are looked at after each tick, since the server runs
	longestLook = 20 * time.Second
)
