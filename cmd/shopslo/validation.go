package main

import (
	"fmt"
	"strings"
)

// validation is what `shopslo validate -o json` prints: docs/validate.schema.json.
// With faults the counts are null, for nothing was counted.
type validation struct {
	Version  int       `json:"version"` // of this shape
	Config   string    `json:"config"`
	Result   string    `json:"result"` // ok, findings or faults
	Tiers    *int      `json:"tiers"`
	ShopSets *int      `json:"shopsets"`
	Groups   *int      `json:"groups"`
	SLOs     *int      `json:"slos"`
	Budgets  *int      `json:"budgets"` // SLOs times the ShopSets that each applies to
	Faults   []fault   `json:"faults"`
	Findings []finding `json:"findings"`
	Notes    []note    `json:"notes"`
	Source   *asked    `json:"source"` // nil: not asked
}

// validate says what is to be said of documents; it asks nobody.
func validate(d *documents) validation {
	number := func(n int) *int { return &n }
	budgets := 0
	for i := range d.slos.SLOs {
		budgets += len(d.shopSetsOf(&d.slos.SLOs[i]))
	}
	v := validation{
		Version: 1, Config: d.config.Path, Result: "ok",
		Tiers: number(len(d.fleet.Tiers())), ShopSets: number(len(d.fleet.ShopSets())), Groups: number(len(d.fleet.ShopGroups())),
		SLOs: number(len(d.slos.SLOs)), Budgets: number(budgets),
		Faults: []fault{}, Findings: d.findings(), Notes: allNotes(d),
	}
	v.judge()
	return v
}

// allNotes are those of the documents, and of how their SLOs are counted.
func allNotes(d *documents) []note { return append(append([]note{}, d.notes...), d.meant...) }

// judge sets the result.
func (v *validation) judge() {
	if len(v.Findings) > 0 {
		v.Result = "findings"
	}
}

func (v validation) text() string {
	var b strings.Builder
	for _, n := range v.Notes {
		fmt.Fprintf(&b, "note: %s: %s\n", n.Place, n.Text)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "finding: %s\n", f.Text)
	}
	fmt.Fprintf(&b, "%s: %s, %s, %s, %s make %s: ", v.Config, count(*v.Tiers, "Tier"), count(*v.ShopSets, "ShopSet"),
		count(*v.Groups, "ShopGroup"), count(*v.SLOs, "SLO"), count(*v.Budgets, "budget"))
	if len(v.Findings) == 0 {
		b.WriteString("ok\n")
	} else {
		fmt.Fprintf(&b, "%s\n", count(len(v.Findings), "finding"))
	}
	return b.String()
}

// count writes a number of things: 1 fault, 2 faults.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
