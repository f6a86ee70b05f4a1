package history

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
	"github.com/prometheus/prometheus/tsdb/tombstones"
)

// blockRange is the length of the blocks: the longest to which a Prometheus that
// keeps 28 days compacts. Blocks start at its multiples.
const blockRange = int64(54 * 3600e3)

// samplesPerChunk is what Prometheus' head puts into a chunk.
const samplesPerChunk = 120

var staleNaN = math.Float64frombits(value.StaleNaN)

// Chunked collects one series' samples of one block in XOR chunks.
type Chunked struct {
	Labels labels.Labels
	metas  []chunks.Meta
	app    chunkenc.Appender
	n      int
}

// Add appends a sample; times must rise.
func (c *Chunked) Add(t int64, v float64) error {
	if c.n%samplesPerChunk == 0 {
		x := chunkenc.NewXORChunk()
		app, err := x.Appender()
		if err != nil {
			return err
		}
		c.app = app
		c.metas = append(c.metas, chunks.Meta{Chunk: x, MinTime: t})
	}
	c.app.Append(t, v)
	c.metas[len(c.metas)-1].MaxTime = t
	c.n++
	return nil
}

// Blocks are the spans [from, to) of a history's blocks.
func Blocks(p Params) [][2]int64 {
	var spans [][2]int64
	for t := p.Start(); t < p.End(); {
		to := min((t/blockRange+1)*blockRange, p.End())
		spans = append(spans, [2]int64{t, to})
		t = to
	}
	return spans
}

// WriteBlock writes the series as one TSDB block below dir; it holds samples of
// [from, to).
func WriteBlock(dir string, from, to int64, all []*Chunked) (err error) {
	all = slices.DeleteFunc(all, func(c *Chunked) bool { return c.n == 0 })
	slices.SortFunc(all, func(a, b *Chunked) int { return labels.Compare(a.Labels, b.Labels) })
	id := ulid.MustNew(uint64(to), rand.Reader)
	// Like Prometheus: under a name that is no block until everything is there.
	tmp := filepath.Join(dir, id.String()+".tmp-for-creation")
	if err := os.MkdirAll(tmp, 0o777); err != nil {
		return err
	}
	stats, err := writeChunksAndIndex(tmp, all)
	if err != nil {
		return fmt.Errorf("write block %s: %w", tmp, err)
	}
	meta := tsdb.BlockMeta{ULID: id, MinTime: from, MaxTime: to, Version: 1, Stats: stats,
		Compaction: tsdb.BlockMetaCompaction{Level: 4, Sources: []ulid.ULID{id}}}
	text, err := json.MarshalIndent(meta, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "meta.json"), text, 0o666); err != nil {
		return err
	}
	if _, err := tombstones.WriteFile(quiet, tmp, tombstones.NewMemTombstones()); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, id.String()))
}

func writeChunksAndIndex(tmp string, all []*Chunked) (tsdb.BlockStats, error) {
	var stats tsdb.BlockStats
	cw, err := chunks.NewWriter(filepath.Join(tmp, "chunks"))
	if err != nil {
		return stats, err
	}
	for _, c := range all {
		if err := cw.WriteChunks(c.metas...); err != nil {
			return stats, err
		}
		stats.NumSamples += uint64(c.n)
		stats.NumChunks += uint64(len(c.metas))
	}
	stats.NumSeries, stats.NumFloatSamples = uint64(len(all)), stats.NumSamples
	if err := cw.Close(); err != nil {
		return stats, err
	}
	iw, err := index.NewWriter(context.Background(), filepath.Join(tmp, "index"))
	if err != nil {
		return stats, err
	}
	for _, s := range symbols(all) {
		if err := iw.AddSymbol(s); err != nil {
			return stats, err
		}
	}
	for i, c := range all {
		// References count from 1 and rise, as in a compaction.
		if err := iw.AddSeries(storageRef(i), c.Labels, c.metas...); err != nil {
			return stats, err
		}
	}
	return stats, iw.Close()
}

func symbols(all []*Chunked) []string {
	set := map[string]struct{}{}
	for _, c := range all {
		c.Labels.Range(func(l labels.Label) {
			set[l.Name], set[l.Value] = struct{}{}, struct{}{}
		})
	}
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}
