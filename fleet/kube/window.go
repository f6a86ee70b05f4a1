package kube

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// window is a time in which an AppProject allows, or forbids, that Argo CD syncs.
type window struct {
	Kind         string   `json:"kind"` // allow or deny
	Schedule     string   `json:"schedule"`
	Duration     string   `json:"duration"`
	Applications []string `json:"applications"`
	Namespaces   []string `json:"namespaces"`
	Clusters     []string `json:"clusters"`
	TimeZone     string   `json:"timeZone"`
	And          bool     `json:"andOperator"`
}

func (w *window) String() string {
	text := fmt.Sprintf("%s %s for %s", w.Kind, w.Schedule, w.Duration)
	if w.TimeZone != "" {
		text += ", " + w.TimeZone
	}
	return oneLine(text)
}

// longest bounds how long a window is looked back for.
const longest = 366 * 24 * time.Hour

// open reports whether it is open, as Argo CD does: some start of it was less than its
// duration ago. Not ok: it cannot be read; then Argo CD syncs nothing of its project.
func (w *window) open(now time.Time) (open, ok bool) {
	s, err := parseCron(w.Schedule)
	if err != nil {
		return false, false
	}
	lasts, err := time.ParseDuration(w.Duration)
	if err != nil {
		return false, false
	}
	zone, err := time.LoadLocation(w.TimeZone)
	if err != nil {
		return false, false
	}
	_, offset := now.In(zone).Zone()
	now = now.UTC().Add(time.Duration(offset) * time.Second)
	return s.starts(now.Add(-min(lasts, longest)), now), true
}

// matches reports whether it is about an Application, as Argo CD does.
func (w *window) matches(name string, to *destination) bool {
	set, matched := false, false
	for _, one := range []struct {
		patterns []string
		texts    []string
	}{{w.Applications, []string{name}}, {w.Clusters, []string{to.Name, to.Server}}, {w.Namespaces, []string{to.Namespace}}} {
		if len(one.patterns) == 0 {
			continue
		}
		set = true
		matched = slices.ContainsFunc(one.patterns, func(p string) bool {
			return slices.ContainsFunc(one.texts, func(t string) bool { return (t != "" || len(one.texts) == 1) && glob(p, t) })
		})
		if matched != w.And {
			return matched
		}
	}
	return set && matched
}

// globs are patterns that were made.
var globs sync.Map

// glob matches a text as a whole with *, ? and [ ] in a pattern.
func glob(pattern, text string) bool {
	made, ok := globs.Load(pattern)
	if !ok {
		var b strings.Builder
		for _, part := range regexp.MustCompile(`\*+|\?|\[[^\]]*\]|[^*?\[]+|\[`).FindAllString(pattern, -1) {
			switch {
			case part[0] == '*':
				b.WriteString(".*")
			case part == "?":
				b.WriteString(".")
			case part[0] == '[' && len(part) > 2:
				b.WriteString(strings.Replace(part, "[!", "[^", 1))
			default:
				b.WriteString(regexp.QuoteMeta(part))
			}
		}
		p, err := regexp.Compile("(?s)^(?:" + b.String() + ")$")
		if err != nil {
			p = regexp.MustCompile("^" + regexp.QuoteMeta(pattern) + "$")
		}
		made, _ = globs.LoadOrStore(pattern, p)
	}
	return made.(*regexp.Regexp).MatchString(text)
}

// blocked says in a clause why the windows of a project keep Argo CD from syncing an
// Application by itself; "": they do not.
func blocked(project string, windows []window, name string, to *destination, now time.Time) string {
	var allowing, closed *window
	for i := range windows {
		w := &windows[i]
		if !w.matches(name, to) {
			continue
		}
		switch open, ok := w.open(now); {
		case !ok:
			return fmt.Sprintf("a sync window of AppProject %s cannot be read (%s)", project, w)
		case open && w.Kind == "deny":
			return fmt.Sprintf("a sync window of AppProject %s forbids it (%s)", project, w)
		case w.Kind != "allow":
		case open:
			allowing = w
		default:
			closed = w
		}
	}
	if closed != nil && allowing == nil {
		return fmt.Sprintf("no sync window of AppProject %s is open (%s)", project, closed)
	}
	return ""
}
