package promotion_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// weighed changes the traffic of cart-availability of a ShopSet.
func weighed(set fleet.ShopSetName, change func(*promotion.Traffic)) func(*promotion.Evidence) {
	return func(e *promotion.Evidence) {
		for i := range e.Traffic {
			c := &e.Traffic[i]
			if c.ShopSet != set || c.SLO != "cart-availability" {
				continue
			}
			since, recent, before, now := *c.Since, *c.Recent, *c.Since.Before, *c.Recent.Before
			targets := *c.Targets
			since.Before, recent.Before = &before, &now
			c.Since, c.Recent, c.Targets = &since, &recent, &targets
			change(c)
		}
	}
}

// falls leaves a share of the traffic in both spans.
func falls(share float64) func(*promotion.Traffic) {
	return func(c *promotion.Traffic) { c.Since.Now.Total *= share; c.Recent.Now.Total *= share }
}

// fewer makes of the traffic some events an hour before, and now.
func fewer(before, now float64) func(*promotion.Traffic) {
	return func(c *promotion.Traffic) {
		for _, v := range []*promotion.Volume{c.Since, c.Recent} {
			v.Control, v.Group = nil, nil
			v.Before.Total, v.Now.Total = before*v.Before.Seconds/3600, now*v.Now.Seconds/3600
		}
	}
}

func each(all ...func(*promotion.Traffic)) func(*promotion.Traffic) {
	return func(c *promotion.Traffic) {
		for _, change := range all {
			change(c)
		}
	}
}

// gain is more traffic for the others of the ShopGroup.
func gain(by float64) func(*promotion.Traffic) {
	return func(c *promotion.Traffic) {
		for _, v := range []*promotion.Volume{c.Since, c.Recent} {
			g := *v.Group
			g.Now *= by
			v.Group = &g
		}
	}
}

// alone takes the ShopGroup away.
func alone(c *promotion.Traffic) { c.Since.Group, c.Recent.Group = nil, nil }

func control(now, before float64) func(*promotion.Traffic) {
	return func(c *promotion.Traffic) {
		o := &promotion.Others{ShopSets: 2, Now: now, Before: before}
		c.Since.Control, c.Recent.Control = o, o
	}
}

func targets(now, before, controlNow, controlBefore int) func(*promotion.Traffic) {
	return func(c *promotion.Traffic) {
		c.Targets = &promotion.Targets{Now: now, Before: &before, ControlNow: controlNow, ControlBefore: controlBefore}
	}
}

