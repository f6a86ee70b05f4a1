package promotion

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/slo"
)

// Policy says what the gate asks for. The zero value asks for the defaults. Each
// target Tier may have its own.
type Policy struct {
	// MinCoverage is the share 0–1 of an SLO's window, of a burn rate's, and of the
	// time since the Release came, that has to have data; 0 means 0.5: Prometheus
	// keeps 15 days by default, a window is 28.
	MinCoverage float64 `json:"min_coverage,omitempty"`
	// QuietCoverage is the share 0–1 of a burn rate's window that has to have data
	// for "no traffic" to be believed; 0 means 0.95.
	QuietCoverage float64 `json:"quiet_coverage,omitempty"`
	// MaxAge is how old the newest sample, the end of the window and what was seen
	// of the fleet may be; 0 means 5 minutes.
	MaxAge time.Duration `json:"max_age,omitempty"`
	// FailOn are the severities of burn-rate alerts that hold; empty means page.
	FailOn []slo.Severity `json:"fail_on,omitempty" need:"leave it out for [page]"`
	// AtRisk and Exhausted say who may go to a Tier whose error budget is at risk,
	// or used up; "" means all, and none.
	AtRisk    Lenience `json:"at_risk,omitempty"`
	Exhausted Lenience `json:"exhausted,omitempty"`
	// RedundancyWaived makes ShopGroups that are short of their FailureDomains
	// known, but no reason to hold.
	RedundancyWaived bool `json:"redundancy_waived,omitempty"`
	// AcceptSuspended takes Suspended, as a CronJob that somebody paused makes it, for as good
	// as Healthy.
	AcceptSuspended bool `json:"accept_suspended,omitempty"`
	// Soak is how long all ShopSets below have to run the Release without a break;
	// nil: what the document of their Tier asks for.
	Soak *time.Duration `json:"soak,omitempty"`
	// Since is about the budget burned since the Release came.
	Since SincePolicy `json:"since_release,omitempty"`
	// Load is about the load that the Release has carried since.
	Load LoadPolicy `json:"load,omitempty"`
	// Traffic is about how much is missing since; nil: nobody looks, as in records of before
	// the check was made.
	Traffic *TrafficPolicy `json:"traffic,omitempty"`
	// LongestExclusion is how long an Exclusion may be to count since the Release came,
	// together with those that it touches; 0: as long as it likes.
	LongestExclusion time.Duration `json:"longest_exclusion,omitempty"`
	// QuietAlerts are values of the label severity, or of alertname, with which an
	// alert does not hold; nil means none, info, Watchdog and InfoInhibitor.
	QuietAlerts []string `json:"quiet_alerts,omitempty"`
	// PageSeverities are values of the label severity with which an alert that names no
	// ShopSet or Tier holds; nil means page and critical.
	PageSeverities []string `json:"page_severities,omitempty"`
	// MaxRuleAge is how long ago an alerting rule may have been evaluated, or an
	// Alertmanager told of an alert; 0 means 5 minutes.
	MaxRuleAge time.Duration `json:"max_rule_age,omitempty"`
	// MaxComparisonAge is how long ago Argo CD may have compared a ShopSet; 0 means 15
	// minutes.
	MaxComparisonAge time.Duration `json:"max_comparison_age,omitempty"`
	// MaxGitAge is how long ago the exporter may have fetched the branches; 0 means 5
	// minutes.
	MaxGitAge time.Duration `json:"max_git_age,omitempty"`
	// Needs says of checks whether they are made, by name; see Need.
	Needs map[string]Need `json:"checks,omitempty"`
}

// SincePolicy is the test of docs/gate.md, "since_release".
type SincePolicy struct {
	// Harm is what has to be ruled out of a Tier as a whole before a Release goes on: a
	// burn rate that it adds to the one before. 1, which 0 means, would use up a whole
	// budget in the SLO's window.
	Harm float64 `json:"harm,omitempty"`
	// HarmToOne is what has to be ruled out of each single ShopSet of a Tier of several: a
	// share 0–1 of its events that are bad more than before; 0 means 0.01. Where the
	// objective makes Harm a larger share, that counts.
	HarmToOne float64 `json:"harm_to_one,omitempty"`
	// FalseAlarms is the greatest share 0–1 of Releases that chance alone ever makes fail this
	// check, however often it is asked; 0 means 0.01.
	FalseAlarms float64 `json:"false_alarms,omitempty"`
	// Confidence is the least share 0–1 of Releases with just that Harm that never pass,
	// however often it is asked; 0 means 0.95.
	Confidence float64 `json:"confidence,omitempty"`
	// Baseline is how far back the time before is looked at; 0 means 7 days, so that
	// each hour of the week is in it once.
	Baseline time.Duration `json:"baseline,omitempty"`
}

