package promotion

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// checkBudget asks what is left of an error budget. On the evidence tier too few
// events are no evidence; on the target tier they are a budget not used up.
func (d *deciding) checkBudget(t tier, b *status.Budget) Check {
	result, reason := d.judgeBudget(t, b)
	c := t.about(CheckBudget, b, result, reason)
	c.figure("state", string(b.State)).figure("good", b.Good).figure("total", b.Total).figure("bad", b.Bad).
		figure("allowed", b.Allowed).figure("remaining_ratio", b.RemainingRatio)
	if !b.VerdictFrom.IsZero() {
		c.figure("verdict_from", instant(b.VerdictFrom))
	}
	if t.role == RoleTarget {
		switch b.State {
		case slo.AtRisk:
			d.lenience(d.p.AtRisk, t, &c)
		case slo.Exhausted:
			d.lenience(d.p.Exhausted, t, &c)
		}
	}
	if doubt := d.doubtedBudget(t, b); c.Result == Pass && doubt != "" {
		c.Result, c.Reason = Unknown, doubt
	}
	d.corrected(b, &c)
	d.excluded(&c, looked{from: b.WindowStart})
	d.doubt(&c, b, b.WindowStart, d.doubtSince(t, b))
	return c
}

// lenience says who may go to a Tier with little budget left, or none.
func (d *deciding) lenience(l Lenience, t tier, c *Check) {
	switch {
	case l == LetAll:
		c.Result = Pass
	case l == LetFixes && d.e.Fix != nil:
		c.Result = Fail
		d.letFix(c)
	case l == LetFixes:
		c.Result, c.Reason = Fail, d.say("%s Only fixes may be promoted to %s (--fix).", c.Reason, t.Name)
	default:
		c.Result = Fail
	}
}

// corrected says how the budget was before something was left out of it.
func (d *deciding) corrected(b *status.Budget, c *Check) {
	for _, u := range d.e.Uncorrected {
		if u.ShopSet != b.ShopSet || u.SLO != b.SLO {
			continue
		}
		c.figure("uncorrected", Figures{{"state", string(u.State)}, {"good", u.Good}, {"total", u.Total}, {"bad", u.Bad},
			{"remaining_ratio", u.RemainingRatio}}).figure("exclusions", slices.Clone(u.Exclusions))
		if u.Bad != nil && u.Total != nil {
			c.Reason = d.say("%s Without exclusions (%s): %s of %s bad, %s remaining.", c.Reason, d.some(u.Exclusions, 3),
				status.FormatCount(*u.Bad), status.FormatCount(*u.Total), status.FormatShare(u.RemainingRatio))
		}
		return
	}
}

func (l lang) judgeBudget(t tier, b *status.Budget) (Result, string) {
	if b.State == slo.NoData || b.Good == nil || b.Total == nil || b.Bad == nil {
		return Unknown, l.say("No data for the last %s, so the remaining error budget is unknown.", b.Window)
	}
	switch b.State {
	case slo.Inconsistent:
		return Fail, l.say("Counts are inconsistent: %s good of %s %s in %s.",
			status.FormatCount(*b.Good), status.FormatCount(*b.Total), l.unit(b.Unit), b.Window)
	case slo.Exhausted:
		return Fail, l.say("Error budget (%s) is exhausted: %s.", b.Window, l.spent(b))
	case slo.InsufficientData:
		if !b.VerdictFrom.IsZero() {
			return l.judgeShort(t, b)
		}
		return l.judgeFew(t, b)
	case slo.AtRisk:
		return Pass, l.say("Error budget (%s) is at risk: %s remaining, %s.", b.Window, status.FormatShare(b.RemainingRatio), l.spent(b))
	case slo.OK:
		return Pass, l.say("%s of the error budget (%s) remaining: %s.", status.FormatShare(b.RemainingRatio), b.Window, l.spent(b))
	}
	return Unknown, l.say("Unknown budget state %q.", b.State)
}

// judgeFew is about budgets with fewer events than a verdict needs.
func (l lang) judgeFew(t tier, b *status.Budget) (Result, string) {
	seen := l.say("No traffic in %s", b.Window)
	if *b.Total > 0 {
		seen = l.say("Only %s %s in %s, %s bad", status.FormatCount(*b.Total), l.unit(b.Unit), b.Window, status.FormatCount(*b.Bad))
	}
	if t.role == RoleTarget {
		return Pass, l.say("%s: too few for a verdict, but the error budget is not exhausted.", seen)
	}
	return Unknown, l.say("%s: too few to verify the objective of %s.", seen, status.FormatGoal(b.Objective))
}

// judgeShort is about budgets whose history is shorter than a verdict needs. It is
// never a fail: a few bad events of the first minutes say nothing of a day. Nor is it
// evidence that a Release is good.
func (l lang) judgeShort(t tier, b *status.Budget) (Result, string) {
	result, how := Unknown, l.say("more bad events than allowed so far")
	if b.Allowed != nil && *b.Bad <= *b.Allowed {
		how = l.say("not enough to judge the Release")
		if t.role == RoleTarget {
			result, how = Pass, l.say("within budget so far")
		}
	}
	return result, l.say("Short history, %s: %s. Verdict at %s (see budgets.least_history).",
		how, l.spent(b), b.VerdictFrom.UTC().Format(time.RFC3339))
}

// spent says what was bad and what is allowed.
func (l lang) spent(b *status.Budget) string {
	allowed := "-"
	if b.Allowed != nil {
		allowed = status.FormatCount(*b.Allowed)
	}
	said := "%s of %s %s were bad (%s allowed)"
	if *b.Bad == 1 {
		said = "%s of %s %s was bad (%s allowed)"
	}
	return l.say(said, status.FormatCount(*b.Bad), status.FormatCount(*b.Total), l.unit(b.Unit), allowed)
}

// missingBudget is the check of a budget that the evidence does not hold.
func (l lang) missingBudget(t tier, of pair) Check {
	return t.check(CheckBudget).of(of.shopSet, of.slo).says(Unknown, l.say("The evidence has no budget for this SLO and ShopSet."))
}