func TestTrafficThatIsGone(t *testing.T) {
	optional := required()
	delete(optional.Needs, "traffic")
	for _, c := range []struct {
		name   string
		change func(*promotion.Traffic)
		policy promotion.Policy
		result promotion.Result
		reason string
	}{
		{"all there", falls(1), required(), promotion.Pass, "Traffic is 100.0% of the expected 864,000 events in the last 1d (50.0% required). 4 of 4 targets are live."},
		{"half is enough", each(alone, falls(0.5)), required(), promotion.Pass, "Traffic is 50.0%"},
		{"less is unknown", each(alone, falls(0.49)), required(), promotion.Unknown, "Traffic is 49.0%"},
		{"a fifth is unknown", each(alone, falls(0.2)), required(), promotion.Unknown, "Traffic is 20.0%"},
		{"less than a fifth fails", each(alone, falls(0.19)), required(), promotion.Fail, "Traffic is 19.0% of the expected 864,000 events in the last 1d (limit 20.0%)."},
		{"nothing fails", each(alone, falls(0)), required(), promotion.Fail, "No traffic: 0 of the expected 864,000 events in the last 1d."},
		{"in the last hour only", each(alone, func(c *promotion.Traffic) { c.Recent.Now.Total = 300 }), required(), promotion.Fail, "Traffic is 0.8% of the expected 36,000 events in the last 1h (limit 20.0%)."},
		{"others of its ShopGroup have as much as before", falls(0.1), required(), promotion.Fail, "Traffic is 10.0%"},
		{"others of its ShopGroup have it", each(falls(0.1), gain(1.9)), required(), promotion.Pass, "Traffic is 100.0% of the expected 864,000 events in the last 1d, including what moved within the ShopGroup"},
		{"a big one that goes up and down hides nothing", each(falls(0.01), gain(1.09), func(c *promotion.Traffic) {
			for _, v := range []*promotion.Volume{c.Since, c.Recent} {
				v.Group = &promotion.Others{ShopSets: 1, Now: 10.9 * v.Before.Total, Before: 10 * v.Before.Total}
			}
		}), required(), promotion.Unknown, "Traffic is 1.0% of the expected"},
		{"everywhere less", each(alone, falls(0.1), control(1e4, 1e5)), required(), promotion.Pass, "Traffic is 100.0% of the expected 86,400 events"},
		{"everywhere more is no failure", each(alone, control(1e6, 1e5)), required(), promotion.Unknown, "Traffic is 10.0%"},
		{"a control of a few events says nothing", each(alone, falls(0.1), control(9, 99)), required(), promotion.Fail, "Traffic is 10.0%"},
		{"nothing anywhere is never a pass", each(alone, falls(0), control(0, 1e5)), required(), promotion.Unknown, "No traffic: 0 of the expected 0 events in the last 1d, too few to tell."},
		{"nothing without a history is never a pass", each(alone, falls(0), func(c *promotion.Traffic) { c.Since.Before, c.Recent.Before = nil, nil }), optional, promotion.Unknown, "no history to compare with"},
		{"a history that is excluded", each(alone, func(c *promotion.Traffic) { c.Since.Before, c.Recent.Before, c.Since.Excluded = nil, nil, true }), promotion.Policy{Traffic: &promotion.TrafficPolicy{}}, promotion.Unknown, "Exclusions leave out the same hours before the Release"},
		{"no history", each(alone, func(c *promotion.Traffic) { c.Since.Before, c.Recent.Before = nil, nil }), required(), promotion.Unknown, "No traffic history before the Release to compare with: 864,000 events in the last 1d."},
		{"no history, and nobody requires it", each(alone, func(c *promotion.Traffic) { c.Since.Before, c.Recent.Before = nil, nil }), optional, promotion.NotChecked, "No traffic history"},
		{"chance can make a fifth of few", fewer(0.5, 0.08), required(), promotion.Unknown, "too few requests to tell"},
		{"chance can make a fifth of few, and nobody requires it", fewer(0.5, 0.08), optional, promotion.NotChecked, "too few requests to tell"},
		{"nothing of few is never a pass", fewer(0.2, 0), optional, promotion.Unknown, "too few to tell"},
		{"slices say nothing of traffic", func(c *promotion.Traffic) { c.Unit = slo.Slices }, optional, promotion.NotChecked, "Counted in slices"},
		{"three of four targets are gone", targets(1, 4, 4, 4), required(), promotion.Fail, "Only 1 of 4 targets is live (50.0% required)."},
		{"three of four are gone, as everywhere", targets(1, 4, 2, 8), required(), promotion.Pass, "1 of 4 targets is live."},
		{"half of the targets are there", targets(2, 4, 4, 4), required(), promotion.Pass, "2 of 4 targets are live."},
		{"all targets are gone", targets(0, 4, 4, 4), required(), promotion.Fail, "Only 0 of 4 targets are live"},
		{"nobody sees a target", targets(0, 4, 0, 8), required(), promotion.Unknown, "No target is live (4 before)"},
		{"no target was known before", func(c *promotion.Traffic) { c.Targets.Before = nil }, required(), promotion.Unknown, "is unknown: 4 now"},
		{"targets are not known", func(c *promotion.Traffic) { c.Targets = nil }, required(), promotion.Unknown, "The number of live targets is unknown."},
		{"targets are not known, and nobody requires it", func(c *promotion.Traffic) { c.Targets = nil }, optional, promotion.Pass, "Traffic is 100.0%"},
		{"nothing is known since", func(c *promotion.Traffic) { c.Since = nil }, optional, promotion.Unknown, "No data since the Release arrived 1d2h ago."},
		{"nothing is known of the last hour", func(c *promotion.Traffic) { c.Recent = nil }, optional, promotion.Unknown, "No data since"},
		{"little is covered", func(c *promotion.Traffic) { c.Recent.Now.Coverage = 0.3 }, optional, promotion.Unknown, "Only 30.0% of the time has data in the last 1h"},
		{"not known when it came", func(c *promotion.Traffic) { c.Came = time.Time{} }, optional, promotion.Unknown, "When Release 3f2c1abd9e8f arrived on a-2 is unknown."},
		{"counting fails", func(c *promotion.Traffic) { c.Doubt = "Counting is failing: no." }, optional, promotion.Unknown, "Counting is failing: no. Last known: Traffic is"},
		{"the first minutes tell nothing", each(alone, falls(0), func(c *promotion.Traffic) { c.Came = now.Add(-2 * time.Minute) }), optional, promotion.Unknown, "The Release arrived only 2m ago (10m required)."},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := clone(whole(t, "prod"))
			weighed("a-2", c.change)(&e)
			d := promotion.Decide(c.policy, e, now)
			for _, k := range d.Checks {
				if k.Check == "traffic" && k.ShopSet == "a-2" && k.SLO == "cart-availability" {
					if k.Result != c.result || !strings.Contains(k.Reason, c.reason) {
						t.Errorf("it is %s: %s\nwant %s: %s", k.Result, k.Reason, c.result, c.reason)
					}
					return
				}
			}
			t.Error("it was not looked at")
		})
	}
}

