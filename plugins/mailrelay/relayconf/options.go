package relayconf

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
)

// Options are the keys of one mapping that the relay's constructor reads. It takes out
// those that it knows; each that is wrong, and each that nobody took, is a fault of the
// account: it keeps this account from being polled, and no other. Methods called May…
// give the zero value where the key is missing, the others report that.
type Options struct {
	o     *document.Object
	path  string // of the mapping in the account; "" for the account itself
	given document.Mapping
	taken map[string]bool
	from  Surroundings
}

// section is a mapping below; nil where there is none.
func (o *Options) section(key string, part document.Raw) *Options {
	if part.Node == nil {
		return nil
	}
	s := &Options{o: o.o, path: key, taken: map[string]bool{}, from: o.from}
	if part.Node.Kind != yaml.MappingNode {
		o.o.WrongType(key, document.Position{Line: part.Node.Line, Column: part.Node.Column}, part.Node, "a mapping of keys and values")
		return s
	}
	s.given = o.o.Mapping(key, part.Node)
	return s
}

// read takes a key's value; false where it is missing or null, or no such value.
func (o *Options) read(key string, into any) bool {
	o.taken[key] = true
	n := o.given.Values[key]
	if n == nil || document.IsNull(n) {
		return false
	}
	path := document.Join(o.path, key)
	o.o.Decode(path, n, reflect.ValueOf(into).Elem())
	return !o.o.Broken(path)
}

// Refuse reports a value that a constructor cannot take: a sentence that begins after
// the key's name. It must not repeat a secret.
func (o *Options) Refuse(key, format string, args ...any) {
	o.o.Wrong(document.Join(o.path, key), format, args...)
}

// Skip takes all keys, where it makes no sense to say which are unknown.
func (o *Options) Skip() {
	for _, key := range o.given.Keys {
		o.taken[key] = true
	}
}

// done reports the keys that nobody took.
func (o *Options) done() {
	known := slices.Sorted(maps.Keys(o.taken))
	for _, key := range o.given.Keys {
		if !o.taken[key] {
			o.o.Refuse(document.Join(o.path, key), o.given.At[key], "unknown key%s", document.HintOf(key, known))
		}
	}
	o.Skip()
}

// Text takes a text that has to be there.
func (o *Options) Text(key string) string { return o.need(key, o.MayText(key), "is missing") }

// need reports what is missing.
func (o *Options) need(key, value, what string) string {
	if value == "" {
		o.Refuse(key, "%s", what)
	}
	return value
}

// MayText takes a text.
func (o *Options) MayText(key string) string {
	var text string
	if o.read(key, &text) && strings.TrimSpace(text) == "" {
		o.Refuse(key, "is empty; write a text")
		return ""
	}
	return text
}

// URL takes an address that has to be there; MayURL one that may.
func (o *Options) URL(key string) string {
	return o.need(key, o.MayURL(key), "is missing: the address of the relay's API, such as https://api.example.com")
}

// MayURL takes an address, without a slash at its end. One that holds a password is
// refused, and not repeated.
func (o *Options) MayURL(key string) string {
	text := o.MayText(key)
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		o.Refuse(key, "is no address: it starts with https:// and a host")
		return ""
	case u.User != nil:
		o.Refuse(key, "holds a user or password: those are keys of their own, from the environment or a file")
		return ""
	}
	return strings.TrimRight(text, "/")
}

// MayZone takes a time zone by name; nil where there is none.
func (o *Options) MayZone(key string) (zone *time.Location) {
	o.read(key, &zone)
	return zone
}

// Secret takes a secret that has to be there: {env: NAME} or {file: PATH}.
func (o *Options) Secret(key string) string {
	return o.need(key, o.MaySecret(key), "is missing; write "+key+": {env: NAME} or {file: PATH}")
}

// MaySecret takes a secret. What stands in the file is never repeated.
func (o *Options) MaySecret(key string) string {
	o.taken[key], o.taken[key+"_file"] = true, true
	secret, _ := o.o.Secret(o.path, o.given, key)
	value, err := secret.Read(o.from)
	if err != nil && secret.Env != "" {
		o.Refuse(key, "%v: set it in mackerel-agent.conf (env = { %s = … })", err, secret.Env)
	} else if err != nil {
		o.Refuse(key, "%v", err)
	}
	return value
}
