package document

import (
	"encoding"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/nearest"
	"github.com/shopslo/shopslo/internal/text"
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
	if words := o.dialect.Words[into.Type()]; words != nil {
		o.decodeWord(path, at, n, into, words)
		return
	}
	switch into.Type() {
	case timeType:
		o.decodeTime(path, at, n, into)
		return
	case lengthType:
		o.decodeLength(path, at, n, into)
		return
	case zoneType:
		o.decodeZone(path, at, n, into)
		return
	case secretType:
		o.decodeSecret(path, at, n, into)
		return
	case rawType:
		into.Set(reflect.ValueOf(Raw{n}))
		return
	}
	if v, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		o.decodeText(path, at, n, v)
		return
	}
	o.decodeKind(path, at, n, into)
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	lengthType = reflect.TypeFor[time.Duration]()
	zoneType   = reflect.TypeFor[*time.Location]()
	rawType    = reflect.TypeFor[Raw]()
)

func (o *Object) decodeKind(path string, at Position, n *yaml.Node, into reflect.Value) {
	switch into.Kind() {
	case reflect.Struct:
		o.decodeStruct(path, at, n, into)
	case reflect.String:
		if text, ok := o.text(path, at, n, "a text"); ok {
			into.SetString(text)
		}
	case reflect.Bool:
		if text, ok := o.scalar(n, "!!bool"); !ok || !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
			o.WrongType(path, at, n, "true or false")
		} else {
			into.SetBool(strings.EqualFold(text, "true"))
		}
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		if into.Type().Elem() != lengthType || !o.isZeroLength(n) { // that a length is set is known from the pointer
			o.Decode(path, n, into.Elem())
		}
	case reflect.Int, reflect.Int64:
		o.decodeInt(path, at, n, into)
	case reflect.Float64:
		o.decodeFloat(path, at, n, into)
	case reflect.Slice:
		o.decodeSlice(path, at, n, into)
	case reflect.Map:
		o.decodeMap(path, at, n, into)
	default:
		panic("document: wire type with a field of kind " + into.Kind().String())
	}
}

// scalar gives what a scalar of one of the tags says. Where quotes make no difference it
// gives what any says.
func (o *Object) scalar(n *yaml.Node, tags ...string) (string, bool) {
	ok := n.Kind == yaml.ScalarNode && !IsNull(n) && (o.dialect.Loose || slices.Contains(tags, n.ShortTag()))
	return n.Value, ok
}

func (o *Object) decodeInt(path string, at Position, n *yaml.Node, into reflect.Value) {
	text, ok := o.scalar(n, "!!int")
	number, err := strconv.ParseInt(text, 10, 64)
	if n.ShortTag() == "!!int" {
		err = n.Decode(&number)
	}
	switch {
	case !ok || err != nil && n.ShortTag() != "!!int":
		o.WrongType(path, at, n, "a whole number")
	case err != nil:
		o.Refuse(path, at, "%s is too large a number", show(n.Value))
	default:
		into.SetInt(number)
	}
}

func (o *Object) decodeFloat(path string, at Position, n *yaml.Node, into reflect.Value) {
	text, ok := o.scalar(n, "!!int", "!!float")
	number, err := strconv.ParseFloat(text, 64)
	if tag := n.ShortTag(); ok && (tag == "!!int" || tag == "!!float") {
		err = n.Decode(&number)
	} else if share, percent := strings.CutSuffix(text, "%"); n.Kind == yaml.ScalarNode && percent {
		if number, bad := strconv.ParseFloat(strings.TrimSpace(share), 64); bad == nil {
			o.Refuse(path, at, "%q is not a number; write it as %v", show(text), hundredth(number))
			return
		}
	}
	switch {
	case !ok || err != nil:
		o.WrongType(path, at, n, "a number")
	case math.IsNaN(number) || math.IsInf(number, 0):
		o.Refuse(path, at, "%s is not a number that can be compared", show(n.Value))
	default:
		into.SetFloat(number)
	}
}

// hundredth divides as people do: 99.9 is 0.999.
func hundredth(number float64) float64 {
	out, _ := strconv.ParseFloat(strconv.FormatFloat(number, 'f', -1, 64)+"e-2", 64)
	return out
}

func (o *Object) decodeSlice(path string, at Position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		o.WrongType(path, at, n, wantList)
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		o.Decode(fmt.Sprintf("%s[%d]", path, i), item, into.Index(i))
	}
}

