package openslo

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"

	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/nearest"
)

// Limits of one document, aliases counted each time they are used: a document
// beyond them is an attack or an accident.
const (
	maxNodes = 100_000
	maxDepth = 64
)

// object is one OpenSLO object of a file: its YAML turned into what the sdk's
// type can decode, with the line of every path.
type object struct {
	file string
	line int
	kind string
	name string
	// lines has the line of each path, written as the sdk writes paths in its
	// errors: spec.objectives[0].target, metadata.annotations['a/b'].
	lines map[string]int
	// faulty has the paths that a fault was already reported for.
	faulty map[string]bool
	data   map[string]any
}

// at is the position of a path, or of the nearest thing around it.
func (o *object) at(path string) Position {
	for path != "" {
		if line, ok := o.lines[path]; ok {
			return Position{o.file, line}
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return Position{o.file, o.line}
}

// tree turns YAML nodes into JSON-like values by the sdk's types.
type tree struct {
	*reader
	*object
	nodes int
}

var (
	durationType    = reflect.TypeFor[v1.DurationShorthand]()
	labelType       = reflect.TypeFor[v1.Label]()
	rawType         = reflect.TypeFor[json.RawMessage]()
	anyMapType      = reflect.TypeFor[map[string]any]()
	alertPolicyType = reflect.TypeFor[v1.SLOAlertPolicy]()

	durationPattern = regexp.MustCompile(`^[0-9]{1,6}[mhdwMQY]$`)
)

// fault reports a fault at a node.
func (t *tree) fault(n *yaml.Node, path, format string, args ...any) {
	t.faulty[path] = true
	t.addFault(Position{t.file, n.Line}, false, t.object, path, format, args...)
}

// enter counts a node and follows aliases; false beyond the limits.
func (t *tree) enter(n *yaml.Node, path string, depth int) (*yaml.Node, bool) {
	t.nodes++
	if t.nodes > maxNodes || depth > maxDepth {
		if !t.faulty["(size)"] {
			t.faulty["(size)"] = true
			t.fault(n, path, "the document is too large or nested too deeply; split it")
		}
		return nil, false
	}
	if n.Kind == yaml.AliasNode {
		return n.Alias, n.Alias != nil
	}
	return n, true
}

// value converts a node by the type that shall hold it; false where there is
// nothing to hold (null, or a fault that has been reported).
func (t *tree) value(n *yaml.Node, typ reflect.Type, path string, depth int) (any, bool) {
	n, ok := t.enter(n, path, depth)
	if !ok || n.Tag == "!!null" {
		return nil, false
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch typ {
	case durationType:
		return t.duration(n, path)
	case labelType:
		return t.label(n, path, depth)
	case rawType:
		return t.free(n, path, depth)
	case anyMapType:
		if n.Kind != yaml.MappingNode {
			t.fault(n, path, "must be a mapping (key: value)")
			return nil, false
		}
		return t.free(n, path, depth)
	case alertPolicyType:
		if n.Kind == yaml.ScalarNode { // a bare name, as some documents have it
			return n.Value, true
		}
	}
	switch typ.Kind() {
	case reflect.Struct:
		return t.structure(n, typ, path, depth)
	case reflect.Map:
		return t.table(n, typ, path, depth)
	case reflect.Slice:
		return t.list(n, typ, path, depth)
	default:
		return t.scalar(n, typ, path)
	}
}

// structure converts a mapping whose keys the type knows.
func (t *tree) structure(n *yaml.Node, typ reflect.Type, path string, depth int) (any, bool) {
	known := fields(typ)
	out := map[string]any{}
	ok := t.pairs(n, path, func(key, value *yaml.Node) {
		sub := join(path, key.Value)
		field, found := known[key.Value]
		if !found {
			names := keysOf(known)
			t.fault(key, sub, "unknown key %q%s", key.Value, didYouMean(key.Value, names))
			near, _ := nearest.Word(key.Value, names)
			t.faulty[join(path, near)] = true
			return
		}
		t.lines[sub] = key.Line
		if v, ok := t.value(value, field, sub, depth+1); ok {
			out[key.Value] = v
		}
	})
	return out, ok
}

// table converts a mapping of free keys and values of one type.
func (t *tree) table(n *yaml.Node, typ reflect.Type, path string, depth int) (any, bool) {
	out := map[string]any{}
	ok := t.pairs(n, path, func(key, value *yaml.Node) {
		sub := fmt.Sprintf("%s['%s']", path, key.Value)
		t.lines[sub] = key.Line
		if v, ok := t.value(value, typ.Elem(), sub, depth+1); ok {
			out[key.Value] = v
		}
	})
	return out, ok
}

// pairs calls f for each key of a mapping, those merged by "<<" last and only
// where the mapping has them not itself.
func (t *tree) pairs(n *yaml.Node, path string, f func(key, value *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		t.fault(n, path, "must be a mapping (key: value)")
		return false
	}
	seen := map[string]int{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			t.fault(key, path, "a key must be a plain word")
			continue
		}
		if first, dup := seen[key.Value]; dup {
			t.fault(key, join(path, key.Value), "key %q stands twice (first in line %d); remove one", key.Value, first)
			continue
		}
		seen[key.Value] = key.Line
		f(key, value)
	}
	for _, m := range merges {
		t.merge(m, path, seen, f)
	}
	return true
}

func (t *tree) merge(n *yaml.Node, path string, seen map[string]int, f func(key, value *yaml.Node)) {
	n, ok := t.enter(n, path, 0)
	if !ok {
		return
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			t.merge(item, path, seen, f)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if _, has := seen[key.Value]; has || key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				continue
			}
			seen[key.Value] = key.Line
			f(key, value)
		}
	default:
		t.fault(n, path, `"<<" must name a mapping`)
	}
}

