package slackbot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// interaction answers buttons, modals and shortcuts. An error means that nothing could
// be stored.
func (b *Bot) interaction(ctx context.Context, c slack.InteractionCallback, on written) (outcome, error) {
	switch c.Type {
	case slack.InteractionTypeBlockActions:
		return b.pressed(ctx, c)
	case slack.InteractionTypeViewSubmission:
		return b.submitted(ctx, c)
	case slack.InteractionTypeMessageAction:
		return b.shortcut(ctx, c, on)
	}
	return outcome{}, nil
}

// pressed is a button of the status message.
func (b *Bot) pressed(ctx context.Context, c slack.InteractionCallback) (outcome, error) {
	if len(c.ActionCallback.BlockActions) == 0 {
		return outcome{}, nil
	}
	p := c.ActionCallback.BlockActions[0]
	id, rest, _ := strings.Cut(p.Value, " ")
	verb, _, _ := strings.Cut(p.ActionID, ":")
	channel := cmp.Or(c.Channel.ID, c.Container.ChannelID)
	if _, err := b.o.Store.Incident(ctx, id); errors.Is(err, incident.ErrNotFound) {
		return outcome{}, nil // a button of some other store's
	} else if err != nil {
		return outcome{}, err
	}
	if c.User.TeamID != "" && c.Team.ID != "" && c.User.TeamID != c.Team.ID && b.outsider(ctx, c.User.ID) {
		return outcome{}, b.tell(ctx, id, place{channel: channel}, c.User.ID, c.TriggerID, b.set.Language.Say(sayOutsider))
	}
	switch verb {
	case doUpdate, doPostmortem, doAction:
		if ok, why := b.allowed(ctx, c.User.ID, toChange); !ok {
			return outcome{}, b.tell(ctx, id, place{channel: channel}, c.User.ID, c.TriggerID, why)
		}
		return b.openModal(ctx, id, verb, c.TriggerID, c.ResponseURL)
	case doReopen:
		verb = "reopen"
	case doSuspect:
		verb = "release"
	}
	text, changed, err := b.do(ctx, id, act{ID: "button:" + c.TriggerID, User: c.User.ID, Verb: verb, Rest: rest, At: b.o.Now()})
	if err != nil || changed && verb != doDone {
		return outcome{}, err // the channel hears of a change
	}
	// A button's acknowledgement shows nothing: what is to be said is a message.
	return outcome{}, b.tell(ctx, id, place{channel: channel}, c.User.ID, c.TriggerID, text)
}

// place is where somebody is told something: a channel, or a thread in it; the zero value is
// nowhere but in direct messages.
type place struct{ channel, thread string }

// tell stores that one person alone is to be told something.
func (b *Bot) tell(ctx context.Context, id string, at place, user, key, text string) error {
	if text == "" {
		return nil
	}
	job := task{Channel: at.channel, TS: at.thread, User: user, Text: text}.job("tell:"+key, jobTell, b.o.Now())
	job.Incident = id
	err := b.o.Store.Enqueue(ctx, job)
	b.hurry()
	return err
}

// submitted is a modal that was sent.
func (b *Bot) submitted(ctx context.Context, c slack.InteractionCallback) (outcome, error) {
	var a about
	if err := json.Unmarshal([]byte(c.View.PrivateMetadata), &a); err != nil {
		return outcome{}, nil // no modal of this bot
	}
	in, now := values(c.View), b.o.Now()
	key := "view:" + c.View.ID
	var wrong map[string]string
	var err error
	needs, first := toChange, "text"
	switch c.View.CallbackID {
	case viewOpen:
		needs, first = toOpen, "title"
	case viewPostmortem:
		first = "summary"
	case viewAction:
		first = "what"
	}
	if ok, why := b.allowed(ctx, c.User.ID, needs); !ok {
		return outcome{Ack: slack.NewErrorsViewSubmissionResponse(map[string]string{first: why})}, nil
	}
	switch c.View.CallbackID {
	case viewOpen:
		if a.Note != nil {
			a.Note.Text = strings.TrimSpace(in["note"])
		}
		i, w := b.set.opened(in, now)
		if wrong = w; len(wrong) == 0 {
			_, _, err = b.createOnce(ctx, key, i, task{User: c.User.ID, Note: a.Note})
		}
	case viewUpdate:
		said, changed, failed := b.do(ctx, a.Incident, act{ID: key, User: c.User.ID, Verb: "update", Rest: escape(in["text"]), At: now})
		if err = failed; err == nil && !changed {
			wrong = map[string]string{"text": text.Cut(said, 300)}
		}
	case viewPostmortem, viewAction:
		wrong, err = b.learned(ctx, a, c.View.CallbackID, in, incident.Event{ID: key, At: now, By: c.User.ID, Kind: incident.Postmortal})
	}
	switch {
	case err != nil:
		return outcome{}, err
	case len(wrong) > 0:
		return outcome{Ack: slack.NewErrorsViewSubmissionResponse(wrong)}, nil
	}
	return outcome{}, nil
}

