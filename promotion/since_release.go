package promotion

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// checkSince asks whether the Release burns more of the budget than what ran before
// it: of each SLO for each ShopSet below, and for all of them together.
func (d *deciding) checkSince(t tier) []Check {
	if checks, done := d.unarrived(CheckSince, t, setArrival); done {
		return checks
	}
	found := d.e.compared()
	var checks []Check
	for _, s := range t.SLOs {
		var all []*Comparison
		for _, name := range t.ShopSets {
			of := found[pair{name, s}]
			if len(of) == 0 {
				checks = append(checks, d.uncompared(CheckSince, t, name, s))
			}
			for i, c := range of {
				if slices.ContainsFunc(of[:i], func(o *Comparison) bool { return o.Part == c.Part }) {
					checks = append(checks, t.check(CheckSince).of(name, s).says(Unknown, d.say("The evidence has two comparisons of this SLO and ShopSet.")))
				}
				checks = append(checks, d.compare(t, c))
			}
			all = append(all, of...)
		}
		if len(t.ShopSets) > 1 {
			checks = append(checks, d.together(t, s, all)...)
		}
	}
	return checks
}

// compared are the Comparisons of each pair.
func (e *Evidence) compared() map[pair][]*Comparison {
	found := map[pair][]*Comparison{}
	for i := range e.Comparisons {
		c := &e.Comparisons[i]
		of := pair{c.ShopSet, c.SLO}
		found[of] = append(found[of], c)
	}
	return found
}

// uncompared is a Check of a pair without a Comparison.
func (l lang) uncompared(check string, t tier, set fleet.ShopSetName, slo string) Check {
	return t.check(check).of(set, slo).says(Unknown, l.say("The evidence has no comparison with the time before the Release."))
}

func (d *deciding) compare(t tier, c *Comparison) (check Check) {
	check = t.check(CheckSince).of(c.ShopSet, c.SLO)
	if c.Part != "" {
		check.figure("part", c.Part)
	}
	check.figure("came", instant(c.Came))
	from := c.Came
	if c.Before != nil {
		from = earlier(from, c.Before.Start)
	}
	defer func() { d.excluded(&check, looked{from: from}); d.flagged(&check, c.Flags, c.Came) }()
	if c.Doubt != "" {
		check.figure("doubt", c.Doubt)
	}
	if result, reason := d.incomparable(c); reason != "" {
		check.Result, check.Reason = result, reason
		return check
	}
	harm := d.p.Since.Harm // all that counts where one ShopSet is the whole Tier
	if len(t.ShopSets) > 1 {
		harm = max(harm, d.p.Since.HarmToOne/c.BudgetRatio)
	}
	check.Result, check.Reason = d.judgeSince(c, harm, &check.Evidence)
	if check.Result == Pass && c.Doubt != "" {
		check.Result, check.Reason = Unknown, d.say("%s Last known: %s", d.doubtful(c.Doubt), check.Reason)
	}
	return check
}

// incomparable says why nothing can be said of a Comparison; "" where something can.
func (d *deciding) incomparable(c *Comparison) (Result, string) {
	if result, why := d.unseenSince(c); why != "" {
		return result, why
	}
	switch {
	case c.Since.Good > c.Since.Total || !(c.BudgetRatio > 0 && c.BudgetRatio < 1):
		return Unknown, d.say("Counts are inconsistent, so no comparison is possible.")
	case c.Since.tally(true).total <= 0:
		return Unknown, d.say("No traffic since the Release arrived %s ago.", d.age(d.now.Sub(c.Came)))
	}
	return "", ""
}

// unseenSince says why what came since the Release has not been seen; "" where it has.
func (d *deciding) unseenSince(c *Comparison) (Result, string) {
	switch {
	case c.Came.IsZero():
		return Unknown, d.say("When %s arrived on %s is unknown.", d.which(), c.ShopSet)
	case c.Came.After(d.now):
		return Unknown, d.say("%s arrived on %s %s after the evaluation time.", d.capital(d.which()), c.ShopSet, d.age(c.Came.Sub(d.now)))
	case d.doubtedOf[c.ShopSet] != "":
		return Unknown, d.doubtedOf[c.ShopSet]
	case c.Since != nil && d.early(c) != "":
		return Unknown, d.early(c)
	case c.Since == nil && c.Doubt != "":
		return Unknown, d.doubtful(c.Doubt)
	case c.Since == nil:
		return Unknown, d.say("No data since the Release arrived %s ago.", d.age(d.now.Sub(c.Came)))
	case !(c.Since.Coverage >= d.p.MinCoverage):
		return Unknown, d.say("Only %s of the time since the Release arrived has data (%s required).",
			status.FormatShare(&c.Since.Coverage), status.FormatShare(&d.p.MinCoverage))
	case !c.Came.Equal(d.came(c.ShopSet)):
		return Unknown, d.say("Compared since %s, which is not when the Release is reported to have arrived.", c.Came.UTC().Format(time.RFC3339))
	case d.now.Sub(c.Since.End) > d.p.MaxAge || d.future(c.Since.End):
		return Unknown, d.say("Newest figures since the Release arrived are of %s (limit %s from now).", c.Since.End.UTC().Format(time.RFC3339), d.age(d.p.MaxAge))
	case d.doubtedSpans(c) != "":
		return Unknown, d.doubtedSpans(c)
	}
	return Pass, ""
}

