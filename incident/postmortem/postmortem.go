// Package postmortem writes what is known of an incident as Markdown, in English or
// Japanese, and reads what people have written into that text.
//
// What people wrote is plain text: it is shown as they typed it, and none of it can
// become a heading, a link or HTML. Blocks between lines of ``` stay as they are.
package postmortem

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// Options say how a postmortem is written. The zero value: in English, in UTC, of an
// incident that is over.
type Options struct {
	Language text.Language
	// Location is where the times are told; nil: UTC.
	Location *time.Location
	// Now is up to when an incident that is not over has hurt; zero: its last Event.
	Now time.Time
	// Burned are the error budgets that were burned during it; nil: nobody looked.
	Burned []Burned
}

// Burned is what one error budget lost during the incident.
type Burned struct {
	SLO, ShopSet string
	Bad          *float64 // bad events; nil: not known
	Share        *float64 // of the whole window's budget, 1 being all of it; nil: not known
}

// writer writes one postmortem.
type writer struct {
	strings.Builder
	words
	i      incident.Incident
	o      Options
	now    time.Time
	hidden bool // what people wrote is not shown
	// offset is that of the detection, in seconds: a time with another one says so.
	offset int
}

// Markdown is the postmortem of an Incident as far as it is known. What is missing is
// said, but for a private one without a postmortem, of which it is not known. Parse reads back
// what people wrote.
func Markdown(i incident.Incident, o Options) string {
	if o.Location == nil {
		o.Location = time.UTC
	}
	w := &writer{words: english, i: i, o: o, now: o.Now}
	if o.Language == text.Japanese {
		w.words = japanese
	}
	if w.now.IsZero() {
		w.now = i.Changed()
	}
	_, w.offset = i.DetectedAt.In(o.Location).Zone()
	p := i.Postmortem
	if p == nil {
		p = &incident.Postmortem{}
	}
	title := plain(i.Title)
	if w.hidden = i.Private && i.Postmortem == nil; w.hidden {
		w.notWritten, title = w.notShown, w.private
	}
	w.line("# %s", title)
	w.line("\n> %s", w.blameless)
	w.overview()
	w.missing(p)
	w.prose(partSummary, p.Summary)
	w.prose(partImpact, p.Impact)
	w.figures()
	w.burned()
	w.timeline()
	w.prose(partCause, p.Cause)
	w.prose(partTrigger, p.Trigger)
	w.prose(partDetection, p.Detection)
	w.prose(partResolution, p.Resolution)
	w.list(partWell, p.WentWell)
	w.list(partWrong, p.WentWrong)
	w.list(partLucky, p.Lucky)
	w.actions(p.Actions)
	return w.String()
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *writer) heading(p part) { w.line("\n## %s\n", w.parts[p]) }

// item is a line of a list with its label.
func (w *writer) item(label, text string) { w.line("- %s%s%s", label, w.colon, text) }

func (w *writer) overview() {
	w.heading(partOverview)
	w.item(w.id, plain(w.i.ID))
	w.item(w.severity, w.severities[w.i.Severity])
	w.item(w.state, w.states[w.i.State])
	w.item(w.affected, w.scope(w.i.Scope))
	if w.i.Release != "" {
		w.item(w.release, plain(w.i.Release))
	}
	for _, role := range incident.Roles {
		if who := w.i.Assigned[role]; who != "" {
			w.item(w.roles[role], plain(who))
		}
	}
	if w.i.Link != "" {
		w.item(w.link, plain(w.i.Link))
	}
	w.item(w.times, plain(w.o.Location.String())+" ("+w.i.DetectedAt.In(w.o.Location).Format("UTC-07:00")+")")
}

func (w *writer) scope(s incident.Scope) string {
	switch {
	case s.Fleet:
		return w.wholeFleet
	case !s.Known():
		return w.notSaid
	}
	var parts []string
	for _, of := range []struct {
		label string
		names []string
	}{{"ShopSet", s.ShopSets}, {"Tier", s.Tiers}} {
		if len(of.names) > 0 {
			parts = append(parts, of.label+" "+plain(strings.Join(of.names, ", ")))
		}
	}
	return strings.Join(parts, w.comma)
}

// missing says plainly what nobody has written yet.
func (w *writer) missing(p *incident.Postmortem) {
	var all []string
	for _, name := range p.Missing() {
		if !w.hidden {
			all = append(all, w.parts[missingParts[name]])
		}
	}
	if w.i.StartedAt.IsZero() {
		all = append(all, w.noStart)
	}
	if !w.i.Scope.Known() {
		all = append(all, w.noScope)
	}
	open, owner, due := 0, 0, 0
	for _, a := range p.Actions {
		if a.DoneAt.IsZero() {
			open++
			if a.Owner == "" {
				owner++
			}
			if a.Due.IsZero() {
				due++
			}
		}
	}
	if owner > 0 {
		all = append(all, fmt.Sprintf(w.noOwner, owner, open))
	}
	if due > 0 {
		all = append(all, fmt.Sprintf(w.noDue, due, open))
	}
	if len(all) == 0 {
		return
	}
	w.heading(partMissing)
	for _, one := range all {
		w.line("- %s", one)
	}
}

// missingParts are the parts that Missing names; Summary's is never nil here.
var missingParts = map[string]part{"summary": partSummary, "impact": partImpact, "cause": partCause,
	"resolution": partResolution, "actions": partActions}

func (w *writer) prose(p part, text string) {
	w.heading(p)
	if text = tidy(text); text == "" {
		w.line("%s", w.notWritten)
		return
	}
	w.WriteString(block(text))
}

func (w *writer) list(p part, items []string) {
	w.heading(p)
	written := false
	for _, text := range items {
		if text = tidyItem(text); text != "" {
			w.line("- %s", indented(text, "  "))
			written = true
		}
	}
	if !written {
		w.line("%s", w.notWritten)
	}
}

func (w *writer) actions(all []incident.Action) {
	w.heading(partActions)
	written := false
	for _, a := range all {
		what := tidyItem(a.What)
		if what == "" {
			continue
		}
		written = true
		box := " "
		if !a.DoneAt.IsZero() {
			box = "x"
		}
		w.line("- [%s] %s", box, indented(what, "  "))
		w.detail(w.owner, oneLine(a.Owner), a.DoneAt, w.nobody)
		w.detail(w.due, w.day(a.Due), a.DoneAt, w.notSet)
		if !a.DoneAt.IsZero() {
			w.detail(w.done, w.day(a.DoneAt), a.DoneAt, "")
		}
		if link := oneLine(a.Link); link != "" {
			w.detail(w.link, link, a.DoneAt, "")
		}
	}
	if !written {
		w.line("%s", w.notWritten)
	}
}

// detail is a line below an action; what an open one lacks is said.
func (w *writer) detail(label, text string, doneAt time.Time, none string) {
	switch {
	case text != "":
		w.line("  - %s%s%s", label, w.colon, escape(text))
	case doneAt.IsZero():
		w.line("  - %s%s%s", label, w.colon, none)
	}
}

// day is a date, where the time is a midnight here; else all of it, for reading it back.
func (w *writer) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	here := t.In(w.o.Location)
	if h, m, s := here.Clock(); h+m+s+here.Nanosecond() == 0 && here.Year() > 0 && here.Year() < 10000 {
		return here.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}
