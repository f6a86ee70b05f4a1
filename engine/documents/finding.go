package documents

import (
	"github.com/shopslo/shopslo/promotion/promoter/gitpush"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Finding is something that loads but is not as it should be.
type Finding struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
	*Lacking
}

// Findings are what `validate` answers "no" for.
func (d *Documents) Findings() []Finding {
	out := []Finding{}
	for _, f := range d.Fleet.Findings() {
		out = append(out, Finding{Rule: string(f.Rule), Text: f.String()})
	}
	for _, u := range status.UnknownTiers(d.Fleet, d.SLOs.SLOs) {
		out = append(out, Finding{Rule: "unknown-tier", Text: u.String()})
	}
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		if len(d.ShopSetsOf(s)) == 0 {
			out = append(out, Finding{Rule: "no-shopset", Text: "slo \"" + s.Name + "\" applies to no ShopSet, so nothing is judged by it; correct its tiers, or remove it"})
		}
	}
	out = append(append(out, unused(d)...), d.inexact...)
	if c := d.Config.Promotion; c != nil {
		if err := gitpush.CheckHook(c.Hooks); err != nil {
			out = append(out, Finding{Rule: "promotion-hook", Text: "promotion.hooks: " + err.Error()})
		}
	}
	return out
}

// Absent is what a source does not have, in the shape of docs/status.schema.json.
type Absent struct {
	Kind     slo.AbsenceKind `json:"kind"`
	Side     string          `json:"side"`
	Selector string          `json:"selector"`
	Label    string          `json:"label"`
	Nearest  []string        `json:"nearest"`
}

// Lacking is what a finding of the source is about: an SLO, and the ShopSets that share it.
type Lacking struct {
	SLO      string   `json:"slo"`
	ShopSets []string `json:"shopsets"`
	Absent   *Absent  `json:"absent,omitempty"` // nil: it could not be asked
}

// AbsentOf is an absence in that shape.
func AbsentOf(a slo.Absence) *Absent {
	return &Absent{Kind: a.Kind, Side: a.Side, Selector: a.Selector, Label: a.Label, Nearest: append([]string{}, a.Nearest...)}
}
