package peer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"golang.org/x/sync/errgroup"

	"github.com/shopslo/shopslo/bench/history"
)

// shortRule is the rule that Sloth's rule for the whole window reads.
const shortRule = "slo:sli_error:ratio_rate5m"

// Backfill gives blocks of what Sloth's five-minute rule would have recorded
// over the whole history, evaluated by Prometheus' engine every interval: what
// Sloth's 30-day rule reads. It is kept beside the history. No other rule of
// Sloth's reads more than the newest recorded value.
func Backfill(ctx context.Context, h *history.History, rulesFile string, interval time.Duration, progress func(string, ...any)) (string, error) {
	dir := filepath.Join(filepath.Dir(h.Dir), "sloth-"+interval.String())
	done := filepath.Join(dir, "done")
	blocks := filepath.Join(dir, "blocks")
	if _, err := os.Stat(done); err == nil {
		return blocks, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	expr, extra, err := findRule(rulesFile, shortRule)
	if err != nil {
		return "", err
	}
	db, err := openDB(h.Dir)
	if err != nil {
		return "", err
	}
	defer db.Close()
	engine, spans := newEngine(), history.Blocks(h.Params)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n, span := range spans {
		group.Go(func() error {
			progress("making data: Sloth's five-minute ratios, block %d of %d", n+1, len(spans))
			step := interval.Milliseconds()
			from := (span[0] + step - 1) / step * step
			q, err := engine.NewRangeQuery(ctx, db, nil, expr, time.UnixMilli(from), time.UnixMilli(span[1]-1), interval)
			if err != nil {
				return fmt.Errorf("query %s: %w", expr, err)
			}
			defer q.Close()
			m, err := q.Exec(ctx).Matrix()
			if err != nil {
				return fmt.Errorf("query %s: %w", expr, err)
			}
			return writeRecorded(blocks, span, m, extra)
		})
	}
	if err := group.Wait(); err != nil {
		return "", err
	}
	return blocks, os.WriteFile(done, nil, 0o666)
}

// writeRecorded writes a range query's result as recorded series.
func writeRecorded(dir string, span [2]int64, m promql.Matrix, extra map[string]string) error {
	var all []*history.Chunked
	for _, s := range m {
		b := labels.NewBuilder(s.Metric)
		for k, v := range extra {
			b.Set(k, v)
		}
		b.Set(labels.MetricName, shortRule)
		c := &history.Chunked{Labels: b.Labels()}
		for _, p := range s.Floats {
			if value.IsStaleNaN(p.F) {
				continue
			}
			if err := c.Add(p.T, p.F); err != nil {
				return err
			}
		}
		all = append(all, c)
	}
	return history.WriteBlock(dir, span[0], span[1], all)
}

// findRule returns a recording rule's expression and labels.
func findRule(file, record string) (string, map[string]string, error) {
	groups, errs := rulefmt.ParseFile(file, false)
	if len(errs) > 0 {
		return "", nil, fmt.Errorf("read rules %s: %w", file, errs[0])
	}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			if r.Record == record {
				return r.Expr, r.Labels, nil
			}
		}
	}
	return "", nil, fmt.Errorf("rules %s have no rule %s; this program reads what Sloth v0.16.0 generates", file, record)
}
