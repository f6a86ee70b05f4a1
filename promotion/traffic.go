package promotion

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// TrafficPolicy says how much traffic may be missing since a Release came. Zero values mean
// the defaults.
type TrafficPolicy struct {
	// UnknownBelow and FailBelow are ratios 0–1 of the expected events; 0 means 0.5 and 0.2.
	UnknownBelow float64 `json:"unknown_below,omitempty"`
	FailBelow    float64 `json:"fail_below,omitempty"`
	// TargetsBelow is a ratio 0–1 of the targets that there were; 0 means 0.5.
	TargetsBelow float64 `json:"targets_below,omitempty"`
	// Targets is how many live targets ShopSets have by declaration, for each SLO: of these
	// it does not matter how many there were before.
	Targets map[fleet.ShopSetName]int `json:"targets,omitempty"`
}

func (p *TrafficPolicy) withDefaults() *TrafficPolicy {
	if p == nil {
		return nil
	}
	q := *p
	set(&q.UnknownBelow, 0.5)
	set(&q.FailBelow, 0.2)
	set(&q.TargetsBelow, 0.5)
	return &q
}

func (p *TrafficPolicy) validate() error {
	if p == nil {
		return nil
	}
	q := p.withDefaults()
	for _, r := range []float64{q.UnknownBelow, q.FailBelow, q.TargetsBelow} {
		if !(r >= 0 && r <= 1) {
			return fmt.Errorf("ratio of traffic must be between 0 and 1 (write 90%% as 0.9), got %v", r)
		}
	}
	if q.FailBelow > q.UnknownBelow {
		return fmt.Errorf("traffic: fail_below (%v) must not be above unknown_below (%v)", q.FailBelow, q.UnknownBelow)
	}
	for set, n := range q.Targets {
		if n < 1 {
			return fmt.Errorf("traffic: targets of %s must be 1 or more, got %d", set, n)
		}
	}
	return nil
}

// unclear is what cannot be told, of too little traffic or without a history: not_checked,
// and unknown where policy requires the check. It is a Result among judgements only.
const unclear Result = ""

// leastControl is how many events ShopSets that did not change have to have had before, for a
// change of theirs to say something.
const leastControl = 100

// clearGain is the ratio of what is usual above which more traffic has come from elsewhere.
const clearGain = 0.1

// checkTraffic asks of each SLO for each ShopSet below whether users still come, and whether
// there are targets to answer them.
func (d *deciding) checkTraffic(t tier) []Check {
	if d.p.Traffic == nil { // a policy of before
		if d.p.Needs[CheckTraffic] == Required {
			return []Check{t.check(CheckTraffic).says(Unknown, d.say("Required but not configured: traffic."))}
		}
		return nil
	}
	if checks, done := d.unarrived(CheckTraffic, t, setArrival); done {
		return checks
	}
	found := map[pair][]*Traffic{}
	for i := range d.e.Traffic {
		c := &d.e.Traffic[i]
		of := pair{c.ShopSet, c.SLO}
		found[of] = append(found[of], c)
	}
	var checks []Check
	for _, name := range t.ShopSets {
		for _, s := range t.SLOs {
			of := found[pair{name, s}]
			if len(of) == 0 {
				checks = append(checks, t.check(CheckTraffic).of(name, s).says(Unknown, d.say("The evidence has no traffic.")))
			}
			for i, c := range of {
				if slices.ContainsFunc(of[:i], func(o *Traffic) bool { return o.Part == c.Part }) {
					checks = append(checks, t.check(CheckTraffic).of(name, s).says(Unknown, d.say("The evidence has traffic twice for this SLO and ShopSet.")))
				}
				checks = append(checks, d.weigh(t, c))
			}
		}
	}
	return checks
}

// weigh makes the Check of one part.
func (d *deciding) weigh(t tier, c *Traffic) Check {
	check := t.check(CheckTraffic).of(c.ShopSet, c.SLO)
	if c.Part != "" {
		check.figure("part", c.Part)
	}
	check.figure("came", instant(c.Came))
	if c.Doubt != "" {
		check.figure("doubt", c.Doubt)
	}
	check.Result, check.Reason = d.judgeTraffic(c, &check.Evidence)
	if check.Result == unclear {
		if check.Result = NotChecked; d.p.Needs[CheckTraffic] == Required {
			check.Result = Unknown
		}
	}
	if doubt := d.doubtedTraffic(c); check.Result == Pass && doubt != "" {
		check.Result, check.Reason = Unknown, doubt
	}
	if check.Result == Pass && c.Doubt != "" {
		check.Result, check.Reason = Unknown, d.say("%s Last known: %s", d.doubtful(c.Doubt), check.Reason)
	}
	d.excluded(&check, c.looked()...)
	return check
}

