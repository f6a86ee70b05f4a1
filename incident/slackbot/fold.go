package slackbot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// What alerts make one Incident of, where the settings do not say.
const (
	foldWithin = 10 * time.Minute
	foldAfter  = 3
)

// origin is of what alerts an Incident is: their group's key, the SLOs and the ShopSets that they
// name.
type origin struct {
	Key      string   `json:"key"`
	SLOs     []string `json:"slos,omitempty"`
	ShopSets []string `json:"shopsets,omitempty"`
}

func (n notification) origin() origin {
	o := origin{Key: "alert:" + hash16(n.GroupKey)}
	for _, a := range n.Alerts {
		if slo := a.Labels["slo"]; slo != "" && !slices.Contains(o.SLOs, slo) {
			o.SLOs = append(o.SLOs, slo)
		}
		if set := a.Labels["shopset"]; set != "" && !slices.Contains(o.ShopSets, set) {
			o.ShopSets = append(o.ShopSets, set)
		}
	}
	return o
}

// The keys of what is remembered of alerts' Incidents.
func byAlertKey(id string) string  { return id + ":by-alert" }
func sloKey(id, slo string) string { return id + ":slo:" + slo }
func setKey(id, set string) string { return id + ":shopset:" + set }
func groupKey(id, k string) string { return k + ":" + id }
func number(id string) int         { n, _ := strconv.Atoi(strings.TrimPrefix(id, "inc-")); return n }
func (o origin) keys(id string) (k []string) {
	k = []string{groupKey(id, o.Key)}
	for _, slo := range o.SLOs {
		k = append(k, sloKey(id, slo))
	}
	for _, set := range o.ShopSets {
		k = append(k, setKey(id, set))
	}
	return k
}

// attach remembers that an Incident is of these alerts too.
func (b *Bot) attach(ctx context.Context, id string, o origin) error {
	for _, key := range o.keys(id) {
		if _, _, err := b.o.Store.Remember(ctx, key, id); err != nil {
			return err
		}
	}
	return nil
}

// alertIncident finds the Incident that a group of alerts is of: one of the last month that is
// not closed, or the one of which that is a part now; "": none.
func (b *Bot) alertIncident(ctx context.Context, key string) (string, error) {
	all, err := b.o.Store.Incidents(ctx, b.o.Now().AddDate(0, -1, 0))
	if err != nil {
		return "", err
	}
	for _, i := range all {
		if i.State == incident.Closed && i.MergedInto == "" {
			continue
		}
		_, ok, err := b.o.Store.Recall(ctx, groupKey(i.ID, key))
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		if i, err = b.whole(ctx, i); err != nil || i.State != incident.Closed {
			return i.ID, err
		}
	}
	return "", nil
}

// whole follows an Incident to the one of which it is a part.
func (b *Bot) whole(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	for range 10 {
		if i.MergedInto == "" {
			return i, nil
		}
		next, err := b.o.Store.Incident(ctx, i.MergedInto)
		if err != nil {
			return i, err
		}
		i = next
	}
	return i, nil
}

// related finds the Incident to which new alerts belong although they are another group: one that
// alerts have opened lately and that has an SLO or a ShopSet in common, or where several were
// opened lately already, the first of them. Only those before the number are looked at; 0: all.
// "" is none: they are an Incident of their own.
func (b *Bot) related(ctx context.Context, o origin, before int) (string, error) {
	within, most := b.set.FoldWithin, b.set.FoldAfter
	if within <= 0 {
		within = foldWithin
	}
	if most <= 0 {
		most = foldAfter
	}
	all, err := b.o.Store.Incidents(ctx, b.o.Now().Add(-within))
	if err != nil {
		return "", err
	}
	var lately []string
	for _, i := range slices.Backward(all) { // the oldest first
		if !i.State.Ongoing() || i.DetectedAt.Before(b.o.Now().Add(-within)) || before > 0 && number(i.ID) >= before {
			continue
		}
		_, byAlert, err := b.o.Store.Recall(ctx, byAlertKey(i.ID))
		if err != nil {
			return "", err
		}
		if !byAlert {
			continue
		}
		lately = append(lately, i.ID)
		for _, key := range o.keys(i.ID)[1:] {
			if _, ok, err := b.o.Store.Recall(ctx, key); err != nil || ok {
				return i.ID, err
			}
		}
	}
	if len(lately) >= most {
		return lately[0], nil
	}
	return "", nil
}

