package importer

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/slo/openslo"
)

// fit leaves out the labels, annotations and description that OpenSLO refuses: an SLO is not
// given up for them.
func (j *job) fit(n *yaml.Node, out *made) {
	if _, err := openslo.Parse(out.name, []byte(out.document())); err == nil {
		return
	}
	out.labels, out.annotations = maps.Clone(out.labels), maps.Clone(out.annotations)
	for part, of := range map[string]map[string]string{"labels": out.labels, "annotations": out.annotations} {
		for _, name := range j.refused(n, out.name, part, of) {
			delete(of, name)
		}
	}
	if j.refuses(n, out.name, "description", made{description: out.description}) {
		out.description = ""
	}
}

// fitResource leaves out the labels and annotations of a document that OpenSLO refuses.
func (j *job) fitResource(n *yaml.Node, slo string, meta *object) {
	for _, part := range []string{"labels", "annotations"} {
		for _, name := range j.refused(n, slo, part, meta.texts(part)) {
			without(meta.get(part), name)
		}
	}
}

// refused gives the names of labels, or annotations, that OpenSLO refuses, and notes them.
func (j *job) refused(n *yaml.Node, slo, part string, of map[string]string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		probe := made{labels: map[string]string{name: of[name]}}
		if part == "annotations" {
			probe.labels, probe.annotations = nil, probe.labels
		}
		if j.refuses(n, slo, part+"."+strconv.Quote(name), probe) {
			names = append(names, name)
		}
	}
	return names
}

// refuses reports whether OpenSLO refuses an SLO that has no more than a part of one, and notes
// why it is left out then.
func (j *job) refuses(n *yaml.Node, slo, part string, probe made) bool {
	err := probe.read("30d")
	if err == nil {
		return false
	}
	why := err.Error()
	var faults document.Faults
	if errors.As(err, &faults) && len(faults) > 0 {
		why = faults[0].Message
	}
	// Which part it is has been said.
	for _, said := range []string{"]: ", "description: "} {
		if _, after, ok := strings.Cut(why, said); ok {
			why = after
		}
	}
	j.leave(n, slo, part, why)
	return true
}

// read reads an SLO that has all that it needs beside what m has.
func (m made) read(window string) error {
	m.name, m.service, m.objective, m.window, m.kind, m.query, m.total = "a", "a", 0.99, window, "bad", "a_total", "b_total"
	_, err := openslo.Parse(m.name, []byte(m.document()))
	return err
}
