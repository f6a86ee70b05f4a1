package promotion_test

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Releases of the tests: new goes up, old is what ran before.
const (
	newRelease = "3f2c1abd9e8f70112233445566778899aabbccdd"
	oldRelease = "1111111111222222222233333333334444444444"
)

// came is when the new Release came to the ShopSets below.
var came = now.Add(-26 * time.Hour)

// past is a history in which new follows old, and every Tier had what is below.
type past struct{}

// fleetState is what was seen of a ShopSet.
type fleetState = fleet.ShopSetState

func (past) Behind(release, than fleet.Release) (int, bool) {
	if release == oldRelease && than == newRelease {
		return 1, true
	}
	return 0, true
}

func (past) Had(fleet.TierName, fleet.Release) (bool, bool) { return true, true }

// view is a fleet in which all Tiers below the target run the new Release.
func view(t testing.TB, f *fleet.Fleet, to fleet.TierName) promotion.FleetView {
	t.Helper()
	seen := fleet.Seen{Heads: map[fleet.TierName]fleet.Head{}, History: past{}}
	release := fleet.Release(newRelease)
	for _, tier := range f.Tiers() {
		if tier.Name == to {
			release = oldRelease
		}
		seen.Heads[tier.Name] = fleet.Head{Release: release, At: came}
		for _, set := range f.ShopSetsOf(tier.Name) {
			none := 0
			seen.Observations = append(seen.Observations, fleet.Observation{ShopSet: set.Name, Sync: fleet.Synced, Health: fleet.Healthy,
				Release: release, ReleaseSince: came, ObservedAt: now.Add(-20 * time.Second), OutOfSync: &none,
				Images: []string{"registry.test/cart:v1.4.0", "registry.test/proxy@sha256:00"}})
		}
	}
	s := fleet.Observe(f, now.Add(-10*time.Second), seen)
	s.Git = &fleet.Git{FetchedAt: now.Add(-30 * time.Second), Up: true}
	for i := range s.Tiers {
		s.Tiers[i].SoakingSince = came.Add(time.Hour)
	}
	return promotion.FleetView{Where: "the exporter at http://exporter:9877", Snapshot: s}
}

// whole is evidence with everything that can be had, all of it good.
func whole(t testing.TB, to fleet.TierName) promotion.Evidence {
	t.Helper()
	f := example(t)
	return wholeOf(t, f, to, func(e *promotion.Evidence) { e.See(view(t, f, to)) })
}

// claimed is whole, but nobody knows what runs except for a releases file.
func claimed(t testing.TB, f *fleet.Fleet, to fleet.TierName) promotion.Evidence {
	t.Helper()
	found := promotion.Found[promotion.Arrival]{Where: "The releases file releases.jsonl"}
	for _, set := range f.ShopSets() {
		a := promotion.Arrival{ShopSet: set.Name, Release: newRelease, At: came, By: "ci", Recorded: came.Add(time.Minute)}
		if set.Tier == to && len(f.Tiers()) > 1 {
			a.Release, a.At, a.Recorded = oldRelease, came.Add(-50*time.Hour), came.Add(-49*time.Hour)
		}
		found.Items = append(found.Items, a)
	}
	return wholeOf(t, f, to, func(e *promotion.Evidence) { e.Told(found) })
}

