package openslo

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/slo"
)

// labelsOf are a document's labels; nil where it has none.
func labelsOf(m v1.Metadata) map[string]string {
	var out map[string]string
	for name, values := range m.Labels {
		out = with(out, name, strings.Join(values, ","))
	}
	return out
}

// annotationsOf are a document's annotations that this package gives no meaning to.
func annotationsOf(m v1.Metadata) map[string]string {
	var out map[string]string
	for name, value := range m.Annotations {
		if !strings.HasPrefix(name, prefix) {
			out = with(out, name, value)
		}
	}
	return out
}

func with(m map[string]string, name, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[name] = value
	return m
}

// inherit gives an SLO what its service has, and it has not.
func inherit(s *slo.SLO, services []Service) {
	for _, service := range services {
		if service.Name != s.Service || s.Service == "" {
			continue
		}
		for name, value := range service.Labels {
			if _, own := s.Labels[name]; !own {
				s.Labels = with(s.Labels, name, value)
			}
		}
		for name, value := range service.Annotations {
			if _, own := s.Annotations[name]; !own {
				s.Annotations = with(s.Annotations, name, value)
			}
		}
	}
}

// policy is what an AlertPolicy says of whom to tell. One that is referred to has a ref.
type policy struct {
	ref     string
	labels  map[string]string
	targets []policyTarget
}

// policyTarget is an AlertNotificationTarget: by name, or written out.
type policyTarget struct{ ref, target string }

// notify is the label of alerts that names whom to tell.
const notify = "notify"

// alerting gives an SLO the labels of its alert policies, and the names of their targets.
func (r *reader) alerting(o *object, s *slo.SLO) {
	var targets []string
	for _, p := range r.alerted[o] {
		if p.ref != "" {
			p = r.policies[p.ref]
		}
		for name, value := range p.labels {
			if _, own := s.Labels[name]; !own {
				s.Labels = with(s.Labels, name, value)
			}
		}
		for _, t := range p.targets {
			if name := cmp.Or(t.target, r.targets[t.ref], t.ref); name != "" && !slices.Contains(targets, name) {
				targets = append(targets, name)
			}
		}
	}
	if _, own := s.Labels[notify]; len(targets) > 0 && !own {
		s.Labels = with(s.Labels, notify, strings.Join(targets, ","))
	}
}

// policiesOf are those of an SLO's node: references, bare names, or written out.
func policiesOf(n *yaml.Node) (out []policy) {
	for _, item := range child(child(n, "spec"), "alertPolicies").Content {
		ref := cmp.Or(child(item, "alertPolicyRef").Value, item.Value)
		if ref != "" {
			out = append(out, policy{ref: ref})
		} else {
			out = append(out, policyOf(item))
		}
	}
	return out
}

func policyOf(n *yaml.Node) policy {
	p := policy{}
	labels := child(child(n, "metadata"), "labels").Content
	for i := 0; i+1 < len(labels); i += 2 {
		values := []string{labels[i+1].Value}
		for k, v := range labels[i+1].Content {
			values = append(values[:min(k, len(values))], v.Value)
		}
		p.labels = with(p.labels, labels[i].Value, strings.Join(values, ","))
	}
	for _, t := range child(child(n, "spec"), "notificationTargets").Content {
		p.targets = append(p.targets, policyTarget{cmp.Or(child(t, "targetRef").Value, child(child(t, "metadata"), "name").Value), child(child(t, "spec"), "target").Value})
	}
	return p
}

// child is the value of a key; an empty node where there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			if n.Content[i+1].Kind == yaml.AliasNode {
				return n.Content[i+1].Alias
			}
			return n.Content[i+1]
		}
	}
	return &yaml.Node{}
}

func (r *reader) alertPolicy(o *object, n *yaml.Node) {
	if r.told(reflect.ValueOf(new(v1.AlertPolicy)).Elem(), o, n) {
		r.policies[o.Name] = policyOf(n)
	}
}

func (r *reader) notificationTarget(o *object, n *yaml.Node) {
	if r.told(reflect.ValueOf(new(v1.AlertNotificationTarget)).Elem(), o, n) {
		r.targets[o.Name] = child(child(n, "spec"), "target").Value
	}
}

// told checks the keys of a document that says whom to tell; the sdk's rules are too strict
// for the forms in use.
func (r *reader) told(into reflect.Value, o *object, n *yaml.Node) bool {
	o.Decode("", n, into)
	r.faults = append(r.faults, o.Faults()...)
	r.unique(o)
	r.annotations(o)
	r.note(o.at(""), "%s %q changes no figure; its labels and targets go with the alerts of the SLOs that name it", o.Kind, o.Name)
	return o.Sound()
}
