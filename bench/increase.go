package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/shopslo/shopslo/bench/ours"
	"github.com/shopslo/shopslo/bench/peer"
)

// increase evaluates the budgets by PromQL's increase over the whole window: plain,
// anchored, and anchored over samples with start timestamps. Where its program
// cannot be built, a row says so, and the other peers' figures stand.
func (b *bench) increase(ctx context.Context) error {
	const name = "PromQL's increase"
	b.progress("building the program for %s", name)
	p, err := peer.BuildIncrease(ctx, filepath.Join(b.module, "anchored"), b.cache)
	if err != nil {
		b.figure(name, "not measured", "%s", strings.ReplaceAll(err.Error(), "\n", " "))
		return ctx.Err()
	}
	plain, err := b.linked(b.history.Dir)
	if err != nil {
		return err
	}
	stamped := ""
	if b.params.Signs {
		b.progress("making data: start timestamps")
		blocks, err := p.Starts(ctx, b.history, plain)
		if err != nil {
			return err
		}
		if stamped, err = b.linked(blocks); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		text, dir, modifier string
		starts              bool
		cost                *peer.Increased
	}{
		{text: fmt.Sprintf("increase(…[%dd])", b.params.Days), dir: plain},
		{text: b.anchoredName(), dir: plain, modifier: "anchored", cost: &b.anchored},
		{text: b.anchoredName() + ", start timestamps", dir: stamped, modifier: "anchored", starts: true, cost: &b.started},
	} {
		if x.dir == "" {
			continue
		}
		b.progress("%s", x.text)
		r, err := p.Evaluate(ctx, x.dir, b.params, b.evals, x.modifier, x.starts)
		if err != nil {
			return err
		}
		b.increaseRows(x.text, r)
		if x.cost != nil {
			*x.cost = r
		}
	}
	return nil
}

func (b *bench) anchoredName() string {
	return fmt.Sprintf("increase(…[%dd] anchored)", b.params.Days)
}

func (b *bench) increaseRows(name string, r peer.Increased) {
	b.figure(name+": one evaluation", seconds(r.CPU)+" CPU", "Prometheus %s, one query for all budgets, %s samples read; took %s; at most %s resident, with what is mapped of the blocks",
		r.Version, millions(float64(r.Samples)), seconds(r.Wall), mib(float64(r.PeakRSS)))
	v := peer.Judge(b.history.Truth, r.Remaining())
	b.figure(name+": wrong verdict or none", fmt.Sprintf("%.1f %%", 100*v.Share()),
		"of %d ShopSets %d wrong, %d none; %s", v.Of, v.Wrong, v.None, offBy(v))
	m := r.Miscounts(b.history.Truth)
	b.figure(name+": ShopSets not exact to the event", fmt.Sprint(m.Off), "of %d; %.4f %% of the events that samples can tell, %.3f %% of the bad ones",
		m.Of, 100*m.Total, 100*m.Bad)
}

// offBy says how far budgets are from what really happened.
func offBy(v peer.Verdicts) string {
	return fmt.Sprintf("budget off by %.4f percentage points at the median, %.3f at p95", v.Median, v.P95)
}

// besideTick compares a tick with computing the budgets anew by increase.
func (b *bench) besideTick(t ours.Tick) {
	if b.anchored.CPU == 0 {
		return
	}
	times := func(r peer.Increased) string { return fmt.Sprintf("%.0f×", r.CPU.Seconds()/t.Total().Seconds()) }
	measured := times(b.anchored)
	if b.started.CPU > 0 {
		measured += ", with start timestamps " + times(b.started)
	}
	b.figure(b.anchoredName()+" beside that", measured, "as much CPU, for one window each time; a tick computes all windows of the burn rates too")
}
