// Package engine is the product put together: documents, a source and a ledger that counts
// from it, and the budgets of all that. Commands open one to answer once, a server keeps
// one; what they answer with beside budgets lies in the folders below.
package engine

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/promoted"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/status"
)

// Engine is the product put together: documents, sources, ledger.
type Engine struct {
	Docs    *documents.Documents
	Sources source.Sources
	Ledger  *ledger.Ledger
	Finder  *Finder // nil: nobody asks whether what the SLOs name exists
	// Witnesses are those that decisions ask beside the source.
	Witnesses *evidence.Witnesses
	Alerts    []slo.BurnAlert
	latest    atomic.Pointer[latest]
	closed    closed
}

// latest is the newest report and the ledger's version that it was made from.
type latest struct {
	version uint64
	report  status.Report
}

// New puts the parts together. backfill is how far back counting begins
// where there is no count yet; judged are the Tiers whose ShopSets are counted, nil for
// all. A ledger's directory has to be one that can be written.
func New(h host.Host, d *documents.Documents, src source.Sources, dir string, backfill time.Duration, judged []fleet.TierName, now time.Time, log *slog.Logger) (*Engine, error) {
	return Open(h, d, src, ledger.Config{Dir: dir, Keep: true, Backfill: backfill, Log: log}, judged, now)
}

// Open is New with a ledger's settings, of which the configuration fills in
// the rest.
func Open(h host.Host, d *documents.Documents, src source.Sources, c ledger.Config, judged []fleet.TierName, now time.Time) (*Engine, error) {
	e := &Engine{Docs: d, Sources: src, Alerts: d.Alerts(), Witnesses: evidence.New(h, d)}
	retention, err := d.Config.Ledger.RetentionFor(d.LongestWindow())
	if err != nil {
		return nil, err
	}
	c.Resolution, c.Fine, c.Retention = d.Config.Ledger.Resolution, e.fine(), max(retention, c.Backfill)
	c.Delay = d.Config.Ledger.Delay
	for _, s := range d.Config.Sources { // what is said of none of them is of the slowest
		c.ScrapeInterval = max(c.ScrapeInterval, s.ScrapeInterval())
	}
	c.Slack, c.OldAnswers, c.PlausibleSteps = d.Config.Counting.ClockSlack, d.Config.Counting.OldAnswers, d.Config.Counting.PlausibleSteps
	c.TargetLabels, c.StartTimeMetric = d.Config.TargetLabels, d.Config.StartTimeMetric
	l, err := ledger.Open(c)
	if err != nil {
		return nil, source.OrAskServer(err)
	}
	e.Ledger = l
	plan := Plan(d, src, judged)
	if err := l.Configure(plan, now); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	e.Finder = NewFinder(d, src, plan, l)
	return e, nil
}

// fine is how far back burn rates need every edge: the longest window and an hour
// of edges more, and at least the ledger's own default.
func (e *Engine) fine() time.Duration {
	res := e.Docs.Config.Ledger.Resolution
	longest := max(72*60*res, e.Docs.Fine)
	for _, w := range slo.BurnWindows(e.Alerts) {
		longest = max(longest, w+60*res)
	}
	for i := range e.Docs.SLOs.SLOs {
		fitted, _ := slo.BurnAlertsFor(&e.Docs.SLOs.SLOs[i], e.Alerts)
		for _, a := range fitted {
			longest = max(longest, a.Long+60*res)
		}
	}
	return longest
}

// Close ends the ledger and the sources.
func (e *Engine) Close() error { return errors.Join(e.Ledger.Close(), e.Sources.Close()) }

// Report gives all budgets at a time. Between two ticks the newest budgets stay the
// same and are computed once.
func (e *Engine) Report(at time.Time) status.Report {
	version := e.version()
	if l := e.latest.Load(); l != nil && l.version == version && !at.Before(l.report.At) {
		r := l.report
		r.At = at
		return r
	}
	r := status.Compute(at, e.Docs.Fleet, e.Docs.SLOs.SLOs, e.Alerts, promotion.Excluding(e.Docs.Fleet, e.Docs.Exclusions, e.Accounts()))
	if !at.Before(e.Ledger.Newest()) && e.version() == version {
		e.latest.Store(&latest{version, r})
	}
	return r
}

// Counted is a report without the budgets that are not being counted: their figures are
// of before.
func (e *Engine) Counted(at time.Time) status.Report {
	r := e.Report(at)
	r.Budgets = slices.DeleteFunc(slices.Clone(r.Budgets), func(b status.Budget) bool { return b.Failure != "" })
	return r
}

