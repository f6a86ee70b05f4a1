// Package promtsdb is an embedded Prometheus: it scrapes targets, keeps their
// samples in Prometheus' own TSDB, and answers as the ledger's Source from it.
//
// Targets come from static configuration, files, DNS or HTTP, in the syntax of
// Prometheus' scrape_configs. What was just scraped is also kept in memory for
// the selectors that were asked for before (the tap), so that counting a tick
// does not ask the TSDB. Staleness markers are delivered. No data is a call of f
// without series.
//
// The directory survives kill -9 as Prometheus' does: what was committed is in
// the write-ahead log.
package promtsdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"

	"github.com/shopslo/shopslo/slo/source/promseries"
)

// Config are the settings of the store and of what is scraped; the zero value
// keeps 15 days and scrapes nothing.
type Config struct {
	Retention time.Duration // 0: 15 days
	MaxBytes  int64         // of the blocks; 0: no limit

	// Scrape says what to scrape; nil: nothing, until Reload.
	Scrape *Scrape

	// TapSamples bounds the samples kept in memory for the next request, 16 bytes
	// each; 0: 4 million. Beyond it the TSDB is asked.
	TapSamples int

	// ReplicaLabels tell no series apart, unless a selector names them.
	ReplicaLabels []string

	// QueryTimeout bounds one Eval; 0: two minutes.
	QueryTimeout time.Duration

	// Now is the machine's clock, for DB.Now; a monotonic part of its readings is used.
	Now func() time.Time

	Logger     *slog.Logger          // nil: none
	Registerer prometheus.Registerer // for the metrics of TSDB, scraping and discovery; nil: none
}

// DB is an open store. It is safe for concurrent use.
type DB struct {
	dir        string
	db         *tsdb.DB
	engine     *promql.Engine
	tap        *tap
	names      promseries.Interner
	collectors sync.Pool
	taken      sync.Pool
	log        *slog.Logger
	registerer prometheus.Registerer
	now        func() time.Time
	opened     time.Time // by now, for its monotonic part
	clock      steadyClock

	scrape atomic.Pointer[Scrape]
	closed atomic.Bool

	mu   sync.Mutex    // held while the targets are changed, which can take a scrape's time
	runs *scraping     // while Run is running
	ran  bool          // Run was called
	done chan struct{} // closed when Run has returned
}

const (
	defaultRetention = 15 * 24 * time.Hour
	defaultTap       = 4_000_000
	defaultTimeout   = 2 * time.Minute
	maxSamples       = 50_000_000 // of one Eval; Prometheus' own default
)

// Open opens the store in dir, and makes it if there is none. It reads the
// write-ahead log, which can take seconds. Only one process may have it open.
func Open(dir string, c Config) (*DB, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.NewRegistry()
	}
	if c.Retention <= 0 {
		c.Retention = defaultRetention
	}
	if c.TapSamples <= 0 {
		c.TapSamples = defaultTap
	}
	if c.QueryTimeout <= 0 {
		c.QueryTimeout = defaultTimeout
	}
	if c.Scrape == nil {
		c.Scrape = noScrape()
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open the TSDB: %w", err)
	}
	options := tsdb.DefaultOptions()
	options.RetentionDuration = c.Retention.Milliseconds()
	options.MaxBytes = c.MaxBytes
	options.MinBlockDuration = (2 * time.Hour).Milliseconds()
	// As Prometheus does: a tenth of the retention, so that it is kept to that well.
	options.MaxBlockDuration = max(options.MinBlockDuration, min(options.RetentionDuration/10, (31*24*time.Hour).Milliseconds()))
	options.WALCompression = compression.Snappy
	options.EnableNativeHistograms = true
	db, err := tsdb.Open(dir, c.Logger.With("component", "tsdb"), c.Registerer, options, nil)
	if err != nil {
		return nil, openError(dir, err)
	}
	d := &DB{
		dir: dir, db: db, log: c.Logger, registerer: c.Registerer, now: c.Now,
	}
	d.names.Drop(c.ReplicaLabels...)
	if c.Now != nil {
		d.opened = c.Now()
	}
	d.scrape.Store(c.Scrape)
	d.engine = promql.NewEngine(promql.EngineOpts{
		Logger: c.Logger, MaxSamples: maxSamples, Timeout: c.QueryTimeout,
		EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return d.scrapeInterval().Milliseconds() },
	})
	d.tap = newTap(db, &d.names, newest(db), c.TapSamples)
	return d, nil
}

func openError(dir string, err error) error {
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("open the TSDB in %s: another process has it open (%w); stop that one, or name another directory", dir, err)
	}
	return fmt.Errorf("open the TSDB in %s: %w; if a block is damaged, move it out of the directory: "+
		"the samples of its two hours or more are lost then, the others stay", dir, err)
}

// newest is the time of the latest sample in the store at its opening, or of
// the end of its blocks.
func newest(db *tsdb.DB) int64 {
	t := db.Head().MaxTime()
	for _, b := range db.Blocks() {
		t = max(t, b.Meta().MaxTime)
	}
	return t
}

// Appendable is where the scraper appends, and what tests append to: samples
// go to the TSDB and through the tap.
func (d *DB) Appendable() storage.Appendable { return d.tap }

// scrapeInterval is the longest scrape interval of all scrape configurations:
// a target that was not scraped for twice as long was surely missed.
func (d *DB) scrapeInterval() time.Duration { return d.scrape.Load().interval() }

// usable is an error once the store is closed.
func (d *DB) usable(ctx context.Context) error {
	if d.closed.Load() {
		return errors.New("the store is closed")
	}
	return ctx.Err()
}

// Close stops Run, waits for it, and closes the store.
func (d *DB) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	d.mu.Lock()
	done := d.done
	if d.runs != nil {
		d.runs.stop()
	}
	d.mu.Unlock()
	if done != nil {
		<-done
	}
	if err := d.db.Close(); err != nil {
		return fmt.Errorf("close the TSDB in %s: %w", d.dir, err)
	}
	return nil
}

// Run discovers and scrapes targets until ctx is done or Close is called, and
// returns nil then. It can be called once.
func (d *DB) Run(ctx context.Context) error {
	d.mu.Lock()
	if d.ran || d.closed.Load() {
		d.mu.Unlock()
		return fmt.Errorf("scrape into %s: Run was called before, or the store is closed", d.dir)
	}
	runs, err := startScraping(ctx, d.tap, d.scrape.Load(), d.log, d.registerer)
	if err != nil {
		d.mu.Unlock()
		return fmt.Errorf("scrape into %s: %w", d.dir, err)
	}
	d.ran, d.runs, d.done = true, runs, make(chan struct{})
	d.mu.Unlock()
	defer close(d.done)
	err = runs.wait()
	d.mu.Lock()
	d.runs = nil
	d.mu.Unlock()
	return err
}

// Reload replaces what is scraped; targets that stay are not interrupted.
func (d *DB) Reload(s *Scrape) error {
	if s == nil {
		s = noScrape()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.runs != nil {
		if err := d.runs.apply(s); err != nil {
			return fmt.Errorf("reload the scrape configuration: %w", err)
		}
	}
	d.scrape.Store(s)
	return nil
}
