package facts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/incidentfile"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/review"
	"github.com/shopslo/shopslo/review/actionfile"
)

// NotConfigured says that a section of the configuration is missing.
func NotConfigured(key string) *review.Unknown {
	return &review.Unknown{Reason: review.NotConfigured, Key: key}
}

func failed(key string, err error) *review.Unknown {
	return &review.Unknown{Reason: review.Failed, Key: key, Error: err.Error()}
}

// calendarFacts adds freezes, overrides and exclusions, and gives all exclusions.
func calendarFacts(e *engine.Engine, in *review.Input) ([]promotion.Exclusion, error) {
	c, from, err := e.Docs.Calendar()
	if err != nil {
		return nil, err
	}
	if from == "" {
		u := NotConfigured("gate.calendar")
		in.Freezes.Unknown, in.Overrides.Unknown, in.Exclusions.Unknown, in.NextFreezes.Unknown = u, u, u, u
		return nil, nil
	}
	p := in.Period
	in.Freezes.Items = freezesOf(c.During(p.From, p.Until))
	in.NextFreezes.Items = freezesOf(c.During(p.Until, p.Until.AddDate(0, 0, 7)))
	for _, o := range c.Overrides {
		if overlaps(o.From, o.Until, p) {
			in.Overrides.Items = append(in.Overrides.Items, review.Override{ID: o.ID, Who: o.Who, Why: o.Why, Link: o.Link, Checks: o.Checks,
				Scope: scopeNames(o.Scope), From: orNil(o.From), Until: orNil(o.Until)})
		}
	}
	for _, x := range c.Exclusions {
		if overlaps(x.From, x.Until, p) {
			in.Exclusions.Items = append(in.Exclusions.Items, review.Exclusion{ID: x.ID, Who: x.Who, Why: x.Cause, Link: x.Link, SLOs: x.SLOs,
				Scope: scopeNames(x.Scope), From: x.From.UTC(), Until: x.Until.UTC()})
		}
	}
	return c.Exclusions, nil
}

// silenceFacts adds what an Alertmanager was told to keep to itself.
func silenceFacts(ctx context.Context, e *engine.Engine, in *review.Input) error {
	w, err := e.Witnesses.Clients()
	if err != nil {
		return err
	}
	asked := false
	for i, a := range e.Docs.Config.AlertServers {
		if !a.Alertmanager {
			continue
		}
		asked = true
		all, err := w.Alerts[i].Silences(ctx, in.Period.From, in.Period.Until)
		if err != nil {
			in.Silences.Unknown = failed(a.Path(e.Docs.Config), err)
		}
		for _, s := range all {
			in.Silences.Items = append(in.Silences.Items, review.Silence{ID: s.ID, Who: s.By, Why: s.Comment, Matchers: s.Matchers, From: s.From, Until: s.Until})
		}
	}
	if !asked {
		in.Silences.Unknown = NotConfigured("gate.alerts (kind: alertmanager)")
	}
	return nil
}

func freezesOf(all []promotion.Freeze) []review.Freeze {
	var out []review.Freeze
	for _, f := range all {
		out = append(out, review.Freeze{ID: f.ID, Who: f.By, Why: f.Reason, Scope: scopeNames(f.Scope), From: orNil(f.From), Until: orNil(f.Until), Urgent: f.Emergency})
	}
	return out
}

// overlaps reports whether something is in force in a period; zero times are without end.
func overlaps(from, until time.Time, p review.Period) bool {
	return (from.IsZero() || from.Before(p.Until)) && (until.IsZero() || until.After(p.From))
}

