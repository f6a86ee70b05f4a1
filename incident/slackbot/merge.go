package slackbot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// mergeLine is the line of all Jobs that merge. Each looks at two Incidents: what one finds no
// other changes meanwhile, so that two do not become parts of each other.
const mergeLine = "merge"

// merging is the Job that makes an Incident a part of t.Who. t.User is who says so, "": the bot.
func (b *Bot) merging(part string, t task, key string) incident.Job {
	j := t.job(part+":merge:"+key, jobMerge, b.o.Now())
	j.Incident, j.Line = part, mergeLine
	return j
}

// merge makes an Incident a part of another: what that one holds goes over, those who are in it
// are called over, and it is closed. In that order, so that at no time anything is held by
// neither. Where it is too late for that it stays by itself.
func (b *Bot) merge(ctx context.Context, part incident.Incident, j incident.Job, t task) error {
	into, err := b.o.Store.Incident(ctx, t.Who)
	if err == nil {
		into, err = b.whole(ctx, into)
	}
	switch {
	case err != nil:
		return err
	case part.MergedInto != "":
		return nil
	case into.ID == part.ID, into.State == incident.Closed, into.ID != t.Who && t.User != "" && !b.knows(ctx, into, t.User):
		return b.apart(ctx, part, j, t)
	}
	if err := b.takeOver(ctx, part, into.ID, j, t); err != nil {
		return err
	}
	return b.closePart(ctx, part, into.ID, j, t)
}

// apart lets an Incident go on by itself that was to become a part.
func (b *Bot) apart(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	if t.Origin != nil {
		return b.started(ctx, i, t) // nobody has heard of it yet
	}
	say := inLine(i.ID, jobSay, task{Text: b.set.Language.Say(sayApart, t.Who)}.job(j.Key+":apart", jobSay, b.o.Now()))
	return b.enqueue(ctx, i.ID, say)
}

// held is what the gate and people go by.
func held(i incident.Incident) string {
	return hash16(fmt.Sprint(i.Scope, i.Severity, i.Worst, i.State, i.StartedAt.UTC()))
}

// takeOver gives to the whole what a part holds.
func (b *Bot) takeOver(ctx context.Context, part incident.Incident, into string, j incident.Job, t task) error {
	link, err := b.recall(ctx, linkKey(part.ID))
	if err != nil {
		return err
	}
	now := b.o.Now()
	noted := incident.Event{ID: j.Key, At: now, By: t.User, Kind: incident.Joined, Value: string(cmp.Or(part.Worst, part.Severity)),
		Text: b.set.Language.Say(entryMerged, part.ID, part.Title), Link: link}
	_, err = b.follow(ctx, into, j.Key+":"+held(part), func(i incident.Incident) ([]incident.Event, []incident.Job, error) {
		if i.State == incident.Closed {
			return nil, nil, later{"the incident that takes it in was closed just now"}
		}
		events := slices.DeleteFunc(append([]incident.Event{noted}, takenOver(i, part, noted)...), func(e incident.Event) bool {
			return slices.ContainsFunc(i.Timeline, func(old incident.Event) bool { return old.ID == e.ID })
		})
		return events, b.set.call(i, append(insiders(part), b.set.concerned(part)...), now), nil
	})
	return err
}

// takenOver are the events by which an Incident holds what a part of it does: what that affects,
// how bad it is, since when, and that it goes on. What was taken over before has the same IDs.
func takenOver(i, part incident.Incident, from incident.Event) []incident.Event {
	var events []incident.Event
	add := func(e incident.Event) {
		e.ID, e.At, e.By = from.ID+":"+string(e.Kind)+":"+held(part), from.At, from.By
		events = append(events, e)
	}
	if wider, ok := widen(i.Scope, part.Scope); ok {
		add(incident.Event{Kind: incident.Rescoped, Scope: wider})
	}
	if slices.Index(incident.Severities, part.Severity) < slices.Index(incident.Severities, i.Severity) {
		add(incident.Event{Kind: incident.Escalated, Value: string(part.Severity)})
	}
	if at := began(part); at.Before(began(i)) {
		add(incident.Event{Kind: incident.Dated, Time: at})
	}
	if part.State.Ongoing() && slices.Index(incident.States, part.State) < slices.Index(incident.States, i.State) {
		add(incident.Event{Kind: incident.Moved, Value: string(incident.Open)})
	}
	return events
}

// began is since when it hurts, as far as is known.
func began(i incident.Incident) time.Time {
	if i.StartedAt.IsZero() {
		return i.DetectedAt
	}
	return i.StartedAt
}

