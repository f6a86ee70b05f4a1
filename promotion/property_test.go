package promotion_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// A mutation of evidence; it works on a copy of the report's budgets.
type mutation struct {
	name   string
	change func(*rand.Rand, *promotion.Evidence)
}

// anyBudget changes one budget, whichever.
func anyBudget(change func(*status.Budget)) func(*rand.Rand, *promotion.Evidence) {
	return func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Report.Budgets); n > 0 {
			change(&e.Report.Budgets[r.IntN(n)])
		}
	}
}

// lossy takes something away that a promotion needs.
var lossy = []mutation{
	{"a budget is missing", func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Report.Budgets); n > 0 {
			i := r.IntN(n)
			e.Report.Budgets = slices.Delete(e.Report.Budgets, i, i+1)
		}
	}},
	{"all budgets are missing", func(_ *rand.Rand, e *promotion.Evidence) { e.Report.Budgets = nil }},
	{"a ShopSet is silent", anyBudget(silence)},
	{"a budget has no counts", anyBudget(func(b *status.Budget) { b.Good, b.Total, b.Bad = nil, nil, nil })},
	{"a budget has no state", anyBudget(func(b *status.Budget) { b.State = "" })},
	{"a window has no end", anyBudget(func(b *status.Budget) { b.WindowEnd = time.Time{} })},
	{"no sample was seen", anyBudget(func(b *status.Budget) { b.LastSample = time.Time{} })},
	{"the newest sample is old", anyBudget(func(b *status.Budget) { b.LastSample = b.LastSample.Add(-time.Hour) })},
	{"a window is hardly covered", anyBudget(func(b *status.Budget) { b.Coverage = 0.1 })},
	{"burn rates are missing", anyBudget(func(b *status.Budget) { b.BurnRates = nil })},
	{"a burn rate is missing", anyBudget(func(b *status.Budget) { b.BurnRates = slices.Clone(b.BurnRates[min(1, len(b.BurnRates)):]) })},
	{"burn rates have half their data and no traffic", anyBudget(quiet(0.5))},
	{"no alert is configured", func(_ *rand.Rand, e *promotion.Evidence) { e.Report.Alerts = nil }},
	{"no ShopSet shows the Release", func(_ *rand.Rand, e *promotion.Evidence) { e.Source.ShopSets = nil }},
	{"no SLO is for the evidence", func(_ *rand.Rand, e *promotion.Evidence) { e.Source.SLOs = nil }},
	{"no SLO is for the target", func(_ *rand.Rand, e *promotion.Evidence) { e.Target.SLOs = nil }},
	{"no Tier shows the Release", func(_ *rand.Rand, e *promotion.Evidence) { e.Source = promotion.Tier{} }},
	{"groups are missing", func(_ *rand.Rand, e *promotion.Evidence) { e.Groups = nil }},
	{"a source is away", func(_ *rand.Rand, e *promotion.Evidence) { away(e) }},
	{"no exporter is configured", func(_ *rand.Rand, e *promotion.Evidence) { noFleet(e) }},
	{"the exporter is away", func(_ *rand.Rand, e *promotion.Evidence) { e.Fleet.Error = "refused" }},
	{"the exporter looked long ago", func(_ *rand.Rand, e *promotion.Evidence) { e.Fleet.Snapshot.At = e.Fleet.Snapshot.At.Add(-time.Hour) }},
	{"the Release is not known", func(_ *rand.Rand, e *promotion.Evidence) { e.Release = "" }},
	{"a ShopSet below was not seen", below(func(o *fleet.ShopSetState) { o.ShopSet = "nobody" })},
	{"a ShopSet below moved to another Tier", below(func(o *fleet.ShopSetState) { o.Tier = "beta" })},
	{"a ShopSet's Release is not known", below(func(o *fleet.ShopSetState) { o.Release = "" })},
	{"a ShopSet's health is not known", below(func(o *fleet.ShopSetState) { o.Health = fleet.HealthUnknown })},
	{"a ShopSet's health is empty", below(func(o *fleet.ShopSetState) { o.Health = "" })},
	{"a ShopSet's sync is not known", below(func(o *fleet.ShopSetState) { o.Sync = fleet.SyncUnknown })},
	{"a ShopSet's sync is empty", below(func(o *fleet.ShopSetState) { o.Sync = "" })},
	{"a ShopSet's images are not known", below(func(o *fleet.ShopSetState) { o.Images = nil })},
	{"a ShopSet has not got the Release", below(func(o *fleet.ShopSetState) { o.Release = oldRelease })},
	{"the soak time has not begun", anyTier("beta-prod", func(s *fleet.TierState) { s.SoakingSince = time.Time{} })},
	{"the soak time is not over", anyTier("beta-prod", func(s *fleet.TierState) { s.SoakingSince = now.Add(-time.Hour) })},
	{"the order of Tiers is not known", anyTier("beta-prod", func(s *fleet.TierState) { s.InOrder = nil })},
	{"the branch below is not known", anyTier("beta-prod", func(s *fleet.TierState) { s.Release = "" })},
	{"the target's branch is not known", anyTier("prod", func(s *fleet.TierState) { s.Release = "" })},
	{"the target's past is not known", anyTier("prod", func(s *fleet.TierState) { s.Ahead = nil })},
	{"all Tiers are missing", func(_ *rand.Rand, e *promotion.Evidence) { e.Fleet.Snapshot.Tiers = nil }},
	{"what groups have is missing", func(_ *rand.Rand, e *promotion.Evidence) { e.Fleet.Snapshot.Groups = nil }},
	{"a comparison is missing", func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Comparisons); n > 0 {
			i := r.IntN(n)
			e.Comparisons = slices.Delete(slices.Clone(e.Comparisons), i, i+1)
		}
	}},
	{"it is not known when the Release came", anyComparison(func(c *promotion.Comparison) { c.Came = time.Time{} })},
	{"there is no data since the Release came", anyComparison(func(c *promotion.Comparison) { c.Since = nil })},
	{"there is no traffic since the Release came", anyComparison(counts(0, 0, 10, 600_000))},
	{"there is little traffic since the Release came", anyComparison(counts(0, 20, 10, 600_000))},
	{"little is covered since the Release came", anyComparison(func(c *promotion.Comparison) {
		if c.Since != nil {
			s := *c.Since
			s.Coverage = 0.2
			c.Since = &s
		}
	})},
	{"the load is not known", anyComparison(func(c *promotion.Comparison) { c.Load = nil })},
	{"the load of before is not known", anyComparison(func(c *promotion.Comparison) { c.Load = &promotion.Load{Since: ptr(1e9)} })},
	{"there has been no load since", anyComparison(func(c *promotion.Comparison) { c.Load = &promotion.Load{Before: ptr(1)} })},
	{"nobody is asked for alerts", func(_ *rand.Rand, e *promotion.Evidence) { e.Alerts = promotion.Found[promotion.Alert]{} }},
	{"who knows alerts is away", func(_ *rand.Rand, e *promotion.Evidence) { e.Alerts.Error = "refused" }},
	{"nobody is asked for incidents", func(_ *rand.Rand, e *promotion.Evidence) { e.Incidents = promotion.Found[promotion.Incident]{} }},
	{"who knows incidents is away", func(_ *rand.Rand, e *promotion.Evidence) { e.Incidents.Error = "refused" }},
	{"nobody is asked for freezes", func(_ *rand.Rand, e *promotion.Evidence) { e.Freezes = promotion.Found[promotion.Freeze]{} }},
	{"freezes cannot be read", func(_ *rand.Rand, e *promotion.Evidence) { e.Freezes.Error = "no such file" }},
}

