package manifest

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/nearest"
)

// kinds lists the kinds of documents, in the order that they are written.
var kinds = []fleet.Kind{
	fleet.KindTier, fleet.KindConfiguration, fleet.KindFailureDomain, fleet.KindShopSet, fleet.KindShopGroup,
}

// reader gathers the documents of all files and their faults.
type reader struct {
	documents Documents
	// read holds, per kind, the document behind each element of Documents.
	read   map[fleet.Kind][]*document.Object
	faults document.Faults
	// sources are the names that may be given as source; nil: any.
	sources []fleet.SourceName
	// unread are texts that are no YAML, and words the words outside spec of
	// objects that could not be told or whose name is faulty: an object that is
	// missing elsewhere may be among them.
	unread [][]byte
	words  map[string]bool
}

func newReader() *reader {
	return &reader{read: map[fleet.Kind][]*document.Object{}, words: map[string]bool{}}
}

// file reads all documents of one file.
func (r *reader) file(name string, data []byte) {
	roots, unread, faults := document.Roots(name, data)
	r.unread, r.faults = append(r.unread, unread...), append(r.faults, faults...)
	parts := make([]*reader, min(runtime.GOMAXPROCS(0), len(roots)))
	var all sync.WaitGroup
	for i := range parts {
		parts[i] = newReader()
		all.Go(func() {
			for _, n := range roots[i*len(roots)/len(parts) : (i+1)*len(roots)/len(parts)] {
				parts[i].object(name, n, true)
			}
		})
	}
	all.Wait()
	for _, p := range parts {
		r.join(p)
	}
}

// join adds what another reader has read, which stands behind.
func (r *reader) join(next *reader) {
	a, b := &r.documents, &next.documents
	a.Tiers = append(a.Tiers, b.Tiers...)
	a.Configurations = append(a.Configurations, b.Configurations...)
	a.FailureDomains = append(a.FailureDomains, b.FailureDomains...)
	a.ShopSets = append(a.ShopSets, b.ShopSets...)
	a.ShopGroups = append(a.ShopGroups, b.ShopGroups...)
	for kind, read := range next.read {
		r.read[kind] = append(r.read[kind], read...)
	}
	r.faults = append(r.faults, next.faults...)
	maps.Copy(r.words, next.words)
}

// object reads one object, or the items of a list of them.
func (r *reader) object(file string, n *yaml.Node, mayBeList bool) {
	d := document.New(file, n, dialect)
	kind, list, ok := identify(d, n, mayBeList)
	switch {
	case !ok:
		r.remember(n)
	case list:
		r.items(d, kind, document.Target(n))
	default:
		d.Kind = string(kind)
		r.decode(d, n)
	}
	r.faults = append(r.faults, d.Faults()...)
}

// identify finds out what a document is: one of the kinds, or a list of them
// (of any kind where kind is ""). Not ok: it is neither, and the faults say why.
func identify(d *document.Object, n *yaml.Node, mayBeList bool) (kind fleet.Kind, list, ok bool) {
	apiVersion, name, ok := d.Head(n)
	if !ok {
		return "", false, false
	}
	return known(d, apiVersion, name, mayBeList)
}

// known decides by apiVersion and kind.
func known(d *document.Object, apiVersion, kind string, mayBeList bool) (_ fleet.Kind, list, ok bool) {
	if mayBeList && apiVersion == "v1" && kind == "List" {
		return "", true, true
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
		if apiVersion != shopsetVersion {
			continue
		}
		if kind == string(k) {
			return k, false, true
		}
		if mayBeList && kind == string(k)+"List" {
			return k, true, true
		}
	}
	near, isNear := nearest.Word(kind, names)
	group, _, _ := strings.Cut(apiVersion, "/")
	nearGroup, _ := nearest.Word(group, []string{Group})
	switch {
	case apiVersion == shopsetVersion && isNear:
		d.Refuse("kind", d.At("kind"), "unknown kind %q (did you mean %q?)", kind, near)
	case apiVersion == shopsetVersion:
		d.Refuse("kind", d.At("kind"), "unknown kind %q; the kinds are %s", kind, strings.Join(names, ", "))
	case nearGroup == Group || near == kind:
		d.Refuse("apiVersion", d.At("apiVersion"), "unknown version %q; write %s", apiVersion, shopsetVersion)
	default:
		d.Refuse("kind", d.At("kind"), "%s of %s is not part of a fleet; keep it out of the fleet's files", kind, apiVersion)
	}
	return "", false, false
}

// items reads a list's objects. kind is what they have to be, "" for any.
func (r *reader) items(d *document.Object, kind fleet.Kind, n *yaml.Node) {
	d.Kind = string(kind) + "List"
	given := d.Mapping("", n)
	for _, key := range given.Keys {
		switch key {
		case "apiVersion", "kind", "metadata", "items":
		default:
			d.Refuse(key, given.At[key], "unknown key (known here: apiVersion, items, kind, metadata)")
		}
	}
	items, ok := given.Values["items"]
	if !ok {
		d.Refuse("items", d.At(""), "is missing")
		return
	}
	if document.IsNull(items) {
		return
	}
	if document.Target(items).Kind != yaml.SequenceNode {
		d.WrongType("items", document.Position{Line: items.Line, Column: items.Column}, document.Target(items), "a list of objects")
		r.remember(items)
		return
	}
	for i, item := range document.Target(items).Content {
		read, faults := len(r.read[kind]), len(r.faults)
		r.object(d.File, item, false)
		if kind != "" && len(r.read[kind]) == read && len(r.faults) == faults {
			d.Refuse(fmt.Sprintf("items[%d]", i), document.Position{Line: item.Line, Column: item.Column}, "is no %s", kind)
		}
	}
}

// decode reads an object of a known kind into Documents.
func (r *reader) decode(d *document.Object, n *yaml.Node) {
	docs := &r.documents
	var o reflect.Value
	switch fleet.Kind(d.Kind) {
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
	r.read[fleet.Kind(d.Kind)] = append(r.read[fleet.Kind(d.Kind)], d)
	d.Name = document.NameOf(n)
	decodeObject(d, n, o)
	if d.Broken("metadata.name") {
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
func decodeObject(d *document.Object, n *yaml.Node, into reflect.Value) {
	object := *document.Target(n)
	object.Line, object.Column = n.Line, n.Column
	object.Content = nil
	for content := document.Target(n).Content; len(content) > 1; content = content[2:] {
		if content[0].Value != "status" {
			object.Content = append(object.Content, content[0], content[1])
		}
	}
	d.Decode("", &object, into)
}

// grow appends an empty object and gives it to be filled.
func grow[T any](objects *[]T) reflect.Value {
	var empty T
	*objects = append(*objects, empty)
	return reflect.ValueOf(&(*objects)[len(*objects)-1]).Elem()
}