func TestTrafficThatNobodyLookedAtIsUnknown(t *testing.T) {
	e := whole(t, "prod")
	e.Traffic = e.Traffic[1:]
	p := required()
	delete(p.Needs, "traffic")
	if d := promotion.Decide(p, e, now); d.Verdict != promotion.Inconclusive {
		t.Errorf("it is %s", d.Verdict)
	}
	p.Traffic = nil // a policy of before
	if d := promotion.Decide(p, e, now); d.Verdict != promotion.Promote {
		t.Errorf("a record of before is %s", d.Verdict)
	}
	p.Needs["traffic"] = promotion.Required
	if d := promotion.Decide(p, e, now); d.Verdict != promotion.Inconclusive {
		t.Errorf("required, it is %s", d.Verdict)
	}
}

// Traffic that does not change is held by chance less often than policy says, however little
// there is of it.
func TestChanceIsNoLossOfTraffic(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	whole := whole(t, "prod")
	p := required()
	delete(p.Needs, "traffic")
	for _, mean := range []float64{1, 5, 10, 20, 50, 400} {
		t.Run(fmt.Sprint(mean), func(t *testing.T) {
			const tries = 400
			lost := 0
			for range tries {
				e := clone(whole)
				for i := range e.Traffic {
					c := &e.Traffic[i]
					since, before := *c.Since, *c.Since.Before
					since.Before, since.Group, since.Control = &before, nil, nil
					since.Now.Total, before.Total = poisson(r, mean), poisson(r, mean)
					before.Seconds = since.Now.Seconds
					c.Since, c.Recent = &since, &since
				}
				for _, k := range promotion.Decide(p, e, now).Checks {
					if k.Check == "traffic" && k.Result == promotion.Fail {
						lost++
						break
					}
				}
			}
			if lost > tries/100+4 {
				t.Errorf("%d of %d decisions hold", lost, tries)
			}
		})
	}
}

func poisson(r *rand.Rand, mean float64) float64 {
	n := -1.0
	for sum := 0.0; sum < mean; n++ {
		sum += r.ExpFloat64()
	}
	return n
}