// alerted opens or joins the Incident of a group of alerts. One at a time: what one opens the
// next one may join. Another replica may open one at the same time; begin then makes them one.
func (b *Bot) alerted(ctx context.Context, n notification) error {
	b.folding.Lock()
	defer b.folding.Unlock()
	now, o := b.o.Now(), n.origin()
	severity, opens := b.set.policy(n)
	id, err := b.alertIncident(ctx, o.Key)
	if err == nil && id == "" && opens {
		id, err = b.related(ctx, o, 0)
	}
	switch {
	case err != nil || id == "" && !opens:
		return err
	case id == "":
		i, _, err := b.create(ctx, o.Key, b.set.raised(n, severity, now), task{Text: b.set.raisedText(n), Origin: &o})
		if err != nil {
			return err
		}
		id = i.ID
		if _, _, err := b.o.Store.Remember(ctx, byAlertKey(id), id); err != nil {
			return err
		}
	}
	if opens {
		if err := b.attach(ctx, id, o); err != nil {
			return err
		}
	}
	_, err = b.change(ctx, id, "alert:"+hash16(fmt.Sprint(n.Alerts)), func(i incident.Incident) ([]incident.Event, error) {
		return b.set.alertEvents(i, n, now), nil
	})
	return err
}

// foldsInto gives the Incident of which a new one of alerts is a part after all, as another
// replica has opened that at the same time; "": none.
func (b *Bot) foldsInto(ctx context.Context, i incident.Incident, t task) (string, error) {
	if t.Origin == nil || !i.State.Ongoing() {
		return "", nil
	}
	return b.related(ctx, *t.Origin, number(i.ID))
}

// merge makes one Incident a part of another: what it affects, how bad it is and when it began
// goes over, those who are in it are called over, and it is closed. by is who says so; "": the
// bot. The part is closed by a Job that is stored together with the rest.
func (b *Bot) merge(ctx context.Context, part, into incident.Incident, by, key string) error {
	now, l := b.o.Now(), b.set.Language
	link, err := b.recall(ctx, linkKey(part.ID))
	if err != nil {
		return err
	}
	noted := incident.Event{ID: "merged:" + part.ID, At: now, By: by, Kind: incident.Noted, Text: l.Say(entryMerged, part.ID, part.Title), Link: link}
	_, err = b.follow(ctx, into.ID, key, func(i incident.Incident) ([]incident.Event, []incident.Job, error) {
		events := []incident.Event{noted}
		if wider, ok := widen(i.Scope, part.Scope); ok {
			events = append(events, incident.Event{ID: noted.ID + ":scope", At: now, By: by, Kind: incident.Rescoped, Scope: wider})
		}
		if slices.Index(incident.Severities, part.Severity) < slices.Index(incident.Severities, i.Severity) {
			events = append(events, incident.Event{ID: noted.ID + ":severity", At: now, By: by, Kind: incident.Escalated, Value: string(part.Severity)})
		}
		if at := part.StartedAt; !at.IsZero() && (i.StartedAt.IsZero() || at.Before(i.StartedAt)) && !at.After(i.DetectedAt) {
			events = append(events, incident.Event{ID: noted.ID + ":started", At: now, By: by, Kind: incident.Dated, Time: at})
		}
		jobs := b.set.call(i, people(part), now)
		closing := task{Who: into.ID, User: by}.job(part.ID+":merge:"+into.ID, jobMerge, now)
		closing.Incident = part.ID
		return events, append(jobs, closing), nil
	})
	if errors.Is(err, incident.ErrTwice) {
		return nil
	}
	return err
}

// close ends an Incident that is a part of another, and says where to go on.
func (b *Bot) closePart(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	if i.MergedInto != "" {
		return nil
	}
	l, now := b.set.Language, b.o.Now()
	channel, err := b.recall(ctx, channelKey(t.Who))
	if err != nil {
		return err
	}
	where := t.Who
	if channel != "" {
		where += " <#" + channel + ">"
	}
	_, err = b.follow(ctx, i.ID, j.Key, func(i incident.Incident) ([]incident.Event, []incident.Job, error) {
		events := []incident.Event{{ID: "part", At: now, By: t.User, Kind: incident.Merged, Value: t.Who, Text: l.Say(entryPart, t.Who)}}
		if i.State != incident.Closed {
			events = append(events, incident.Event{ID: "part:closed", At: now, By: t.User, Kind: incident.Moved, Value: string(incident.Closed)})
		}
		var jobs []incident.Job
		if own, err := b.recall(ctx, channelKey(i.ID)); err == nil && own != "" {
			jobs = append(jobs, inLine(i.ID, jobSay, task{Text: l.Say(sayGoOn, where)}.job(i.ID+":part:say", jobSay, now)))
		}
		return events, jobs, nil
	})
	if errors.Is(err, incident.ErrTwice) {
		return nil
	}
	return err
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
	case part.ID == into.ID:
		return answer(l.Say(saySameIncident, escape(text.Cut(rest, 50)))), nil
	case part.MergedInto != "":
		return answer(l.Say(sayPartAlready, part.ID, part.MergedInto)), nil
	case part.Private && !into.Private:
		return answer(l.Say(sayPrivatePart, part.ID)), nil
	case into.State == incident.Closed:
		return answer(l.Say(sayIntoClosed, into.ID)), nil
	}
	if err := b.merge(ctx, part, into, user, "command:"+trigger); err != nil {
		return outcome{}, err
	}
	return answer(l.Say(sayMerging, part.ID, into.ID)), nil
}
