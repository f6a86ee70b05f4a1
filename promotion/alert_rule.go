package promotion

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// AlertRule is an alerting rule, and how its last evaluation went: a rule that is not
// evaluated never fires.
type AlertRule struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"` // that it gives its alerts
	Health string            `json:"health"` // "ok": its last evaluation succeeded
	Error  string            `json:"error,omitempty"`
	// EvaluatedAt is when it last was; zero: never, or nobody says.
	EvaluatedAt time.Time `json:"evaluated_at,omitzero"`
	// From is the source whose rule it is; "": of who tells of the whole fleet.
	From string `json:"from,omitempty"`
	// ShopSets and Tiers that its labels name; MatchRules fills them in. None: its
	// alerts may be about any.
	ShopSets []fleet.ShopSetName `json:"shopsets"`
	Tiers    []fleet.TierName    `json:"tiers"`
}

// checkAlerting asks that what would fire could: that the rules about both Tiers are
// evaluated, or that an Alertmanager is still being told of alerts.
func (d *deciding) checkAlerting(source, target tier) []Check {
	result, reason, figures := d.judgeRules(source, target)
	if d.e.AlertRules.Where == "" {
		result, reason, figures = d.judgeReceived()
	}
	if result == Pass {
		return nil
	}
	c := source.check(CheckAlert).says(result, reason)
	c.Evidence = append(c.Evidence, figures...)
	return []Check{c}
}

func (d *deciding) judgeRules(source, target tier) (Result, string, Figures) {
	var failing []string
	relevant, why := 0, ""
	of := map[string]int{}
	on := watched{tiers: map[fleet.TierName]bool{}, sets: map[fleet.ShopSetName]bool{}}
	for _, r := range d.e.AlertRules.Items {
		if d.quiet(r.Name, r.Labels) || len(r.ShopSets)+len(r.Tiers) > 0 && !names(r.ShopSets, r.Tiers, source) && !names(r.ShopSets, r.Tiers, target) {
			continue
		}
		relevant++
		of[r.From]++
		on.add(r)
		if trouble := d.unevaluated(r); trouble != "" {
			text := d.say("alerting rule %s %s", r.Name, trouble)
			if failing = append(failing, r.Name); why == "" || text < why { // whatever their order
				why = text
			}
		}
	}
	figures := Figures{{"rules", relevant}, {"not_evaluated", slices.Sorted(slices.Values(failing))}, {"max_age_seconds", d.p.MaxRuleAge.Seconds()}}
	switch {
	case d.e.AlertRules.Error != "":
		return Unknown, d.say("Cannot check alert: the state of the alerting rules could not be read."), figures
	case relevant == 0:
		return Unknown, d.say("No alerting rule could fire on %s, so the absence of alerts is no evidence.", d.either(source, target)), figures
	case d.without(of) != "":
		return Unknown, d.say("No alerting rule of source %s could fire on %s, so the absence of alerts is no evidence.", d.without(of), d.either(source, target)), figures
	case len(on.missing(source, target)) > 0:
		return Unknown, d.say("No alerting rule could fire on %s, so the absence of alerts is no evidence.", d.some(on.missing(source, target), 5)), figures
	case len(failing) == 0:
		return Pass, "", figures
	case len(failing) == 1:
		return Unknown, d.say("Cannot check alert: %s.", why), figures
	}
	return Unknown, d.say("Cannot check alert: %d of %s are not evaluated, such as: %s.", len(failing), d.count(relevant, "alerting rule"), why), figures
}

// watched is what rules could fire on.
type watched struct {
	all   bool
	tiers map[fleet.TierName]bool
	sets  map[fleet.ShopSetName]bool
}

func (w *watched) add(r AlertRule) {
	w.all = w.all || len(r.ShopSets)+len(r.Tiers) == 0
	for _, t := range r.Tiers {
		w.tiers[t] = true
	}
	for _, set := range r.ShopSets {
		w.sets[set] = true
	}
}

// missing are the Tiers, or the ShopSets of one, on which no rule could fire.
func (w *watched) missing(tiers ...tier) (out []string) {
	for _, t := range tiers {
		var sets []string
		for _, set := range t.ShopSets {
			if !w.all && !w.tiers[t.Name] && !w.sets[set] {
				sets = append(sets, string(set))
			}
		}
		if len(sets) > 0 && len(sets) == len(t.ShopSets) {
			sets = []string{string(t.Name)}
		}
		out = append(out, without(sets, out)...) // the one Tier of a fleet is both
	}
	return out
}

// without is a source with ShopSets of the Tiers, and without a rule; "": there is none.
func (d *deciding) without(rules map[string]int) string {
	for _, s := range d.e.AlertSources {
		if rules[s] == 0 {
			return s
		}
	}
	return ""
}

// unevaluated says in a clause why a rule cannot be relied on; "" where it can.
func (d *deciding) unevaluated(r AlertRule) string {
	switch old := d.now.Sub(r.EvaluatedAt); {
	case r.Error != "":
		return d.say("has health %q: %s", orElse(r.Health, "unknown"), r.Error)
	case r.Health != "ok":
		return d.say("has health %q", orElse(r.Health, "unknown"))
	case r.EvaluatedAt.IsZero():
		return d.say("has never been evaluated")
	case old > d.p.MaxRuleAge:
		return d.say("was last evaluated %s ago (limit %s)", d.age(old), d.age(d.p.MaxRuleAge))
	case old < -d.p.MaxAge:
		return d.say("was last evaluated %s after the evaluation time of this decision; check clock synchronization", d.age(-old))
	}
	return ""
}

// judgeReceived asks when an Alertmanager, which knows no rules, was last told of any
// alert: those who send repeat what fires, at least what always does.
func (d *deciding) judgeReceived() (Result, string, Figures) {
	var last time.Time
	for _, a := range d.e.Alerts.Items {
		last = later(last, a.UpdatedAt)
	}
	figures := Figures{{"received_at", instant(last)}, {"max_age_seconds", d.p.MaxRuleAge.Seconds()}}
	where := d.inSentence(d.e.Alerts.Where)
	switch old := d.now.Sub(last); {
	case last.IsZero():
		return Unknown, d.say("Cannot check alert: when %s last received an alert is unknown.", where), figures
	case old > d.p.MaxRuleAge:
		return Unknown, d.say("Cannot check alert: %s last received an alert %s ago (limit %s).", where, d.age(old), d.age(d.p.MaxRuleAge)), figures
	case old < -d.p.MaxAge:
		return Unknown, d.say("Cannot check alert: %s last received an alert %s after the evaluation time; check clock synchronization.", where, d.age(-old)), figures
	}
	return Pass, "", figures
}