func (t *tree) list(n *yaml.Node, typ reflect.Type, path string, depth int) (any, bool) {
	if n.Kind != yaml.SequenceNode {
		t.fault(n, path, "must be a list (lines that begin with -)")
		return nil, false
	}
	out := make([]any, 0, len(n.Content))
	for i, item := range n.Content {
		sub := fmt.Sprintf("%s[%d]", path, i)
		t.lines[sub] = item.Line
		if v, ok := t.value(item, typ.Elem(), sub, depth+1); ok {
			out = append(out, v)
		} else if !t.faulty[sub] {
			t.fault(item, sub, "the list's item is empty")
		}
	}
	return out, true
}

func (t *tree) label(n *yaml.Node, path string, depth int) (any, bool) {
	if n.Kind == yaml.SequenceNode {
		return t.list(n, reflect.TypeFor[[]string](), path, depth)
	}
	return t.scalar(n, reflect.TypeFor[string](), path)
}

// scalar converts text, a truth value or a number.
func (t *tree) scalar(n *yaml.Node, typ reflect.Type, path string) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		t.fault(n, path, "must be a single value")
		return nil, false
	}
	switch typ.Kind() {
	case reflect.Bool:
		var b bool
		if n.Tag != "!!bool" || n.Decode(&b) != nil {
			t.fault(n, path, "%q must be true or false", n.Value)
			return nil, false
		}
		return b, true
	case reflect.Float64:
		var f float64
		if (n.Tag != "!!int" && n.Tag != "!!float") || n.Decode(&f) != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			t.fault(n, path, "%q must be a number", n.Value)
			return nil, false
		}
		return f, true
	default:
		// A time stamp without quotes is text to OpenSLO.
		if n.Tag != "!!str" && n.Tag != "!!timestamp" {
			t.fault(n, path, "%s must be text; put it in quotes", n.Value)
			return nil, false
		}
		return n.Value, true
	}
}

// duration converts a duration shorthand. The sdk decodes neither a number nor
// does it mind what stands around one; the specification allows a bare number of
// minutes for timeSliceWindow alone.
func (t *tree) duration(n *yaml.Node, path string) (any, bool) {
	text := n.Value
	if strings.HasSuffix(path, ".timeSliceWindow") && n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		text += "m"
	}
	if n.Kind != yaml.ScalarNode || !durationPattern.MatchString(text) {
		t.fault(n, path, "%q is not a duration; write a whole number and one of m, h, d, w, M (month), Q (quarter), Y (year), such as 28d", n.Value)
		return nil, false
	}
	if strings.Trim(text[:len(text)-1], "0") == "" {
		t.fault(n, path, "%q must be longer than 0", n.Value)
		return nil, false
	}
	return strings.TrimLeft(text, "0"), true
}

// free converts what the specification leaves to the data source.
func (t *tree) free(n *yaml.Node, path string, depth int) (any, bool) {
	n, ok := t.enter(n, path, depth)
	if !ok || n.Tag == "!!null" {
		return nil, false
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		t.pairs(n, path, func(key, value *yaml.Node) {
			sub := join(path, key.Value)
			t.lines[sub] = key.Line
			if v, ok := t.free(value, sub, depth+1); ok {
				out[key.Value] = v
			}
		})
		return out, true
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for i, item := range n.Content {
			v, _ := t.free(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
			out = append(out, v)
		}
		return out, true
	}
	return t.freeScalar(n)
}

func (t *tree) freeScalar(n *yaml.Node) (any, bool) {
	switch n.Tag {
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b, true
		}
	case "!!int", "!!float":
		var f float64
		if n.Decode(&f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, true
		}
	}
	return n.Value, true
}

// fields lists the keys that a type of the sdk knows.
func fields(typ reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			for name, t := range fields(inner) {
				out[name] = t
			}
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			out[name] = f.Type
		}
	}
	return out
}

func keysOf[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
