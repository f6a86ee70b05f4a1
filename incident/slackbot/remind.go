package slackbot

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
)

// sayText writes into the channel; where there is none, the announcements tell it.
func (b *Bot) sayText(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	m := said(t.Text)
	if t.Ask {
		m.Blocks = append(m.Blocks, slack.NewActionBlock("", b.set.learnButtons(i)...))
	}
	if i.State == incident.Closed {
		return b.say(ctx, i, j.Key, m)
	}
	return b.sayAnyway(ctx, i, j.Key, m)
}

func (s Settings) learnButtons(i incident.Incident) []slack.BlockElement {
	write := slack.NewButtonBlockElement(doPostmortem, i.ID, plainText(s.Language.Say(buttonPostmortem)))
	write.Style = slack.StylePrimary
	return []slack.BlockElement{write, slack.NewButtonBlockElement(doAction, i.ID, plainText(s.Language.Say(buttonAction)))}
}

// tellText tells one person alone: where they are, or by a direct message where the bot, or they
// themselves, are not in that channel. It may come twice: nobody can look for it.
// docs.slack.dev/reference/methods/chat.postEphemeral
func (b *Bot) tellText(ctx context.Context, _ incident.Incident, _ incident.Job, t task) error {
	if t.Channel != "" {
		_, err := b.api.PostEphemeralContext(ctx, t.Channel, t.User, slack.MsgOptionText(t.Text, false), slack.MsgOptionTS(t.TS))
		if b.called("chat.postEphemeral", err); err == nil {
			return nil
		} else if !forGood(err) {
			return fmt.Errorf("tell %s: %w", t.User, err)
		}
	}
	_, _, err := b.api.PostMessageContext(ctx, t.User, slack.MsgOptionText(t.Text, false))
	if b.called("chat.postMessage", err); err != nil {
		return fmt.Errorf("tell %s: %w", t.User, err)
	}
	return nil
}

// sayFailed says what could not be done, in the channel or where Incidents are announced.
func (b *Bot) sayFailed(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	return b.sayAnyway(ctx, i, j.Key, said(t.Text))
}

// sayAnyway writes into the channel, and where that is archived or gone where Incidents are
// announced.
func (b *Bot) sayAnyway(ctx context.Context, i incident.Incident, key string, m message) error {
	err := b.joining(ctx, i, "", func() error { return b.say(ctx, i, key, m) })
	if forGood(err) {
		return b.sayOutside(ctx, i, key, m)
	}
	return err
}

// reminds says a reminder and plans its next coming, also where it cannot be said.
func (b *Bot) reminds(ctx context.Context, i incident.Incident, j incident.Job, m message, t task, due time.Time) error {
	err := b.sayAnyway(ctx, i, j.Key, m)
	if err != nil && !forGood(err) {
		return err
	}
	return cmp.Or(b.again(ctx, i, j.Kind, t, due), err)
}

// again plans a reminder's next coming.
func (b *Bot) again(ctx context.Context, i incident.Incident, kind string, t task, due time.Time) error {
	t.N++
	key := fmt.Sprintf("%s:%s:%d%s:%d", i.ID, kind, t.Round, t.Of, t.N)
	job := t.job(key, kind, due)
	job.Incident = i.ID
	return b.o.Store.Enqueue(ctx, job)
}

// remind asks for a status where none was told for too long.
func (b *Bot) remind(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	every := b.set.UpdateEvery[i.Severity]
	if t.Round != round(i) || !i.State.Ongoing() || every <= 0 {
		return nil
	}
	last := t.At
	if e, ok := lastUpdate(i); ok && e.At.After(last) {
		last = e.At
	}
	now := b.o.Now()
	if due := last.Add(every); due.After(now) {
		t.At = last
		return b.again(ctx, i, jobRemind, t, due)
	}
	who := person(i.Assigned[incident.Communications])
	if who == "" {
		who = person(i.Assigned[incident.Commander])
	}
	text := strings.TrimSpace(b.set.Language.Say(remindStatus, who, b.set.Language.Duration(now.Sub(last), time.Minute, 2)))
	m := said(text)
	button := slack.NewButtonBlockElement(doUpdate, i.ID, plainText(b.set.Language.Say(buttonTell)))
	m.Blocks = append(m.Blocks, slack.NewActionBlock("", button))
	return b.reminds(ctx, i, j, m, t, now.Add(every))
}

