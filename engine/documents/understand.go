package documents

import (
	"errors"
	"fmt"
	"maps"
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
				if text := noShare(ind, m); text != "" {
					d.inexact = addOnce(d.inexact, Finding{Rule: "no-share", Text: fmt.Sprintf("%s: SLO %q: %s", at, s.Name, text)})
				}
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
		d.inexact = addOnce(d.inexact, Finding{Rule: "inexact", Text: fmt.Sprintf("%s: SLO %q: %s", at, s.Name, text)})
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

func addOnce(list []Finding, f Finding) []Finding {
	if slices.Contains(list, f) {
		return list
	}
	return append(list, f)
}

// noShare says why what a ratio's first query counts is no share of what its second one
// does, or always the whole; "" where it may be.
func noShare(ind *slo.Indicator, m promquery.Meaning) string {
	if ind.Kind != slo.Ratio || len(m.Sides) < 2 {
		return ""
	}
	one, other := "bad", "total"
	if ind.Good != nil {
		one = "good"
	}
	if ind.Total == nil {
		other = "bad"
	}
	q := ind.Queries()
	if q[0].Source == q[1].Source && q[0].Bound == q[1].Bound && m.Sides[0].Canonical == m.Sides[1].Canonical {
		return fmt.Sprintf("%s and %s are the same query, so the SLI never changes; correct one of them", one, other)
	}
	if label, a, b := apart(m.Sides); label != "" && ind.Total != nil {
		return fmt.Sprintf("no event of %s is one of total, since label %s is %q in the one and %q in the other; correct one of them", one, label, a, b)
	}
	return ""
}

// apart finds the label that keeps the only selectors of two sides from picking one series
// of their metric; "" where there is none. Buckets of a histogram are no such series.
func apart(sides []promquery.Side) (label, one, other string) {
	if len(sides[0].Selectors) != 1 || len(sides[1].Selectors) != 1 {
		return "", "", ""
	}
	first, second := equals(sides[0].Selectors[0]), equals(sides[1].Selectors[0])
	if name := first[slo.MetricName]; name == "" || name != second[slo.MetricName] {
		return "", "", ""
	}
	for _, label := range slices.Sorted(maps.Keys(first)) {
		if other, ok := second[label]; ok && other != first[label] && label != "le" {
			return label, first[label], other
		}
	}
	return "", "", ""
}

// equals are the values that a selector asks for.
func equals(s slo.Selector) map[string]string {
	out := map[string]string{}
	for _, m := range s {
		if m.Type == slo.Equal {
			out[m.Name] = m.Value
		}
	}
	return out
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
