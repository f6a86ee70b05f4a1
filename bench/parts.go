package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/ours"
	"github.com/shopslo/shopslo/bench/peer"
	"github.com/shopslo/shopslo/bench/proc"
	"github.com/shopslo/shopslo/slo/source/promapi"
)

// peers evaluates Sloth's and Pyrra's rules, and PromQL's increase, once at the end
// of the data.
func (b *bench) peers(ctx context.Context) error {
	rules, err := peer.Sloth(filepath.Join(b.module, "sloth"), b.cache)
	if err != nil {
		return err
	}
	recorded, err := peer.Backfill(ctx, b.history, rules, b.interval, b.progress)
	if err != nil {
		return err
	}
	b.progress("Sloth's rules")
	cost, verdicts, err := b.peer(ctx, rules, (*peer.Bench).SlothRemaining, b.history.Dir, recorded)
	if err != nil {
		return err
	}
	b.sloth = cost.CPU
	b.peerFigures("Sloth v0.16.0, default rules", cost, verdicts)
	if rules, err = peer.Pyrra(b.cache); err != nil {
		return err
	}
	b.progress("Pyrra's rules")
	if cost, verdicts, err = b.peer(ctx, rules, (*peer.Bench).PyrraRemaining, b.history.Dir); err != nil {
		return err
	}
	b.peerFigures("Pyrra 0.10, rules written by hand", cost, verdicts)
	return b.increase(ctx)
}

func (b *bench) peerFigures(name string, c peer.Cost, v peer.Verdicts) {
	b.figure(name+": one evaluation", seconds(c.CPU)+" CPU", "%d rules, %s samples read", c.Rules, millions(float64(c.Samples)))
	b.figure(name+": wrong verdict or none", fmt.Sprintf("%.1f %%", 100*v.Share()),
		"of %d ShopSets %d wrong, %d none; budget off by %.1f percentage points at the median, %.0f at p95", v.Of, v.Wrong, v.None, v.Median, v.P95)
}

// peer evaluates one tool's rules over a TSDB of the folders' blocks.
func (b *bench) peer(ctx context.Context, rules string, remaining func(*peer.Bench, context.Context, time.Time) (map[string]float64, error), blocks ...string) (c peer.Cost, v peer.Verdicts, err error) {
	dir, err := b.linked(blocks...)
	if err != nil {
		return c, v, err
	}
	p, err := peer.Open(dir, b.interval, rules)
	if err != nil {
		return c, v, err
	}
	defer p.Close()
	if c, err = p.Evaluate(ctx, ours.End, b.evals); err != nil {
		return c, v, err
	}
	left, err := remaining(p, ctx, ours.End)
	return c, peer.Judge(b.history.Truth, left), err
}