// looked are the spans of time that were counted, now and before.
func (t *Traffic) looked() (spans []looked) {
	for _, v := range []*Volume{t.Since, t.Recent, t.Latest} {
		if v == nil {
			continue
		}
		spans = append(spans, looked{v.Now.Start, v.Now.End})
		switch {
		case v.Excluded:
			spans = append(spans, looked{until: t.Came})
		case v.Before != nil:
			spans = append(spans, looked{v.Before.Start, v.Before.End})
		}
	}
	if len(spans) == 0 {
		spans = []looked{{from: t.Came}}
	}
	return spans
}

func (d *deciding) judgeTraffic(c *Traffic, figures *Figures) (Result, string) {
	result, reason := d.judgeAll(c, figures)
	if since := d.now.Sub(c.Came); result == Fail && since < settled {
		return Unknown, d.say("%s The Release arrived only %s ago (%s required).", reason, d.age(since), d.age(settled))
	}
	return result, reason
}

// judgeAll lets targets only make worse what the counts say.
func (d *deciding) judgeAll(c *Traffic, figures *Figures) (Result, string) {
	result, reason := d.judgeTargets(c, figures)
	if result == Fail {
		return result, reason
	}
	r, why := d.judgeVolumes(c, figures)
	switch {
	case r == Pass && result == Pass:
		return r, d.say("%s %s", why, reason)
	case r == Pass && (result == Unknown || d.p.Needs[CheckTraffic] == Required):
		return result, reason
	}
	return r, why
}

// judgeVolumes judges the time since the Release and its last hour: the worse counts, and
// one that can be told is enough.
func (d *deciding) judgeVolumes(c *Traffic, figures *Figures) (Result, string) {
	switch {
	case c.Came.IsZero():
		return Unknown, d.say("When %s arrived on %s is unknown.", d.which(), c.ShopSet)
	case c.Came.After(d.now):
		return Unknown, d.say("%s arrived on %s %s after the evaluation time.", d.capital(d.which()), c.ShopSet, d.age(c.Came.Sub(d.now)))
	case (c.Since == nil || c.Recent == nil) && c.Doubt != "":
		return Unknown, d.doubtful(c.Doubt)
	case c.Since == nil || c.Recent == nil:
		return Unknown, d.say("No data since the Release arrived %s ago.", d.age(d.now.Sub(c.Came)))
	}
	since, reason := d.judgeVolume(c, c.Since, "", figures)
	last, why := d.judgeVolume(c, c.Recent, "recent_", figures)
	latest, still := unclear, ""
	if c.Latest != nil {
		latest, still = d.judgeVolume(c, c.Latest, "latest_", figures)
	}
	for _, r := range []Result{Fail, Unknown, Pass} {
		switch r {
		case since:
			return since, reason
		case last:
			return last, why
		case latest:
			return latest, still
		}
	}
	for _, v := range []*Volume{c.Since, c.Recent} { // not a new installation: somebody took the history away
		if v.Before == nil && v.Excluded {
			return Unknown, d.say("Exclusions leave out the same hours before the Release, so traffic cannot be compared: %s %s now.", status.FormatCount(math.Round(v.Now.Total)), d.unit(c.Unit))
		}
	}
	return since, reason
}

// judgeVolume compares what was counted with what was to be expected.
func (d *deciding) judgeVolume(c *Traffic, v *Volume, name string, figures *Figures) (Result, string) {
	p := d.p.Traffic
	*figures = figures.with(name+"total", v.Now.Total)
	over := d.say("in the last %s", d.age(v.length()))
	if near := v.Now.Start.Sub(c.Came); near.Abs() < time.Minute {
		over = d.say("in the %s since the Release arrived", d.age(v.length()))
	}
	x := v.expect()
	switch {
	case !(v.Now.Coverage >= d.p.MinCoverage):
		return Unknown, d.say("Only %s of the time has data %s (%s required).", status.FormatShare(&v.Now.Coverage), over, status.FormatShare(&d.p.MinCoverage))
	case !finite(v.Now.Total, x.now, x.sure, x.before, x.control):
		return Unknown, d.say("Counts are inconsistent, so traffic cannot be compared.")
	case v.Before == nil && x.now <= 0:
		return Unknown, d.say("No traffic %s, and no history to compare with.", over)
	case v.Before == nil:
		return unclear, d.say("No traffic history before the Release to compare with: %s %s %s.", status.FormatCount(math.Round(x.now)), d.unit(c.Unit), over)
	}
	*figures = figures.with(name+"expected", x.before*x.control).with(name+"before", v.Before.Total).with(name+"control", x.control)
	expected := d.say("the expected %s %s %s", status.FormatCount(math.Round(x.before*x.control)), d.unit(c.Unit), over)
	tells := c.Unit == slo.Events && x.chance(0) <= d.alarms()
	share := d.say("Traffic is %s of %s", percent(x.sure/(x.before*x.control)), expected)
	if x.sure > v.Now.Total {
		share = d.say("%s, including what moved within the ShopGroup", share)
	}
	switch {
	case x.now <= 0 && tells:
		return Fail, d.say("No traffic: 0 of %s.", expected)
	case x.now <= 0:
		return Unknown, d.say("No traffic: 0 of %s, too few to tell.", expected)
	case c.Unit != slo.Events:
		return unclear, d.say("Counted in %s, which do not show the amount of traffic.", d.unit(c.Unit))
	case x.before*x.control <= 0:
		return unclear, d.say("%s %s, and none were expected: too few requests to tell.", status.FormatCount(math.Round(x.now)), d.unit(c.Unit))
	case !tells:
		return unclear, d.say("%s: too few requests to tell.", share)
	case x.sure < p.UnknownBelow*x.before*x.control && x.chance(x.sure) > d.alarms():
		return unclear, d.say("%s: too few requests to tell.", share)
	case x.now < p.FailBelow*x.before*min(1, x.control):
		return Fail, d.say("%s (limit %s).", share, percent(p.FailBelow))
	case x.sure < p.UnknownBelow*x.before*x.control:
		return Unknown, d.say("%s (%s required).", share, percent(p.UnknownBelow))
	}
	return Pass, d.say("%s (%s required).", share, percent(p.UnknownBelow))
}

