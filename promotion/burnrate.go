package promotion

import (
	"fmt"
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
	result, reason := judgeBurnRate(d.p, b, d.e.Report.Alerts)
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
	c.Evidence = c.Evidence.with("burn_rates", rates).with("burn_coverage", covered).with("firing", firing)
	lets := d.p.AtRisk
	if b.State == slo.Exhausted {
		lets = d.p.Exhausted
	}
	if result == Fail && t.role == roleTarget && d.e.Fix != nil && lets != LetNone {
		d.letFix(&c)
	}
	return c
}

func judgeBurnRate(p Policy, b *status.Budget, alerts []slo.BurnAlert) (Result, string) {
	asked := func(a slo.BurnAlert) bool { return slices.Contains(p.FailOn, a.Severity) }
	if i := slices.IndexFunc(b.Firing, asked); i >= 0 {
		return Fail, fires(b, b.Firing[i]) + "."
	}
	if b.State == slo.Inconsistent {
		return Unknown, "The counts contradict themselves, so burn rates say nothing."
	}
	var windows []time.Duration
	for _, a := range alerts {
		if asked(a) {
			windows = append(windows, a.Long, a.Short)
		}
	}
	if len(windows) == 0 {
		return Unknown, fmt.Sprintf("No alert of severity %s is configured to compare burn rates with.", severities(p))
	}
	slices.Sort(windows)
	for _, d := range slices.Compact(windows) {
		if reason := untold(p, b, d); reason != "" {
			return Unknown, reason
		}
	}
	if len(b.Firing) > 0 {
		return Pass, fires(b, b.Firing[0]) + ", which the policy lets pass."
	}
	return Pass, fmt.Sprintf("%s; no %s alert fires.", pace(b, slices.Max(windows)), severities(p))
}

// untold says why nothing can be said over a window, or "". A rate is the same
// across a gap, since counters go on counting; that nothing was counted at all is
// believed only where nearly everything was seen.
func untold(p Policy, b *status.Budget, d time.Duration) string {
	i := slices.IndexFunc(b.BurnRates, func(r slo.BurnRate) bool { return r.Window == d })
	name := slo.Rolling(d).Text
	if i < 0 {
		return fmt.Sprintf("No burn rate over %s was handed to the gate.", name)
	}
	r, need, what := b.BurnRates[i], p.MinCoverage, "its burn rate"
	if r.Rate == nil {
		need, what = p.QuietCoverage, "whether there was no traffic"
	}
	if r.Coverage == 0 {
		return fmt.Sprintf("There is no data of the last %s.", name)
	}
	if !(r.Coverage >= need) {
		return fmt.Sprintf("Only %s of the last %s has data; it takes %s to tell %s.",
			status.FormatShare(&r.Coverage), name, status.FormatShare(&need), what)
	}
	return ""
}

// fires says which alert fires on what.
func fires(b *status.Budget, a slo.BurnAlert) string {
	return fmt.Sprintf("The error budget burns %s times as fast as it may over %s and %s over %s: a %s alert fires above %s",
		rateOver(b, a.Long), slo.Rolling(a.Long).Text, rateOver(b, a.Short), slo.Rolling(a.Short).Text, a.Severity, status.FormatRate(a.Factor))
}

// pace says how fast the budget burns over a window.
func pace(b *status.Budget, d time.Duration) string {
	name := slo.Rolling(d).Text
	rate := rateOver(b, d)
	switch rate {
	case "-":
		return "There was no traffic over the last " + name
	case "0":
		return "Nothing was bad over the last " + name
	}
	return fmt.Sprintf("The error budget burns %s times as fast as it may over %s", rate, name)
}

func rateOver(b *status.Budget, d time.Duration) string {
	for _, r := range b.BurnRates {
		if r.Window == d && r.Rate != nil {
			return status.FormatRate(*r.Rate)
		}
	}
	return "-"
}

func severities(p Policy) string {
	var names []string
	for _, s := range p.FailOn {
		names = append(names, string(s))
	}
	return strings.Join(names, " or ")
}
