package status_test

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// golden compares with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	goldentest.Compare(t, "testdata/"+name, got)
}

var at = time.Date(2026, 11, 1, 0, 0, 30, 0, time.UTC)

// example is the fleet of the examples.
func example(t testing.TB) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{
		Configurations: []fleet.Configuration{{Name: "production"}},
		FailureDomains: []fleet.FailureDomain{{Name: "onprem-a"}, {Name: "eks-b"}, {Name: "onprem-c"}},
	}
	domain := map[byte]fleet.FailureDomainName{'a': "onprem-a", 'b': "eks-b", 'c': "onprem-c"}
	for i, tier := range []struct {
		name fleet.TierName
		sets []fleet.ShopSetName
	}{{"dev", []fleet.ShopSetName{"c-2"}}, {"beta", []fleet.ShopSetName{"c-1"}}, {"beta-prod", []fleet.ShopSetName{"a-2", "b-1"}},
		{"prod", []fleet.ShopSetName{"a-1", "b-2", "c-3"}}, {"prod-ha", []fleet.ShopSetName{"a-3", "b-3"}}} {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: tier.name, Order: i, Branch: "tier-" + string(rune('0'+i))})
		for _, s := range tier.sets {
			d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: s, Tier: tier.name, Configuration: "production", FailureDomain: domain[s[0]]})
		}
	}
	f, err := fleet.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func ratioSLO(t testing.TB, name string, ratio float64, tiers ...string) slo.SLO {
	t.Helper()
	o, err := slo.ObjectiveOf(ratio)
	if err != nil {
		t.Fatal(err)
	}
	return slo.SLO{Name: name, Service: "shop", Objective: o, Window: slo.Rolling(28 * 24 * time.Hour),
		Parts: []slo.Part{{Weight: 1, Objective: o}}, Tiers: tiers}
}

// steady is an account whose traffic and errors per hour never changed, but for
// the last 6 hours, in which late of them were bad.
type steady struct {
	perHour, bad, late float64
	covered            float64
	grid               bool
	notes              []string
	expected           time.Duration // before at; 0: not known
	flags              []slo.Flag
	absent             []slo.Absence
	failure            string
}

// ledger holds accounts by "shopset slo"; what it does not hold was never counted.
type ledger map[string]steady

func (l ledger) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	a, ok := l[subject+" "+s.Name]
	if !ok {
		return slo.Account{}
	}
	end := at.Truncate(time.Minute)
	account := slo.Account{Unit: slo.Events, Grid: a.grid, Start: end.Add(-40 * 24 * time.Hour), End: end, Notes: a.notes,
		Flags: a.flags, Absent: a.absent, Failure: a.failure,
		Counts: func(_ int, from, to time.Time) slo.Counts {
			hours := to.Sub(from).Hours()
			recent := min(hours, 6)
			total := a.perHour * hours
			bad := a.perHour * (a.bad*(hours-recent) + a.late*recent)
			return slo.Counts{Start: from, End: to, Total: total, Good: total - float64(int64(bad+0.5)),
				Covered: time.Duration(a.covered * float64(to.Sub(from)))}
		}}
	if a.covered > 0 {
		account.LastSample = end.Add(-12 * time.Second)
	}
	if a.grid {
		account.Unit = slo.Points
	}
	if a.expected > 0 {
		account.Expected = end.Add(-a.expected)
	}
	return account
}