// Lenience says which Releases may go on all the same.
type Lenience string

// The leniences.
const (
	LetAll   Lenience = "all"
	LetFixes Lenience = "fixes" // those that say what they mend: --fix
	LetNone  Lenience = "none"
)

// Need says whether a check has to be made.
type Need string

// The needs. Without any, a check is made where what it asks is configured.
const (
	Required Need = "required" // it is unknown where what it asks is not configured
	Optional Need = "optional" // it is not_checked there
	Off      Need = "off"      // it is not made
)

// Validate reports what makes the policy unusable.
func (p Policy) Validate() error {
	shares := []struct {
		name  string
		share float64
	}{
		{"minimum coverage", p.MinCoverage}, {"coverage for no traffic", p.QuietCoverage},
		{"share of false alarms", p.Since.FalseAlarms}, {"confidence", p.Since.Confidence},
		{"harm to one ShopSet", p.Since.HarmToOne}, {"share of the busiest time", p.Load.Share},
	}
	for _, s := range shares {
		if !(s.share >= 0 && s.share <= 1) {
			return fmt.Errorf("%s must be between 0 and 1 (write 90%% as 0.9), got %v", s.name, s.share)
		}
	}
	switch {
	case p.Load.Window < 0 || p.Load.Day < 0:
		return fmt.Errorf("load window %v and day %v must not be negative", p.Load.Window, p.Load.Day)
	case p.MaxRuleAge < 0 || p.MaxComparisonAge < 0 || p.MaxGitAge < 0:
		return fmt.Errorf("maximum ages of rules %v, comparisons %v and branches %v must not be negative", p.MaxRuleAge, p.MaxComparisonAge, p.MaxGitAge)
	case p.LongestExclusion < 0:
		return fmt.Errorf("longest exclusion %v must not be negative", p.LongestExclusion)
	case p.MaxAge < 0 || p.Since.Baseline < 0 || p.Soak != nil && *p.Soak < 0:
		return fmt.Errorf("maximum age %v, baseline %v and soak time must not be negative", p.MaxAge, p.Since.Baseline)
	case !(p.Since.Harm >= 0):
		return fmt.Errorf("harm must be a burn rate of 0 or more, got %v", p.Since.Harm)
	}
	if err := p.Traffic.validate(); err != nil {
		return err
	}
	for _, s := range p.FailOn {
		if s != slo.Page && s != slo.Ticket {
			return fmt.Errorf("%q must be one of: %s, %s", s, slo.Page, slo.Ticket)
		}
	}
	for _, l := range []Lenience{p.AtRisk, p.Exhausted} {
		if l != "" && !slices.Contains([]Lenience{LetAll, LetFixes, LetNone}, l) {
			return fmt.Errorf("%q must be one of: all, fixes, none", l)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Needs)) {
		if err := CheckNeed(name, p.Needs[name]); err != nil {
			return err
		}
	}
	return nil
}

// CheckNeed reports why a check cannot be given that need.
func CheckNeed(check string, n Need) error {
	switch {
	case !slices.Contains(checkOrder, check):
		return fmt.Errorf("unknown check %q%s", check, nearest.Hint(check, checkOrder))
	case n != Required && n != Optional && n != Off:
		return fmt.Errorf("check %s: %q must be one of: required, optional, off", check, n)
	case n == Off && Fixed(check):
		return fmt.Errorf("check %s cannot be off", check)
	}
	return nil
}

// Fixed reports whether a check is always made, and nobody's to waive: what could not be
// asked no one can answer for, and rules would take themselves away.
func Fixed(check string) bool {
	return check == CheckSource || check == CheckSLO || check == CheckRules
}

func (p Policy) withDefaults() Policy {
	set(&p.MinCoverage, 0.5)
	set(&p.QuietCoverage, 0.95)
	set(&p.MaxAge, 5*time.Minute)
	set(&p.MaxRuleAge, 5*time.Minute)
	set(&p.MaxComparisonAge, 15*time.Minute)
	set(&p.MaxGitAge, 5*time.Minute)
	set(&p.AtRisk, LetAll)
	set(&p.Exhausted, LetNone)
	p.Since, p.Load, p.Traffic = p.Since.withDefaults(), p.Load.withDefaults(), p.Traffic.withDefaults()
	if len(p.FailOn) == 0 {
		p.FailOn = []slo.Severity{slo.Page}
	}
	if p.QuietAlerts == nil {
		p.QuietAlerts = []string{"none", "info", "Watchdog", "InfoInhibitor"}
	}
	if p.PageSeverities == nil {
		p.PageSeverities = []string{"page", "critical"}
	}
	return p
}

func (p SincePolicy) withDefaults() SincePolicy {
	set(&p.Harm, 1)
	set(&p.HarmToOne, 0.01)
	set(&p.FalseAlarms, 0.01)
	set(&p.Confidence, 0.95)
	set(&p.Baseline, DefaultBaseline)
	return p
}

