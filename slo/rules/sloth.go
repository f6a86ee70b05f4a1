package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/shopslo/shopslo/internal/text"
)

// slothWindows are those over which Sloth records the share of errors, beside the SLO's own.
var slothWindows = []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}

// slothVersion is the Sloth whose names and labels Sloth writes.
const slothVersion = "v0.16.0"

// Sloth writes recording rules with the names and labels of Sloth, from what `shopslo serve`
// has counted of all ShopSets of an SLO, so that what was built on Sloth's metrics goes on.
// Where there were no events there is no series.
func Sloth(s Settings) (rulefmt.RuleGroups, error) {
	if err := s.validate(); err != nil {
		return rulefmt.RuleGroups{}, err
	}
	var out rulefmt.RuleGroups
	for i := range s.SLOs {
		o := &s.SLOs[i]
		if len(o.ShopSets) == 0 {
			continue
		}
		id := o.slothID()
		out.Groups = append(out.Groups,
			rulefmt.RuleGroup{Name: "sloth-slo-sli-recordings-" + id, Rules: o.slothErrors()},
			rulefmt.RuleGroup{Name: "sloth-slo-meta-recordings-" + id, Rules: o.slothMeta()})
	}
	return out, nil
}

// slothService is the service as Sloth has it, which needs one.
func (o *SLO) slothService() string {
	if o.Service == "" {
		return "shopslo"
	}
	return o.Service
}

// slothName is the SLO's name without its service, which 'shopslo import' puts before it.
func (o *SLO) slothName() string {
	if name := strings.TrimPrefix(o.Name, o.slothService()+"-"); name != "" {
		return name
	}
	return o.Name
}

func (o *SLO) slothID() string { return o.slothService() + "-" + o.slothName() }

// slothLabels are on each series; more are added.
func (o *SLO) slothLabels(more ...string) map[string]string {
	all := map[string]string{}
	for name, value := range o.Labels {
		all[labelName(name)] = value
	}
	all["sloth_id"], all["sloth_service"], all["sloth_slo"] = o.slothID(), o.slothService(), o.slothName()
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// slothErrors are the shares of bad events; replicas of serve are not added up.
func (o *SLO) slothErrors() (out []rulefmt.Rule) {
	record := func(window, grown string) {
		out = append(out, rulefmt.Rule{
			Record: "slo:sli_error:ratio_rate" + window, Labels: o.slothLabels("sloth_window", window),
			Expr: fmt.Sprintf("sum(max by (shopset) (%[1]s(shopslo_slo_bad_events_total{slo=%[2]q}[%[3]s])))\n/\n(sum(max by (shopset) (%[1]s(shopslo_slo_events_total{slo=%[2]q}[%[3]s]))) > 0)", grown, o.Name, window),
		})
	}
	period := o.period()
	for _, w := range slothWindows {
		if w < period {
			record(model.Duration(w).String(), "rate")
		}
	}
	record(model.Duration(period).String(), "increase")
	return out
}

// period is the length of the window; of a calendar's, as Sloth has no such, its usual one.
func (o *SLO) period() time.Duration { return o.Window.Typical().Round(time.Hour) }

// slothMeta are the objective, the budget and how fast it goes, in Sloth's own expressions.
func (o *SLO) slothMeta() []rulefmt.Rule {
	objective := strconv.FormatFloat(o.Objective.Ratio(), 'g', -1, 64)
	filter := fmt.Sprintf("{sloth_id=%q, sloth_service=%q, sloth_slo=%q}", o.slothID(), o.slothService(), o.slothName())
	period := model.Duration(o.period()).String()
	burn := func(window string) string {
		return "slo:sli_error:ratio_rate" + window + filter + "\n/ on(sloth_id, sloth_slo, sloth_service) group_left\nslo:error_budget:ratio" + filter
	}
	var out []rulefmt.Rule
	for _, r := range [][2]string{
		{"slo:objective:ratio", "vector(" + objective + ")"},
		{"slo:error_budget:ratio", "vector(1-" + objective + ")"},
		{"slo:time_period:days", "vector(" + strconv.FormatFloat(o.period().Hours()/24, 'g', -1, 64) + ")"},
		{"slo:current_burn_rate:ratio", burn(model.Duration(slothWindows[0]).String())},
		{"slo:period_burn_rate:ratio", burn(period)},
		{"slo:period_error_budget_remaining:ratio", "1 - slo:period_burn_rate:ratio" + filter},
	} {
		out = append(out, rulefmt.Rule{Record: r[0], Expr: r[1], Labels: o.slothLabels()})
	}
	return append(out, rulefmt.Rule{Record: "sloth_slo_info", Expr: "vector(1)", Labels: o.slothLabels(
		"sloth_version", slothVersion, "sloth_mode", "cli-gen-prom", "sloth_spec", "prometheus/v1", "sloth_objective", text.Objective(o.Objective.Ratio()))})
}
