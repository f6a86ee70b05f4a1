package trial

import (
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/status"
)

// closing shows the ledger as it stood at a time: what had not closed is not there.
type closing struct{ *ledger.Ledger }

func (c closing) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	return c.Ledger.Account(s, subject, at.Add(-delay))
}

// The Tiers of every release's fleet. Above there is no ShopSet yet: the evidence
// below alone decides.
const (
	below   fleet.TierName = "beta"
	above   fleet.TierName = "prod"
	running fleet.Release  = "3f2c1abd9e8f70112233445566778899aabbccdd"
	before  fleet.Release  = "1111111111222222222233333333334444444444"
)

// gate asks the real gate about one release.
type gate struct {
	c      *counted
	r      Release
	fleet  *fleet.Fleet
	slos   []slo.SLO
	alerts []slo.BurnAlert
}

func newGate(c *counted, r Release) (*gate, error) {
	d := fleet.Declarations{
		Tiers:          []fleet.Tier{{Name: below, Order: 1, Branch: "tier-1"}, {Name: above, Order: 2, Branch: "tier-2"}},
		Configurations: []fleet.Configuration{{Name: "production"}},
		FailureDomains: []fleet.FailureDomain{{Name: "onprem"}},
	}
	for _, name := range r.ShopSets {
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(name), Tier: below, Configuration: "production", FailureDomain: "onprem"})
	}
	f, err := fleet.New(d)
	return &gate{c: c, r: r, fleet: f, slos: []slo.SLO{*c.slo}, alerts: burnAlerts()}, err
}

// way is one to ask the gate.
type way struct {
	name   string
	change func(*promotion.Policy) // of the default policy
}

// ways are those that are tried; the first is the default.
var ways = []way{
	{gateRule, func(*promotion.Policy) {}},
	{loadRule, func(p *promotion.Policy) { p.Load.Share = 0.8 }},
	{aloneRule, func(p *promotion.Policy) { p.Since.HarmToOne = 1e-9 }},
	{harmRule, func(p *promotion.Policy) { p.Since.Harm = 10 }},
}

// policy is the default one, scaled in time, without a soak time.
func (w way) policy() promotion.Policy {
	soak := time.Duration(0)
	p := promotion.Policy{MaxAge: scaled(5 * time.Minute), Soak: &soak,
		Since: promotion.SincePolicy{Harm: 1, Baseline: scaled(promotion.DefaultBaseline)},
		Load:  promotion.LoadPolicy{Window: scaled(time.Hour), Day: scaled(24 * time.Hour)}}
	w.change(&p)
	return p
}

// evidence is what the gate would have known at a time.
func (g *gate) evidence(at time.Time) (promotion.Evidence, error) {
	counts := closing{g.c.ledger}
	report := status.Compute(at, g.fleet, g.slos, g.alerts, counts)
	e, err := promotion.Gather(g.fleet, g.slos, report, above, "")
	if err != nil {
		return e, err
	}
	e.See(g.view(at))
	e.Compare(g.slos, counts, at, ways[1].policy()) // what all ways ask for
	return e, nil
}

// view is a fleet in which the release has come, and all is well but what is counted.
func (g *gate) view(at time.Time) promotion.FleetView {
	none := 0
	seen := fleet.Seen{History: ancestry{}, Heads: map[fleet.TierName]fleet.Head{
		below: {Release: running, At: g.r.Came}, above: {Release: before, At: g.r.Came}}}
	for _, name := range g.r.ShopSets {
		seen.Observations = append(seen.Observations, fleet.Observation{ShopSet: fleet.ShopSetName(name), Sync: fleet.Synced, Health: fleet.Healthy,
			Release: running, ReleaseSince: g.r.Came, ObservedAt: at, OutOfSync: &none, Images: []string{"registry.test/shop:v2"}})
	}
	s := fleet.Observe(g.fleet, at, seen)
	s.Git = &fleet.Git{FetchedAt: at, Up: true}
	for i := range s.Tiers {
		s.Tiers[i].SoakingSince = g.r.Came
	}
	return promotion.FleetView{Where: "the trial", Snapshot: s}
}

// ancestry is one in which the release follows the one before.
type ancestry struct{}

func (ancestry) Behind(release, than fleet.Release) (int, bool) {
	if release == before && than == running {
		return 1, true
	}
	return 0, true
}

func (ancestry) Had(fleet.TierName, fleet.Release) (bool, bool) { return true, true }

// looks are the minutes after a release came at which the gate is asked: each one of
// the first hour, then every five.
func looks(until int) []int {
	var out []int
	for m := 1; m <= until; m++ {
		if m <= 60 || m%5 == 0 {
			out = append(out, m)
		}
	}
	return out
}

// verdicts are those at each look, for each way to ask, without a soak time; reasons
// are of the first way.
func (g *gate) verdicts(until int) (out [][]promotion.Verdict, reasons map[string]int, err error) {
	out = make([][]promotion.Verdict, len(ways))
	for _, m := range looks(until) {
		at := g.r.Came.Add(time.Duration(m) * minute)
		e, err := g.evidence(at)
		if err != nil {
			return nil, nil, err
		}
		for i, w := range ways {
			d := promotion.Decide(w.policy(), e, at)
			out[i] = append(out[i], d.Verdict)
			if i == 0 && reasons == nil && (d.Verdict == promotion.Hold || m == until) {
				reasons = why(d)
			}
		}
	}
	return out, reasons, nil
}

// why says on which checks a decision that is no promotion rests.
func why(d promotion.Decision) map[string]int {
	out := map[string]int{}
	result := promotion.Unknown
	switch d.Verdict {
	case promotion.Promote:
		return out
	case promotion.Hold:
		result = promotion.Fail
	}
	for _, c := range d.Checks {
		if c.Result == result {
			out[string(d.Verdict)+": "+c.Check] = 1
		}
	}
	return out
}

// decide takes the first verdict that is none to wait on, given a soak time in
// minutes: a hold counts at once, a promotion once the time has passed.
func decide(verdicts []promotion.Verdict, soak int) outcome {
	all := looks(horizon)
	for i, v := range verdicts {
		switch {
		case v == promotion.Hold:
			return outcome{hold, all[i]}
		case v == promotion.Promote && all[i] >= soak:
			return outcome{promote, all[i]}
		}
	}
	return outcome{open, 0}
}

// decideAgain takes no hold for the last word: the gate is asked until it promotes.
func decideAgain(verdicts []promotion.Verdict, soak int) outcome {
	all, held := looks(horizon), 0
	for i, v := range verdicts {
		switch {
		case v == promotion.Promote && all[i] >= soak:
			return outcome{promote, all[i]}
		case v == promotion.Hold && held == 0:
			held = all[i]
		}
	}
	if held > 0 {
		return outcome{hold, held}
	}
	return outcome{open, 0}
}
