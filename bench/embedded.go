package main

import (
	"context"
	"fmt"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/ours"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
)

// embedded measures cold start and ticks from the embedded store.
func (b *bench) embedded(ctx context.Context) error {
	m, err := b.overEmbedded(ctx, b.history, b.ticks)
	if err != nil {
		return err
	}
	b.tickRows(m.tick, 1000)
	b.truthRows(m.cold.Check)
	c := m.cold
	b.goal("cold start from the embedded TSDB", "≥ 40 million samples/s per core", c.PerCore() >= 40e6,
		millions(c.PerCore())+"/s per core", "%s in %s wall (%s/s) with %s CPU", millions(float64(c.Samples)), seconds(c.Wall), millions(c.PerSecond()), seconds(c.CPU))
	cores := c.CPU.Seconds() / c.Wall.Seconds()
	b.goal("cold start: cores used", "both", cores >= 1.6, fmt.Sprintf("%.1f", cores), "CPU time over wall time")
	per := c.Heap / float64(b.params.ShopSets)
	b.goal("memory after the cold start", "≤ 64 KiB a budget", per <= 64<<10, kib(per)+" a budget", "live heap of ledger and source; %s on disk a budget", kib(float64(c.Disk)/float64(b.params.ShopSets)))
	return nil
}

// overEmbedded measures cold start and ticks from the embedded store.
func (b *bench) overEmbedded(ctx context.Context, h *history.History, ticks int) (m measured, err error) {
	dir, err := b.linked(h.Dir)
	if err != nil {
		return m, err
	}
	db, err := promtsdb.Open(dir, promtsdb.Config{Retention: ours.Retention(h.Params.Days)})
	if err != nil {
		return m, err
	}
	defer db.Close()
	ledgerDir, err := b.folder()
	if err != nil {
		return m, err
	}
	b.progress("cold start from the embedded store, %d ShopSets", h.Params.ShopSets)
	l, cold, err := ours.ColdStart(ctx, ledgerDir, h, db, ours.NoServer)
	if err != nil {
		return m, err
	}
	defer l.Close()
	m.cold = cold
	bare, err := b.folder()
	if err != nil {
		return m, err
	}
	b.progress("%d ticks from the embedded store", ticks)
	m.tick, err = l.EmbeddedTicks(ctx, ticks, db.Appendable(), h, bare)
	return m, err
}
