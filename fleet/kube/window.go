package kube

import (
	"fmt"
	"slices"
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

// windowState is a window and what it was found to be in some minute.
type windowState struct {
	window
	isOpen, unreadable bool
}

func statesOf(windows []window, now time.Time) []windowState {
	out := make([]windowState, 0, len(windows))
	for _, w := range windows {
		open, ok := w.open(now)
		out = append(out, windowState{window: w, isOpen: open, unreadable: !ok})
	}
	return out
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

// blocked says in a clause why the windows of a project keep Argo CD from syncing an
// Application by itself; "": they do not.
func blocked(project string, windows []windowState, name string, to *destination) string {
	var allowing, closed *window
	for i := range windows {
		w := &windows[i]
		if !w.matches(name, to) {
			continue
		}
		switch {
		case w.unreadable:
			return fmt.Sprintf("a sync window of AppProject %s cannot be read (%s)", project, &w.window)
		case w.isOpen && w.Kind == "deny":
			return fmt.Sprintf("a sync window of AppProject %s forbids it (%s)", project, &w.window)
		case w.Kind != "allow":
		case w.isOpen:
			allowing = &w.window
		default:
			closed = &w.window
		}
	}
	if closed != nil && allowing == nil {
		return fmt.Sprintf("no sync window of AppProject %s is open (%s)", project, closed)
	}
	return ""
}
