package openslo

import (
	"fmt"
	"strconv"
	"strings"

	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"

	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/slo"
)

// build makes the slo.SLOs of one SLO document. It reports every fault it can
// find and keeps the document's SLOs only where there is none.
func (r *reader) build(d decoded[v1.SLO]) {
	base, ok := r.base(d)
	ok = ok && d.Sound()
	e, fine := r.extras(d.object, d.doc.Metadata.Annotations)
	ok = ok && fine
	base.Tiers, base.MinEvents = e.tiers, e.minEvents
	names, objectives := objectiveNames(d.doc), d.doc.Spec.Objectives
	if len(objectives) == 0 {
		r.wrong(d.object, "spec.objectives", "is required and is missing")
		return
	}
	composite := d.doc.IsComposite()
	var slos []slo.SLO
	for i, obj := range objectives {
		one := base
		path := fmt.Sprintf("spec.objectives[%d]", i)
		if !r.objective(d, path, obj, composite, e, names[i], &one) {
			ok = false
			continue
		}
		if len(objectives) > 1 && !composite {
			one.Name = base.Name + ":" + names[i]
			one.Parts[0].Name = one.Name
			if obj.DisplayName != "" {
				one.DisplayName = strings.TrimPrefix(base.DisplayName+": "+obj.DisplayName, ": ")
			}
		}
		slos = append(slos, one)
	}
	if !ok {
		return
	}
	if composite {
		whole, fine := r.composite(d.object, slos)
		if !fine {
			return
		}
		slos = []slo.SLO{whole}
	}
	r.keep(d.object, slos)
}

// keep adds an SLO document's SLOs, once they are valid to package slo too.
func (r *reader) keep(o *object, slos []slo.SLO) {
	for i := range slos {
		r.alerting(o, &slos[i])
		inherit(&slos[i], r.docs.Services)
		path := ""
		if len(slos) > 1 {
			path = fmt.Sprintf("spec.objectives[%d]", i)
		}
		if err := slos[i].Validate(); err != nil {
			r.wrong(o, path, "%v", err)
			continue
		}
		r.docs.origins[slos[i].Name] = o.at(path)
		r.docs.SLOs = append(r.docs.SLOs, slos[i])
	}
}

// base reads what all objectives of a document share.
func (r *reader) base(d decoded[v1.SLO]) (slo.SLO, bool) {
	spec := d.doc.Spec
	s := slo.SLO{
		Name: d.Name, Service: spec.Service, DisplayName: d.doc.Metadata.DisplayName, Description: spec.Description,
		Labels: labelsOf(d.doc.Metadata), Annotations: annotationsOf(d.doc.Metadata),
		Method: map[v1.SLOBudgetingMethod]slo.Method{
			v1.SLOBudgetingMethodOccurrences:     slo.Occurrences,
			v1.SLOBudgetingMethodTimeslices:      slo.Timeslices,
			v1.SLOBudgetingMethodRatioTimeslices: slo.RatioTimeslices,
		}[spec.BudgetingMethod],
	}
	r.service(d)
	if len(spec.TimeWindow) == 0 {
		r.wrong(d.object, "spec.timeWindow", "is missing, and a budget needs a window; write for example [{duration: 28d, isRolling: true}]")
		return s, false
	}
	w, key, err := window(spec.TimeWindow[0])
	if err != nil {
		r.wrong(d.object, "spec.timeWindow[0]."+key, "%v", err)
		return s, false
	}
	s.Window = w
	return s, true
}

// service notes a service that no document describes, where some are described.
func (r *reader) service(d decoded[v1.SLO]) {
	names := make([]string, len(r.docs.Services))
	for i, s := range r.docs.Services {
		if s.Name == d.doc.Spec.Service {
			return
		}
		names[i] = s.Name
	}
	if len(names) > 0 {
		r.note(d.at("spec.service"), "SLO %q: no Service document is named %q%s", d.Name, d.doc.Spec.Service, nearest.Hint(d.doc.Spec.Service, names))
	}
}

// objective completes an SLO with what one objective says.
func (r *reader) objective(d decoded[v1.SLO], path string, obj v1.SLOObjective, composite bool, e extras, name string, into *slo.SLO) bool {
	target, ok := r.target(d.object, path, obj)
	into.Objective = target
	ok = r.slices(d.object, path, obj, into) && ok

	where, inline, ref := "spec.", d.doc.Spec.Indicator, d.doc.Spec.IndicatorRef
	weight := 1.0
	switch {
	case composite && obj.Indicator == nil && obj.IndicatorRef == nil:
		r.wrong(d.object, path, "has no indicator of its own, while other objectives have; in a composite SLO every objective needs one")
		return false
	case composite:
		where, inline, ref = path+".", obj.Indicator, obj.IndicatorRef
		if obj.CompositeWeight != nil {
			weight = *obj.CompositeWeight
		}
	case obj.CompositeWeight != nil:
		r.wrong(d.object, path+".compositeWeight", "means nothing without an indicator of the objective's own; remove it, or give each objective its indicator")
		ok = false
	}
	at, found := r.resolve(d.object, where, inline, ref)
	if !found {
		return false
	}
	ind, fine := r.indicator(d.object, path, at, obj, e)
	if !composite {
		name = into.Name
	}
	into.Parts = []slo.Part{{Name: name, Weight: weight, Objective: target, Indicator: ind}}
	return ok && fine
}

