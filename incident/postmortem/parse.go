package postmortem

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// largest is the size of a text that is still read, in bytes.
const largest = 1 << 20

// Parse reads what people wrote into a text of Markdown, in either language, and leaves
// out what is known without them. A date is a day in the Location. An action that was
// ticked off without a date was done at Now.
//
// The error names the line that nobody can make sense of: a heading that is none of
// ours, one that stands twice, a date that is none.
func Parse(text string, o Options) (*incident.Postmortem, error) {
	if len(text) > largest {
		return nil, fmt.Errorf("the postmortem is longer than %d MiB", largest>>20)
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	sections, err := split(normal(strings.TrimPrefix(text, "\uFEFF")))
	if err != nil {
		return nil, err
	}
	p := &incident.Postmortem{
		Summary: sections[partSummary].prose(), Impact: sections[partImpact].prose(), Cause: sections[partCause].prose(),
		Trigger: sections[partTrigger].prose(), Detection: sections[partDetection].prose(), Resolution: sections[partResolution].prose(),
		WentWell: sections[partWell].items(), WentWrong: sections[partWrong].items(), Lucky: sections[partLucky].items(),
	}
	if p.Actions, err = sections[partActions].actions(o); err != nil {
		return nil, err
	}
	return p, nil
}

// section is what stands below a heading.
type section struct {
	first int // the number of its first line
	lines []string
}

// split finds the sections. What stands before the first one is the title.
func split(text string) (map[part]section, error) {
	found := map[part]section{}
	lines := strings.Split(text, "\n")
	now, begun := part(-1), 0
	end := func(at int) {
		if now >= 0 {
			found[now] = section{begun + 1, lines[begun:at]}
		}
	}
	for i := 0; i < len(lines); i++ {
		if stop := fenceEnd(lines, i); stop > 0 {
			i = stop
			continue
		}
		name, ok := strings.CutPrefix(lines[i], "## ")
		if !ok {
			continue
		}
		end(i)
		name = unescape(strings.Trim(name, spaces+"#"))
		if now, ok = partOf(name); !ok {
			return nil, fmt.Errorf("line %d: heading %q is none that a postmortem has; put its text below %s", i+1, name, list())
		}
		if _, twice := found[now]; twice {
			return nil, fmt.Errorf("line %d: heading %q stands there twice; put both texts below one", i+1, name)
		}
		begun = i + 1
	}
	end(len(lines))
	if len(found) == 0 {
		return nil, errors.New("the text has no heading of a postmortem, such as ## " + english.parts[partSummary])
	}
	return found, nil
}

func partOf(name string) (part, bool) {
	for _, w := range languages {
		for p, heading := range w.parts {
			if strings.EqualFold(heading, name) {
				return p, true
			}
		}
	}
	return -1, false
}

// list names the headings that people write below.
func list() string {
	var names []string
	for p := partSummary; p <= partActions; p++ {
		names = append(names, english.parts[p])
	}
	return strings.Join(names, ", ")
}

// placeholder reports whether a line says that something was not written.
func placeholder(line string) bool {
	for _, w := range languages {
		if line == w.notWritten || line == w.nobody || line == w.notSet {
			return true
		}
	}
	return false
}

func (s section) prose() string {
	var out []string
	for i := 0; i < len(s.lines); i++ {
		if stop := fenceEnd(s.lines, i); stop > 0 {
			out = append(out, s.lines[i:stop+1]...)
			i = stop
			continue
		}
		if !placeholder(s.lines[i]) {
			out = append(out, unescape(joined(s.lines[i])))
		}
	}
	return tidy(strings.Join(out, "\n"))
}

// joined is a line without the backslash by which Markdown breaks it.
func joined(line string) string {
	if n := len(line) - len(strings.TrimRight(line, `\`)); n%2 == 1 {
		return line[:len(line)-1]
	}
	return line
}

// bullet begins an item of a list: its indent, and its text.
var bullet = regexp.MustCompile(`^( *)(?:[-*+]|[0-9]+[.)])(?: +(.*))?$`)

// entry is an item of a list, as it stands there.
type entry struct {
	line    int
	lines   []string // still escaped
	details []entry  // items below it
}

func (e entry) text() string {
	lines := make([]string, len(e.lines))
	for i, line := range e.lines {
		lines[i] = unescape(joined(line))
	}
	return tidyItem(strings.Join(lines, "\n"))
}

// entries reads a list of items and items below them. Text without a bullet belongs to
// the item before, else is one.
func (s section) entries() []entry {
	var all []entry
	for i, line := range s.lines {
		if line == "" || placeholder(line) {
			continue
		}
		m := bullet.FindStringSubmatch(line)
		switch {
		case m != nil && (len(m[1]) < 2 || len(all) == 0):
			all = append(all, entry{line: s.first + i, lines: []string{m[2]}})
		case m != nil:
			last := &all[len(all)-1]
			last.details = append(last.details, entry{line: s.first + i, lines: []string{m[2]}})
		case len(all) == 0:
			all = append(all, entry{line: s.first + i, lines: []string{line}})
		default:
			last := &all[len(all)-1]
			if n := len(last.details); n > 0 {
				last = &last.details[n-1]
			}
			last.lines = append(last.lines, strings.TrimLeft(line, " "))
		}
	}
	return all
}

func (s section) items() []string {
	var out []string
	for _, e := range s.entries() {
		for _, d := range e.details {
			e.lines = append(e.lines, `\- `+d.lines[0])
			e.lines = append(e.lines, d.lines[1:]...)
		}
		if text := e.text(); text != "" {
			out = append(out, text)
		}
	}
	return out
}

var box = regexp.MustCompile(`^\[([ xX])\](?: +|$)`)

// maxActions is how many action items a postmortem has: each is reminded of.
const maxActions = 200

func (s section) actions(o Options) ([]incident.Action, error) {
	var out []incident.Action
	for _, e := range s.entries() {
		if len(out) == maxActions {
			return nil, fmt.Errorf("line %d: there are more than %d action items; keep the others elsewhere, and link to them", e.line, maxActions)
		}
		a, ticked := incident.Action{}, false
		if m := box.FindStringSubmatch(e.lines[0]); m != nil {
			e.lines[0], ticked = strings.TrimPrefix(e.lines[0], m[0]), m[1] != " "
		}
		for _, d := range e.details {
			known, err := detail(&a, d, o)
			if err != nil {
				return nil, err
			}
			if !known {
				e.lines = append(e.lines, `\- `+d.lines[0])
				e.lines = append(e.lines, d.lines[1:]...)
			}
		}
		switch {
		case !ticked:
			a.DoneAt = time.Time{}
		case a.DoneAt.IsZero():
			a.DoneAt = o.Now
		}
		if a.What = e.text(); a.What != "" {
			out = append(out, a)
		}
	}
	return out, nil
}

// detail reads a line below an action: its owner, a date or a link. False: it is none.
func detail(a *incident.Action, e entry, o Options) (bool, error) {
	text := oneLine(strings.Join(e.lines, " "))
	for _, w := range languages {
		for _, to := range []struct {
			label string
			text  *string
			time  *time.Time
		}{{w.owner, &a.Owner, nil}, {w.link, &a.Link, nil}, {w.due, nil, &a.Due}, {w.done, nil, &a.DoneAt}} {
			value, ok := cutLabel(text, to.label)
			switch {
			case !ok:
				continue
			case value == "" || placeholder(value):
				return true, nil
			case to.text != nil:
				*to.text = oneLine(unescape(value))
				return true, nil
			}
			var err error
			if *to.time, err = date(unescape(value), o.Location); err != nil {
				return true, fmt.Errorf("line %d: %w", e.line, err)
			}
			return true, nil
		}
	}
	return false, nil
}

// cutLabel gives what follows a label and a colon of either kind.
func cutLabel(text, label string) (string, bool) {
	if len(text) < len(label) || !strings.EqualFold(text[:len(label)], label) {
		return "", false
	}
	rest := strings.TrimLeft(text[len(label):], spaces)
	for _, colon := range []string{":", "："} {
		if value, ok := strings.CutPrefix(rest, colon); ok {
			return strings.Trim(value, spaces), true
		}
	}
	return "", false
}

func date(text string, here *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, text, here); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is no date (write it like 2026-11-30, or 2026-11-30T18:00:00+09:00)", text)
}
