package postmortem

import (
	"fmt"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// figures are the times and how long everything took.
func (w *writer) figures() {
	w.heading(partFigures)
	d := w.i.Durations(w.now)
	if w.i.StartedAt.IsZero() {
		w.item(w.started, w.notKnown)
	} else {
		w.item(w.started, w.at(w.i.StartedAt))
	}
	w.item(w.detected, w.at(w.i.DetectedAt))
	for _, one := range []struct {
		label string
		took  *time.Duration
		none  string
	}{{w.toDetect, d.ToDetect, w.notKnown}, {w.toMitigate, d.ToMitigate, w.notYet}, {w.toResolve, d.ToResolve, w.notYet}} {
		if one.took == nil {
			w.item(one.label, one.none)
		} else {
			w.item(one.label, w.duration(*one.took))
		}
	}
	hurting := w.duration(d.Hurting)
	if w.i.State == incident.Open {
		hurting = fmt.Sprintf(w.soFar, hurting, w.at(w.now))
	}
	w.item(w.hurting, hurting)
	if w.i.StartedAt.IsZero() {
		w.line("\n%s", w.fromDetection)
	}
}

func (w *writer) burned() {
	if w.o.Burned == nil {
		return
	}
	w.heading(partBurned)
	if len(w.o.Burned) == 0 {
		w.line("%s", w.noBudget)
		return
	}
	w.line("| SLO | ShopSet | %s | %s |\n|---|---|--:|--:|", w.badEvents, w.share)
	for _, b := range w.o.Burned {
		bad, share := w.notKnown, w.notKnown
		if b.Bad != nil {
			bad = strconv.FormatFloat(*b.Bad, 'f', -1, 64)
		}
		if b.Share != nil {
			share = strconv.FormatFloat(*b.Share*100, 'f', 1, 64) + " %"
		}
		w.line("| %s | %s | %s | %s |", plain(b.SLO), plain(b.ShopSet), bad, share)
	}
}

// timeline tells what happened when, edits of the postmortem left out.
func (w *writer) timeline() {
	w.heading(partTimeline)
	if !w.i.StartedAt.IsZero() {
		w.line("- %s — %s", w.at(w.i.StartedAt), w.itStarted)
	}
	told := false
	for _, e := range w.i.Timeline {
		if !told && e.At.After(w.i.DetectedAt) {
			w.line("- %s — %s", w.at(w.i.DetectedAt), w.itWasNoticed)
			told = true
		}
		if e.Kind == incident.Postmortal {
			continue
		}
		who := ""
		if by := plain(e.By); by != "" {
			who = by + " — "
		}
		w.line("- %s — %s%s", w.at(e.At), who, w.event(e))
	}
	if !told {
		w.line("- %s — %s", w.at(w.i.DetectedAt), w.itWasNoticed)
	}
}

// event is what an Event says, and the words that came with it.
func (w *writer) event(e incident.Event) string {
	what := ""
	value := plain(e.Value)
	switch e.Kind {
	case incident.Escalated:
		what = w.severity + w.colon + w.severities[incident.Severity(e.Value)]
	case incident.Moved:
		what = w.moved[incident.State(e.Value)]
	case incident.Rescoped:
		what = w.affected + w.colon + w.scope(e.Scope)
	case incident.Appointed:
		what = w.roles[e.Role] + w.colon + orElse(value, w.nobodyAnyMore)
	case incident.Renamed:
		what = w.title + w.colon + value
	case incident.Dated:
		what = w.started + w.colon + w.at(e.Time)
	case incident.Suspected:
		what = w.release + w.colon + orElse(value, w.noneAnyMore)
	}
	text := tidyItem(e.Text)
	if e.Redacted || e.Kind == incident.Redacted {
		what = w.redacted
	}
	switch {
	case text == "":
		return what
	case what != "":
		what += w.dot
	}
	return what + indented(text, "  ")
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// at is a time here, to the minute; with its offset where the clocks had been changed.
func (w *writer) at(t time.Time) string {
	here := t.In(w.o.Location)
	if _, offset := here.Zone(); offset != w.offset {
		return here.Format("2006-01-02 15:04 (UTC-07:00)")
	}
	return here.Format("2006-01-02 15:04")
}

// duration is to the minute from one minute on, below to the second.
func (w *writer) duration(d time.Duration) string {
	least := time.Minute
	if d < least {
		least = time.Second
	}
	return w.o.Language.Duration(d.Truncate(least), least, 3)
}
