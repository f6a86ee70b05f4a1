package promtsdb

import (
	"context"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// Stored reads the store as DB does, and leaves no trace: nothing is held in memory for the
// next time. It is for questions that are not the ledger's.
type Stored struct{ db *DB }

// Stored gives the store to be looked into.
func (d *DB) Stored() Stored { return Stored{d} }

// Select is DB's, from the TSDB only.
func (s Stored) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	d := s.db
	if err := d.usable(ctx); err != nil {
		return fmt.Errorf("read samples from %s: %w", d.dir, err)
	}
	selectors := promseries.Reduce(r.Selectors)
	if len(selectors) == 0 || r.To <= r.From {
		return f(nil)
	}
	c := d.collector(r.From, r.To)
	defer d.collectors.Put(c)
	return d.selectStored(ctx, selectors, r.From, r.To, c, f)
}

// Eval is DB's.
func (s Stored) Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error {
	return s.db.Eval(ctx, expr, from, to, step, f)
}

// Names lists the values of a label, of the series that a selector picks (all where it is
// empty) and that have samples at about (from, to], in Unix milliseconds, sorted; none where
// there are none. What is in memory is known to some hours only.
func (s Stored) Names(ctx context.Context, label string, of slo.Selector, from, to int64) ([]string, error) {
	d := s.db
	if err := d.usable(ctx); err != nil {
		return nil, fmt.Errorf("list names of %s: %w", d.dir, err)
	}
	ms, err := matchers(of)
	if err != nil {
		return nil, err
	}
	querier, err := d.db.Querier(from+1, to)
	if err != nil {
		return nil, fmt.Errorf("list names of %s: %w", d.dir, err)
	}
	defer querier.Close()
	names, _, err := querier.LabelValues(ctx, label, nil, ms...)
	if err != nil {
		return nil, fmt.Errorf("list names of %s: %w", d.dir, err)
	}
	return names, nil
}
