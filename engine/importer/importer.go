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

	"github.com/shopslo/shopslo/engine/usage"
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
	Counts  Counts `json:"counts"`
}

// Counts says how many SLOs became what. Carried are all that were, with remarks or without.
type Counts struct {
	Carried     int `json:"carried"`
	WithRemarks int `json:"with_remarks"`
	NotCarried  int `json:"not_carried"`
}

// SLO is one that was carried.
type SLO struct {
	Name string `json:"name"`
	From string `json:"from"` // FILE:LINE
	// Counted is events, or points where the queries are evaluated on a grid.
	Counted  string `json:"counted"`
	Document string `json:"document"`
}

// Left is what was not carried, and why. Whole: it was an SLO; else a part of one, or what
// is to be known of it.
type Left struct {
	At    string `json:"at"`            // FILE:LINE
	SLO   string `json:"slo,omitempty"` // that it is about; "": it is about the file
	What  string `json:"what"`
	Why   string `json:"why"`
	Whole bool   `json:"whole"`
	// Reasons are those that Why joins.
	Reasons []string `json:"-"`
}

// job imports files of one format.
type job struct {
	Imported
	window string // of SLOs that say none
	file   string
	begun  int // how much was left when the SLO at hand was begun
}

// Import reads files of a format; window is that of SLOs whose format says none, such as 30d.
// The error is of a file that cannot be read, or has nothing of that format, or of the window.
func Import(format, window string, files []document.File) (Imported, error) {
	j := &job{Imported: Imported{Version: 1, Format: format, SLOs: []SLO{}, Left: []Left{}}, window: window}
	if err := checkWindow(window); err != nil {
		return j.Imported, err
	}
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
	j.count()
	return j.Imported, j.together()
}

// checkWindow reads the window as any SLO's that is imported.
func checkWindow(window string) error {
	d, err := days(window)
	if err == nil {
		err = made{}.read(d)
	}
	if err != nil {
		return usage.Errorf("--window: %q is not a window of an SLO; write it like 30d or 4w", window)
	}
	return nil
}

// count counts, once all is done.
func (j *job) count() {
	remarks := map[string]bool{}
	for _, l := range j.Left {
		if l.Whole {
			j.Counts.NotCarried++
		} else {
			remarks[l.SLO] = true
		}
	}
	for _, s := range j.SLOs {
		j.Counts.Carried++
		if s.Counted == "points" || remarks[s.Name] {
			j.Counts.WithRemarks++
		}
	}
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

// begin begins an SLO.
func (j *job) begin() { j.begun = len(j.Left) }

// leave notes what is not carried of an SLO, or of a file where it has no name: part is "" where
// it is about all of it.
func (j *job) leave(n *yaml.Node, slo, part, why string) {
	what := "SLO " + slo
	if part != "" {
		what += ": " + part
	}
	j.Left = append(j.Left, Left{At: j.at(n), SLO: slo, What: what, Why: why, Reasons: []string{why}})
}

// drop notes an SLO that is not carried, instead of its parts.
func (j *job) drop(n *yaml.Node, name string, why ...string) {
	j.Left = append(j.Left[:j.begun], Left{At: j.at(n), SLO: name, What: "SLO " + name, Why: strings.Join(why, "; "), Whole: true, Reasons: why})
}

// foreign notes a document that is not of the format.
func (j *job) foreign(n *yaml.Node, why string) {
	j.Left = append(j.Left, Left{At: j.at(n), What: "a document", Why: why, Whole: true, Reasons: []string{why}})
}

const nothingLikeIt = "there is no equivalent"

// rest notes what nobody has asked for.
func (j *job) rest(m *object, slo string) {
	for _, k := range m.unused() {
		j.leave(k.Node, slo, k.path, nothingLikeIt)
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
		j.drop(n, name, why...)
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
				j.leave(n, name, "", finding)
			}
		}
	}
	if slices.ContainsFunc(j.SLOs, func(s SLO) bool { return s.Name == name }) {
		j.drop(n, name, "another SLO has that name")
		return
	}
	j.SLOs = append(j.SLOs, SLO{name, j.at(n), counted, text})
}
