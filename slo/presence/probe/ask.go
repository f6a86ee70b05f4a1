package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence"
)

// result is what was found at one time.
type result struct {
	at     time.Time
	number uint64 // rises with each
	found  map[verdictKey]verdict
}

type verdictKey struct{ slo, subject string }

type verdict struct {
	absent  []slo.Absence
	notes   []string
	failure string
}

// checked is a verdict for which a whole metric was read, and the first look that led there.
type checked struct {
	first string
	verdict
	at time.Time
}

// recheck is how long such a verdict stands while the first look stays the same.
const recheck = 10 * time.Minute

// keptResults is how many times are remembered.
const keptResults = 16

// heard is what one metric's series are at a time, by subject's id.
type heard struct {
	series map[string][]slo.Labels
	err    error
	note   string // why not all of them were read
}

// round is one Probe.
type round struct {
	p        *Prober
	ctx      context.Context
	at       time.Time
	from, to int64
	metrics  map[string]*heard
	targets  map[string][]presence.Target
	sends    map[string]bool
	silent   bool // the source has nothing
	// elsewhere by metric; asked for where it is needed.
	elsewhere map[string]presence.Elsewhere
	names     map[string][]string // what else there is, by subject
	past      map[partKey]past    // of what is gone
}

func newRound(ctx context.Context, p *Prober, at time.Time) *round {
	r := &round{p: p, ctx: ctx, at: at, metrics: map[string]*heard{}, targets: map[string][]presence.Target{}, sends: map[string]bool{},
		elsewhere: map[string]presence.Elsewhere{}, names: map[string][]string{}, past: map[partKey]past{}}
	r.from, r.to = p.span(at)
	return r
}

// Probe asks the source what exists at a time. An error: the source could not say it for all
// SLOs; Find says for which.
func (p *Prober) Probe(ctx context.Context, at time.Time) error {
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	r := newRound(ctx, p, at)
	var errs []error
	if err := r.readTargets(nil); err != nil {
		errs = append(errs, err)
		for key := range p.metrics {
			r.metrics[key] = &heard{err: err}
		}
	} else {
		errs = append(errs, r.readMetrics()...)
	}
	out := &result{at: at, found: r.judge()}
	if err := ctx.Err(); err != nil {
		return err // what failed did so for that
	}
	p.keep(out)
	return errors.Join(errs...)
}

func (p *Prober) keep(r *result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	same := false
	for _, o := range p.results { // in the order of time
		if !o.at.After(r.at) {
			same = reflect.DeepEqual(o.found, r.found)
		}
	}
	p.results = slices.DeleteFunc(p.results, func(o *result) bool { return o.at.Equal(r.at) })
	p.probes++
	r.number = p.probes
	p.results = append(p.results, r)
	if len(p.results) > keptResults {
		oldest := slices.MinFunc(p.results, func(a, b *result) int { return cmp.Compare(a.number, b.number) })
		p.results = slices.DeleteFunc(p.results, func(o *result) bool { return o == oldest })
	}
	slices.SortFunc(p.results, func(a, b *result) int { return a.at.Compare(b.at) })
	if !same || len(p.results) == 1 {
		p.version.Add(1)
	}
}

// read selects series, bounded in time.
func (r *round) read(sels []slo.Selector, f func([]slo.Series) error) error {
	ctx, cancel := context.WithTimeout(r.ctx, r.p.cfg.Timeout)
	defer cancel()
	err := r.p.cfg.Source.Select(ctx, slo.Request{Selectors: sels, From: r.from, To: r.to}, f)
	if err != nil && ctx.Err() != nil && r.ctx.Err() == nil {
		return fmt.Errorf("%w: no answer within %v", slo.ErrUnavailable, r.p.cfg.Timeout)
	}
	return err
}

// readTargets asks which targets some subjects have, or all with nil, and which of them answer.
func (r *round) readTargets(of []Subject) error {
	up := slo.Selector{{Name: slo.MetricName, Value: "up"}}
	err := r.read([]slo.Selector{append(up, r.p.index.narrow(of)...)}, func(all []slo.Series) error {
		for i := range all {
			s := r.p.index.find(all[i].Labels)
			value, ok, err := newest(all[i].Samples)
			if s == nil || !ok || err != nil {
				continue
			}
			r.targets[s.ID] = append(r.targets[s.ID], presence.Target{Labels: slices.Clone(all[i].Labels), Up: value == 1})
			r.sends[s.ID] = r.sends[s.ID] || value == 1
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("the source could not say which targets are up: %w", err)
	}
	return nil
}

// readMetrics asks for what the selectors pick, some metrics at a time.
func (r *round) readMetrics() (errs []error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	limit := make(chan struct{}, 4)
	for _, key := range slices.Sorted(maps.Keys(r.p.metrics)) {
		m := r.p.metrics[key]
		all.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			h := r.readMetric(m, m.selectors, nil)
			mu.Lock()
			defer mu.Unlock()
			r.metrics[key] = h
			if h.err != nil {
				errs = append(errs, h.err)
			}
		})
	}
	all.Wait()
	anything := len(r.targets) > 0
	for _, h := range r.metrics {
		for id := range h.series {
			r.sends[id], anything = true, true
		}
	}
	r.silent = !anything && len(errs) == 0 && !r.hasAnything()
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

// readMetric reads the live series of a metric that selectors pick; of some subjects, or nil
// for all.
func (r *round) readMetric(m *metric, sels []slo.Selector, of []Subject) *heard {
	h := &heard{series: map[string][]slo.Labels{}}
	narrow := r.p.index.narrow(of)
	var asked []slo.Selector
	for _, sel := range sels {
		asked = append(asked, slices.Concat(sel, narrow))
	}
	kept := map[string]*sampler{}
	err := r.read(asked, func(all []slo.Series) error {
		for i := range all {
			s := r.p.index.find(all[i].Labels)
			if s == nil {
				continue
			}
			if !isLive(all[i].Samples) {
				continue
			}
			if kept[s.ID] == nil {
				kept[s.ID] = &sampler{labels: m.labels}
			}
			if kept[s.ID].isNews(all[i].Labels) {
				h.series[s.ID] = append(h.series[s.ID], slices.Clone(all[i].Labels))
			}
		}
		return nil
	})
	if err != nil {
		h.err = fmt.Errorf("the source could not say whether %s exists: %w", m, err)
	}
	return h
}

func (m *metric) String() string {
	if len(m.name) == 0 {
		return m.selectors[0].String()
	}
	return m.name.String()
}

// hasAnything asks whether the source has any target at all, or any of the metrics without the
// labels of a subject.
func (r *round) hasAnything() bool {
	sels := []slo.Selector{{{Name: slo.MetricName, Value: "up"}}}
	for _, key := range slices.Sorted(maps.Keys(r.p.metrics)) {
		if m := r.p.metrics[key]; len(m.name) > 0 {
			sels = append(sels, slices.Concat(m.name, r.p.index.unlabelled()))
		}
	}
	found := false
	err := r.read(sels, func(all []slo.Series) error {
		found = len(all) > 0
		return nil
	})
	return found || err != nil
}
