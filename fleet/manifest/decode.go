package manifest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/shopslo/shopslo/fleet"
	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// position is where a value stands in its file.
type position struct{ line, column int }

// document is one object as it was read: where its parts stand, and which of
// them are faulty already.
type document struct {
	file   string
	kind   fleet.Kind
	name   string
	at     map[string]position // path such as spec.components[1] → its value
	broken map[string]bool     // paths with a fault
	faults Faults
}

// fault records that a path cannot be used as it is.
func (d *document) fault(path string, at position, format string, args ...any) {
	d.broken[path] = true
	d.faults = append(d.faults, d.message(path, at, fmt.Sprintf(format, args...)))
}

// message makes a fault of what is wrong with a path.
func (d *document) message(path string, at position, what string) Fault {
	where := string(d.kind)
	if d.name != "" {
		where = fmt.Sprintf("%s %q", d.kind, d.name)
	}
	if path != "" {
		where += ": " + path
	}
	return Fault{File: d.file, Line: at.line, Column: at.column, Message: where + ": " + what}
}

// position gives where a path stands, or the nearest part around it that is there.
func (d *document) position(path string) position {
	for {
		if p, ok := d.at[path]; ok || path == "" {
			return p
		}
		path = parent(path)
	}
}

// isBroken reports whether a path, a part of it or what is around it is faulty.
func (d *document) isBroken(path string) bool {
	for p := path; p != ""; p = parent(p) {
		if d.broken[p] {
			return true
		}
	}
	for p := range d.broken {
		if strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			return true
		}
	}
	return false
}

func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// decode reads a node into a wire type's field. It is strict: what does not fit
// is a fault, and reading goes on.
func (d *document) decode(path string, n *yaml.Node, into reflect.Value) {
	at := position{n.Line, n.Column}
	d.at[path] = at
	n = target(n)
	switch v := into.Addr().Interface().(type) {
	case *metav1.ObjectMeta:
		d.decodeMeta(path, at, n, v)
		return
	case *Duration:
		d.decodeDuration(path, at, n, v)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.decodeStruct(path, at, n, into)
	case reflect.String:
		if text, ok := d.scalarText(path, at, n, "a text"); ok {
			into.SetString(text)
		}
	case reflect.Int64:
		var number int64
		if n.ShortTag() != "!!int" {
			d.wrongType(path, at, n, "a whole number")
		} else if err := n.Decode(&number); err != nil {
			d.fault(path, at, "%s is too large a number", n.Value)
		} else {
			into.SetInt(number)
		}
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.wrongType(path, at, n, "a list, such as [a, b]")
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			d.decode(fmt.Sprintf("%s[%d]", path, i), item, into.Index(i))
		}
	case reflect.Map:
		d.decodeMap(path, at, n, into)
	default:
		panic("manifest: wire type with a field of kind " + into.Kind().String())
	}
}

// decodeStruct reads a mapping into a struct; keys without omitempty have to be there.
func (d *document) decodeStruct(path string, at position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.wrongType(path, at, n, "a mapping of keys and values")
		return
	}
	fields := jsonFields(into.Type())
	given := d.mapping(path, n)
	for _, key := range given.keys {
		if _, ok := fields[key]; !ok {
			d.fault(join(path, key), given.at[key], "unknown key%s", hint(key, fields))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		f := fields[key]
		value, ok := given.values[key]
		switch {
		case ok && !isNull(value):
			d.decode(join(path, key), value, into.FieldByIndex(f.index))
		case f.required && !given.merged:
			if ok {
				d.at[join(path, key)] = given.at[key]
			}
			d.fault(join(path, key), d.position(join(path, key)), "is missing")
		}
	}
}

func (d *document) decodeMap(path string, at position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.wrongType(path, at, n, "a mapping of keys and values")
		return
	}
	given := d.mapping(path, n)
	if len(n.Content) == 0 {
		d.fault(path, at, "is empty; leave it out to have its default")
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, key := range given.keys {
		value := reflect.New(into.Type().Elem()).Elem()
		d.decode(join(path, key), given.values[key], value)
		into.SetMapIndex(reflect.ValueOf(key), value)
	}
}

// decodeMeta reads what the fleet needs of an object's metadata. What a cluster
// adds to it is known and left alone, so that "kubectl get -o yaml" can be read.
func (d *document) decodeMeta(path string, at position, n *yaml.Node, into *metav1.ObjectMeta) {
	if n.Kind != yaml.MappingNode {
		d.wrongType(path, at, n, "a mapping of keys and values")
		return
	}
	fields := jsonFields(reflect.TypeFor[metav1.ObjectMeta]())
	given := d.mapping(path, n)
	for _, key := range given.keys {
		value := given.values[key]
		switch _, ok := fields[key]; {
		case !ok:
			d.fault(join(path, key), given.at[key], "unknown key%s", hint(key, fields))
		case key == "name" && !isNull(value):
			d.decode(join(path, key), value, reflect.ValueOf(&into.Name).Elem())
		case key == "namespace":
			d.fault(join(path, key), given.at[key], "the fleet's objects belong to no namespace; remove it")
		case (key == "labels" || key == "annotations") && !isNull(value) && len(target(value).Content) > 0:
			d.decode(join(path, key), value, reflect.ValueOf(&map[string]string{}).Elem())
		}
	}
	if name, ok := given.values["name"]; !ok || isNull(name) {
		d.fault(join(path, "name"), at, "is missing")
	}
}

