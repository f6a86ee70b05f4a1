package promotion_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

func TestSinceRelease(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*promotion.Comparison)
		policy  promotion.SincePolicy
		verdict promotion.Verdict
		result  promotion.Result
		reason  string
	}{
		{"a Release that fails 2 % of requests holds", counts(6, 300, 60, 600_000), promotion.SincePolicy{}, promotion.Hold, promotion.Fail,
			"In the 1d1h since the Release arrived, 6 of 300 events were bad (before: 60 of 600,000): adds 19.9× the allowed rate to the burn rate, statistically significant (p < 0.000001). There is no ShopSet without the Release to compare with."},
		{"one that is as good as before passes, and says how sure", counts(4, 36_000, 60, 600_000), promotion.SincePolicy{}, promotion.Promote, promotion.Pass,
			"4 of 36,000 events were bad (before: 60 of 600,000): adds less than 0.26× the allowed rate to the burn rate (limit 10.0×, confidence 95.0%)."},
		{"too little traffic is unknown, and says how much it takes", counts(0, 100, 60, 600_000), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown,
			"about 318 events with none bad are required."},
		{"harm that is not proven is not called too little traffic", counts(2, 60, 0, 5_000), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "not enough data, may still add up to 180× the allowed rate"},
		{"no traffic is unknown", counts(0, 0, 60, 600_000), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "No traffic since the Release arrived 1d2h ago."},
		{"policy may ask for less harm, which takes more traffic", counts(4, 36_000, 60, 600_000), promotion.SincePolicy{Harm: 0.1, HarmToOne: 0.0001}, promotion.Inconclusive, promotion.Unknown, "(limit 0.10×)"},
		{"errors that came like this before may not be the Release's", both(counts(6, 300, 60, 600_000), alike(400, 5, 3)), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown,
			"adds 19.9× the allowed rate to the burn rate, but there were as many bad events 3 times in the 7d before, so the Release may not be the cause. More time is needed."},
		{"so may what others see as well", both(counts(6, 300, 60, 600_000), beside(500, 50_000, 0)), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown,
			"2 ShopSets without the Release (prod): 500 of 50,000 were bad in the same time (before: 100 of 1,000,000): the Release may not be the cause. More time is needed."},
		{"not what they see less of", both(counts(6, 300, 60, 600_000), beside(500, 50_000, 9)), promotion.SincePolicy{}, promotion.Hold, promotion.Fail, "statistically significant"},
		{"nor what they do not see", both(counts(6, 300, 60, 600_000), beside(5, 50_000, 0)), promotion.SincePolicy{}, promotion.Hold, promotion.Fail,
			"2 ShopSets without the Release (prod): 5 of 50,000 were bad in the same time (before: 100 of 1,000,000)."},
		{"one incident of before is no excuse", both(counts(6, 300, 60, 600_000), alike(400, 40, 2)), promotion.SincePolicy{}, promotion.Hold, promotion.Fail, "statistically significant"},
		{"nothing known of before", func(c *promotion.Comparison) { counts(2, 36_000, 0, 0)(c); c.Before = nil }, promotion.SincePolicy{}, promotion.Promote, promotion.Pass, "no data before"},
		{"no data since", func(c *promotion.Comparison) { c.Since = nil }, promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "No data since the Release arrived 1d2h ago."},
		{"little covered", func(c *promotion.Comparison) { s := *c.Since; s.Coverage = 0.4; c.Since = &s }, promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown,
			"Only 40.0% of the time since the Release arrived has data (50.0% required)."},
		{"a time before it came", func(c *promotion.Comparison) { c.Came = now.Add(397 * time.Second); c.Since = nil }, promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown,
			"Release 3f2c1abd9e8f arrived on b-1 6m37s after the evaluation time."},
		{"more good than events", counts(-5, 36_000, 0, 10), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "are inconsistent"},
		{"not known when it came", func(c *promotion.Comparison) { c.Came = time.Time{} }, promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "When Release 3f2c1abd9e8f arrived on b-1 is unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			comparing("b-1", c.change)(&e)
			expect(t, promotion.Decide(promotion.Policy{Since: c.policy}, e, now), c.verdict, "since_release", c.result, c.reason)
		})
	}
}

func both(changes ...func(*promotion.Comparison)) func(*promotion.Comparison) {
	return func(c *promotion.Comparison) {
		for _, change := range changes {
			change(c)
		}
	}
}

func alike(spans, asBad, times int) func(*promotion.Comparison) {
	return func(c *promotion.Comparison) {
		c.Alike = &promotion.Alike{Spans: spans, AsBad: asBad, Times: times}
	}
}

// beside is what was counted for two ShopSets that did not change.
func beside(bad, total, more float64) func(*promotion.Comparison) {
	return func(c *promotion.Comparison) {
		c.Beside = &promotion.Beside{ShopSets: 2, Bad: bad, Total: total, BeforeBad: 100, BeforeTotal: 1e6, More: more}
	}
}

