package mackerelapi

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"
)

// Query is a text that was understood.
type Query struct {
	kind      kind
	aggregate string  // "", "sum", "avg", "min" or "max"
	owner     pattern // service, host or role; for alert the host, where one is named
	metric    pattern // for alert the monitor's name
	every     time.Duration
	since     time.Time
	hosts     bool // alert: a host is named
}

type kind string

const (
	kindService kind = "service"
	kindHost    kind = "host"
	kindRole    kind = "role"
	kindAlert   kind = "alert"
)

var (
	call   = regexp.MustCompile(`(?s)^\s*([a-z]+)\s*\((.*)\)\s*$`)
	option = regexp.MustCompile(`^(every|since)\s*=\s*(.*)$`)
)

const forms = "write service(SERVICE, METRIC), host(HOST, METRIC), role(SERVICE:ROLE, METRIC), alert(MONITOR) or alert(MONITOR, HOST)"

// Parse understands a query. The error says what is wrong with it.
func Parse(text string) (Query, error) {
	q, err := parse(text)
	if err != nil {
		return Query{}, fmt.Errorf("query %q: %w", text, err)
	}
	return q, nil
}

func parse(text string) (q Query, err error) {
	m := call.FindStringSubmatch(text)
	if m == nil {
		return q, errors.New(forms)
	}
	switch m[1] {
	case "sum", "avg", "min", "max":
		q.aggregate = m[1]
		if m = call.FindStringSubmatch(m[2]); m == nil {
			return q, fmt.Errorf("within %s, %s", q.aggregate, forms)
		}
	}
	q.kind = kind(m[1])
	args, err := arguments(m[2])
	if err != nil {
		return q, err
	}
	if args, err = q.options(args); err != nil {
		return q, err
	}
	switch q.kind {
	case kindService, kindHost, kindRole:
		if len(args) != 2 {
			return q, fmt.Errorf("%s takes two names, not %d: %s", q.kind, len(args), forms)
		}
		return q, q.patterns(args[0], args[1])
	case kindAlert:
		if len(args) != 1 && len(args) != 2 {
			return q, fmt.Errorf("alert takes a monitor and perhaps a host, not %d names", len(args))
		}
		if q.hosts = len(args) == 2; !q.hosts {
			args = append(args, "{}")
		}
		return q, q.patterns(args[1], args[0])
	}
	return q, fmt.Errorf("%q is not known: %s", m[1], forms)
}

func (q *Query) patterns(owner, metric string) (err error) {
	if q.owner, err = compile(owner); err != nil {
		return err
	}
	if q.metric, err = compile(metric); err != nil {
		return err
	}
	for _, l := range q.metric.labels {
		for _, other := range q.owner.labels {
			if l == other && l != "" {
				return fmt.Errorf("the label %q stands twice", l)
			}
		}
	}
	if q.kind == kindRole && strings.Count(owner, ":") != 1 {
		return fmt.Errorf("role %q is not SERVICE:ROLE", owner)
	}
	return nil
}

// options takes every= and since= out of the arguments.
func (q *Query) options(args []string) (rest []string, err error) {
	for _, a := range args {
		m := option.FindStringSubmatch(a)
		switch {
		case m == nil:
			rest = append(rest, a)
		case m[1] == "every":
			q.every, err = time.ParseDuration(m[2])
			if err != nil || q.every < time.Minute || q.every > time.Hour || q.every%time.Second != 0 {
				return nil, fmt.Errorf("%s is not a duration from 1m to 1h", a)
			}
			if q.aggregate != "" || q.kind == kindAlert {
				return nil, errors.New("every= belongs to service, host and role without sum, avg, min or max")
			}
		default:
			if q.since, err = time.Parse(time.RFC3339, m[2]); err != nil {
				return nil, fmt.Errorf("%s is not a time like since=2026-11-01T00:00:00+09:00", a)
			}
			if q.kind != kindAlert {
				return nil, errors.New("since= belongs to alert")
			}
		}
	}
	if q.aggregate != "" && q.kind == kindAlert {
		return nil, fmt.Errorf("%s does not go with alert, which is 0 or 1", q.aggregate)
	}
	return rest, nil
}