// alarms is the greatest chance of a single comparison that counts, so that all of a decision
// together fail by chance no more often than policy allows.
func (d *deciding) alarms() float64 {
	return d.p.Since.FalseAlarms / float64(3*max(len(d.e.Traffic), 1))
}

func (v *Volume) length() time.Duration { return v.Now.End.Sub(v.Now.Start).Round(time.Second) }

// expectation is what was counted, and what could be expected.
type expectation struct {
	// now are the events of the ShopSet with those that others of its ShopGroup gained: shops
	// may have moved there. sure has only what is clearly a gain, and no mere ups and downs.
	now, sure float64
	before    float64 // in as long a time
	control   float64 // by how much traffic changed where the Release did not
}

func (v *Volume) expect() expectation {
	x := expectation{now: v.Now.Total, sure: v.Now.Total, control: 1}
	if v.Before != nil && v.Before.Seconds > 0 {
		x.before = v.Before.Total * v.Now.Seconds / v.Before.Seconds
	}
	if v.Control != nil && v.Control.Before >= leastControl {
		x.control = v.Control.Now / v.Control.Before
	}
	if v.Group != nil {
		usual := v.Group.Before * x.control
		gain := max(0, v.Group.Now-usual)
		if x.now += gain; gain > clearGain*usual {
			x.sure = x.now
		}
	}
	return x
}

// chance is the probability of no more events than that, were there as many users as before,
// but for what changed everywhere. Of all events of both spans together those now are
// binomial (docs/gate.md, "traffic").
func (x expectation) chance(now float64) float64 {
	now, before := math.Floor(now), math.Floor(x.before)
	return tail(before, now+before, 1/(1+x.control))
}

// judgeTargets asks for the targets that there were, or that are declared. Without a Result
// nothing can be told.
func (d *deciding) judgeTargets(c *Traffic, figures *Figures) (Result, string) {
	t, p := c.Targets, d.p.Traffic
	if t == nil {
		return unclear, d.say("The number of live targets is unknown.")
	}
	*figures = figures.with("targets", t.Now)
	if declared, ok := p.Targets[c.ShopSet]; ok {
		*figures = figures.with("targets_declared", declared)
		live := d.say(oneOr(t.Now, "%d of %d declared targets is live", "%d of %d declared targets are live"), t.Now, declared)
		if t.Now < declared {
			return Fail, d.say("Only %s.", live)
		}
		return Pass, d.say("%s.", live)
	}
	if t.Before == nil || *t.Before == 0 {
		return unclear, d.say("The number of targets before the Release is unknown: %d now.", t.Now)
	}
	before := *t.Before
	*figures = figures.with("targets_before", before).with("control_targets", t.ControlNow).with("control_targets_before", t.ControlBefore)
	expected := float64(before)
	if t.ControlBefore > t.ControlNow {
		expected *= float64(t.ControlNow) / float64(t.ControlBefore)
	}
	live := d.say(oneOr(t.Now, "%d of %d targets is live", "%d of %d targets are live"), t.Now, before)
	switch {
	case t.Now == 0 && t.ControlNow == 0: // it may be that nobody looks
		return Unknown, d.say("No target is live (%d before), and none in a Tier whose Release has not changed either.", before)
	case t.Now == 0 || float64(t.Now) < p.TargetsBelow*expected:
		return Fail, d.say("Only %s (%s required).", live, percent(p.TargetsBelow))
	}
	return Pass, d.say("%s.", live)
}

// oneOr is what is said of one, or of another number.
func oneOr(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// percent writes a ratio as percent.
func percent(ratio float64) string { return status.FormatShare(&ratio) }

// finite reports whether counts can be counted with.
func finite(all ...float64) bool {
	for _, f := range all {
		if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
			return false
		}
	}
	return true
}
