package openslo

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/OpenSLO/go-sdk/pkg/openslo"
	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/slo"
)

// kinds are the kinds of OpenSLO v1, and how a document of each is read and kept.
var kinds = map[string]func(*reader, *object, *yaml.Node){
	"SLO":                     (*reader).slo,
	"SLI":                     (*reader).sli,
	"DataSource":              (*reader).dataSource,
	"Service":                 (*reader).aService,
	"AlertPolicy":             (*reader).alertPolicy,
	"AlertCondition":          unused[v1.AlertCondition],
	"AlertNotificationTarget": (*reader).notificationTarget,
}

// object is one OpenSLO object of a file.
type object struct{ *document.Object }

// at is the position of a path, or of the nearest thing around it.
func (o *object) at(path string) Position { return Position{o.File, o.At(path).Line} }

// decoded is an object in the sdk's type.
type decoded[T any] struct {
	*object
	doc T
}

// reader gathers the documents of all files; finish joins them.
type reader struct {
	docs   *Documents
	faults document.Faults
	named  map[string]*object // by kind and name

	slos    []decoded[v1.SLO]
	slis    map[string]decoded[v1.SLI]
	sources map[string]decoded[v1.DataSource]
	// policies and targets are by name, alerted what each SLO document refers to.
	policies map[string]policy
	targets  map[string]string
	alerted  map[*object][]policy
	// broken has "kind/name" of objects that were left out for their faults, so
	// that references to them are not faults too.
	broken map[string]bool
}

func newReader() *reader {
	return &reader{
		docs:     &Documents{origins: map[string]Position{}, queries: map[*slo.Query]Position{}},
		named:    map[string]*object{},
		slis:     map[string]decoded[v1.SLI]{},
		sources:  map[string]decoded[v1.DataSource]{},
		policies: map[string]policy{}, targets: map[string]string{}, alerted: map[*object][]policy{},
		broken: map[string]bool{},
	}
}

// wrong reports a breach of the specification, or what it allows and nothing here
// computes, at a path of an object, unless it follows from a fault that was reported.
func (r *reader) wrong(o *object, path, format string, args ...any) {
	if f, ok := o.Fault(path, format, args...); ok {
		r.faults = append(r.faults, f)
	}
}

