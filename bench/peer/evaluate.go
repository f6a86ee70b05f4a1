package peer

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/shopslo/shopslo/bench/proc"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// Cost is what one evaluation of all of a tool's rules took.
type Cost struct {
	CPU     time.Duration // of the median evaluation
	Samples int64         // read by the queries, as Prometheus counts them
	Rules   int
}

// Bench is a TSDB with a rule manager over it.
type Bench struct {
	db      *tsdb.DB
	engine  *promql.Engine
	manager *rules.Manager
	groups  []*rules.Group
	samples atomic.Int64
}

// newEngine makes an engine with Prometheus' defaults, except for the limits.
func newEngine() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{Logger: quiet, MaxSamples: 2_000_000_000, Timeout: time.Hour,
		LookbackDelta: 5 * time.Minute, EnableAtModifier: true, EnableNegativeOffset: true})
}

// openDB opens a folder of blocks without changing them; rules append to a head.
func openDB(dir string) (*tsdb.DB, error) {
	o := tsdb.DefaultOptions()
	o.RetentionDuration = (10 * 365 * 24 * time.Hour).Milliseconds()
	db, err := tsdb.Open(dir, quiet, nil, o, nil)
	if err != nil {
		return nil, fmt.Errorf("open TSDB %s: %w", dir, err)
	}
	db.DisableCompactions()
	return db, nil
}

// Open loads the rules over a TSDB folder, which is the Bench's own to write to.
func Open(dir string, interval time.Duration, file string) (*Bench, error) {
	db, err := openDB(dir)
	if err != nil {
		return nil, err
	}
	b := &Bench{db: db, engine: newEngine()}
	b.manager = rules.NewManager(&rules.ManagerOptions{
		ExternalURL: &url.URL{}, QueryFunc: b.query, Context: context.Background(), Appendable: db, Queryable: db, Logger: quiet,
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
	})
	groups, errs := b.manager.LoadGroups(interval, labels.EmptyLabels(), "", nil, false, file)
	if len(errs) > 0 {
		db.Close()
		return nil, fmt.Errorf("load rules %s: %w", file, errs[0])
	}
	for _, g := range groups {
		b.groups = append(b.groups, g)
	}
	slices.SortFunc(b.groups, func(x, y *rules.Group) int { return rank(x) - rank(y) })
	return b, nil
}

// rank puts the groups that others read from first.
func rank(g *rules.Group) int {
	for i, r := range g.Rules() {
		if _, alert := r.(*rules.AlertingRule); alert && i == 0 {
			return 2
		}
		if r.Name() == "slo:objective:ratio" {
			return 1
		}
	}
	return 0
}

// Close ends it; the folder stays.
func (b *Bench) Close() error { return b.db.Close() }

// query is Prometheus' rules.EngineQueryFunc, and counts the samples read.
func (b *Bench) query(ctx context.Context, text string, t time.Time) (promql.Vector, error) {
	q, err := b.engine.NewInstantQuery(ctx, b.db, promql.NewPrometheusQueryOpts(false, 0), text, t)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	res := q.Exec(ctx)
	if res.Err != nil {
		return nil, res.Err
	}
	b.samples.Add(q.Stats().Samples.TotalSamples)
	switch v := res.Value.(type) {
	case promql.Vector:
		return slices.Clone(v), nil
	case promql.Scalar:
		return promql.Vector{{T: v.T, F: v.V, Metric: labels.EmptyLabels()}}, nil
	}
	return nil, fmt.Errorf("%s is neither a vector nor a scalar", text)
}

// Evaluate runs every rule at the time, runs times, after one run that warms up.
func (b *Bench) Evaluate(ctx context.Context, at time.Time, runs int) (Cost, error) {
	var (
		c   Cost
		cpu []time.Duration
	)
	for i := range runs + 1 {
		before := proc.Self()
		b.samples.Store(0)
		c.Rules = 0
		for _, g := range b.groups {
			g.Eval(ctx, at)
			for _, r := range g.Rules() {
				if err := r.LastError(); err != nil {
					return c, fmt.Errorf("evaluate rule %s: %w", r.Name(), err)
				}
			}
			c.Rules += len(g.Rules())
		}
		if i > 0 {
			cpu = append(cpu, proc.Self()-before)
		}
	}
	slices.Sort(cpu)
	c.CPU, c.Samples = cpu[len(cpu)/2], b.samples.Load()
	return c, nil
}
