package promotion

import (
	"fmt"
	"slices"
)

// checkSources makes an unknown of each source that could not be reached.
func checkSources(e *Evidence) []Check {
	outages := slices.Clone(e.Outages)
	note := func(where, failed string) {
		if failed != "" {
			outages = append(outages, Outage{Source: orElse(where, "a source"), Error: failed})
		}
	}
	note("the source of budgets", e.Report.Outage)
	note(e.Fleet.Where, e.Fleet.Error)
	note(e.Alerts.Where, e.Alerts.Error)
	note(e.Incidents.Where, e.Incidents.Error)
	note(e.Freezes.Where, e.Freezes.Error)
	note(e.Overrides.Where, e.Overrides.Error)
	note(e.Exclusions.Where, e.Exclusions.Error)
	if e.Rules != nil {
		note(e.Rules.Last.Where, e.Rules.Last.Error)
	}
	var checks []Check
	for _, o := range outages {
		checks = append(checks, Check{Check: CheckSource, Result: Unknown,
			Reason:   fmt.Sprintf("%s could not be reached: %s.", o.Source, o.Error),
			Evidence: Figures{{"source", o.Source}, {"error", o.Error}}})
	}
	return checks
}
