package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/nearest"
)

// Fault is one thing wrong with a file.
type Fault struct {
	File string
	Line int // from 1; 0 where no line is to blame
	Msg  string
}

func (f Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.Msg
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Msg)
}

// Faults are all faults of a file, in the order of its lines.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// reader collects the faults of one file.
type reader struct {
	file   string
	faults Faults
}

func (r *reader) fault(line int, format string, args ...any) {
	r.faults = append(r.faults, Fault{File: r.file, Line: line, Msg: fmt.Sprintf(format, args...)})
}

// err gives the faults in the order of their lines, or nil.
func (r *reader) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
	return r.faults
}

// mapping is a YAML mapping being read: its readers take keys out, and done
// reports those that nobody took.
type mapping struct {
	r      *reader
	path   string // of the mapping itself, "" at the top
	line   int
	broken bool // it was no mapping: said once, then silent
	values map[string]*yaml.Node
	lines  map[string]int
	order  []string
	known  []string
	hints  map[string]string
}

// mapping reads n as a mapping. Where it is none, that is a fault, and the
// mapping returned has no keys.
func (r *reader) mapping(n *yaml.Node, path string) *mapping {
	m := &mapping{r: r, path: path, values: map[string]*yaml.Node{}, lines: map[string]int{}, hints: map[string]string{}}
	if n == nil {
		return m
	}
	m.line = n.Line
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, "%s must be a mapping of keys to values, not %s", orFile(path), kindOf(n))
		m.broken = true
		return m
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolve(n.Content[i])
		if key.Kind != yaml.ScalarNode {
			r.fault(key.Line, "%s has a key that is not a word", orFile(path))
			continue
		}
		if first, twice := m.lines[key.Value]; twice {
			r.fault(key.Line, "key %q is given twice; the first is on line %d", m.at(key.Value), first)
			continue
		}
		m.values[key.Value], m.lines[key.Value] = n.Content[i+1], key.Line
		m.order = append(m.order, key.Value)
	}
	return m
}

// at is the full name of a key, such as ledger.dir.
func (m *mapping) at(key string) string {
	if m.path == "" {
		return key
	}
	return m.path + "." + key
}

// lineOf is the line of a key, or of the mapping where the key is missing.
func (m *mapping) lineOf(key string) int {
	if l, ok := m.lines[key]; ok {
		return l
	}
	return m.line
}

// fault reports something about key. Its text follows the key's full name.
func (m *mapping) fault(key, format string, args ...any) {
	if !m.broken {
		m.r.fault(m.lineOf(key), "%s", m.at(key)+fmt.Sprintf(format, args...))
	}
}

// need reports that value, taken from key, is missing; not where the key has
// something else than a text, which was reported when it was taken.
func (m *mapping) need(key, value, advice string) {
	if value != "" {
		return
	}
	if n := m.values[key]; n != nil && resolve(n).Kind != yaml.ScalarNode {
		return
	}
	m.fault(key, " is missing: %s", advice)
}

