package promotion

import "fmt"

// checkSources makes an unknown of each source that could not be reached.
func checkSources(e Evidence) []Check {
	var checks []Check
	for _, o := range e.Outages {
		checks = append(checks, Check{Check: CheckSource, Result: Unknown,
			Reason:   fmt.Sprintf("%s could not be reached: %s.", o.Source, o.Error),
			Evidence: Figures{{"source", o.Source}, {"error", o.Error}}})
	}
	return checks
}
