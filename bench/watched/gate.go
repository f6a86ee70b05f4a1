package watched

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

const (
	below fleet.TierName = "beta"
	above fleet.TierName = "prod"
	now   fleet.Release  = "3f2c1abd9e8f70112233445566778899aabbccdd"
	older fleet.Release  = "1111111111222222222233333333334444444444"
)

// midnight is the hour at which Releases come, or some minutes later.
var midnight = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// availability is the one SLO.
func availability() slo.SLO {
	const objective slo.Objective = 999_000_000
	return slo.SLO{Name: "availability", Objective: objective, Window: slo.Rolling(28 * 24 * time.Hour),
		Parts: []slo.Part{{Weight: 1, Objective: objective, Indicator: slo.Indicator{Name: "availability", Kind: slo.Ratio, Counter: slo.Yes}}}}
}

// gate asks the real check about one Release.
type gate struct {
	shops  map[string]*shop
	came   time.Time
	fleet  *fleet.Fleet
	slos   []slo.SLO
	sets   []fleet.ShopSetName // of the Tier below
	others []fleet.ShopSetName
	policy promotion.Policy
}

// policies by the name of the way to ask.
var policies = map[string]promotion.SincePolicy{asked: {}, "gate, harm 3": {Harm: 3, HarmToOne: 0.02}}

// asked is the way of the default policy.
const asked = "gate"

func newGate(w *world, policy promotion.SincePolicy) (*gate, error) {
	g := &gate{shops: map[string]*shop{}, came: midnight.Add(time.Duration(w.came) * time.Minute), slos: []slo.SLO{availability()}, policy: promotion.Policy{Since: policy}}
	d := fleet.Declarations{
		Tiers:          []fleet.Tier{{Name: below, Order: 1, Branch: "tier-1"}, {Name: above, Order: 2, Branch: "tier-2"}},
		Configurations: []fleet.Configuration{{Name: "production"}},
		FailureDomains: []fleet.FailureDomain{{Name: "onprem"}},
	}
	add := func(tier fleet.TierName, shops []*shop) (names []fleet.ShopSetName) {
		for _, s := range shops {
			name := fleet.ShopSetName(s.name)
			d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: name, Tier: tier, Configuration: "production", FailureDomain: "onprem"})
			g.shops[s.name] = s
			names = append(names, name)
		}
		return names
	}
	g.sets, g.others = add(below, w.shops), add(above, w.control)
	var err error
	g.fleet, err = fleet.New(d)
	return g, err
}

// Account is what the ledger says.
func (g *gate) Account(_ *slo.SLO, subject string, at time.Time) slo.Account {
	return g.shops[subject].account(g.came, at)
}

// evidence is what the gate knows so many minutes after the Release came.
func (g *gate) evidence(minutes int) (e promotion.Evidence, at time.Time, err error) {
	at = g.came.Add(time.Duration(minutes) * time.Minute)
	e, err = promotion.Gather(g.fleet, g.slos, status.Report{At: at}, above, string(now))
	if err != nil {
		return e, at, err
	}
	view := promotion.FleetView{Where: "the trial", Snapshot: fleet.Snapshot{At: at}}
	see := func(tier fleet.TierName, sets []fleet.ShopSetName, release fleet.Release, since time.Time) {
		for _, name := range sets {
			view.Snapshot.ShopSets = append(view.Snapshot.ShopSets, fleet.ShopSetState{Tier: tier, Observation: fleet.Observation{
				ShopSet: name, Sync: fleet.Synced, Health: fleet.Healthy, Release: release, ReleaseSince: since, ObservedAt: at}})
		}
	}
	see(below, g.sets, now, g.came)
	see(above, g.others, older, g.came.Add(-30*24*time.Hour))
	e.See(view)
	e.Compare(g.slos, g, at, g.policy)
	return e, at, nil
}

// verdict is that of the check since_release by itself.
func verdict(d promotion.Decision) (promotion.Verdict, string) {
	found := map[promotion.Result]int{}
	reason := ""
	for _, c := range d.Checks {
		if c.Check == promotion.CheckSince {
			if found[c.Result]++; reason == "" {
				reason = c.Reason
			}
		}
	}
	switch {
	case found[promotion.Fail] > 0:
		return promotion.Hold, reason
	case found[promotion.Unknown] > 0 || found[promotion.Pass] == 0:
		return promotion.Inconclusive, reason
	}
	return promotion.Promote, reason
}

// looks are the minutes at which the gate is asked: each. Of good Releases and those of the
// first trial after two hours every five, of big Tiers after the first hour every ten.
func looks(k *kind) (out []int) {
	for m := 1; m <= horizon; m++ {
		if m <= 60 || k.size <= 100 && k.share == 0 && k.bad || k.size <= 100 && (m <= 120 || m%5 == 0) || m%10 == 0 {
			out = append(out, m)
		}
	}
	return out
}

// course is what the gate said at each look.
type course struct {
	looks    []int
	verdicts []promotion.Verdict
	reason   string // of the first hold, else of the last look
}

// judge asks until the horizon.
func judge(w *world, policy promotion.SincePolicy) (course, error) {
	g, err := newGate(w, policy)
	if err != nil {
		return course{}, err
	}
	var c course
	held := 0
	for _, m := range looks(w.kind) {
		if held > 0 && w.kind.share == 0 && m > held+10 && m%10 != 0 { // asked again, but not each minute
			continue
		}
		e, at, err := g.evidence(m)
		if err != nil {
			return c, fmt.Errorf("minute %d: %w", m, err)
		}
		v, reason := verdict(promotion.Decide(g.policy, e, at))
		c.looks, c.verdicts = append(c.looks, m), append(c.verdicts, v)
		if held == 0 {
			c.reason = reason
		}
		if v == promotion.Hold && held == 0 {
			held = m
		}
		if v == promotion.Promote && w.kind.share == 0 && w.kind.bad {
			break // no soak time is tried; what is good must not be held later either
		}
	}
	return c, nil
}

// outcome is how a rule ends, and after how many minutes.
type outcome struct {
	verdict promotion.Verdict
	after   int
}

// first is the first verdict that is none to wait on, given a soak time.
func (c course) first(soak int) outcome {
	for i, v := range c.verdicts {
		if v == promotion.Hold || v == promotion.Promote && c.looks[i] >= soak {
			return outcome{v, c.looks[i]}
		}
	}
	return outcome{promotion.Inconclusive, horizon}
}

// ever says whether that would have been said at any look, whatever was before.
func (c course) ever(v promotion.Verdict) bool { return slices.Contains(c.verdicts, v) }

// noAlert promotes after so many minutes without a page: a burn rate of 14.4 over an hour
// and 5 minutes, or of 6 over six hours and 30 minutes, on the counts of that minute.
func noAlert(w *world, wait int) outcome {
	for m := 1; m <= wait; m++ {
		for _, s := range w.shops {
			if s.burns(m, 60, 5, 14.4) || s.burns(m, 360, 30, 6) {
				return outcome{promotion.Hold, m}
			}
		}
	}
	return outcome{promotion.Promote, wait}
}

func (s *shop) burns(at, long, short int, factor float64) bool {
	return s.share(at-long, at) > factor*budget && s.share(at-short, at) > factor*budget
}

func (s *shop) share(from, to int) float64 {
	_, a := s.edge(from)
	_, b := s.edge(to)
	if b.total <= a.total {
		return 0
	}
	return (b.bad - a.bad) / (b.total - a.total)
}
