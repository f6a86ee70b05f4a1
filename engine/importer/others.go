package importer

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/slo/openslo"
)

// pyrra imports a ServiceLevelObjective of Pyrra.
func (j *job) pyrra(m *object) {
	if m.text("kind") != "ServiceLevelObjective" || !strings.HasPrefix(m.text("apiVersion"), "pyrra.dev/") {
		j.foreign(m.node, "it is not a Pyrra document: kind ServiceLevelObjective of pyrra.dev")
		return
	}
	j.begin()
	meta, spec := m.object("metadata"), m.object("spec")
	for _, of := range []string{"namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"} {
		meta.get(of) // is of the resource
	}
	m.get("status")
	out := made{from: "Pyrra", name: slug(meta.text("name")), description: spec.text("description"), labels: map[string]string{}, annotations: map[string]string{}}
	for name, value := range meta.texts("labels") {
		out.labels[strings.TrimPrefix(name, "pyrra.dev/")] = value
	}
	for name, value := range meta.texts("annotations") {
		if name != "kubectl.kubernetes.io/last-applied-configuration" {
			out.annotations[strings.TrimPrefix(name, "pyrra.dev/")] = value
		}
	}
	out.service = out.labels["service"]
	if out.service == "" {
		out.service = out.name
	}
	var err error
	if out.objective, err = ratio(spec.text("target")); err != nil {
		j.drop(m.node, out.name, err.Error())
		return
	}
	if out.window, err = days(spec.text("window")); err != nil {
		j.drop(m.node, out.name, err.Error())
		return
	}
	if why := out.pyrraIndicator(spec.object("indicator")); why != "" {
		j.drop(m.node, out.name, why)
		return
	}
	j.rest(m, out.name)
	j.fit(m.node, &out)
	j.add(m.node, out.name, out.document())
}

// pyrraIndicator takes an indicator in, or says why it cannot.
func (m *made) pyrraIndicator(ind *object) (why string) {
	metric := func(o *object, side string) string { return strings.TrimSpace(o.object(side).text("metric")) }
	switch {
	case ind.has("ratio"):
		r := ind.object("ratio")
		m.kind, m.counter, m.query, m.total = "bad", "true", metric(r, "errors"), metric(r, "total")
	case ind.has("latency"):
		l := ind.object("latency")
		m.kind, m.counter, m.query, m.total = "good", "true", metric(l, "success"), metric(l, "total")
	case ind.has("bool_gauge"):
		g := strings.TrimSpace(ind.object("bool_gauge").text("metric"))
		m.kind, m.counter, m.query, m.total = "good", "false", "sum("+g+")", "count("+g+")"
	case ind.has("latencyNative"):
		l := ind.object("latencyNative")
		within, err := model.ParseDuration(l.text("latency"))
		if err != nil {
			return "its latency is not a duration: " + err.Error()
		}
		if h := metric(l, "total"); h != "" {
			seconds := strconv.FormatFloat(time.Duration(within).Seconds(), 'g', -1, 64)
			m.kind, m.query, m.total = "good", "histogram_fraction(0, "+seconds+", "+h+")", "histogram_count("+h+")"
		}
	default:
		return "it has no indicator"
	}
	if m.query == "" || m.total == "" {
		return "its indicator has no metric"
	}
	return ""
}

// ofResource are the keys that an API server adds to metadata.
var ofResource = []string{"namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences", "finalizers", "selfLink"}

// crd imports an OpenSLO document that was a custom resource: what a cluster adds is left
// out, and all else is kept as it is.
func (j *job) crd(m *object) {
	version := m.text("apiVersion")
	if version != "openslo.com/v1" && version != "openslo/v1" {
		j.foreign(m.node, "it is not a document of openslo.com/v1")
		return
	}
	j.begin()
	out := *clone(m.node)
	set(&out, "apiVersion", "openslo/v1")
	without(&out, "status")
	var meta *object
	name := ""
	for i := 0; i+1 < len(out.Content); i += 2 {
		if out.Content[i].Value == "metadata" {
			meta = mapping(out.Content[i+1], "metadata")
			name = meta.text("name")
			for _, key := range ofResource {
				without(meta.node, key)
			}
			if a := meta.get("annotations"); a != nil {
				without(a, "kubectl.kubernetes.io/last-applied-configuration")
				if len(a.Content) == 0 {
					without(meta.node, "annotations")
				}
			}
		}
	}
	text, err := encoded(&out)
	if err == nil && meta != nil {
		if _, refused := openslo.Parse(name, []byte(text)); refused != nil {
			j.fitResource(m.node, name, meta)
			text, err = encoded(&out)
		}
	}
	if err != nil {
		j.drop(m.node, name, err.Error())
		return
	}
	if m.text("kind") != "SLO" { // what SLOs refer to is carried with them
		j.SLOs = append(j.SLOs, SLO{m.text("kind") + " " + name, j.at(m.node), "", text})
		return
	}
	if indicatorRef(m) {
		j.SLOs = append(j.SLOs, SLO{name, j.at(m.node), "", text})
		return
	}
	j.add(m.node, name, text)
}

func encoded(n *yaml.Node) (string, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(n)
	return b.String(), err
}

// indicatorRef reports whether an SLO's indicator is another document, so that it cannot be
// read alone.
func indicatorRef(m *object) bool {
	spec := m.object("spec")
	return spec.has("indicatorRef") || slices.ContainsFunc(spec.list("objectives"), func(o *object) bool { return o.has("indicatorRef") })
}

// clone copies a node with all below it; aliases stay what they are.
func clone(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = nil
	for _, c := range n.Content {
		out.Content = append(out.Content, clone(c))
	}
	return &out
}

func set(n *yaml.Node, key, value string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1].Value = value
		}
	}
}

func without(n *yaml.Node, key string) {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}