func (r *reader) target(o *object, path string, obj v1.SLOObjective) (slo.Objective, bool) {
	key, ratio := ".target", 0.0
	switch {
	case obj.Target != nil:
		ratio = *obj.Target
	case obj.TargetPercent != nil:
		key, ratio = ".targetPercent", *obj.TargetPercent/100
	}
	target, err := slo.ObjectiveOf(ratio)
	if err != nil {
		r.wrong(o, path+key, "%v", err)
	}
	return target, err == nil
}

// slices reads the time slice, or notes one that means nothing.
func (r *reader) slices(o *object, path string, obj v1.SLOObjective, into *slo.SLO) bool {
	if into.Method != slo.Timeslices && obj.TimeSliceTarget != nil {
		r.note(o.at(path+".timeSliceTarget"), "SLO %q: timeSliceTarget means nothing to %s and is not used", o.Name, into.Method)
	}
	if into.Method == slo.Occurrences {
		if obj.TimeSliceWindow != nil {
			r.note(o.at(path+".timeSliceWindow"), "SLO %q: timeSliceWindow means nothing to Occurrences and is not used", o.Name)
		}
		return true
	}
	if obj.TimeSliceWindow == nil { // the sdk has reported it
		return false
	}
	length, err := fixedDuration(*obj.TimeSliceWindow)
	if err != nil {
		r.wrong(o, path+".timeSliceWindow", "%v", err)
		return false
	}
	if shortest := into.Window.Length; shortest > 0 && length > shortest {
		r.wrong(o, path+".timeSliceWindow", "%s is longer than the window of %s", obj.TimeSliceWindow, into.Window)
		return false
	}
	into.Slice = length
	if into.Method == slo.Timeslices && obj.TimeSliceTarget != nil {
		into.SliceTarget = *obj.TimeSliceTarget
	}
	return true
}

// composite joins the objectives' SLOs, each of one Part, into one.
func (r *reader) composite(o *object, slos []slo.SLO) (slo.SLO, bool) {
	whole := slos[0]
	whole.Parts = nil
	ok := true
	for i, s := range slos {
		path := fmt.Sprintf("spec.objectives[%d]", i)
		if s.Slice != whole.Slice {
			r.wrong(o, path+".timeSliceWindow", "is %s and differs from the first objective's %s; the objectives of a composite SLO must share it",
				s.Slice, whole.Slice)
			ok = false
		}
		if s.SliceTarget != whole.SliceTarget {
			r.wrong(o, path+".timeSliceTarget", "is %v and differs from the first objective's %v; the objectives of a composite SLO must share it",
				s.SliceTarget, whole.SliceTarget)
			ok = false
		}
		whole.Parts = append(whole.Parts, s.Parts...)
	}
	whole.Objective = meanObjective(whole.Parts)
	return whole, ok
}

// meanObjective is the parts' objective where they agree, else the mean by
// weight, in whole billionths.
func meanObjective(parts []slo.Part) slo.Objective {
	first, same, greatest := parts[0].Objective, true, 0.0
	for _, p := range parts {
		same = same && p.Objective == first
		greatest = max(greatest, p.Weight)
	}
	var sum, weights float64
	for _, p := range parts {
		w := p.Weight / greatest // so that no sum overflows
		sum += w * float64(p.Objective)
		weights += w
	}
	if same {
		return first
	}
	return slo.Objective(sum/weights + 0.5)
}

// objectiveNames names the objectives: the displayName as a slug, else the index
// from 1. A slug that is taken, or could be read as an index, gives way to it.
func objectiveNames(doc v1.SLO) []string {
	names := make([]string, len(doc.Spec.Objectives))
	taken := map[string]bool{}
	for i, obj := range doc.Spec.Objectives {
		name := slug(obj.DisplayName)
		if _, err := strconv.Atoi(name); err == nil || name == "" || taken[name] {
			name = strconv.Itoa(i + 1)
		}
		taken[name] = true
		names[i] = name
	}
	return names
}

// slug turns a display name into [a-z0-9-]: "Good & fast" is "good-fast".
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	return strings.Join(words, "-")
}
