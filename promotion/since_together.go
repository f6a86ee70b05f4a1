package promotion

import (
	"fmt"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// together asks of one SLO whether the Release does harm to the Tier as a whole: many
// ShopSets with little traffic tell together what none of them could alone. It never
// fails: a harm that is proven shows in some ShopSet.
func (d *deciding) together(t tier, name string, all []*Comparison) []Check {
	var parts []string
	of := map[string][]*Comparison{}
	for _, c := range all {
		if len(of[c.Part]) == 0 {
			parts = append(parts, c.Part)
		}
		of[c.Part] = append(of[c.Part], c)
	}
	var checks []Check
	for _, part := range parts {
		c := t.check(CheckSince).of("", name)
		if part != "" {
			c.figure("part", part)
		}
		c.Result, c.Reason = d.judgeTogether(t, of[part], &c.Evidence)
		checks = append(checks, c)
	}
	return checks
}

func (d *deciding) judgeTogether(t tier, all []*Comparison, figures *Figures) (Result, string) {
	var pairs []beforeAndSince
	var unit slo.Unit
	var budget float64
	for _, c := range all {
		if _, why := d.incomparable(c); why == "" {
			pairs = append(pairs, beforeAndSince{c.Before.tally(false), c.Since.tally(true)})
			unit, budget = c.Unit, c.BudgetRatio
		}
	}
	if len(pairs) == 0 {
		return Unknown, fmt.Sprintf("Of no ShopSet of %s is anything known since the Release came.", t.Name)
	}
	since, highest := pooled(budget, pairs, d.p.Since.Confidence)
	*figures = figures.with("shopsets", len(pairs)).with("since_bad", since.bad).with("since_total", since.total).
		with("extra_burn_rate_at_most", highest/budget).with("harm", d.p.Since.Harm)
	counted := fmt.Sprintf("In %s as a whole %s of %s %s were bad since the Release came", t.Name,
		status.FormatCount(since.bad), status.FormatCount(since.total), unit)
	return cleared(counted, highest/budget, d.p.Since.Harm, budget, d.p.Since.Confidence, unit)
}
