package openslo

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/OpenSLO/go-sdk/pkg/openslo"
	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/slo"
)

// kinds are the kinds of OpenSLO v1 and the sdk's type of each.
var kinds = map[string]reflect.Type{
	"SLO":                     reflect.TypeFor[v1.SLO](),
	"SLI":                     reflect.TypeFor[v1.SLI](),
	"DataSource":              reflect.TypeFor[v1.DataSource](),
	"Service":                 reflect.TypeFor[v1.Service](),
	"AlertPolicy":             reflect.TypeFor[v1.AlertPolicy](),
	"AlertCondition":          reflect.TypeFor[v1.AlertCondition](),
	"AlertNotificationTarget": reflect.TypeFor[v1.AlertNotificationTarget](),
}

// decoded is an object in the sdk's type.
type decoded[T any] struct {
	*object
	doc T
}

// reader gathers the documents of all files; finish joins them.
type reader struct {
	docs   *Documents
	faults Faults
	named  map[string]*object // by kind and name

	slos    []decoded[v1.SLO]
	slis    map[string]decoded[v1.SLI]
	sources map[string]decoded[v1.DataSource]
	// broken has "kind/name" of objects that were left out for their faults, so
	// that references to them are not faults too.
	broken map[string]bool
}

func newReader() *reader {
	return &reader{
		docs:    &Documents{origins: map[string]Position{}, queries: map[*slo.Query]Position{}},
		named:   map[string]*object{},
		slis:    map[string]decoded[v1.SLI]{},
		sources: map[string]decoded[v1.DataSource]{},
		broken:  map[string]bool{},
	}
}

// addFault adds a fault once: several SLOs may lead to the same one.
func (r *reader) addFault(pos Position, refused bool, o *object, path, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	if o != nil && o.kind != "" {
		message = fmt.Sprintf("%s %q: %s", o.kind, o.name, message)
	}
	f := Fault{File: pos.File, Line: pos.Line, Message: message, Refused: refused}
	if !slices.Contains(r.faults, f) {
		r.faults = append(r.faults, f)
	}
}

// wrong reports a breach of the specification at a path of an object, unless
// it follows from a fault that was reported.
func (r *reader) wrong(o *object, path, format string, args ...any) {
	if !o.explained(path) {
		r.addFault(o.at(path), false, o, path, format, args...)
	}
}

// refuse reports what the specification allows and nothing here computes.
func (r *reader) refuse(o *object, path, format string, args ...any) {
	if !o.explained(path) {
		r.addFault(o.at(path), true, o, path, format, args...)
	}
}

func (r *reader) note(pos Position, format string, args ...any) {
	n := Note{pos, fmt.Sprintf(format, args...)}
	if !slices.Contains(r.docs.Notes, n) {
		r.docs.Notes = append(r.docs.Notes, n)
	}
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// read takes in one file's documents.
func (r *reader) read(file string, data []byte) {
	if !utf8.Valid(data) {
		r.faults = append(r.faults, Fault{File: file, Line: invalidLine(data), Message: "is not UTF-8 text; save it as such"})
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	found := false
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.syntax(file, err)
			return
		}
		if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
			continue
		}
		found = true
		r.root(file, doc.Content[0])
	}
	if !found {
		r.faults = append(r.faults, Fault{File: file, Message: "has no document; remove the file, or write an OpenSLO document into it"})
	}
}

func (r *reader) syntax(file string, err error) {
	// The library leaves the line out where it is the first.
	f := Fault{File: file, Line: 1, Message: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		f.Line, _ = strconv.Atoi(m[1])
		f.Message = "is not YAML: " + strings.TrimPrefix(err.Error(), m[0])
	}
	r.faults = append(r.faults, f)
}

// invalidLine is the first line that is not UTF-8.
func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		c, size := utf8.DecodeRune(data)
		if c == utf8.RuneError && size <= 1 {
			break
		}
		if c == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

// root takes in one YAML document: an object, or a list of them.
func (r *reader) root(file string, n *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			if item.Kind == yaml.AliasNode && item.Alias != nil {
				item = item.Alias
			}
			r.object(file, item)
		}
		return
	}
	r.object(file, n)
}

// object takes in one OpenSLO object.
func (r *reader) object(file string, n *yaml.Node) {
	o := &object{file: file, line: n.Line, lines: map[string]int{}, faulty: map[string]bool{}}
	if n.Kind != yaml.MappingNode {
		r.addFault(Position{file, n.Line}, false, nil, "", "is not an OpenSLO object; it must begin with apiVersion and kind")
		return
	}
	typ, ok := r.header(o, n)
	if !ok {
		return
	}
	if scalarValue(child(n, "apiVersion")) == ofKubernetes {
		without(child(n, "metadata"), "namespace")
	}
	t := &tree{reader: r, object: o}
	v, _ := t.value(n, typ, "", 0)
	if o.data, _ = v.(map[string]any); o.data != nil {
		o.data["apiVersion"] = string(openslo.VersionV1)
	}
	r.unique(o)
	r.annotations(o)
	r.decode(o)
}

