package slackbot

import (
	"context"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
)

// announces are the channels in which an Incident is announced; none where it is private.
func (s Settings) announces(i incident.Incident) []string {
	if i.Private {
		return nil
	}
	return s.Announce
}

// knows reports whether somebody may know what an Incident is about: whoever is named in it or
// is called in by the settings, where it is private. In its channel all may.
func (s Settings) knows(i incident.Incident, user string) bool {
	return !i.Private || slices.Contains(people(i), user) || slices.Contains(s.concerned(i), user)
}

// knownTo are those Incidents of which somebody may know, none where they may not read. Lists do
// not tell who is in one, so each private one is read.
func (b *Bot) knownTo(ctx context.Context, user string, all []incident.Incident) []incident.Incident {
	if ok, _ := b.allowed(ctx, user, toRead); !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(i incident.Incident) bool {
		if !i.Private {
			return false
		}
		whole, err := b.o.Store.Incident(ctx, i.ID)
		return err != nil || !b.set.knows(whole, user)
	})
}

// sayEach tells those who are in a private Incident, each alone, where there is no channel for it:
// never a public one. It may come twice: the bot does not read what is said to one alone.
func (b *Bot) sayEach(ctx context.Context, i incident.Incident, key string, m message) error {
	who := append(b.set.concerned(i), people(i)...)
	slices.Sort(who)
	for _, user := range slices.Compact(who) {
		each := []string{user}
		if !userID.MatchString(user) {
			var err error
			if each, err = b.members(ctx, user); err != nil && !forGood(err) {
				return err
			}
		}
		for _, id := range each {
			done := postedKey(key + ":" + id)
			if ts, err := b.recall(ctx, done); err != nil || ts != "" {
				if err != nil {
					return err
				}
				continue
			}
			_, ts, err := b.api.PostMessageContext(ctx, id, slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...))
			if b.called("chat.postMessage", err); err != nil && !forGood(err) {
				return fmt.Errorf("write to %s: %w", id, err)
			}
			if ts == "" {
				ts = "none" // nobody can write to this person
			}
			if _, _, err := b.o.Store.Remember(ctx, done, ts); err != nil {
				return err
			}
		}
	}
	return nil
}

// veiled is a private Incident as those read it who are not in it: that it is, how bad, what it
// affects and how far it is.
func veiled(i incident.Incident) incident.Incident {
	if !i.Private {
		return i
	}
	i = i.Outline()
	for k := range i.Timeline {
		i.Timeline[k].By, i.Timeline[k].Text, i.Timeline[k].Link = "", "", ""
	}
	i.Title, i.Assigned, i.Postmortem, i.Link, i.Release = "private incident", nil, nil, "", ""
	return i
}
