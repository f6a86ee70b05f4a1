package promotion_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// ruled are rules of one SLO.
func ruled() promotion.RuleSet {
	return promotion.RuleSet{
		SLOs: []promotion.SLORule{{Name: "cart", Tiers: []fleet.TierName{"beta", "prod"}, Objective: 990_000_000, Window: "28d",
			Parts: []promotion.PartRule{{Objective: 990_000_000, Weight: 1, Queries: []string{"bad  errors", "total  requests"}}}}},
		Alerts: slo.DefaultBurnAlerts(), Soak: 3600, Counting: "clock slack 5s",
		ShopSets: []promotion.ShopSetRule{{ShopSet: "b-1", Tier: "beta", Match: map[string]string{"shopset": "b-1"}}},
		Groups:   []promotion.GroupRule{{Group: "main", Required: 2}},
		Asking: &promotion.Asking{Whom: map[string]string{"source": "Prometheus at http://prometheus:9090", "gate.incidents": "incidents/*.yaml"},
			Tiers: []fleet.TierName{"dev", "beta", "prod"}},
		Policy: promotion.Policy{Load: promotion.LoadPolicy{Share: 0.5}, LongestExclusion: 24 * time.Hour, Traffic: &promotion.TrafficPolicy{Targets: map[fleet.ShopSetName]int{"b-1": 3}}, Needs: map[string]promotion.Need{"sync": promotion.Required}},
	}
}

