package slackbot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// A week after a reminder the next one comes: until it is done.
const (
	day  = 24 * time.Hour
	week = 7 * day
)

// nine is when people are reminded, on the day of a time.
func (s Settings) nine(day time.Time) time.Time {
	day = day.In(s.zone())
	return time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, s.zone())
}

// dues reminds of actions on the day when they are due, of those without a date a week later,
// and each week from then on.
func (s Settings) dues(before, after incident.Incident, now time.Time) []incident.Job {
	if after.Postmortem == nil || before.Postmortem == after.Postmortem {
		return nil
	}
	var jobs []incident.Job
	for _, a := range after.Postmortem.Actions {
		switch {
		case !a.DoneAt.IsZero():
		case a.Due.IsZero():
			jobs = append(jobs, undated(after.ID, s.nine(now.Add(week))))
		default:
			jobs = append(jobs, s.due(after.ID, a.Due, s.nine(now).Add(-1)))
		}
	}
	return jobs
}

// due is the Job that reminds of what is due on a day: on that day, or in one of the weeks after it,
// the first time that is later than after. So what was missed is told once.
func (s Settings) due(id string, day, after time.Time) incident.Job {
	first := s.nine(day)
	n := max(0, int(after.Sub(first)/week))
	at := func() time.Time { return s.nine(first.AddDate(0, 0, 7*n)) }
	for !at().After(after) {
		n++
	}
	key := id + ":due:" + first.Format(time.DateOnly)
	if n > 0 {
		key += ":" + strconv.Itoa(n)
	}
	return task{At: first, N: n}.job(key, jobDue, at())
}

// undated reminds of what has no date; one such Job a week is enough for an Incident.
func undated(id string, due time.Time) incident.Job {
	year, n := due.ISOWeek()
	return task{}.job(fmt.Sprintf("%s:due:undated:%d-%d", id, year, n), jobDue, due)
}

// remindDue tells of the actions that are due on a day, or have no date, and are not done; it
// comes again each week until they are, and then calls others as well. The channel may be
// archived by then: the announcements tell it.
func (b *Bot) remindDue(ctx context.Context, i incident.Incident, j incident.Job, t task) error {
	l, due := b.set.Language, t.At.In(b.set.zone()).Format(time.DateOnly)
	var lines []string
	var buttons []slack.BlockElement
	for n, a := range draft(i).Actions {
		if !a.DoneAt.IsZero() || a.Due.IsZero() != t.At.IsZero() || !t.At.IsZero() && a.Due.In(b.set.zone()).Format(time.DateOnly) != due {
			continue
		}
		lines = append(lines, oneAction(n, a))
		if len(buttons) < maxDone {
			buttons = append(buttons, doneButton(l, i.ID, n, a))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	head, days := l.Say(remindDue, escape(i.Title)), b.set.daysLate(t.At, b.o.Now())
	switch {
	case t.At.IsZero():
		head = l.Say(remindUndated, escape(i.Title))
	case days > 0:
		head = l.Say(remindOverdue, escape(i.Title), l.Say(wordDays[min(days, 2)-1], days))
	}
	if who := b.mentions(ctx, b.set.EscalateTo); !t.At.IsZero() && days >= 7 && len(who) > 0 {
		head = strings.Join(who, " ") + " " + head
	}
	m := said(head + "\n" + strings.Join(lines, "\n"))
	m.Blocks = append(m.Blocks, slack.NewActionBlock("", buttons...))
	told := b.sayAnyway(ctx, i, j.Key, m)
	if told != nil && !forGood(told) {
		return told
	}
	if t.At.IsZero() {
		return cmp.Or(b.enqueue(ctx, i.ID, undated(i.ID, b.set.nine(b.o.Now().Add(week)))), told)
	}
	after := b.o.Now()
	if after.Before(j.Due) { // the clock was set back
		after = j.Due
	}
	return cmp.Or(b.enqueue(ctx, i.ID, b.set.due(i.ID, t.At, after)), told)
}

// daysLate is how many days of the calendar lie between when something was due and now.
func (s Settings) daysLate(due, now time.Time) int {
	return int(s.nine(now).Sub(s.nine(due)).Round(day) / day)
}

// maxDone is how many buttons a reminder has.
const maxDone = 10

func doneButton(l text.Language, id string, n int, a incident.Action) slack.BlockElement {
	return slack.NewButtonBlockElement(doDone+":"+strconv.Itoa(n+1), fmt.Sprintf("%s %d %s", id, n+1, hash(a.What)), plainText(text.Cut(l.Say(buttonDone, n+1), 75)))
}

// oneAction is an action in one line, with the number by which it is called done.
func oneAction(n int, a incident.Action) string {
	return fmt.Sprintf("%d. %s", n+1, strings.TrimSpace(escape(a.What)+" "+person(a.Owner)+" "+prose(a.Link)))
}

// finish marks an action done: its number, and behind it what it was when somebody read it, so
// that a number that has another meaning by now is refused. Without a number the open ones are
// listed.
func (s Settings) finish(i incident.Incident, e incident.Event, rest string) ([]incident.Event, string, error) {
	pm := draft(i)
	words := strings.Fields(narrow(rest))
	if len(words) == 0 {
		var lines []string
		for n, a := range pm.Actions {
			if a.DoneAt.IsZero() {
				lines = append(lines, oneAction(n, a))
			}
		}
		if len(lines) == 0 {
			return nil, s.Language.Say(sayNoOpenAction), nil
		}
		return nil, s.Language.Say(sayWhichDone, i.ID) + "\n" + text.Cut(strings.Join(lines, "\n"), maxSection), nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(words[0], "#"))
	if err != nil || n < 1 || n > len(pm.Actions) || len(words) > 1 && hash(pm.Actions[n-1].What) != words[1] {
		return nil, "", s.refuse(sayNoSuchAction, escape(text.Cut(words[0], 20)))
	}
	if !pm.Actions[n-1].DoneAt.IsZero() {
		return nil, s.Language.Say(sayDoneAlready), nil
	}
	pm.Actions = slices.Clone(pm.Actions)
	pm.Actions[n-1].DoneAt = e.At
	e.Kind, e.Postmortem = incident.Postmortal, pm
	return []incident.Event{e}, s.Language.Say(sayDone, escape(pm.Actions[n-1].What)), nil
}
