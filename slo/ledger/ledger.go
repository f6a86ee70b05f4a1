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
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
)

const (
	// mostValue is the greatest value of a counter: no program counts further.
	mostValue = 1 << 64
	// mostAtOnce is how much a sample counts at most: float64 adds no single events to more.
	mostAtOnce = 1 << 53
)

// Config is how a ledger counts and keeps. The zero value of a field is its
// default.
type Config struct {
	// Dir is where it keeps its files; "" keeps everything in memory only.
	Dir string
	// Keep has Open fail where Dir cannot be written: who counts on for longer than the source
	// keeps samples would lose what it has counted with its end. Without it Dir is then read
	// alone, and the log says so.
	Keep bool
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
	// it may take until it is made up for; default five scrape intervals of its source.
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
	// Longest is how long a request for history may take, where others wait for its end; one
	// that takes longer is made again for less. Default: as long as the source lets it.
	Longest time.Duration
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

// oldAnswers is OldAnswers (ms) for what a measure reads.
func (c *Config) oldAnswers(m *measure) int64 {
	if c.OldAnswers == 0 {
		return 5 * m.interval
	}
	return c.OldAnswers.Milliseconds()
}

// Ledger counts. Its methods may be called from several goroutines. Configure and Close
// interrupt an Advance, which goes on when they are done.
type Ledger struct {
	cfg   Config
	store *store

	traffic     traffic
	counting    sync.Mutex // held while the samples of one source are counted and kept: see turn
	nextAccount uint32
	arrivals    []*account // those with series that arrived
	workers     []*worker
	aside       int // how many have counted what is not kept yet, and let others count
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
	reading  sync.Mutex // held while it is read
	source   Source
	delay    time.Duration // how long after its edge a bucket is closed
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
	widest   int64              // at most: more took too long
	part     bool               // it has many more subjects than those
	read     bool               // it was tried
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
	if st.denied != nil && cfg.Keep {
		err := fmt.Errorf("the ledger in %s cannot be written, so what is counted from now on could not be kept: %w", cfg.Dir, permission(st.denied, cfg.Dir))
		return nil, errors.Join(err, st.close())
	}
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
	defer l.traffic.stop()()
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

// Newest is the newest edge of all that is counted, or of what is read from one of some
// sources; zero where nothing is.
func (l *Ledger) Newest(of ...string) time.Time {
	l.mu.RLock()
	defer l.mu.RUnlock()
	newest := int64(none)
	for name, src := range l.sources {
		if len(of) == 0 || slices.Contains(of, name) {
			newest = max(newest, src.newest(func(*account) bool { return true }))
		}
	}
	return timeOf(newest)
}

// Settled is the edge up to which each source was read that can be, but for those that are
// further behind the newest edge than within; zero where nothing is being counted.
func (l *Ledger) Settled(within time.Duration) time.Time {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var edges []int64
	for _, src := range l.sources {
		if e := src.newest(func(a *account) bool { return a.failure() == "" }); src.err == nil && e != none {
			edges = append(edges, e)
		}
	}
	if len(edges) == 0 {
		return time.Time{}
	}
	least := slices.Max(edges) - within.Milliseconds()
	return timeOf(slices.Min(slices.DeleteFunc(edges, func(e int64) bool { return e < least })))
}

// newest is the newest edge of some of its accounts; none.
func (s *sourceState) newest(of func(*account) bool) int64 {
	newest := int64(none)
	for _, a := range s.all {
		if of(a) {
			newest = max(newest, a.hist.edge)
		}
	}
	return newest
}

// Progress says how far an Advance has come.
type Progress struct {
	Source      string
	Done, Until time.Time
	Samples     int // read in this step

	span int64 // of this step, ms
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
	src.err, src.read = err, true
}

// ErrUnread is of a source of which nobody knows yet whether it can be read.
var ErrUnread = errors.New("it has not been read yet")

// Read says of each source that something is counted of, by name, why it could not be read
// last time; nil: it could.
func (l *Ledger) Read() map[string]error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := map[string]error{}
	for name, src := range l.sources {
		if out[name] = src.err; !src.read {
			out[name] = ErrUnread
		}
	}
	return out
}