func (d *document) decodeDuration(path string, at position, n *yaml.Node, into *Duration) {
	text, ok := d.scalarText(path, at, n, "a duration with its unit, such as 90s, 24h or 7d")
	if !ok {
		return
	}
	parsed, err := ParseDuration(text)
	if err != nil {
		d.fault(path, at, "%v", err)
		return
	}
	*into = parsed
}

// scalarText reads a scalar that is a text both here and to Kubernetes, whose YAML
// 1.1 takes a bare yes or on for a boolean.
func (d *document) scalarText(path string, at position, n *yaml.Node, want string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		d.wrongType(path, at, n, want)
		return "", false
	}
	if n.Style == 0 && oldBooleans[strings.ToLower(n.Value)] {
		d.fault(path, at, "%s without quotes is a boolean to Kubernetes; write %q", n.Value, n.Value)
		return "", false
	}
	return n.Value, true
}

var oldBooleans = map[string]bool{"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true}

func (d *document) wrongType(path string, at position, n *yaml.Node, want string) {
	var found, advice string
	switch n.Kind {
	case yaml.MappingNode:
		found = "a mapping"
	case yaml.SequenceNode:
		found = "a list"
	default:
		found = map[string]string{
			"!!int": "the number", "!!float": "the number", "!!bool": "the boolean",
			"!!str": "the text", "!!timestamp": "the date",
		}[n.ShortTag()]
		if isNull(n) {
			found = "nothing"
		} else if found == "" {
			found = "the " + n.ShortTag() + " " + show(n.Value)
		} else if found == "the text" {
			found += fmt.Sprintf(" %q", show(n.Value))
		} else {
			found += " " + show(n.Value)
		}
		if want == "a text" && !isNull(n) {
			advice = fmt.Sprintf("; write it in quotes: %q", show(n.Value))
		}
	}
	d.fault(path, at, "needs %s, found %s%s", want, found, advice)
}

// show cuts a long value short.
func show(value string) string {
	if r := []rune(value); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return value
}

// mappingOf holds the entries of a mapping.
type mappingOf struct {
	merged bool     // it has a merge key, so that more keys may be meant
	keys   []string // in the order given
	at     map[string]position
	values map[string]*yaml.Node
}

// mapping reads a mapping's keys; those that are no texts, or given twice, are faults.
func (d *document) mapping(path string, n *yaml.Node) mappingOf {
	m := mappingOf{at: map[string]position{}, values: map[string]*yaml.Node{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := target(n.Content[i])
		at := position{n.Content[i].Line, n.Content[i].Column}
		switch first, twice := m.at[key.Value]; {
		case key.ShortTag() == "!!merge":
			m.merged = true
			d.fault(path, at, "merge keys (<<) are not read; write the keys out")
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str":
			d.wrongType(path, at, key, "keys that are texts")
		case twice:
			d.fault(join(path, key.Value), at, "is given twice, first on line %d", first.line)
		default:
			m.keys = append(m.keys, key.Value)
			m.at[key.Value] = at
			m.values[key.Value] = n.Content[i+1]
		}
	}
	return m
}

// target follows an alias to what it stands for.
func target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool {
	n = target(n)
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// field is a struct field as JSON names it.
type field struct {
	index    []int
	required bool
}

// jsonFields gives a wire type's fields by their JSON names; those of embedded
// structs without a name of their own are the type's.
func jsonFields(t reflect.Type) map[string]field {
	if known, ok := fieldsOf.Load(t); ok {
		return known.(map[string]field)
	}
	fields := map[string]field{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || len(f.Index) > 1 && !promoted(t, f.Index) {
			continue
		}
		fields[name] = field{index: f.Index, required: !strings.Contains(options, "omitempty")}
	}
	fieldsOf.Store(t, fields)
	return fields
}

// fieldsOf keeps what jsonFields found: reflect.Type → map[string]field.
var fieldsOf sync.Map

// promoted reports whether a field belongs to an embedded struct that JSON inlines.
func promoted(t reflect.Type, index []int) bool {
	outer := t.FieldByIndex(index[:len(index)-1])
	return strings.Contains(outer.Tag.Get("json"), ",inline")
}

// hint gives the advice for an unknown key: the known one that is near, or all.
func hint(key string, fields map[string]field) string {
	known := slices.Sorted(maps.Keys(fields))
	if near, ok := fleet.Nearest(key, known); ok {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	if len(known) > 8 {
		return ""
	}
	return fmt.Sprintf(" (known here: %s)", strings.Join(known, ", "))
}
