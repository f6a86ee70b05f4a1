package documents

import (
	"errors"

	"github.com/shopslo/shopslo/internal/document"
)

// Note is something that is worth knowing and is no fault.
type Note struct {
	Place string `json:"place"` // file, or file:line
	Text  string `json:"text"`
}

// Fault is one thing that must be changed before anything can be computed.
type Fault struct {
	File string `json:"file"`
	// Line and Column count from 1; nil where they are not known.
	Line   *int   `json:"line"`
	Column *int   `json:"column"`
	Text   string `json:"text"`
	shown  string // the fault on one line, as its reader writes it
}

// counted turns 0, by which the readers mean that they do not know, into nil.
func counted(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// Faults are all faults of configuration and documents.
type Faults []Fault

func (f Faults) Error() string {
	text := ""
	for i := range f {
		text += f[i].shown + "\n"
	}
	return text
}

// FaultsOf turns the faults of any reader into ours; other errors stay as they are.
func FaultsOf(err error) error {
	found, ok := errors.AsType[document.Faults](err)
	if !ok {
		return err
	}
	var out Faults
	for _, f := range found {
		out = append(out, Fault{File: f.File, Line: counted(f.Line), Column: counted(f.Column), Text: f.Message, shown: f.Error()})
	}
	return out
}
