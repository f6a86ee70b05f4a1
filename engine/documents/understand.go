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
// and notes. types is what each source says of its metrics; nil: none is asked. Of one that
// cannot be asked the error wraps slo.ErrUnavailable, and the others are.
func (d *Documents) Understand(types func(source string) promquery.Types) error {
	var out Faults
	var down error
	d.inexact, d.Meant = nil, nil
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		for k := range s.Parts {
			ind := &s.Parts[k].Indicator
			for _, source := range AskedFor(d, s, &s.Parts[k]) {
				if d.Config.Sources[source].Mackerel != nil {
					continue
				}
				var of promquery.Types
				if types != nil {
					of = types(source)
				}
				m, err := promquery.Read(ind, of)
				if f, ok := errors.AsType[*promquery.Fault](err); ok {
					out = append(out, d.misread(s, f))
				} else if err != nil {
					down = fmt.Errorf("slo %q%s: %w", s.Name, inSource(d, source), err)
					continue
				}
				at, _ := d.SLOs.QueryOrigin(ind.Queries()[0])
				d.remark(s, at, m)
			}
		}
	}
	if len(out) > 0 {
		return once(out)
	}
	return down
}

// remark takes in the findings and notes of an SLO.
func (d *Documents) remark(s *slo.SLO, at openslo.Position, m promquery.Meaning) {
	for _, text := range m.Findings {
		f := Finding{Rule: "inexact", Text: fmt.Sprintf("%s: SLO %q: %s", at, s.Name, text)}
		if !slices.Contains(d.inexact, f) {
			d.inexact = append(d.inexact, f)
		}
	}
	notes := append(slices.Clone(m.Notes), m.OffEdge...)
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

// classify checks a query's text in the language of a source.
func (d *Documents) classify(source, text string) (promquery.Query, error) {
	if d.Config.Sources[source].Mackerel != nil {
		_, err := mackerelapi.Parse(text)
		return promquery.Query{}, err
	}
	return promquery.Classify(text)
}