func (r *reader) note(pos Position, format string, args ...any) {
	r.add(Note{Position: pos, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) add(n Note) {
	if !slices.Contains(r.docs.Notes, n) {
		r.docs.Notes = append(r.docs.Notes, n)
	}
}

// read takes in one file's documents.
func (r *reader) read(file string, data []byte) {
	roots, _, faults := document.Roots(file, data)
	r.faults = append(r.faults, faults...)
	for _, n := range roots {
		r.root(file, n)
	}
	if len(roots)+len(faults) == 0 {
		r.faults = append(r.faults, document.Fault{File: file, Message: "has no document; remove the file, or write an OpenSLO document into it"})
	}
}

// root takes in one YAML document: an object, or a list of them.
func (r *reader) root(file string, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.object(file, n)
		return
	}
	for _, item := range n.Content {
		r.object(file, item)
	}
}

// ofKubernetes is the apiVersion of the same documents as custom resources, whose group
// must be a domain's name.
const ofKubernetes = "openslo.com/v1"

// object takes in one OpenSLO object.
func (r *reader) object(file string, n *yaml.Node) {
	known := dialect
	if scalarOf(n, "apiVersion") == ofKubernetes {
		known = kubernetes
	}
	o := &object{document.New(file, n, known)}
	o.Kind = ""
	if document.Target(n).Kind != yaml.MappingNode {
		r.wrong(o, "", "is not an OpenSLO object; it must begin with apiVersion and kind")
		return
	}
	if r.header(o, n) {
		kinds[o.Kind](r, o, n)
	}
}

// header reads apiVersion, kind and name.
func (r *reader) header(o *object, n *yaml.Node) bool {
	kind := scalarOf(n, "kind")
	refuse := func(key, format string, args ...any) bool {
		at := n
		if value := document.Child(n, key); value != nil && key != "" {
			at = value
		}
		o.Refuse("", document.Position{Line: at.Line, Column: at.Column}, format, args...)
		r.faults = append(r.faults, o.Faults()...)
		return false
	}
	switch v := scalarOf(n, "apiVersion"); {
	case v == "":
		return refuse("", "has no apiVersion; write apiVersion: openslo/v1")
	case v != string(openslo.VersionV1) && v != ofKubernetes:
		return refuse("apiVersion", "apiVersion %q is not read; only openslo/v1 is", v)
	case kinds[kind] == nil:
		return refuse("kind", "kind %q is not one of OpenSLO v1%s", kind, document.HintOf(kind, keysOf(kinds)))
	}
	o.Kind, o.Name = kind, document.NameOf(n)
	return true
}

// scalarOf is the value of a key; "" where there is none.
func scalarOf(n *yaml.Node, key string) string {
	value := document.Child(n, key)
	if value == nil || value.Kind != yaml.ScalarNode || document.IsNull(value) {
		return ""
	}
	return value.Value
}

func keysOf[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// unique remembers the object's name and reports a second one of it. It is a
// fault where figures depend on it; the specification's examples describe a
// service twice.
func (r *reader) unique(o *object) {
	if o.Name == "" {
		return
	}
	key := o.Kind + "/" + o.Name
	first, dup := r.named[key]
	switch {
	case !dup:
		r.named[key] = o
	case o.Kind == "SLO" || o.Kind == "SLI" || o.Kind == "DataSource":
		r.wrong(o, "metadata.name", "there is another %s of this name at %s; names must be unique", o.Kind, first.at("metadata.name"))
		o.Break("metadata.name")
	default:
		r.note(o.at("metadata.name"), "%s %q is also described at %s", o.Kind, o.Name, first.at("metadata.name"))
	}
}

// decodeAs reads the object into the sdk's type and checks it by the sdk's rules; false
// where it has a fault.
func decodeAs[T openslo.Object](r *reader, o *object, n *yaml.Node) (decoded[T], bool) {
	d := decoded[T]{object: o}
	o.Decode("", n, reflect.ValueOf(&d.doc).Elem())
	r.faults = append(r.faults, o.Faults()...)
	if s, ok := any(&d.doc).(*v1.SLO); ok && len(s.Spec.AlertPolicies) > 0 {
		r.note(o.at("spec.alertPolicies"), "SLO %q: alertPolicies change no figure; their labels and targets go with the alerts, which follow from the budget's burn rates, not from conditions", o.Name)
		r.alerted[o] = policiesOf(n)
		s.Spec.AlertPolicies = nil
	}
	r.unique(o)
	r.annotations(o)
	r.validate(o, any(d.doc))
	if !o.Sound() {
		r.broken[o.Kind+"/"+o.Name] = true
		return d, false
	}
	return d, true
}

func (r *reader) slo(o *object, n *yaml.Node) {
	// One with faults is built too, for the faults that only building finds.
	d, _ := decodeAs[v1.SLO](r, o, n)
	r.slos = append(r.slos, d)
}

func (r *reader) sli(o *object, n *yaml.Node) {
	if d, ok := decodeAs[v1.SLI](r, o, n); ok {
		r.slis[o.Name] = d
	}
}

func (r *reader) dataSource(o *object, n *yaml.Node) {
	if d, ok := decodeAs[v1.DataSource](r, o, n); ok {
		r.sources[o.Name] = d
		r.docs.Sources = append(r.docs.Sources, Source{o.Name, d.doc.Spec.Type, d.doc.Spec.ConnectionDetails, o.at("metadata.name")})
	}
}

func (r *reader) aService(o *object, n *yaml.Node) {
	if d, ok := decodeAs[v1.Service](r, o, n); ok {
		r.docs.Services = append(r.docs.Services, Service{o.Name, d.doc.Metadata.DisplayName, d.doc.Spec.Description,
			labelsOf(d.doc.Metadata), annotationsOf(d.doc.Metadata), o.at("metadata.name")})
	}
}

// unused checks the keys of a document that changes no figure; the sdk's rules are too
// strict for the forms in use.
func unused[T any](r *reader, o *object, n *yaml.Node) {
	o.Decode("", n, reflect.ValueOf(new(T)).Elem())
	r.faults = append(r.faults, o.Faults()...)
	r.unique(o)
	r.annotations(o)
	r.note(o.at(""), "%s %q changes no figure and is not used; alerts follow from the budgets' burn rates", o.Kind, o.Name)
}

// finish joins the documents of all files and puts everything in order.
func (r *reader) finish() (*Documents, error) {
	for _, d := range r.slos {
		r.build(d)
	}
	return r.docs, r.faults.Err()
}
