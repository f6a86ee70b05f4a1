// Package validate says what is to be said of documents, and what their source lacks of
// what they name.
package validate

import (
	"fmt"
	"github.com/shopslo/shopslo/engine/documents"
	"strings"
)

// Validation is what `shopslo validate -o json` prints: docs/validate.schema.json.
// With faults the counts are null, for nothing was counted.
type Validation struct {
	Version  int                 `json:"version"` // of this shape
	Config   string              `json:"config"`
	Result   string              `json:"result"` // ok, findings or faults
	Tiers    *int                `json:"tiers"`
	ShopSets *int                `json:"shopsets"`
	Groups   *int                `json:"groups"`
	SLOs     *int                `json:"slos"`
	Budgets  *int                `json:"budgets"` // SLOs times the ShopSets that each applies to
	Faults   []documents.Fault   `json:"faults"`
	Findings []documents.Finding `json:"findings"`
	Notes    []documents.Note    `json:"notes"`
	Source   *asked              `json:"source"` // nil: not asked
}

// Check says what is to be said of documents; it asks nobody.
func Check(d *documents.Documents) Validation {
	number := func(n int) *int { return &n }
	budgets := 0
	for i := range d.SLOs.SLOs {
		budgets += len(d.ShopSetsOf(&d.SLOs.SLOs[i]))
	}
	v := Validation{
		Version: 1, Config: d.Config.Path, Result: "ok",
		Tiers: number(len(d.Fleet.Tiers())), ShopSets: number(len(d.Fleet.ShopSets())), Groups: number(len(d.Fleet.ShopGroups())),
		SLOs: number(len(d.SLOs.SLOs)), Budgets: number(budgets),
		Faults: []documents.Fault{}, Findings: d.Findings(), Notes: allNotes(d),
	}
	v.judge()
	return v
}

// allNotes are those of the documents, and of how their SLOs are counted.
func allNotes(d *documents.Documents) []documents.Note {
	return append(append([]documents.Note{}, d.Notes...), d.Meant...)
}

// judge sets the result.
func (v *Validation) judge() {
	if len(v.Findings) > 0 {
		v.Result = "findings"
	}
}

// Text is the answer for people.
func (v Validation) Text() string {
	var b strings.Builder
	for _, n := range v.Notes {
		fmt.Fprintf(&b, "note: %s: %s\n", n.Place, n.Text)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "finding: %s\n", f.Text)
	}
	fmt.Fprintf(&b, "%s: %s, %s, %s, %s make %s: ", v.Config, Count(*v.Tiers, "Tier"), Count(*v.ShopSets, "ShopSet"),
		Count(*v.Groups, "ShopGroup"), Count(*v.SLOs, "SLO"), Count(*v.Budgets, "budget"))
	if len(v.Findings) == 0 {
		b.WriteString("ok\n")
	} else {
		fmt.Fprintf(&b, "%s\n", Count(len(v.Findings), "finding"))
	}
	return b.String()
}

// Count writes a number of things: 1 fault, 2 faults.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
