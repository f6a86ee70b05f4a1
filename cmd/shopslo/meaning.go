package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/openslo"
	"github.com/shopslo/shopslo/slo/promquery"
)

// typeSource is a source that has its metrics' metadata.
type typeSource interface {
	// MetricType gives a metric's type: counter, gauge, histogram or summary (also for
	// their series, such as x_bucket of x); "unknown" where what is said of it is not
	// clear, "" where nothing is. An error that wraps slo.ErrUnavailable may pass.
	MetricType(ctx context.Context, metric string) (string, error)
}

// metricTypes remember what a source said of its metrics.
type metricTypes struct {
	source typeSource
	mu     sync.Mutex
	said   map[string]saidType
	// down is why the source could not be asked; it is not asked for other metrics then,
	// so that one that hangs is waited for once.
	down error
}

type saidType struct {
	typ string
	err error
}

// newMetricTypes asks a source; nil where it has no metadata.
func newMetricTypes(s any) *metricTypes {
	source, ok := s.(typeSource)
	if !ok {
		return nil
	}
	return &metricTypes{source: source, said: map[string]saidType{}}
}

// askingTypes is how long a source may take to tell a metric's type.
const askingTypes = 5 * time.Second

// askAgain forgets what the source did not know: it may have scraped the metric since.
func (t *metricTypes) askAgain() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.down = nil
	maps.DeleteFunc(t.said, func(_ string, s saidType) bool { return s.err != nil || s.typ == "" || s.typ == "unknown" })
}

// typeOf is a promquery.Types.
func (t *metricTypes) typeOf(metric string) (string, error) {
	if t == nil {
		return "", nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.said[metric]; ok {
		return s.typ, s.err
	}
	if t.down != nil {
		return "", t.down
	}
	ctx, cancel := context.WithTimeout(context.Background(), askingTypes)
	defer cancel()
	typ, err := t.source.MetricType(ctx, metric)
	if err != nil && !errors.Is(err, slo.ErrUnavailable) {
		typ, err = "", nil // it answers, and has no metadata
	}
	t.said[metric], t.down = saidType{typ, err}, err
	return typ, err
}

// reading tells the ledger how the source's queries are to be counted.
func (d *documents) reading(types *metricTypes) ledger.Reading {
	if d.config.Source.Mackerel != nil {
		return readMackerel
	}
	return func(ind *slo.Indicator) (ledger.Meaning, error) {
		is, err := promquery.Read(ind, types.typeOf)
		if err != nil {
			return ledger.Meaning{Refused: err.Error()}, nil
		}
		m := ledger.Meaning{Raw: is.Raw, Grows: is.Grows, Notes: is.Notes}
		for _, s := range is.Sides {
			m.Sides = append(m.Sides, ledger.Side{Selectors: s.Selectors, Plain: s.Plain, Expr: s.Expr, Canonical: s.Canonical})
		}
		return m, nil
	}
}

// ask finds all that is wrong with the SLOs in the eyes of their source. A source that
// cannot be asked now finds nothing wrong.
func (d *documents) ask(src source) error {
	src.types.askAgain()
	err := d.understand(src.types.typeOf)
	if errors.Is(err, slo.ErrUnavailable) {
		return nil
	}
	return err
}

// askAfter is how long a server waits before it asks its source again what the SLOs
// mean that it cannot count.
const askAfter = 10 * time.Second

// askAgain lets a server take up SLOs that it could not understand, as soon as the source
// tells what their metrics are: an embedded one knows nothing before it has scraped.
func (s *service) askAgain(e *engine, now time.Time) {
	if now.Before(s.asked.Add(askAfter)) {
		return
	}
	s.asked = now
	unread := e.docs.unread(e.ledger.Failing())
	if len(unread) == 0 {
		return
	}
	e.source.types.askAgain()
	for _, ind := range unread {
		if _, err := promquery.Read(ind, e.source.types.typeOf); err != nil {
			continue
		}
		s.configuring.Lock()
		defer s.configuring.Unlock()
		if s.current() != e { // reloaded meanwhile
			return
		}
		if err := e.takeOver(now); err != nil {
			s.log.Error("SLOs that are understood now are not taken up", "err", err)
		}
		return
	}
}

// unread are the indicators of SLOs that are refused for what their queries mean.
func (d *documents) unread(failing []ledger.Failing) (out []*slo.Indicator) {
	for _, f := range failing {
		for i := range d.slos.SLOs {
			if s := &d.slos.SLOs[i]; s.Name == f.SLO && f.Refused {
				for k := range s.Parts {
					out = append(out, &s.Parts[k].Indicator)
				}
			}
		}
	}
	return out
}

// understand says of every SLO how it is counted: in faults, which are returned, findings
// and notes. types is what the source says of its metrics; nil: it is not asked.
func (d *documents) understand(types promquery.Types) error {
	if d.config.Source.Mackerel != nil {
		return nil
	}
	var out faults
	d.inexact, d.meant = nil, nil
	for i := range d.slos.SLOs {
		s := &d.slos.SLOs[i]
		for k := range s.Parts {
			ind := &s.Parts[k].Indicator
			m, err := promquery.Read(ind, types)
			if f, ok := errors.AsType[*promquery.Fault](err); ok {
				out = append(out, d.misread(s, f))
			} else if err != nil {
				return fmt.Errorf("slo %q: %w", s.Name, err)
			}
			at, _ := d.slos.QueryOrigin(ind.Queries()[0])
			d.remark(s, at, m)
		}
	}
	if len(out) > 0 {
		return once(out)
	}
	return nil
}

// remark takes in the findings and notes of an SLO.
func (d *documents) remark(s *slo.SLO, at openslo.Position, m promquery.Meaning) {
	for _, text := range m.Findings {
		f := finding{Rule: "inexact", Text: fmt.Sprintf("%s: SLO %q: %s", at, s.Name, text)}
		if !slices.Contains(d.inexact, f) {
			d.inexact = append(d.inexact, f)
		}
	}
	notes := slices.Clone(m.Notes)
	for _, metric := range m.Unasked {
		notes = append(notes, fmt.Sprintf("only the source can tell whether %s is a counter, and was not asked; write counter: true if it only ever grows, or counter: false", metric))
	}
	for _, text := range notes {
		n := note{Place: at.String(), Text: text}
		if !slices.Contains(d.meant, n) {
			d.meant = append(d.meant, n)
		}
	}
}

// misread is the fault of a query, where it is written.
func (d *documents) misread(s *slo.SLO, f *promquery.Fault) fault {
	at, _ := d.slos.QueryOrigin(f.Query)
	out := fault{File: at.File, Line: counted(at.Line), Text: fmt.Sprintf("SLO %q: %s", s.Name, f.Message)}
	out.shown = at.String() + ": " + out.Text
	return out
}

// once leaves out faults that are told already: one SLI may be that of several SLOs.
func once(all faults) faults {
	var out faults
	for _, f := range all {
		if !slices.ContainsFunc(out, func(o fault) bool { return o.shown == f.shown }) {
			out = append(out, f)
		}
	}
	return out
}
