package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// owns reports whether something says whose the SLO is.
func (o *SLO) owns() bool { return len(o.Labels)+len(o.Annotations) > 0 }

// verdicts are the SLO's own rules about its budgets, where it is somebody's: those of all
// others are in one.
func (o *SLO) verdicts() []rule {
	if !o.owns() {
		return nil
	}
	return verdicts(fmt.Sprintf("slo=%q, ", o.Name))
}

// unowned is the matcher of the SLOs that have no verdicts of their own; "" where all are.
func (s *Settings) unowned() string {
	var names []string
	for i := range s.SLOs {
		if o := &s.SLOs[i]; o.owns() && len(o.ShopSets) > 0 {
			names = append(names, regexp.QuoteMeta(o.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return fmt.Sprintf("slo!~%q, ", strings.Join(names, "|"))
}

// taken are labels that the alerts have of their own.
var taken = []string{"alertname", "severity", "slo", "shopset", "tier", "window", "le", "job", "instance"}

// owned gives rules what says whose the SLO is. A runbook of its own takes the place of ours.
func (o *SLO) owned(all []rule) []rule {
	for i := range all {
		r := &all[i]
		r.labels, r.annotations = maps.Clone(r.labels), map[string]string{}
		if r.labels == nil {
			r.labels = map[string]string{}
		}
		for name, value := range o.Labels {
			if name = labelName(name); !slices.Contains(taken, name) {
				r.labels[name] = literally(value)
			}
		}
		for name, value := range o.Annotations {
			switch name = labelName(name); name {
			case "summary", "description", "summary_ja", "description_ja":
			case "runbook":
				r.annotations["runbook_url"] = literally(value)
			default:
				r.annotations[name] = literally(value)
			}
		}
	}
	return all
}

var noLabel = regexp.MustCompile(`[^a-zA-Z0-9_]`)

// labelName is a name as Prometheus takes it: example.com/team is example_com_team.
func labelName(name string) string {
	name = noLabel.ReplaceAllString(name, "_")
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name
}

// literally writes a value so that Prometheus' templates leave it as it is.
func literally(value string) string { return strings.ReplaceAll(value, "{{", `{{ "{{" }}`) }
