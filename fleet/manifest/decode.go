package manifest

import (
	"reflect"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shopslo/shopslo/internal/document"
)

// dialect is that of the fleet's documents, which are custom resources too.
var dialect = document.Dialect{Kubernetes: true, Readers: map[reflect.Type]document.Reader{
	reflect.TypeFor[metav1.ObjectMeta](): decodeMeta,
	reflect.TypeFor[Duration]():          decodeDuration,
}}

// decodeMeta reads what the fleet needs of an object's metadata. What a cluster
// adds to it is known and left alone, so that "kubectl get -o yaml" can be read.
func decodeMeta(o *document.Object, path string, n *yaml.Node, field reflect.Value) {
	into, at := field.Addr().Interface().(*metav1.ObjectMeta), o.At(path)
	if n.Kind != yaml.MappingNode {
		o.WrongType(path, at, n, "a mapping of keys and values")
		return
	}
	fields := document.Fields(reflect.TypeFor[metav1.ObjectMeta]())
	given := o.Mapping(path, n)
	for _, key := range given.Keys {
		value := given.Values[key]
		switch _, ok := fields[key]; {
		case !ok:
			o.Refuse(document.Join(path, key), given.At[key], "unknown key%s", document.Hint(key, fields))
		case key == "name" && !document.IsNull(value):
			o.Decode(document.Join(path, key), value, reflect.ValueOf(&into.Name).Elem())
		case key == "namespace":
			o.Refuse(document.Join(path, key), given.At[key], "the fleet's objects belong to no namespace; remove it")
		case (key == "labels" || key == "annotations") && !document.IsNull(value) && len(document.Target(value).Content) > 0:
			o.Decode(document.Join(path, key), value, reflect.ValueOf(&map[string]string{}).Elem())
		}
	}
	if name, ok := given.Values["name"]; !ok || document.IsNull(name) {
		o.Refuse(document.Join(path, "name"), at, "is missing")
	}
}

func decodeDuration(o *document.Object, path string, n *yaml.Node, into reflect.Value) {
	var d document.Duration
	o.Decode(path, n, reflect.ValueOf(&d).Elem())
	into.Set(reflect.ValueOf(Duration{d.Duration}))
}
