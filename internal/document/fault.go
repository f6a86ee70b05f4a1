// Package document is the one reader of YAML, of documents and of settings alike. It is
// strict: an unknown key, a wrong type, a key given twice, a missing required key are
// faults that name file, line and column, and reading goes on, so that every fault is
// told at once. Aliases and merge keys (<<) are followed; what they make of a file is
// bounded. A key without a value (null) is not given.
//
// The Go types that are read into name their keys by json tags; a field without
// omitempty is required. A time.Duration is longer than 0 and written as a Duration is,
// a *time.Location is the name of a time zone, a Secret names an environment variable or
// a file. A type with UnmarshalText reads itself from a text, one with Defaults gets its
// defaults before its keys are read. Field says which other tags there are.
//
// Load and Parse read documents of the shape apiVersion, kind, metadata.name, spec;
// Settings reads a file that is one document without a head. A Dialect is what each kind
// of file has of its own.
package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a document.
type Fault struct {
	File string // as it was named when read
	// Line and Column count from 1; 0 where they are not known. A column counts
	// characters.
	Line, Column int
	// Message says where in the document, what is wrong, and what to do.
	Message string
}

// Error writes the fault on one line: freezes/newyear.yaml:4:10: Freeze "newyear": …
func (f Fault) Error() string {
	switch {
	case f.Line == 0:
		return f.File + ": " + f.Message
	case f.Column == 0:
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
}

// Faults are all faults of some files.
type Faults []Fault

// Error writes one fault per line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Err gives the faults by file, line and column, each once; nil where there is none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(f)
}