// learned stores the postmortem after a modal.
func (b *Bot) learned(ctx context.Context, a about, callback string, in map[string]string, e incident.Event) (wrong map[string]string, err error) {
	stop := errors.New("something is wrong with the inputs")
	_, err = b.change(ctx, a.Incident, e.ID, func(i incident.Incident) ([]incident.Event, error) {
		if callback == viewAction {
			e.Postmortem, wrong = b.set.acted(i, in)
		} else {
			e.Postmortem, wrong = b.set.written(i, a, in)
		}
		if len(wrong) > 0 {
			return nil, stop
		}
		return []incident.Event{e}, nil
	})
	if errors.Is(err, stop) {
		err = nil
	}
	return wrong, err
}

// shortcut is a shortcut on a message: an Incident is opened from it, or it goes into the
// timeline.
func (b *Bot) shortcut(ctx context.Context, c slack.InteractionCallback, m written) (outcome, error) {
	n := &noted{User: m.author(), Text: m.words(), At: slackTime(m.TS, b.o.Now()), Channel: c.Channel.ID, TS: m.TS, Thread: m.ThreadTS}
	needs := toChange
	if c.CallbackID == shortcutOpen {
		needs = toOpen
	}
	if ok, why := b.allowed(ctx, c.User.ID, needs); !ok {
		return outcome{}, b.tell(ctx, "", place{channel: c.Channel.ID}, c.User.ID, c.TriggerID, why)
	}
	if c.CallbackID == shortcutOpen {
		title := line(mentions.ReplaceAllString(n.Text, "")) // a form shows IDs, not names
		return b.openingModal(ctx, c.User.ID, text.Cut(title, maxTitle), "", false, n, c.TriggerID, c.ResponseURL)
	}
	id, err := b.recall(ctx, incidentKey(c.Channel.ID))
	if err != nil {
		return outcome{}, err
	}
	text := b.set.Language.Say(sayOnlyThere)
	if id != "" {
		said, err := b.pick(ctx, id, c.Channel.ID, m)
		if err != nil {
			return outcome{}, err
		}
		text = b.set.Language.Say(said)
	}
	return outcome{}, b.tell(ctx, id, place{channel: c.Channel.ID}, c.User.ID, c.TriggerID, text)
}

// pick puts a message into the timeline, once, with its own author and time and a link to it; it gives what there is
// to say of that.
func (b *Bot) pick(ctx context.Context, id, channel string, m written) (say text.Entry, err error) {
	words := m.words()
	if words == "" {
		return sayNothingToRead, nil
	}
	home, err := b.recall(ctx, linkKey(id))
	if err != nil {
		return say, err
	}
	e := incident.Event{ID: "message:" + channel + ":" + m.TS, At: slackTime(m.TS, b.o.Now()), By: m.author(), Kind: incident.Noted,
		Text: words, Link: permalink(home, m.TS, m.ThreadTS)}
	i, err := b.change(ctx, id, e.ID, func(incident.Incident) ([]incident.Event, error) { return []incident.Event{e}, nil })
	if err != nil {
		return say, err
	}
	say = sayInTimeline
	if at := slices.IndexFunc(i.Timeline, func(old incident.Event) bool { return old.ID == e.ID }); at >= 0 {
		switch kept := i.Timeline[at]; {
		case kept.Redacted:
			say = sayRedactedBefore
		case kept.Text != e.Text:
			say = sayEditedSince
		}
	}
	return say, nil
}

// permalink is the address of a message, as Slack copies it, below that of its channel:
// docs.slack.dev/reference/methods/chat.getPermalink; "" where that is not known.
func permalink(channel, ts, thread string) string {
	u, err := url.Parse(channel)
	if err != nil || u.Scheme != "https" || ts == "" {
		return ""
	}
	link := u.JoinPath("p" + strings.ReplaceAll(ts, ".", ""))
	if thread != "" && thread != ts {
		link.RawQuery = url.Values{"thread_ts": {thread}, "cid": {path.Base(u.Path)}}.Encode()
	}
	return link.String()
}

// slackTime reads a message's time stamp; otherwise where it is none.
func slackTime(ts string, otherwise time.Time) time.Time {
	seconds, rest, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || s <= 0 || s > 1<<40 {
		return otherwise
	}
	micro, err := strconv.ParseInt((rest + "000000")[:6], 10, 64)
	if err != nil {
		micro = 0
	}
	return time.Unix(s, micro*1000).UTC()
}
