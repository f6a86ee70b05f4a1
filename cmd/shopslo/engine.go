package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
	"github.com/shopslo/shopslo/status"
)

// engine is the product put together: documents, source, ledger.
type engine struct {
	docs   *documents
	source source
	ledger *ledger.Ledger
	finder *finder // nil: nobody asks whether what the SLOs name exists
	alerts []slo.BurnAlert
	latest atomic.Pointer[latest]
}

// latest is the newest report and the ledger's version that it was made from.
type latest struct {
	version uint64
	report  status.Report
}

// source is where an engine's samples come from.
type source struct {
	ledger.Source
	embedded *promtsdb.DB // what Source is, where it is embedded
	types    *metricTypes // what it says of its metrics; nil: it says nothing
	name     string       // for people, without credentials
	close    func() error
}

// newEngine puts the parts together. backfill is how far back counting begins
// where there is no count yet; judged are the Tiers whose ShopSets are counted, nil for
// all.
func newEngine(d *documents, src source, dir string, backfill time.Duration, judged []fleet.TierName, now time.Time, log *slog.Logger) (*engine, error) {
	return openEngine(d, src, ledger.Config{Dir: dir, Backfill: backfill, Log: log}, judged, now)
}

// openEngine is newEngine with a ledger's settings, of which the configuration fills in
// the rest.
func openEngine(d *documents, src source, c ledger.Config, judged []fleet.TierName, now time.Time) (*engine, error) {
	e := &engine{docs: d, source: src, alerts: d.config.BurnRates}
	retention, err := d.config.Ledger.RetentionFor(d.longestWindow())
	if err != nil {
		return nil, err
	}
	c.Resolution, c.Fine, c.Retention = d.config.Ledger.Resolution, e.fine(), max(retention, c.Backfill)
	c.ScrapeInterval, c.Delay = d.config.Source.ScrapeInterval(), d.config.Ledger.Delay
	c.Slack, c.OldAnswers, c.PlausibleSteps = d.config.Counting.ClockSlack, d.config.Counting.OldAnswers, d.config.Counting.PlausibleSteps
	c.TargetLabels, c.StartTimeMetric = d.config.TargetLabels, d.config.StartTimeMetric
	l, err := ledger.Open(c)
	if err != nil {
		return nil, orAskServer(err)
	}
	e.ledger = l
	plan := d.plan(src, judged)
	if err := l.Configure(plan, now); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	e.finder = newFinder(d, src, plan, l)
	return e, nil
}

// fine is how far back burn rates need every edge: the longest window and an hour
// of edges more, and at least the ledger's own default.
func (e *engine) fine() time.Duration {
	res := e.docs.config.Ledger.Resolution
	longest := max(72*60*res, e.docs.fine)
	for _, w := range slo.BurnWindows(e.alerts) {
		longest = max(longest, w+60*res)
	}
	for i := range e.docs.slos.SLOs {
		fitted, _ := slo.BurnAlertsFor(&e.docs.slos.SLOs[i], e.alerts)
		for _, a := range fitted {
			longest = max(longest, a.Long+60*res)
		}
	}
	return longest
}

// Close ends the ledger and the source.
func (e *engine) Close() error { return errors.Join(e.ledger.Close(), e.source.close()) }

// plan tells the ledger what to count: each SLO for the ShopSets of its Tiers, and of
// those that are judged; nil: of all.
func (d *documents) plan(src source, judged []fleet.TierName) ledger.Plan {
	subjects := map[fleet.ShopSetName]*ledger.Subject{}
	for _, set := range d.fleet.ShopSets() {
		sub := &ledger.Subject{ID: string(set.Name)}
		for _, name := range slices.Sorted(maps.Keys(set.Match)) {
			sub.Match = append(sub.Match, slo.Label{Name: name, Value: set.Match[name]})
		}
		subjects[set.Name] = sub
	}
	d.keepNamed(src)
	p := ledger.Plan{Sources: map[string]ledger.Source{}, Reads: map[string]ledger.Reading{}, Part: judged != nil}
	read := d.reading(src.types)
	for _, name := range d.sourceNames() {
		p.Sources[name], p.Reads[name] = src.Source, read
	}
	for i := range d.slos.SLOs {
		it := ledger.Item{SLO: &d.slos.SLOs[i]}
		for _, set := range d.shopSetsOf(it.SLO) {
			if judged != nil && !slices.Contains(judged, set.Tier) {
				continue
			}
			it.Subjects = append(it.Subjects, subjects[set.Name])
		}
		p.Items = append(p.Items, it)
	}
	return p
}

