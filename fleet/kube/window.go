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
	Manual       bool     `json:"manualSync"`  // it is not for syncs that somebody asked for
	Overrun      bool     `json:"syncOverrun"` // a sync that goes on may go on; Argo CD 2 does not know it
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
		zone = time.UTC
	}
	if s.never() {
		return true, true // Argo CD looks for the next start, and takes none for one long ago
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

// matching gives the windows that are about an Application; bad is one of them that cannot be
// read: then Argo CD syncs nothing.
func matching(states []windowState, name string, to *destination) (all []windowState, bad *window) {
	for i := range states {
		switch w := &states[i]; {
		case !w.matches(name, to):
		case w.unreadable:
			return nil, &w.window
		default:
			all = append(all, *w)
		}
	}
	return all, nil
}

// forbidding gives the windows that keep Argo CD from a sync: those that are open and deny it,
// or, where none is open that allows it, those that do at other times.
func forbidding(states []windowState) []windowState {
	var denying, closed []windowState
	allowed := false
	for _, w := range states {
		switch {
		case w.isOpen && w.Kind == "deny":
			denying = append(denying, w)
		case w.Kind != "allow":
		case w.isOpen:
			allowed = true
		default:
			closed = append(closed, w)
		}
	}
	if len(denying) > 0 || allowed {
		return denying
	}
	return closed
}

// blocked says in a clause why the windows of a project keep Argo CD from syncing an
// Application by itself; "": they do not.
func blocked(project string, states []windowState, name string, to *destination) string {
	all, bad := matching(states, name, to)
	if bad != nil {
		return fmt.Sprintf("a sync window of AppProject %s cannot be read (%s)", project, bad)
	}
	switch why := forbidding(all); {
	case len(why) == 0:
		return ""
	case why[0].Kind == "deny":
		return fmt.Sprintf("a sync window of AppProject %s forbids it (%s)", project, &why[0].window)
	default:
		return fmt.Sprintf("no sync window of AppProject %s is open (%s)", project, &why[0].window)
	}
}

// goesOn reports whether the windows let an operation go on that began before, as Argo CD
// judges it.
func goesOn(states []windowState, name string, to *destination, o *operation) bool {
	all, bad := matching(states, name, to)
	if bad != nil || o.ended() {
		return false
	}
	now := forbidding(all)
	if o.passes(now) {
		return true
	}
	if slices.ContainsFunc(now, func(w windowState) bool { return !w.Overrun }) {
		return false
	}
	for i := range all {
		all[i].isOpen, _ = all[i].open(o.started)
	}
	return o.passes(forbidding(all))
}

// passes reports whether windows that forbid a sync let it through because somebody asked
// for it.
func (o *operation) passes(forbidding []windowState) bool {
	return !slices.ContainsFunc(forbidding, func(w windowState) bool { return !o.manual || !w.Manual })
}
