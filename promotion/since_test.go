package promotion_test

import (
	"testing"
	"time"

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
			"In the 1d1h since the Release came 6 of 300 events were bad, before 60 of 600,000: that burns the budget 19.9 times as fast as it may on top of what was, and is no chance (p = under 0.000001)."},
		{"one that is as good as before passes, and says how sure", counts(4, 36_000, 60, 600_000), promotion.SincePolicy{}, promotion.Promote, promotion.Pass,
			"4 of 36,000 events were bad, before 60 of 600,000: it adds less than 0.21 to the burn rate, at 95.0% sure; 1.00 is the limit."},
		{"too little traffic is unknown, and says how much it takes", counts(0, 100, 60, 600_000), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown,
			"without a bad one it takes about 3,688 events."},
		{"no traffic is unknown", counts(0, 0, 60, 600_000), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "There has been no traffic since the Release came, 1d2h ago."},
		{"policy may ask for less harm, which takes more traffic", counts(4, 36_000, 60, 600_000), promotion.SincePolicy{Harm: 0.1}, promotion.Inconclusive, promotion.Unknown, "and 0.10 is the limit"},
		{"nothing known of before", func(c *promotion.Comparison) { counts(2, 36_000, 0, 0)(c); c.Before = nil }, promotion.SincePolicy{}, promotion.Promote, promotion.Pass, "nothing is known of before"},
		{"no data since", func(c *promotion.Comparison) { c.Since = nil }, promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "There is no data since the Release came, 1d2h ago."},
		{"little covered", func(c *promotion.Comparison) { s := *c.Since; s.Coverage = 0.4; c.Since = &s }, promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown,
			"Only 40.0% of the time since the Release came has data, 50.0% is asked for."},
		{"more good than events", counts(-5, 36_000, 0, 10), promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "contradict themselves"},
		{"not known when it came", func(c *promotion.Comparison) { c.Came = time.Time{} }, promotion.SincePolicy{}, promotion.Inconclusive, promotion.Unknown, "not known when Release 3f2c1abd9e8f came to b-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := whole(t, "prod")
			comparing("b-1", c.change)(&e)
			expect(t, promotion.Decide(promotion.Policy{Since: c.policy}, e, now), c.verdict, "since_release", c.result, c.reason)
		})
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
	e.Compare(slos(t), ledger{}, now, time.Hour)
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
	e.Compare(all, ledger{}, now, 0)
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