// Totals gives what was ever counted of an SLO for a ShopSet.
func (e *Engine) Totals(name, shopset string) (slo.Counts, bool) {
	for i := range e.Docs.SLOs.SLOs {
		if s := &e.Docs.SLOs.SLOs[i]; s.Name == name {
			return e.Ledger.Totals(s, shopset)
		}
	}
	return slo.Counts{}, false
}

// OneShot reads what is needed to answer at a time, and answers with it. The
// ledger's directory is used where there is one already, so that asking leaves
// nothing behind. The error that wraps slo.ErrUnavailable comes with an engine
// all the same, where no source could be read: what it knows is then incomplete. Of
// some that could not be read Outages tells, and their budgets do. So it is where not all
// sources are asked.
func OneShot(ctx context.Context, h host.Host, d *documents.Documents, at time.Time, of status.Filter) (*Engine, error) {
	return OneShotBack(ctx, h, d, at, d.Reach(), of)
}

// OneShotBack is OneShot for an answer that looks so far back.
func OneShotBack(ctx context.Context, h host.Host, d *documents.Documents, at time.Time, reach time.Duration, of status.Filter) (*Engine, error) {
	if err := promoted.Calendar(ctx, h, d); err != nil {
		return nil, err
	}
	now := h.Now()
	src, err := source.Open(h, d, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	asked := src.Names()
	if d.Config.Several() {
		asked = sourcesOf(d, of)
	}
	src.AskOnly(asked...)
	if err := src.Ask(ctx, d); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	c := ledger.Config{Dir: d.Config.Ledger.Dir, Backfill: now.Sub(at) + reach + documents.Margin, Log: h.Warnings}
	if len(asked) > 1 {
		c.Patience, c.Longest = min(longestAnswer, max(10*time.Second, d.Config.Ledger.Resolution)), longestAnswer
	}
	judged := of.Tiers
	if _, err := os.Stat(c.Dir); c.Dir != "" && errors.Is(err, fs.ErrNotExist) {
		c.Dir = ""
	}
	if c.Dir != "" || !d.Apart() {
		judged = nil // what is kept is of all; and who could be counted twice has to be found
	}
	e, err := Open(h, d, src, c, judged, now)
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	return e, e.readOnce(ctx, at, now, asked, Reading(h))
}

// longestAnswer is how long a command waits for one answer of one of several sources: the figures
// of the others are there.
const longestAnswer = 15 * time.Second

// readOnce reads sources up to a time, and looks for what does not exist there.
func (e *Engine) readOnce(ctx context.Context, at, now time.Time, sources []string, progress func(ledger.Progress) bool) error {
	until := at.Add(e.Docs.Config.Ledger.Delay)
	if until.After(now) {
		until = now
	}
	if len(sources) == 0 {
		return nil
	}
	err := e.Advance(ctx, until, progress, sources...)
	if !errors.Is(err, slo.ErrUnavailable) {
		return errors.Join(err, e.LookOnce(ctx, at))
	}
	if len(sources) < len(e.Sources) {
		return nil
	}
	return err
}

// Advance counts up to a time, of all sources or only of some. That one of several cannot be
// read is no error: Outages tells of it.
func (e *Engine) Advance(ctx context.Context, until time.Time, progress func(ledger.Progress) bool, sources ...string) error {
	only := e.known(sources)
	err := e.Ledger.Advance(ctx, until, progress, only...)
	if ctx.Err() != nil || errors.Is(err, ledger.ErrStore) {
		return err
	}
	for name, of := range e.Ledger.Read() {
		if of == nil && (len(only) == 0 || slices.Contains(only, name)) {
			return nil
		}
	}
	return err
}

// Reading shows on terminals how far a long reading is.
func Reading(h host.Host) func(ledger.Progress) bool {
	var first time.Time
	samples := 0
	return func(g ledger.Progress) bool {
		samples += g.Samples
		if first.IsZero() {
			first = g.Done
		}
		if left := g.Until.Sub(g.Done); left > 0 {
			done := g.Done.Sub(first)
			percent := int(100 * done.Seconds() / (done + left).Seconds()) // never 100 before it is done
			if samples == 0 {
				h.Progress("reading … %3d %%", percent)
			} else {
				h.Progress("reading … %3d %%, %d samples", percent, samples)
			}
		} else {
			h.Progress("")
		}
		return true
	}
}
