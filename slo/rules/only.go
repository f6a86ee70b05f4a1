package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// only lets rules look at the budgets of some ShopSets alone: every selector of those that does
// not name a ShopSet already names them.
func only(groups rulefmt.RuleGroups, sets []string) error {
	var names []string
	for _, set := range slices.Sorted(slices.Values(sets)) {
		names = append(names, regexp.QuoteMeta(set))
	}
	theirs, err := labels.NewMatcher(labels.MatchRegexp, shopSetLabel, strings.Join(names, "|"))
	if err != nil {
		return err
	}
	for i := range groups.Groups {
		for k := range groups.Groups[i].Rules {
			r := &groups.Groups[i].Rules[k]
			expr, err := parser.ParseExpr(r.Expr)
			if err != nil {
				return fmt.Errorf("rule %s: %w", r.Alert, err)
			}
			changed := false
			parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
				if sel, ok := node.(*parser.VectorSelector); ok && ofShopSet(sel) {
					sel.LabelMatchers, changed = append(sel.LabelMatchers, theirs), true
				}
				return nil
			})
			if changed {
				r.Expr = expr.Pretty(0)
			}
		}
	}
	return nil
}

const shopSetLabel = "shopset"

// ofShopSet reports whether a selector is of the budgets of all ShopSets.
func ofShopSet(sel *parser.VectorSelector) bool {
	return strings.HasPrefix(sel.Name, "shopslo_slo_") && sel.Name != "shopslo_slo_uncounted_shopsets" &&
		!slices.ContainsFunc(sel.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == shopSetLabel })
}
