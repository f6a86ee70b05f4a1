package ours

import (
	"context"
	"fmt"
	"time"

	"github.com/shopslo/shopslo/bench/proc"
)

// Tick is what bringing a ledger up to date by a minute takes: fetch, count,
// persist, and compute all budgets with their burn rates.
type Tick struct {
	Ticks   int
	CPU     time.Duration // of one tick, in this process
	Server  time.Duration // of one tick, in the source's server
	Budgets time.Duration // the part of CPU that computes all budgets
	Feed    time.Duration // what scraping a tick's samples costs more because of us
	Wall    time.Duration
}

// Total is one tick's CPU, server and dearer scraping included.
func (t Tick) Total() time.Duration { return t.CPU + t.Server + t.Feed }

// Feed brings the next scrape of all targets to where the source reads.
type Feed func(ctx context.Context) error

// Ticks advances the ledger n times by a minute. Between two ticks feed brings the
// scrapes of that minute; what that costs is not the tick's.
func (l *Ledger) Ticks(ctx context.Context, n int, feed Feed) (Tick, error) {
	t := Tick{Ticks: n}
	if err := feed(ctx); err != nil { // the delay's worth ahead
		return t, err
	}
	for i := 1; i <= n; i++ {
		for range 2 {
			if err := feed(ctx); err != nil {
				return t, err
			}
		}
		now := End.Add(time.Duration(i)*time.Minute + delay)
		cpu, server, start := proc.Self(), l.server(), time.Now()
		if err := l.Advance(ctx, now, nil); err != nil {
			return t, fmt.Errorf("tick %d: %w", i, err)
		}
		counted := proc.Self()
		budgets(l.Ledger, l.SLO, l.ShopSets, now, nil)
		end := proc.Self()
		t.CPU += end - cpu
		t.Budgets += end - counted
		t.Server += l.server() - server
		t.Wall += time.Since(start)
	}
	for _, d := range []*time.Duration{&t.CPU, &t.Server, &t.Budgets, &t.Wall} {
		*d /= time.Duration(n)
	}
	if at := l.Account(l.SLO, "shop-00000", End.Add(time.Duration(n)*time.Minute+delay)).End; !at.Equal(End.Add(time.Duration(n) * time.Minute)) {
		return t, fmt.Errorf("after %d ticks the ledger has counted until %v", n, at)
	}
	return t, nil
}