// busy is a report with every state in it.
func busy(t testing.TB) status.Report {
	slos := []slo.SLO{ratioSLO(t, "cart-availability", 0.999), ratioSLO(t, "page-latency", 0.95, "prod", "prod-ha")}
	slos[0].DisplayName = "カートが使えること"
	l := ledger{
		"c-2 cart-availability": {perHour: 0, covered: 1},
		"c-1 cart-availability": {perHour: 7200, bad: 0.0001, late: 0.0203, covered: 1},
		"a-2 cart-availability": {perHour: 36000, bad: 0.0002, late: 0.0002, covered: 0.9993},
		"b-1 cart-availability": {perHour: 36000, bad: 0.0012, late: 0.0004, covered: 1},
		"a-1 cart-availability": {perHour: 1_200_000, bad: 0.0004, late: 0.0001, covered: 1},
		"b-2 cart-availability": {perHour: 1_200_000, bad: 0.00000001, covered: 0.62,
			notes: []string{"counted since 2026-10-14T09:12:00Z only: before, the source has no samples"}},
		"a-1 page-latency":      {perHour: 120, bad: 0.04, late: 0.01, covered: 1, grid: true},
		"b-2 page-latency":      {perHour: 120, bad: 0.01, late: 0.01, covered: 1, grid: true},
		"c-3 page-latency":      {perHour: 0.02, covered: 1},
		"a-3 cart-availability": {perHour: 500, bad: -0.01, late: -0.01, covered: 1},
		"b-3 cart-availability": {covered: 0},
	}
	return status.Compute(at, example(t), slos, slo.DefaultBurnAlerts(), l)
}

func TestEveryExpectedPairHasABudgetInFleetOrder(t *testing.T) {
	slos := []slo.SLO{ratioSLO(t, "all", 0.99), ratioSLO(t, "some", 0.99, "prod", "nosuch")}
	r := status.Compute(at, example(t), slos, slo.DefaultBurnAlerts(), ledger{})
	var got []string
	for _, b := range r.Budgets {
		got = append(got, string(b.Tier)+" "+string(b.ShopSet)+" "+b.SLO)
		if b.State != slo.NoData || b.Total != nil || b.SLI != nil || b.Coverage != 0 || !b.WindowEnd.IsZero() {
			t.Errorf("%s %s was never counted and reads %+v", b.ShopSet, b.SLO, b)
		}
		if len(b.BurnRates) != 9 {
			t.Errorf("%s %s lists %d burn rates, want all 7 and the 2 of the shortened pair as missing", b.ShopSet, b.SLO, len(b.BurnRates))
		}
	}
	want := []string{"dev c-2 all", "beta c-1 all", "beta-prod a-2 all", "beta-prod b-1 all",
		"prod a-1 all", "prod a-1 some", "prod b-2 all", "prod b-2 some", "prod c-3 all", "prod c-3 some",
		"prod-ha a-3 all", "prod-ha b-3 all"}
	if len(got) != len(want) {
		t.Fatalf("budgets are %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("budget %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestTheReportHasAllStates(t *testing.T) {
	seen := map[slo.State]bool{}
	for _, b := range busy(t).Budgets {
		seen[b.State] = true
	}
	for _, s := range slo.States {
		if !seen[s] {
			t.Errorf("no budget is %s: the golden files show too little", s)
		}
	}
}

func TestFiringFactorsAreScaledToTheWindow(t *testing.T) {
	for _, b := range busy(t).Budgets {
		if b.ShopSet == "c-1" {
			if len(b.Firing) == 0 || b.Firing[0].Factor != 14.4*28/30 {
				t.Errorf("firing is %+v, want a first factor of 13.44", b.Firing)
			}
		}
	}
}

func TestUnknownTiersAreFound(t *testing.T) {
	slos := []slo.SLO{ratioSLO(t, "a", 0.9, "prod", "prdo"), ratioSLO(t, "b", 0.9), ratioSLO(t, "c", 0.9, "moon")}
	got := status.UnknownTiers(example(t), slos)
	want := []string{
		`slo "a" applies to tier "prdo", which the fleet does not have (did you mean "prod"?)`,
		`slo "c" applies to tier "moon", which the fleet does not have; declare it, or take it off the SLO's list`,
	}
	if len(got) != 2 || got[0].String() != want[0] || got[1].String() != want[1] {
		t.Errorf("found %v", got)
	}
	if found := status.UnknownTiers(example(t), slos[1:2]); found != nil {
		t.Errorf("an SLO for all Tiers has findings: %v", found)
	}
}
