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

	"github.com/shopslo/shopslo/internal/nearest"
)

// Decode reads a node into a wire type's field. It is strict: what does not fit
// is a fault, and reading goes on.
func (o *Object) Decode(path string, n *yaml.Node, into reflect.Value) {
	at := Position{n.Line, n.Column}
	o.at[path] = at
	n = Target(n)
	if read := o.dialect.Readers[into.Type()]; read != nil {
		read(o, path, n, into)
		return
	}
	if into.Type() == timeType {
		o.decodeTime(path, at, n, into)
		return
	}
	if v, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		// A day without quotes is a timestamp to YAML; what reads itself says if it is none to it.
		text, ok := n.Value, n.Kind == yaml.ScalarNode && n.ShortTag() == "!!timestamp"
		if !ok {
			text, ok = o.Text(path, at, n, "a text")
		}
		if ok {
			if err := v.UnmarshalText([]byte(text)); err != nil {
				o.Refuse(path, at, "%v", err)
			}
		}
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		o.decodeStruct(path, at, n, into)
	case reflect.String:
		if text, ok := o.Text(path, at, n, "a text"); ok {
			into.SetString(text)
		}
	case reflect.Bool:
		if n.ShortTag() != "!!bool" {
			o.WrongType(path, at, n, "true or false")
		} else {
			into.SetBool(strings.EqualFold(n.Value, "true"))
		}
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		o.Decode(path, n, into.Elem())
	case reflect.Int, reflect.Int64:
		var number int64
		if n.ShortTag() != "!!int" {
			o.WrongType(path, at, n, "a whole number")
		} else if err := n.Decode(&number); err != nil {
			o.Refuse(path, at, "%s is too large a number", n.Value)
		} else {
			into.SetInt(number)
		}
	case reflect.Float64:
		var number float64
		if tag := n.ShortTag(); tag != "!!int" && tag != "!!float" {
			o.WrongType(path, at, n, "a number")
		} else if err := n.Decode(&number); err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			o.Refuse(path, at, "%s is not a number that can be compared", n.Value)
		} else {
			into.SetFloat(number)
		}
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			o.WrongType(path, at, n, "a list, such as [a, b]")
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			o.Decode(fmt.Sprintf("%s[%d]", path, i), item, into.Index(i))
		}
	case reflect.Map:
		o.decodeMap(path, at, n, into)
	default:
		panic("document: wire type with a field of kind " + into.Kind().String())
	}
}

// decodeStruct reads a mapping into a struct; keys without omitempty have to be there.
func (o *Object) decodeStruct(path string, at Position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		o.WrongType(path, at, n, "a mapping of keys and values")
		return
	}
	fields := Fields(into.Type())
	given := o.Mapping(path, n)
	for _, key := range given.Keys {
		if _, ok := fields[key]; !ok {
			o.Refuse(Join(path, key), given.At[key], "unknown key%s", Hint(key, fields))
		}
	}
	for _, key := range namesOf(into.Type(), fields) {
		f := fields[key]
		value, ok := given.Values[key]
		switch {
		case ok && !IsNull(value):
			o.Decode(Join(path, key), value, into.FieldByIndex(f.index))
		case f.Required && !given.merged:
			if ok {
				o.at[Join(path, key)] = given.At[key]
			}
			o.Refuse(Join(path, key), o.At(Join(path, key)), "is missing")
		}
	}
}

func (o *Object) decodeMap(path string, at Position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		o.WrongType(path, at, n, "a mapping of keys and values")
		return
	}
	given := o.Mapping(path, n)
	if len(n.Content) == 0 {
		o.Refuse(path, at, "is empty; leave it out to have its default")
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, key := range given.Keys {
		value := reflect.New(into.Type().Elem()).Elem()
		o.Decode(Join(path, key), given.Values[key], value)
		into.SetMapIndex(reflect.ValueOf(key), value)
	}
}

var timeType = reflect.TypeFor[time.Time]()

// decodeTime reads a time with its zone: a clock time without one means another time
// to each reader.
func (o *Object) decodeTime(path string, at Position, n *yaml.Node, into reflect.Value) {
	const want = "a time with its zone, such as 2026-12-31T18:00:00+09:00"
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!timestamp" && n.ShortTag() != "!!str" {
		o.WrongType(path, at, n, want)
		return
	}
	t, err := time.Parse(time.RFC3339, n.Value)
	if err != nil {
		o.Refuse(path, at, "needs %s, found %q", want, show(n.Value))
		return
	}
	into.Set(reflect.ValueOf(t))
}

