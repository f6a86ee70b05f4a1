package promotion_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// golden compares with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	goldentest.Compare(t, "testdata/"+name, got)
}

var now = time.Date(2026, 11, 1, 0, 0, 30, 0, time.UTC)

// example is the fleet of the examples.
func example(t testing.TB, groups ...fleet.ShopGroup) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{
		Configurations: []fleet.Configuration{{Name: "production"}},
		FailureDomains: []fleet.FailureDomain{{Name: "onprem-a"}, {Name: "eks-b"}, {Name: "onprem-c"}},
		ShopGroups: append(groups,
			fleet.ShopGroup{Name: "main", ShopSets: []fleet.ShopSetName{"a-1", "b-2"}, FailureDomains: 2},
			fleet.ShopGroup{Name: "pilot", ShopSets: []fleet.ShopSetName{"a-2", "b-1"}, FailureDomains: 2},
			fleet.ShopGroup{Name: "solo", ShopSets: []fleet.ShopSetName{"c-3"}, FailureDomains: 1}),
	}
	domain := map[byte]fleet.FailureDomainName{'a': "onprem-a", 'b': "eks-b", 'c': "onprem-c"}
	for i, tier := range []struct {
		name fleet.TierName
		sets []fleet.ShopSetName
	}{{"dev", nil}, {"beta", []fleet.ShopSetName{"c-1"}}, {"beta-prod", []fleet.ShopSetName{"a-2", "b-1"}},
		{"prod", []fleet.ShopSetName{"a-1", "b-2", "c-3"}}, {"staged", nil}, {"prod-ha", []fleet.ShopSetName{"a-3", "b-3"}}} {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: tier.name, Order: i, Branch: "tier-" + string(tier.name)})
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

