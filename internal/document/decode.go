package document

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/fleet"
)

// decode reads a node into a wire type's field. It is strict: what does not fit
// is a fault, and reading goes on.
func (o *Object) decode(path string, n *yaml.Node, into reflect.Value) {
	at := position{n.Line, n.Column}
	o.at[path] = at
	n = target(n)
	if into.Type() == timeType {
		o.decodeTime(path, at, n, into)
		return
	}
	if v, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if text, ok := o.scalarText(path, at, n, "a text"); ok {
			if err := v.UnmarshalText([]byte(text)); err != nil {
				o.fault(path, at, "%v", err)
			}
		}
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		o.decodeStruct(path, at, n, into)
	case reflect.String:
		if text, ok := o.scalarText(path, at, n, "a text"); ok {
			into.SetString(text)
		}
	case reflect.Bool:
		if n.ShortTag() != "!!bool" {
			o.wrongType(path, at, n, "true or false")
		} else {
			into.SetBool(strings.EqualFold(n.Value, "true"))
		}
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		o.decode(path, n, into.Elem())
	case reflect.Int, reflect.Int64:
		var number int64
		if n.ShortTag() != "!!int" {
			o.wrongType(path, at, n, "a whole number")
		} else if err := n.Decode(&number); err != nil {
			o.fault(path, at, "%s is too large a number", n.Value)
		} else {
			into.SetInt(number)
		}
	case reflect.Float64:
		var number float64
		if tag := n.ShortTag(); tag != "!!int" && tag != "!!float" {
			o.wrongType(path, at, n, "a number")
		} else if err := n.Decode(&number); err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			o.fault(path, at, "%s is not a number that can be compared", n.Value)
		} else {
			into.SetFloat(number)
		}
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			o.wrongType(path, at, n, "a list, such as [a, b]")
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			o.decode(fmt.Sprintf("%s[%d]", path, i), item, into.Index(i))
		}
	case reflect.Map:
		o.decodeMap(path, at, n, into)
	default:
		panic("document: wire type with a field of kind " + into.Kind().String())
	}
}

// decodeStruct reads a mapping into a struct; keys without omitempty have to be there.
func (o *Object) decodeStruct(path string, at position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		o.wrongType(path, at, n, "a mapping of keys and values")
		return
	}
	fields := jsonFields(into.Type())
	given := o.mapping(path, n)
	for _, key := range given.keys {
		if _, ok := fields[key]; !ok {
			o.fault(join(path, key), given.at[key], "unknown key%s", hint(key, fields))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		f := fields[key]
		value, ok := given.values[key]
		switch {
		case ok && !isNull(value):
			o.decode(join(path, key), value, into.FieldByIndex(f.index))
		case f.required && !given.merged:
			if ok {
				o.at[join(path, key)] = given.at[key]
			}
			o.fault(join(path, key), o.position(join(path, key)), "is missing")
		}
	}
}

func (o *Object) decodeMap(path string, at position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		o.wrongType(path, at, n, "a mapping of keys and values")
		return
	}
	given := o.mapping(path, n)
	if len(n.Content) == 0 {
		o.fault(path, at, "is empty; leave it out to have its default")
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, key := range given.keys {
		value := reflect.New(into.Type().Elem()).Elem()
		o.decode(join(path, key), given.values[key], value)
		into.SetMapIndex(reflect.ValueOf(key), value)
	}
}

var timeType = reflect.TypeFor[time.Time]()

// decodeTime reads a time with its zone: a clock time without one means another time
// to each reader.
func (o *Object) decodeTime(path string, at position, n *yaml.Node, into reflect.Value) {
	const want = "a time with its zone, such as 2026-12-31T18:00:00+09:00"
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!timestamp" && n.ShortTag() != "!!str" {
		o.wrongType(path, at, n, want)
		return
	}
	t, err := time.Parse(time.RFC3339, n.Value)
	if err != nil {
		o.fault(path, at, "needs %s, found %q", want, show(n.Value))
		return
	}
	into.Set(reflect.ValueOf(t))
}

// scalarText reads a scalar that is a text.
func (o *Object) scalarText(path string, at position, n *yaml.Node, want string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		o.wrongType(path, at, n, want)
		return "", false
	}
	return n.Value, true
}

func (o *Object) wrongType(path string, at position, n *yaml.Node, want string) {
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
	o.fault(path, at, "needs %s, found %s%s", want, found, advice)
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
func (o *Object) mapping(path string, n *yaml.Node) mappingOf {
	m := mappingOf{at: map[string]position{}, values: map[string]*yaml.Node{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := target(n.Content[i])
		at := position{n.Content[i].Line, n.Content[i].Column}
		switch first, twice := m.at[key.Value]; {
		case key.ShortTag() == "!!merge":
			m.merged = true
			o.fault(path, at, "merge keys (<<) are not read; write the keys out")
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str":
			o.wrongType(path, at, key, "keys that are texts")
		case twice:
			o.fault(join(path, key.Value), at, "is given twice, first on line %d", first.line)
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
