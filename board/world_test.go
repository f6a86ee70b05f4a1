package board

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// now is the time of the tests' world.
var now = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

// The Releases of the tests' world, the oldest first.
const (
	oldest = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
	older  = "7d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f7081920"
	newer  = "c4fe0123456789abcdef0123456789abcdef0123"
	latest = "e9b1a7f0c2d3e4f5061728394a5b6c7d8e9f0a1b"
)

// hostile is a title that wants to be more than text.
const hostile = `</bdi><script>alert(1)</script><img src=x onerror=alert(2)> "'&` + "\u202eevil\x1b[31m"

// count is a ledger of one SLO and ShopSet: so many events an hour, of which a share is
// bad at a time; a negative share: nothing is seen.
type counting struct {
	perHour float64
	bad     func(time.Time) float64
}

func (c counting) counts(_ int, from, to time.Time) slo.Counts {
	out := slo.Counts{Start: from, End: to}
	const step = 15 * time.Minute
	for at := from; at.Before(to); {
		next := at.Truncate(step).Add(step)
		if next.After(to) {
			next = to
		}
		if bad := c.bad(at); bad >= 0 {
			n := c.perHour * next.Sub(at).Hours()
			out.Total += n
			out.Good += n * (1 - bad)
			out.Covered += next.Sub(at)
		}
		at = next
	}
	return out
}

// world is a fleet with something of everything.
type world struct {
	fleet  *fleet.Fleet
	slos   []slo.SLO
	counts func(slo string, set fleet.ShopSetName) counting
}

func (w *world) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	c := w.counts(s.Name, fleet.ShopSetName(subject))
	if c.bad == nil {
		return slo.Account{Unit: slo.Events}
	}
	return slo.Account{Unit: slo.Events, Start: now.Add(-60 * 24 * time.Hour), End: at, LastSample: at, Counts: c.counts}
}

func (w *world) histories(name fleet.ShopSetName) (out []History) {
	set, _ := w.fleet.ShopSet(name)
	for i := range w.slos {
		if status.Applies(&w.slos[i], set.Tier) {
			out = append(out, History{&w.slos[i], w.Account(&w.slos[i], string(name), now)})
		}
	}
	return out
}

func objective(name, display string, target slo.Objective, tiers ...string) slo.SLO {
	return slo.SLO{Name: name, DisplayName: display, Objective: target, Window: slo.Window{Length: 28 * 24 * time.Hour, Text: "28d"}, Tiers: tiers,
		Parts: []slo.Part{{Weight: 1, Objective: target}}}
}

func days(n float64) time.Duration { return time.Duration(n * 24 * float64(time.Hour)) }

// declared is the example fleet.
func declared(t testing.TB) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{
		Configurations: []fleet.Configuration{{Name: "dev"}, {Name: "staging"}, {Name: "production"}},
		FailureDomains: []fleet.FailureDomain{{Name: "onprem-a"}, {Name: "eks-b"}, {Name: "onprem-c"}},
		ShopGroups: []fleet.ShopGroup{
			{Name: "main", ShopSets: []fleet.ShopSetName{"a-1", "b-2"}, FailureDomains: 2},
			{Name: "pilot", ShopSets: []fleet.ShopSetName{"a-2", "b-1"}, FailureDomains: 2},
			{Name: "ha", ShopSets: []fleet.ShopSetName{"a-3", "b-3"}, FailureDomains: 2},
			{Name: "solo", ShopSets: []fleet.ShopSetName{"c-3"}, FailureDomains: 1},
			{Name: "canary", ShopSets: []fleet.ShopSetName{"c-1"}, FailureDomains: 1},
		},
	}
	domain := map[byte]fleet.FailureDomainName{'a': "onprem-a", 'b': "eks-b", 'c': "onprem-c"}
	for i, tier := range []struct {
		name fleet.TierName
		soak time.Duration
		sets []fleet.ShopSetName
	}{
		{"dev", 0, []fleet.ShopSetName{"c-2"}}, {"beta", 24 * time.Hour, []fleet.ShopSetName{"c-1"}}, {"beta-prod", 48 * time.Hour, []fleet.ShopSetName{"a-2", "b-1"}},
		{"prod", 72 * time.Hour, []fleet.ShopSetName{"a-1", "b-2", "c-3"}}, {"prod-ha", 0, []fleet.ShopSetName{"a-3", "b-3"}},
	} {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: tier.name, Order: i, Branch: fmt.Sprintf("tier-%d", i), Soak: tier.soak})
		for _, set := range tier.sets {
			configuration := fleet.ConfigurationName("production")
			if i == 0 {
				configuration = "dev"
			}
			d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: set, Tier: tier.name, Configuration: configuration, FailureDomain: domain[set[0]]})
		}
	}
	f, err := fleet.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// newWorld is a fleet in the middle of a bad day.