// widen adds to a scope what it lacks; ok false: nothing. A scope that is not known is taken for
// everything: it stays so, and makes the other one so.
func widen(old, more incident.Scope) (wider incident.Scope, ok bool) {
	switch {
	case old.Fleet || !old.Known():
		return old, false
	case !more.Known():
		return incident.Scope{}, true
	}
	wider = incident.Scope{ShopSets: slices.Clone(old.ShopSets), Tiers: slices.Clone(old.Tiers), Fleet: more.Fleet}
	for _, name := range more.ShopSets {
		wider.ShopSets = with(wider.ShopSets, name)
	}
	for _, name := range more.Tiers {
		wider.Tiers = with(wider.Tiers, name)
	}
	if tooMany(wider) {
		return incident.Scope{Fleet: wider.Fleet}, true
	}
	return wider, wider.Fleet || len(wider.ShopSets)+len(wider.Tiers) > len(old.ShopSets)+len(old.Tiers)
}

// closePart ends an Incident that is a part of another, and says where to go on. What has changed
// in either since it was taken over is for the next attempt.
func (b *Bot) closePart(ctx context.Context, part incident.Incident, into string, j incident.Job, t task) error {
	l, now := b.set.Language, b.o.Now()
	channel, err := b.recall(ctx, channelKey(into))
	if err != nil {
		return err
	}
	own, err := b.recall(ctx, channelKey(part.ID))
	if err != nil {
		return err
	}
	_, err = b.follow(ctx, part.ID, j.Key, func(i incident.Incident) ([]incident.Event, []incident.Job, error) {
		whole, err := b.o.Store.Incident(ctx, into)
		switch {
		case err != nil:
			return nil, nil, err
		case whole.State == incident.Closed || held(i) != held(part):
			return nil, nil, later{"one of the two incidents has changed just now"}
		}
		events := []incident.Event{{ID: j.Key + ":part", At: now, By: t.User, Kind: incident.Merged, Value: into, Text: l.Say(entryPart, into)}}
		if i.State != incident.Closed {
			events = append(events, incident.Event{ID: j.Key + ":closed", At: now, By: t.User, Kind: incident.Moved, Value: string(incident.Closed)})
		}
		var jobs []incident.Job
		if own != "" {
			where := into
			if channel != "" && (i.Private || !whole.Private) { // else nobody is told where it is
				where += " <#" + channel + ">"
			}
			jobs = append(jobs, inLine(i.ID, jobSay, task{Text: l.Say(sayGoOn, where)}.job(j.Key+":say", jobSay, now)))
		}
		return events, jobs, nil
	})
	if errors.Is(err, incident.ErrTwice) {
		return nil
	}
	return err
}

// mayMerge says whether a person may do what a merge does: it closes the part, and may make the
// whole worse.
func (b *Bot) mayMerge(ctx context.Context, part, into incident.Incident, user string) (ok bool, why string) {
	verbs := []string{"merge"}
	if part.State != incident.Closed {
		verbs = append(verbs, "closed")
	}
	if slices.Index(incident.Severities, part.Severity) < slices.Index(incident.Severities, into.Severity) {
		verbs = append(verbs, "severity")
	}
	for _, verb := range verbs {
		if ok, why = b.may(ctx, act{User: user, Verb: verb}); !ok {
			return ok, why
		}
	}
	return true, ""
}

// mergeCommand is /incident merge (another one into this one) and /incident duplicate (this one
// into another one).
func (b *Bot) mergeCommand(ctx context.Context, here, verb, rest, user, trigger string) (outcome, error) {
	other, err := b.named(ctx, rest, user)
	if err != nil {
		return b.refused(err)
	}
	this, err := b.o.Store.Incident(ctx, here)
	if err != nil {
		return outcome{}, err
	}
	part, into := other, this
	if verb == "duplicate" {
		part, into = this, other
	}
	if into, err = b.whole(ctx, into); err != nil {
		return outcome{}, err
	}
	l := b.set.Language
	switch {
	case into.ID != this.ID && !b.knows(ctx, into, user): // it has become a part of a private one
		return answer(l.Say(sayNoSuchIncident, into.ID)), nil
	case part.ID == into.ID:
		return answer(l.Say(saySameIncident, escape(text.Cut(rest, 50)))), nil
	case part.MergedInto != "":
		return answer(l.Say(sayPartAlready, part.ID, part.MergedInto)), nil
	case part.Private && !into.Private:
		return answer(l.Say(sayPrivatePart, part.ID)), nil
	case into.State == incident.Closed:
		return answer(l.Say(sayIntoClosed, into.ID)), nil
	}
	if ok, why := b.mayMerge(ctx, part, into, user); !ok {
		return answer(why), nil
	}
	if err := b.o.Store.Enqueue(ctx, b.merging(part.ID, task{Who: into.ID, User: user}, "command:"+trigger)); err != nil {
		return outcome{}, err
	}
	b.hurry()
	return answer(l.Say(sayMerging, part.ID, into.ID)), nil
}
