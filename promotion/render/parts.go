package render

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// part is what is listed under a heading.
type part struct {
	heading string
	checks  []promotion.Check
}

// parts are what people have to see.
func (l lang) parts(d promotion.Decision) []part {
	return []part{{l.say("Failed"), with(d, promotion.Fail)}, {l.say("Unknown"), with(d, promotion.Unknown)}, {l.say("Waived"), with(d, promotion.Waived)}, {l.say("Passed with warnings"), mindful(with(d, promotion.Pass))}}
}

// with picks the checks of a result.
func with(d promotion.Decision, r promotion.Result) []promotion.Check {
	var picked []promotion.Check
	for _, c := range d.Checks {
		if c.Result == r {
			picked = append(picked, c)
		}
	}
	return picked
}

// mindful picks what passed and is worth a look all the same.
func mindful(passed []promotion.Check) []promotion.Check {
	return slices.DeleteFunc(passed, func(c promotion.Check) bool {
		state, _ := c.Evidence.Get("state").(string)
		return state == "" || state == string(slo.OK)
	})
}

// summaries count what passed, and name what was not looked at.
func (l lang) summaries(d promotion.Decision) (passed, skipped string) {
	n := map[string]int{}
	for _, c := range with(d, promotion.Pass) {
		n[c.Check]++
	}
	var did, not []string
	for _, name := range promotion.Checks() {
		if n[name] > 0 {
			did = append(did, l.say("%s %d", promotion.CheckIn(l.Language, name), n[name]))
		}
	}
	for _, c := range with(d, promotion.NotChecked) {
		if c.Check != promotion.CheckSLO && c.Check != promotion.CheckSoak {
			not = append(not, promotion.CheckIn(l.Language, c.Check))
		}
	}
	return cmp.Or(l.List(did), l.say("nothing")), l.List(not)
}

// subject says what a check is about.
func (l lang) subject(c promotion.Check) string {
	where := l.say("the gate")
	switch {
	case c.Tier != "":
		where = l.say("%s (%s)", c.Tier, l.say(string(c.Role)))
	case c.Role == promotion.RoleEvidence:
		where = l.say("no evidence Tier")
	}
	if c.ShopSet == "" {
		return where
	}
	if c.SLO == "" {
		return fmt.Sprintf("%s  %s", c.ShopSet, where)
	}
	return fmt.Sprintf("%s  %s  %s", c.ShopSet, c.SLO, where)
}

// subjectTier names the Tier, and what else tells a check from others of its kind.
func (l lang) subjectTier(c promotion.Check) string {
	parts := []string{}
	if c.Tier != "" {
		parts = append(parts, string(c.Tier))
	}
	for _, name := range []string{"group", "part", "alert", "incident", "freeze", "source"} {
		if v, _ := c.Evidence.Get(name).(string); v != "" {
			parts = append(parts, v)
		}
	}
	if len(parts) == 0 {
		return l.say("the gate")
	}
	return l.say("(%s)", l.List(parts))
}
