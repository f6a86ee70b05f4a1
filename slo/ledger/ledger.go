// Package ledger keeps exact counts of good and total events for every SLO and
// subject, from raw samples, by the rules of docs/counting.md: as cumulative
// figures at bucket edges, so that any window is one subtraction. It outlives its
// source's retention and kill -9.
package ledger

import (
	"cmp"
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

	"github.com/shopslo/shopslo/slo"
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
	// CheckpointAfter is the size of the log (bytes) from which on it is replaced by
	// a checkpoint, or a quarter of the last checkpoint's size if that is more; default 1 MiB.
	CheckpointAfter int64
	// Patience is how long a request for the newest buckets may take; default
	// Resolution, or 10 seconds if that is less. One that may be at fault gets a quarter
	// of it, all of them together half.
	Patience time.Duration
	// Log gets what an operator should know; default: nothing.
	Log *slog.Logger
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
}

// Plan is what a ledger is to count.
type Plan struct {
	Items   []Item
	Sources map[string]Source  // by data source name; "" is the default
	Reads   map[string]Reading // how each source's queries are to be read
	// Part says that the sources have the series of many more subjects: they are told
	// whose are wanted, so far as that is not too long to say.
	Part bool
}

// Item is one SLO with the subjects that it applies to.
type Item struct {
	SLO      *slo.SLO
	Subjects []*Subject
}

