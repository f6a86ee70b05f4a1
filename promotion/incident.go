package promotion

import (
	"fmt"
	"slices"
	"strings"
)

// checkIncidents asks that no incident is open that touches the target.
func (d *deciding) checkIncidents(t tier) []Check {
	in := d.e.Incidents
	if checks, done := d.unasked(CheckIncident, t, in.Where, in.Error, "set gate.incidents or gate.incidentbot"); done {
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
		touched := "affects " + string(t.Name)
		if i.Scope.Everything() {
			touched = "may affect everything"
		}
		c.figure("incident", i.ID).figure("severity", i.Severity).figure("since", instant(i.Since)).figure("link", orNull(i.Link))
		return c.says(Fail, fmt.Sprintf("Incident %s is open and %s%s.", which, touched, after(" since ", i.Since)))
	}, func(others int) string {
		return fmt.Sprintf("No open incident affects %s%s.", t.Name, elsewhere(others, "open"))
	})
}
