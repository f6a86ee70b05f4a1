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
	if checks, done := d.unasked(CheckAlert, t, "whether an alert fires", d.e.Alerts.Where, d.e.Alerts.Error, "the address of Prometheus or Alertmanager (gate.alerts)"); done {
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
		c.Result, c.Reason = Fail, fmt.Sprintf("Alert %s fires%s (%s).", a.Name, since, labels(a.Labels))
		checks = append(checks, c)
	}
	if len(checks) > 0 {
		return checks
	}
	reason := fmt.Sprintf("No alert fires on %s%s.", t.Name, elsewhere(other, "fire"))
	if quiet > 0 {
		reason = fmt.Sprintf("No alert that counts fires on %s (%d silenced or of no weight)%s.", t.Name, quiet, elsewhere(other, "fire"))
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

// checkIncidents asks that no incident is open that touches the target.
func (d *deciding) checkIncidents(t tier) []Check {
	in := d.e.Incidents
	if checks, done := d.unasked(CheckIncident, t, "whether an incident is open that touches the target", in.Where, in.Error, "the incidents' files or bot (gate.incidents, gate.incidentbot)"); done {
		if checks[0].Result != Unknown {
			return checks
		}
		// What could be read holds all the same.
		return append(slices.DeleteFunc(d.openIncidents(t), func(c Check) bool { return c.Result != Fail }), checks...)
	}
	return d.openIncidents(t)
}

func (d *deciding) openIncidents(t tier) []Check {
	return standing(d, CheckIncident, t, d.e.Incidents.Items, func(i Incident) Scope { return i.Scope }, func(c Check, i Incident) Check {
		which := i.ID
		if i.Title != "" {
			which += " (" + strings.TrimRight(i.Title, ".。 ") + ")"
		}
		touched := "touches " + string(t.Name)
		if i.Scope.Everything() {
			touched = "may touch everything"
		}
		c.figure("incident", i.ID).figure("severity", i.Severity).figure("since", instant(i.Since)).figure("link", orNull(i.Link))
		return c.says(Fail, fmt.Sprintf("Incident %s is open and %s%s.", which, touched, after(" since ", i.Since)))
	}, func(others int) string {
		return fmt.Sprintf("No open incident touches %s%s.", t.Name, elsewhere(others, "open"))
	})
}

// checkFreezes asks that nobody has forbidden promotions to the target.
func (d *deciding) checkFreezes(t tier) []Check {
	f := d.e.Freezes
	if checks, done := d.unasked(CheckFreeze, t, "whether the target is frozen", f.Where, f.Error, "the documents of freezes (gate.calendar)"); done {
		return checks
	}
	inForce := slices.DeleteFunc(slices.Clone(f.Items), func(f Freeze) bool { return !within(d.now, f.From, f.Until) })
	return standing(d, CheckFreeze, t, inForce, func(f Freeze) Scope { return f.Scope }, func(c Check, f Freeze) Check {
		what := "Freeze " + f.ID
		if f.Emergency {
			what = "Emergency stop " + f.ID
		}
		by := ""
		if f.By != "" {
			by = ", by " + f.By
		}
		c.figure("freeze", f.ID).figure("by", orNull(f.By)).figure("until", instant(f.Until)).figure("emergency", f.Emergency)
		return c.says(Fail, fmt.Sprintf("%s is in force %s: %s%s.", what, until(f.Until), strings.TrimRight(orElse(f.Reason, "no reason was given"), ".。 "), by))
	}, func(others int) string {
		return fmt.Sprintf("No freeze of %s is in force%s.", t.Name, elsewhere(others, "in force"))
	})
}

func after(lead string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return lead + t.UTC().Format(time.RFC3339)
}