func TestWhatMakesRulesLaxer(t *testing.T) {
	lax, strict := promotion.Unknown, promotion.Pass
	for _, c := range []struct {
		name   string
		change func(*promotion.RuleSet)
		want   promotion.Result
		reason string
	}{
		{"nothing", func(*promotion.RuleSet) {}, promotion.Pass, "the same as in entry 12"},
		{"a lower objective", func(r *promotion.RuleSet) { r.SLOs[0].Objective = 500_000_000 }, lax, "objective of SLO cart 99% → 50%"},
		{"a higher objective", func(r *promotion.RuleSet) { r.SLOs[0].Objective = 999_000_000 }, strict, "objective of SLO cart 99% → 99.9%"},
		{"an SLO less", func(r *promotion.RuleSet) { r.SLOs = nil }, lax, "SLO cart is removed"},
		{"an SLO for a Tier less", func(r *promotion.RuleSet) { r.SLOs[0].Tiers = r.SLOs[0].Tiers[:1] }, lax, "SLO cart no longer applies to prod"},
		{"an SLO more", func(r *promotion.RuleSet) { r.SLOs = append(r.SLOs, promotion.SLORule{Name: "pay"}) }, strict, "SLO pay is new"},
		{"another selector", func(r *promotion.RuleSet) { r.SLOs[0].Parts[0].Queries[0] = "bad  few" }, lax, "selector of SLO cart changed"},
		{"another window", func(r *promotion.RuleSet) { r.SLOs[0].Window = "7d" }, lax, "window of SLO cart 28d → 7d"},
		{"more events for a verdict", func(r *promotion.RuleSet) { r.SLOs[0].MinEvents = 1e9 }, lax, "min-events"},
		{"other burn rates", func(r *promotion.RuleSet) { r.Alerts = r.Alerts[1:] }, lax, "burn_rates changed"},
		{"a shorter soak", func(r *promotion.RuleSet) { r.Soak = 60 }, lax, "soak 1h0m0s → 1m0s"},
		{"less coverage", func(r *promotion.RuleSet) { r.Policy.MinCoverage = 0.1 }, lax, "min_coverage 0.5 → 0.1"},
		{"older figures", func(r *promotion.RuleSet) { r.Policy.MaxAge = time.Hour }, lax, "max_age 5m0s → 1h0m0s"},
		{"who may go", func(r *promotion.RuleSet) { r.Policy.Exhausted = promotion.LetAll }, lax, "exhausted none → all"},
		{"who may go no more", func(r *promotion.RuleSet) { r.Policy.AtRisk = promotion.LetFixes }, strict, "at_risk all → fixes"},
		{"more harm", func(r *promotion.RuleSet) { r.Policy.Since.Harm = 5 }, lax, "since_release.harm 1 → 5"},
		{"less harm", func(r *promotion.RuleSet) { r.Policy.Since.Harm = 0.5 }, strict, "since_release.harm 1 → 0.5"},
		{"less confidence", func(r *promotion.RuleSet) { r.Policy.Since.Confidence = 0.5 }, lax, "since_release.confidence 0.95 → 0.5"},
		{"less load", func(r *promotion.RuleSet) { r.Policy.Load.Share = 0 }, lax, "load.share 0.5 → 0"},
		{"declared targets no more", func(r *promotion.RuleSet) { r.Policy.Traffic.Targets = nil }, lax, "traffic.targets.b-1 3 → none"},
		{"fewer declared targets", func(r *promotion.RuleSet) {
			r.Policy.Traffic.Targets = map[fleet.ShopSetName]int{"b-1": 1}
		}, lax, "traffic.targets.b-1 3 → 1"},
		{"quiet alerts", func(r *promotion.RuleSet) {
			r.Policy.QuietAlerts = []string{"none", "info", "Watchdog", "InfoInhibitor", "critical"}
		}, lax, "quiet_alerts: added  → critical"},
		{"tickets that hold", func(r *promotion.RuleSet) { r.Policy.FailOn = []slo.Severity{slo.Page, slo.Ticket} }, strict, "fail_on: added  → ticket"},
		{"endless exclusions", func(r *promotion.RuleSet) { r.Policy.LongestExclusion = 0 }, lax, "longest_exclusion"},
		{"a check that is off", func(r *promotion.RuleSet) { r.Policy.Needs = map[string]promotion.Need{"sync": promotion.Off} }, lax, "check sync required → off"},
		{"a check that need not be", func(r *promotion.RuleSet) { r.Policy.Needs = nil }, lax, "check sync required → optional"},
		{"a ShopSet less", func(r *promotion.RuleSet) { r.ShopSets = nil }, lax, "ShopSet b-1 of beta is removed"},
		{"a ShopSet of another Tier", func(r *promotion.RuleSet) { r.ShopSets[0].Tier = "prod" }, lax, "ShopSet b-1 of beta is removed"},
		{"another's series", func(r *promotion.RuleSet) { r.ShopSets[0].Match = map[string]string{"shopset": "p-1"} }, lax, "match of ShopSet b-1 changed"},
		{"a ShopSet more", func(r *promotion.RuleSet) {
			r.ShopSets = append(r.ShopSets, promotion.ShopSetRule{ShopSet: "b-2", Tier: "beta"})
		}, promotion.Pass, "the same"},
		{"a ShopGroup less", func(r *promotion.RuleSet) { r.Groups = nil }, lax, "ShopGroup main is removed"},
		{"less redundancy", func(r *promotion.RuleSet) { r.Groups[0].Required = 1 }, lax, "failureDomains of ShopGroup main 2 → 1"},
		{"more redundancy", func(r *promotion.RuleSet) { r.Groups[0].Required = 3 }, strict, "failureDomains of ShopGroup main 2 → 3"},
		{"another way to count", func(r *promotion.RuleSet) { r.Counting = "clock slack 1h" }, lax, "counting, target_labels or start_time_metric changed"},
		{"a witness less", func(r *promotion.RuleSet) { delete(r.Asking.Whom, "gate.incidents") }, lax, "gate.incidents is removed (it was incidents/*.yaml)"},
		{"another source", func(r *promotion.RuleSet) { r.Asking.Whom["source"] = "Prometheus at http://other:9090" }, lax, "source Prometheus at http://prometheus:9090 → Prometheus at http://other:9090"},
		{"a witness more", func(r *promotion.RuleSet) { r.Asking.Whom["gate.alerts"] = "Prometheus at http://prometheus:9090" }, strict, "gate.alerts is new"},
		{"a Tier less on the way", func(r *promotion.RuleSet) { r.Asking.Tiers = r.Asking.Tiers[1:] }, lax, "Tier dev is no longer on the way to the target"},
		{"a Tier more on the way", func(r *promotion.RuleSet) { r.Asking.Tiers = append([]fleet.TierName{"lab"}, r.Asking.Tiers...) }, promotion.Pass, "the same"},
		{"another order of Tiers", func(r *promotion.RuleSet) { r.Asking.Tiers = []fleet.TierName{"beta", "dev", "prod"} }, lax, "the order of Tiers is beta, dev, prod"},
		{"nobody knew who was asked", func(r *promotion.RuleSet) { r.Asking = nil }, promotion.Pass, "the same"},
		{"both", func(r *promotion.RuleSet) { r.SLOs[0].Objective, r.Soak = 999_000_000, 0 }, lax, "soak 1h0m0s → 0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			was, is := ruled(), ruled()
			c.change(&is)
			e := whole(t, "prod")
			e.Rules = &promotion.RulesFound{Now: is, Last: promotion.LastRules{Where: "The log", Entry: 12, Rules: &was}}
			of := rulesCheck(t, promotion.Decide(promotion.Policy{}, e, now))
			if of.Result != c.want || !strings.Contains(of.Reason, c.reason) {
				t.Errorf("it is %s: %s", of.Result, of.Reason)
			}
			e.Rules.Accepted = &promotion.Acceptance{Hash: is.Hash()[:12], By: "mai"}
			if of := rulesCheck(t, promotion.Decide(promotion.Policy{}, e, now)); (of.Result == promotion.Waived) != (c.want == lax) {
				t.Errorf("accepted it is %s: %s", of.Result, of.Reason)
			}
			e.Rules.Accepted = &promotion.Acceptance{Hash: is.Hash()[:8], By: "mai"}
			if of := rulesCheck(t, promotion.Decide(promotion.Policy{}, e, now)); of.Result != c.want {
				t.Errorf("accepted by eight digits it is %s: %s", of.Result, of.Reason)
			}
		})
	}
}