// DefaultBaseline is that of SincePolicy.
const DefaultBaseline = 7 * 24 * time.Hour

// set fills in a default.
func set[T comparable](to *T, otherwise T) {
	if *to == *new(T) {
		*to = otherwise
	}
}

// wirePolicy is a Policy as it is written down, with durations in seconds.
type wirePolicy struct {
	MinCoverage      float64         `json:"min_coverage"`
	QuietCoverage    float64         `json:"quiet_coverage"`
	MaxAge           float64         `json:"max_age_seconds"`
	FailOn           []slo.Severity  `json:"fail_on"`
	AtRisk           Lenience        `json:"at_risk"`
	Exhausted        Lenience        `json:"exhausted"`
	RedundancyWaived bool            `json:"redundancy_waived"`
	Soak             *float64        `json:"soak_seconds"`
	Harm             float64         `json:"harm"`
	HarmToOne        float64         `json:"harm_to_one"`
	FalseAlarms      float64         `json:"false_alarms"`
	Confidence       float64         `json:"confidence"`
	Baseline         float64         `json:"baseline_seconds"`
	LoadShare        float64         `json:"load_share"`
	LoadWindow       float64         `json:"load_window_seconds"`
	LoadDay          float64         `json:"load_day_seconds"`
	Traffic          *TrafficPolicy  `json:"traffic,omitempty"`
	QuietAlerts      []string        `json:"quiet_alerts"`
	PageSeverities   []string        `json:"page_severities"`
	MaxRuleAge       float64         `json:"max_rule_age_seconds"`
	MaxComparisonAge float64         `json:"max_comparison_age_seconds"`
	MaxGitAge        float64         `json:"max_git_age_seconds"`
	Needs            map[string]Need `json:"checks"`
	LongestExclusion float64         `json:"longest_exclusion_seconds,omitempty"`
	AcceptSuspended  bool            `json:"accept_suspended,omitempty"`
}

// MarshalJSON writes the policy with its defaults, so that it means the same where
// those have changed.
func (p Policy) MarshalJSON() ([]byte, error) {
	p = p.withDefaults()
	w := wirePolicy{
		p.MinCoverage, p.QuietCoverage, p.MaxAge.Seconds(), p.FailOn, p.AtRisk, p.Exhausted, p.RedundancyWaived, nil,
		p.Since.Harm, p.Since.HarmToOne, p.Since.FalseAlarms, p.Since.Confidence, p.Since.Baseline.Seconds(),
		p.Load.Share, p.Load.Window.Seconds(), p.Load.Day.Seconds(), p.Traffic, p.QuietAlerts, p.PageSeverities, p.MaxRuleAge.Seconds(), p.MaxComparisonAge.Seconds(), p.MaxGitAge.Seconds(), p.Needs,
		p.LongestExclusion.Seconds(), p.AcceptSuspended,
	}
	if p.Soak != nil {
		s := p.Soak.Seconds()
		w.Soak = &s
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON writes, and refuses what cannot be asked for.
func (p *Policy) UnmarshalJSON(data []byte) error {
	var w wirePolicy
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	got := Policy{
		MinCoverage: w.MinCoverage, QuietCoverage: w.QuietCoverage, MaxAge: duration(w.MaxAge), FailOn: w.FailOn,
		AtRisk: w.AtRisk, Exhausted: w.Exhausted, RedundancyWaived: w.RedundancyWaived,
		Since:       SincePolicy{Harm: w.Harm, HarmToOne: w.HarmToOne, FalseAlarms: w.FalseAlarms, Confidence: w.Confidence, Baseline: duration(w.Baseline)},
		Load:        LoadPolicy{Share: w.LoadShare, Window: duration(w.LoadWindow), Day: duration(w.LoadDay)},
		Traffic:     w.Traffic,
		QuietAlerts: w.QuietAlerts, PageSeverities: w.PageSeverities, MaxRuleAge: duration(w.MaxRuleAge),
		MaxComparisonAge: duration(w.MaxComparisonAge), MaxGitAge: duration(w.MaxGitAge), Needs: w.Needs, LongestExclusion: duration(w.LongestExclusion), AcceptSuspended: w.AcceptSuspended,
	}
	if w.Soak != nil {
		d := duration(*w.Soak)
		got.Soak = &d
	}
	if err := got.Validate(); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	*p = got
	return nil
}

// duration reads seconds. What is no length of time, or of more than 200 years, is
// negative, which Validate refuses.
func duration(seconds float64) time.Duration {
	if !(seconds >= 0 && seconds < 6e9) {
		return -1
	}
	return time.Duration(math.Round(seconds * 1e9))
}
