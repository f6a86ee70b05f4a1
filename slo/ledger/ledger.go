// Package ledger keeps exact counts of good and total events for every SLO and
// subject, from raw samples, by the rules of docs/counting.md: as cumulative
// figures at bucket edges, so that any window is one subtraction. It outlives its
// source's retention and kill -9.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
)

const maxFinite = math.MaxFloat64

// Config is how a ledger counts and keeps. The zero value of a field is its
// default.
type Config struct {
	// Dir is where it keeps its files; "" keeps everything in memory only.
	Dir string
	// Resolution is the length of a bucket; default one minute.
	Resolution time.Duration
	// Fine is how far back every bucket edge is kept; default three days, the
	// longest burn-rate window, or 4320 buckets. Beyond it one edge in 60 is.
	Fine time.Duration
	// Retention is how far back anything is kept; default 90 days.
	Retention time.Duration
	// Backfill is how far back a new account begins; default Retention.
	Backfill time.Duration
	// ScrapeInterval is the source's; default one minute.
	ScrapeInterval time.Duration
	// Delay is how long after its edge a bucket is closed, for late samples;
	// default one scrape interval and 5 seconds.
	Delay time.Duration
	// TargetLabels tell the targets of one subject apart; default job, instance.
	TargetLabels []string
	// StartTimeMetric is a gauge with the process' start time (Unix seconds);
	// "" reads none.
	StartTimeMetric string
	// Slack is what the clocks of a process and of its source may differ by; default
	// 5 seconds.
	Slack time.Duration
	// OldAnswers is how old an answer may be that comes after a newer one, and how long
	// it may take until it is made up for; default five scrape intervals.
	OldAnswers time.Duration
	// PlausibleSteps is how many times its greatest growth between two scrapes a counter
	// may plausibly have grown in one after a restart; default 10.
	PlausibleSteps float64
	// CheckpointAfter is the size of the log (bytes) from which on it is replaced by
	// a checkpoint, or half of the last checkpoint's size if that is more; default 1 MiB.
	CheckpointAfter int64
	// Patience is how long a request for the newest buckets may take; default
	// Resolution, or 10 seconds if that is less. One that may be at fault gets a quarter
	// of it, all of them together half.
	Patience time.Duration
	// Log gets what an operator should know; default: nothing.
	Log *slog.Logger
	// Trace is told of each step of what is counted from raw samples, when its tick has been
	// taken over: by the goroutine that advances, one after the other, and of one series in
	// the order of time. Default: nobody is told, and that costs nothing.
	Trace func(Step)

	disk disk.FS // nil: the system's
}

func (c *Config) setDefaults() {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.Resolution, time.Minute)
	def(&c.Fine, 72*60*c.Resolution)
	def(&c.Retention, 90*24*time.Hour)
	def(&c.Backfill, c.Retention)
	def(&c.ScrapeInterval, time.Minute)
	def(&c.Delay, c.ScrapeInterval+5*time.Second)
	def(&c.Slack, 5*time.Second)
	def(&c.OldAnswers, 5*c.ScrapeInterval)
	if c.PlausibleSteps == 0 {
		c.PlausibleSteps = 10
	}
	def(&c.Patience, max(c.Resolution, 10*time.Second))
	if c.CheckpointAfter == 0 {
		c.CheckpointAfter = 1 << 20
	}
	if len(c.TargetLabels) == 0 {
		c.TargetLabels = []string{"job", "instance"}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if c.disk == nil {
		c.disk = disk.System
	}
}

// Ledger counts. Its methods may be called from several goroutines; Advance and
// Configure wait for each other.
type Ledger struct {
	cfg   Config
	store *store

	advancing   sync.Mutex // held by Advance, Configure and Close
	counting    sync.Mutex // held while the samples of one source are counted and kept: see turn
	nextAccount uint32
	arrivals    []*account // those with series that arrived
	workers     []*worker
	version     atomic.Uint64
	mu          sync.RWMutex // guards what follows against readers
	accounts    map[string]*account
	wanted      map[wantKey][]wantedPart // of an SLO, one after the other
	refused     map[wantKey]string       // why an SLO cannot be counted at all
	sources     map[string]*sourceState
	heard       heard
	forgotAt    int64 // edge at which a ledger without files last looked for what can be forgotten
}

type wantKey struct{ slo, subject string }

// wantedPart is where a part of an SLO is counted for a subject. It keeps the
// measure, which the account loses when no plan asks for it any more.
type wantedPart struct {
	*account
	m *measure
}

// sourceState is what the ledger knows of one source.
type sourceState struct {
	name     string
	source   Source
	subjects *subjectIndex
	raw      map[string][]*account // by subject id
	all      []*account
	bound    *bindings
	whole    *batch             // of all healthy raw accounts, which are nearly always read together
	rawCount int                // how many these are
	bad      map[*account]error // what the last request could not count
	asked    int                // how often another measure was asked for: see other
	ahead    *ahead             // nil: nothing is being fetched
	ctx      context.Context    // of the Advance that is under way
	width    int64              // ms to read at once
	part     bool               // it has many more subjects than those
	err      error              // of the last attempt
}

