package promotion

import (
	"math"
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// doubtedBudget says in a sentence why a budget's figures are no evidence: they are no
// figures, or contradict each other; "" where they are.
func (d *deciding) doubtedBudget(t tier, b *status.Budget) string {
	settled := b.State == slo.OK || b.State == slo.AtRisk
	switch {
	case b.Tier != t.Name:
		return d.say("The budget is one of Tier %s.", orElse(string(b.Tier), d.say("(none)")))
	case !isCount(b.Good) || !isCount(b.Total) || !isCount(b.Bad) || *b.Good > *b.Total:
		return d.say("The counts are not valid.")
	case settled && (!isCount(b.Allowed) || *b.Bad > *b.Allowed || b.RemainingRatio == nil || !(*b.RemainingRatio >= 0 && *b.RemainingRatio <= 1)):
		return d.say("The budget is reported as %s, but its figures contradict that.", b.State)
	case settled && !b.VerdictFrom.IsZero():
		return d.say("The budget is reported as %s, but its history is too short for a verdict.", b.State)
	case b.WindowStart.IsZero(), !b.WindowStart.Before(b.WindowEnd), d.future(b.ExactFrom), d.future(b.Expected):
		return d.say("The times of the window are not valid.")
	}
	return ""
}

// isCount reports whether a figure is a count.
func isCount(n *float64) bool { return n != nil && *n >= 0 && !math.IsInf(*n, 0) }

// doubtedRates says in a sentence why burn rates, or what they are compared with, are
// no evidence; "" where they are.
func (l lang) doubtedRates(b *status.Budget, configured []slo.BurnAlert, asked func(slo.BurnAlert) bool) string {
	for _, a := range slices.Concat(configured, b.Alerts) {
		if !(a.Factor > 0) || a.Short <= 0 || a.Long < a.Short || a.Severity != slo.Page && a.Severity != slo.Ticket {
			return l.say("A burn-rate alert in the evidence is not valid.")
		}
	}
	rate := map[time.Duration]*float64{}
	for _, r := range b.BurnRates {
		if _, there := rate[r.Window]; there || r.Window <= 0 || r.Rate != nil && !isCount(r.Rate) {
			return l.say("The burn rate over %s is reported twice, or is not valid.", slo.Rolling(r.Window).Text)
		}
		rate[r.Window] = r.Rate
	}
	for _, a := range b.Alerts {
		long, short := rate[a.Long], rate[a.Short]
		if asked(a) && long != nil && short != nil && *long > a.Factor && *short > a.Factor && !slices.Contains(b.Firing, a) {
			return l.say("Burn rates exceed the threshold of a %s alert that is reported as not firing.", l.say(string(a.Severity)))
		}
	}
	return ""
}

// edge is how far from what was asked for counts of long ago may begin or end: what is
// kept then are whole hours, and days have one hour more or less.
const edge = 2 * time.Hour

// doubtedSpans says in a sentence why the spans of a Comparison are none of the time before
// the Release came and since; "" where they are.
func (l lang) doubtedSpans(c *Comparison) string {
	s, b := c.Since, c.Before
	switch {
	case !s.Start.Before(s.End), s.Start.Before(c.Came.Add(-edge)), s.Coverage > 1:
		return l.say("The counts since the Release arrived are from another time.")
	case b != nil && (!b.Start.Before(b.End) || b.End.After(c.Came.Add(edge))):
		return l.say("The counts before the Release arrived are from another time.")
	}
	return ""
}
