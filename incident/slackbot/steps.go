package slackbot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// opened begins an Incident, or makes it a part of the one to which its alerts belong after all.
func (b *Bot) opened(ctx context.Context, i incident.Incident, _ incident.Job, t task) error {
	whole, err := b.foldsInto(ctx, i, t)
	switch {
	case err != nil:
		return err
	case whole == "":
		return b.started(ctx, i, t)
	}
	if err := b.attach(ctx, whole, *t.Origin); err != nil {
		return err
	}
	t.Who = whole
	return b.o.Store.Enqueue(ctx, b.merging(i.ID, t, "fold"))
}

// openedByAlert is behind an Incident's ID the key of the message that says what fires.
const openedByAlert = ":opened:alert"

// openedFrom is the entry of the message from which an Incident was opened.
const openedFrom = "opened:from"

// started begins an Incident: its first entries, its channel, the announcements, and what
// is to come.
func (b *Bot) started(ctx context.Context, i incident.Incident, t task) error {
	s, now := b.set, b.o.Now()
	opening := s.Language.Say(sayOpenedAs, s.Language.Say(severities[i.Severity].name))
	if t.User == "" {
		opening = s.Language.Say(sayOpenedAsByAlert, s.Language.Say(severities[i.Severity].name))
	}
	events := []incident.Event{{ID: "opened", At: i.DetectedAt, By: t.User, Kind: incident.Noted, Text: opening}}
	if t.Note != nil && t.Note.Text != "" {
		_, home, err := b.me(ctx)
		if err != nil {
			return err
		}
		events = append(events, incident.Event{ID: openedFrom, At: t.Note.At, By: t.Note.User, Kind: incident.Noted, Text: t.Note.Text,
			Link: permalink(channelLink(home, t.Note.Channel), t.Note.TS, t.Note.Thread)})
	}
	_, err := b.o.Store.Change(ctx, i.ID, func(i incident.Incident) ([]incident.Event, []incident.Job, error) {
		jobs := []incident.Job{task{User: t.User}.job(i.ID+":channel", jobChannel, now)}
		for _, c := range s.announces(i) {
			jobs = append(jobs, inLine(i.ID, announceLine(c), task{Channel: c, First: true}.job(i.ID+":opened:announce:"+c, jobAnnounce, now)))
		}
		if t.Text != "" {
			jobs = append(jobs, inLine(i.ID, jobSay, task{Text: t.Text}.job(i.ID+openedByAlert, jobSay, now)))
		}
		if slices.ContainsFunc(i.Timeline, func(e incident.Event) bool { return e.ID == "opened" }) {
			return nil, jobs, nil
		}
		return events, slices.Concat(jobs, s.plan(i, now), b.looks(i.ID, now)), nil
	})
	return err
}

// makeChannel creates the Incident's channel once, and begins what is done in it.
func (b *Bot) makeChannel(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	self, home, err := b.me(ctx)
	if err != nil {
		return err
	}
	channel, err := b.recall(ctx, channelKey(i.ID))
	if err != nil {
		return err
	}
	if channel == "" {
		if channel, err = b.createChannel(ctx, i, self); err != nil {
			return err
		}
	}
	for _, kept := range [][2]string{{channelKey(i.ID), channel}, {incidentKey(channel), i.ID}, {linkKey(i.ID), channelLink(home, channel)}} {
		if _, _, err := b.o.Store.Remember(ctx, kept[0], kept[1]); err != nil {
			return err
		}
	}
	now := b.o.Now()
	_, err = b.o.Store.Change(ctx, i.ID, func(i incident.Incident) ([]incident.Event, []incident.Job, error) {
		jobs := []incident.Job{inLine(i.ID, jobStatus, task{First: true}.job(i.ID+":made:status", jobStatus, now)), inLine(i.ID, jobTopic, task{}.job(i.ID+":made:topic", jobTopic, now))}
		people := b.set.concerned(i)
		if t.User != "" && !slices.Contains(people, t.User) {
			people = append([]string{t.User}, people...)
		}
		jobs = append(jobs, b.set.call(i, people, now)...)
		for _, c := range b.set.announces(i) {
			jobs = append(jobs, inLine(i.ID, announceLine(c), task{Channel: c}.job(i.ID+":made:announce:"+c, jobAnnounce, now)))
		}
		return nil, jobs, nil
	})
	return err
}

