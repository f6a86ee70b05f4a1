package slackbot

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// maxRedactable is how many entries are listed on a page.
const maxRedactable = 20

// redactable lists the entries that can be taken away, the newest first; page counts from 1.
func (s Settings) redactable(i incident.Incident, page int) string {
	var all []string
	for _, old := range slices.Backward(i.Timeline) {
		if old.ID != "" && old.Text != "" && old.Kind != incident.Redacted {
			all = append(all, "`"+hash(old.ID)+"`  "+s.when(old.At)+"  "+escape(text.Cut(line(old.Text), 80)))
		}
	}
	from := min((page-1)*maxRedactable, len(all))
	to := min(from+maxRedactable, len(all))
	lines := append([]string{s.Language.Say(sayWhichEntry)}, all[from:to]...)
	if to < len(all) {
		lines = append(lines, s.Language.Say(sayOlderEntries, len(all)-to, page+1))
	}
	return strings.Join(lines, "\n")
}

// redact takes an entry of the timeline away, which is named by a short hash; without one, or by the number of a
// page, they are listed. That it was, who took it away and why, is kept.
func (s Settings) redact(i incident.Incident, e incident.Event, rest string) ([]incident.Event, string, error) {
	name, why := cutWord(plain(rest))
	if page, err := strconv.Atoi(narrow(cmp.Or(name, "1"))); err == nil && page > 0 && utf8.RuneCountInString(name) < 4 && why == "" {
		return nil, s.redactable(i, page), nil
	}
	at := slices.IndexFunc(i.Timeline, func(old incident.Event) bool { return old.ID != "" && hash(old.ID) == strings.ToLower(name) })
	if at < 0 || i.Timeline[at].Kind == incident.Redacted {
		return nil, "", s.refuse(sayNoSuchEntry, escape(text.Cut(name, 20)))
	}
	if i.Timeline[at].Redacted {
		return nil, s.Language.Say(sayRedacted), nil
	}
	e.Kind, e.Value, e.Text = incident.Redacted, i.Timeline[at].ID, line(why)
	said := s.Language.Say(sayRedacted)
	if strings.Contains(i.Timeline[at].Text, i.Title) {
		said += " " + s.Language.Say(sayTitleToo)
	}
	return []incident.Event{e}, said, nil
}

// unsay rewrites the messages that told what was taken away since: a status, or an alert beside
// others.
func (b *Bot) unsay(ctx context.Context, i incident.Incident, _ incident.Job, t task) error {
	channel, ok, err := b.channel(ctx, i.ID)
	if err != nil {
		return err
	}
	keys := []string{i.ID + ":" + t.TS + ":" + jobSay + ":0"}
	if strings.HasPrefix(t.TS, "alert:") {
		keys = append(keys, i.ID+openedByAlert)
	}
	type posted struct{ channel, key string }
	var all []posted
	for _, key := range keys {
		if ok {
			all = append(all, posted{channel, key})
		}
		for _, c := range b.set.announces(i) {
			all = append(all, posted{c, key + ":" + c})
		}
	}
	var failed error
	if len(b.set.announces(i)) == 0 { // it was told to each alone, where there was no channel
		told, err := b.told(ctx, i.ID)
		if err != nil {
			return err
		}
		if !ok { // versions before did not remember who was told
			var each []string
			each, failed = b.each(ctx, i)
			told = users(append(told, each...))
		}
		for _, id := range told {
			if channel, err := b.recall(ctx, directKey(id)); err != nil {
				return err
			} else if channel != "" {
				all = append(all, posted{channel, keys[0] + ":" + id})
			}
		}
	}
	for _, one := range all {
		ts, err := b.recall(ctx, postedKey(one.key))
		if err == nil && ts != "" && ts != "none" {
			err = b.update(ctx, one.channel, ts, one.key, said(b.set.Language.Say(sayUnsaid)))
		}
		if err != nil && !refusedWith(err, "message_not_found") {
			failed = sooner(failed, err)
		}
	}
	return failed
}
