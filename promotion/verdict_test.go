package promotion

import "testing"

// What nobody looked at and what somebody sets aside never add up to a promotion.
func TestTheVerdictOfResults(t *testing.T) {
	for _, c := range []struct {
		name    string
		results []Result
		want    Verdict
	}{
		{"nothing at all", nil, Inconclusive},
		{"everything is waived", []Result{Waived, Waived}, Inconclusive},
		{"nothing was checked", []Result{NotChecked}, Inconclusive},
		{"waived, or not checked", []Result{Waived, NotChecked}, Inconclusive},
		{"one passed, the others are waived", []Result{Waived, Pass, Waived}, Promote},
		{"one passed, the others were not checked", []Result{NotChecked, Pass}, Promote},
		{"one is unknown", []Result{Pass, Unknown, Pass}, Inconclusive},
		{"one failed, and more is unknown", []Result{Pass, Unknown, Fail}, Hold},
		{"one failed, the others are waived", []Result{Waived, Fail}, Hold},
	} {
		var checks []Check
		for _, r := range c.results {
			checks = append(checks, Check{Result: r})
		}
		if got := verdict(checks); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
