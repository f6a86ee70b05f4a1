package promotion

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// checkAlerts asks that no alert fires on the Tier that shows how the Release behaves.
func (d *deciding) checkAlerts(t tier) []Check {
	if checks, done := d.unasked(CheckAlert, t, d.e.Alerts.Where, d.e.Alerts.Error, "set gate.alerts"); done {
		return checks
	}
	var checks []Check
	quiet, other := 0, 0
	for _, a := range d.e.Alerts.Items {
		on := slices.ContainsFunc(a.ShopSets, func(s fleet.ShopSetName) bool { return slices.Contains(t.ShopSets, s) })
		if !on && !slices.Contains(a.Tiers, t.Name) {
			other++
			continue
		}
		if a.Silenced || d.quiet(a) {
			quiet++
			continue
		}
		c := t.check(CheckAlert)
		c.figure("alert", a.Name).figure("since", instant(a.Since)).figure("shopsets", words(a.ShopSets))
		if len(a.ShopSets) == 1 {
			c.ShopSet = a.ShopSets[0]
		}
		since := ""
		if !a.Since.IsZero() {
			since = " since " + a.Since.UTC().Format(time.RFC3339)
		}
		c.Result, c.Reason = Fail, fmt.Sprintf("Alert %s is firing%s (%s).", a.Name, since, labels(a.Labels))
		checks = append(checks, c)
	}
	if len(checks) > 0 {
		return checks
	}
	reason := fmt.Sprintf("No alert is firing on %s%s.", t.Name, elsewhere(other, "firing"))
	if quiet > 0 {
		reason = fmt.Sprintf("No relevant alert is firing on %s (%d silenced or quiet)%s.", t.Name, quiet, elsewhere(other, "firing"))
	}
	c := t.check(CheckAlert).says(Pass, reason)
	c.figure("silenced_or_quiet", quiet).figure("elsewhere", other)
	return []Check{c}
}

// quiet reports whether policy gives an alert no weight.
func (d *deciding) quiet(a Alert) bool {
	return slices.Contains(d.p.QuietAlerts, a.Name) || slices.Contains(d.p.QuietAlerts, a.Labels["severity"])
}

// labels writes a few of them; the name has been said.
func labels(all map[string]string) string {
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
		return "no labels"
	}
	return strings.Join(parts, ", ")
}

// MatchAlerts says of each alert which ShopSets and Tiers of the fleet its labels name:
// those of a ShopSet are the labels that its series carry, a Tier's is "tier".
func MatchAlerts(f *fleet.Fleet, alerts []Alert) []Alert {
	out := slices.Clone(alerts)
	for i := range out {
		a := &out[i]
		a.ShopSets, a.Tiers = []fleet.ShopSetName{}, []fleet.TierName{}
		for _, set := range f.ShopSets() {
			if carries(a.Labels, set.Match) {
				a.ShopSets = append(a.ShopSets, set.Name)
			}
		}
		if name := fleet.TierName(a.Labels["tier"]); name != "" && len(a.ShopSets) == 0 {
			if _, ok := f.Tier(name); ok {
				a.Tiers = append(a.Tiers, name)
			}
		}
	}
	return out
}

func carries(labels, match map[string]string) bool {
	for name, value := range match {
		if labels[name] != value {
			return false
		}
	}
	return len(match) > 0
}
