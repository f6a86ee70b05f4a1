package promotion

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// changes are what differs between two RuleSets, a clause each.
type changes struct {
	lang
	lax    []string // asks for less than before, or for something else
	strict []string // asks for more
}

// rulesChanged compares rules with those from before.
func (l lang) rulesChanged(was, is RuleSet) changes {
	c := changes{lang: l}
	before, now := map[string]SLORule{}, map[string]SLORule{}
	for _, s := range was.SLOs {
		before[s.Name] = s
	}
	for _, s := range is.SLOs {
		now[s.Name] = s
		if _, known := before[s.Name]; !known {
			c.strict = append(c.strict, c.say("SLO %s is new", s.Name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if s, still := now[name]; still {
			c.slo(before[name], s)
		} else {
			c.lax = append(c.lax, c.say("SLO %s is removed", name))
		}
	}
	if !slices.Equal(was.Alerts, is.Alerts) {
		c.lax = append(c.lax, c.say("burn_rates changed"))
	}
	c.policy(was.Policy.withDefaults(), is.Policy.withDefaults())
	c.less("soak", time.Duration(was.Soak*1e9), time.Duration(is.Soak*1e9))
	if was.Counting != "" && was.Counting != is.Counting {
		c.lax = append(c.lax, c.say("counting, target_labels or start_time_metric changed"))
	}
	c.shopSets(was.ShopSets, is.ShopSets)
	c.groups(was.Groups, is.Groups)
	c.asking(was.Asking, is.Asking)
	return c
}

// shopSets: fewer of them, or others' series, show less. More of them are no news.
func (c *changes) shopSets(was, is []ShopSetRule) {
	for _, before := range was {
		i := slices.IndexFunc(is, func(s ShopSetRule) bool { return s.ShopSet == before.ShopSet && s.Tier == before.Tier })
		if i < 0 {
			c.lax = append(c.lax, c.say("ShopSet %s of %s is removed", before.ShopSet, before.Tier))
		} else if !maps.Equal(before.Match, is[i].Match) {
			c.lax = append(c.lax, c.say("match of ShopSet %s changed", before.ShopSet))
		}
	}
}

// groups: one that is gone, or may be in fewer FailureDomains, asks for less.
func (c *changes) groups(was, is []GroupRule) {
	for _, before := range was {
		if i := slices.IndexFunc(is, func(g GroupRule) bool { return g.Group == before.Group }); i < 0 {
			c.lax = append(c.lax, c.say("ShopGroup %s is removed", before.Group))
		} else {
			c.when(c.say("failureDomains of ShopGroup %s", before.Group), is[i].Required < before.Required, is[i].Required > before.Required, before.Required, is[i].Required)
		}
	}
}

func (c *changes) slo(was, is SLORule) {
	differs := func(what string) { c.lax = append(c.lax, c.say("%s of SLO %s changed", what, is.Name)) }
	c.objective(c.say("objective of SLO %s", is.Name), was.Objective, is.Objective)
	for _, t := range was.Tiers {
		if !slices.Contains(is.Tiers, t) {
			c.lax = append(c.lax, c.say("SLO %s no longer applies to %s", is.Name, t))
		}
	}
	if was.Window != is.Window {
		c.lax = append(c.lax, c.say("window of SLO %s %s → %s", is.Name, was.Window, is.Window))
	} else if was.Counting != is.Counting {
		differs(c.say("counting method"))
	}
	if was.MinEvents != is.MinEvents {
		differs("min-events")
	}
	if len(was.Parts) != len(is.Parts) {
		differs(c.say("number of indicators"))
		return
	}
	for i, p := range was.Parts {
		q := is.Parts[i]
		if len(was.Parts) > 1 {
			c.objective(c.say("objective of indicator %s of SLO %s", q.Name, is.Name), p.Objective, q.Objective)
		}
		if !slices.Equal(p.Queries, q.Queries) {
			differs(c.say("selector"))
		}
		if p.Counting != q.Counting || p.Weight != q.Weight || p.Name != q.Name {
			differs(c.say("indicator"))
		}
	}
}

func (c *changes) objective(what string, was, is slo.Objective) {
	c.when(what, is < was, is > was, status.FormatGoal(was), status.FormatGoal(is))
}

// when notes a change, if there is one.
func (c *changes) when(what string, lax, strict bool, was, is any) {
	text := c.say("%s %v → %v", what, was, is)
	switch {
	case lax:
		c.lax = append(c.lax, text)
	case strict:
		c.strict = append(c.strict, text)
	}
}

// less notes a figure of which less is laxer, more one of which more is.
func (c *changes) less(what string, was, is time.Duration) { c.when(what, is < was, is > was, was, is) }
func (c *changes) more(what string, was, is time.Duration) { c.when(what, is > was, is < was, was, is) }

func (c *changes) policy(was, is Policy) {
	share := func(what string, was, is float64) { c.when(what, is < was, is > was, was, is) }
	share("min_coverage", was.MinCoverage, is.MinCoverage)
	share("quiet_coverage", was.QuietCoverage, is.QuietCoverage)
	c.more("max_age", was.MaxAge, is.MaxAge)
	c.words("fail_on", texts(was.FailOn), texts(is.FailOn), false)
	lenience := []Lenience{LetNone, LetFixes, LetAll}
	for _, l := range []struct {
		what    string
		was, is Lenience
	}{{"at_risk", was.AtRisk, is.AtRisk}, {"exhausted", was.Exhausted, is.Exhausted}} {
		a, b := slices.Index(lenience, l.was), slices.Index(lenience, l.is)
		c.when(l.what, b > a, b < a, l.was, l.is)
	}
	c.when("accept_suspended", is.AcceptSuspended && !was.AcceptSuspended, was.AcceptSuspended && !is.AcceptSuspended, was.AcceptSuspended, is.AcceptSuspended)
	c.when("redundancy_waived", is.RedundancyWaived && !was.RedundancyWaived, was.RedundancyWaived && !is.RedundancyWaived, was.RedundancyWaived, is.RedundancyWaived)
	c.since(was.Since, is.Since)
	share("load.share", was.Load.Share, is.Load.Share)
	if was.Load.Share > 0 && is.Load.Share > 0 {
		c.less("load.window", was.Load.Window, is.Load.Window)
		c.less("load.day", was.Load.Day, is.Load.Day)
	}
	c.traffic(was.Traffic, is.Traffic)
	c.words("page_severities", was.PageSeverities, is.PageSeverities, false)
	c.more("max_rule_age", was.MaxRuleAge, is.MaxRuleAge)
	c.more("max_comparison_age", was.MaxComparisonAge, is.MaxComparisonAge)
	c.more("max_git_age", was.MaxGitAge, is.MaxGitAge)
	c.words("quiet_alerts", was.QuietAlerts, is.QuietAlerts, true)
	c.more("longest_exclusion", endless(was.LongestExclusion), endless(is.LongestExclusion))
	c.needs(was.Needs, is.Needs)
}

func (c *changes) traffic(was, is *TrafficPolicy) {
	if was == nil || is == nil {
		c.when("traffic", was != nil && is == nil, was == nil && is != nil, was != nil, is != nil)
		return
	}
	for _, f := range []struct {
		what    string
		was, is float64
	}{{"unknown_below", was.UnknownBelow, is.UnknownBelow}, {"fail_below", was.FailBelow, is.FailBelow}, {"targets_below", was.TargetsBelow, is.TargetsBelow}} {
		c.when("traffic."+f.what, f.is < f.was, f.is > f.was, f.was, f.is)
	}
	declared := func(in map[fleet.ShopSetName]int, set fleet.ShopSetName) string {
		if n, ok := in[set]; ok {
			return strconv.Itoa(n)
		}
		return "none"
	}
	all := map[fleet.ShopSetName]int{}
	maps.Copy(all, was.Targets)
	maps.Copy(all, is.Targets)
	for _, set := range slices.Sorted(maps.Keys(all)) {
		a, b := declared(was.Targets, set), declared(is.Targets, set)
		c.when("traffic.targets."+string(set), a != b, false, a, b)
	}
}

func (c *changes) since(was, is SincePolicy) {
	for _, f := range []struct {
		what    string
		was, is float64
		more    bool // is laxer
	}{
		{"harm", was.Harm, is.Harm, true}, {"harm_to_one", was.HarmToOne, is.HarmToOne, true},
		{"false_alarms", was.FalseAlarms, is.FalseAlarms, false}, {"confidence", was.Confidence, is.Confidence, false},
	} {
		c.when("since_release."+f.what, f.is != f.was && f.is > f.was == f.more, f.is != f.was, f.was, f.is)
	}
	c.when("since_release.baseline", was.Baseline != is.Baseline, false, was.Baseline, is.Baseline)
}

// words notes which are new, and which are gone; laxer are the new ones, or those gone.
func (c *changes) words(what string, was, is []string, newIsLaxer bool) {
	gone, added := without(was, is), without(is, was)
	if len(added) > 0 {
		c.when(c.say("%s: added", what), newIsLaxer, !newIsLaxer, "", strings.Join(added, ", "))
	}
	if len(gone) > 0 {
		c.when(c.say("%s: removed", what), !newIsLaxer, newIsLaxer, strings.Join(gone, ", "), "")
	}
}

func (c *changes) needs(was, is map[string]Need) {
	ranks := map[Need]int{Off: -1, Required: 1} // optional, or not set: 0
	for _, check := range checkOrder {
		a, b := was[check], is[check]
		c.when(c.say("check %s", c.name(check)), ranks[b] < ranks[a], ranks[b] > ranks[a], orElse(string(a), string(Optional)), orElse(string(b), string(Optional)))
	}
}

func without[T comparable](all, of []T) (out []T) {
	for _, a := range all {
		if !slices.Contains(of, a) {
			out = append(out, a)
		}
	}
	return out
}

func texts[T ~string](all []T) (out []string) {
	for _, t := range all {
		out = append(out, string(t))
	}
	return out
}

// endless is a length of time of which 0 means without end.
func endless(d time.Duration) time.Duration {
	if d == 0 {
		return 1<<63 - 1
	}
	return d
}
