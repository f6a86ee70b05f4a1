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
	for _, known := range sentences {
		if strings.HasPrefix(message, known.begins) {
			return known.better
		}
	}
	return message
}

var sentences = []struct{ begins, better string }{
	{"string must match regular expression: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'", "must be a name of small letters, digits and -, beginning and ending with a letter or digit"},
	{"property is required but was empty", "is required and is missing"},
	{"one of [raw, total] properties must be set, none was provided", "needs raw, or total with good or bad; with good and bad alone, add a total whose query picks both"},
	{"must be less than '1'", "must be below 1; write 99.9 % as 0.999"},
	{"length must be between 1 and 1", "takes one entry; write an SLO for each other one"},
	{"string must be a valid date and time in '2006-01-02 15:04:05' format", "must be a date and time without a zone, such as 2026-01-01 00:00:00; the zone is in timeZone"},
}