func channelLink(home, channel string) string {
	u, err := url.Parse(home)
	if err != nil || u.Host == "" {
		return "slack://channel?id=" + channel
	}
	return u.JoinPath("archives", channel).String()
}

// maxTries is how many names are tried.
const maxTries = 5

// createChannel creates a channel. A name that is taken may be taken by an attempt whose
// answer was lost: then the channel is this bot's, no other Incident's, and new.
func (b *Bot) createChannel(ctx context.Context, i incident.Incident, self string) (string, error) {
	day := i.DetectedAt.In(b.set.zone())
	for try := range maxTries {
		name := channelName(b.set.Prefix, i, day, try)
		// The name is kept, since the title may change before the next attempt.
		kept, _, err := b.o.Store.Remember(ctx, fmt.Sprintf("%s:name:%d", i.ID, try), name+" "+strconv.FormatInt(b.o.Now().Unix(), 10))
		if err != nil {
			return "", err
		}
		name, begun, _ := strings.Cut(kept, " ")
		c, err := b.api.CreateConversationContext(ctx, slack.CreateConversationParams{ChannelName: name, IsPrivate: i.Private})
		b.called("conversations.create", err)
		switch {
		case err == nil && c != nil && c.ID != "":
			return c.ID, nil
		case !refusedWith(err, "name_taken"):
			if err == nil {
				return "", fmt.Errorf("create channel %s: Slack's answer has no ID", name)
			}
			return "", fmt.Errorf("create channel %s: %w", name, err)
		}
		id, err := b.ownChannel(ctx, name, self, i.Private, slackTime(begun, b.o.Now()).Add(-clockSkew))
		if err != nil || id != "" {
			return id, err
		}
	}
	return "", fmt.Errorf("create a channel: %w", slack.SlackErrorResponse{Err: "name_taken"})
}

// ownChannel finds a channel by name that this bot has created since, and that belongs
// to no Incident; "" where it is somebody else's.
func (b *Bot) ownChannel(ctx context.Context, name, self string, private bool, since time.Time) (string, error) {
	p := &slack.GetConversationsParameters{Limit: 1000, ExcludeArchived: true, Types: []string{"public_channel"}}
	if private {
		p.Types = []string{"private_channel"}
	}
	for {
		page, cursor, err := b.api.GetConversationsContext(ctx, p)
		if b.called("conversations.list", err); err != nil {
			return "", fmt.Errorf("look for channel %s: %w", name, err)
		}
		for _, c := range page {
			if c.Name != name {
				continue
			}
			owner, err := b.recall(ctx, incidentKey(c.ID))
			if err != nil || owner != "" || c.Creator != self || c.Created.Time().Before(since) {
				return "", err
			}
			return c.ID, nil
		}
		if p.Cursor = cursor; cursor == "" {
			return "", nil
		}
	}
}

// channel gives an Incident's channel. While it is being made the Job waits; ok is false
// where it could not be made.
func (b *Bot) channel(ctx context.Context, id string) (channel string, ok bool, err error) {
	if channel, err = b.recall(ctx, channelKey(id)); err != nil || channel != "" {
		return channel, err == nil, err
	}
	why, err := b.recall(ctx, noChannelKey(id))
	if err != nil || why != "" {
		return "", false, err
	}
	return "", false, later{"its channel is not there yet"}
}

// say writes into an Incident's channel. Where none could be made it is said where Incidents are
// announced, with the ID.
func (b *Bot) say(ctx context.Context, i incident.Incident, key string, m message) error {
	channel, ok, err := b.channel(ctx, i.ID)
	if err != nil {
		return err
	}
	if ok {
		_, err = b.post(ctx, channel, key, m)
		return err
	}
	return b.sayOutside(ctx, i, key, m)
}

// sayOutside writes where Incidents are announced, else to each of those concerned alone; it fails where that is
// nowhere possible.
func (b *Bot) sayOutside(ctx context.Context, i incident.Incident, key string, m message) error {
	if !i.Private {
		m.Text += " (" + i.ID + ")"
		m.Blocks = append(slices.Clone(m.Blocks), note(i.ID+" · "+escape(text.Cut(i.Title, 200))))
	}
	if len(b.set.announces(i)) == 0 {
		return b.sayEach(ctx, i, key, m)
	}
	var failed error
	refused := 0
	for _, c := range b.set.announces(i) {
		err := b.joining(ctx, i, c, func() error { _, err := b.post(ctx, c, key+":"+c, m); return err })
		if failed = sooner(failed, err); forGood(err) {
			refused++
		}
	}
	if forGood(failed) && refused < len(b.set.Announce) {
		return nil
	}
	return failed
}

