package document

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/nearest"
)

const (
	wantMapping = "a mapping of keys and values"
	wantList    = "a list, such as [a, b]"
)

// decodeStruct reads a mapping into a struct; keys without omitempty have to be there.
func (o *Object) decodeStruct(path string, at Position, n *yaml.Node, into reflect.Value) {
	if d, ok := into.Addr().Interface().(interface{ Defaults() }); ok {
		d.Defaults()
	}
	if n.Kind != yaml.MappingNode {
		o.WrongType(path, at, n, wantMapping)
		return
	}
	fields := Fields(into.Type())
	given := o.Mapping(path, n)
	o.others(path, given, fields, into)
	for _, key := range namesOf(into.Type(), fields) {
		f, of := fields[key], Join(path, key)
		value, ok := given.Values[key]
		if f.secret {
			var s Secret
			if s, ok = o.Secret(path, given, key); ok {
				f.of(into).Set(reflect.ValueOf(s))
				continue
			}
		}
		switch {
		case ok && !IsNull(value):
			o.decodeField(of, value, f, into)
		case o.broken[of]: // it was meant by a misspelt one
		case f.Required && !o.dialect.Optional && given.Values[f.or] == nil:
			if ok {
				o.at[of] = given.At[key]
			}
			o.Refuse(of, o.At(of), "is missing%s", f.advice())
		}
	}
}

// decodeField reads the value of one key.
func (o *Object) decodeField(path string, value *yaml.Node, f Field, into reflect.Value) {
	field := f.of(into)
	o.Decode(path, value, field)
	switch {
	case f.need != "" && isEmpty(field) && !o.Broken(path):
		o.Refuse(path, o.at[path], "is empty%s", f.advice())
	case f.file && field.String() != "":
		field.SetString(o.beside(field.String()))
	}
}

func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() == 0
	}
	return v.Kind() == reflect.String && v.Len() == 0
}

// others reads the keys that are no fields' own.
func (o *Object) others(path string, given Mapping, fields map[string]Field, into reflect.Value) {
	for _, key := range given.Keys {
		of := Join(path, key)
		rest, hasRest := fields[restKey]
		switch _, known := fields[key]; {
		case known, namesSecret(key, fields):
		case hasRest && !isSlip(key, given, fields):
			rest := rest.of(into).Addr().Interface().(*Mapping)
			rest.add(key, given.At[key], given.Values[key])
		default:
			o.unknown(of, key, given, fields)
		}
	}
}

// isSlip reports whether a key that may be another's is near one that has to be there, and
// is not.
func isSlip(key string, given Mapping, fields map[string]Field) bool {
	var missing []string
	for name, f := range fields {
		if f.Required && given.Values[name] == nil && given.Values[f.or] == nil {
			missing = append(missing, name)
		}
	}
	_, slip := nearest.Word(key, missing)
	return slip
}

// unknown refuses a key, and does not miss the one that was meant by it.
func (o *Object) unknown(path, key string, given Mapping, fields map[string]Field) {
	hint := Hint(key, fields)
	if advice := o.hint(path); advice != "" {
		hint = " (" + advice + ")"
	} else if near, ok := nearest.Word(key, slices.Sorted(maps.Keys(fields))); ok && given.Values[near] == nil {
		o.broken[strings.TrimSuffix(path, key)+near] = true
	}
	o.Refuse(path, given.At[key], "unknown key%s", hint)
}

// hint is the dialect's advice for the longest end of a path that it knows.
func (o *Object) hint(path string) string {
	for more := true; more; _, path, more = strings.Cut(path, ".") {
		if advice := o.dialect.Hints[path]; advice != "" {
			return advice
		}
	}
	return ""
}

// decodeMap reads a mapping of free keys, over what the map has.
func (o *Object) decodeMap(path string, at Position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		o.WrongType(path, at, n, wantMapping)
		return
	}
	given := o.Mapping(path, n)
	read := reflect.MakeMap(into.Type())
	for entries := into.MapRange(); entries.Next(); {
		read.SetMapIndex(entries.Key(), entries.Value())
	}
	into.Set(read)
	for _, key := range given.Keys {
		if o.dialect.Optional && IsNull(given.Values[key]) {
			continue
		}
		value := reflect.New(into.Type().Elem()).Elem()
		o.Decode(o.entry(path, key), given.Values[key], value)
		into.SetMapIndex(reflect.ValueOf(key).Convert(into.Type().Key()), value)
	}
}

// entry is the path of a free key.
func (o *Object) entry(path, key string) string {
	if o.dialect.Quoted {
		return fmt.Sprintf("%s['%s']", path, key)
	}
	return Join(path, key)
}

// Tree reads a part that is left to others as plain values, as JSON has them: mappings,
// lists, texts, numbers and booleans. Its keys are read as strictly as all.
func (o *Object) Tree(path string, n *yaml.Node) any {
	if o.at[path] = (Position{n.Line, n.Column}); IsNull(n) {
		return nil
	}
	n = Target(n)
	switch n.Kind {
	case yaml.MappingNode:
		out, given := map[string]any{}, o.Mapping(path, n)
		for _, key := range given.Keys {
			if !IsNull(given.Values[key]) {
				out[key] = o.Tree(Join(path, key), given.Values[key])
			}
		}
		return out
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, item := range n.Content {
			out[i] = o.Tree(fmt.Sprintf("%s[%d]", path, i), item)
		}
		return out
	}
	return plain(n)
}

