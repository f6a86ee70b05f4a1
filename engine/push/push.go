// Package push collects budgets for Mackerel and opens what sends them.
package push

import (
	"context"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/status"
)

// Open opens the spool and what sends from it. Close the spool.
func Open(h host.Host, m *config.MackerelPush) (*mackerel.Pusher, error) {
	client, err := h.MackerelClient(m.Mackerel)
	if err != nil {
		return nil, err
	}
	spool, err := mackerel.OpenSpool(m.Spool)
	if err != nil {
		return nil, err
	}
	return &mackerel.Pusher{Client: client, Service: m.Service, Spool: spool, Every: m.Every}, nil
}

// Collect puts the budgets since the last push into the spool.
func Collect(ctx context.Context, h host.Host, d *documents.Documents, address string, pusher *mackerel.Pusher) error {
	now := h.Now()
	server := client.At(h, address)
	report := func(at time.Time) (status.Report, error) { return server.Status(ctx, at) }
	var newest time.Time
	if address != "" {
		r, err := server.Status(ctx, time.Time{})
		if err != nil {
			return err
		}
		newest = settled(d, r)
	} else {
		e, err := engine.OneShot(ctx, h, d, now, status.Filter{})
		if e != nil {
			defer e.Close()
		}
		if err != nil {
			return err
		}
		newest = e.Ledger.Settled(Lag(d.Config))
		report = func(at time.Time) (status.Report, error) { return e.Counted(at), nil }
	}
	if newest.IsZero() {
		return nil
	}
	_, err := pusher.Collect(now, newest, int(mackerel.MaxAge/time.Minute)+1, report)
	return err
}

// Lag is how far behind the others the figures of a source may be that are waited for, beside what its samples
// are later by: of each time all that there is goes to Mackerel at once.
func Lag(c *config.Config) time.Duration {
	soonest := c.Ledger.Delay
	for name := range c.Sources {
		soonest = min(soonest, c.Delay(name))
	}
	return 5*time.Minute + c.Ledger.Delay - soonest
}

// settled is up to when the budgets of all sources are known, but for those that are further
// behind; zero where none are.
func settled(d *documents.Documents, r status.Report) (end time.Time) {
	of, newest := map[string]time.Time{}, time.Time{}
	for i := range r.Budgets {
		b := &r.Budgets[i]
		set, _ := d.Fleet.ShopSet(b.ShopSet)
		if source := d.Config.SourceOf(set); b.Failure == "" && b.WindowEnd.After(of[source]) {
			of[source] = b.WindowEnd
		}
	}
	for _, e := range of {
		if e.After(newest) {
			newest = e
		}
	}
	for _, e := range of {
		if newest.Sub(e) <= Lag(d.Config) && (end.IsZero() || e.Before(end)) {
			end = e
		}
	}
	return end
}