// linked is a folder of this run's with the blocks of others.
func (b *bench) linked(blocks ...string) (string, error) {
	dir, err := b.folder()
	if err != nil {
		return "", err
	}
	for _, from := range blocks {
		if err := proc.Link(from, dir); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// measured is what one source gave.
type measured struct {
	cold ours.Cold
	tick ours.Tick
}

// overPrometheus measures cold start and ticks from a real Prometheus, and then
// the path without remote read if asked for.
func (b *bench) overPrometheus(ctx context.Context, h *history.History, ticks int, then func(url string, p *proc.Process) error) (m measured, err error) {
	dir, err := b.linked(h.Dir)
	if err != nil {
		return m, err
	}
	server, err := ours.Prometheus(ctx, b.prometheus, dir, h.Params.ExternalLabels())
	if err != nil {
		return m, err
	}
	defer server.Stop()
	src, err := promapi.New(promapi.Config{URL: server.URL, ScrapeInterval: history.Interval})
	if err != nil {
		return m, err
	}
	ledgerDir, err := b.folder()
	if err != nil {
		return m, err
	}
	b.progress("cold start from a real Prometheus, %d ShopSets", h.Params.ShopSets)
	l, cold, err := ours.ColdStart(ctx, ledgerDir, h, src, server.CPU)
	if err != nil {
		return m, err
	}
	defer l.Close()
	m.cold = cold
	b.progress("%d ticks from a real Prometheus", ticks)
	if m.tick, err = l.Ticks(ctx, ticks, ours.RemoteWrite(server.URL, h.Live())); err != nil || then == nil {
		return m, err
	}
	return m, then(server.URL, server)
}

func (b *bench) realPrometheus(ctx context.Context) error {
	var bySelectors table
	m, err := b.overPrometheus(ctx, b.history, b.ticks, func(url string, p *proc.Process) error {
		if err := b.asked(ctx, url, p, &bySelectors); err != nil {
			return err
		}
		return b.matrix(ctx, url, p, &bySelectors)
	})
	if err != nil {
		return err
	}
	b.tickRows(m.tick, 300)
	b.truthRows(m.cold.Check)
	c := m.cold
	b.goal("cold start by remote read", "≥ 60 million samples/s", c.PerSecond() >= 60e6, millions(c.PerSecond())+"/s",
		"%s in %s; CPU %s here, %s in the server", millions(float64(c.Samples)), seconds(c.Wall), seconds(c.CPU), seconds(c.ServerCPU))
	b.rows = append(b.rows, bySelectors.rows...)
	return nil
}

// asked measures what asking for what exists costs beside the ticks.
func (b *bench) asked(ctx context.Context, url string, server *proc.Process, t *table) error {
	src, err := promapi.New(promapi.Config{URL: url, ScrapeInterval: history.Interval})
	if err != nil {
		return err
	}
	b.progress("asking what exists")
	a, err := ours.Ask(ctx, b.history, src, server.CPU, min(b.ticks, 20))
	if err != nil {
		return err
	}
	t.figure("asking whether what the SLO asks for exists", seconds(a.CPU+a.Server)+" CPU", "once in two scrape intervals, not part of a tick; %s here, %s in the server",
		seconds(a.CPU), seconds(a.Server))
	return nil
}

// matrix reads one day without remote read, and looks at the server's memory.
func (b *bench) matrix(ctx context.Context, url string, server *proc.Process, t *table) error {
	src, err := promapi.New(promapi.Config{URL: url, Client: ours.NoRemoteRead(), ScrapeInterval: history.Interval})
	if err != nil {
		return err
	}
	b.progress("one day by matrix selectors")
	before, _, err := server.RSS()
	if err != nil {
		return err
	}
	c, err := ours.OneDay(ctx, b.history, src, server.CPU)
	if err != nil {
		return err
	}
	_, peak, err := server.RSS()
	if err != nil {
		return err
	}
	t.goal("one day by matrix selectors: server's memory", "< 1 GiB more", peak-before < 1<<30,
		mib(float64(peak-before))+" more", "%s samples/s, CPU %s here, %s in the server", millions(c.PerSecond()), seconds(c.CPU), seconds(c.ServerCPU))
	return nil
}

// tickRows judges a tick against Sloth's evaluation.
func (b *bench) tickRows(t ours.Tick, times float64) {
	what := fmt.Sprintf("tick, %d ShopSets: CPU, server included", b.params.ShopSets)
	detail := fmt.Sprintf("%s here, of which all budgets %s", seconds(t.CPU), seconds(t.Budgets))
	if t.Server > 0 {
		detail += fmt.Sprintf("; %s in the server", seconds(t.Server))
	}
	if t.Feed > 0 {
		detail += fmt.Sprintf("; %s more for scraping than without us", seconds(t.Feed))
	}
	if b.sloth == 0 {
		b.figure(what, seconds(t.Total()), "%s; Sloth was not measured in this run", detail)
		return
	}
	ratio := b.sloth.Seconds() / t.Total().Seconds()
	b.goal(what, fmt.Sprintf("≥ %.0f× cheaper than Sloth", times), ratio >= times, fmt.Sprintf("%s: %.0f×", seconds(t.Total()), ratio), "%s", detail)
	b.besideTick(t)
}

func (b *bench) truthRows(c ours.Check) {
	b.goal("wrong verdicts, or none", "0", c.Wrong+c.NoVerdict == 0, fmt.Sprint(c.Wrong+c.NoVerdict), "of %d ShopSets; %s", c.Of, offBy(peer.Judge(b.history.Truth, c.Remaining)))
	detail := ""
	if c.Example != "" {
		detail = "; " + c.Example
	}
	b.goal("ShopSets not exact to the event", "0", c.Off == 0, fmt.Sprint(c.Off),
		"of %d%s; of what happened, %.4f %% is in no sample", c.Of, detail, 100*c.Unseen)
}

// size measures disk for 90 days and memory at many budgets.
func (b *bench) size(ctx context.Context) error {
	const ninety = 90
	n := b.params.ShopSets / 10
	b.progress("a ledger of %d budgets over %d days of computed samples", n, ninety)
	dir, err := b.folder()
	if err != nil {
		return err
	}
	l, c, err := ours.Computed(ctx, dir, n, ninety)
	if err != nil {
		return err
	}
	if err := l.Close(); err != nil {
		return err
	}
	disk, err := proc.Size(dir)
	if err != nil {
		return err
	}
	per := float64(disk) / float64(n)
	b.goal("disk, 90 days", "≤ 128 KiB a budget", per <= 128<<10, kib(per)+" a budget", "%d budgets", n)
	b.figure("memory, 90 days", kib(c.Heap/float64(n))+" a budget", "%d budgets", n)

	b.progress("a ledger of %d budgets over %d days of computed samples", b.large, b.params.Days)
	if dir, err = b.folder(); err != nil {
		return err
	}
	if l, c, err = ours.Computed(ctx, dir, b.large, b.params.Days); err != nil {
		return err
	}
	defer l.Close()
	t, err := l.Ticks(ctx, min(b.ticks, 20), ours.NoFeed)
	if err != nil {
		return err
	}
	rss, _, err := proc.SelfRSS()
	if err != nil {
		return err
	}
	per = c.Heap / float64(b.large)
	b.goal(fmt.Sprintf("memory, %d budgets, %d days", b.large, b.params.Days), "≤ 64 KiB a budget", per <= 64<<10,
		kib(per)+" a budget", "this process is at %s resident", mib(float64(rss)))
	b.figure(fmt.Sprintf("tick, %d budgets, without fetching", b.large), seconds(t.CPU)+" CPU", "of which all budgets %s", seconds(t.Budgets))
	b.figure(fmt.Sprintf("%d budgets, %d days: built", b.large, b.params.Days), seconds(c.Wall), "from %s computed samples with %s CPU, computing them included; %s on disk",
		millions(float64(c.Samples)), seconds(c.CPU), mib(float64(c.Disk)))
	return nil
}

// grow shows how cost grows with the number of ShopSets.
func (b *bench) grow(ctx context.Context) error {
	for _, text := range strings.Split(b.growth, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("growth: %q is no number of ShopSets", text)
		}
		p := b.params
		p.ShopSets, p.Days = n, 3
		h, err := history.Open(b.cache, p, b.progress)
		if err != nil {
			return err
		}
		ticks := max(b.ticks/4, 5)
		m, err := b.overPrometheus(ctx, h, ticks, nil)
		if err != nil {
			return err
		}
		e, err := b.overEmbedded(ctx, h, ticks)
		if err != nil {
			return err
		}
		for _, x := range []struct {
			name string
			measured
		}{{"real Prometheus", m}, {"embedded", e}} {
			b.figure(fmt.Sprintf("%d ShopSets, %s", n, x.name), "tick "+seconds(x.tick.Total())+" CPU", "of which all budgets %s; cold start %s samples/s; %s a budget",
				seconds(x.tick.Budgets), millions(x.cold.PerSecond()), kib(x.cold.Heap/float64(n)))
		}
	}
	return nil
}