// sourceNames are the data sources that the SLOs name: all of them are the one
// that the configuration has.
func (d *documents) sourceNames() []string {
	names := map[string]bool{"": true}
	for _, s := range d.slos.SLOs {
		for _, part := range s.Parts {
			for _, q := range part.Indicator.Queries() {
				names[q.Source] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// report gives all budgets at a time. Between two ticks the newest budgets stay the
// same and are computed once.
func (e *engine) report(at time.Time) status.Report {
	version := e.version()
	if l := e.latest.Load(); l != nil && l.version == version && !at.Before(l.report.At) {
		r := l.report
		r.At = at
		return r
	}
	r := status.Compute(at, e.docs.fleet, e.docs.slos.SLOs, e.alerts, promotion.Excluding(e.docs.fleet, e.docs.exclusions, e.accounts()))
	if !at.Before(e.ledger.Newest()) && e.version() == version {
		e.latest.Store(&latest{version, r})
	}
	return r
}

// counted is a report without the budgets that are not being counted: their figures are
// of before.
func (e *engine) counted(at time.Time) status.Report {
	r := e.report(at)
	r.Budgets = slices.DeleteFunc(slices.Clone(r.Budgets), func(b status.Budget) bool { return b.Failure != "" })
	return r
}

// totals gives what was ever counted of an SLO for a ShopSet.
func (e *engine) totals(name, shopset string) (slo.Counts, bool) {
	for i := range e.docs.slos.SLOs {
		if s := &e.docs.slos.SLOs[i]; s.Name == name {
			return e.ledger.Totals(s, shopset)
		}
	}
	return slo.Counts{}, false
}

// oneShot reads what is needed to answer at a time, and answers with it. The
// ledger's directory is used where there is one already, so that asking leaves
// nothing behind. The error that wraps slo.ErrUnavailable comes with an engine
// all the same: what it knows is then incomplete.
func (p *program) oneShot(ctx context.Context, d *documents, at time.Time) (*engine, error) {
	return p.oneShotBack(ctx, d, at, d.reach(), nil)
}

// oneShotBack is oneShot for an answer that looks so far back, and at these Tiers only;
// nil: at all.
func (p *program) oneShotBack(ctx context.Context, d *documents, at time.Time, reach time.Duration, judged []fleet.TierName) (*engine, error) {
	now := p.now()
	src, err := p.openSource(d, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	if err := d.ask(src); err != nil {
		return nil, errors.Join(err, src.close())
	}
	dir := d.config.Ledger.Dir
	if _, err := os.Stat(dir); dir != "" && errors.Is(err, fs.ErrNotExist) {
		dir = ""
	}
	if dir != "" || !d.apart() {
		judged = nil // what is kept is of all; and who could be counted twice has to be found
	}
	e, err := newEngine(d, src, dir, now.Sub(at)+reach+margin, judged, now, p.warnings())
	if err != nil {
		return nil, errors.Join(err, src.close())
	}
	until := at.Add(d.config.Ledger.Delay)
	if until.After(now) {
		until = now
	}
	err = e.ledger.Advance(ctx, until, p.reading())
	if !errors.Is(err, slo.ErrUnavailable) {
		err = errors.Join(err, e.lookOnce(ctx, at))
	}
	return e, err
}

// warnings logs what the ledger says of its own files to the error stream.
func (p *program) warnings() *slog.Logger {
	return slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// reading shows on terminals how far a long reading is.
func (p *program) reading() func(ledger.Progress) bool {
	var first time.Time
	samples := 0
	return func(g ledger.Progress) bool {
		samples += g.Samples
		if first.IsZero() {
			first = g.Done
		}
		if left := g.Until.Sub(g.Done); left > 0 {
			done := g.Done.Sub(first)
			p.progressLine("reading … %3.0f %%, %d samples", 100*done.Seconds()/(done+left).Seconds(), samples)
		} else {
			p.progressLine("")
		}
		return true
	}
}