// maxCalls is how often somebody is called to take command.
const maxCalls = 4

// seekLead calls for a commander while there is none, and then calls in others.
func (b *Bot) seekLead(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	within := b.set.LeadWithin[i.Severity]
	if t.Round != round(i) || i.State != incident.Open || i.Assigned[incident.Commander] != "" || within <= 0 {
		return nil
	}
	who := b.mentions(ctx, b.set.EscalateTo)
	m := said(strings.TrimSpace(b.set.Language.Say(remindCommander, strings.Join(who, " "))))
	button := slack.NewButtonBlockElement(doLead, i.ID, plainText(b.set.Language.Say(buttonCommand)))
	m.Blocks = append(m.Blocks, slack.NewActionBlock("", button))
	if err := b.enqueue(ctx, i.ID, b.set.call(i, b.set.EscalateTo, b.o.Now())...); err != nil {
		return err
	}
	if t.N >= maxCalls {
		return b.sayAnyway(ctx, i, j.Key, m)
	}
	return b.reminds(ctx, i, j, m, t, b.o.Now().Add(within))
}

func forIncident(id string, jobs []incident.Job) []incident.Job {
	for n := range jobs {
		jobs[n].Incident = id
	}
	return jobs
}

// askPostmortem asks for what is missing: a few times soon, then each week.
func (b *Bot) askPostmortem(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	missing := i.Postmortem.Missing()
	if t.Round != round(i) || i.State != incident.Resolved || len(missing) == 0 {
		return nil
	}
	var names []string
	for _, m := range missing {
		names = append(names, b.set.Language.Say(parts[m].name))
	}
	m := said(strings.TrimSpace(b.set.Language.Say(remindPostmortem,
		person(i.Assigned[incident.Commander]), b.set.Language.List(names))))
	m.Blocks = append(m.Blocks, slack.NewActionBlock("", b.set.learnButtons(i)...))
	pause := b.set.PostmortemWithin
	if t.N >= maxCalls { // until it is written
		pause = max(pause, week)
	}
	return b.reminds(ctx, i, j, m, t, b.o.Now().Add(pause))
}

func (b *Bot) archive(ctx context.Context, i incident.Incident, _ incident.Job, t task) error {
	channel, ok, err := b.channel(ctx, i.ID)
	if err != nil || !ok || t.Round != round(i) || i.State != incident.Closed {
		return err
	}
	err = b.api.ArchiveConversationContext(ctx, channel)
	if b.called("conversations.archive", err); err != nil && !refusedWith(err, "already_archived") {
		return fmt.Errorf("archive channel %s: %w", channel, err)
	}
	return nil
}

// pickMessage reads a message and puts it into the timeline. One in a thread is in no history:
// docs.slack.dev/reference/methods/conversations.replies finds it by its own time stamp.
func (b *Bot) pickMessage(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	if ok, why := b.allowed(ctx, t.User, toChange); !ok {
		return b.tell(ctx, i.ID, place{channel: t.Channel}, t.User, j.Key, why)
	}
	found, err := b.message(ctx, t.Channel, t.TS)
	if err != nil {
		return err
	}
	say := sayGone
	if found != nil {
		self, _, err := b.me(ctx)
		if err != nil || found.User == self {
			return err // the bot's own words are in the timeline already
		}
		if say, err = b.pick(ctx, i.ID, t.Channel, *found); err != nil || say == sayInTimeline {
			return err
		}
	}
	return b.tell(ctx, i.ID, place{channel: t.Channel}, t.User, j.Key, b.set.Language.Say(say))
}

// message reads one message; nil: it is not there.
func (b *Bot) message(ctx context.Context, channel, ts string) (*written, error) {
	for _, method := range []string{"conversations.history", "conversations.replies"} {
		all, _, err := b.messages(ctx, method, url.Values{"channel": {channel}, "ts": {ts}, "latest": {ts}, "oldest": {ts}, "inclusive": {"1"}, "limit": {"2"}})
		if err != nil && !refusedWith(err, "thread_not_found") {
			return nil, fmt.Errorf("read message %s: %w", ts, err)
		}
		at := slices.IndexFunc(all, func(m written) bool { return m.TS == ts })
		switch {
		case at >= 0 && all[at].Subtype == "tombstone": // what stands for a deleted one that has replies
			return nil, nil
		case at >= 0:
			return &all[at], nil
		}
	}
	return nil, nil
}
