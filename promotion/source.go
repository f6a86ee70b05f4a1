package promotion

import (
	"slices"

	"github.com/shopslo/shopslo/internal/outage"
)

// checkSources makes an unknown of each source that could not be reached.
func (l lang) checkSources(e *Evidence) []Check {
	outages := slices.Clone(e.Outages)
	note := func(where, failed string) {
		if o := (Outage{orElse(where, "a source"), failed}); failed != "" && !slices.Contains(outages, o) { // one may be asked for several things
			outages = append(outages, o)
		}
	}
	note("the source of budgets", e.Report.Outage)
	note(e.Fleet.Where, e.Fleet.Error)
	note(e.Arrivals.Where, e.Arrivals.Error)
	note(e.Alerts.Where, e.Alerts.Error)
	note(e.Incidents.Where, e.Incidents.Error)
	note(e.Freezes.Where, e.Freezes.Error)
	note(e.Overrides.Where, e.Overrides.Error)
	note(e.Exclusions.Where, e.Exclusions.Error)
	if r := e.Rules; r != nil {
		note(r.Last.Where, r.Last.Error)
		if r.From != nil {
			note(r.From.Where, r.From.Error)
		}
	}
	if m := e.Moves; m != nil {
		note(m.Where, m.Error)
	}
	var checks []Check
	for _, o := range outages {
		checks = append(checks, Check{Check: CheckSource, Result: Unknown,
			Reason:   l.say("%s could not be reached: %s.", l.begin(o.Source), outage.Say(l.Language, o.Error)),
			Evidence: Figures{{"source", o.Source}, {"error", o.Error}}})
	}
	return checks
}