// below changes a ShopSet that shows how the Release behaves.
func below(change func(*fleet.ShopSetState)) func(*rand.Rand, *promotion.Evidence) {
	return func(r *rand.Rand, e *promotion.Evidence) {
		sets := []fleet.ShopSetName{"a-2", "b-1"}
		seenAs(sets[r.IntN(len(sets))], change)(e)
	}
}

func anyTier(name fleet.TierName, change func(*fleet.TierState)) func(*rand.Rand, *promotion.Evidence) {
	return func(_ *rand.Rand, e *promotion.Evidence) { tierAs(name, change)(e) }
}

func anyComparison(change func(*promotion.Comparison)) func(*rand.Rand, *promotion.Evidence) {
	return func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Comparisons); n > 0 {
			if c := &e.Comparisons[r.IntN(n)]; c.Since != nil && c.Before != nil {
				change(c)
			}
		}
	}
}

// bad adds bad news.
var bad = []mutation{
	{"a budget is exhausted", anyBudget(func(b *status.Budget) {
		if b.Total != nil && b.Allowed != nil {
			exhaust(b)
		}
	})},
	{"counts contradict themselves", anyBudget(func(b *status.Budget) {
		if b.Good != nil {
			b.State = slo.Inconsistent
		}
	})},
	{"a page alert fires", anyBudget(fire(slo.Page))},
	{"a ticket alert fires", anyBudget(func(b *status.Budget) { fire(slo.Ticket)(b) })},
	{"a group loses a FailureDomain", func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Groups); n > 0 {
			e.Groups[r.IntN(n)].Domains = nil
		}
	}},
	{"a source is away", func(_ *rand.Rand, e *promotion.Evidence) { away(e) }},
	{"a ShopSet is degraded", below(degraded)},
	{"a ShopSet drifts", below(drifted)},
	{"an image is mutable", below(func(o *fleet.ShopSetState) { o.Images = append(slices.Clone(o.Images), "cart:latest") })},
	{"the Release burns the budget", anyComparison(func(c *promotion.Comparison) {
		s := *c.Since
		s.Good = s.Good * 0.8
		c.Since = &s
	})},
	{"an alert fires", func(_ *rand.Rand, e *promotion.Evidence) {
		e.Alerts.Items = append(e.Alerts.Items, promotion.Alert{Name: "X", ShopSets: []fleet.ShopSetName{"a-2"}})
	}},
	{"an incident is open", func(_ *rand.Rand, e *promotion.Evidence) {
		e.Incidents.Items = append(e.Incidents.Items, promotion.Incident{ID: "inc-1"})
	}},
	{"a freeze is in force", func(_ *rand.Rand, e *promotion.Evidence) {
		e.Freezes.Items = append(e.Freezes.Items, promotion.Freeze{ID: "f", Emergency: true})
	}},
	{"the Release skipped a Tier", func(_ *rand.Rand, e *promotion.Evidence) {
		e.Fleet.Snapshot.Violations = append(e.Fleet.Snapshot.Violations, fleet.Violation{Kind: fleet.Skipped, Tier: "beta-prod", Release: newRelease})
	}},
	{"the target has changes of its own", anyTier("prod", func(s *fleet.TierState) { s.Ahead = ptrTo(3) })},
	{"a cluster is down", func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Fleet.Snapshot.Groups); n > 0 {
			e.Fleet.Snapshot.Groups[r.IntN(n)].Available = ptrTo(0)
		}
	}},
	{"a second budget of a pair is exhausted", func(r *rand.Rand, e *promotion.Evidence) {
		if n := len(e.Report.Budgets); n > 0 {
			b := e.Report.Budgets[r.IntN(n)]
			if b.Total != nil && b.Allowed != nil {
				exhaust(&b)
				e.Report.Budgets = append(e.Report.Budgets, b)
			}
		}
	}},
}