// arguments splits at commas; a name with a comma or a parenthesis stands in quotes.
func arguments(text string) ([]string, error) {
	var out []string
	for rest := strings.TrimSpace(text); ; {
		var name string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			end := strings.IndexByte(quoted, '"')
			if end < 0 {
				return nil, errors.New("a quote is not closed")
			}
			name, rest = quoted[:end], strings.TrimSpace(quoted[end+1:])
		} else {
			end := strings.IndexAny(rest, `,"`)
			if end < 0 {
				end = len(rest)
			}
			name, rest = strings.TrimSpace(rest[:end]), rest[end:]
		}
		if name == "" {
			return nil, errors.New("a name is empty")
		}
		out = append(out, name)
		if rest == "" {
			return out, nil
		}
		if rest[0] != ',' {
			return nil, fmt.Errorf("a comma is missing before %q", rest)
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

// pattern is a name with {label} parts.
type pattern struct {
	text   string
	re     *regexp.Regexp // nil: literal
	labels []string       // of the parts, "" for {}
	series []string       // what stands in {{}}: labels of a query monitor's series
}

var (
	template    = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	labelName   = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// compile makes a pattern. A part is anything up to a dot, a colon or a space.
func compile(text string) (pattern, error) {
	p := pattern{text: text}
	for _, m := range template.FindAllStringSubmatch(text, -1) {
		if m[1] == "" {
			return p, errors.New("{{}} names no label")
		}
		p.series = append(p.series, plainName.ReplaceAllString(m[1], "_"))
	}
	// A template is text of the monitor's name: its braces are put aside.
	shown := strings.NewReplacer("\x00", "{{", "\x01", "}}")
	text = template.ReplaceAllString(text, "\x00$1\x01")
	quote := func(s string) string { return regexp.QuoteMeta(shown.Replace(s)) }
	var re strings.Builder
	re.WriteString("^")
	last := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		name := text[at[2]:at[3]]
		if name != "" && !labelName.MatchString(name) {
			return p, fmt.Errorf("{%s} is not a label's name", name)
		}
		for _, l := range p.labels {
			if l == name && name != "" {
				return p, fmt.Errorf("the label %q stands twice", name)
			}
		}
		re.WriteString(quote(text[last:at[0]]) + `([^.:\s]+)`)
		p.labels = append(p.labels, name)
		last = at[1]
	}
	if strings.ContainsAny(placeholder.ReplaceAllString(text, ""), "{}") {
		return p, fmt.Errorf("%q has a brace that is not closed", p.text)
	}
	if len(p.labels) == 0 {
		return p, nil
	}
	re.WriteString(quote(text[last:]) + "$")
	var err error
	p.re, err = regexp.Compile(re.String())
	return p, err
}

// fixed reports whether the pattern is one name.
func (p pattern) fixed() bool { return p.re == nil }

// literal is that name.
func (p pattern) literal() string { return p.text }

// match gives the labels of a name, and those that are known before.
func (p pattern) match(name string, before map[string]string) (map[string]string, bool) {
	labels := maps.Clone(before)
	if labels == nil {
		labels = map[string]string{}
	}
	if p.re == nil {
		return labels, name == p.text
	}
	m := p.re.FindStringSubmatch(name)
	if m == nil {
		return nil, false
	}
	for i, l := range p.labels {
		if l != "" {
			labels[l] = m[i+1]
		}
	}
	return labels, true
}

// asked are those of a series' labels that the pattern names in {{}}; all where it names
// none.
func (p pattern) asked(all series) series {
	if len(p.series) == 0 {
		return all
	}
	out := series{}
	for _, name := range p.series {
		if v, ok := all[name]; ok {
			out[name] = v
		}
	}
	return out
}

// reach is how far before the first step values are needed, in milliseconds.
func (q Query) reach(g grid) int64 { return max(0, q.every.Milliseconds()-g.step) }

// sample puts values on the grid.
func (q Query) sample(values []value, g grid) *samples {
	s := &samples{}
	lo, hi := 0, 0 // the values in (at − span, at]
	span := g.step
	if q.every > 0 {
		span = max(span, q.every.Milliseconds())
	}
	for i := range g.steps() {
		at := g.at(i)
		for hi < len(values) && values[hi].t <= at {
			hi++
		}
		for lo < hi && values[lo].t <= at-span {
			lo++
		}
		if lo < hi {
			s.t, s.v = append(s.t, at), append(s.v, q.fold(values[lo:hi]))
		}
	}
	return s
}

func (q Query) fold(values []value) float64 {
	out := values[len(values)-1].v
	if q.aggregate == "" {
		return out
	}
	out = values[0].v
	for _, x := range values[1:] {
		switch q.aggregate {
		case "min":
			out = min(out, x.v)
		case "max":
			out = max(out, x.v)
		default:
			out += x.v
		}
	}
	if q.aggregate == "avg" {
		out /= float64(len(values))
	}
	return out
}