func rulesCheck(t *testing.T, d promotion.Decision) promotion.Check {
	t.Helper()
	for _, c := range d.Checks {
		if c.Check == promotion.CheckRules {
			return c
		}
	}
	t.Fatal("there is no check of rules")
	return promotion.Check{}
}

func TestRulesThatNobodyKnowsOf(t *testing.T) {
	required := promotion.Policy{Needs: map[string]promotion.Need{promotion.CheckRules: promotion.Required}}
	for name, c := range map[string]struct {
		last   promotion.LastRules
		policy promotion.Policy
		want   promotion.Result
	}{
		"no log":                          {promotion.LastRules{}, promotion.Policy{}, promotion.NotChecked},
		"no log, and one is required":     {promotion.LastRules{}, required, promotion.Unknown},
		"the first":                       {promotion.LastRules{Where: "The log"}, promotion.Policy{}, promotion.NotChecked},
		"the first, and another required": {promotion.LastRules{Where: "The log"}, required, promotion.Unknown},
		"a log that cannot be read":       {promotion.LastRules{Where: "The log", Error: "is away"}, promotion.Policy{}, promotion.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			e := whole(t, "prod")
			e.Rules = &promotion.RulesFound{Now: ruled(), Last: c.last}
			if of := rulesCheck(t, promotion.Decide(c.policy, e, now)); of.Result != c.want {
				t.Errorf("it is %s: %s", of.Result, of.Reason)
			}
		})
	}
}

func TestADecisionWithRulesIsReplayed(t *testing.T) {
	e, was := whole(t, "prod"), ruled()
	e.Rules = &promotion.RulesFound{Now: ruled(), Last: promotion.LastRules{Where: "The log", Entry: 12, At: now, Rules: &was}, Accepted: &promotion.Acceptance{Hash: "x", By: "mai"}}
	data, err := promotion.Judge("v1", promotion.Policy{}, e, now).AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	validate(t, data)
	r, err := promotion.DecodeRecord(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Replay("v1"); err != nil {
		t.Error(err)
	}
	if r.Evidence.Rules.Now.Hash() != e.Rules.Now.Hash() {
		t.Error("the rules have another hash when they are read back")
	}
}
