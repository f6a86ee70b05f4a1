package promotion

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// checkBurnRate asks that no burn-rate alert of the policy's severities fires, and
// that this can be told. What burns the target's budget is no reason to keep out the
// Release that mends it.
func (d *deciding) checkBurnRate(t tier, b *status.Budget) Check {
	result, reason, longest := d.judgeBurnRate(d.p, b, d.e.Report.Alerts)
	c := t.about(CheckBurnRate, b, result, reason)
	rates, covered, firing := make(Figures, len(b.BurnRates)), make(Figures, len(b.BurnRates)), []Figures{}
	for i, r := range b.BurnRates {
		name := slo.Rolling(r.Window).Text
		rates[i], covered[i] = Figure{name, r.Rate}, Figure{name, &b.BurnRates[i].Coverage}
	}
	for _, a := range b.Firing {
		firing = append(firing, Figures{{"severity", string(a.Severity)}, {"factor", a.Factor},
			{"long", slo.Rolling(a.Long).Text}, {"short", slo.Rolling(a.Short).Text}})
	}
	c.figure("burn_rates", rates).figure("burn_coverage", covered).figure("firing", firing)
	lets := d.p.AtRisk
	if b.State == slo.Exhausted {
		lets = d.p.Exhausted
	}
	if result == Fail && t.role == RoleTarget && d.e.Fix != nil && lets != LetNone {
		d.letFix(&c)
	}
	d.excluded(&c, looked{from: b.WindowEnd.Add(-longest)})
	d.doubt(&c, b, b.WindowEnd.Add(-longest), d.doubtSince(t, b))
	return c
}

// judgeBurnRate also gives the longest window that it looked at.
func (l lang) judgeBurnRate(p Policy, b *status.Budget, configured []slo.BurnAlert) (Result, string, time.Duration) {
	asked := func(a slo.BurnAlert) bool { return slices.Contains(p.FailOn, a.Severity) }
	var windows []time.Duration
	for _, a := range b.Alerts {
		if asked(a) {
			windows = append(windows, a.Long, a.Short)
		}
	}
	slices.Sort(windows)
	windows = slices.Compact(windows)
	longest := time.Duration(0)
	if len(windows) > 0 {
		longest = windows[len(windows)-1]
	}
	result, reason := l.compareRates(p, b, configured, asked, windows)
	return result, reason, longest
}

func (l lang) compareRates(p Policy, b *status.Budget, configured []slo.BurnAlert, asked func(slo.BurnAlert) bool, windows []time.Duration) (Result, string) {
	if i := slices.IndexFunc(b.Firing, asked); i >= 0 {
		if a := b.Firing[i]; history(b) < a.Long {
			return Unknown, l.say("%s, but the history is shorter than the alert window. Verdict at %s (see budgets.least_history).",
				l.fires(b, a), b.VerdictFrom.UTC().Format(time.RFC3339))
		}
		return Fail, l.say("%s.", l.fires(b, b.Firing[i]))
	}
	switch {
	case b.State == slo.Inconsistent:
		return Unknown, l.say("Counts are inconsistent, so burn rates are meaningless.")
	case !slices.ContainsFunc(configured, asked):
		return Unknown, l.say("No %s alert is configured, so there is no threshold for burn rates.", l.severities(p))
	case len(windows) == 0:
		return NotChecked, l.say("No %s alert fits the %s window; run shopslo validate for details.", l.severities(p), b.Window)
	}
	if doubt := l.doubtedRates(b, configured, asked); doubt != "" {
		return Unknown, doubt
	}
	for _, d := range windows {
		if reason := l.untold(p, b, d); reason != "" {
			return Unknown, reason
		}
	}
	if len(b.Firing) > 0 {
		return Pass, l.say("%s, allowed by the policy.", l.fires(b, b.Firing[0]))
	}
	return Pass, l.say("%s; no %s alert is firing.", l.pace(b, windows[len(windows)-1]), l.severities(p))
}

// history is how long a budget's is; very long where it is long enough for a verdict.
func history(b *status.Budget) time.Duration {
	if b.VerdictFrom.IsZero() {
		return math.MaxInt64
	}
	began := b.Expected
	if began.IsZero() {
		began = b.ExactFrom
	}
	return b.WindowEnd.Sub(began)
}

// untold says why nothing can be said over a window, or "". A rate is the same
// across a gap, since counters go on counting; that nothing was counted at all is
// believed only where nearly everything was seen.
func (l lang) untold(p Policy, b *status.Budget, d time.Duration) string {
	i := slices.IndexFunc(b.BurnRates, func(r slo.BurnRate) bool { return r.Window == d })
	name := slo.Rolling(d).Text
	if i < 0 {
		return l.say("The evidence has no burn rate over %s.", name)
	}
	r, need, what := b.BurnRates[i], p.MinCoverage, l.say("to know the burn rate")
	if r.Rate == nil {
		need, what = p.QuietCoverage, l.say("to confirm that there was no traffic")
	}
	if r.Coverage == 0 {
		return l.say("No data for the last %s.", name)
	}
	if !(r.Coverage >= need) {
		return l.say("Only %s of the last %s has data (%s required %s).",
			status.FormatShare(&r.Coverage), name, status.FormatShare(&need), what)
	}
	return ""
}

// fires says which alert fires on what.
func (l lang) fires(b *status.Budget, a slo.BurnAlert) string {
	return l.say("Error budget burns at %s× the allowed rate over %s and %s× over %s: a %s alert is firing (threshold %s×)",
		rateOver(b, a.Long), slo.Rolling(a.Long).Text, rateOver(b, a.Short), slo.Rolling(a.Short).Text, l.say(string(a.Severity)), status.FormatRate(a.Factor))
}

// pace says how fast the budget burns over a window.
func (l lang) pace(b *status.Budget, d time.Duration) string {
	name := slo.Rolling(d).Text
	rate := rateOver(b, d)
	switch rate {
	case "-":
		return l.say("No traffic in the last %s", name)
	case "0":
		return l.say("No bad events in the last %s", name)
	}
	return l.say("Error budget burns at %s× the allowed rate over %s", rate, name)
}

func rateOver(b *status.Budget, d time.Duration) string {
	for _, r := range b.BurnRates {
		if r.Window == d && r.Rate != nil {
			return status.FormatRate(*r.Rate)
		}
	}
	return "-"
}

func (l lang) severities(p Policy) string {
	var names []string
	for _, s := range p.FailOn {
		names = append(names, l.say(string(s)))
	}
	return strings.Join(names, l.say(" or "))
}
