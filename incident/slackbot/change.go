package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
)

// The keys of what is remembered: see who calls them for what the values are.
func channelKey(id string) string       { return id + ":channel" }
func statusKey(id string) string        { return id + ":status" }
func announceKey(id, ch string) string  { return id + ":announced:" + ch }
func incidentKey(channel string) string { return "channel:" + channel }
func nameKey(user string) string        { return "name:" + user }
func linkKey(id string) string          { return id + ":link" }
func noChannelKey(id string) string     { return id + ":no-channel" }
func postedKey(key string) string       { return "posted:" + key }
func begunKey(key string) string        { return "begun:" + key }
func suspectKey(id string) string       { return id + ":suspects" }
func calledKey(id, who string) string   { return id + ":called:" + who }
func directKey(user string) string      { return "direct:" + user }
func toldKey(id string, n int) string   { return id + ":told:" + strconv.Itoa(n) }
func pinnedKey(id string) string        { return id + ":pinned" }
func createdKey(key string) string      { return "created:" + key }
func mentionKey(ch, ts string) string   { return "mention:" + ch + ":" + ts }

// recall gives what is remembered; "" is nothing.
func (b *Bot) recall(ctx context.Context, key string) (string, error) {
	value, _, err := b.o.Store.Recall(ctx, key)
	return value, err
}

// create stores a new Incident; what follows is a Job, which gets a task: who opened it, from
// what message, or what an alert said.
func (b *Bot) create(ctx context.Context, key string, i incident.Incident, t task) (incident.Incident, bool, error) {
	i.ID = "new" // the store gives the real one
	begin := t.job("begin:"+key+":"+strconv.FormatInt(b.o.Now().UnixNano(), 36), jobBegin, b.o.Now())
	i, first, err := b.o.Store.Create(ctx, key, i, begin)
	b.hurry()
	return i, first, err
}

// createOnce is create for what Slack may deliver again: a key makes one Incident, also when that is closed by then.
func (b *Bot) createOnce(ctx context.Context, key string, i incident.Incident, t task) (incident.Incident, bool, error) {
	if id, err := b.recall(ctx, createdKey(key)); err != nil || id != "" {
		if err == nil {
			i, err = b.o.Store.Incident(ctx, id)
		}
		return i, false, err
	}
	i, first, err := b.create(ctx, key, i, t)
	if err == nil {
		_, _, err = b.o.Store.Remember(ctx, createdKey(key), i.ID)
	}
	return i, first, err
}

// change stores events and the Jobs that follow them. key is the same for the same
// change; what has been stored before is no error.
func (b *Bot) change(ctx context.Context, id, key string, events func(incident.Incident) ([]incident.Event, error)) (incident.Incident, error) {
	after, err := b.follow(ctx, id, key, func(i incident.Incident) ([]incident.Event, []incident.Job, error) {
		list, err := events(i)
		return list, nil, err
	})
	if errors.Is(err, incident.ErrTwice) {
		return b.o.Store.Incident(ctx, id)
	}
	return after, err
}

// Change changes an Incident for others than Slack, as the store does, and what they
// change shows in Slack too.
func (b *Bot) Change(ctx context.Context, id string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error) {
	return b.follow(ctx, id, "other:"+strconv.FormatInt(b.o.Now().UnixNano(), 36), change)
}

// follow stores a change together with the Jobs that follow it.
func (b *Bot) follow(ctx context.Context, id, key string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error) {
	defer b.hurry()
	return b.o.Store.Change(ctx, id, func(before incident.Incident) ([]incident.Event, []incident.Job, error) {
		events, jobs, err := change(before)
		if err != nil || len(events) == 0 {
			return events, jobs, err
		}
		after := before
		for _, e := range events {
			if after, err = after.Apply(e); err != nil {
				return nil, nil, cannot{err}
			}
		}
		jobs = append(jobs, b.set.follow(before, after, events, key, b.o.Now())...)
		if before.MergedInto != "" && after.MergedInto == "" { // it may have been a part before it had begun
			jobs = append(jobs, task{}.job(after.ID+":"+key+":"+jobBegin, jobBegin, b.o.Now()))
		}
		if b.o.Suspects == nil {
			jobs = slices.DeleteFunc(jobs, func(j incident.Job) bool { return j.Kind == jobSuspect })
		}
		return events, jobs, nil
	})
}

// do is an act on an Incident. It gives what the person is to be told, and whether the
// Incident was changed; an error means that nothing could be stored.
func (b *Bot) do(ctx context.Context, id string, a act) (text string, changed bool, err error) {
	if allowed, text := b.may(ctx, a); !allowed {
		return text, false, nil
	}
	_, err = b.change(ctx, id, a.ID, func(i incident.Incident) ([]incident.Event, error) {
		events, said, err := b.set.decide(i, a)
		text, changed = said, len(events) > 0
		return events, err
	})
	switch {
	case notStored(err):
		return "", false, err
	case err != nil:
		return b.set.explain(err), false, nil
	}
	return text, changed, nil
}