// Ledger counts. Its methods may be called from several goroutines; Advance and
// Configure wait for each other.
type Ledger struct {
	cfg   Config
	store *store

	advancing   sync.Mutex // held by Advance, Configure and Close
	nextAccount uint32
	workers     []*worker
	version     atomic.Uint64
	mu          sync.RWMutex // guards what follows against readers
	accounts    map[string]*account
	wanted      map[wantKey][]wantedPart // of an SLO, one after the other
	refused     map[string]Failing       // SLOs that are not counted at all
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

// Configure sets what is counted from now on. Accounts whose SLO or subject is no
// longer there stay until the retention has passed, and go on where they stopped
// if it comes back; accounts of changed indicators start anew.
func (l *Ledger) Configure(p Plan, now time.Time) error {
	l.advancing.Lock()
	defer l.advancing.Unlock()
	sources := map[string]*sourceState{}
	wanted := map[wantKey][]wantedPart{}
	accounts := maps.Clone(l.accounts)
	active := map[*account]asked{}
	subjects := map[string]map[*Subject]bool{}
	shared, byID := map[string]*measure{}, map[string]*Subject{}
	refused := map[string]Failing{}
	for _, it := range p.Items {
		ms, err := l.measures(it.SLO, p, shared)
		if why, ok := errors.AsType[refusal](err); ok {
			refused[it.SLO.Name] = failing(it, why)
			continue
		}
		if err != nil {
			return err
		}
		for _, sub := range it.Subjects {
			if sub, err = onlyOne(byID, sub); err != nil {
				return err
			}
			k := wantKey{it.SLO.Name, sub.ID}
			if wanted[k] != nil {
				return fmt.Errorf("two SLOs for %s are named %q: a name can stand for one only", sub.ID, it.SLO.Name)
			}
			shift := l.shiftFor(accounts, it.SLO, ms, sub)
			for _, m := range ms {
				a := l.accountFor(accounts, m, it.SLO.Name, sub, shift, now)
				active[a] = asked{m, sub}
				wanted[k] = append(wanted[k], wantedPart{a, m})
				if subjects[m.source] == nil {
					subjects[m.source] = map[*Subject]bool{}
				}
				subjects[m.source][sub] = true
			}
		}
	}
	for name, set := range subjects {
		list := slices.SortedFunc(maps.Keys(set), func(x, y *Subject) int { return cmp.Compare(x.ID, y.ID) })
		x, err := newSubjectIndex(list)
		if err != nil {
			return err
		}
		sources[name] = &sourceState{name: name, source: p.Sources[name], subjects: x, raw: map[string][]*account{}, bound: newBindings(), bad: map[*account]error{}, width: firstWidth, part: p.Part}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, a := range accounts {
		x, ok := active[a]
		if a.m = x.m; ok {
			a.subject, a.key = x.subject, key
		}
	}
	for _, a := range slices.SortedFunc(maps.Keys(active), byNumber) {
		src := sources[a.m.source]
		src.all = append(src.all, a)
		if a.m.raw {
			src.raw[a.subject.ID] = append(src.raw[a.subject.ID], a)
		}
	}
	gather(slices.SortedFunc(maps.Keys(active), byNumber))
	l.accounts, l.wanted, l.sources, l.refused = accounts, wanted, sources, refused
	l.version.Add(1)
	return nil
}

// asked is what a plan asks an account for.
type asked struct {
	m       *measure
	subject *Subject
}

// onlyOne finds the one of equal subjects that stands for all of them.
func onlyOne(byID map[string]*Subject, s *Subject) (*Subject, error) {
	first := byID[s.ID]
	if first == nil {
		byID[s.ID] = s
		return s, nil
	}
	if !slices.Equal(first.Match, s.Match) {
		return nil, fmt.Errorf("%s is given twice, with the labels %v and %v", s.ID, first.Match, s.Match)
	}
	return first, nil
}

// measures plans the parts of an SLO; parts that are counted alike share one.
func (l *Ledger) measures(s *slo.SLO, p Plan, shared map[string]*measure) ([]*measure, error) {
	var ms []*measure
	for i := range s.Parts {
		ind := &s.Parts[i].Indicator
		q := ind.Value
		for _, o := range []*slo.Query{ind.Good, ind.Bad} {
			if q == nil {
				q = o
			}
		}
		read, ok := p.Reads[q.Source]
		if !ok || p.Sources[q.Source] == nil {
			return nil, fmt.Errorf("slo %q reads from data source %q, which is not configured", s.Name, q.Source)
		}
		m, err := newMeasure(s, ind, read)
		if err != nil {
			return nil, fmt.Errorf("slo %q: %w", s.Name, err)
		}
		if m.slice%l.res() != 0 {
			return nil, fmt.Errorf("slo %q: its time slices of %v are no multiple of the ledger's resolution, %v", s.Name, s.Slice, l.cfg.Resolution)
		}
		if shared[m.key] == nil {
			shared[m.key] = m
		}
		ms = append(ms, shared[m.key])
	}
	return ms, nil
}

// accountFor finds the account of a measure and subject whose blocks are shifted by so
// much, or opens it.
func (l *Ledger) accountFor(accounts map[string]*account, m *measure, name string, sub *Subject, shift int64, now time.Time) *account {
	key := accountKey(m.key, sub, l.context(shift))
	a := accounts[key]
	if a == nil {
		a = l.takeOver(accounts, m, name, sub, shift)
	}
	if a == nil {
		start := max(0, l.floor(now.Add(-l.cfg.Backfill)))
		a = newAccount(key, sub, m, l.res(), start)
		a.hist = newHistory(l.res(), start, shift)
		a.facts.expected = l.expectedSince(sub.ID, now)
		a.id = l.nextAccount
		l.nextAccount++
	}
	accounts[key] = a
	return a
}

// expectedSince is since when a subject has been asked for; none where the ledger is
// new, and cannot know.
func (l *Ledger) expectedSince(subject string, now time.Time) int64 {
	if len(l.accounts) == 0 {
		return none
	}
	since := now.UnixMilli()
	for _, a := range l.accounts {
		if a.subject.ID == subject {
			since = min(since, a.facts.expected)
		}
	}
	return since
}

// expected is since when the account's subject should have been sending; none where
// nothing is known yet.
func (a *account) expected() int64 {
	since := a.facts.expected
	if since == none {
		since = a.facts.begins
	}
	if h := a.facts.heard; h != none && since != none {
		since = min(since, h)
	}
	return since
}

// context is what besides a measure decides what is counted.
func (l *Ledger) context(shift int64) string {
	context := fmt.Sprint(l.cfg.Resolution, l.cfg.TargetLabels, l.cfg.StartTimeMetric)
	if shift != 0 {
		context += fmt.Sprint(" blocks shifted by ", time.Duration(shift)*time.Millisecond)
	}
	return context
}

func (l *Ledger) floor(t time.Time) int64 {
	ms := t.UnixMilli()
	return ms - ms%l.res()
}

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

// Account shows what has been counted of an SLO for a subject up to a time. One
// that the plan does not have, or has with other parts, has nothing counted.
func (l *Ledger) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	l.mu.RLock()
	defer l.mu.RUnlock()
	parts := l.wanted[wantKey{s.Name, subject}]
	acc := slo.Account{Edges: l.cfg.Resolution * blockBuckets}
	if len(parts) > 0 {
		acc.EdgeShift = time.Duration(parts[0].hist.shift) * time.Millisecond
	}
	if len(parts) == 0 || len(parts) != len(s.Parts) {
		acc.Unit, acc.Failure = unitOf(s, true), l.refused[s.Name].Reason
		acc.Counts = func(_ int, from, to time.Time) slo.Counts { return slo.Counts{Start: from, End: to} }
		return acc
	}
	end, start, last, expected := int64(math.MaxInt64), int64(none), int64(none), int64(math.MaxInt64)
	for i, a := range parts {
		e, _, ok := a.hist.upTo(at.UnixMilli())
		if !ok {
			e = none
		}
		end, start = min(end, e), max(start, a.hist.oldest())
		if heard := a.heard(e); i == 0 || heard < last {
			last = heard
		}
		acc.Grid = acc.Grid || !a.m.raw
		acc.Unit = coarser(acc.Unit, a.m.unit)
		acc.Notes = append(acc.Notes, a.m.notes...)
		expected = min(expected, a.expected())
		acc.Flags = append(acc.Flags, a.facts.flags.list(at.UnixMilli())...)
		if acc.Failure == "" {
			acc.Failure = a.failure()
		}
	}
	acc.Start, acc.End, acc.LastSample, acc.Expected = timeOf(start), timeOf(end), timeOf(last), timeOf(expected)
	acc.Counts = func(part int, from, to time.Time) slo.Counts { return l.counts(parts[part], from, to) }
	return acc
}

// heard is when something was last heard of the account as it stood at an edge. Of
// the past it is known to the bucket: the end of the last one that has data.
func (a *account) heard(edge int64) int64 {
	if edge >= a.hist.edge {
		return a.facts.last
	}
	for e := edge; e > a.hist.oldest(); {
		before, _, _ := a.hist.upTo(e - 1)
		if _, _, c := a.hist.between(before, e); c.miss < e-before {
			return min(e, a.facts.last)
		}
		e = before
	}
	return none
}

// counts are a part's counts between stored edges.
func (l *Ledger) counts(a wantedPart, from, to time.Time) slo.Counts {
	l.mu.RLock()
	start, end, c := a.hist.between(from.UnixMilli(), to.UnixMilli())
	_, sums, _ := a.hist.upTo(end)
	l.mu.RUnlock()
	good, total := a.m.goodAndTotal(c, sums)
	return slo.Counts{Start: timeOf(start), End: timeOf(end), Good: good, Total: total,
		Covered: time.Duration(end-start-c.miss) * time.Millisecond}
}

func timeOf(ms int64) time.Time {
	if ms == none {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
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
// progress, which may be nil, is told of each step. Where it returns false, Advance
// leaves the rest of that source for the next call: a long history can be read bit
// by bit between the ticks of those that are up to date.
func (l *Ledger) Advance(ctx context.Context, now time.Time, progress func(Progress) bool) error {
	l.advancing.Lock()
	defer l.advancing.Unlock()
	if progress == nil {
		progress = func(Progress) bool { return true }
	}
	if err := l.mend(); err != nil {
		return err
	}
	widest := int64(0) // what was read at once
	defer func() {
		if widest > l.res()*blockBuckets { // ticks need far less memory than history
			l.workers = nil
		}
	}()
	report := progress
	progress = func(g Progress) bool {
		widest = max(widest, g.span)
		return report(g)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(l.sources)) {
		src := l.sources[name]
		src.err = l.advanceSource(ctx, src, now, progress)
		errs = append(errs, src.err)
	}
	return errors.Join(errs...)
}

// Totals gives all that was ever counted of an SLO for a subject, from where
// counting began up to the newest edge; a composite's parts are summed with their
// weights. ok is false where nothing has been counted.
func (l *Ledger) Totals(s *slo.SLO, subject string) (total slo.Counts, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	parts := l.wanted[wantKey{s.Name, subject}]
	if len(parts) != len(s.Parts) {
		return slo.Counts{}, false
	}
	for i, a := range parts {
		h := a.hist
		if h.edge == h.start {
			return slo.Counts{}, false
		}
		good, count := a.m.goodAndTotal(h.newest(), h.newest())
		total.Good += s.Parts[i].Weight * good
		total.Total += s.Parts[i].Weight * count
		covered := time.Duration(h.edge-h.start-h.newest().miss) * time.Millisecond
		if i == 0 || covered < total.Covered {
			total.Start, total.End, total.Covered = timeOf(h.start), timeOf(h.edge), covered
		}
	}
	return total, len(parts) > 0
}
