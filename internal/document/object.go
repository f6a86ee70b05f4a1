package document

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/nearest"
)

// Header is what every document begins with.
type Header struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
}

// Metadata names a document.
type Metadata struct {
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Object is one document as it was read.
type Object struct {
	File string
	Kind string // "document" while it is not known
	Name string // as given; may be empty
	// Value is a pointer to the type that Kinds gave for the kind, filled as far as the
	// document could be read.
	Value any

	dialect Dialect
	at      map[string]Position // path such as spec.tiers[1] → its value
	broken  map[string]bool     // paths with a fault
	faults  Faults
}

// Dialect is what a set of documents has of its own.
type Dialect struct {
	// Readers read Go types that do not read themselves.
	Readers map[reflect.Type]Reader
	// Words are those that types with few of them may have.
	Words map[reflect.Type][]string
	// Hints say of unknown keys, or of the end of their paths, what to write instead,
	// where people may try them.
	Hints map[string]string
	// Kubernetes: the same bytes are read there too, by YAML 1.1.
	Kubernetes bool
	// Loose: quotes make no difference, so that 12 is a text and "12" a number.
	Loose bool
	// Optional: whoever asks for the document says what is missing.
	Optional bool
	// Quoted: free keys stand in paths as ['key'].
	Quoted bool
}

// Reader reads a node that is no alias into a value.
type Reader func(o *Object, path string, n *yaml.Node, into reflect.Value)

// New begins to read a document, or a part of one that is read by itself.
func New(file string, n *yaml.Node, d Dialect) *Object {
	return &Object{File: file, Kind: "document", dialect: d, at: map[string]Position{"": {n.Line, n.Column}}, broken: map[string]bool{}}
}

// Position is where a value stands in its file; both count from 1.
type Position struct{ Line, Column int }

// Kinds gives for each kind a pointer to a new, empty value of its Go type, a struct
// that embeds Header with the tag `json:",inline"`.
type Kinds map[string]func() any

// Load reads the documents of the files that glob patterns match, by name; relative
// patterns start at the folder base. A pattern that matches nothing is no fault: a
// folder of freezes may be empty. A file that several patterns match is read once.
func Load(base, apiVersion string, kinds Kinds, patterns ...string) ([]*Object, Faults) {
	var objects []*Object
	var faults Faults
	seen := map[string]bool{}
	for _, pattern := range patterns {
		full := pattern
		if !filepath.IsAbs(pattern) {
			full = filepath.Join(literal(base), pattern)
		}
		files, err := filepath.Glob(full)
		if err != nil {
			faults = append(faults, Fault{File: pattern, Message: fmt.Sprintf("is no glob pattern: %v", err)})
		}
		for _, file := range files {
			if seen[file] {
				continue
			}
			seen[file] = true
			data, fault := ReadFile(file)
			if fault != nil {
				faults = append(faults, *fault)
				continue
			}
			o, f := Parse(file, data, apiVersion, kinds)
			objects, faults = append(objects, o...), append(faults, f...)
		}
	}
	return objects, faults
}

// literal protects a folder's name from being read as a pattern.
func literal(folder string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

// Parse reads the documents of one file's content; file stands in the faults.
func Parse(file string, data []byte, apiVersion string, kinds Kinds) ([]*Object, Faults) {
	roots, _, faults := Roots(file, data)
	var objects []*Object
	for _, n := range roots {
		o := New(file, n, Dialect{})
		if o.identify(n, apiVersion, kinds) {
			o.Value = kinds[o.Kind]()
			o.Decode("", n, reflect.ValueOf(o.Value).Elem())
			objects = append(objects, o)
		}
		faults = append(faults, o.faults...)
	}
	return objects, faults
}

// Settings reads a file that is one document without a head into a struct. The object
// is for checks of its own; nil where nothing could be read.
func Settings(file string, data []byte, d Dialect, into any) (*Object, Faults) {
	roots, _, faults := Roots(file, data)
	switch {
	case len(faults) > 0:
		return nil, faults
	case len(roots) == 0:
		return nil, Faults{{File: file, Message: "the file is empty" + atLeast(reflect.TypeOf(into).Elem())}}
	case len(roots) > 1:
		return nil, Faults{{File: file, Line: roots[1].Line, Column: roots[1].Column, Message: "a second document begins here; the file holds one"}}
	}
	o := New(file, roots[0], d)
	o.Kind = ""
	o.Decode("", roots[0], reflect.ValueOf(into).Elem())
	return o, o.faults
}

// atLeast names the keys that a file cannot do without.
func atLeast(t reflect.Type) string {
	fields := Fields(t)
	names := slices.DeleteFunc(slices.Clone(namesOf(t, fields)), func(key string) bool { return !fields[key].Required })
	if len(names) == 0 {
		return ""
	}
	return "; write at least " + strings.Join(names, ", ")
}

// identify finds out what kind a document is; where it is none, the faults say why.
func (o *Object) identify(n *yaml.Node, apiVersion string, kinds Kinds) bool {
	version, kind, ok := o.Head(n)
	if !ok {
		return false
	}
	names := slices.Sorted(maps.Keys(kinds))
	switch near, isNear := nearest.Word(kind, names); {
	case kinds[kind] == nil && isNear:
		o.Refuse("kind", o.at["kind"], "unknown kind %q (did you mean %q?)", kind, near)
	case kinds[kind] == nil:
		o.Refuse("kind", o.at["kind"], "%s of %s does not belong here; the kinds are %s", kind, version, strings.Join(names, ", "))
	case version != apiVersion:
		o.Refuse("apiVersion", o.at["apiVersion"], "unknown version %q; write %s", version, apiVersion)
	default:
		o.Kind, o.Name = kind, NameOf(n)
		return true
	}
	return false
}

// Head reads what a document says that it is; where it does not, it is refused.
func (o *Object) Head(n *yaml.Node) (apiVersion, kind string, ok bool) {
	at := o.at[""]
	n = Target(n)
	if n.Kind != yaml.MappingNode {
		o.WrongType("", at, n, "a mapping with apiVersion, kind, metadata and spec")
		return "", "", false
	}
	// The keys are read again later; faults about them are reported then.
	given := New("", n, o.dialect).Mapping("", n)
	var head [2]string
	for i, key := range []string{"apiVersion", "kind"} {
		value, found := given.Values[key]
		if !found || IsNull(value) {
			o.Refuse(key, at, "is missing")
			continue
		}
		o.at[key] = Position{value.Line, value.Column}
		head[i], _ = o.text(key, o.at[key], Target(value), "a text")
	}
	return head[0], head[1], len(o.faults) == 0
}

// NameOf finds an object's name for messages, before anything is checked; "" where
// there is none.
func NameOf(n *yaml.Node) string {
	n = Child(Child(n, "metadata"), "name")
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return show(n.Value)
}

// Faults are those that were found so far.
func (o *Object) Faults() Faults { return o.faults }

// Fault makes a fault of a path such as spec.until, at its place or that of the
// nearest part around it; ok is false where that path has a fault already, from
// which this one may only follow.
func (o *Object) Fault(path, format string, args ...any) (_ Fault, ok bool) {
	return o.message(path, o.At(path), fmt.Sprintf(format, args...)), !o.Broken(path)
}

// Has reports whether a path is given in the document.
func (o *Object) Has(path string) bool { _, ok := o.at[path]; return ok }

// Refuse records that a path cannot be used as it is.
func (o *Object) Refuse(path string, at Position, format string, args ...any) {
	o.broken[path] = true
	o.faults = append(o.faults, o.message(path, at, fmt.Sprintf(format, args...)))
}

// Sound reports that nothing is wrong with the document so far.
func (o *Object) Sound() bool { return len(o.broken) == 0 }

// Break records that a path has a fault, which is told elsewhere.
func (o *Object) Break(path string) { o.broken[path] = true }

// Paths are those that the document gives, sorted.
func (o *Object) Paths() []string { return slices.Sorted(maps.Keys(o.at)) }

// Wrong refuses what a path says, as Fault does; what only follows from another fault is
// not told.
func (o *Object) Wrong(path, format string, args ...any) {
	if !o.Broken(path) {
		o.Refuse(path, o.At(path), format, args...)
	}
}

func (o *Object) message(path string, at Position, what string) Fault {
	var where string
	switch {
	case o.Name != "":
		where = fmt.Sprintf("%s %q: ", o.Kind, o.Name)
	case o.Kind != "":
		where = o.Kind + ": "
	}
	if path != "" {
		where += path + ": "
	}
	return Fault{File: o.File, Line: at.Line, Column: at.Column, Message: where + what}
}

// At gives where a path stands, or the nearest part around it that is there.
func (o *Object) At(path string) Position {
	for {
		if p, ok := o.at[path]; ok || path == "" {
			return p
		}
		path = parent(path)
	}
}

// Broken reports whether a path, a part of it or what is around it is faulty.
func (o *Object) Broken(path string) bool {
	for p := path; p != ""; p = parent(p) {
		if o.broken[p] {
			return true
		}
	}
	for p := range o.broken {
		if strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			return true
		}
	}
	return false
}

func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}
