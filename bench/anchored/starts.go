package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// interval is the histories' scrape interval.
const interval = int64(30 * time.Second / time.Millisecond)

// starter knows when the counters of a history were created: what a client library
// would have said with each sample, and Prometheus stored (st-storage).
type starter struct {
	first     int64                // of the history's samples
	processes map[string][]moved   // by instance
	counters  map[string]*lifetime // by labels
}

// moved is a process' start time, and the first sample that has it.
type moved struct {
	at      int64
	started float64 // Unix seconds
}

// lifetime is a counter's newest one.
type lifetime struct {
	process float64 // start time of the process at the newest sample
	created int64   // Unix milliseconds
}

// writeStarts writes each block's counters, and nothing else, as a block with start
// timestamps: by Prometheus' own head and compactor.
func writeStarts(ctx context.Context, db *tsdb.DB, to string) error {
	if err := os.MkdirAll(to, 0o777); err != nil {
		return err
	}
	blocks := db.Blocks() // oldest first
	if len(blocks) == 0 {
		return fmt.Errorf("no blocks in %s", db.Dir())
	}
	s := &starter{first: blocks[0].Meta().MinTime, processes: map[string][]moved{}, counters: map[string]*lifetime{}}
	for _, b := range blocks {
		if err := s.block(ctx, db, b.Meta(), to); err != nil {
			return fmt.Errorf("write block %s: %w", b.Meta().ULID, err)
		}
	}
	return nil
}

// block writes one.
func (s *starter) block(ctx context.Context, db *tsdb.DB, m tsdb.BlockMeta, to string) error {
	o := tsdb.DefaultHeadOptions()
	// Series come one after the other: none may be too old for the head.
	o.ChunkRange = 10 * (m.MaxTime - m.MinTime)
	o.ChunkDirRoot = filepath.Join(db.Dir(), "starts-"+m.ULID.String())
	o.EnableSTStorage.Store(true)
	o.FloatChunkEncoding.Store(uint32(chunkenc.EncXOR2))
	head, err := tsdb.NewHead(nil, quiet, nil, nil, o, nil)
	if err != nil {
		return err
	}
	defer os.RemoveAll(o.ChunkDirRoot)
	defer head.Close()
	if err := head.Init(math.MinInt64); err != nil {
		return err
	}
	q, err := db.Querier(m.MinTime, m.MaxTime-1)
	if err != nil {
		return err
	}
	defer q.Close()
	if err := s.readProcesses(ctx, q); err != nil {
		return err
	}
	if err := s.copyCounters(ctx, q, head); err != nil {
		return err
	}
	c, err := tsdb.NewLeveledCompactor(ctx, nil, quiet, []int64{m.MaxTime - m.MinTime}, chunkenc.NewPool(), nil)
	if err != nil {
		return err
	}
	_, err = c.Write(to, head, m.MinTime, m.MaxTime, nil)
	return err
}

func named(ctx context.Context, q storage.Querier, metric string) storage.SeriesSet {
	return q.Select(ctx, false, nil, labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, metric))
}

// readProcesses notes where start times move.
func (s *starter) readProcesses(ctx context.Context, q storage.Querier) error {
	set := named(ctx, q, "process_start_time_seconds")
	for set.Next() {
		id := set.At().Labels().Get("instance")
		all := s.processes[id]
		it := set.At().Iterator(nil)
		for it.Next() != chunkenc.ValNone {
			t, v := it.At()
			if value.IsStaleNaN(v) || len(all) > 0 && all[len(all)-1].started == v {
				continue
			}
			all = append(all, moved{t, v})
		}
		if err := it.Err(); err != nil {
			return err
		}
		s.processes[id] = all
	}
	if err := set.Err(); err != nil {
		return err
	}
	if len(s.processes) == 0 {
		return fmt.Errorf("no start times in these blocks")
	}
	return nil
}

func (s *starter) copyCounters(ctx context.Context, q storage.Querier, head *tsdb.Head) error {
	set := named(ctx, q, "http_requests_total")
	for set.Next() {
		ls := set.At().Labels()
		key := ls.String()
		c := s.counters[key]
		if c == nil {
			c = &lifetime{}
			s.counters[key] = c
		}
		processes := s.processes[ls.Get("instance")]
		app := head.AppenderV2(ctx)
		var ref storage.SeriesRef
		it := set.At().Iterator(nil)
		for it.Next() != chunkenc.ValNone {
			t, v := it.At()
			st := int64(0)
			if !value.IsStaleNaN(v) {
				st = s.created(c, processes, t)
			}
			var err error
			if ref, err = app.Append(ref, ls, st, t, v, nil, nil, storage.AOptions{}); err != nil {
				return err
			}
		}
		if err := it.Err(); err != nil {
			return err
		}
		if err := app.Commit(); err != nil {
			return err
		}
	}
	return set.Err()
}

// created is when the counter was created that has a sample at t. A client library
// creates a counter of some labels at its first event: of a process that ran at the
// scrape before, that is between the two scrapes, here in the middle. What the
// history begins with is as old as its process.
func (s *starter) created(c *lifetime, processes []moved, t int64) int64 {
	n := len(processes)
	for n > 0 && processes[n-1].at > t {
		n--
	}
	if n == 0 {
		return 0
	}
	p := processes[n-1].started
	if p == c.process {
		return c.created
	}
	c.process, c.created = p, int64(p*1000)
	if c.created <= t-interval && t > s.first+interval {
		c.created = t - interval/2
	}
	return c.created
}
