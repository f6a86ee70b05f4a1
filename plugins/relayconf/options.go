package relayconf

import (
	"errors"
	"io/fs"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/nearest"
)

// Options are the keys of one mapping. A constructor takes out those that it knows;
// each that is wrong, and each that nobody took, is a fault. Methods called May… give
// the zero value where the key is missing, the others report that.
type Options struct {
	faults *reader
	path   string
	line   int
	broken bool
	values map[string]*yaml.Node
	lines  map[string]int
	taken  map[string]bool
}

func (r *reader) options(n *yaml.Node, path string) *Options {
	o := &Options{faults: r, path: path, line: n.Line, values: map[string]*yaml.Node{}, lines: map[string]int{}, taken: map[string]bool{}}
	n = target(n)
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, "%s must be a mapping of keys to values", where(path, "the file"))
		o.broken = true
		return o
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if first, twice := o.lines[k.Value]; twice {
			r.fault(k.Line, "%s: key %q is given twice, first on line %d", where(path, "the file"), k.Value, first)
			continue
		}
		o.values[k.Value], o.lines[k.Value] = target(n.Content[i+1]), k.Line
	}
	return o
}

// section is a mapping below; nil where there is none.
func (o *Options) section(key string) *Options {
	n := o.take(key)
	if n == nil {
		return nil
	}
	return o.faults.options(n, o.path+", "+key)
}

// apart makes the faults found from now on the account's own: they keep this account
// from being polled, and no other.
func (o *Options) apart() {
	if o != nil {
		o.faults = &reader{file: o.faults.file, s: o.faults.s}
	}
}

func target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func where(path, top string) string {
	if path == "" {
		return top
	}
	return path
}

// take marks a key as known; nil where it is missing or null.
func (o *Options) take(key string) *yaml.Node {
	o.taken[key] = true
	n := o.values[key]
	if n == nil || n.ShortTag() == "!!null" {
		return nil
	}
	return n
}

func (o *Options) fault(key, format string, args ...any) {
	if o.broken {
		return
	}
	line, ok := o.lines[key]
	if !ok {
		line = o.line
	}
	prefix := key + " "
	if o.path != "" {
		prefix = o.path + ": " + prefix
	}
	o.faults.fault(line, prefix+format, args...)
}

// Refuse reports a value that a constructor cannot take: a sentence that begins after
// the key's name. It must not repeat a secret.
func (o *Options) Refuse(key, format string, args ...any) { o.fault(key, format, args...) }

// Skip takes all keys, where it makes no sense to say which are unknown.
func (o *Options) Skip() {
	for k := range o.values {
		o.taken[k] = true
	}
}

// done reports the keys that nobody took.
func (o *Options) done() {
	for _, k := range slices.Sorted(maps.Keys(o.values)) {
		if o.taken[k] {
			continue
		}
		o.taken[k] = true
		known := slices.DeleteFunc(slices.Sorted(maps.Keys(o.taken)), func(t string) bool { return t == k })
		o.fault(k, "is no key that is known here%s", nearest.Hint(k, known))
	}
}

// Text takes a text that has to be there.
func (o *Options) Text(key string) string {
	if o.take(key) == nil {
		o.fault(key, "is missing")
		return ""
	}
	return o.MayText(key)
}

// MayText takes a text.
func (o *Options) MayText(key string) string {
	n := o.take(key)
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		o.fault(key, "must be a text")
		return ""
	}
	return n.Value
}

// URL takes an address that has to be there; MayURL one that may.
func (o *Options) URL(key string) string {
	if o.take(key) == nil {
		o.fault(key, "is missing: the address of the relay's API, such as https://api.example.com")
		return ""
	}
	return o.MayURL(key)
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
		o.fault(key, "is no address: it starts with https:// and a host")
		return ""
	case u.User != nil:
		o.fault(key, "holds a user or password: those are keys of their own, from the environment or a file")
		return ""
	}
	return strings.TrimRight(text, "/")
}

// MayZone takes a time zone by name; nil where there is none.
func (o *Options) MayZone(key string) *time.Location {
	name := o.MayText(key)
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		o.fault(key, "is %q, which is no time zone: write one such as Asia/Tokyo or UTC", name)
		return nil
	}
	return zone
}

// MayDuration takes a duration such as 10s, or gives the default.
func (o *Options) MayDuration(key string, unset time.Duration) time.Duration {
	text := o.MayText(key)
	if text == "" {
		return unset
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		o.fault(key, "is %q, which is no length of time: write one such as 10s or 5m", text)
		return unset
	}
	return d
}

// mayCount takes a whole number above 0; 0 where there is none.
func (o *Options) mayCount(key string) int64 {
	n := o.take(key)
	if n == nil {
		return 0
	}
	var v int64
	if err := n.Decode(&v); err != nil || n.ShortTag() != "!!int" || v <= 0 {
		o.fault(key, "must be a whole number above 0")
		return 0
	}
	return v
}

func (o *Options) list(key string) []*yaml.Node {
	n := o.take(key)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		o.fault(key, "must be a list")
		return nil
	}
	var out []*yaml.Node
	for _, c := range n.Content {
		out = append(out, target(c))
	}
	return out
}

func show(n *yaml.Node) string {
	if r := []rune(n.Value); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return n.Value
}

// Secret takes a secret that has to be there: {env: NAME} or {file: PATH}.
func (o *Options) Secret(key string) string {
	if o.take(key) == nil {
		o.fault(key, "is missing: write %s: {env: NAME} or {file: PATH}", key)
		return ""
	}
	return o.MaySecret(key)
}

// MaySecret takes a secret. What stands in the file is never repeated.
func (o *Options) MaySecret(key string) string {
	n := o.take(key)
	if n == nil {
		return ""
	}
	const how = "a secret does not stand in this file: write {env: NAME} or {file: PATH}"
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 || target(n.Content[1]).Kind != yaml.ScalarNode {
		o.fault(key, "cannot be read: %s", how)
		return ""
	}
	from := target(n.Content[1]).Value
	var value string
	switch n.Content[0].Value {
	case "env":
		v, ok := o.faults.s.Env(from)
		if !ok || strings.TrimSpace(v) == "" {
			o.fault(key, "is to come from the environment variable %s, which is not set: set it in mackerel-agent.conf (env = { %s = … })", from, from)
			return ""
		}
		value = v
	case "file":
		path := from
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(o.faults.file), path)
		}
		b, err := o.faults.s.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			o.fault(key, "is to come from the file %s, which does not exist", path)
			return ""
		} else if err != nil {
			o.fault(key, "is to come from a file that cannot be read: %v", err)
			return ""
		}
		value = string(b)
	default:
		o.fault(key, "cannot be read: %s", how)
		return ""
	}
	value = strings.TrimSpace(value)
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		o.fault(key, "is empty or has more than one line")
		return ""
	}
	return value
}