// decodeText reads a type that reads itself.
func (o *Object) decodeText(path string, at Position, n *yaml.Node, into encoding.TextUnmarshaler) {
	want := "a text"
	if _, isDuration := into.(*Duration); isDuration {
		want = wantDuration
	}
	if text, ok := o.text(path, at, n, want); ok {
		if err := into.UnmarshalText([]byte(text)); err != nil {
			o.Refuse(path, at, "%v", err)
		}
	}
}

// decodeWord reads one of a few words.
func (o *Object) decodeWord(path string, at Position, n *yaml.Node, into reflect.Value, words []string) {
	text, ok := o.text(path, at, n, "one of "+strings.Join(words, ", "))
	switch {
	case !ok:
	case !slices.Contains(words, text):
		o.Refuse(path, at, "%q is not one of %s%s", show(text), strings.Join(words, ", "), nearest.Hint(text, words))
	default:
		into.SetString(text)
	}
}

// decodeLength reads a length of time of which 0 would mean that it is not set.
func (o *Object) decodeLength(path string, at Position, n *yaml.Node, into reflect.Value) {
	var d Duration
	o.decodeText(path, at, n, &d)
	if d.Duration <= 0 && !o.broken[path] {
		o.Refuse(path, at, "%q must be longer than 0", show(n.Value))
	}
	into.SetInt(int64(d.Duration))
}

func (o *Object) isZeroLength(n *yaml.Node) bool {
	text, ok := o.scalar(n, "!!str")
	d, err := ParseDuration(text)
	return ok && err == nil && d == 0
}

// decodeTime reads a time with its zone: a clock time without one means another time
// to each reader.
func (o *Object) decodeTime(path string, at Position, n *yaml.Node, into reflect.Value) {
	const want = "a time with its zone, such as 2026-12-31T18:00:00+09:00"
	text, ok := o.scalar(n, "!!timestamp", "!!str")
	if !ok {
		o.WrongType(path, at, n, want)
		return
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		o.Refuse(path, at, "needs %s, found %q", want, show(n.Value))
		return
	}
	into.Set(reflect.ValueOf(t))
}

// decodeZone reads the name of a time zone. That of the machine is none, since it would
// mean another one to each reader.
func (o *Object) decodeZone(path string, at Position, n *yaml.Node, into reflect.Value) {
	text, ok := o.text(path, at, n, "a time zone, such as Asia/Tokyo")
	if !ok {
		return
	}
	zone, err := time.LoadLocation(text)
	if err != nil || text == "Local" || text == "" {
		o.Refuse(path, at, "%q is no time zone; write its IANA name, such as Asia/Tokyo", show(text))
		return
	}
	into.Set(reflect.ValueOf(zone))
}

// text reads a scalar that is a text; want names, for the fault, what is wanted.
func (o *Object) text(path string, at Position, n *yaml.Node, want string) (string, bool) {
	tags := []string{"!!str", "!!timestamp"} // a day without quotes is written like a text
	if o.dialect.Kubernetes {
		tags = tags[:1]
	}
	text, ok := o.scalar(n, tags...)
	if !ok {
		o.WrongType(path, at, n, want)
		return "", false
	}
	if o.dialect.Kubernetes && n.Style == 0 && oldBoolean(text) {
		o.Refuse(path, at, "%s without quotes is a boolean to Kubernetes; write %q", text, text)
		return "", false
	}
	return text, true
}

// oldBoolean reports a text that YAML 1.1, which Kubernetes reads, takes for a boolean
// where it has no quotes.
func oldBoolean(text string) bool {
	return slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(text))
}

// WrongType refuses a node that is not what is wanted.
func (o *Object) WrongType(path string, at Position, n *yaml.Node, want string) {
	found, advice := what(n), ""
	switch {
	case n.Kind != yaml.ScalarNode || IsNull(n):
	case want == "a text":
		advice = fmt.Sprintf("; write it in quotes: %q", show(n.Value))
	case want == wantMapping || want == wantList:
		found = "a single value" // which may be a secret in the wrong place
	}
	o.Refuse(path, at, "needs %s, found %s%s", want, found, advice)
}

// what names a node for a fault.
func what(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case IsNull(n):
		return "nothing"
	}
	switch tag := n.ShortTag(); tag {
	case "!!int", "!!float":
		return "the number " + show(n.Value)
	case "!!bool":
		return "the boolean " + show(n.Value)
	case "!!timestamp":
		return "the date " + show(n.Value)
	case "!!str":
		return fmt.Sprintf("the text %q", show(n.Value))
	default:
		return "the " + tag + " " + show(n.Value)
	}
}

// show cuts a long value short.
func show(value string) string { return text.Cut(value, 60) }

// beside is a file's name relative to the file that names it, as it can be opened.
func (o *Object) beside(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(filepath.Dir(o.File), name)
}
