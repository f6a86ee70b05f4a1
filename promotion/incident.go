package promotion

import (
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// checkIncidents asks that no incident is open on the Tier that shows how the Release
// behaves, or on the target: during one, neither is as it is at other times.
func (d *deciding) checkIncidents(source, target tier) []Check {
	in := d.e.Incidents
	if checks, done := d.unasked(CheckIncident, target, in.Where, in.Error, "set gate.incidents or gate.incidentbot"); done {
		if checks[0].Result != Unknown {
			return checks
		}
		// What could be read holds all the same.
		return append(slices.DeleteFunc(d.openIncidents(source, target), func(c Check) bool { return c.Result != Fail }), checks...)
	}
	return d.openIncidents(source, target)
}

func (d *deciding) openIncidents(source, target tier) []Check {
	var checks []Check
	others := 0
	for _, i := range d.e.Incidents.Items {
		switch {
		case i.Scope.touches(d.e, target), d.lost(i):
			checks = append(checks, d.holdingIncident(target, i))
		case source.Name != "" && i.Scope.touches(d.e, source):
			checks = append(checks, d.holdingIncident(source, i))
		default:
			others++
		}
	}
	if len(checks) == 0 {
		return []Check{target.check(CheckIncident).says(Pass, d.say("No open incident affects %s%s.", d.either(source, target), d.elsewhere(others, " (%d open elsewhere)")))}
	}
	return checks
}

// lost reports whether an Incident names a Tier or a ShopSet that there is not, so that nobody
// knows what it hurts.
func (d *deciding) lost(i Incident) bool {
	return len(i.Lost) > 0 || d.e.Declared.Tiers != nil && slices.ContainsFunc(i.Scope.Tiers, func(t fleet.TierName) bool { return d.e.Declared.tier(t) == nil })
}

func (d *deciding) holdingIncident(t tier, i Incident) Check {
	which := i.ID
	if i.Title != "" {
		which = d.say("%s (%s)", which, strings.TrimRight(i.Title, ".。 "))
	}
	touched := d.say("affects %s", t.Name)
	switch {
	case i.Scope.Everything():
		touched = d.say("may affect everything")
	case !i.Scope.touches(d.e, t) && len(i.Lost) > 0:
		touched = d.say("may affect everything, since it names an unknown ShopSet (%s)", d.some(words(i.Lost), 3))
	case !i.Scope.touches(d.e, t):
		touched = d.say("may affect everything, since it names an unknown Tier (%s)", d.some(words(i.Scope.Tiers), 3))
	}
	c := t.check(CheckIncident)
	c.figure("incident", i.ID).figure("severity", i.Severity).figure("since", instant(i.Since)).figure("link", orNull(i.Link))
	since := ""
	if !i.Since.IsZero() {
		since = d.say(" since %s", i.Since.UTC().Format(time.RFC3339))
	}
	return c.says(Fail, d.say("Incident %s is open and %s%s.", which, touched, since))
}

// either names both Tiers.
func (l lang) either(source, target tier) string {
	if source.Name == "" || source.Name == target.Name {
		return string(target.Name)
	}
	return l.say("%s or %s", source.Name, target.Name)
}
