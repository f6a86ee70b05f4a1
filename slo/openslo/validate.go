package openslo

import (
	"errors"
	"regexp"
	"strings"

	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"
	"github.com/nobl9/govy/pkg/govy"
)

// validate applies the sdk's rules and turns what they find into faults.
func (r *reader) validate(o *object, doc any) {
	var err error
	switch d := doc.(type) {
	case v1.SLO:
		err = withoutOps(d).Validate()
	case interface{ Validate() error }:
		err = d.Validate()
	}
	var list *govy.ValidatorError
	if !errors.As(err, &list) {
		if err != nil {
			r.wrong(o, "", "%v", err)
			o.Break("")
		}
		return
	}
	var found []string
	for _, p := range list.Errors {
		path := p.PropertyPath.String()
		if metricSpec.MatchString(path) || path == "spec.timeWindow" && !o.Has(path) {
			continue
		}
		found = append(found, path)
		for _, rule := range p.Errors {
			r.wrong(o, path, "%s", sentence(rule.Message))
		}
	}
	for _, path := range found {
		o.Break(path)
	}
}

// metricSpec is where a query is written. Whether it is there, and can be
// computed, is asked once an SLO uses the indicator; the specification's own
// examples leave it empty. They leave out the time window too, which is optional
// in the specification, and needed only to compute a budget.
var metricSpec = regexp.MustCompile(`\.metricSource(\.spec)?$`)

// withoutOps is the SLO without the comparisons that stand beside a ratio
// metric. The specification calls them unneeded there, its examples have them,
// and the sdk would reject them.
func withoutOps(s v1.SLO) v1.SLO {
	if s.Spec.Indicator == nil || s.Spec.Indicator.Spec.RatioMetric == nil {
		return s
	}
	objectives := make([]v1.SLOObjective, len(s.Spec.Objectives))
	for i, obj := range s.Spec.Objectives {
		obj.Operator = ""
		objectives[i] = obj
	}
	s.Spec.Objectives = objectives
	return s
}

// sentence says what helps where the sdk's message does not.
func sentence(message string) string {
	if strings.HasPrefix(message, "string must match regular expression: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'") {
		return "must be a name of small letters, digits and -, beginning and ending with a letter or digit"
	}
	if message == "property is required but was empty" {
		return "is required and is missing"
	}
	if message == "one of [raw, total] properties must be set, none was provided" {
		return "needs raw, or total with good or bad; with good and bad alone, add a total whose query picks both"
	}
	return message
}
