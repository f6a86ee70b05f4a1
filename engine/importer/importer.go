// Package importer turns the SLOs of other tools into OpenSLO documents, and lists what could
// not be carried. What it gives is read and understood as shopslo reads it, before anybody
// has it: an SLO that cannot be counted is not carried.
package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/slo/openslo"
	"github.com/shopslo/shopslo/slo/promquery"
)

// Formats are those that can be imported.
var Formats = []string{"sloth", "pyrra", "openslo-crd"}

// Imported is what became of some files.
type Imported struct {
	Version int    `json:"version"`
	Format  string `json:"format"`
	SLOs    []SLO  `json:"slos"`
	Left    []Left `json:"left"`
}

// SLO is one that was carried.
type SLO struct {
	Name string `json:"name"`
	From string `json:"from"` // FILE:LINE
	// Counted is events, or points where the queries are evaluated on a grid.
	Counted  string `json:"counted"`
	Document string `json:"document"`
}

// Left is what was not carried, and why. Whole: it was an SLO.
type Left struct {
	At    string `json:"at"` // FILE:LINE
	What  string `json:"what"`
	Why   string `json:"why"`
	Whole bool   `json:"whole"`
}

// job imports files of one format.
type job struct {
	Imported
	window string // of SLOs that say none
	file   string
}

// Import reads files of a format; window is that of SLOs whose format says none, such as 30d.
// The error is of a file that cannot be read, or has nothing of that format.
func Import(format, window string, files []document.File) (Imported, error) {
	j := &job{Imported: Imported{Version: 1, Format: format, SLOs: []SLO{}, Left: []Left{}}, window: window}
	for _, f := range files {
		j.file = f.Name
		roots, _, faults := document.Roots(f.Name, f.Data)
		if err := faults.Err(); err != nil {
			return j.Imported, err
		}
		before := len(j.SLOs) + len(j.Left)
		for _, n := range roots {
			j.root(n)
		}
		if len(j.SLOs)+len(j.Left) == before {
			return j.Imported, fmt.Errorf("%s: has no SLO of %s", f.Name, format)
		}
	}
	return j.Imported, j.together()
}

// together reads what refers to each other as one set.
func (j *job) together() error {
	var all strings.Builder
	for _, s := range j.SLOs {
		all.WriteString("---\n" + s.Document)
	}
	if len(j.SLOs) == 0 {
		return nil
	}
	if _, err := openslo.Parse("the documents", []byte(all.String())); err != nil {
		return fmt.Errorf("what was imported does not fit together: %w", err)
	}
	return nil
}

// root imports a document, or each item of a list of them.
func (j *job) root(n *yaml.Node) {
	m := mapping(n, "")
	if m.text("kind") == "List" {
		for _, item := range m.list("items") {
			j.root(item.node)
		}
		return
	}
	switch j.Format {
	case "sloth":
		j.sloth(m)
	case "pyrra":
		j.pyrra(m)
	case "openslo-crd":
		j.crd(m)
	}
}

func (j *job) at(n *yaml.Node) string { return fmt.Sprintf("%s:%d", j.file, n.Line) }

// leave notes what is not carried.
func (j *job) leave(n *yaml.Node, what, why string) {
	j.Left = append(j.Left, Left{At: j.at(n), What: what, Why: why})
}

// drop notes an SLO that is not carried.
func (j *job) drop(n *yaml.Node, name, why string) {
	j.Left = append(j.Left, Left{At: j.at(n), What: strings.TrimPrefix("SLO "+name, "SLO of "), Why: why, Whole: true})
}

// rest notes what nobody has asked for.
func (j *job) rest(m *object, of string) {
	for _, k := range m.unused() {
		j.leave(k.Node, of+": "+k.path, "there is nothing like it")
	}
}

// add carries an SLO, once it is read as any other, and can be counted.
func (j *job) add(n *yaml.Node, name, text string) {
	docs, err := openslo.Parse(name, []byte(text))
	var faults document.Faults
	switch {
	case errors.As(err, &faults):
		var why []string
		for _, f := range faults {
			why = append(why, f.Message)
		}
		j.drop(n, name, strings.Join(why, "; "))
		return
	case err != nil:
		j.drop(n, name, err.Error())
		return
	}
	counted := "events"
	for i := range docs.SLOs {
		for k := range docs.SLOs[i].Parts {
			m, err := promquery.Read(&docs.SLOs[i].Parts[k].Indicator, nil)
			if err != nil {
				j.drop(n, name, err.Error())
				return
			}
			if !m.Raw {
				counted = "points"
			}
			for _, finding := range slices.Concat(m.Findings, m.Notes) {
				j.leave(n, "SLO "+name, finding)
			}
		}
	}
	if slices.ContainsFunc(j.SLOs, func(s SLO) bool { return s.Name == name }) {
		j.drop(n, name, "another SLO has that name")
		return
	}
	j.SLOs = append(j.SLOs, SLO{name, j.at(n), counted, text})
}
