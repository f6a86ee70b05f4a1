// Package rules writes Prometheus alerting rules over what shopslo itself exposes:
// burn rates of every SLO and ShopSet, ShopSets that send nothing, budgets that grow
// old, and what shopset_exporter says of the fleet.
//
// The rules do no arithmetic of budgets. `shopslo serve` has counted exactly; a rule
// compares its figures with a factor, so that it fires when slo.Evaluate says so. A
// figure that does not exist has no series, and no series fires nothing but the rules
// that look for it.
package rules

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// SLO is an objective and the ShopSets that have a budget of it.
type SLO struct {
	Name, Service string
	// Labels and Annotations are of whose it is: they go with its alerts, as far as
	// Prometheus takes their names.
	Labels, Annotations map[string]string
	Objective           slo.Objective
	Window              slo.Window
	// Slice is the length of its time slices; 0: it counts no slices.
	Slice    time.Duration
	ShopSets []ShopSet
}

// ShopSet is one that is expected to send something.
type ShopSet struct{ Name, Tier string }

// Settings are what rules are made of.
type Settings struct {
	SLOs []SLO
	// Alerts are the pairs of burn rates; each that fits an SLO becomes one rule of it.
	Alerts []slo.BurnAlert
	// Stale is how old counts may grow, and how long a ShopSet may be silent, before
	// somebody is paged; 0 means DefaultStale.
	Stale time.Duration
	// Drift is how long a ShopSet may differ from git; 0 means DefaultDrift.
	Drift time.Duration
	// Runbooks is the page, a URL, that has a section for each alert; "" means DefaultRunbooks.
	Runbooks string
	// Exporter says that shopset_exporter is expected: its absence is then an alert.
	// Alerts about what it exports are written in any case.
	Exporter bool
	// Only: the budgets of other ShopSets than those of SLOs are not looked at.
	Only bool
}

// The defaults of Settings.
const (
	DefaultRunbooks = "https://github.com/shopslo/shopslo/blob/main/docs/runbooks.md"

	DefaultStale = 10 * time.Minute
	DefaultDrift = time.Hour
)

// Make writes the rules, in groups whose names begin with "shopslo-" and
// "shopset-". It fails where an alert or an SLO cannot be one. An SLO without
// ShopSets has no rules: no series would ever match them.
func Make(s Settings) (rulefmt.RuleGroups, error) {
	if s.Stale == 0 {
		s.Stale = DefaultStale
	}
	if s.Drift == 0 {
		s.Drift = DefaultDrift
	}
	s.Runbooks = cmp.Or(s.Runbooks, DefaultRunbooks)
	if err := s.validate(); err != nil {
		return rulefmt.RuleGroups{}, err
	}
	_, sets := s.fleet()
	var out rulefmt.RuleGroups
	group := func(name string, rules []rule) rulefmt.RuleGroup {
		g := rulefmt.RuleGroup{Name: name}
		for _, r := range rules {
			g.Rules = append(g.Rules, r.prometheus(s.Runbooks))
		}
		return g
	}
	for i := range s.SLOs {
		if o := &s.SLOs[i]; len(o.ShopSets) > 0 {
			out.Groups = append(out.Groups, group("shopslo-slo-"+o.Name, o.owned(slices.Concat(burning(o, s.Alerts), o.verdicts()))))
		}
	}
	out.Groups = append(out.Groups,
		group("shopslo-budgets", verdicts(s.unowned())),
		group("shopslo-shopsets", s.shopSets()),
		group("shopslo-serve", s.serve()),
		group("shopset-exporter", s.exporter()),
	)
	if s.Only {
		return out, only(out, slices.Concat(slices.Collect(maps.Values(sets))...))
	}
	return out, nil
}

func (s *Settings) validate() error {
	var errs []error
	for _, a := range s.Alerts {
		if err := a.Validate(); err != nil {
			errs = append(errs, err)
		}
	}
	if s.Stale < 0 || s.Drift < 0 {
		errs = append(errs, fmt.Errorf("stale %v and drift %v must be above 0", s.Stale, s.Drift))
	}
	seen := map[string]bool{}
	for _, o := range s.SLOs {
		if seen[o.Name] {
			errs = append(errs, fmt.Errorf("slo %q: each needs a name of its own", o.Name))
		}
		seen[o.Name] = true
		for _, name := range o.names() {
			if !plain.MatchString(name) {
				errs = append(errs, fmt.Errorf("slo %q: the name %q cannot stand in rules: it may have letters, digits and . : _ -", o.Name, name))
			}
		}
		if err := o.Window.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("slo %q: %w", o.Name, err))
		}
	}
	return errors.Join(errs...)
}

// plain names mean nothing to PromQL, to templates and to YAML.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:_-]*$`)

// names are all that come from documents.
func (o *SLO) names() []string {
	out := []string{o.Name}
	for _, set := range o.ShopSets {
		out = append(out, set.Name, set.Tier)
	}
	return out
}

// rule is one alert. It fires for each series that expr gives.
type rule struct {
	name     string
	severity slo.Severity
	// after is how long expr must hold, stay how long the alert outlives it: a scrape
	// that fails once must not end an alert.
	after, stay time.Duration
	labels      map[string]string // besides severity
	annotations map[string]string // besides what is said
	expr        string
	says        said
	// args fill in what is said, where it has verbs; nil: it has none.
	args func(l text.Language) (summary, description []any)
}

// said is what an alert says. Both may have Prometheus' templates.
type said struct{ summary, description text.Entry }

// in is what it says in a language.
func (r rule) in(l text.Language) (summary, description string) {
	if r.args == nil {
		return l.Say(r.says.summary), l.Say(r.says.description)
	}
	s, d := r.args(l)
	return l.Say(r.says.summary, s...), l.Say(r.says.description, d...)
}

// prometheus is the rule as Prometheus reads it. The section of the runbooks is that of the
// alert's name.
func (r rule) prometheus(runbooks string) rulefmt.Rule {
	labels := map[string]string{"severity": string(r.severity)}
	maps.Copy(labels, r.labels)
	summary, description := r.in(text.English)
	summaryJa, descriptionJa := r.in(text.Japanese)
	annotations := map[string]string{
		"summary": summary, "description": description,
		"summary_ja": summaryJa, "description_ja": descriptionJa,
		"runbook_url": runbooks + "#" + strings.ToLower(r.name),
	}
	maps.Copy(annotations, r.annotations)
	return rulefmt.Rule{
		Alert: r.name, Expr: r.expr, For: model.Duration(r.after), KeepFiringFor: model.Duration(r.stay), Labels: labels, Annotations: annotations,
	}
}

// fleet gives all ShopSets by Tier, both in the order in which the SLOs name them.
func (s *Settings) fleet() (tiers []string, byTier map[string][]string) {
	byTier = map[string][]string{}
	for _, o := range s.SLOs {
		for _, set := range o.ShopSets {
			if _, ok := byTier[set.Tier]; !ok {
				tiers = append(tiers, set.Tier)
			}
			if !slices.Contains(byTier[set.Tier], set.Name) {
				byTier[set.Tier] = append(byTier[set.Tier], set.Name)
			}
		}
	}
	return tiers, byTier
}

// seconds writes a duration as PromQL compares it with ages.
func seconds(d time.Duration) string { return fmt.Sprintf("%g", d.Seconds()) }