// clone copies what mutations change.
func clone(e promotion.Evidence) promotion.Evidence {
	e.Report.Budgets, e.Groups, e.Outages = slices.Clone(e.Report.Budgets), slices.Clone(e.Groups), slices.Clone(e.Outages)
	s := &e.Fleet.Snapshot
	s.ShopSets, s.Tiers, s.Groups, s.Violations = slices.Clone(s.ShopSets), slices.Clone(s.Tiers), slices.Clone(s.Groups), slices.Clone(s.Violations)
	e.Comparisons, e.Traffic = slices.Clone(e.Comparisons), slices.Clone(e.Traffic)
	e.Alerts.Items, e.Incidents.Items, e.Freezes.Items = slices.Clone(e.Alerts.Items), slices.Clone(e.Incidents.Items), slices.Clone(e.Freezes.Items)
	return e
}

func TestNothingMissingIsEverPromoted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	whole := whole(t, "prod")
	if d := promotion.Decide(required(), whole, now); d.Verdict != promotion.Promote {
		t.Fatalf("whole evidence gives %s: the test shows nothing", d.Verdict)
	}
	for _, m := range lossy {
		t.Run(m.name, func(t *testing.T) {
			for range 50 {
				e := clone(whole)
				m.change(r, &e)
				for range r.IntN(4) { // and whatever else is wrong
					lossy[r.IntN(len(lossy))].change(r, &e)
					bad[r.IntN(len(bad))].change(r, &e)
				}
				if d := promotion.Decide(required(), e, now); d.Verdict == promotion.Promote || d.ExitCode() == 0 {
					t.Fatalf("it is promoted:\n%s", d.AppendJSON(nil))
				}
			}
		})
	}
}

var rank = map[promotion.Verdict]int{promotion.Hold: 0, promotion.Inconclusive: 1, promotion.Promote: 2}