// ofKubernetes is the apiVersion of the same documents as custom resources, whose group
// must be a domain's name.
const ofKubernetes = "openslo.com/v1"

// header reads apiVersion, kind and name.
func (r *reader) header(o *object, n *yaml.Node) (reflect.Type, bool) {
	version := child(n, "apiVersion")
	kind := child(n, "kind")
	o.name = scalarValue(child(child(n, "metadata"), "name"))
	switch v := scalarValue(version); {
	case v == "":
		r.wrong(o, "", "has no apiVersion; write apiVersion: openslo/v1")
		return nil, false
	case v != string(openslo.VersionV1) && v != ofKubernetes:
		r.addFault(Position{o.file, version.Line}, false, nil, "", "apiVersion %q is not read; only openslo/v1 is", v)
		return nil, false
	}
	k := scalarValue(kind)
	typ, ok := kinds[k]
	if !ok {
		line := o.line
		if kind != nil {
			line = kind.Line
		}
		r.addFault(Position{o.file, line}, false, nil, "", "kind %q is not one of OpenSLO v1%s", k, didYouMean(k, keysOf(kinds)))
		return nil, false
	}
	o.kind = k
	return typ, true
}

// without takes a key out of a mapping.
func without(n *yaml.Node, key string) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}

// child is the value of a key of a mapping, nil where there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			v := n.Content[i+1]
			if v.Kind == yaml.AliasNode {
				v = v.Alias
			}
			return v
		}
	}
	return nil
}

func scalarValue(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// unique remembers the object's name and reports a second one of it. It is a
// fault where figures depend on it; the specification's examples describe a
// service twice.
func (r *reader) unique(o *object) {
	if o.name == "" {
		return
	}
	key := o.kind + "/" + o.name
	first, dup := r.named[key]
	switch {
	case !dup:
		r.named[key] = o
	case o.kind == "SLO" || o.kind == "SLI" || o.kind == "DataSource":
		r.wrong(o, "metadata.name", "there is another %s of this name at %s; names must be unique", o.kind, first.at("metadata.name"))
		o.faulty["metadata.name"] = true
	default:
		r.note(o.at("metadata.name"), "%s %q is also described at %s", o.kind, o.name, first.at("metadata.name"))
	}
}

// decode turns the object into the sdk's type, checks it by the sdk's rules,
// and keeps it.
func (r *reader) decode(o *object) {
	switch o.kind {
	case "SLO":
		if spec, ok := o.data["spec"].(map[string]any); ok {
			r.alertPolicies(o, spec)
		}
		// One with faults is built too, for the faults that only building finds.
		d, _ := decodeAs[v1.SLO](r, o)
		r.slos = append(r.slos, d)
	case "SLI":
		if d, ok := decodeAs[v1.SLI](r, o); ok {
			r.slis[o.name] = d
		}
	case "DataSource":
		if d, ok := decodeAs[v1.DataSource](r, o); ok {
			r.sources[o.name] = d
			r.docs.Sources = append(r.docs.Sources, Source{o.name, d.doc.Spec.Type, d.doc.Spec.ConnectionDetails, o.at("metadata.name")})
		}
	case "Service":
		if d, ok := decodeAs[v1.Service](r, o); ok {
			r.docs.Services = append(r.docs.Services, Service{o.name, d.doc.Metadata.DisplayName, d.doc.Spec.Description, o.at("metadata.name")})
		}
	default:
		r.note(o.at(""), "%s %q changes no figure and is not used; alerts follow from the budgets' burn rates", o.kind, o.name)
	}
}

// alertPolicies takes an SLO's alert policies out: they change no figure, and
// the sdk would not decode all forms in use.
func (r *reader) alertPolicies(o *object, spec map[string]any) {
	if list, _ := spec["alertPolicies"].([]any); len(list) > 0 {
		r.note(o.at("spec.alertPolicies"), "SLO %q: alertPolicies change no figure and are not used; alerts follow from the budget's burn rates", o.name)
	}
	delete(spec, "alertPolicies")
}

// decodeAs decodes and validates; false where the object has a fault.
func decodeAs[T openslo.Object](r *reader, o *object) (decoded[T], bool) {
	d := decoded[T]{object: o}
	raw, err := json.Marshal(o.data)
	if err == nil {
		err = json.Unmarshal(raw, &d.doc)
	}
	if err != nil {
		r.wrong(o, "", "cannot be decoded: %v", err)
		o.faulty[""] = true
	} else {
		r.validate(o, any(d.doc))
	}
	if len(o.faulty) > 0 {
		r.broken[o.kind+"/"+o.name] = true
		return d, false
	}
	return d, true
}

// finish joins the documents of all files and puts everything in order.
func (r *reader) finish() (*Documents, error) {
	for _, d := range r.slos {
		r.build(d)
	}
	// Files keep the order in which they were read.
	order := map[string]int{}
	for i, f := range r.faults {
		if _, ok := order[f.File]; !ok {
			order[f.File] = i
		}
	}
	slices.SortStableFunc(r.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line))
	})
	if len(r.faults) > 0 {
		return r.docs, r.faults
	}
	return r.docs, nil
}
