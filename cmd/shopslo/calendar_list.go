package main

import (
	"cmp"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
)

// calendarList is `shopslo freeze|override|exclude --list -o json`, see
// docs/calendar.schema.json.
type calendarList struct {
	Version int           `json:"version"`
	At      time.Time     `json:"at"`
	Kind    string        `json:"kind"` // freeze, override or exclusion
	Entries []listedEntry `json:"entries"`
}

// listedEntry is a document, with what it means now.
type listedEntry struct {
	Name      string     `json:"name"`
	State     string     `json:"state"` // on, to_come, over
	From      *time.Time `json:"from"`  // nil: since ever
	Until     *time.Time `json:"until"` // nil: until it is deleted
	Fleet     bool       `json:"fleet"` // the whole of it
	Tiers     []string   `json:"tiers"`
	Groups    []string   `json:"shopgroups"`
	ShopSets  []string   `json:"shopsets"`
	Checks    []string   `json:"checks"` // that an override sets aside
	SLOs      []string   `json:"slos"`   // that an exclusion is about; empty: all
	Release   string     `json:"release"`
	Emergency bool       `json:"emergency"`
	Reason    string     `json:"reason"`
	By        string     `json:"by"`
	Link      string     `json:"link"`
}

// listed gives the documents of a kind.
func listed(c calendar.Calendar, kind string, now time.Time) calendarList {
	out := calendarList{Version: 1, At: now.UTC(), Kind: kind, Entries: []listedEntry{}}
	add := func(e listedEntry, from, until time.Time, s promotion.Scope) {
		e.State, e.From, e.Until = stateAt(now, from, until), instant(from), instant(until)
		e.Fleet, e.Tiers, e.Groups, e.ShopSets = s.Everything(), texts(s.Tiers), texts(s.Groups), texts(s.ShopSets)
		e.Checks, e.SLOs = texts(e.Checks), texts(e.SLOs)
		out.Entries = append(out.Entries, e)
	}
	switch kind {
	case "freeze":
		for _, f := range c.Freezes(now) {
			add(listedEntry{Name: f.ID, Emergency: f.Emergency, Reason: f.Reason, By: f.By}, f.From, f.Until, f.Scope)
		}
	case "override":
		for _, o := range c.Overrides {
			add(listedEntry{Name: o.ID, Checks: o.Checks, Release: o.Release, Reason: o.Why, By: o.Who, Link: o.Link}, o.From, o.Until, o.Scope)
		}
	default:
		for _, x := range c.Exclusions {
			add(listedEntry{Name: x.ID, SLOs: x.SLOs, Reason: x.Cause, By: x.Who, Link: x.Link}, x.From, x.Until, x.Scope)
		}
	}
	return out
}

func stateAt(now, from, until time.Time) string {
	switch {
	case now.Before(from):
		return "to_come"
	case !until.IsZero() && !now.Before(until):
		return "over"
	}
	return "on"
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func texts[Name ~string](list []Name) []string {
	out := []string{}
	for _, name := range list {
		out = append(out, string(name))
	}
	return out
}

// table is the list for people.
func (l calendarList) table(in text.Language) string {
	if len(l.Entries) == 0 {
		return answers.Say(in, "no "+l.Kind+" is in the calendar\n")
	}
	rows := [][]string{answers.Row(in, []string{"STATE", "FROM", "UNTIL", "NAME", "WHAT", "BY", "WHY"})}
	for _, e := range l.Entries {
		rows = append(rows, []string{answers.Say(in, strings.ReplaceAll(e.State, "_", " ")), shownTime(e.From), shownTime(e.Until), e.Name, e.what(in), oneLine(e.By), oneLine(e.Reason)})
	}
	return text.Columns(rows)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func shownTime(t *time.Time) string {
	if t == nil {
		return "…"
	}
	return t.Format("2006-01-02 15:04 -07:00")
}

// what names what an entry touches.
func (e listedEntry) what(in text.Language) string {
	names := append([]string{}, e.Tiers...)
	for _, g := range e.Groups {
		names = append(names, in.Say(sayGroup, g))
	}
	what := cmp.Or(in.List(append(names, e.ShopSets...)), in.Say(sayWholeFleet))
	if of := append(e.Checks, e.SLOs...); len(of) > 0 {
		what = in.Say(sayOf, in.List(of), what)
	}
	if e.Release != "" {
		what += in.Say(sayRelease, e.Release)
	}
	if e.Emergency {
		what += in.Say(sayEmergency)
	}
	return what
}