// without says that an Incident has no channel, and calls in those concerned where it is
// announced: nobody can be invited.
func (b *Bot) without(ctx context.Context, i incident.Incident, cause string) []incident.Job {
	now := b.o.Now()
	jobs := []incident.Job{task{Text: b.calling(ctx, i, sayNoChannel, cause)}.job(i.ID+":without", jobOutside, now)}
	for _, c := range b.set.announces(i) {
		jobs = append(jobs, inLine(i.ID, announceLine(c), task{Channel: c}.job(i.ID+":without:announce:"+c, jobAnnounce, now)))
	}
	return forIncident(i.ID, jobs)
}

// late calls in those concerned, once, where a channel cannot be made for a while; it is tried
// further.
func (b *Bot) late(ctx context.Context, i incident.Incident, cause error) error {
	job := task{Text: b.calling(ctx, i, sayChannelLate, b.set.adviceNow(cause))}.job(i.ID+":late", jobOutside, b.o.Now())
	return b.enqueue(ctx, i.ID, job)
}

// calling names those concerned.
func (b *Bot) calling(ctx context.Context, i incident.Incident, say text.Entry, cause string) string {
	who := b.set.concerned(i)
	if opener := slices.IndexFunc(i.Timeline, func(e incident.Event) bool { return e.ID == "opened" }); opener >= 0 && i.Timeline[opener].By != "" {
		who = append(who, i.Timeline[opener].By)
	}
	l := b.set.Language
	return l.Say(say, cause, cmp.Or(strings.Join(b.mentions(ctx, who), " "), l.Say(sayNobodyNamed)), i.ID)
}

// outside writes where Incidents are announced.
func (b *Bot) outside(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	return b.sayOutside(ctx, i, j.Key, said(t.Text))
}

