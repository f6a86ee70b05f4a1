package manifest

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/document"
	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Write writes a fleet as YAML, one document per object, in the fleet's order.
// What is at its default is left out. Parse reads the same fleet back.
func Write(w io.Writer, f *fleet.Fleet) error {
	d := FromFleet(f)
	if reflect.ValueOf(d).IsZero() {
		return nil // the encoder cannot close a stream without documents
	}
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	for _, objects := range []reflect.Value{
		reflect.ValueOf(d.Tiers), reflect.ValueOf(d.Configurations), reflect.ValueOf(d.FailureDomains),
		reflect.ValueOf(d.ShopSets), reflect.ValueOf(d.ShopGroups),
	} {
		for i := range objects.Len() {
			if err := encoder.Encode(encode(objects.Index(i))); err != nil {
				return fmt.Errorf("write fleet: %w", err)
			}
		}
	}
	if err := encoder.Close(); err != nil {
		return fmt.Errorf("write fleet: %w", err)
	}
	return nil
}

// encode makes the node of a wire type's value.
func encode(v reflect.Value) *yaml.Node {
	switch value := v.Interface().(type) {
	case metav1.ObjectMeta:
		return mappingNode(text("name"), text(value.Name))
	case Duration:
		return text(value.String())
	}
	switch v.Kind() {
	case reflect.String:
		return text(v.String())
	case reflect.Int64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprint(v.Int())}
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range v.Len() {
			n.Content = append(n.Content, encode(v.Index(i)))
		}
		return n
	case reflect.Map:
		n := mappingNode()
		for _, key := range slices.SortedFunc(maps.Keys(v.Interface().(map[string]string)), strings.Compare) {
			n.Content = append(n.Content, text(key), encode(v.MapIndex(reflect.ValueOf(key))))
		}
		return n
	case reflect.Struct:
		n := mappingNode()
		encodeFields(n, v)
		return n
	}
	panic("manifest: wire type with a field of kind " + v.Kind().String())
}

// encodeFields adds a struct's fields in the order declared, without those that
// are empty and may be left out.
func encodeFields(n *yaml.Node, v reflect.Value) {
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case strings.Contains(options, "inline"):
			meta := v.Field(i).Interface().(metav1.TypeMeta)
			n.Content = append(n.Content, text("apiVersion"), text(meta.APIVersion), text("kind"), text(meta.Kind))
		case strings.Contains(options, "omitempty") && isEmpty(v.Field(i)):
		default:
			n.Content = append(n.Content, text(name), encode(v.Field(i)))
		}
	}
}

func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

func mappingNode(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Content: content}
}

// text makes a scalar that reads back as a text here and in Kubernetes.
func text(value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
	if document.OldBoolean(value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
