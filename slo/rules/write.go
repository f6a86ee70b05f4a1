package rules

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"
)

// Head is above everything that is written.
const Head = "# Made by 'shopslo rules'; make it anew when SLOs or ShopSets change.\n"

// File writes the groups as a rule file, as Prometheus' rule_files name it.
func File(groups rulefmt.RuleGroups) ([]byte, error) { return written(groups) }

// resource is the part of the Prometheus Operator's PrometheusRule that is written.
type resource struct {
	APIVersion string             `yaml:"apiVersion"`
	Kind       string             `yaml:"kind"`
	Metadata   metadata           `yaml:"metadata"`
	Spec       rulefmt.RuleGroups `yaml:"spec"`
}

type metadata struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels,omitempty"`
}

// Resources writes the groups as PrometheusRules for the Prometheus Operator: one for each
// SLO, so that none outgrows what an API server takes, and one for all other groups, named
// name. It takes up those only whose labels its Prometheus' ruleSelector asks for. The
// namespace is that of whoever applies them.
func Resources(name string, labels map[string]string, groups rulefmt.RuleGroups) ([]byte, error) {
	var out []resource
	at := map[string]int{}
	for _, g := range groups.Groups {
		full := name
		if of := sloOf(g.Name); of != "" {
			full += "-" + noName.ReplaceAllString(strings.ToLower(of), "-")
		}
		i, ok := at[full]
		if !ok {
			i = len(out)
			at[full] = i
			out = append(out, resource{"monitoring.coreos.com/v1", "PrometheusRule", metadata{full, labels}, rulefmt.RuleGroups{}})
		}
		out[i].Spec.Groups = append(out[i].Spec.Groups, g)
	}
	var all []any
	for _, r := range out {
		all = append(all, r)
	}
	return written(all...)
}

// noName is what the name of a resource cannot have.
var noName = regexp.MustCompile(`[^a-z0-9.-]+`)

// sloOf is the SLO that a group is of; "" where it is of all.
func sloOf(group string) string {
	for _, prefix := range []string{"shopslo-slo-", "sloth-slo-sli-recordings-", "sloth-slo-meta-recordings-"} {
		if of, ok := strings.CutPrefix(group, prefix); ok {
			return of
		}
	}
	return ""
}

func written(all ...any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(Head)
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	for _, v := range all {
		if err := e.Encode(v); err != nil {
			return nil, fmt.Errorf("write rules: %w", err)
		}
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write rules: %w", err)
	}
	return b.Bytes(), nil
}
