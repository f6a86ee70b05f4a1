package documents

import (
	"errors"
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/openslo"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/slo/source/mackerelapi"
)

// Understand says of every SLO how it is counted: in faults, which are returned, findings
// and notes. types is what the source says of its metrics; nil: it is not asked.
func (d *Documents) Understand(types promquery.Types) error {
	if d.Config.Source.Mackerel != nil {
		return nil
	}
	var out Faults
	d.inexact, d.Meant = nil, nil
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		for k := range s.Parts {
			ind := &s.Parts[k].Indicator
			m, err := promquery.Read(ind, types)
			if f, ok := errors.AsType[*promquery.Fault](err); ok {
				out = append(out, d.misread(s, f))
			} else if err != nil {
				return fmt.Errorf("slo %q: %w", s.Name, err)
			}
			at, _ := d.SLOs.QueryOrigin(ind.Queries()[0])
			d.remark(s, at, m)
		}
	}
	if len(out) > 0 {
		return once(out)
	}
	return nil
}

// remark takes in the findings and notes of an SLO.
func (d *Documents) remark(s *slo.SLO, at openslo.Position, m promquery.Meaning) {
	for _, text := range m.Findings {
		f := Finding{Rule: "inexact", Text: fmt.Sprintf("%s: SLO %q: %s", at, s.Name, text)}
		if !slices.Contains(d.inexact, f) {
			d.inexact = append(d.inexact, f)
		}
	}
	notes := slices.Clone(m.Notes)
	for _, metric := range m.Unasked {
		notes = append(notes, fmt.Sprintf("only the source can tell whether %s is a counter, and was not asked; write counter: true if it only ever grows, or counter: false", metric))
	}
	for _, text := range notes {
		n := Note{Place: at.String(), Text: text}
		if !slices.Contains(d.Meant, n) {
			d.Meant = append(d.Meant, n)
		}
	}
}

// misread is the fault of a query, where it is written.
func (d *Documents) misread(s *slo.SLO, f *promquery.Fault) Fault {
	at, _ := d.SLOs.QueryOrigin(f.Query)
	out := Fault{File: at.File, Line: counted(at.Line), Text: fmt.Sprintf("SLO %q: %s", s.Name, f.Message)}
	out.shown = at.String() + ": " + out.Text
	return out
}

// once leaves out faults that are told already: one SLI may be that of several SLOs.
func once(all Faults) Faults {
	var out Faults
	for _, f := range all {
		if !slices.ContainsFunc(out, func(o Fault) bool { return o.shown == f.shown }) {
			out = append(out, f)
		}
	}
	return out
}

// classify checks a query's text in the language of the configured source.
func (d *Documents) classify(text string) (promquery.Query, error) {
	if d.Config.Source.Mackerel != nil {
		_, err := mackerelapi.Parse(text)
		return promquery.Query{}, err
	}
	return promquery.Classify(text)
}
