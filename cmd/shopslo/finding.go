package main

import (
	"github.com/shopslo/shopslo/promotion/promoter/gitpush"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// finding is something that loads but is not as it should be.
type finding struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
	*lacking
}

// findings are what `validate` answers "no" for.
func (d *documents) findings() []finding {
	out := []finding{}
	for _, f := range d.fleet.Findings() {
		out = append(out, finding{Rule: string(f.Rule), Text: f.String()})
	}
	for _, u := range status.UnknownTiers(d.fleet, d.slos.SLOs) {
		out = append(out, finding{Rule: "unknown-tier", Text: u.String()})
	}
	for i := range d.slos.SLOs {
		s := &d.slos.SLOs[i]
		if len(d.shopSetsOf(s)) == 0 {
			out = append(out, finding{Rule: "no-shopset", Text: "slo \"" + s.Name + "\" applies to no ShopSet, so nothing is judged by it; correct its tiers, or remove it"})
		}
	}
	out = append(out, d.inexact...)
	if c := d.config.Promotion; c != nil {
		if err := gitpush.CheckHook(c.Hooks); err != nil {
			out = append(out, finding{Rule: "promotion-hook", Text: "promotion.hooks: " + err.Error()})
		}
	}
	return out
}

// absent is what a source does not have, in the shape of docs/status.schema.json.
type absent struct {
	Kind     slo.AbsenceKind `json:"kind"`
	Side     string          `json:"side"`
	Selector string          `json:"selector"`
	Label    string          `json:"label"`
	Nearest  []string        `json:"nearest"`
}

// lacking is what a finding of the source is about: an SLO, and the ShopSets that share it.
type lacking struct {
	SLO      string   `json:"slo"`
	ShopSets []string `json:"shopsets"`
	Absent   *absent  `json:"absent,omitempty"` // nil: it could not be asked
}

func absentOf(a slo.Absence) *absent {
	return &absent{Kind: a.Kind, Side: a.Side, Selector: a.Selector, Label: a.Label, Nearest: append([]string{}, a.Nearest...)}
}
