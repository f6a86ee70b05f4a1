// Package probe asks a source what exists of the metrics that SLOs ask for, so that package
// presence can judge it for each subject.
//
// It asks once per metric for all subjects, first only for what the selectors pick, as the
// ledger reads it too. That says all where something is found. Only for subjects where
// something is missing is the whole metric read.
package probe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence"
)

// Source is where samples are; the ledger's sources are such.
type Source interface {
	// Select reads the raw samples of the requested series and calls f once with all of
	// them; with none where there are none. The series are valid until f returns. An error:
	// nothing is known; one that wraps slo.ErrUnavailable may pass.
	Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error

	// Eval evaluates an expression at from+step, … to (Unix milliseconds) and calls f once
	// with the series that have a value.
	Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error
}

// Namer is a source that can list what is there. It is asked for hints only.
type Namer interface {
	// Names lists the values of a label, of the series that a selector picks (all where it
	// is empty), with samples at about that time (Unix milliseconds), sorted; none where
	// there are none.
	Names(ctx context.Context, label string, of slo.Selector, from, to int64) ([]string, error)
}

// Config is how a source is asked. Source, Terms and Interval are needed.
type Config struct {
	Source Source
	Names  Namer // nil: no hints of metrics that are not asked for
	// Terms says what a query reads: promquery.Terms.
	Terms func(q *slo.Query) ([][]slo.Selector, error)
	// Interval is the scrape interval. A series is live that had a sample within five of
	// them and Delay, the time until a sample can be read.
	Interval, Delay time.Duration
	// Counted says what was counted up to a time. With it, what has ended is judged by what
	// there was then; nil: by what is live now.
	Counted func(of *slo.SLO, part int, subject string, at time.Time) Counted
	// TargetLabels tell targets apart: job and instance.
	TargetLabels []string
	// MaxSeries is how many series of one metric are read at most beyond those that are
	// counted; default 100,000.
	MaxSeries int
	// Timeout bounds one request; default 30 seconds.
	Timeout time.Duration
}

// Item is an SLO and the subjects that it is judged for.
type Item struct {
	SLO      *slo.SLO
	Subjects []Subject
}

// Subject is an id, and the labels that its series carry.
type Subject struct {
	ID    string
	Match slo.Labels
	// Formerly are labels that they carried before: where they still do, they are there.
	Formerly []slo.Labels
}

// Prober asks and remembers. It is safe for concurrent use.
type Prober struct {
	cfg   Config
	asks  []ask
	index *index
	// metrics are what is asked for, by presence.MetricKey.
	metrics map[string]*metric

	asking  chan struct{} // one Probe at a time
	names   map[string]listed
	checked map[verdictKey]checked

	mu      sync.RWMutex
	results []*result // by time
	probes  uint64    // how many there were
	version atomic.Uint64
}

// ask is one SLO, understood.
type ask struct {
	slo      string
	of       *slo.SLO
	parts    []presence.Ask
	keys     []string // of all metrics that they name
	subjects []Subject
	fault    string // why it cannot be understood
}

// metric is one that is asked for.
type metric struct {
	name      slo.Selector   // its matchers
	selectors []slo.Selector // of all SLOs
	labels    []string       // that their matchers name
}

