package promotion

import (
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// checkAlerts asks that no alert fires on the Tier that shows how the Release behaves,
// on the target, or on nobody knows what, and that one could.
func (d *deciding) checkAlerts(source, target tier) []Check {
	if checks, done := d.unasked(CheckAlert, source, d.e.Alerts.Where, d.e.Alerts.Error, "set gate.alerts"); done {
		return checks
	}
	sorted := d.sortAlerts(source, target)
	checks := append(sorted.checks, d.checkAlerting(source, target)...)
	if len(checks) > 0 {
		return checks
	}
	reason := d.say("No alert is firing on %s", d.either(source, target))
	if sorted.quiet > 0 {
		reason = d.say("No relevant alert is firing on %s (%d silenced or quiet)", d.either(source, target), sorted.quiet)
	}
	if n := len(sorted.unlabelled); n > 0 {
		reason += d.say(" (%d below page severity without a ShopSet or Tier label: %s)", n, d.some(sorted.unlabelled, 3))
	}
	c := source.check(CheckAlert).says(Pass, reason+d.elsewhere(sorted.other, " (%d firing elsewhere)")+d.say("."))
	c.figure("silenced_or_quiet", sorted.quiet).figure("elsewhere", sorted.other).figure("unlabelled", slices.Sorted(slices.Values(sorted.unlabelled)))
	return []Check{c}
}

// sortedAlerts are the alerts by what they mean for a promotion.
type sortedAlerts struct {
	checks       []Check  // of those that hold
	unlabelled   []string // about nobody knows what, below page severity
	quiet, other int      // silenced or of no weight; about other Tiers
}

func (d *deciding) sortAlerts(source, target tier) (out sortedAlerts) {
	for _, a := range d.e.Alerts.Items {
		by := d.inhibitors(a)
		touches := func(t tier) bool {
			return names(a.ShopSets, a.Tiers, t) || slices.ContainsFunc(by, func(i Alert) bool { return names(i.ShopSets, i.Tiers, t) })
		}
		nowhere := len(a.ShopSets)+len(a.Tiers) == 0
		switch on, above := touches(source) && !d.alone, touches(target); {
		case !on && !above && !nowhere:
			out.other++
		case a.Silenced || d.quiet(a.Name, a.Labels):
			out.quiet++
		case on:
			out.checks = append(out.checks, d.firing(source, a, by, ""))
		case above:
			c := d.firing(target, a, by, "")
			if d.e.Fix != nil {
				d.letFix(&c)
			}
			out.checks = append(out.checks, c)
		case d.pages(a):
			out.checks = append(out.checks, d.firing(source, a, by, d.say("; without a label that names a ShopSet or Tier of the fleet it may be about any")))
		default:
			out.unlabelled = append(out.unlabelled, a.Name)
		}
	}
	return out
}

// inhibitors are the alerts because of which an Alertmanager tells nobody of one. It
// fires all the same.
func (d *deciding) inhibitors(a Alert) (by []Alert) {
	for _, of := range d.e.Alerts.Items {
		if of.Fingerprint != "" && slices.Contains(a.InhibitedBy, of.Fingerprint) {
			by = append(by, of)
		}
	}
	return by
}

// firing is the failed Check of an alert. more ends the sentence.
func (l lang) firing(t tier, a Alert, by []Alert, more string) Check {
	c := t.check(CheckAlert)
	c.figure("alert", a.Name).figure("since", instant(a.Since)).figure("shopsets", words(a.ShopSets))
	if len(a.ShopSets) == 1 {
		c.ShopSet = a.ShopSets[0]
	}
	since := ""
	if !a.Since.IsZero() {
		since = l.say(" since %s", a.Since.UTC().Format(time.RFC3339))
	}
	if len(a.InhibitedBy) > 0 {
		var inhibitors []string
		for _, of := range by {
			inhibitors = append(inhibitors, of.Name)
		}
		c.figure("inhibited_by", slices.Sorted(slices.Values(inhibitors)))
		more = l.say(", inhibited by %s", orElse(l.some(inhibitors, 3), l.say("an alert that is gone"))) + more
	}
	return c.says(Fail, l.say("Alert %s is firing%s (%s)%s.", a.Name, since, l.labels(a.Labels), more))
}

// quiet reports whether policy gives an alert no weight.
func (d *deciding) quiet(name string, labels map[string]string) bool {
	return slices.Contains(d.p.QuietAlerts, name) || slices.Contains(d.p.QuietAlerts, labels["severity"])
}

// pages reports whether an alert's severity is one of those that call somebody, however it is
// written.
func (d *deciding) pages(a Alert) bool {
	severity := strings.TrimSpace(a.Labels["severity"])
	return slices.ContainsFunc(d.p.PageSeverities, func(s string) bool { return strings.EqualFold(s, severity) })
}

// names reports whether a Tier, or a ShopSet of it, is among those.
func names(sets []fleet.ShopSetName, tiers []fleet.TierName, t tier) bool {
	return slices.Contains(tiers, t.Name) || slices.ContainsFunc(sets, func(s fleet.ShopSetName) bool { return slices.Contains(t.ShopSets, s) })
}

// labels writes a few of them; the name has been said.
func (l lang) labels(all map[string]string) string {
	var parts []string
	for name, value := range all {
		if name != "alertname" {
			parts = append(parts, name+"="+value)
		}
	}
	slices.Sort(parts)
	if len(parts) > 6 {
		parts = append(parts[:6], "…")
	}
	if len(parts) == 0 {
		return l.say("no labels")
	}
	return strings.Join(parts, ", ")
}