func slos(t testing.TB) []slo.SLO {
	t.Helper()
	var out []slo.SLO
	for name, ratio := range map[string]float64{"cart-availability": 0.999, "page-latency": 0.95} {
		o, err := slo.ObjectiveOf(ratio)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, slo.SLO{Name: name, Objective: o, Window: slo.Rolling(28 * 24 * time.Hour),
			Parts: []slo.Part{{Weight: 1, Objective: o}}})
	}
	slices.SortFunc(out, func(a, b slo.SLO) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// ledger gives an account of good health to everybody.
type ledger struct{}

func (ledger) Account(s *slo.SLO, _ string, at time.Time) slo.Account {
	end := at.Truncate(time.Minute)
	return slo.Account{Unit: slo.Events, Start: end.Add(-40 * 24 * time.Hour), End: end, LastSample: end.Add(-12 * time.Second),
		Counts: func(_ int, from, to time.Time) slo.Counts {
			total := 36000 * to.Sub(from).Hours()
			bad := float64(int64(total * s.Objective.BudgetRatio() / 5))
			return slo.Counts{Start: from, End: to, Good: total - bad, Total: total, Covered: to.Sub(from)}
		}, Live: func(int, time.Time) int { return 4 }}
}

// healthy is evidence that promotes to a Tier.
func healthy(t testing.TB, to fleet.TierName) promotion.Evidence {
	t.Helper()
	f := example(t)
	r := status.Compute(now, f, slos(t), slo.DefaultBurnAlerts(), ledger{})
	e, err := promotion.Gather(f, slos(t), r, to, "3f2c1ab")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func ptr(f float64) *float64 { return &f }

// Ways in which a budget goes wrong.
func exhaust(b *status.Budget) {
	b.State, b.Bad, b.RemainingRatio = slo.Exhausted, ptr(*b.Allowed*1.25), ptr(-0.25)
	b.Good = ptr(*b.Total - *b.Bad)
}

func atRisk(b *status.Budget) {
	b.State, b.Bad, b.RemainingRatio = slo.AtRisk, ptr(*b.Allowed*0.9), ptr(0.1)
}

func silence(b *status.Budget) {
	rates := slices.Clone(b.BurnRates)
	for i := range rates {
		rates[i].Rate, rates[i].Coverage = nil, 0
	}
	b.State, b.BurnRates, b.Coverage, b.LastSample = slo.NoData, rates, 0, time.Time{}
	b.Good, b.Total, b.Bad, b.SLI, b.Allowed, b.ConsumedRatio, b.RemainingRatio = nil, nil, nil, nil, nil, nil, nil
}

func few(b *status.Budget) {
	b.State, b.Good, b.Total, b.Bad, b.Allowed = slo.InsufficientData, ptr(11), ptr(12), ptr(1), ptr(0.012)
}

func quiet(coverage float64) func(*status.Budget) {
	return func(b *status.Budget) {
		b.BurnRates = slices.Clone(b.BurnRates)
		for i := range b.BurnRates {
			b.BurnRates[i].Rate, b.BurnRates[i].Coverage = nil, coverage
		}
	}
}

func fire(severity slo.Severity) func(*status.Budget) {
	return func(b *status.Budget) {
		if b.State == slo.OK {
			b.State = slo.AtRisk
		}
		b.BurnRates = slices.Clone(b.BurnRates)
		rate := 20.3
		if severity == slo.Ticket {
			rate = 3.2 // over no page alert's factor
		}
		for i := range b.BurnRates {
			if b.BurnRates[i].Rate != nil { // bad news, not more of it
				b.BurnRates[i].Rate = ptr(rate)
			}
		}
		b.Firing = append(b.Firing, slo.BurnAlert{Long: time.Hour, Short: 5 * time.Minute, Factor: 13.44, Severity: severity})
	}
}

func TestAHealthyReleaseIsPromoted(t *testing.T) {
	for _, to := range []fleet.TierName{"beta-prod", "prod"} {
		d := promotion.Decide(promotion.Policy{}, healthy(t, to), now)
		if d.Verdict != promotion.Promote || d.ExitCode() != 0 {
			t.Errorf("to %s: %s, exit code %d", to, d.Verdict, d.ExitCode())
		}
	}
}

func TestDecide(t *testing.T) {
	cases := []struct {
		name   string
		change func(e *promotion.Evidence)
		policy promotion.Policy
		want   promotion.Verdict
		exit   int
		check  string // that has the result
		result promotion.Result
		reason string // a part of it
	}{
		{"an exhausted budget below holds", on("a-2", exhaust), promotion.Policy{}, promotion.Hold, 1,
			"budget", promotion.Fail, "Error budget (28d) is exhausted: 30,240 of 24,192,000 events were bad (24,192 allowed)."},
		{"an exhausted budget above holds", on("c-3", exhaust), promotion.Policy{}, promotion.Hold, 1, "budget", promotion.Fail, "exhausted"},
		{"contradicting counts hold", on("a-2", func(b *status.Budget) { b.State = slo.Inconsistent; b.Good = ptr(*b.Total + 1) }),
			promotion.Policy{}, promotion.Hold, 1, "budget", promotion.Fail, "24,192,001 good of 24,192,000 events in 28d"},
		{"burn rates of contradicting counts say nothing", on("a-2", func(b *status.Budget) { b.State = slo.Inconsistent }),
			promotion.Policy{}, promotion.Hold, 1, "burn_rate", promotion.Unknown, "inconsistent"},
		{"too few events below are no evidence", on("b-1", few), promotion.Policy{}, promotion.Inconclusive, 2,
			"budget", promotion.Unknown, "Only 12 events in 28d, 1 bad: too few to verify the objective of 99.9%."},
		{"too few events above leave the budget unspent", on("b-2", few), promotion.Policy{}, promotion.Promote, 0,
			"budget", promotion.Pass, "too few for a verdict, but the error budget is not exhausted"},
		{"a budget at risk above passes and says so", on("b-2", atRisk), promotion.Policy{}, promotion.Promote, 0,
			"budget", promotion.Pass, "Error budget (28d) is at risk: 10.0% remaining, 21,772.8 of 24,192,000 events were bad (24,192 allowed)."},
		{"a budget at risk above holds where policy says so", on("b-2", atRisk), promotion.Policy{AtRisk: promotion.LetNone}, promotion.Hold, 1,
			"budget", promotion.Fail, "at risk"},
		{"a budget at risk below passes even then", on("b-1", atRisk), promotion.Policy{AtRisk: promotion.LetNone}, promotion.Promote, 0,
			"budget", promotion.Pass, "at risk"},
		{"a state that is not known is unknown", on("a-1", func(b *status.Budget) { b.State = "odd" }), promotion.Policy{}, promotion.Inconclusive, 2,
			"budget", promotion.Unknown, `"odd"`},
		{"a silent ShopSet is unknown", on("b-1", silence), promotion.Policy{}, promotion.Inconclusive, 2,
			"budget", promotion.Unknown, "No data for the last 28d"},
		{"a page alert holds", on("a-2", fire(slo.Page)), promotion.Policy{}, promotion.Hold, 1, "burn_rate", promotion.Fail,
			"Error budget burns at 20.3× the allowed rate over 1h and 20.3× over 5m: a page alert is firing (threshold 13.4×)."},
		{"a page alert holds above, too", on("a-1", fire(slo.Page)), promotion.Policy{}, promotion.Hold, 1, "burn_rate", promotion.Fail, "page alert"},
		{"a ticket alert passes and says so", on("a-2", fire(slo.Ticket)), promotion.Policy{}, promotion.Promote, 0,
			"burn_rate", promotion.Pass, "a ticket alert is firing (threshold 13.4×), allowed by the policy"},
		{"a ticket alert holds where policy says so", on("a-2", fire(slo.Ticket)), promotion.Policy{FailOn: []slo.Severity{slo.Page, slo.Ticket}},
			promotion.Hold, 1, "burn_rate", promotion.Fail, "ticket alert"},
		{"no traffic passes where nearly all was seen", on("a-2", quiet(0.95)), promotion.Policy{}, promotion.Promote, 0,
			"burn_rate", promotion.Pass, "No traffic in the last 6h; no page alert is firing."},
		{"no traffic is not believed where less was seen", on("a-2", quiet(0.949)), promotion.Policy{}, promotion.Inconclusive, 2,
			"burn_rate", promotion.Unknown, "Only 94.9% of the last 5m has data (95.0% required to confirm that there was no traffic)."},
		{"a burn rate of half the time is enough", on("a-2", func(b *status.Budget) { b.BurnRates = slices.Clone(b.BurnRates); b.BurnRates[2].Coverage = 0.5 }),
			promotion.Policy{}, promotion.Promote, 0, "burn_rate", promotion.Pass, "0.20× the allowed rate over 6h"},
		{"a burn rate of less is not", on("a-2", func(b *status.Budget) { b.BurnRates = slices.Clone(b.BurnRates); b.BurnRates[2].Coverage = 0.4 }),
			promotion.Policy{}, promotion.Inconclusive, 2, "burn_rate", promotion.Unknown, "Only 40.0% of the last 1h has data"},
		{"no alert to compare with is unknown", func(e *promotion.Evidence) { e.Report.Alerts = nil }, promotion.Policy{}, promotion.Inconclusive, 2,
			"burn_rate", promotion.Unknown, "No page alert is configured"},
		{"little coverage is unknown", on("a-2", func(b *status.Budget) { b.Coverage = 0.41 }), promotion.Policy{}, promotion.Inconclusive, 2,
			"coverage", promotion.Unknown, "Only 41.0% of the 28d window has data (50.0% required)."},
		{"policy may ask for more coverage", on("a-2", func(b *status.Budget) { b.Coverage = 0.9 }), promotion.Policy{MinCoverage: 0.99},
			promotion.Inconclusive, 2, "coverage", promotion.Unknown, "90.0%"},
		{"an old sample is unknown", on("a-2", func(b *status.Budget) { b.LastSample = now.Add(-26 * time.Hour) }), promotion.Policy{},
			promotion.Inconclusive, 2, "freshness", promotion.Unknown, "Newest sample is 1d2h old (limit 5m)."},
		{"old figures are unknown", on("a-2", func(b *status.Budget) { b.WindowEnd = now.Add(-301 * time.Second) }), promotion.Policy{},
			promotion.Inconclusive, 2, "freshness", promotion.Unknown, "Newest figures are 5m1s old"},
		{"a sample of the future is unknown", on("a-2", func(b *status.Budget) { b.LastSample = now.Add(time.Hour) }), promotion.Policy{},
			promotion.Inconclusive, 2, "freshness", promotion.Unknown, "1h ahead of this clock"},
		{"a budget that was not handed over is unknown", func(e *promotion.Evidence) { e.Report.Budgets = e.Report.Budgets[1:] }, promotion.Policy{},
			promotion.Inconclusive, 2, "budget", promotion.Unknown, "The evidence has no budget for this SLO and ShopSet."},
		{"no SLO for the evidence is unknown", func(e *promotion.Evidence) { e.Source.SLOs = nil }, promotion.Policy{},
			promotion.Inconclusive, 2, "slo", promotion.Unknown, "No SLO applies to beta-prod"},
		{"no SLO for the target is unknown", func(e *promotion.Evidence) { e.Target.SLOs = nil }, promotion.Policy{},
			promotion.Inconclusive, 2, "slo", promotion.Unknown, "No SLO applies to prod"},
		{"a group short of its FailureDomains holds", func(e *promotion.Evidence) { e.Groups[0].Domains = e.Groups[0].Domains[:1] }, promotion.Policy{},
			promotion.Hold, 1, "redundancy", promotion.Fail, "ShopGroup main is in only 1 FailureDomain (eks-b), 2 required: add ShopSets in other"},
		{"or is waived by policy", func(e *promotion.Evidence) { e.Groups[0].Domains = e.Groups[0].Domains[:1] }, promotion.Policy{RedundancyWaived: true},
			promotion.Promote, 0, "redundancy", promotion.Waived, "ShopGroup main"},
		{"groups that nobody looked for are unknown", func(e *promotion.Evidence) { e.Groups = nil }, promotion.Policy{},
			promotion.Inconclusive, 2, "redundancy", promotion.Unknown, "ShopGroups for prod"},
		{"a source that is away is exit code 4", away, promotion.Policy{}, promotion.Inconclusive, 4,
			"source", promotion.Unknown, "prometheus at http://127.0.0.1:9090 could not be reached: connection refused."},
		{"a known failure wins over a source that is away", func(e *promotion.Evidence) { away(e); on("a-2", exhaust)(e) }, promotion.Policy{},
			promotion.Hold, 1, "source", promotion.Unknown, "could not be reached"},
		{"what is not checked is said", func(*promotion.Evidence) {}, promotion.Policy{}, promotion.Promote, 0,
			"sync", promotion.NotChecked, "Not checked: sync (set gate.fleet.url)."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := healthy(t, "prod")
			c.change(&e)
			d := promotion.Decide(c.policy, e, now)
			if d.Verdict != c.want || d.ExitCode() != c.exit {
				t.Errorf("%s, exit code %d, want %s, %d", d.Verdict, d.ExitCode(), c.want, c.exit)
			}
			found := slices.ContainsFunc(d.Checks, func(k promotion.Check) bool {
				return k.Check == c.check && k.Result == c.result && strings.Contains(k.Reason, c.reason)
			})
			if !found {
				for _, k := range d.Checks {
					if k.Check == c.check {
						t.Logf("%s %s %s: %s %s", k.Check, k.ShopSet, k.SLO, k.Result, k.Reason)
					}
				}
				t.Errorf("no check %s is %s with %q", c.check, c.result, c.reason)
			}
		})
	}
}

// on changes the budget for cart-availability of a ShopSet.
func on(set fleet.ShopSetName, change func(*status.Budget)) func(*promotion.Evidence) {
	return func(e *promotion.Evidence) {
		for i := range e.Report.Budgets {
			if b := &e.Report.Budgets[i]; b.ShopSet == set && b.SLO == "cart-availability" {
				change(b)
			}
		}
	}
}

func away(e *promotion.Evidence) {
	e.Outages = append(e.Outages, promotion.Outage{Source: "prometheus at http://127.0.0.1:9090", Error: "connection refused"})
}

func TestGather(t *testing.T) {
	f := example(t, fleet.ShopGroup{Name: "narrow", ShopSets: []fleet.ShopSetName{"a-1"}, FailureDomains: 2})
	r := status.Compute(now, f, slos(t), slo.DefaultBurnAlerts(), ledger{})
	if _, err := promotion.Gather(f, nil, r, "dev", ""); !errors.Is(err, fleet.ErrLowestTier) {
		t.Errorf("to the lowest Tier: error %v", err)
	}
	if _, err := promotion.Gather(f, nil, r, "moon", ""); !errors.Is(err, fleet.ErrUnknownTier) {
		t.Errorf("to an unknown Tier: error %v", err)
	}
	cases := []struct {
		name                 string
		to, from, evidence   fleet.TierName
		verdict              promotion.Verdict
		budgets              int
		reason, failedReason string
	}{
		{"the Tier below has ShopSets", "prod", "beta-prod", "beta-prod", promotion.Hold, 10, "2 SLOs apply to beta-prod (cart-availability, page-latency).",
			"ShopGroup narrow is in only 1 FailureDomain (onprem-a), 2 required: let 1 more of the same Tier serve it, in eks-b, onprem-c."},
		{"the Tier below has none, the one below it has", "prod-ha", "staged", "prod", promotion.Promote, 10, "2 SLOs apply to prod (", ""},
		{"the target has no ShopSet", "staged", "prod", "prod", promotion.Promote, 6, "staged has no ShopSet, so there is no error budget to protect.", ""},
		{"no Tier below has a ShopSet", "beta", "dev", "", promotion.Inconclusive, 2, "No lower Tier has a ShopSet", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := promotion.Gather(f, slos(t), r, c.to, "3f2c1ab")
			if err != nil {
				t.Fatal(err)
			}
			d := promotion.Decide(promotion.Policy{}, e, now)
			if d.From != c.from || d.EvidenceTier != c.evidence || d.Verdict != c.verdict || len(e.Report.Budgets) != c.budgets {
				t.Errorf("from %q, evidence from %q, %s, %d budgets", d.From, d.EvidenceTier, d.Verdict, len(e.Report.Budgets))
			}
			for _, reason := range []string{c.reason, c.failedReason} {
				if !slices.ContainsFunc(d.Checks, func(k promotion.Check) bool { return strings.Contains(k.Reason, reason) }) {
					t.Errorf("no check says %q", reason)
				}
			}
		})
	}
}

func TestPolicyValidate(t *testing.T) {
	for _, p := range []promotion.Policy{{}, {MinCoverage: 1, QuietCoverage: 0.5, MaxAge: time.Hour, FailOn: []slo.Severity{slo.Ticket}}} {
		if err := p.Validate(); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for _, p := range []promotion.Policy{{MinCoverage: 90}, {QuietCoverage: -1}, {MaxAge: -1}, {FailOn: []slo.Severity{"loud"}}} {
		if p.Validate() == nil {
			t.Errorf("%+v is accepted", p)
		}
	}
}