// plain is the value of a scalar; a number that JSON does not have is its text.
func plain(n *yaml.Node) any {
	var truth bool
	var number float64
	switch tag := n.ShortTag(); {
	case tag == "!!bool" && n.Decode(&truth) == nil:
		return truth
	case (tag == "!!int" || tag == "!!float") && n.Decode(&number) == nil && !math.IsNaN(number) && !math.IsInf(number, 0):
		return number
	}
	return n.Value
}

// Raw is a part that is kept as YAML.
type Raw struct{ Node *yaml.Node }

// Text gives the part as a document of its own, with its aliases written out.
func (r Raw) Text() ([]byte, error) { return yaml.Marshal(writtenOut(r.Node)) }

func writtenOut(n *yaml.Node) *yaml.Node {
	out := *Target(n)
	out.Anchor, out.Content = "", nil
	for _, child := range Target(n).Content {
		out.Content = append(out.Content, writtenOut(child))
	}
	return &out
}

// Mapping holds the entries of a mapping.
type Mapping struct {
	Keys   []string // in the order given, merged ones last
	At     map[string]Position
	Values map[string]*yaml.Node
}

func (m *Mapping) add(key string, at Position, value *yaml.Node) {
	if m.At == nil {
		m.At, m.Values = map[string]Position{}, map[string]*yaml.Node{}
	}
	m.Keys = append(m.Keys, key)
	m.At[key], m.Values[key] = at, value
}

// Mapping reads a mapping's keys; those that are no texts, or given twice, are faults. A
// merge key (<<) adds the keys of other mappings that it does not have itself.
func (o *Object) Mapping(path string, n *yaml.Node) Mapping {
	var m Mapping
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := Target(n.Content[i])
		at := Position{n.Content[i].Line, n.Content[i].Column}
		switch first, twice := m.At[key.Value]; {
		case isMerge(key):
			merges = append(merges, n.Content[i+1])
		case !o.mayBeKey(key):
			o.WrongType(path, at, key, "keys that are texts")
		case twice:
			o.Refuse(Join(path, key.Value), at, "is given twice, first on line %d", first.Line)
		default:
			m.add(key.Value, at, n.Content[i+1])
		}
	}
	for _, from := range merges {
		o.merge(&m, path, from)
	}
	return m
}

// mayBeKey: Kubernetes takes texts only.
func (o *Object) mayBeKey(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && (!o.dialect.Kubernetes || key.ShortTag() == "!!str")
}

// merge adds what a merge key names. Faults within are told where it is read itself.
func (o *Object) merge(m *Mapping, path string, from *yaml.Node) {
	at := Position{from.Line, from.Column}
	switch from = Target(from); from.Kind {
	case yaml.SequenceNode:
		for _, item := range from.Content {
			o.merge(m, path, item)
		}
	case yaml.MappingNode:
		given := (&Object{dialect: o.dialect, at: map[string]Position{}, broken: map[string]bool{}}).Mapping(path, from)
		for _, key := range given.Keys {
			if _, has := m.Values[key]; !has {
				m.add(key, given.At[key], given.Values[key])
			}
		}
	default:
		o.WrongType(path, at, from, "a mapping, or a list of some, to merge (<<)")
	}
}

func isMerge(key *yaml.Node) bool { return key.ShortTag() == "!!merge" }

// Child is the value of a mapping's key, its own or merged; nil where there is none.
func Child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || Target(n).Kind != yaml.MappingNode {
		return nil
	}
	if value := New("", n, Dialect{}).Mapping("", Target(n)).Values[key]; value != nil {
		return Target(value)
	}
	return nil
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

// Field is a struct field as its json tag names it. Two tags more say what it is:
// is:"file" that it names a file, relative to the document's, need:"…" what to write where
// it is missing or empty, and or:"…" the key that may be there instead.
type Field struct {
	index    []int
	Required bool
	need, or string
	file     bool
	secret   bool
}

func (f Field) advice() string {
	if f.need == "" {
		return ""
	}
	return "; " + f.need
}

// of is the field in a struct; what it is embedded in is made where it is not there yet.
func (f Field) of(v reflect.Value) reflect.Value {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// restKey stands for the field that takes the keys that no other knows: a Mapping with
// the tags `json:"-" is:"rest"`.
const restKey = "\x00rest"

// Fields gives a wire type's fields by their JSON names; those of embedded
// structs without a name of their own are the type's.
func Fields(t reflect.Type) map[string]Field {
	if known, ok := fieldsOf.Load(t); ok {
		return known.(map[string]Field)
	}
	fields := map[string]Field{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("is") == "rest" {
			name, options = restKey, "omitempty"
		}
		if name == "" || name == "-" || len(f.Index) > 1 && !promoted(t, f.Index) {
			continue
		}
		fields[name] = Field{index: f.Index, Required: !strings.Contains(options, "omitempty"),
			need: f.Tag.Get("need"), or: f.Tag.Get("or"), file: f.Tag.Get("is") == "file", secret: f.Type == secretType}
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
	name, _, _ := strings.Cut(outer.Tag.Get("json"), ",")
	return outer.Anonymous && name == ""
}

// Hint gives the advice for an unknown key: the known one that is near, or all.
func Hint(key string, fields map[string]Field) string {
	return HintOf(key, slices.DeleteFunc(slices.Sorted(maps.Keys(fields)), func(k string) bool { return k == restKey }))
}

// HintOf does so for any list of known words.
func HintOf(key string, known []string) string {
	if hint := nearest.Hint(key, known); hint != "" {
		return hint
	}
	if len(known) > 32 {
		return ""
	}
	return fmt.Sprintf(" (known here: %s)", strings.Join(known, ", "))
}
