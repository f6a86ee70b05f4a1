package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with the documents.
type Fault struct {
	File string // as it was named when loaded
	// Line and Column count from 1; 0 where they are not known. A column counts
	// characters.
	Line, Column int
	// Message says where in the document, what is wrong, and what to do.
	Message string
}

// Error writes the fault on one line: fleet/tiers.yaml:4:10: Tier "beta": …
func (f Fault) Error() string {
	switch {
	case f.Line == 0:
		return f.File + ": " + f.Message
	case f.Column == 0:
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
}

// Faults is the error of Load and Parse: every fault, by file, line and column.
type Faults []Fault

// Error writes one fault per line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// sorted gives the faults in order, each once.
func (f Faults) sorted() Faults {
	slices.SortFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(f)
}
