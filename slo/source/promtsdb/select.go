package promtsdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promhist"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// Select implements the ledger's Source: from memory where the tap holds the
// whole span, else from the TSDB, whose chunks are decoded as they are read.
func (d *DB) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	if err := d.usable(ctx); err != nil {
		return fmt.Errorf("read samples from %s: %w", d.dir, err)
	}
	selectors := promseries.Reduce(r.Selectors)
	if len(selectors) == 0 || r.To <= r.From {
		return f(nil)
	}
	d.names.Round()
	d.names.Name(selectors)
	held, err := d.selectHeld(selectors, r.From, r.To, f)
	if !held {
		c := d.collector(r.From, r.To)
		defer d.collectors.Put(c)
		if err = d.selectStored(ctx, selectors, r.From, r.To, c, f); err == nil {
			c.Remember()
		}
	}
	if err != nil {
		return err
	}
	d.tap.consumed(selectors, r.To)
	return nil
}

// selectHeld answers from memory, or reports false where not all is held there.
func (d *DB) selectHeld(selectors []slo.Selector, from, to int64, f func([]slo.Series) error) (held bool, err error) {
	a, _ := d.taken.Get().(*taken)
	if a == nil {
		a = &taken{}
	}
	defer d.taken.Put(a)
	if !d.tap.collect(selectors, from, to, a) {
		return false, nil
	}
	return true, f(a.series)
}

func (d *DB) collector(from, to int64) *promseries.Collector {
	c, _ := d.collectors.Get().(*promseries.Collector)
	if c == nil {
		c = &promseries.Collector{Names: &d.names}
	}
	c.Interval = d.scrapeInterval().Milliseconds()
	c.Reset(from, to)
	return c
}

// selectStored asks the TSDB. Its chunks are valid until the querier is closed,
// after f.
func (d *DB) selectStored(ctx context.Context, selectors []slo.Selector, from, to int64, c *promseries.Collector, f func([]slo.Series) error) error {
	querier, err := d.db.ChunkQuerier(from+1-d.before(), to)
	if err != nil {
		return fmt.Errorf("read samples from %s: %w", d.dir, err)
	}
	defer querier.Close()
	// Untrimmed chunks need not be encoded anew; what is outside is left out in reading.
	hints := &storage.SelectHints{Start: from + 1, End: to, DisableTrimming: true}
	c.AsIs, c.Want = false, promseries.NumbersIn(selectors)
	for i, sel := range promseries.Wider(selectors) {
		ms, err := matchers(sel)
		if err != nil {
			return fmt.Errorf("read samples from %s: %w", d.dir, err)
		}
		if err := d.gather(ctx, querier.Select(ctx, false, hints, ms...), int64(i), c); err != nil {
			return fmt.Errorf("read samples of %s from %s: %w", sel, d.dir, err)
		}
	}
	for i, q := range promhist.Queries(selectors) {
		if err := d.selectNative(ctx, querier, q, int64(-1-i), from, to, c); err != nil {
			return err
		}
	}
	return f(c.Answer())
}

func (d *DB) gather(ctx context.Context, set storage.ChunkSeriesSet, query int64, c *promseries.Collector) error {
	var it chunks.Iterator
	var key []byte
	for n := 0; set.Next(); n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		series := set.At()
		id := d.identify(series.Labels(), &key)
		to := c.Series(id, query)
		if to == nil {
			continue
		}
		for it = series.Iterator(it); it.Next(); {
			chunk := it.At()
			if chunk.Chunk.Encoding() != chunkenc.EncXOR {
				c.Refuse(id, query, promseries.NoFloats)
				break
			}
			*to = append(*to, promseries.Chunk{Min: chunk.MinTime, Max: chunk.MaxTime, XOR: chunk.Chunk.Bytes()})
		}
		if err := it.Err(); err != nil {
			return fmt.Errorf("series %s: %w", id.Labels, err)
		}
	}
	if w := set.Warnings().AsErrors(); len(w) > 0 {
		return errors.Join(w...)
	}
	return set.Err()
}

// identify gives the label set its stream; key is memory for it to use again.
func (d *DB) identify(ls labels.Labels, key *[]byte) *promseries.Stream {
	return identify(&d.names, ls, key)
}

func identify(names *promseries.Interner, ls labels.Labels, key *[]byte) *promseries.Stream {
	*key = ls.Bytes(*key)
	if id := names.Known(*key); id != nil {
		return id
	}
	var out slo.Labels
	ls.Range(func(l labels.Label) { out = append(out, slo.Label{Name: l.Name, Value: l.Value}) })
	return names.Add(*key, out)
}

func matchers(sel slo.Selector) ([]*labels.Matcher, error) {
	types := map[slo.MatchType]labels.MatchType{
		slo.Equal: labels.MatchEqual, slo.NotEqual: labels.MatchNotEqual,
		slo.Regexp: labels.MatchRegexp, slo.NotRegexp: labels.MatchNotRegexp,
	}
	out := make([]*labels.Matcher, len(sel))
	for i, m := range sel {
		var err error
		if out[i], err = labels.NewMatcher(types[m.Type], m.Name, m.Value); err != nil {
			return nil, fmt.Errorf("selector %s: %w", sel, err)
		}
	}
	return out, nil
}

// Eval implements the ledger's Source by PromQL. Its look-back of five minutes
// applies to instant selectors.
func (d *DB) Eval(ctx context.Context, expr string, from, to int64, step time.Duration, f func([]slo.Series) error) error {
	ms := step.Milliseconds()
	if ms <= 0 || time.Duration(ms)*time.Millisecond != step {
		return fmt.Errorf("evaluate %q: step %v is not a whole number of milliseconds", expr, step)
	}
	if err := d.usable(ctx); err != nil {
		return fmt.Errorf("evaluate %q: %w", expr, err)
	}
	if to-from < ms {
		return f(nil)
	}
	d.names.Round()
	q, err := d.engine.NewRangeQuery(ctx, d.db, nil, expr, time.UnixMilli(from+ms), time.UnixMilli(to), step)
	if err != nil {
		return fmt.Errorf("evaluate %q: %w", expr, err)
	}
	defer q.Close()
	res := q.Exec(ctx)
	if res.Err != nil {
		return fmt.Errorf("evaluate %q: %w", expr, evalError(ctx, res.Err))
	}
	m, err := res.Matrix()
	if err != nil {
		return fmt.Errorf("evaluate %q: %w", expr, err)
	}
	c := d.collector(from, to)
	defer d.collectors.Put(c)
	c.AsIs, c.Want = true, nil
	var key []byte
	for _, s := range m {
		id := d.identify(s.Metric, &key)
		if len(s.Histograms) > 0 {
			return fmt.Errorf("evaluate %q: the result holds native histograms; make a number of them, "+
				"with histogram_count() or histogram_fraction()", expr)
		}
		if len(s.Floats) == 0 {
			continue
		}
		plain := promseries.Plain{T: c.Times(len(s.Floats)), V: c.Values(len(s.Floats))}
		for i, p := range s.Floats {
			plain.T[i], plain.V[i] = p.T, p.F
		}
		if at := c.Series(id, 0); at != nil {
			*at = append(*at, promseries.Chunk{Max: plain.T[len(plain.T)-1], Plain: &plain})
		}
	}
	return f(c.Answer())
}

// evalError says which failures may pass.
func evalError(ctx context.Context, err error) error {
	var timeout promql.ErrQueryTimeout
	if errors.As(err, &timeout) {
		return fmt.Errorf("%w: %w", slo.ErrUnavailable, err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}