// wholeOf is whole for a fleet, of which it is known in some way when Releases came.
func wholeOf(t testing.TB, f *fleet.Fleet, to fleet.TierName, know func(*promotion.Evidence)) promotion.Evidence {
	t.Helper()
	r := status.Compute(now, f, slos(t), slo.DefaultBurnAlerts(), ledger{})
	e, err := promotion.Gather(f, slos(t), r, to, "")
	if err != nil {
		t.Fatal(err)
	}
	know(&e)
	e.Compare(slos(t), ledger{}, now, required())
	e.Weigh(f, slos(t), ledger{}, now, required())
	e.Source.Soak = 24 * time.Hour
	e.Alerts = promotion.Found[promotion.Alert]{Where: "Prometheus at http://prometheus:9090", Items: []promotion.Alert{
		{Name: "Watchdog", Labels: map[string]string{"alertname": "Watchdog", "severity": "none"}, Tiers: []fleet.TierName{"beta-prod"}},
		{Name: "SlowCart", ShopSets: []fleet.ShopSetName{"c-1"}, Tiers: []fleet.TierName{}},
	}}
	e.AlertRules = promotion.Found[promotion.AlertRule]{Where: e.Alerts.Where, Items: []promotion.AlertRule{
		{Name: "CartErrors", Health: "ok", EvaluatedAt: now.Add(-15 * time.Second)},
		{Name: "SlowBeta", Health: "ok", EvaluatedAt: now.Add(-15 * time.Second), Tiers: []fleet.TierName{"beta"}},
	}}
	e.Incidents = promotion.Found[promotion.Incident]{Where: "incidents/*.yaml", Items: []promotion.Incident{
		{ID: "inc-7", Title: "Beta's cart is slow", Scope: promotion.Scope{Tiers: []fleet.TierName{"beta"}}}}}
	e.Freezes = promotion.Found[promotion.Freeze]{Where: "calendar/*.yaml", Items: []promotion.Freeze{
		{ID: "year-end", Reason: "the sale", From: now.Add(time.Hour), Until: now.Add(48 * time.Hour)}}}
	e.Overrides = promotion.Found[promotion.Override]{Where: "calendar/*.yaml", Items: []promotion.Override{}}
	e.Exclusions = promotion.Found[promotion.Exclusion]{Where: "calendar/*.yaml"}
	e.Moves = &promotion.Moves{Where: "The decision log in decisions", Last: &promotion.Move{Entry: 3, At: now.Add(-50 * time.Hour), Release: oldRelease}}
	return e
}

// required makes every check one that must be made.
func required() promotion.Policy {
	p := promotion.Policy{Needs: map[string]promotion.Need{}, Load: promotion.LoadPolicy{Share: 0.8}, Traffic: &promotion.TrafficPolicy{}}
	for _, name := range []string{"release", "sync", "soak", "drift", "since_release", "traffic", "load", "alert", "images", "incident", "freeze", "rollback"} {
		p.Needs[name] = promotion.Required
	}
	return p
}

// requiredUnseen is required, but for what an exporter alone could know.
func requiredUnseen() promotion.Policy {
	p := required()
	for _, name := range []string{"release", "sync", "drift", "images"} {
		delete(p.Needs, name)
	}
	return p
}

// seenAs changes what was seen of a ShopSet.
func seenAs(set fleet.ShopSetName, change func(*fleet.ShopSetState)) func(*promotion.Evidence) {
	return func(e *promotion.Evidence) {
		for i := range e.Fleet.Snapshot.ShopSets {
			if o := &e.Fleet.Snapshot.ShopSets[i]; o.ShopSet == set {
				change(o)
			}
		}
	}
}

// tierAs changes what was seen of a Tier.
func tierAs(tier fleet.TierName, change func(*fleet.TierState)) func(*promotion.Evidence) {
	return func(e *promotion.Evidence) {
		for i := range e.Fleet.Snapshot.Tiers {
			if s := &e.Fleet.Snapshot.Tiers[i]; s.Tier == tier {
				change(s)
			}
		}
	}
}

// comparing changes the comparison of cart-availability of a ShopSet.
func comparing(set fleet.ShopSetName, change func(*promotion.Comparison)) func(*promotion.Evidence) {
	return func(e *promotion.Evidence) {
		for i := range e.Comparisons {
			if c := &e.Comparisons[i]; c.ShopSet == set && c.SLO == "cart-availability" {
				change(c)
			}
		}
	}
}

// counts are what was counted since the Release came, and before.
func counts(bad, total, badBefore, totalBefore float64) func(*promotion.Comparison) {
	return func(c *promotion.Comparison) {
		since, before := *c.Since, *c.Before
		since.Good, since.Total, before.Good, before.Total = total-bad, total, totalBefore-badBefore, totalBefore
		c.Since, c.Before, c.UsualBad = &since, &before, badBefore
	}
}
