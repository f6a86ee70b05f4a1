package importer

import (
	"go.yaml.in/yaml/v3"
)

// object is a mapping of a document that knows what was asked of it.
type object struct {
	node *yaml.Node
	path string
	used map[string]bool
	kids []*object
}

// found is a node with its path.
type found struct {
	*yaml.Node
	path string
}

// mapping is a node as an object; one that is none is empty.
func mapping(n *yaml.Node, path string) *object {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil {
		n = &yaml.Node{}
	}
	return &object{node: n, path: path, used: map[string]bool{}}
}

// get is the value of a key; nil where there is none.
func (o *object) get(key string) *yaml.Node {
	o.used[key] = true
	for i := 0; o.node.Kind == yaml.MappingNode && i+1 < len(o.node.Content); i += 2 {
		if o.node.Content[i].Value == key {
			v := o.node.Content[i+1]
			if v.Kind == yaml.AliasNode {
				v = v.Alias
			}
			return v
		}
	}
	return nil
}

// has reports whether there is a key.
func (o *object) has(key string) bool { return o.get(key) != nil }

// text is a key's scalar; "" where there is none.
func (o *object) text(key string) string {
	if v := o.get(key); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

// object is a key's mapping, an empty one where there is none.
func (o *object) object(key string) *object {
	kid := mapping(o.get(key), o.join(key))
	o.kids = append(o.kids, kid)
	return kid
}

// list is a key's items, as objects whose paths begin anew.
func (o *object) list(key string) (out []*object) {
	v := o.get(key)
	if v == nil || v.Kind != yaml.SequenceNode {
		return nil
	}
	for _, item := range v.Content {
		out = append(out, mapping(item, ""))
	}
	return out
}

// texts are a key's mapping of texts.
func (o *object) texts(key string) map[string]string {
	out := map[string]string{}
	v := o.get(key)
	for i := 0; v != nil && v.Kind == yaml.MappingNode && i+1 < len(v.Content); i += 2 {
		if v.Content[i+1].Kind == yaml.ScalarNode {
			out[v.Content[i].Value] = v.Content[i+1].Value
		}
	}
	return out
}

func (o *object) join(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

// unused are the keys that were not asked for, here and below.
func (o *object) unused() (out []found) {
	for i := 0; o.node.Kind == yaml.MappingNode && i+1 < len(o.node.Content); i += 2 {
		if key := o.node.Content[i]; !o.used[key.Value] {
			out = append(out, found{key, o.join(key.Value)})
		}
	}
	for _, kid := range o.kids {
		out = append(out, kid.unused()...)
	}
	return out
}
