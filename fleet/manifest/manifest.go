package manifest

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/document"
)

// Load reads the files that the glob patterns match and checks them as a whole.
// Relative patterns start at the folder base; "" is the working folder. A file
// that several patterns match is read once.
//
// The error is a document.Faults that holds every fault of all files. A pattern that
// matches nothing is a fault, and so are files without any document.
func Load(base string, patterns ...string) (*fleet.Fleet, error) {
	return LoadFor(nil, base, patterns...)
}

// LoadFor is Load where it is known which sources there are, with "" where one need not
// be named; nil: it is not known.
func LoadFor(sources []fleet.SourceName, base string, patterns ...string) (*fleet.Fleet, error) {
	r := newReader()
	r.sources = sources
	var files []string
	for _, pattern := range patterns {
		files = append(files, r.glob(base, pattern)...)
	}
	return r.files(files)
}

// loadFiles does what Load does with files that are named one by one: their
// names are no patterns.
func loadFiles(files ...string) (*fleet.Fleet, error) {
	return newReader().files(files)
}

func (r *reader) files(files []string) (*fleet.Fleet, error) {
	seen := map[string]bool{}
	for _, file := range files {
		if file = filepath.Clean(file); !seen[file] {
			seen[file] = true
			r.open(file)
		}
	}
	if len(r.faults) == 0 && len(r.read) == 0 {
		f := document.Fault{File: "fleet", Message: "no pattern says where its documents are; name files such as fleet/*.yaml"}
		if len(files) > 0 {
			f = document.Fault{File: strings.Join(files, ", "), Message: "no document of the fleet is in here; write at least a Tier and a ShopSet"}
		}
		r.faults = append(r.faults, f)
	}
	return r.fleet()
}

// Parse reads the documents of one file's content and checks them as a whole.
// name stands in the faults. The error is a document.Faults. Without any document the
// fleet is empty.
func Parse(name string, data []byte) (*fleet.Fleet, error) {
	return Of([]document.File{{Name: name, Data: data}})
}

// Of is Parse of several files, which are checked as a whole.
func Of(files []document.File) (*fleet.Fleet, error) {
	r := newReader()
	for _, f := range files {
		r.file(f.Name, f.Data)
	}
	return r.fleet()
}

// glob gives the files of a pattern, joined with the base folder, by name.
func (r *reader) glob(base, pattern string) []string {
	fail := func(format string, args ...any) []string {
		r.faults = append(r.faults, document.Fault{File: pattern, Message: fmt.Sprintf(format, args...)})
		return nil
	}
	if strings.Contains(pattern, "**") {
		return fail("** is not understood; name each folder, such as fleet/*.yaml and fleet/*/*.yaml")
	}
	full := pattern
	if !filepath.IsAbs(pattern) {
		full = filepath.Join(literal(base), pattern)
	}
	files, err := filepath.Glob(full)
	switch {
	case err != nil:
		return fail("is no glob pattern: %v", err)
	case len(files) == 0 && base != "" && !filepath.IsAbs(pattern):
		return fail("no file matches this pattern in folder %s", base)
	case len(files) == 0:
		return fail("no file matches this pattern")
	}
	return files
}

// literal protects a folder's name from being read as a pattern.
func literal(folder string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

func (r *reader) open(file string) {
	data, fault := document.ReadFile(file)
	if fault != nil {
		r.faults = append(r.faults, *fault)
		return
	}
	r.file(file, data)
}

// fleet checks all that was read as a whole.
func (r *reader) fleet() (*fleet.Fleet, error) {
	declared := r.documents.Declarations()
	declared.Sources = r.sources
	for _, p := range declared.Check() {
		r.problem(p)
	}
	if len(r.faults) > 0 {
		return nil, r.faults.Err()
	}
	return fleet.New(declared)
}

// problem makes a fault of a problem, unless it only follows from another fault:
// a contradiction with a value that could not be read, or a reference to an
// object that could not.
func (r *reader) problem(p fleet.Problem) {
	d, path := r.place(p.At)
	message := p.Message
	if p.Other != nil {
		other, otherPath := r.place(*p.Other)
		if other.Broken(otherPath) {
			return
		}
		message += fmt.Sprintf(" (%s:%d)", other.File, other.At(otherPath).Line)
	}
	if f, ok := d.Fault(path, "%s", message); ok && (p.Unknown == "" || !r.mayBeUnread(p.Unknown)) {
		r.faults = append(r.faults, f)
	}
}

// place finds the document and the path of a declaration's field.
func (r *reader) place(p fleet.Place) (*document.Object, string) {
	path := "spec." + p.Field
	if p.Field == "name" {
		path = "metadata.name"
	}
	return r.read[p.Kind][p.Index], path
}