// Each ShopSet has to rule out a harm of 1 % of requests, and all together one that
// would use up the budget.
func TestShopSetsWithLittleTrafficTellTogether(t *testing.T) {
	for _, c := range []struct {
		name    string
		total   float64 // events of each of two ShopSets, all good
		policy  promotion.SincePolicy
		verdict promotion.Verdict
		result  promotion.Result
		reason  string
	}{
		{"enough together", 2000, promotion.SincePolicy{}, promotion.Promote, promotion.Pass, "In beta-prod as a whole, 0 of 4,000 events were bad since the Release arrived: adds less than 0.80× the allowed rate to the burn rate (limit 1.00×, confidence 95.0%). Not seen yet: a full week."},
		{"too little together", 1500, promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "about 3,195 events with none bad are required."},
		{"too little of each, which is said", 300, promotion.SincePolicy{Harm: 10}, promotion.Promote, promotion.Pass, "(limit 10.0×"},
		{"enough of each", 330, promotion.SincePolicy{Harm: 10}, promotion.Promote, promotion.Pass, "(limit 10.0×"},
		{"each has to tell alone", 3000, promotion.SincePolicy{HarmToOne: 0.001}, promotion.Inconclusive, promotion.Pass, "(limit 1.00×"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			for _, set := range []fleet.ShopSetName{"a-2", "b-1"} {
				comparing(set, counts(0, c.total, 0, 0))(&e)
			}
			d := promotion.Decide(promotion.Policy{Since: c.policy}, e, now)
			if d.Verdict != c.verdict {
				t.Errorf("%s, want %s", d.Verdict, c.verdict)
			}
			for _, check := range d.Checks {
				if check.Check == promotion.CheckSince && check.SLO == "cart-availability" && check.ShopSet == "" {
					if check.Result != c.result || !strings.Contains(check.Reason, c.reason) {
						t.Errorf("the whole Tier is %s: %s", check.Result, check.Reason)
					}
					return
				}
			}
			t.Error("the whole Tier was not checked")
		})
	}
}

func TestLoad(t *testing.T) {
	asked := promotion.Policy{Load: promotion.LoadPolicy{Share: 0.8}}
	loaded := func(before, since *float64) func(*promotion.Evidence) {
		return comparing("b-1", func(c *promotion.Comparison) { c.Load = &promotion.Load{Before: before, Since: since} })
	}
	n := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		name    string
		change  func(*promotion.Evidence)
		policy  promotion.Policy
		verdict promotion.Verdict
		result  promotion.Result
		reason  string
	}{
		{"as busy as asked for", loaded(n(1000), n(800)), asked, promotion.Promote, promotion.Pass,
			"Peak load on the Release is 800 events in 1h, and was 1,000 in the 1d before (80.0% required)."},
		{"not yet", loaded(n(1000), n(799)), asked, promotion.Inconclusive, promotion.Unknown, "80.0% required, not reached yet"},
		{"not a whole hour yet", loaded(n(1000), nil), asked, promotion.Inconclusive, promotion.Unknown, "no data for a full 1h since"},
		{"no data of before", loaded(nil, n(1000)), asked, promotion.Inconclusive, promotion.Unknown, "so the peak load is unknown"},
		{"nobody counted", comparing("b-1", func(c *promotion.Comparison) { c.Load = nil }), asked, promotion.Inconclusive, promotion.Unknown, "so the peak load is unknown"},
		{"not known when it came", comparing("b-1", func(c *promotion.Comparison) { c.Came = time.Time{} }), asked, promotion.Inconclusive, promotion.Unknown, "arrived on b-1 is unknown"},
		{"no comparison", func(e *promotion.Evidence) { e.Comparisons = nil },
			promotion.Policy{Load: asked.Load, Needs: map[string]promotion.Need{"since_release": promotion.Off}}, promotion.Inconclusive, promotion.Unknown, "The evidence has no comparison"},
		{"no exporter", func(e *promotion.Evidence) { e.Fleet = promotion.FleetView{} }, asked, promotion.Promote, promotion.NotChecked, "set gate.fleet.url"},
		{"required, and not for how much", func(*promotion.Evidence) {}, promotion.Policy{Needs: map[string]promotion.Need{"load": promotion.Required}},
			promotion.Inconclusive, promotion.Unknown, "set gate.load.share"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			c.change(&e)
			expect(t, promotion.Decide(c.policy, e, now), c.verdict, "load", c.result, c.reason)
		})
	}
	for _, check := range promotion.Decide(promotion.Policy{}, whole(t, "prod"), now).Checks {
		if check.Check == promotion.CheckLoad {
			t.Errorf("nobody asked for it: %+v", check)
		}
	}
}

func TestComparisonsAreOfTheTimeSinceTheReleaseCame(t *testing.T) {
	e := whole(t, "prod")
	if len(e.Comparisons) != 4 {
		t.Fatalf("%d comparisons of 2 ShopSets and 2 SLOs", len(e.Comparisons))
	}
	for _, c := range e.Comparisons {
		if !c.Came.Equal(came) || !c.Since.Start.Equal(came) || !c.Since.End.Equal(now.Truncate(time.Minute)) ||
			!c.Before.End.Equal(came) || !c.Before.Start.Equal(came.Add(-promotion.DefaultBaseline)) || c.Since.Coverage != 1 {
			t.Errorf("%+v: before %+v, since %+v", c, c.Before, c.Since)
		}
	}
	seenAs("a-2", func(o *fleetState) { o.Release = oldRelease })(&e)
	e.Compare(slos(t), ledger{}, now, promotion.Policy{})
	for _, c := range e.Comparisons {
		if other := c.ShopSet == "a-2"; other != c.Came.IsZero() || other != (c.Since == nil) {
			t.Errorf("%s came at %v, since %+v", c.ShopSet, c.Came, c.Since)
		}
	}
}

func TestACompositeIsComparedPartByPart(t *testing.T) {
	e := whole(t, "prod")
	all := slos(t)
	s := &all[0]
	s.Parts = []slo.Part{{Name: "cart", Weight: 1, Objective: 999_000_000}, {Name: "pay", Weight: 3, Objective: 990_000_000}}
	e.Compare(all, ledger{}, now, promotion.Policy{})
	parts := map[string]float64{}
	for _, c := range e.Comparisons {
		if c.SLO == s.Name && c.ShopSet == "a-2" {
			parts[c.Part] = c.BudgetRatio
		}
	}
	if len(parts) != 2 || parts["cart"] != 0.001 || parts["pay"] != 0.01 {
		t.Errorf("parts are %v", parts)
	}
}