func newWorld(t testing.TB) (*world, Input) {
	t.Helper()
	w := &world{fleet: declared(t), slos: []slo.SLO{
		objective("cart-availability", "Cart", 999_000_000), objective("shop-page-latency", "Shop pages", 990_000_000),
		objective("payment-availability", "支払い", 999_500_000, "prod", "prod-ha"),
	}}
	w.counts = func(name string, set fleet.ShopSetName) counting {
		base := counting{perHour: 36000, bad: func(time.Time) float64 { return 0.0002 }}
		switch {
		case name == "shop-page-latency":
			base.bad = func(time.Time) float64 { return 0.004 }
		case set == "a-1" && name == "cart-availability":
			base.bad = func(at time.Time) float64 { // a bad release some days ago
				if at.After(now.Add(-days(5))) && at.Before(now.Add(-days(4.5))) {
					return 0.06
				}
				if at.After(now.Add(-days(15))) && at.Before(now.Add(-days(13))) {
					return -1
				}
				return 0.0003
			}
		case set == "a-2" && name == "cart-availability":
			base.bad = func(at time.Time) float64 {
				if at.After(now.Add(-3 * time.Hour)) {
					return 0.03
				}
				return 0.0004
			}
		case set == "c-2":
			base.perHour = 0.5
		case set == "b-3":
			base.bad = nil
		}
		return base
	}
	in := Input{At: now, Fleet: w.fleet, MaxAge: 5 * time.Minute,
		Budgets:   status.Compute(now.Add(-10*time.Second), w.fleet, w.slos, slo.DefaultBurnAlerts(), w),
		Running:   promotion.FleetView{Where: "The exporter at http://exporter.example:9877", Snapshot: running(w.fleet)},
		Alerts:    promotion.Found[promotion.Alert]{Where: "Alertmanager", Items: []promotion.Alert{{Name: "CartErrors", Since: now.Add(-2 * time.Hour), UpdatedAt: now.Add(-time.Minute), ShopSets: []fleet.ShopSetName{"a-2"}}}},
		Incidents: promotion.Found[promotion.Incident]{Where: "files", Items: []promotion.Incident{{ID: "inc-42", Title: "カートで支払いが失敗する " + hostile, Severity: "sev1", Since: now.Add(-100 * time.Minute), Link: "https://chat.example/inc-42", Scope: promotion.Scope{Tiers: []fleet.TierName{"beta-prod"}}}}},
		Freezes: promotion.Found[promotion.Freeze]{Where: "files", Items: []promotion.Freeze{
			{ID: "sale", Reason: "年末セール", By: "mai", From: now.Add(-time.Hour), Until: now.Add(days(2)), Scope: promotion.Scope{Tiers: []fleet.TierName{"prod-ha"}}},
			{ID: "holiday", Reason: "勤労感謝の日", By: "sre", From: now.Add(20 * time.Hour), Until: now.Add(44 * time.Hour)},
			{ID: "later", Reason: "not soon", From: now.Add(days(9)), Until: now.Add(days(10))},
		}},
		Overrides: promotion.Found[promotion.Override]{Where: "files", Items: []promotion.Override{{ID: "o-1", Who: "ken", Why: "known alert", Checks: []string{"alert"}, Until: now.Add(time.Hour), Scope: promotion.Scope{Tiers: []fleet.TierName{"prod"}}}}},
		Moves: promotion.Found[Move]{Where: "the log", Items: []Move{
			{At: now.Add(-days(5)), To: "prod", Release: newer}, {At: now.Add(-days(4.5)), To: "prod", Release: older, Back: true}, {At: now.Add(-days(20)), To: "prod", Release: older}}},
		Subjects: map[fleet.Release]string{latest: "cart: retry payments once", newer: hostile},
	}
	in.Gates = gates(w, &in)
	return w, in
}