func scopeNames(s promotion.Scope) []string {
	return slices.Concat(namesOf(s.Tiers), namesOf(s.Groups), namesOf(s.ShopSets))
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// actionFacts adds action items and incidents: documents, so what is wrong with them is
// an error.
func actionFacts(ctx context.Context, e *engine.Engine, in *review.Input) error {
	c := e.Docs.Config
	v := c.WeeklyReview()
	if len(v.Actions) == 0 {
		in.Actions.Unknown = NotConfigured("review.actions")
	}
	var err error
	if in.Actions.Items, err = Actions(c); err != nil {
		return err
	}
	all, err := allIncidents(ctx, e, in)
	if err != nil {
		return documents.FaultsOf(err)
	}
	addIncidents(in, all, v.Zone)
	return nil
}

// Actions reads the documents of review.actions.
func Actions(c *config.Config) ([]review.Action, error) {
	v := c.WeeklyReview()
	if err := documents.FoldersExist(c, "review.actions", v.Actions); err != nil {
		return nil, err
	}
	items, err := actionfile.Load(c.Dir, v.Zone, v.Actions...)
	return items, documents.FaultsOf(err)
}

// allIncidents are those in files and those that the incidentbot knows, which knows more
// of one that is in both. A bot that does not answer is Unknown, as are the actions of its
// postmortems.
func allIncidents(ctx context.Context, e *engine.Engine, in *review.Input) ([]incident.Incident, error) {
	c := e.Docs.Config
	w, err := e.Witnesses.Clients()
	if err != nil {
		return nil, err
	}
	if len(c.Gate.Incidents) == 0 && w.Bot == nil {
		in.Incidents.Unknown = NotConfigured("gate.incidents")
		return nil, nil
	}
	if err := documents.FoldersExist(c, "gate.incidents", c.Gate.Incidents); err != nil {
		return nil, err
	}
	all, err := incidentfile.Load(c.Dir, c.Gate.Incidents...)
	if err != nil || w.Bot == nil {
		return all, err
	}
	known, err := w.Bot.Incidents(ctx, time.Time{}) // actions of old ones may be open
	if err != nil {
		in.Incidents.Unknown = failed("gate.incidentbot", err)
		if in.Actions.Unknown == nil {
			in.Actions.Unknown = in.Incidents.Unknown
		}
		return all, nil
	}
	all = slices.DeleteFunc(all, func(x incident.Incident) bool {
		return slices.ContainsFunc(known, func(k incident.Incident) bool { return k.ID == x.ID })
	})
	return append(all, known...), nil
}

// addIncidents adds those that touch the period, and the actions of all postmortems.
func addIncidents(in *review.Input, all []incident.Incident, zone *time.Location) {
	for i := range all {
		x := &all[i]
		if x.MergedInto == "" && touches(x, in.Period) { // a part counts with its whole
			in.Incidents.Items = append(in.Incidents.Items, incidentOf(x, in.Period.Until))
		}
		if x.Postmortem == nil {
			continue
		}
		for n, a := range x.Postmortem.Actions {
			in.Actions.Items = append(in.Actions.Items, review.Action{ID: fmt.Sprintf("%s/%d", x.ID, n+1), What: a.What, Owner: a.Owner,
				Due: endOfDay(a.Due, zone), Done: orNil(a.DoneAt), Link: a.Link, From: x.ID})
		}
	}
	slices.SortStableFunc(in.Incidents.Items, func(a, b review.Incident) int { return a.Detected.Compare(b.Detected) })
}

// endOfDay takes midnight, where it was written or in a zone, for the day that it begins, which is
// then included.
func endOfDay(t time.Time, zone *time.Location) *time.Time {
	if t.IsZero() {
		return nil
	}
	for _, t := range []time.Time{t, t.In(zone)} {
		if h, m, s := t.Clock(); h+m+s == 0 {
			return orNil(t.AddDate(0, 0, 1))
		}
	}
	return orNil(t)
}

// touches reports whether an incident began, moved or went on in a period, or was resolved before and has not been
// learned from. Of one without a timeline nobody knows when it ended: it belongs to the period in which it began.
func touches(x *incident.Incident, p review.Period) bool {
	within := func(t time.Time) bool { return t.After(p.From) && !t.After(p.Until) }
	began := x.DetectedAt
	if !x.StartedAt.IsZero() {
		began = x.StartedAt
	}
	if began.After(p.Until) {
		return false
	}
	if within(began) || within(x.DetectedAt) || incidentStateAt(x, p.From).Ongoing() || unlearned(x, p.Until) {
		return true
	}
	for _, e := range x.Timeline {
		if e.Kind == incident.Moved && within(e.At) {
			return true
		}
	}
	return false
}

// unlearned reports whether a postmortem is still to be written of what is resolved: nobody else asks for it in the end.
func unlearned(x *incident.Incident, at time.Time) bool {
	return hasMoves(x) && incidentStateAt(x, at) == incident.Resolved && x.NeedsPostmortem() && len(x.Postmortem.Missing()) > 0 &&
		(x.Postmortem != nil || !x.Private)
}

func hasMoves(x *incident.Incident) bool {
	return slices.ContainsFunc(x.Timeline, func(e incident.Event) bool { return e.Kind == incident.Moved })
}

// incidentStateAt is the state at a time, from the timeline; without one, as it is now.
func incidentStateAt(x *incident.Incident, at time.Time) incident.State {
	if !hasMoves(x) {
		return x.State
	}
	state := incident.Open
	for _, e := range x.Timeline {
		if e.Kind == incident.Moved && !e.At.After(at) {
			state = incident.State(e.Value)
		}
	}
	return state
}

func incidentOf(x *incident.Incident, at time.Time) review.Incident {
	out := review.Incident{ID: x.ID, Title: x.Title, Severity: x.Severity, State: incidentStateAt(x, at), Started: orNil(x.StartedAt),
		Detected: x.DetectedAt.UTC(), Scope: slices.Concat(x.Scope.Tiers, x.Scope.ShopSets), Fleet: x.Scope.Fleet, Release: x.Release, Link: x.Link}
	if x.Postmortem != nil || len(x.Timeline) > 0 && !x.Private { // else nobody could have written one, or it is not told
		if out.Lacks = x.Postmortem.Missing(); out.Lacks == nil {
			out.Lacks = []string{}
		}
	}
	d := x.Durations(at)
	out.ToDetect, out.ToRelieve, out.ToResolve = inSeconds(d.ToDetect), inSeconds(d.ToMitigate), inSeconds(d.ToResolve)
	if hasMoves(x) || x.State == incident.Open {
		out.Hurting = inSeconds(&d.Hurting)
	}
	return out
}

func inSeconds(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	s := d.Seconds()
	return &s
}

// Log is the decision log that a configuration names, or why there is none.
func Log(h host.Host, c *config.Config) (decisionlog.Reader, *review.Unknown) {
	if c.Gate.Log == nil {
		return nil, NotConfigured("gate.log")
	}
	log, err := logbook.Reader(h, c)
	if err != nil {
		return nil, failed("gate.log", err)
	}
	return log, nil
}

// logFacts adds decisions and Releases. What the log cannot tell, the exporter may.
func logFacts(ctx context.Context, e *engine.Engine, in *review.Input, log decisionlog.Reader, unknown *review.Unknown) {
	book := readBook(ctx, in, log, unknown)
	w, err := e.Witnesses.Clients()
	if err == nil && w.Fleet != nil {
		seen, err := w.Fleet.Fleet(ctx)
		if err != nil {
			if in.Releases.Unknown == nil && len(in.Releases.Items) == 0 {
				in.Releases.Unknown = failed("gate.fleet", err)
			}
		} else {
			book.see(seen, in)
		}
	}
	compare := ""
	if c := e.Docs.Config.Promotion; c != nil {
		compare = c.Compare
	}
	for i := range in.Releases.Items {
		m := &in.Releases.Items[i]
		if compare != "" && m.Replaces != "" {
			m.Compare = strings.NewReplacer("{from}", m.Replaces, "{to}", m.Release).Replace(compare)
		}
	}
}

func namesOf[Name ~string](list []Name) []string {
	out := []string{}
	for _, name := range list {
		out = append(out, string(name))
	}
	return out
}
