package rules

import (
	"bytes"
	"fmt"

	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"
)

// head is above everything that is written.
const head = "# Made by 'shopslo rules'; make it anew when SLOs or ShopSets change.\n"

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

// Resource writes the groups as a PrometheusRule for the Prometheus Operator. It takes
// up those only whose labels its Prometheus' ruleSelector asks for. The namespace is
// that of whoever applies it.
func Resource(name string, labels map[string]string, groups rulefmt.RuleGroups) ([]byte, error) {
	return written(resource{"monitoring.coreos.com/v1", "PrometheusRule", metadata{name, labels}, groups})
}

func written(v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(head)
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write rules: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write rules: %w", err)
	}
	return b.Bytes(), nil
}