// cannot is the error of an Event that may not be.
type cannot struct{ error }

// Unwrap gives the vocabulary's error.
func (c cannot) Unwrap() error { return c.error }

// notStored reports an error of the store itself, rather than of what was asked.
func notStored(err error) bool {
	return err != nil && !errors.As(err, new(refusal)) && !errors.As(err, &cannot{}) && !errors.Is(err, incident.ErrNotFound)
}

// happened takes an event: a reaction, or somebody who calls the bot by name.
func (b *Bot) happened(ctx context.Context, d delivery) error {
	var e struct {
		Type, User, Reaction, Channel, Text, TS string
		Thread                                  string `json:"thread_ts"`
		BotID                                   string `json:"bot_id"`
		Item                                    struct{ Type, Channel, TS string }
	}
	if err := json.Unmarshal(d.Event, &e); err != nil {
		return nil // nothing that the bot listens to
	}
	switch {
	case e.Type == "app_mention" && e.BotID == "" && userID.MatchString(e.User):
		if d.Shared && b.outsider(ctx, e.User) {
			return b.tell(ctx, "", place{e.Channel, e.Thread}, e.User, "event:"+d.EventID, b.set.Language.Say(sayOutsider))
		}
		return b.mentioned(ctx, mention{d.EventID, e.User, e.Channel, e.Text, e.TS, e.Thread})
	case e.Type != "reaction_added" || e.Item.Type != "message":
		return nil
	}
	if emoji, _, _ := strings.Cut(e.Reaction, "::"); emoji != b.set.Emoji { // behind :: stands a skin tone
		return nil
	}
	id, err := b.recall(ctx, incidentKey(e.Item.Channel))
	if err != nil || id == "" || d.Shared && b.outsider(ctx, e.User) {
		return err
	}
	job := task{User: e.User, Channel: e.Item.Channel, TS: e.Item.TS}.job("event:"+d.EventID, jobPick, b.o.Now())
	job.Incident = id
	if err := b.o.Store.Enqueue(ctx, job); err != nil {
		return fmt.Errorf("store event %s: %w", d.EventID, err)
	}
	b.hurry()
	return nil
}

// mention is a message that calls the bot by name.
type mention struct{ event, user, channel, text, ts, thread string }

// mentioned is somebody writing "@incidentbot update …", which works in a thread, where Slack
// takes no command: it is one all the same, and answered to that person alone, there. A message that
// is edited comes again as another event: what it said first was done, and is not done again.
// docs.slack.dev/reference/events/app_mention
func (b *Bot) mentioned(ctx context.Context, m mention) error {
	written := b.calledWith(ctx, m.text)
	said := b.set.Language.Say(sayNeedsCommand)
	_, command := takeID(written, true)
	if _, _, known := parse(command); known {
		text := hash16(written)
		kept, _, err := b.o.Store.Remember(ctx, mentionKey(m.channel, m.ts), m.event+" "+text)
		if err != nil {
			return err
		}
		switch event, before, _ := strings.Cut(kept, " "); {
		case event != m.event && before == text: // only a link in it was unfurled
			return nil
		case event != m.event:
			return b.tell(ctx, "", place{m.channel, m.thread}, m.user, "event:"+m.event, b.set.Language.Say(sayEdited))
		}
	}
	out, err := b.command(ctx, slack.SlashCommand{UserID: m.user, ChannelID: m.channel, Text: written, TriggerID: m.event})
	if err != nil {
		return err
	}
	if r, ok := out.Ack.(reply); ok {
		if said = r.Text; len(r.Blocks) > 0 {
			said = shownText(r.Blocks)
		}
	}
	return b.tell(ctx, "", place{m.channel, m.thread}, m.user, "event:"+m.event, said)
}

// calledWith is what stands behind the bot's name, which may be behind those of others.
func (b *Bot) calledWith(ctx context.Context, text string) string {
	if self, _, err := b.me(ctx); err == nil {
		if at := strings.Index(text, "<@"+self); at >= 0 {
			text = text[at:]
		}
	}
	_, written, _ := strings.Cut(text, ">")
	return strings.TrimSpace(written)
}

// shownText is what blocks say, with their marks.
func shownText(blocks []slack.Block) string {
	raw, err := json.Marshal(blocks)
	var shown []any
	if err != nil || json.Unmarshal(raw, &shown) != nil {
		return ""
	}
	return blockWords(shown)
}
