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
	d.weighed = d.weighAll(t, found)
	var checks []Check
	for _, s := range t.SLOs {
		var parts []string
		one := false
		for _, name := range t.ShopSets {
			of := found[pair{name, s}]
			if len(of) == 0 {
				checks = append(checks, d.uncompared(CheckSince, t, name, s))
			}
			for i, c := range of {
				if slices.ContainsFunc(of[:i], func(o *Comparison) bool { return o.Part == c.Part }) {
					checks = append(checks, t.check(CheckSince).of(name, s).says(Unknown, d.say("The evidence has two comparisons of this SLO and ShopSet.")))
				}
				check := d.compare(t, c)
				one = one || check.Result == Fail
				if checks = append(checks, check); !slices.Contains(parts, c.Part) {
					parts = append(parts, c.Part)
				}
			}
		}
		if len(t.ShopSets) > 1 {
			checks = append(checks, d.together(t, s, parts, one)...)
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
	harm, over := d.p.Since.Harm, c.Since.End.Sub(c.Came) // all that counts where one ShopSet is the whole Tier
	if len(t.ShopSets) > 1 {
		harm, over = max(harm, d.p.Since.HarmToOne/c.BudgetRatio), d.p.Since.Baseline
	}
	check.Result, check.Reason = d.judgeSince(t, c, limit{harm, over}, &check.Evidence)
	if len(t.ShopSets) == 1 {
		d.untried(&check, over)
	}
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
	case c.Since.Good > c.Since.Total || !(c.BudgetRatio > 0 && c.BudgetRatio < 1) || !finite(c.UsualBad):
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
		return Unknown, d.say("Newest figures since the Release arrived are from %s (limit %s from now).", c.Since.End.UTC().Format(time.RFC3339), d.age(d.p.MaxAge))
	case d.doubtedSpans(c) != "":
		return Unknown, d.doubtedSpans(c)
	}
	return Pass, ""
}

// limit is a harm, a burn rate, that has to be ruled out so long after the Release came.
type limit struct {
	harm float64
	over time.Duration
}

// now is the harm that has to be ruled out already.
func (l limit) now(p SincePolicy) float64 { return l.harm * p.yet(l.over) }

// judgeSince fails what does the policy's harm, beyond chance, and passes what does
// less than the harm allowed to it.
func (d *deciding) judgeSince(t tier, c *Comparison, allowed limit, figures *Figures) (Result, string) {
	w := d.weighed.ones[c]
	before, since := c.Before.tally(false), c.Since.tally(true)
	*figures = figures.with("since_bad", since.bad).with("since_total", since.total).with("before_bad", before.bad).with("before_total", before.total).
		with("extra_burn_rate", w.extra/c.BudgetRatio).with("extra_burn_rate_at_most", w.most/c.BudgetRatio).
		with("chance", d.weighed.chance(w)).with("harm", allowed.now(d.p.Since))
	counted := d.say("In the %s since the Release arrived, %s of %s %s were bad (%s)", d.age(c.Since.End.Sub(c.Came)),
		status.FormatCount(since.bad), status.FormatCount(since.total), d.unit(c.Unit), d.was(before))
	var result Result
	var reason string
	if w.amiss(d.p.Since) {
		result, reason = d.judgeHarm(counted, w, c.Alike, c.Beside, figures)
	}
	switch {
	case len(t.ShopSets) == 1 && result != Fail:
		return d.judgeTier(counted, d.weighed.groups[sloPart{c.SLO, c.Part}], w, allowed, figures, reason)
	case reason != "":
		return result, reason
	}
	result, reason = d.judgeClear(counted, w, allowed, c.Unit)
	if need := w.pool.Least(max(allowed.harm*c.BudgetRatio, small), d.p.Since.cleared()); result == Unknown && !w.amiss(d.p.Since) && !math.IsInf(need, 1) && c.slower(need, d.p.Since.scaled(longestWait)) {
		return NotChecked, d.say("%s: too little traffic to judge it by itself (about %s %s are required, which takes longer than %s). It counts in %s as a whole.",
			counted, status.FormatCount(need), d.unit(c.Unit), d.age(d.p.Since.scaled(longestWait)), t.Name)
	}
	return result, reason
}

func (l lang) was(before tally) string {
	if before.total <= 0 {
		return l.say("no data before")
	}
	return l.say("before: %s of %s", status.FormatCount(before.bad), status.FormatCount(before.total))
}

// A ShopSet of several is too small to be judged by itself where it takes longer than this
// to tell that no such share more of its events is bad. It then counts with the others only.
const (
	longestWait = 4 * time.Hour
	small       = 0.01
)

// slower reports whether so many events take longer than a time.
func (c *Comparison) slower(events float64, than time.Duration) bool {
	rate := 0.0 // a second
	for _, s := range []*Span{c.Before, c.Since} {
		if s != nil && s.End.After(s.Start) {
			rate = max(rate, s.Total/s.End.Sub(s.Start).Seconds())
		}
	}
	return rate*than.Seconds() < events
}

