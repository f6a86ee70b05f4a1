// Package presence tells "nothing bad happened" from "nothing was found": whether what an
// indicator's selectors ask for exists at its source, for one subject, now.
//
// A selector that finds nothing counts 0, and 0 bad events look like a perfect service.
// So each selector is compared with the series that the subject really sends (Live), and
// what is missing is named: the metric, a label, a bucket's bound, or only the event
// itself. It is pure: package probe asks the source, Judge decides.
package presence

import (
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// Ask is what an indicator asks its source for.
type Ask struct {
	Sides []Side
	// AbsentIsZero says that a metric of bad events that does not exist means that none
	// has happened: it is created with its first one.
	AbsentIsZero bool
}

// Side is one query of an indicator.
type Side struct {
	Name string // good, bad, total, or value
	// Terms are what the query reads. Of the selectors of one term (a or b) one that has its
	// metric is enough.
	Terms [][]slo.Selector
}

// Selectors are all that the side reads.
func (s Side) Selectors() []slo.Selector { return slices.Concat(s.Terms...) }

// Live is what a source has at one time, as far as it concerns one subject and the
// metrics that are asked for.
type Live struct {
	// Match are the labels that all series of the subject carry.
	Match slo.Labels
	// Series are the subject's series that had a sample of late.
	Series []slo.Labels
	// Targets are the subject's targets, as their series up has them. None where the source
	// has no such series.
	Targets []Target
	// Sends says that the subject sends something, be it of other metrics.
	Sends bool
	// Elsewhere tells of metrics that Series has none of, by MetricKey.
	Elsewhere map[string]Elsewhere
	// Names are the metrics that exist, for hints.
	Names []string
	// TargetLabels are the labels that make a target, such as job and instance.
	TargetLabels []string
}

// Target is a target of a subject, and whether its last scrape succeeded.
type Target struct {
	Labels slo.Labels
	Up     bool
}

// Elsewhere says who else has a metric that a subject does not have.
type Elsewhere struct {
	Others     bool // other subjects
	Unlabelled bool // series that carry no subject's labels
	Silent     bool // nobody, and the source has nothing else either now
}

// MetricKey names the metric (or the pattern of names) that a selector asks for. A
// selector without a name stands for itself.
func MetricKey(sel slo.Selector) string { return metricOf(sel).String() }

// metricOf are the matchers on the metric's name, or all where there is none.
func metricOf(sel slo.Selector) slo.Selector {
	var names slo.Selector
	for _, m := range sel {
		if m.Name == slo.MetricName {
			names = append(names, m)
		}
	}
	if names == nil {
		return sel
	}
	return names
}

// Judge compares what is asked for with what is there. No absences: each side finds series.
// Notes say what AbsentIsZero makes 0.
func Judge(ask Ask, live Live) (out []slo.Absence, notes []string) {
	for i, side := range ask.Sides {
		j := judge{live: live, side: side.Name, others: ask.others(i)}
		for _, a := range j.judgeSide(side) {
			if ask.AbsentIsZero && side.Name == "bad" && a.Kind == slo.NoMetric && a.Label == "" {
				notes = append(notes, excused(a))
				continue
			}
			out = append(out, a)
		}
	}
	return together(out), notes
}

// together tells once that nothing is sent, for all sides that ask for it.
func together(all []slo.Absence) []slo.Absence {
	var out []slo.Absence
	first := -1
	for _, a := range all {
		if a.Kind == slo.NoSubject && first >= 0 {
			if out[first].Side != a.Side {
				out[first].Side = ""
			}
			continue
		}
		if out = append(out, a); a.Kind == slo.NoSubject {
			first = len(out) - 1
		}
	}
	return out
}

// others gives, for a selector of a side, those that it is told apart from: the other sides',
// or, where one query is all there is, the query's other selectors.
func (a Ask) others(side int) func(sel int) []slo.Selector {
	return func(sel int) []slo.Selector {
		if len(a.Sides) == 1 {
			return slices.Delete(slices.Clone(a.Sides[0].Selectors()), sel, sel+1)
		}
		var out []slo.Selector
		for i, s := range a.Sides {
			if i != side {
				out = append(out, s.Selectors()...)
			}
		}
		return out
	}
}

// judge looks at one side.
type judge struct {
	live   Live
	side   string
	others func(sel int) []slo.Selector
}

func (j judge) judgeSide(side Side) []slo.Absence {
	var out []slo.Absence
	n, matched := 0, false
	for _, term := range side.Terms {
		var found []slo.Absence
		there := false // the metric of one of the alternatives
		for _, sel := range term {
			of, ok := j.selector(sel, j.others(n))
			n++
			matched = matched || ok
			there = there || ok || !slices.ContainsFunc(of, lacksMetric)
			found = append(found, of...)
		}
		if there {
			found = slices.DeleteFunc(found, lacksMetric)
		}
		out = append(out, found...)
	}
	out = once(out)
	if matched { // the side has events; that another of its selectors has none is nothing to tell
		out = slices.DeleteFunc(out, func(a slo.Absence) bool { return a.Kind == slo.NoSuch })
	}
	return out
}

// once leaves out what is told already: a selector may stand in several terms.
func once(all []slo.Absence) []slo.Absence {
	var out []slo.Absence
	for _, a := range all {
		if !slices.ContainsFunc(out, func(b slo.Absence) bool { return a.Kind == b.Kind && a.Selector == b.Selector && a.Label == b.Label }) {
			out = append(out, a)
		}
	}
	return out
}

func lacksMetric(a slo.Absence) bool {
	return a.Kind == slo.NoMetric || a.Kind == slo.NoSubject || a.Kind == slo.Unlabelled
}

// selector judges one; matched says that it picks a series.
func (j judge) selector(sel slo.Selector, others []slo.Selector) (found []slo.Absence, matched bool) {
	metric := metricOf(sel)
	for _, m := range sel { // of another subject, and so of none of its own
		if own := j.live.Match.Get(m.Name); own != "" && !m.Matches(own) {
			return []slo.Absence{j.absence(slo.NoMetric, sel, m.Name, []string{own})}, false
		}
	}
	series := picked(metric, j.live.Series)
	if len(series) == 0 {
		return []slo.Absence{j.withoutSeries(sel, metric)}, false
	}
	series, missing := j.ofTargets(sel, series)
	if missing != "" {
		if j.down(sel) {
			return []slo.Absence{j.absence(slo.NoSubject, sel, "", nil)}, false
		}
		return []slo.Absence{j.absence(slo.NoMetric, sel, missing, valuesOf(missing, picked(metric, j.live.Series)))}, false
	}
	for _, m := range sel {
		if m.Name == slo.MetricName {
			continue
		}
		if kind := lacking(m, sel, series, others); kind != "" {
			found = append(found, j.absence(kind, sel, m.Name, nearestTo(kind, m, sel, series)))
		}
	}
	if len(picked(sel, series)) > 0 {
		return found, true
	}
	if !slices.ContainsFunc(found, slo.Absence.Misleads) {
		label, values := unmatched(sel, series)
		found = append(found, j.absence(slo.NoSuch, sel, label, values))
	}
	return found, false
}

func (j judge) absence(k slo.AbsenceKind, sel slo.Selector, label string, nearest []string) slo.Absence {
	return slo.Absence{Kind: k, Side: j.side, Selector: sel.String(), Label: label, Nearest: nearest}
}

// withoutSeries says why the subject has no series of a metric.
func (j judge) withoutSeries(sel, metric slo.Selector) slo.Absence {
	switch at := j.live.Elsewhere[metric.String()]; {
	case j.down(sel) || at.Silent:
		return j.absence(slo.NoSubject, sel, "", nil)
	case len(metric) == len(sel) && metric[0].Name != slo.MetricName:
		return j.absence(slo.NoSuch, sel, "", nil) // names no metric: nothing can be said of it
	case at.Unlabelled && !(at.Others && j.sends()):
		return j.absence(slo.Unlabelled, sel, "", nil)
	case at.Others && !j.sends():
		return j.absence(slo.NoSubject, sel, "", nil)
	}
	return j.absence(slo.NoMetric, sel, "", nearestMetrics(metric, j.live.Names))
}

// sends reports whether the subject sends anything.
func (j judge) sends() bool {
	return j.live.Sends || len(j.live.Series) > 0 || slices.ContainsFunc(j.live.Targets, func(t Target) bool { return t.Up })
}

// down reports whether the source knows the targets that a selector asks for, and none of
// them answers.
func (j judge) down(sel slo.Selector) bool {
	known := false
	for _, t := range j.live.Targets {
		if !holdsAll(j.targetMatchers(sel), t.Labels) {
			continue
		}
		if known = true; t.Up {
			return false
		}
	}
	return known
}

func (j judge) targetMatchers(sel slo.Selector) slo.Selector {
	var out slo.Selector
	for _, m := range sel {
		if slices.Contains(j.live.TargetLabels, m.Name) {
			out = append(out, m)
		}
	}
	return out
}

// ofTargets narrows series to those of the targets that a selector names, whose metrics and
// labels are what it can find. missing is the target label none of whose values is asked for.
func (j judge) ofTargets(sel slo.Selector, series []slo.Labels) (narrowed []slo.Labels, missing string) {
	for _, m := range j.targetMatchers(sel) {
		if !carried(m.Name, series) {
			continue // no such label: told like any other
		}
		of := picked(slo.Selector{m}, series)
		if len(of) == 0 {
			return nil, m.Name
		}
		series = of
	}
	return series, ""
}

// lacking says what of a matcher does not exist on a metric's series, "" where it can match.
func lacking(m slo.Matcher, sel slo.Selector, series []slo.Labels, others []slo.Selector) slo.AbsenceKind {
	if !carried(m.Name, series) {
		if !m.Matches("") || !slices.ContainsFunc(others, func(o slo.Selector) bool { return stands(m, o) }) && len(others) > 0 {
			return slo.NoLabel
		}
		return slo.LoneLabel
	}
	if isNumber(m.Name) && (m.Type == slo.Equal || m.Type == slo.Regexp) && !m.Matches("") && len(picked(slo.Selector{m}, siblings(m, sel, series))) == 0 {
		return slo.NoBound
	}
	return ""
}

// siblings are the series that the other matchers pick, or all where they pick none.
func siblings(m slo.Matcher, sel slo.Selector, series []slo.Labels) []slo.Labels {
	var rest slo.Selector
	for _, o := range sel {
		if o.Name != m.Name {
			rest = append(rest, o)
		}
	}
	if of := picked(rest, series); len(of) > 0 {
		return of
	}
	return series
}

// stands reports whether a selector has a matcher, however it is written.
func stands(m slo.Matcher, sel slo.Selector) bool {
	m = plain(m)
	return slices.ContainsFunc(sel, func(o slo.Matcher) bool {
		o = plain(o)
		return o.Name == m.Name && o.Type == m.Type && o.Value == m.Value
	})
}

func carried(label string, series []slo.Labels) bool {
	return slices.ContainsFunc(series, func(ls slo.Labels) bool { return ls.Get(label) != "" })
}

// unmatched finds the label whose values are the reason that nothing is picked; none where
// each matcher picks something by itself.
func unmatched(sel slo.Selector, series []slo.Labels) (label string, values []string) {
	for _, m := range sel {
		if len(picked(slo.Selector{m}, series)) == 0 {
			return m.Name, valuesOf(m.Name, series)
		}
	}
	return "", nil
}
