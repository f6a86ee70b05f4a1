// Package openslo reads OpenSLO v1 documents (YAML or JSON) into the words of
// package slo. The official go-sdk gives the document's types and rules; this
// package adds what the sdk lacks: every fault at once, each with its file and
// line, unknown keys with a suggestion, references between documents, and a
// reason wherever a valid document asks for something that is not computed.
//
// # What becomes what
//
// A document of kind SLO with one objective becomes one slo.SLO of the
// document's name. With several objectives it becomes one slo.SLO each, named
// "name:slug", where slug is the objective's displayName in [a-z0-9-], or its
// 1-based index where it has no displayName or shares it with an earlier one.
//
// # Composite SLOs
//
// An SLO whose objectives carry their own indicator or indicatorRef is a
// composite and becomes ONE slo.SLO with a Part per objective. Of compositeWeight
// the specification says that it is positive and 1 by default; it gives no
// formula, and no target for the whole. Here weights multiply events:
// good = Σ w·good, total = Σ w·total, and the events that may be bad are
// Σ w·(1 − target)·total, each part by its own target. The whole's Objective is
// the parts' target where they all have the same, else their weighted mean
// Σ w·target / Σ w. The parts must agree on the time slice.
//
// # Durations and windows
//
// A duration is OpenSLO's shorthand, such as 28d, or what all documents take in whole
// minutes, such as 1h30m. M, Q and Y are calendar units: a month is not 30 days. In a calendar window d
// and w are calendar units as well, so that a day has 23 to 25 hours where clocks
// change; m and h are refused there. A rolling window takes m, h, d and w; one of
// M, Q or Y is refused, since its length would change from day to day. A
// timeSliceWindow that is a bare number means minutes.
//
// # Annotations
//
// What OpenSLO has no word for stands in annotations of the SLO:
//
//	shopslo.dev/tiers: "prod,prod-ha"     # applies to these tiers; all by default
//	shopslo.dev/min-events: "5000"        # no verdict below; ⌈1/(1−objective)⌉ by default
//	shopslo.dev/first-sample: auto        # auto, zero or ignore: docs/counting.md
//	shopslo.dev/absent-is-zero: "true"    # a metric of bad events that does not exist has counted 0; no data by default
//
// # What is not counted
//
// Alert policies, conditions and notification targets change no figure: they are checked
// for unknown keys and reported as notes. The labels of a policy, and the targets that it
// names (as the label notify), go with the SLO. A query is taken as it
// stands; whether it is PromQL is for package promquery to say.
package openslo

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/slo"
)

// Documents is what a set of OpenSLO documents says.
type Documents struct {
	// SLOs in the order of the files and of the documents in them; their names
	// are unique.
	SLOs     []slo.SLO
	Sources  []Source
	Services []Service
	// Notes tell what was read and does not influence any figure.
	Notes []Note

	origins map[string]Position
	queries map[*slo.Query]Position
}

// Source is a DataSource document.
type Source struct {
	Name string
	Type string // as written: Prometheus, Mackerel, …
	// ConnectionDetails is whatever the document has there, as JSON.
	ConnectionDetails json.RawMessage
	Position          Position
}

// Service is a Service document.
type Service struct {
	Name, DisplayName, Description string
	Labels, Annotations            map[string]string // a label of several values has them joined by commas
	Position                       Position
}

// Position is a place in a file; lines count from 1.
type Position struct {
	File string
	Line int
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Origin is where the SLO of that name is written; false if there is none.
func (d *Documents) Origin(name string) (Position, bool) {
	p, ok := d.origins[name]
	return p, ok
}

// QueryOrigin is where a query of one of the SLOs is written. It knows the
// very pointers in SLOs, not copies of what they point to.
func (d *Documents) QueryOrigin(q *slo.Query) (Position, bool) {
	p, ok := d.queries[q]
	return p, ok
}

// Note is something that the reader should know and that is no fault.
type Note struct {
	Position
	Message string
	// Source is the data source that no document describes, where that is what is noted.
	Source string
}

func (n Note) String() string { return n.Position.String() + ": " + n.Message }

// Load reads all files that the patterns match (filepath.Glob's syntax, below
// base unless absolute) as one set: documents refer to each other across files.
//
// Three things may happen: all is well and the error is nil; the documents have
// faults, and the error is a document.Faults with every one of them; a pattern matches no
// file or a file cannot be read, which is a Fault without a line. With an error
// the Documents hold what could be read, for reports only: never compute from
// them.
func Load(base string, globs []string) (*Documents, error) {
	r := newReader()
	for _, path := range r.files(base, globs) {
		data, fault := document.ReadFile(path)
		if fault != nil {
			r.faults = append(r.faults, *fault)
			continue
		}
		r.read(path, data)
	}
	return r.finish()
}

// Parse reads the documents of one file; name stands for it in positions. Its
// outcomes are Load's.
func Parse(name string, data []byte) (*Documents, error) {
	return Of([]document.File{{Name: name, Data: data}})
}

// Of is Load of files that are read already.
func Of(files []document.File) (*Documents, error) {
	r := newReader()
	for _, f := range files {
		r.read(f.Name, f.Data)
	}
	return r.finish()
}

// files lists what the patterns match, each file once, sorted within a pattern.
func (r *reader) files(base string, globs []string) []string {
	var paths []string
	for _, glob := range globs {
		pattern := glob
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(base, pattern)
		}
		found, err := filepath.Glob(pattern)
		switch {
		case err != nil:
			r.faults = append(r.faults, document.Fault{File: glob, Message: "is not a pattern of file names: " + err.Error()})
		case len(found) == 0:
			r.faults = append(r.faults, document.Fault{File: pattern, Message: "no file matches; correct the path, or remove it from the list of SLO documents"})
		}
		for _, path := range found {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}
