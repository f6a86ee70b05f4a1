package document

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/fleet"
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

// Object is one document as it was read, of a kind that the caller knows.
type Object struct {
	File string
	Kind string
	Name string
	// Value is a pointer to the type that the caller gave for the kind, filled as
	// far as the document could be read.
	Value any

	at     map[string]position // path such as spec.tiers[1] → its value
	broken map[string]bool     // paths with a fault
	faults Faults
}

// position is where a value stands in its file.
type position struct{ line, column int }

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
			data, err := os.ReadFile(file)
			if err != nil {
				faults = append(faults, Fault{File: file, Message: fmt.Sprintf("cannot be read: %v", err)})
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
	roots, faults := nodes(file, data)
	var objects []*Object
	for _, n := range roots {
		o := &Object{File: file, Kind: "document", at: map[string]position{}, broken: map[string]bool{}}
		if o.identify(n, apiVersion, kinds) {
			o.Value = kinds[o.Kind]()
			o.decode("", n, reflect.ValueOf(o.Value).Elem())
			objects = append(objects, o)
		}
		faults = append(faults, o.faults...)
	}
	return objects, faults
}

// identify finds out what kind a document is; where it is none, the faults say why.
func (o *Object) identify(n *yaml.Node, apiVersion string, kinds Kinds) bool {
	at := position{n.Line, n.Column}
	o.at[""] = at
	n = target(n)
	if n.Kind != yaml.MappingNode {
		o.wrongType("", at, n, "a mapping with apiVersion, kind, metadata and spec")
		return false
	}
	quiet := &Object{broken: map[string]bool{}} // the keys are read again later
	given := quiet.mapping("", n)
	var head [2]string
	for i, key := range []string{"apiVersion", "kind"} {
		value, ok := given.values[key]
		if !ok || isNull(value) {
			o.fault(key, at, "is missing")
			continue
		}
		o.at[key] = position{value.Line, value.Column}
		head[i], _ = o.scalarText(key, o.at[key], target(value), "a text")
	}
	if len(o.faults) > 0 {
		return false
	}
	names := slices.Sorted(maps.Keys(kinds))
	switch near, isNear := fleet.Nearest(head[1], names); {
	case kinds[head[1]] == nil && isNear:
		o.fault("kind", o.at["kind"], "unknown kind %q (did you mean %q?)", head[1], near)
	case kinds[head[1]] == nil:
		o.fault("kind", o.at["kind"], "%s of %s does not belong here; the kinds are %s", head[1], head[0], strings.Join(names, ", "))
	case head[0] != apiVersion:
		o.fault("apiVersion", o.at["apiVersion"], "unknown version %q; write %s", head[0], apiVersion)
	default:
		o.Kind, o.Name = head[1], nameOf(n)
		return true
	}
	return false
}

// nameOf finds an object's name for messages, before anything is checked.
func nameOf(n *yaml.Node) string {
	var named struct {
		Metadata struct {
			Name string `yaml:"name"`
		} `yaml:"metadata"`
	}
	if n.Decode(&named) != nil {
		return ""
	}
	return show(named.Metadata.Name)
}

// Fault makes a fault of a path such as spec.until, at its place or that of the
// nearest part around it; ok is false where that path has a fault already, from
// which this one may only follow.
func (o *Object) Fault(path, format string, args ...any) (_ Fault, ok bool) {
	return o.message(path, o.position(path), fmt.Sprintf(format, args...)), !o.isBroken(path)
}

// Has reports whether a path is given in the document.
func (o *Object) Has(path string) bool { _, ok := o.at[path]; return ok }

// fault records that a path cannot be used as it is.
func (o *Object) fault(path string, at position, format string, args ...any) {
	o.broken[path] = true
	o.faults = append(o.faults, o.message(path, at, fmt.Sprintf(format, args...)))
}

func (o *Object) message(path string, at position, what string) Fault {
	where := o.Kind
	if o.Name != "" {
		where = fmt.Sprintf("%s %q", o.Kind, o.Name)
	}
	if path != "" {
		where += ": " + path
	}
	return Fault{File: o.File, Line: at.line, Column: at.column, Message: where + ": " + what}
}

func (o *Object) position(path string) position {
	for {
		if p, ok := o.at[path]; ok || path == "" {
			return p
		}
		path = parent(path)
	}
}

// isBroken reports whether a path, a part of it or what is around it is faulty.
func (o *Object) isBroken(path string) bool {
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
