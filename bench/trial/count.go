package trial

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// objective of the SLO.
const objective slo.Objective = 999_000_000

// scaled is a length of time in the trial.
func scaled(d time.Duration) time.Duration {
	return time.Duration(int64(d) / int64(time.Minute) * int64(minute))
}

// availability is the one SLO: 99.9 % over 28 days.
func availability() *slo.SLO {
	return &slo.SLO{
		Name: "availability", Objective: objective, Window: slo.Rolling(window * minute),
		Parts: []slo.Part{{Weight: 1, Objective: objective, Indicator: slo.Indicator{
			Name: "availability", Kind: slo.Ratio, Counter: slo.Yes,
			Bad: &slo.Query{Text: metric + `{code="500"}`}, Total: &slo.Query{Text: metric},
		}}},
	}
}

// burnAlerts are the defaults. Their factors are for 30 days and scale with the
// window, so they grow by what the window shrinks.
func burnAlerts() []slo.BurnAlert {
	out := slo.DefaultBurnAlerts()
	for i := range out {
		a := &out[i]
		a.Long, a.Short = scaled(a.Long), scaled(a.Short)
		a.Factor *= float64(time.Minute) / float64(minute)
	}
	return out
}

// delay is how long the ledger waits for late samples: 2 minutes, the next whole
// number after its default of 65 seconds.
const delay = 2 * minute

// openLedger opens the ledger for a scrape interval, and tells it what to count.
func openLedger(dir string, interval time.Duration, s *slo.SLO, seen []Release, db *promtsdb.DB, now time.Time) (*ledger.Ledger, error) {
	l, err := ledger.Open(ledger.Config{Dir: dir, Resolution: minute, ScrapeInterval: interval, Delay: delay, Backfill: (window + coarse) * minute})
	if err != nil {
		return nil, err
	}
	it := ledger.Item{SLO: s}
	for _, r := range seen {
		for _, name := range r.ShopSets {
			it.Subjects = append(it.Subjects, &ledger.Subject{ID: name, Match: slo.Labels{{Name: "shopset", Value: name}}})
		}
	}
	reads := func(text string) ([]slo.Selector, bool) {
		q, err := promquery.Classify(text)
		return q.Selectors, err == nil && q.Selects()
	}
	err = l.Configure(ledger.Plan{Items: []ledger.Item{it}, Sources: map[string]ledger.Source{"": db}, Reads: map[string]ledger.Reading{"": ledger.Selecting(reads)}}, now)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// counted is what the judges may look at.
type counted struct {
	clock    clock
	db       *promtsdb.DB
	ledger   *ledger.Ledger
	slo      *slo.SLO
	releases []Release
}

func (c *counted) close() error {
	var err error
	if c.ledger != nil {
		err = c.ledger.Close()
	}
	return errors.Join(err, c.db.Close())
}

// lead is how long writing the past may take before scraping begins.
func lead(shops int) time.Duration { return 3*time.Second + time.Duration(shops)*60*time.Millisecond }

// count makes the past, scrapes the shops until the last release is past its
// horizon, and counts on the way, as a server does.
func count(ctx context.Context, dir string, p Params, all []*release, progress func(string, ...any)) (c *counted, err error) {
	from := targets(all, perTarget)
	now := time.Now()
	c = &counted{clock: clock{now.Add(lead(2 * len(all))).Truncate(time.Second)}, slo: availability()}
	for _, l := range all {
		c.releases = append(c.releases, Release{ShopSets: []string{l.shops[0].name, l.shops[1].name}, Came: c.clock.time(l.came)})
	}
	address, stop, err := serve(from, c.clock)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	config, err := promtsdb.ParseScrape(scrapeConfig(from, address), ".")
	if err != nil {
		return nil, err
	}
	if c.db, err = promtsdb.Open(filepath.Join(dir, "tsdb"), promtsdb.Config{Scrape: config}); err != nil {
		return nil, err
	}
	if err := c.run(ctx, filepath.Join(dir, "ledger"), from, lastCame+p.Horizon+5, progress); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// run makes the past and then counts live, up to a minute.
func (c *counted) run(ctx context.Context, dir string, from []*target, until int, progress func(string, ...any)) error {
	progress("write the past")
	if err := c.past(ctx, dir, from); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- c.db.Run(ctx) }()
	err := c.live(ctx, until, progress)
	cancel()
	return errors.Join(err, <-ended)
}

// past writes it, up to now, and counts it.
func (c *counted) past(ctx context.Context, dir string, from []*target) error {
	h := &history{to: c.db.Appendable(), all: from, clock: c.clock, series: map[*shop]*[2]written{}}
	if err := c.writePast(ctx, h, dir); err != nil {
		return err
	}
	for m := 1; ; m++ {
		switch now := c.clock.minute(time.Now()); {
		case m > now:
			return wait(ctx, c.clock.zero)
		case m >= firstCame:
			return fmt.Errorf("the past took %v longer to write than was allowed for: this machine is too busy for so many releases", time.Since(c.clock.zero))
		}
		if err := h.write(ctx, m); err != nil {
			return err
		}
	}
}

// writePast writes it up to minute 0, and has the ledger count what was scraped rarely.
// The ledger has to know how rarely, or would take it for gaps.
func (c *counted) writePast(ctx context.Context, h *history, dir string) error {
	for _, m := range past() {
		if err := h.write(ctx, m); err != nil {
			return err
		}
	}
	l, err := openLedger(dir, coarse*minute, c.slo, c.releases, c.db, c.clock.time(0))
	if err != nil {
		return err
	}
	if err := errors.Join(l.Advance(ctx, c.clock.time(closeFrom).Add(delay), nil), l.Close()); err != nil {
		return err
	}
	c.ledger, err = openLedger(dir, minute, c.slo, c.releases, c.db, c.clock.time(0))
	return err
}

// live counts each minute until one.
func (c *counted) live(ctx context.Context, until int, progress func(string, ...any)) error {
	for m := 1; m <= until; m++ {
		if err := wait(ctx, c.clock.time(m)); err != nil {
			return err
		}
		if m%60 == 0 {
			progress("%d of %d minutes of simulated time", m, until)
		}
		if err := c.ledger.Advance(ctx, time.Now(), nil); err != nil {
			return fmt.Errorf("count minute %d: %w", m, err)
		}
	}
	return nil
}

// wait waits for a time.
func wait(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
