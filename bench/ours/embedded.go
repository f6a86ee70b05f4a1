package ours

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/proc"
)

// Retention keeps a history and its continuation, and is short enough that
// neither Prometheus nor the embedded store compacts blocks beyond 54 hours.
func Retention(days int) time.Duration { return time.Duration(max(days+2, 23)) * 24 * time.Hour }

// scraper appends scrapes to a storage as Prometheus' scrape loops do: one
// appender per target and scrape, with remembered references.
type scraper struct {
	to   storage.Appendable
	live *history.Live
	refs map[labels.Labels]storage.SeriesRef
	cpu  time.Duration
}

// feed appends the next scrape of all targets.
func (s *scraper) feed(ctx context.Context) error {
	samples := s.live.Scrape()
	before := proc.Self()
	defer func() { s.cpu += proc.Self() - before }()
	var app storage.Appender
	for i, x := range samples {
		if app == nil {
			app = s.to.Appender(ctx)
		}
		ref, err := app.Append(s.refs[x.Labels], x.Labels, x.T, x.V)
		if err != nil {
			return fmt.Errorf("append %v: %w", x.Labels, err)
		}
		s.refs[x.Labels] = ref
		if i+1 < len(samples) && samples[i+1].T == x.T && samples[i+1].Labels.Get("instance") == x.Labels.Get("instance") {
			continue
		}
		if err := app.Commit(); err != nil {
			return err
		}
		app = nil
	}
	return nil
}

func newScraper(to storage.Appendable, live *history.Live) *scraper {
	return &scraper{to: to, live: live, refs: map[labels.Labels]storage.SeriesRef{}}
}

// EmbeddedTicks ticks from samples as they are scraped into the embedded store,
// and adds what that makes scraping dearer: the same scrapes are appended to a
// bare TSDB in dir, which is empty, in turn with the embedded store, and that is
// subtracted.
func (l *Ledger) EmbeddedTicks(ctx context.Context, n int, to storage.Appendable, h *history.History, dir string) (Tick, error) {
	bare, err := tsdb.Open(dir, slog.New(slog.NewTextHandler(io.Discard, nil)), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		return Tick{}, err
	}
	defer bare.Close()
	tapped, plain := newScraper(to, h.Live()), newScraper(bare, h.Live())
	first, second := tapped, plain
	t, err := l.Ticks(ctx, n, func(ctx context.Context) error {
		first, second = second, first // who comes first finds colder caches
		if err := first.feed(ctx); err != nil {
			return err
		}
		return second.feed(ctx)
	})
	t.Feed = max(0, tapped.cpu-plain.cpu) / time.Duration(n)
	return t, err
}