// judgeHarm says of what is amiss whether it is the Release's doing; no reason where that is
// not proven.
func (d *deciding) judgeHarm(counted string, w weight, a *Alike, b *Beside, figures *Figures) (Result, string) {
	counted = d.say("%s: adds %s× the allowed rate to the burn rate", counted, status.FormatRate(w.extra/w.budget))
	if a != nil {
		*figures = figures.with("spans_before", a.Spans).with("spans_as_bad", a.AsBad).with("times_as_bad", a.Times)
	}
	without := d.say("There is no ShopSet without the Release to compare with.")
	if b != nil {
		*figures = figures.with("without_release", Figures{{"shopsets", b.ShopSets}, {"since_bad", b.Bad}, {"since_total", b.Total}, {"before_bad", b.BeforeBad}, {"before_total", b.BeforeTotal}})
		without = d.say("%s without the Release (%s): %s of %s were bad in the same time (%s)", d.count(b.ShopSets, "ShopSet"), d.e.Target.Name,
			status.FormatCount(b.Bad), status.FormatCount(b.Total), d.was(tally{b.BeforeBad, b.BeforeTotal}))
	}
	switch d.p.Since.excuse(a, b, w.budget) {
	case excusedBeside:
		return Unknown, d.say("%s. %s: the Release may not be the cause. More time is needed.", counted, without)
	case excusedAlike:
		return Unknown, d.say("%s, but there were as many bad events %s in the %s before, so the Release may not be the cause. More time is needed.", counted, d.often(a.Times), d.age(d.p.Since.Baseline))
	}
	if !d.weighed.proves(w) {
		return Unknown, ""
	}
	return Fail, d.say("%s, statistically significant (%s). %s", counted, probability(d.weighed.chance(w)), d.sentence(without))
}

func (l lang) often(times int) string {
	if times == 1 {
		return l.say("most of the time")
	}
	return l.say("%d times", times)
}

// judgeClear passes what adds less than a limit to the burn rate, at the most.
func (d *deciding) judgeClear(counted string, w weight, allowed limit, unit slo.Unit) (Result, string) {
	p, max := d.p.Since, allowed.now(d.p.Since)
	highest := w.most / w.budget
	so := ""
	if max < allowed.harm {
		so = d.say(" so soon after it arrived")
	}
	if highest < max {
		return Pass, d.say("%s: adds less than %s× the allowed rate to the burn rate (limit %s×%s, confidence %s).",
			counted, roundUp(highest), status.FormatRate(max), so, status.FormatShare(&p.Confidence))
	}
	return Unknown, d.say("%s: not enough data, may still add up to %s× the allowed rate to the burn rate (limit %s×%s); about %s %s with none bad are required.",
		counted, roundUp(highest), status.FormatRate(max), so, status.FormatCount(w.pool.Least(max*w.budget, p.cleared())), d.unit(unit))
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
// ShopSets with little traffic tell together what none of them could alone. one says that
// a ShopSet fails by itself: that is told once.
func (d *deciding) together(t tier, name string, parts []string, one bool) []Check {
	var checks []Check
	for _, part := range parts {
		c := t.check(CheckSince).of("", name)
		if part != "" {
			c.figure("part", part)
		}
		c.Result, c.Reason = d.judgeTogether(t, sloPart{name, part}, one, &c.Evidence)
		if g := d.weighed.groups[sloPart{name, part}]; g != nil {
			d.untried(&c, g.over)
		}
		checks = append(checks, c)
	}
	return checks
}

func (d *deciding) judgeTogether(t tier, of sloPart, one bool, figures *Figures) (Result, string) {
	g := d.weighed.groups[of]
	if g == nil {
		return Unknown, d.say("No ShopSet of %s has data since the Release arrived.", t.Name)
	}
	w, since := g.whole, g.whole.pool.Since
	allowed := limit{d.p.Since.Harm, g.over}
	*figures = figures.with("shopsets", len(g.all)).with("since_bad", since.Bad).with("since_total", since.Total).
		with("extra_burn_rate", w.extra/w.budget).with("extra_burn_rate_at_most", w.most/w.budget).with("harm", allowed.now(d.p.Since))
	counted := d.say("In %s as a whole, %s of %s %s were bad since the Release arrived", t.Name,
		status.FormatCount(since.Bad), status.FormatCount(since.Total), d.unit(g.all[0].Unit))
	if one {
		return d.judgeAllClear(counted, g, w, allowed)
	}
	unsure := ""
	if w.amiss(d.p.Since) {
		rest := w
		if rest.evidence = g.rest.evidence; g.rest.pool.Since.Total > 0 { // else all of it is excused
			rest.extra = g.rest.extra
		}
		result, reason := d.judgeHarm(counted, rest, g.seen.Alike, g.seen.Beside, figures)
		if result == Fail {
			return result, reason
		}
		unsure = reason
	}
	return d.judgeTier(counted, g, w, allowed, figures, unsure)
}

// untried adds to a pass what a Release has not been through, so long after it came: what
// breaks at the peak or on Mondays only is as good as new before.
func (l lang) untried(c *Check, since time.Duration) {
	if c.Result != Pass || since >= week {
		return
	}
	not := l.say("a full week")
	if since < day {
		not = l.say("a full day, with its peak")
	}
	c.figure("not_seen", not)
	c.Reason += l.say(" Not seen yet: %s.", not)
}