// line is the Releases' history.
type line struct{}

var order = []fleet.Release{oldest, older, newer, latest}

func (line) Behind(release, than fleet.Release) (int, bool) {
	return max(0, slices.Index(order, than)-slices.Index(order, release)), true
}
func (line) Had(fleet.TierName, fleet.Release) (bool, bool) { return true, true }

// running is what an exporter sees: the newest Release has come to beta and arrives in
// beta-prod, a-1 drifts, b-2 is degraded.
func running(f *fleet.Fleet) fleet.Snapshot {
	runs := map[fleet.ShopSetName]fleet.Release{"c-2": latest, "c-1": latest, "a-2": newer, "b-1": newer, "a-1": older, "b-2": older, "c-3": older, "a-3": older, "b-3": older}
	seen := fleet.Seen{History: line{}, Heads: map[fleet.TierName]fleet.Head{
		"dev": {Release: latest, At: now.Add(-30 * time.Hour)}, "beta": {Release: latest, At: now.Add(-26 * time.Hour)},
		"beta-prod": {Release: latest, At: now.Add(-10 * time.Minute)}, "prod": {Release: older, At: now.Add(-days(4.5))}, "prod-ha": {Release: older, At: now.Add(-days(4))}}}
	for _, set := range f.ShopSets() {
		o := fleet.Observation{ShopSet: set.Name, Source: "k8s", Sync: fleet.Synced, Health: fleet.Healthy, Release: runs[set.Name],
			ReleaseSince: now.Add(-26 * time.Hour), ObservedAt: now.Add(-20 * time.Second), Images: []string{"cart:v7"}}
		switch set.Name {
		case "a-2":
			o.Release, o.Health = latest, fleet.Progressing
		case "a-1":
			n := 2
			o.Sync, o.OutOfSync, o.DriftedSince = fleet.OutOfSync, &n, now.Add(-3*time.Hour)
		case "b-2":
			o.Health = fleet.Degraded
		case "b-3":
			o.Sync, o.Health, o.Reason = fleet.SyncUnknown, fleet.HealthUnknown, "its cluster cannot be reached"
		}
		seen.Observations = append(seen.Observations, o)
	}
	s := fleet.Observe(f, now, seen)
	s.Git = &fleet.Git{FetchedAt: now.Add(-30 * time.Second), Up: true}
	for i := range s.Tiers {
		switch s.Tiers[i].Tier {
		case "dev", "beta":
			s.Tiers[i].SoakingSince = now.Add(-25 * time.Hour)
		case "prod-ha":
			s.Tiers[i].Ran = append(s.Tiers[i].Ran, oldest)
		}
	}
	return s
}

func gates(w *world, in *Input) (out []Gate) {
	for _, t := range w.fleet.Tiers()[1:] {
		ev, err := promotion.Gather(w.fleet, w.slos, in.Budgets, t.Name, "")
		if err != nil {
			panic(err)
		}
		ev.See(in.Running)
		ev.Compare(w.slos, w, now, promotion.Policy{})
		ev.Alerts, ev.Incidents, ev.Freezes, ev.Overrides = in.Alerts, in.Incidents, in.Freezes, in.Overrides
		r := promotion.Judge("test", promotion.Policy{}, ev, now)
		out = append(out, Gate{To: t.Name, Record: &r, Changes: "https://git.example/shops/compare/a...b"})
	}
	return out
}

// fixed is a Source that does not change by itself.
type fixed struct {
	mu   sync.Mutex
	in   Input
	err  error
	past func(fleet.ShopSetName) []History
}

func (f *fixed) set(in Input) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.in = in
}

func (f *fixed) Input(context.Context) (Input, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.in, f.err
}

func (f *fixed) Histories(name fleet.ShopSetName) []History {
	if f.past == nil {
		return nil
	}
	return f.past(name)
}

var errNothing = errors.New("read documents: shopslo.yaml:3: unknown key \"flet\"")