func TestBadNewsNeverMakeADecisionBetter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	start := map[promotion.Verdict]int{}
	whole := whole(t, "prod")
	for range racetest.Fewer(4000) {
		e := clone(whole)
		for range r.IntN(4) {
			lossy[r.IntN(len(lossy))].change(r, &e)
		}
		for range r.IntN(3) {
			bad[r.IntN(len(bad))].change(r, &e)
		}
		before := promotion.Decide(required(), e, now)
		start[before.Verdict]++
		worse := clone(e)
		m := bad[r.IntN(len(bad))]
		m.change(r, &worse)
		if after := promotion.Decide(required(), worse, now); rank[after.Verdict] > rank[before.Verdict] {
			t.Fatalf("%s turns %s into %s:\n%s", m.name, before.Verdict, after.Verdict, after.AppendJSON(nil))
		}
	}
	for v := range rank {
		if start[v] < racetest.Fewer(50) {
			t.Errorf("only %d cases began with %s: the test has lost its bite", start[v], v)
		}
	}
}

func TestTheOrderOfEvidenceDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	whole := whole(t, "prod")
	for _, o := range []promotion.Override{{ID: "a", Checks: []string{"alert", "drift"}}, {ID: "b", Checks: []string{"drift", "freeze"}}, {ID: "c", Checks: []string{"budget"}}} {
		o.Who, o.Why, o.Until = "mika", "so", now.Add(time.Hour)
		whole.Overrides.Items = append(whole.Overrides.Items, o)
	}
	for range 500 {
		e := clone(whole)
		for range r.IntN(4) {
			lossy[r.IntN(len(lossy))].change(r, &e)
			bad[r.IntN(len(bad))].change(r, &e)
		}
		want := promotion.Decide(required(), e, now).AppendJSON(nil)
		shuffle(r, &e)
		if got := promotion.Decide(required(), e, now).AppendJSON(nil); !bytes.Equal(got, want) {
			t.Fatalf("shuffled evidence gives\n%s\nnot\n%s", got, want)
		}
	}
}

func shuffle(r *rand.Rand, e *promotion.Evidence) {
	e.Report.Budgets, e.Groups, e.Outages = shuffled(r, e.Report.Budgets), shuffled(r, e.Groups), shuffled(r, e.Outages)
	e.Report.Alerts, e.Comparisons = shuffled(r, e.Report.Alerts), shuffled(r, e.Comparisons)
	s := &e.Fleet.Snapshot
	s.ShopSets, s.Tiers, s.Groups, s.Violations = shuffled(r, s.ShopSets), shuffled(r, s.Tiers), shuffled(r, s.Groups), shuffled(r, s.Violations)
	e.Alerts.Items, e.Incidents.Items, e.Freezes.Items = shuffled(r, e.Alerts.Items), shuffled(r, e.Incidents.Items), shuffled(r, e.Freezes.Items)
	e.Overrides.Items = shuffled(r, e.Overrides.Items)
	for _, t := range []*promotion.Tier{&e.Source, &e.Target} {
		t.ShopSets, t.SLOs = shuffled(r, t.ShopSets), shuffled(r, t.SLOs)
	}
}

func shuffled[T any](r *rand.Rand, list []T) []T {
	list = slices.Clone(list)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func TestDecideDoesNotChangeItsEvidence(t *testing.T) {
	e := whole(t, "prod")
	before := e.Report.AppendJSON(nil)
	first := promotion.Decide(required(), e, now).AppendJSON(nil)
	if !bytes.Equal(promotion.Decide(required(), e, now).AppendJSON(nil), first) {
		t.Error("the same evidence gives two decisions")
	}
	if !bytes.Equal(e.Report.AppendJSON(nil), before) {
		t.Error("the evidence was changed")
	}
}

// An override can only waive what it names: with one for each check but one, a failure
// of that one still holds.
func TestAnOverrideNeverReachesFurtherThanItSays(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	whole := whole(t, "prod")
	for range 1000 {
		e := clone(whole)
		for range 1 + r.IntN(4) {
			bad[r.IntN(len(bad))].change(r, &e)
			lossy[r.IntN(len(lossy))].change(r, &e)
		}
		before := promotion.Decide(required(), e, now)
		spared := before.Checks[r.IntN(len(before.Checks))].Check
		o := promotion.Override{ID: "o", Who: "mika", Why: "so", Until: now.Add(time.Hour)}
		for _, c := range before.Checks {
			if c.Check != spared {
				o.Checks = append(o.Checks, c.Check)
			}
		}
		e.Overrides.Items = []promotion.Override{o}
		after := promotion.Decide(required(), e, now)
		for _, c := range before.Checks {
			if c.Check == spared && (c.Result == promotion.Fail || c.Result == promotion.Unknown) && after.Verdict == promotion.Promote {
				t.Fatalf("%s is %s and not waived, and it is promoted:\n%s", c.Check, c.Result, after.AppendJSON(nil))
			}
		}
	}
}