// take marks key as known and gives its value: nil where it is absent or null.
func (m *mapping) take(key string) *yaml.Node {
	m.known = append(m.known, key)
	n := m.values[key]
	if n == nil {
		return nil
	}
	n = resolve(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	return n
}

// has reports whether key has a value.
func (m *mapping) has(key string) bool {
	n := m.values[key]
	return n != nil && resolve(n).Tag != "!!null"
}

// hint says what to do instead of a key that people may try.
func (m *mapping) hint(key, advice string) { m.hints[key] = advice }

// done reports the keys that nobody knows.
func (m *mapping) done() {
	for _, key := range m.order {
		if slices.Contains(m.known, key) {
			continue
		}
		advice := m.hints[key]
		if advice == "" {
			advice = "known keys: " + strings.Join(m.known, ", ")
			if near, ok := nearest.Word(key, m.known); ok {
				advice = fmt.Sprintf("did you mean %q?", near)
			}
		}
		m.r.fault(m.lines[key], "unknown key %q (%s)", m.at(key), advice)
	}
}

// scalar takes a single value, as text. ok is false where there is none, and
// where there is something else, which is a fault.
func (m *mapping) scalar(key, want string) (text string, ok bool) {
	n := m.take(key)
	if n == nil {
		return "", false
	}
	if n.Kind != yaml.ScalarNode {
		m.fault(key, " must be %s, not %s", want, kindOf(n))
		return "", false
	}
	return n.Value, true
}

func (m *mapping) text(key string, to *string) {
	if s, ok := m.scalar(key, "a text"); ok {
		*to = s
	}
}

func (m *mapping) boolean(key string, to *bool) {
	s, ok := m.scalar(key, "true or false")
	switch {
	case !ok:
	case s == "true", s == "false":
		*to = s == "true"
	default:
		m.fault(key, ": %q must be true or false", s)
	}
}

func (m *mapping) number(key string, to *float64) {
	s, ok := m.scalar(key, "a number")
	if !ok {
		return
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		percent, isPercent := strings.CutSuffix(s, "%")
		if v, err := strconv.ParseFloat(strings.TrimSpace(percent), 64); isPercent && err == nil {
			m.fault(key, ": %q is not a number; write it as %v", s, v/100)
			return
		}
		m.fault(key, ": %q is not a number", s)
		return
	}
	*to = v
}

// share takes a ratio above 0 and at most 1.
func (m *mapping) share(key string, to *float64) {
	v := 1.0
	m.number(key, &v)
	if v <= 0 || v > 1 {
		m.fault(key, ": %v is not a ratio above 0 and at most 1; write 95 %% as 0.95", v)
		return
	}
	if m.has(key) {
		*to = v
	}
}

// duration takes a positive duration in Prometheus' syntax.
func (m *mapping) duration(key string, to *time.Duration) {
	if s, ok := m.scalar(key, "a duration"); ok {
		switch d, err := model.ParseDuration(s); {
		case err != nil:
			m.fault(key, ": %q is not a duration; write it like 30s, 5m, 1h30m or 28d", s)
		case d <= 0:
			m.fault(key, ": %q must be longer than 0", s)
		default:
			*to = time.Duration(d)
		}
	}
}

// formatDuration writes a duration as the file does, such as 28d.
func formatDuration(d time.Duration) string { return model.Duration(d).String() }

// list takes a list. ok is false where there is none, and where there is
// something else, which is a fault.
func (m *mapping) list(key string) (items []*yaml.Node, ok bool) {
	n := m.take(key)
	if n == nil {
		return nil, false
	}
	if n.Kind != yaml.SequenceNode {
		m.fault(key, " must be a list, not %s", kindOf(n))
		return nil, false
	}
	return n.Content, true
}

// texts takes a list of texts that are not empty.
func (m *mapping) texts(key string, to *[]string) {
	items, ok := m.list(key)
	if !ok {
		return
	}
	*to = []string{}
	for i, n := range items {
		n = resolve(n)
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			m.r.fault(n.Line, "%s[%d] must be a text that is not empty", m.at(key), i)
			continue
		}
		*to = append(*to, n.Value)
	}
}

// resolve follows aliases. The parser refuses an alias to something unknown, and
// an alias to an alias cannot be written.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// expand copies n with every alias replaced by what it stands for, so that the
// copy is a document of its own. left bounds the number of nodes: aliases of
// aliases grow fast, and an alias inside of its own anchor never ends.
func expand(n *yaml.Node, left *int) (*yaml.Node, bool) {
	n = resolve(n)
	if *left--; *left < 0 {
		return nil, false
	}
	out := *n
	out.Anchor, out.Content = "", nil
	for _, c := range n.Content {
		e, ok := expand(c, left)
		if !ok {
			return nil, false
		}
		out.Content = append(out.Content, e)
	}
	return &out, true
}

// maxRawNodes bounds what aliases may make of a part that is kept as YAML.
const maxRawNodes = 200_000

// raw gives the value of key as a YAML document of its own.
func (m *mapping) raw(key string) []byte {
	left := maxRawNodes
	expanded, ok := expand(m.values[key], &left)
	if !ok {
		m.fault(key, " grows beyond %d nodes when its aliases are expanded", maxRawNodes)
		return nil
	}
	data, err := yaml.Marshal(expanded)
	if err != nil {
		m.fault(key, ": %v", err)
	}
	return data
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "nothing"
		}
		return "a single value" // which may be a secret in the wrong place
	}
	return "this"
}

func orFile(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}
