package promotion

import (
	"fmt"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Policy says what the gate asks for. The zero value asks for the defaults.
type Policy struct {
	// MinCoverage is the share 0–1 of an SLO's window, and of a burn rate's, that
	// has to have data; 0 means 0.5: Prometheus keeps 15 days by default, a window
	// is 28.
	MinCoverage float64 `json:"min_coverage"`
	// QuietCoverage is the share 0–1 of a burn rate's window that has to have data
	// for "no traffic" to be believed; 0 means 0.95.
	QuietCoverage float64 `json:"quiet_coverage"`
	// MaxAge is how old the newest sample and the end of the window may be; 0 means
	// 5 minutes.
	MaxAge time.Duration `json:"max_age_ns"`
	// FailOn are the severities of burn-rate alerts that hold; empty means page.
	FailOn []slo.Severity `json:"fail_on"`
	// AtRiskHolds makes a target budget that is at risk a failure.
	AtRiskHolds bool `json:"at_risk_holds"`
	// RedundancyWaived makes ShopGroups that are short of their FailureDomains
	// known, but no reason to hold.
	RedundancyWaived bool `json:"redundancy_waived"`
}

// Validate reports what makes the policy unusable.
func (p Policy) Validate() error {
	for name, share := range map[string]float64{"minimum coverage": p.MinCoverage, "coverage for no traffic": p.QuietCoverage} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("gate policy: %s %v is not between 0 and 1; write 90 %% as 0.9", name, share)
		}
	}
	if p.MaxAge < 0 {
		return fmt.Errorf("gate policy: maximum age %v is negative", p.MaxAge)
	}
	for _, s := range p.FailOn {
		if s != slo.Page && s != slo.Ticket {
			return fmt.Errorf("gate policy: severity %q is neither %q nor %q", s, slo.Page, slo.Ticket)
		}
	}
	return nil
}

func (p Policy) withDefaults() Policy {
	if p.MinCoverage == 0 {
		p.MinCoverage = 0.5
	}
	if p.QuietCoverage == 0 {
		p.QuietCoverage = 0.95
	}
	if p.MaxAge == 0 {
		p.MaxAge = 5 * time.Minute
	}
	if len(p.FailOn) == 0 {
		p.FailOn = []slo.Severity{slo.Page}
	}
	return p
}
