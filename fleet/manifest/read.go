package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"go.yaml.in/yaml/v3"
)

// kinds lists the kinds of documents, in the order that they are written.
var kinds = []fleet.Kind{
	fleet.KindTier, fleet.KindConfiguration, fleet.KindFailureDomain, fleet.KindShopSet, fleet.KindShopGroup,
}

// reader gathers the documents of all files and their faults.
type reader struct {
	documents Documents
	// read holds, per kind, the document behind each element of Documents.
	read   map[fleet.Kind][]*document
	faults Faults
	// unread are texts that are no YAML, and words the words outside spec of
	// objects that could not be told or whose name is faulty: an object that is
	// missing elsewhere may be among them.
	unread [][]byte
	words  map[string]bool
}

func newReader() *reader {
	return &reader{read: map[fleet.Kind][]*document{}, words: map[string]bool{}}
}

// file reads all documents of one file.
func (r *reader) file(name string, data []byte) {
	if line := notUTF8(data); line > 0 {
		r.faults = append(r.faults, Fault{File: name, Line: line, Message: "is not UTF-8 text; save the file as UTF-8"})
		r.unread = append(r.unread, data)
		return
	}
	for _, c := range split(data) {
		decoder := yaml.NewDecoder(bytes.NewReader(c.text))
		for {
			var root yaml.Node
			err := decoder.Decode(&root)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				r.faults = append(r.faults, syntaxFault(name, c, err))
				r.unread = append(r.unread, c.text)
				break
			}
			shift(&root, c.line)
			if len(root.Content) == 1 && !isNull(root.Content[0]) {
				r.object(name, root.Content[0], true)
			}
		}
	}
}

// object reads one object, or the items of a list of them.
func (r *reader) object(file string, n *yaml.Node, mayBeList bool) {
	d := &document{
		file: file, kind: "document",
		at: map[string]position{"": {n.Line, n.Column}}, broken: map[string]bool{},
	}
	kind, list, ok := d.identify(target(n), mayBeList)
	switch {
	case !ok:
		r.remember(n)
	case list:
		r.items(d, kind, target(n))
	default:
		d.kind = kind
		r.decode(d, n)
	}
	r.faults = append(r.faults, d.faults...)
}

// identify finds out what a document is: one of the kinds, or a list of them
// (of any kind where kind is ""). Not ok: it is neither, and the faults say why.
func (d *document) identify(n *yaml.Node, mayBeList bool) (kind fleet.Kind, list, ok bool) {
	at := d.at[""]
	if n.Kind != yaml.MappingNode {
		d.wrongType("", at, n, "a mapping with apiVersion, kind, metadata and spec")
		return "", false, false
	}
	// The keys are read again later; faults about them are reported then.
	quiet := &document{broken: map[string]bool{}}
	given := quiet.mapping("", n)
	var head [2]string
	for i, key := range []string{"apiVersion", "kind"} {
		value, found := given.values[key]
		if !found || isNull(value) {
			d.fault(key, at, "is missing")
			continue
		}
		p := position{value.Line, value.Column}
		d.at[key] = p
		head[i], _ = d.scalarText(key, p, target(value), "a text")
	}
	if len(d.faults) > 0 {
		return "", false, false
	}
	return d.known(head[0], head[1], mayBeList)
}

// known decides by apiVersion and kind.
func (d *document) known(apiVersion, kind string, mayBeList bool) (_ fleet.Kind, list, ok bool) {
	if mayBeList && apiVersion == "v1" && kind == "List" {
		return "", true, true
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
		if apiVersion != APIVersion {
			continue
		}
		if kind == string(k) {
			return k, false, true
		}
		if mayBeList && kind == string(k)+"List" {
			return k, true, true
		}
	}
	near, isNear := fleet.Nearest(kind, names)
	group, _, _ := strings.Cut(apiVersion, "/")
	nearGroup, _ := fleet.Nearest(group, []string{Group})
	switch {
	case apiVersion == APIVersion && isNear:
		d.fault("kind", d.at["kind"], "unknown kind %q (did you mean %q?)", kind, near)
	case apiVersion == APIVersion:
		d.fault("kind", d.at["kind"], "unknown kind %q; the kinds are %s", kind, strings.Join(names, ", "))
	case nearGroup == Group || near == kind:
		d.fault("apiVersion", d.at["apiVersion"], "unknown version %q; write %s", apiVersion, APIVersion)
	default:
		d.fault("kind", d.at["kind"], "%s of %s is not part of a fleet; keep it out of the fleet's files", kind, apiVersion)
	}
	return "", false, false
}