// judgeSince fails what does the policy's harm, beyond chance, and passes what does
// less than the harm allowed to it.
func (d *deciding) judgeSince(c *Comparison, allowed float64, figures *Figures) (Result, string) {
	p := d.p.Since
	before, since := c.Before.tally(false), c.Since.tally(true)
	r := try(c.BudgetRatio, before, since, p.Confidence, d.comparisons)
	burn := func(share float64) float64 { return share / c.BudgetRatio }
	*figures = figures.with("since_bad", since.bad).with("since_total", since.total).with("before_bad", before.bad).with("before_total", before.total).
		with("extra_burn_rate", burn(r.extra)).with("extra_burn_rate_at_most", burn(r.highest)).with("chance", r.chance).with("harm", allowed)
	was := d.say("no data before")
	if before.total > 0 {
		was = d.say("before: %s of %s", status.FormatCount(before.bad), status.FormatCount(before.total))
	}
	counted := d.say("In the %s since the Release arrived, %s of %s %s were bad (%s)", d.age(c.Since.End.Sub(c.Came)),
		status.FormatCount(since.bad), status.FormatCount(since.total), d.unit(c.Unit), was)
	if r.chance <= p.FalseAlarms && r.extra >= p.Harm*c.BudgetRatio {
		counted = d.say("%s: adds %s× the allowed rate to the burn rate", counted, status.FormatRate(burn(r.extra)))
		if c.Alike != nil {
			*figures = figures.with("spans_before", c.Alike.Spans).with("spans_as_bad", c.Alike.AsBad)
		}
		if c.Alike.usual(p.FalseAlarms) {
			return Unknown, d.say("%s, but %d of %d time spans of the same length in the %s before were as bad, so the Release may not be the cause. More time is needed.",
				counted, c.Alike.AsBad, c.Alike.Spans, d.age(p.Baseline))
		}
		return Fail, d.say("%s, statistically significant (%s).", counted, probability(r.chance))
	}
	return d.cleared(counted, burn(r.highest), allowed, c.BudgetRatio, p.Confidence, c.Unit)
}

// cleared passes what adds less than a limit to the burn rate, at the most.
func (l lang) cleared(counted string, highest, limit, budget, confidence float64, unit slo.Unit) (Result, string) {
	if highest < limit {
		return Pass, l.say("%s: adds less than %s× the allowed rate to the burn rate (limit %s×, confidence %s).",
			counted, roundUp(highest), status.FormatRate(limit), status.FormatShare(&confidence))
	}
	return Unknown, l.say("%s: not enough data, may still add up to %s× the allowed rate to the burn rate (limit %s×); about %s %s with none bad are required.",
		counted, roundUp(highest), status.FormatRate(limit), status.FormatCount(least(limit*budget, confidence)), l.unit(unit))
}

// roundUp writes a bound with two digits, never less than it is.
func roundUp(rate float64) string {
	switch {
	case rate <= 0:
		return "0"
	case rate <= 0.01:
		return "0.01"
	}
	digit := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return status.FormatRate(math.Ceil(rate/digit) * digit)
}

// probability writes a p-value with one digit that counts, never less than it is.
func probability(p float64) string {
	if p < 1e-6 {
		return "p < 0.000001"
	}
	digit := math.Pow(10, math.Floor(math.Log10(p)))
	return "p = " + strconv.FormatFloat(math.Ceil(p/digit-1e-9)*digit, 'f', int(math.Max(0, -math.Floor(math.Log10(p)))), 64)
}

// together asks of one SLO whether the Release does harm to the Tier as a whole: many
// ShopSets with little traffic tell together what none of them could alone. It never
// fails: a harm that is proven shows in some ShopSet.
func (d *deciding) together(t tier, name string, all []*Comparison) []Check {
	var parts []string
	of := map[string][]*Comparison{}
	for _, c := range all {
		if len(of[c.Part]) == 0 {
			parts = append(parts, c.Part)
		}
		of[c.Part] = append(of[c.Part], c)
	}
	var checks []Check
	for _, part := range parts {
		c := t.check(CheckSince).of("", name)
		if part != "" {
			c.figure("part", part)
		}
		c.Result, c.Reason = d.judgeTogether(t, of[part], &c.Evidence)
		checks = append(checks, c)
	}
	return checks
}

func (d *deciding) judgeTogether(t tier, all []*Comparison, figures *Figures) (Result, string) {
	var pairs []beforeAndSince
	var unit slo.Unit
	var budget float64
	for _, c := range all {
		if _, why := d.incomparable(c); why == "" {
			pairs = append(pairs, beforeAndSince{c.Before.tally(false), c.Since.tally(true)})
			unit, budget = c.Unit, c.BudgetRatio
		}
	}
	if len(pairs) == 0 {
		return Unknown, d.say("No ShopSet of %s has data since the Release arrived.", t.Name)
	}
	since, highest := pooled(budget, pairs, d.p.Since.Confidence)
	*figures = figures.with("shopsets", len(pairs)).with("since_bad", since.bad).with("since_total", since.total).
		with("extra_burn_rate_at_most", highest/budget).with("harm", d.p.Since.Harm)
	counted := d.say("In %s as a whole, %s of %s %s were bad since the Release arrived", t.Name,
		status.FormatCount(since.bad), status.FormatCount(since.total), d.unit(unit))
	return d.cleared(counted, highest/budget, d.p.Since.Harm, budget, d.p.Since.Confidence, unit)
}