// Text reads a scalar that is a text; want names, for the fault, what is wanted.
func (o *Object) Text(path string, at Position, n *yaml.Node, want string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		o.WrongType(path, at, n, want)
		return "", false
	}
	if o.dialect.Kubernetes && n.Style == 0 && OldBoolean(n.Value) {
		o.Refuse(path, at, "%s without quotes is a boolean to Kubernetes; write %q", n.Value, n.Value)
		return "", false
	}
	return n.Value, true
}

// OldBoolean reports a text that YAML 1.1, which Kubernetes reads, takes for a boolean
// where it has no quotes.
func OldBoolean(text string) bool {
	return slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(text))
}

// WrongType refuses a node that is not what is wanted.
func (o *Object) WrongType(path string, at Position, n *yaml.Node, want string) {
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
		if IsNull(n) {
			found = "nothing"
		} else if found == "" {
			found = "the " + n.ShortTag() + " " + show(n.Value)
		} else if found == "the text" {
			found += fmt.Sprintf(" %q", show(n.Value))
		} else {
			found += " " + show(n.Value)
		}
		if want == "a text" && !IsNull(n) {
			advice = fmt.Sprintf("; write it in quotes: %q", show(n.Value))
		}
	}
	o.Refuse(path, at, "needs %s, found %s%s", want, found, advice)
}

// show cuts a long value short.
func show(value string) string {
	if r := []rune(value); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return value
}

// Mapping holds the entries of a mapping.
type Mapping struct {
	Keys   []string // in the order given
	At     map[string]Position
	Values map[string]*yaml.Node
	merged bool // it has a merge key, so that more keys may be meant
}

// Mapping reads a mapping's keys; those that are no texts, or given twice, are faults.
func (o *Object) Mapping(path string, n *yaml.Node) Mapping {
	m := Mapping{At: map[string]Position{}, Values: map[string]*yaml.Node{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := Target(n.Content[i])
		at := Position{n.Content[i].Line, n.Content[i].Column}
		switch first, twice := m.At[key.Value]; {
		case key.ShortTag() == "!!merge":
			m.merged = true
			o.Refuse(path, at, "merge keys (<<) are not read; write the keys out")
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str":
			o.WrongType(path, at, key, "keys that are texts")
		case twice:
			o.Refuse(Join(path, key.Value), at, "is given twice, first on line %d", first.Line)
		default:
			m.Keys = append(m.Keys, key.Value)
			m.At[key.Value] = at
			m.Values[key.Value] = n.Content[i+1]
		}
	}
	return m
}

// Target follows an alias to what it stands for.
func Target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// IsNull reports a node without a value.
func IsNull(n *yaml.Node) bool {
	n = Target(n)
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// Join makes the path of a key.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Field is a struct field as JSON names it.
type Field struct {
	index    []int
	Required bool
}

// Fields gives a wire type's fields by their JSON names; those of embedded
// structs without a name of their own are the type's.
func Fields(t reflect.Type) map[string]Field {
	if known, ok := fieldsOf.Load(t); ok {
		return known.(map[string]Field)
	}
	fields := map[string]Field{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || len(f.Index) > 1 && !promoted(t, f.Index) {
			continue
		}
		fields[name] = Field{index: f.Index, Required: !strings.Contains(options, "omitempty")}
	}
	fieldsOf.Store(t, fields)
	return fields
}

// namesOf are the names of a wire type's fields, sorted.
func namesOf(t reflect.Type, fields map[string]Field) []string {
	if known, ok := sortedNames.Load(t); ok {
		return known.([]string)
	}
	names := slices.Sorted(maps.Keys(fields))
	sortedNames.Store(t, names)
	return names
}

// fieldsOf keeps what Fields found, reflect.Type → map[string]Field, and sortedNames
// what namesOf did, reflect.Type → []string.
var fieldsOf, sortedNames sync.Map

// promoted reports whether a field belongs to an embedded struct that JSON inlines.
func promoted(t reflect.Type, index []int) bool {
	outer := t.FieldByIndex(index[:len(index)-1])
	return strings.Contains(outer.Tag.Get("json"), ",inline")
}

// Hint gives the advice for an unknown key: the known one that is near, or all.
func Hint(key string, fields map[string]Field) string {
	known := slices.Sorted(maps.Keys(fields))
	if hint := nearest.Hint(key, known); hint != "" {
		return hint
	}
	if len(known) > 8 {
		return ""
	}
	return fmt.Sprintf(" (known here: %s)", strings.Join(known, ", "))
}
