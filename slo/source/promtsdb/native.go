package promtsdb

import (
	"context"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/promhist"
	"github.com/shopslo/shopslo/slo/source/promseries"
)

// before is how far before a span native histograms are read, in milliseconds: where the
// buckets change, the histogram before says what the new ones had counted.
func (d *DB) before() int64 { return 5 * d.scrapeInterval().Milliseconds() }

// selectNative adds the counters of native histograms.
func (d *DB) selectNative(ctx context.Context, querier storage.ChunkQuerier, q promhist.Query, query, from, to int64, c *promseries.Collector) error {
	ms, err := matchers(q.Selector)
	if err != nil {
		return fmt.Errorf("read samples from %s: %w", d.dir, err)
	}
	hints := &storage.SelectHints{Start: from + 1 - d.before(), End: to, DisableTrimming: true}
	set := querier.Select(ctx, false, hints, ms...)
	var it chunks.Iterator
	var key []byte
	for n := 0; set.Next(); n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		series := set.At()
		var found []promhist.Chunk
		for it = series.Iterator(it); it.Next(); {
			if chunk := it.At(); chunk.Chunk.Encoding() != chunkenc.EncXOR {
				found = append(found, promhist.Chunk{Min: chunk.MinTime, Max: chunk.MaxTime, Encoding: chunk.Chunk.Encoding(), Bytes: chunk.Chunk.Bytes()})
			}
		}
		if err := it.Err(); err != nil {
			return fmt.Errorf("read samples of %s from %s: series %s: %w", q.Selector, d.dir, series.Labels(), err)
		}
		for _, counter := range q.Counters {
			promhist.Add(c, derived(&d.names, counter, series.Labels(), &key), query, counter, found, from)
		}
	}
	if err := set.Err(); err != nil {
		return fmt.Errorf("read samples of %s from %s: %w", q.Selector, d.dir, err)
	}
	return nil
}

// derived gives the stream of a counter that is made of a native histogram.
func derived(names *promseries.Interner, c promhist.Counter, histogram labels.Labels, key *[]byte) *promseries.Stream {
	*key = append(histogram.Bytes(*key), c.Key()...)
	if s := names.Known(*key); s != nil {
		return s
	}
	var ls slo.Labels
	histogram.Range(func(l labels.Label) { ls = append(ls, slo.Label{Name: l.Name, Value: l.Value}) })
	return names.Add(*key, c.Labels(ls))
}