// mentions call people and groups by name; a group's @handle is looked up, since only its ID
// calls anybody. Where Slack does not answer the handle stands there.
func (b *Bot) mentions(ctx context.Context, who []string) []string {
	var groups []slack.UserGroup
	if slices.ContainsFunc(who, func(w string) bool { return strings.HasPrefix(w, "@") }) {
		var err error
		groups, err = b.api.GetUserGroupsContext(ctx)
		b.called("usergroups.list", err)
	}
	var out []string
	for _, w := range who {
		if at := slices.IndexFunc(groups, func(g slack.UserGroup) bool { return "@"+g.Handle == w }); at >= 0 {
			w = groups[at].ID
		}
		if m := mentionAny(w); !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// writeStatus brings the status message up to date. That it is pinned and who is named in it are Jobs of their
// own: a method of Slack's that fails keeps no status from being seen.
func (b *Bot) writeStatus(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	channel, ok, err := b.channel(ctx, i.ID)
	if err != nil {
		return err
	}
	unknown, err := b.unnamed(ctx, i)
	if err == nil && len(unknown) > 0 {
		err = b.enqueue(ctx, i.ID, task{}.job(i.ID+":names:"+hash16(strings.Join(unknown, " ")), jobNames, b.o.Now()))
	}
	if err != nil || !ok {
		return err
	}
	ts, err := b.keep(ctx, channel, statusKey(i.ID), i, t.First, func(i incident.Incident) message { return b.set.status(i, b.o.Now()) })
	if err != nil || ts == "" {
		return err
	}
	if done, err := b.recall(ctx, pinnedKey(i.ID)); err != nil || done != "" {
		return err
	}
	return b.enqueue(ctx, i.ID, task{TS: ts}.job(j.Key+":pin", jobPin, b.o.Now()))
}

// enqueue stores Jobs of an Incident.
func (b *Bot) enqueue(ctx context.Context, id string, jobs ...incident.Job) error {
	return b.o.Store.Enqueue(ctx, forIncident(id, jobs)...)
}

// pin pins the status message.
func (b *Bot) pin(ctx context.Context, i incident.Incident, _ incident.Job, t task) error {
	channel, ok, err := b.channel(ctx, i.ID)
	if err != nil || !ok {
		return err
	}
	if done, err := b.recall(ctx, pinnedKey(i.ID)); err != nil || done != "" {
		return err
	}
	err = b.api.AddPinContext(ctx, channel, slack.NewRefToMessage(channel, t.TS))
	if b.called("pins.add", err); err != nil && !refusedWith(err, "already_pinned", "message_not_found") {
		return fmt.Errorf("pin the status message: %w", err)
	}
	_, _, err = b.o.Store.Remember(ctx, pinnedKey(i.ID), t.TS)
	return err
}

func (b *Bot) setTopic(ctx context.Context, i incident.Incident, j incident.Job, _ task) error {
	channel, ok, err := b.channel(ctx, i.ID)
	if err != nil || !ok {
		return err
	}
	_, err = b.api.SetTopicOfConversationContext(ctx, channel, b.set.topic(i))
	if b.called("conversations.setTopic", err); err != nil {
		return fmt.Errorf("set the topic: %w", err)
	}
	return nil
}

// maxInvite is how many people are invited by one call; the page allows 1,000.
const maxInvite = 100

// invitation is what became of one person's: docs.slack.dev/reference/methods/conversations.invite
type invitation struct {
	OK    bool   `json:"ok"`
	User  string `json:"user"`
	Error string `json:"error"`
}

// notInvited are those who could not be invited, for good.
type notInvited []invitation

func (n notInvited) Error() string {
	var all []string
	for _, one := range n {
		all = append(all, one.User+": "+one.Error)
	}
	return "invite: " + strings.Join(all, ", ")
}

// invite calls a person or a group in. Those who are there already are. Slack says of each one
// what became of the invitation, also where it says that all went well.
func (b *Bot) invite(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	if i.Private { // who was called in may know of it from now on
		if _, _, err := b.o.Store.Remember(ctx, calledKey(i.ID, t.Who), j.Key); err != nil {
			return err
		}
	}
	channel, ok, err := b.channel(ctx, i.ID)
	if err != nil || !ok {
		return err
	}
	people := []string{t.Who}
	if !userID.MatchString(t.Who) {
		if people, err = b.members(ctx, t.Who); err != nil {
			return err
		}
	}
	var failed notInvited
	for chunk := range slices.Chunk(people, maxInvite) {
		var out struct {
			Errors loose[invitation] `json:"errors"`
		}
		err := b.call(ctx, "conversations.invite", url.Values{"channel": {channel}, "users": {strings.Join(chunk, ",")}, "force": {"true"}}, &out)
		var refused slack.SlackErrorResponse
		switch {
		case errors.As(err, &refused) && len(out.Errors) == 0 && forGood(err):
			for _, who := range chunk { // of all, or of the only one
				out.Errors = append(out.Errors, invitation{User: who, Error: refused.Err})
			}
			if len(chunk) > 1 && slices.Contains([]string{"missing_scope", "is_archived", "channel_not_found", "not_in_channel"}, refused.Err) {
				return fmt.Errorf("invite %s: %w", t.Who, err)
			}
		case err != nil && !forGood(err):
			return fmt.Errorf("invite %s: %w", t.Who, err)
		}
		for _, one := range out.Errors {
			if one.OK || one.Error == "already_in_channel" || one.Error == "cant_invite_self" {
				continue
			}
			failed = append(failed, one) // the others are invited all the same
		}
	}
	if len(failed) > 0 {
		return failed
	}
	return nil
}

// announce writes the announcement, or brings it up to date.
func (b *Bot) announce(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	channel, err := b.recall(ctx, channelKey(i.ID))
	if err != nil {
		return err
	}
	none, err := b.recall(ctx, noChannelKey(i.ID))
	if err != nil {
		return err
	}
	_, err = b.keep(ctx, t.Channel, announceKey(i.ID, t.Channel), i, t.First, func(i incident.Incident) message {
		return b.set.in(t.Channel).announcement(i, channel, none != "", b.o.Now())
	})
	return err
}

// joining begins again what failed since the bot is not in a public channel: it was never there, or
// somebody has taken it out. "" is the Incident's.
// docs.slack.dev/reference/methods/conversations.join
func (b *Bot) joining(ctx context.Context, i incident.Incident, channel string, do func() error) error {
	err := do()
	if !refusedWith(err, "not_in_channel") || i.Private {
		return err
	}
	if channel == "" {
		own, failed := b.recall(ctx, channelKey(i.ID))
		if failed != nil || own == "" {
			return cmp.Or(failed, err)
		}
		channel = own
	}
	_, _, _, failed := b.api.JoinConversationContext(ctx, channel)
	switch b.called("conversations.join", failed); {
	case failed == nil:
		return do()
	case forGood(failed):
		return err
	}
	return fmt.Errorf("join channel %s: %w", channel, failed)
}
