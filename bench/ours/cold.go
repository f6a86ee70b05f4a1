package ours

import (
	"context"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/proc"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// Cold is what building a ledger from a history took.
type Cold struct {
	Samples   int
	Wall      time.Duration
	CPU       time.Duration // of this process
	ServerCPU time.Duration // of the source's server, if it has one
	Heap      float64       // bytes that the ledger and its source hold afterwards
	Disk      int64         // bytes of the ledger's files
	Check     Check
}

// PerSecond is the number of samples counted per second of wall time.
func (c Cold) PerSecond() float64 { return float64(c.Samples) / c.Wall.Seconds() }

// PerCore is the number of samples counted per second of CPU, server included.
func (c Cold) PerCore() float64 { return float64(c.Samples) / (c.CPU + c.ServerCPU).Seconds() }

// Ledger is a ledger that is up to date, ready to tick.
type Ledger struct {
	*ledger.Ledger
	SLO      *slo.SLO
	ShopSets int
	source   ledger.Source
	server   func() time.Duration
}

// NoServer is the CPU of a source that runs in this process.
func NoServer() time.Duration { return 0 }

// ColdStart builds a ledger in dir from a source that holds the history. server
// gives the CPU time of the source's server.
func ColdStart(ctx context.Context, dir string, h *history.History, src ledger.Source, server func() time.Duration) (*Ledger, Cold, error) {
	l, c, err := build(ctx, config(dir, h.Params.Days, h.Params.Signs), SLO(h.Params.Days), h.Params.ShopSets, src, server)
	if err == nil {
		c.Check = check(l.Ledger, l.SLO, h)
	}
	return l, c, err
}

func build(ctx context.Context, cfg ledger.Config, s *slo.SLO, n int, src ledger.Source, server func() time.Duration) (*Ledger, Cold, error) {
	var c Cold
	before := heap()
	l, err := ledger.Open(cfg)
	if err != nil {
		return nil, c, err
	}
	if err := l.Configure(plan(s, n, src), End); err != nil {
		return nil, c, err
	}
	cpu, serverCPU, start := proc.Self(), server(), time.Now()
	err = l.Advance(ctx, End.Add(delay), func(p ledger.Progress) bool { c.Samples += p.Samples; return true })
	if err != nil {
		return nil, c, fmt.Errorf("cold start: %w", err)
	}
	c.Wall, c.CPU, c.ServerCPU = time.Since(start), proc.Self()-cpu, server()-serverCPU
	c.Heap = heap() - before
	if cfg.Dir != "" {
		if c.Disk, err = proc.Size(cfg.Dir); err != nil {
			return nil, c, err
		}
	}
	return &Ledger{Ledger: l, SLO: s, ShopSets: n, source: src, server: server}, c, nil
}

// OneDay counts the last day of the history only, in memory.
func OneDay(ctx context.Context, h *history.History, src ledger.Source, server func() time.Duration) (Cold, error) {
	cfg := config("", 1, h.Params.Signs)
	cfg.Backfill = 24 * time.Hour
	l, c, err := build(ctx, cfg, SLO(1), h.Params.ShopSets, src, server)
	if err != nil {
		return c, err
	}
	return c, l.Close()
}