// Open opens a ledger, reading what its directory holds. Damaged files are set
// aside, never deleted, and the log says what that means for the figures.
func Open(cfg Config) (*Ledger, error) {
	cfg.setDefaults()
	if cfg.Resolution < time.Second || cfg.Resolution%time.Second != 0 {
		return nil, fmt.Errorf("ledger resolution %v: it must be whole seconds", cfg.Resolution)
	}
	l := &Ledger{cfg: cfg, accounts: map[string]*account{}, heard: heard{last: none, after: none}}
	if cfg.Dir == "" {
		return l, nil
	}
	st, accts, err := openStore(cfg)
	if err != nil {
		return nil, err
	}
	l.store = st
	if st.denied != nil {
		cfg.Log.Warn("the ledger cannot be written: it is read, and what is counted from now on is kept in memory only, until this program ends", "dir", cfg.Dir, "err", permission(st.denied, cfg.Dir))
		l.store = nil
		if err := st.close(); err != nil {
			return nil, err
		}
	}
	gather(accts)
	for _, a := range accts {
		l.heard.take(a.hist.reliable(a.facts.last))
	}
	for _, a := range accts {
		l.trim(a)
		a.cold = true
		l.accounts[a.key] = a
		l.nextAccount = max(l.nextAccount, a.id+1)
	}
	return l, nil
}

// Close writes what is not yet on disk and releases the directory.
func (l *Ledger) Close() error {
	l.advancing.Lock()
	defer l.advancing.Unlock()
	if l.store == nil {
		return nil
	}
	err := l.store.close()
	l.store = nil
	return err
}

func (l *Ledger) res() int64 { return l.cfg.Resolution.Milliseconds() }

// Version changes whenever an Account may show something new for a time that has
// passed: while it stays, so do all answers.
func (l *Ledger) Version() uint64 { return l.version.Load() }

// Newest is the newest edge of all that is counted; zero where nothing is.
func (l *Ledger) Newest() time.Time {
	l.mu.RLock()
	defer l.mu.RUnlock()
	newest := int64(none)
	for _, src := range l.sources {
		for _, a := range src.all {
			newest = max(newest, a.hist.edge)
		}
	}
	return timeOf(newest)
}

// Progress says how far an Advance has come.
type Progress struct {
	Source      string
	Done, Until time.Time
	Samples     int // read in this step

	span int64 // of this step, ms
}

// Advance counts everything up to the newest edge that may be closed at now, and by
// the source's own Clock. A source that cannot be read keeps its accounts where they
// are, to go on from there next time, and does not stop the others; the errors of all
// are returned together. What cannot be counted of a source that answers is no error:
// slo.Account.Failure and Failing tell of it, and it is tried again, less and less
// often and when the others are done.
//
// All sources are asked at once, each for one thing at a time.
//
// progress, which may be nil, is told of each step, of one after the other. Where it returns false, Advance
// leaves the rest of that source for the next call: a long history can be read bit
// by bit between the ticks of those that are up to date.
func (l *Ledger) Advance(ctx context.Context, now time.Time, progress func(Progress) bool) error {
	l.advancing.Lock()
	defer l.advancing.Unlock()
	if err := l.mend(); err != nil {
		return err
	}
	var telling sync.Mutex
	widest := int64(0) // what was read at once
	report := func(g Progress) bool {
		telling.Lock()
		defer telling.Unlock()
		widest = max(widest, g.span)
		return progress == nil || progress(g)
	}
	names := slices.Sorted(maps.Keys(l.sources))
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			errs[i] = l.advanceSource(ctx, l.sources[name], now, report)
			l.ended(l.sources[name], errs[i])
		})
	}
	all.Wait()
	if widest > l.res()*blockBuckets { // ticks need far less memory than history
		l.workers = nil
	}
	return errors.Join(errs...)
}

// ended notes how the reading of a source ended; what the ledger's files do is not its fault.
func (l *Ledger) ended(src *sourceState, err error) {
	if errors.Is(err, ErrStore) {
		err = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if (err == nil) != (src.err == nil) || err != nil && err.Error() != src.err.Error() {
		l.version.Add(1)
	}
	src.err = err
}

// Read says of each source that something is counted of, by name, why it could not be read
// last time; nil: it could, or nobody has tried yet.
func (l *Ledger) Read() map[string]error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := map[string]error{}
	for name, src := range l.sources {
		out[name] = src.err
	}
	return out
}

// A turn is a source's to count what it has read: samples are waited for from all sources
// at once, and counted, which takes all processors, of one after the other.
type turn struct {
	l    *Ledger
	held bool
}

func (t *turn) take() {
	if !t.held {
		t.l.counting.Lock()
		t.held = true
	}
}

func (t *turn) end() {
	if t.held {
		t.l.counting.Unlock()
		t.held = false
	}
}
