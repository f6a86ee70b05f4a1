package slackbot

import (
	"context"
	"errors"
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

// knows reports whether somebody may know what an Incident is about, where it is private: whoever
// has done something in it or was called in, also as one of a group. In its channel all may. Where Slack does
// not say who is in a group, nobody is let in by that.
func (b *Bot) knows(ctx context.Context, i incident.Incident, user string) bool {
	if !i.Private || slices.Contains(insiders(i), user) {
		return true
	}
	if told, err := b.recall(ctx, calledKey(i.ID, user)); err == nil && told != "" {
		return true
	}
	called := b.calledIn(ctx, i)
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	for _, who := range called {
		members := []string{who}
		if !userID.MatchString(who) {
			var err error
			if members, err = b.membersNow(ctx, who); err != nil {
				b.o.Log.Warn("ask who was called into a private incident", "group", who, "err", err)
			}
		}
		if slices.Contains(members, user) {
			return true
		}
	}
	return false
}

// calledIn are the people and groups of the settings who are called into a private Incident, or were
// when its scope or severity was another one.
func (b *Bot) calledIn(ctx context.Context, i incident.Incident) []string {
	called := b.set.concerned(i)
	for _, who := range b.set.everybody() {
		if told, err := b.recall(ctx, calledKey(i.ID, who)); err == nil && told != "" {
			called = with(called, who)
		}
	}
	return called
}

// knownTo are those Incidents of which somebody may know, none where they may not read. Lists do
// not tell who is in one, so each private one is read.
func (b *Bot) knownTo(ctx context.Context, user string, all []incident.Incident) []incident.Incident {
	if ok, _ := b.allowed(ctx, user, toRead); !ok {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return slices.DeleteFunc(slices.Clone(all), func(i incident.Incident) bool {
		if !i.Private {
			return false
		}
		whole, err := b.o.Store.Incident(ctx, i.ID)
		return err != nil || !b.knows(asking, whole, user)
	})
}

// each gives the users who are in an Incident, or called in.
func (b *Bot) each(ctx context.Context, i incident.Incident) ([]string, error) {
	all := insiders(i)
	for _, who := range b.calledIn(ctx, i) {
		if userID.MatchString(who) {
			all = append(all, who)
			continue
		}
		members, err := b.members(ctx, who)
		if err != nil && !forGood(err) {
			return nil, err
		}
		all = append(all, members...)
	}
	return users(all), nil
}

// sayEach tells those who are in an Incident, each alone, where there is no channel for it: one that is private
// is never told in public. It may come twice: the bot does not read what is said to one alone.
func (b *Bot) sayEach(ctx context.Context, i incident.Incident, key string, m message) error {
	all, err := b.each(ctx, i)
	if err != nil {
		return err
	}
	told, err := b.told(ctx, i.ID)
	if err != nil {
		return err
	}
	var failed error // which keeps nobody else from being told
	for _, id := range all {
		if told, err = b.willTell(ctx, i.ID, told, id); err != nil {
			return err
		}
		failed = sooner(failed, b.sayTo(ctx, id, key, m))
		if errors.As(failed, new(*slack.RateLimitedError)) {
			break
		}
	}
	return failed
}

// sooner is the error of two that is to be tried again, rather than one that is not.
func sooner(a, b error) error {
	if a == nil || b != nil && forGood(a) {
		return b
	}
	return a
}

// sayTo tells one person alone, where it was not told.
func (b *Bot) sayTo(ctx context.Context, id, key string, m message) error {
	done := postedKey(key + ":" + id)
	if ts, err := b.recall(ctx, done); err != nil || ts != "" {
		return err
	}
	channel, ts, err := b.write(ctx, id, m)
	if err != nil && !unreachable(err) {
		return fmt.Errorf("write to %s: %w", id, err)
	}
	if ts == "" {
		ts = "none" // nobody can write to this person
	} else if _, _, err := b.o.Store.Remember(ctx, directKey(id), channel); err != nil {
		return err
	}
	_, _, err = b.o.Store.Remember(ctx, done, ts)
	return err
}

// unreachable reports that nobody can write to this person, whom Slack does not know, who has left or is no person.
func unreachable(err error) bool {
	return refusedWith(err, "user_not_found", "user_disabled", "user_not_visible", "channel_not_found", "cannot_dm_bot", "is_bot", "is_inactive")
}

// maxTold is how many people are told of one private Incident, each alone.
const maxTold = 1000

// told are the users who have been told of a private Incident, each alone: they have what they were told, also
// when they are in it no more.
func (b *Bot) told(ctx context.Context, id string) (all []string, err error) {
	for len(all) < maxTold {
		who, err := b.recall(ctx, toldKey(id, len(all)))
		if err != nil || who == "" {
			return all, err
		}
		all = append(all, who)
	}
	return all, nil
}

// willTell remembers that a user is told, before that is done: what nobody remembers could not be taken back.
func (b *Bot) willTell(ctx context.Context, id string, told []string, user string) ([]string, error) {
	if slices.Contains(told, user) {
		return told, nil
	}
	for len(told) < maxTold {
		kept, _, err := b.o.Store.Remember(ctx, toldKey(id, len(told)), user)
		if err != nil {
			return told, err
		}
		if told = append(told, kept); kept == user {
			return told, nil
		}
	}
	return told, fmt.Errorf("%s has been told to %d people, each alone: nobody else is told", id, maxTold)
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
