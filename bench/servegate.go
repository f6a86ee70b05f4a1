package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/proc"
	"github.com/shopslo/shopslo/fleet"
)

// serveAll measures the gate with all that it can be asked to look at, and with each
// decision logged: what runs, compared with the time before the Release came to every
// ShopSet six hours before the history ends, freezes, incidents, and the load.
func (b *bench) serveAll(ctx context.Context, program, config string, until int64) error {
	seen, err := b.seenFleet(time.UnixMilli(until).Add(-6 * time.Hour))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stub := &http.Server{Handler: seen, ReadHeaderTimeout: time.Minute}
	go func() { _ = stub.Serve(l) }() // until it is closed
	defer stub.Close()
	dir := filepath.Dir(config)
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	text = fmt.Appendf(text, `gate:
  fleet: {url: "http://%s"}
  incidents: [incidents/*.yaml]
  calendar: [calendar/*.yaml]
  log: {dir: decisions, max_per_minute: 100000}
  load: {share: 0.8}
  checks: {soak: optional}
`, l.Addr())
	for _, folder := range []string{"incidents", "calendar"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o777); err != nil {
			return err
		}
	}
	freeze := "apiVersion: shopslo.dev/v1alpha1\nkind: Freeze\nmetadata: {name: weekends}\nspec: {reason: the weekend, by: mai, affects: {tiers: [prod-ha]}, " +
		"recurring: {rrule: 'FREQ=WEEKLY;BYDAY=FR', at: '18:00', for: 63h, timeZone: Asia/Tokyo}}\n"
	for name, text := range map[string][]byte{"calendar/nights.yaml": []byte(freeze), "all.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	addr, err := proc.FreeAddr()
	if err != nil {
		return err
	}
	b.progress("starting shopslo serve with all checks")
	server, err := proc.Start(ctx, "http://"+addr, "/-/ready", program, "serve", "--config", filepath.Join(dir, "all.yaml"), "--web.listen-address", addr)
	if err != nil {
		return err
	}
	defer server.Stop()
	if err := server.Says(ctx, "/metrics", caughtUp); err != nil {
		return err
	}
	if err := b.latency(ctx, server, "/api/v1/gate?to=prod", ", all checks, logged"); err != nil {
		return err
	}
	return b.boards(ctx, server)
}

// seenFleet answers as shopset_exporter would whose fleet is in order.
func (b *bench) seenFleet(came time.Time) (http.Handler, error) {
	const release = "3f2c1abd9e8f70112233445566778899aabbccdd"
	d := fleet.Declarations{Configurations: []fleet.Configuration{{Name: "production"}}, FailureDomains: []fleet.FailureDomain{{Name: "onprem-a"}}}
	seen := fleet.Seen{Heads: map[fleet.TierName]fleet.Head{}}
	for i, name := range tiers {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: fleet.TierName(name), Order: i, Branch: fmt.Sprintf("tier-%d", i)})
		seen.Heads[fleet.TierName(name)] = fleet.Head{Release: release, At: came}
	}
	none := 0
	for i := range b.params.ShopSets {
		name := fleet.ShopSetName(history.ID(i))
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: name, Tier: fleet.TierName(tiers[i%len(tiers)]), Configuration: "production", FailureDomain: "onprem-a"})
		seen.Observations = append(seen.Observations, fleet.Observation{ShopSet: name, Sync: fleet.Synced, Health: fleet.Healthy, Release: release,
			ReleaseSince: came, ObservedAt: time.Now(), OutOfSync: &none, Images: []string{"registry.test/cart:v2", "registry.test/web:v2"}})
	}
	f, err := fleet.New(d)
	if err != nil {
		return nil, err
	}
	s := fleet.Observe(f, time.Now(), seen)
	for i := range s.Tiers {
		s.Tiers[i].SoakingSince = came
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := s
		s.At = time.Now()
		s.Git = &fleet.Git{FetchedAt: s.At, Up: true}
		s.ShopSets = slices.Clone(s.ShopSets)
		for i := range s.ShopSets {
			s.ShopSets[i].ObservedAt = s.At
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s) // who has gone needs none
	}), nil
}