// New makes a prober of SLOs and subjects. It asks nothing yet.
func New(cfg Config, items []Item) *Prober {
	if cfg.MaxSeries <= 0 {
		cfg.MaxSeries = 100_000
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	p := &Prober{cfg: cfg, asking: make(chan struct{}, 1), metrics: map[string]*metric{}, names: map[string]listed{}, checked: map[verdictKey]checked{}}
	all := map[string]Subject{}
	for _, it := range items {
		a := ask{slo: it.SLO.Name, of: it.SLO, subjects: it.Subjects}
		for i := range it.SLO.Parts {
			one, err := askOf(&it.SLO.Parts[i].Indicator, cfg.Terms)
			if err != nil {
				a.fault = err.Error()
			}
			a.parts = append(a.parts, one)
			for _, side := range one.Sides {
				for _, sel := range side.Selectors() {
					p.wants(sel)
					if key := presence.MetricKey(sel); !slices.Contains(a.keys, key) {
						a.keys = append(a.keys, key)
					}
				}
			}
		}
		for _, s := range it.Subjects {
			all[s.ID] = s
		}
		p.asks = append(p.asks, a)
	}
	p.index = newIndex(slices.SortedFunc(maps.Values(all), func(a, b Subject) int { return strings.Compare(a.ID, b.ID) }))
	return p
}

// askOf says what an indicator asks for.
func askOf(ind *slo.Indicator, terms func(*slo.Query) ([][]slo.Selector, error)) (presence.Ask, error) {
	a := presence.Ask{AbsentIsZero: ind.AbsentIsZero}
	var errs []error
	for _, side := range []struct {
		name  string
		query *slo.Query
	}{{"good", ind.Good}, {"bad", ind.Bad}, {"total", ind.Total}, {"value", ind.Value}} {
		if side.query == nil {
			continue
		}
		t, err := terms(side.query)
		errs = append(errs, err)
		a.Sides = append(a.Sides, presence.Side{Name: side.name, Terms: t})
	}
	return a, errors.Join(errs...)
}

// wants notes a selector for what is asked for.
func (p *Prober) wants(sel slo.Selector) {
	key := presence.MetricKey(sel)
	m := p.metrics[key]
	if m == nil {
		m = &metric{}
		for _, matcher := range sel {
			if matcher.Name == slo.MetricName {
				m.name = append(m.name, matcher)
			}
		}
		p.metrics[key] = m
	}
	if sel = widened(sel); !slices.ContainsFunc(m.selectors, func(o slo.Selector) bool { return o.String() == sel.String() }) {
		m.selectors = append(m.selectors, sel)
	}
	for _, matcher := range sel {
		if !slices.Contains(m.labels, matcher.Name) {
			m.labels = append(m.labels, matcher.Name)
		}
	}
}

// span is when a sample makes a series live at a time.
func (p *Prober) span(at time.Time) (from, to int64) {
	return at.Add(-5*p.cfg.Interval - p.cfg.Delay).UnixMilli(), at.UnixMilli()
}

// Version changes whenever Find may say something new.
func (p *Prober) Version() uint64 { return p.version.Load() }

// holdsFor is how long what was found stands for times after it, while nothing newer is known.
const holdsFor = 10 * time.Minute

// Find gives what is absent of an SLO for a subject, as last asked at or before a time.
// failure says why that is not known; with neither, nothing is missing, or nobody has asked
// about a time so long ago.
func (p *Prober) Find(name, subject string, at time.Time) (absent []slo.Absence, notes []string, failure string) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if len(p.results) == 0 {
		return nil, nil, "the source has not yet been asked whether its metrics exist"
	}
	r := p.latest(at)
	if r == nil {
		return nil, nil, ""
	}
	if age := at.Sub(r.at); age > holdsFor {
		if r != p.results[len(p.results)-1] {
			return nil, nil, "" // of long ago
		}
		return nil, nil, fmt.Sprintf("whether its metrics exist was last asked %v before", age.Round(time.Second))
	}
	f := r.found[verdictKey{name, subject}]
	return f.absent, f.notes, f.failure
}

// latest is the newest result at or before a time; nil where there is none.
func (p *Prober) latest(at time.Time) *result {
	for i := len(p.results) - 1; i >= 0; i-- {
		if !p.results[i].at.After(at) {
			return p.results[i]
		}
	}
	return nil
}

// fresh is how old an answer may be that need not be asked for again. A series stays live for
// five intervals, so that little is missed by asking at every fourth one.
func (c *Config) fresh() time.Duration {
	return max(min(45*time.Second, 5*c.Interval), 4*c.Interval)
}

// Looked reports whether the source was asked about a time before one that is remembered.
func (p *Prober) Looked(at time.Time) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.latest(at) != nil
}

// Knows reports whether the source was asked about a time, or one just before it.
func (p *Prober) Knows(at time.Time) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	r := p.latest(at)
	return r != nil && at.Sub(r.at) < p.cfg.fresh()
}