// items reads a list's objects. kind is what they have to be, "" for any.
func (r *reader) items(d *document, kind fleet.Kind, n *yaml.Node) {
	d.kind = kind + "List"
	given := d.mapping("", n)
	for _, key := range given.keys {
		switch key {
		case "apiVersion", "kind", "metadata", "items":
		default:
			d.fault(key, given.at[key], "unknown key (known here: apiVersion, items, kind, metadata)")
		}
	}
	items, ok := given.values["items"]
	if !ok {
		d.fault("items", d.at[""], "is missing")
		return
	}
	if isNull(items) {
		return
	}
	if target(items).Kind != yaml.SequenceNode {
		d.wrongType("items", position{items.Line, items.Column}, target(items), "a list of objects")
		r.remember(items)
		return
	}
	for i, item := range target(items).Content {
		read, faults := len(r.read[kind]), len(r.faults)
		r.object(d.file, item, false)
		if kind != "" && len(r.read[kind]) == read && len(r.faults) == faults {
			d.fault(fmt.Sprintf("items[%d]", i), position{item.Line, item.Column}, "is no %s", kind)
		}
	}
}

// decode reads an object of a known kind into Documents.
func (r *reader) decode(d *document, n *yaml.Node) {
	docs := &r.documents
	var o reflect.Value
	switch d.kind {
	case fleet.KindTier:
		o = grow(&docs.Tiers)
	case fleet.KindConfiguration:
		o = grow(&docs.Configurations)
	case fleet.KindFailureDomain:
		o = grow(&docs.FailureDomains)
	case fleet.KindShopSet:
		o = grow(&docs.ShopSets)
	case fleet.KindShopGroup:
		o = grow(&docs.ShopGroups)
	}
	r.read[d.kind] = append(r.read[d.kind], d)
	d.name = nameOf(target(n))
	d.decodeObject(n, o)
	if d.broken["metadata.name"] || d.broken["metadata"] {
		r.remember(n)
	}
}

// remember keeps the words of an object that could not be read.
func (r *reader) remember(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		r.words[n.Value] = true
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			if key := n.Content[i-1].Value; key == "spec" || key == "status" {
				continue
			}
		}
		r.remember(child)
	}
}

// mayBeUnread reports whether a name may be that of an object that could not be read.
func (r *reader) mayBeUnread(name string) bool {
	return r.words[name] || slices.ContainsFunc(r.unread, func(text []byte) bool {
		return bytes.Contains(text, []byte(name))
	})
}

// decodeObject reads a whole object. The status that a cluster's controller
// writes is not ours to judge.
func (d *document) decodeObject(n *yaml.Node, into reflect.Value) {
	object := *target(n)
	object.Line, object.Column = n.Line, n.Column
	object.Content = nil
	for content := target(n).Content; len(content) > 1; content = content[2:] {
		if content[0].Value != "status" {
			object.Content = append(object.Content, content[0], content[1])
		}
	}
	d.decode("", &object, into)
}

// grow appends an empty object and gives it to be filled.
func grow[T any](objects *[]T) reflect.Value {
	var empty T
	*objects = append(*objects, empty)
	return reflect.ValueOf(&(*objects)[len(*objects)-1]).Elem()
}

// nameOf finds an object's name for messages, before anything is checked.
func nameOf(n *yaml.Node) string {
	for _, key := range []string{"metadata", "name"} {
		next := n
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				next = target(n.Content[i+1])
			}
		}
		if next == n {
			return ""
		}
		n = next
	}
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	return show(n.Value)
}
