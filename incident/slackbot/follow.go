package slackbot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// The kinds of Jobs. Each may be begun again at any point.
const (
	jobBegin    = "begin"      // what follows the opening of an Incident
	jobChannel  = "channel"    // make its channel
	jobStatus   = "status"     // write the status message, or bring it up to date
	jobPin      = "pin"        // pin the status message, TS
	jobNames    = "names"      // learn the names of those whom the Incident names
	jobTopic    = "topic"      // set the channel's topic
	jobInvite   = "invite"     // call Who in
	jobAnnounce = "announce"   // write or update the announcement in Channel
	jobSay      = "say"        // write Text into the channel
	jobTell     = "tell"       // write Text to User alone, in Channel
	jobRemind   = "remind"     // ask for a status, and come again
	jobLead     = "lead"       // call for a commander, and come again
	jobWrite    = "postmortem" // ask for the postmortem, and come again
	jobDue      = "due"        // remind of actions that are due
	jobArchive  = "archive"    // archive the channel
	jobPick     = "pick"       // put message TS of Channel into the timeline
	jobFailed   = "failed"     // say what could not be done
	jobOutside  = "outside"    // write Text where Incidents are announced
	jobUnsay    = "unsay"      // rewrite what told event TS, which was redacted
	jobMerge    = "merge"      // make an Incident a part of Who
	jobSuspect  = "suspects"   // tell which changes may be the cause
)

// task is a Job's payload.
type task struct {
	Text    string    `json:"text,omitempty"`
	Who     string    `json:"who,omitempty"`
	User    string    `json:"user,omitempty"`
	Channel string    `json:"channel,omitempty"`
	TS      string    `json:"ts,omitempty"`
	First   bool      `json:"first,omitempty"` // it writes the message; others update it
	Ask     bool      `json:"ask,omitempty"`   // the text has the postmortem's buttons
	Round   int       `json:"round,omitempty"` // see round
	N       int       `json:"n,omitempty"`     // how often it has come
	Of      string    `json:"of,omitempty"`    // part of its key, where one of its round has come before
	At      time.Time `json:"at,omitzero"`
	Note    *noted    `json:"note,omitempty"`
	Origin  *origin   `json:"origin,omitempty"` // of an Incident that alerts have opened
}

// noted is a message from which an Incident was opened.
type noted struct {
	User    string    `json:"user"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
	Channel string    `json:"channel"`
	TS      string    `json:"ts,omitempty"`
	Thread  string    `json:"thread,omitempty"`
}

// job is a Job that stands in no line; inLine puts it into one.
func (t task) job(key, kind string, due time.Time) incident.Job {
	payload, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings and times only
	}
	return incident.Job{Key: key, Kind: kind, Payload: payload, Due: due}
}

// inLine puts a Job of an Incident into the line of what it changes, such as one message or the
// order of what a channel is told.
func inLine(id, of string, j incident.Job) incident.Job {
	j.Line = id + ":" + of
	return j
}

// round counts the changes of severity and state: what was planned in another round is
// not wanted any more.
func round(i incident.Incident) int {
	n := 0
	for _, e := range i.Timeline {
		if e.Kind == incident.Escalated || e.Kind == incident.Moved {
			n++
		}
	}
	return n
}

// follow gives the Jobs that a change makes: before and after it, and the events between.
// id makes their keys: the same change has the same Jobs.
func (s Settings) follow(before, after incident.Incident, events []incident.Event, id string, now time.Time) []incident.Job {
	key := func(kind string) string { return after.ID + ":" + id + ":" + kind }
	jobs := []incident.Job{inLine(after.ID, jobStatus, task{}.job(key(jobStatus), jobStatus, now))}
	if before.Severity != after.Severity || before.Title != after.Title {
		jobs = append(jobs, inLine(after.ID, jobTopic, task{}.job(key(jobTopic), jobTopic, now)))
	}
	if slices.ContainsFunc(events, public) {
		for _, c := range s.announces(after) {
			jobs = append(jobs, inLine(after.ID, announceLine(c), task{Channel: c}.job(key(jobAnnounce+":"+c), jobAnnounce, now)))
		}
	}
	for n, e := range events {
		if text := s.news(before, after, e); text != "" {
			ask := e.Kind == incident.Moved && after.State == incident.Resolved
			jobs = append(jobs, inLine(after.ID, jobSay, task{Text: text, Ask: ask}.job(key(fmt.Sprintf("%s:%d", jobSay, n)), jobSay, now)))
		}
		if e.Kind == incident.Redacted {
			jobs = append(jobs, inLine(after.ID, jobSay, task{TS: e.Value}.job(key(jobUnsay), jobUnsay, now)))
		}
		switch within := s.LeadWithin[after.Severity]; {
		case e.Kind == incident.Appointed && e.Value != "":
			jobs = append(jobs, s.call(after, []string{e.Value}, now)...)
		case e.Kind == incident.Appointed && e.Role == incident.Commander && after.State == incident.Open && within > 0:
			jobs = append(jobs, task{Round: round(after), N: 1, Of: ":" + hash16(e.ID)}.job(key(jobLead), jobLead, now.Add(within)))
		}
	}
	if before.Severity != after.Severity || slices.ContainsFunc(events, func(e incident.Event) bool { return e.Kind == incident.Rescoped }) {
		jobs = append(jobs, s.call(after, s.concerned(after), now)...)
	}
	if slices.ContainsFunc(events, func(e incident.Event) bool { return e.Kind == incident.Rescoped || e.Kind == incident.Dated }) {
		jobs = append(jobs, inLine(after.ID, jobSuspect, task{}.job(key(jobSuspect), jobSuspect, now)))
	}
	if before.Severity != after.Severity || before.State != after.State {
		jobs = append(jobs, s.plan(after, now)...)
	}
	return append(jobs, s.dues(before, after, now)...)
}

// announceLine is the line of an announcement.
func announceLine(channel string) string { return jobAnnounce + ":" + channel }

// public reports an event that the announcement shows.
func public(e incident.Event) bool {
	return e.Kind != incident.Noted && e.Kind != incident.Postmortal || e.Value == update
}

// concerned are the people to be called in, each once.
func (s Settings) concerned(i incident.Incident) []string {
	all := slices.Concat(s.Invite.Always, s.Invite.Severity[i.Severity])
	for _, name := range i.Scope.ShopSets {
		all = append(all, s.Invite.ShopSets[name]...)
	}
	for _, name := range i.Scope.Tiers {
		all = append(all, s.Invite.Tiers[name]...)
	}
	var once []string
	for _, who := range all {
		if !slices.Contains(once, who) {
			once = append(once, who)
		}
	}
	return once
}

// call invites each by a Job of its own, so that one who cannot come keeps nobody away.
// Nobody is called twice.
func (s Settings) call(i incident.Incident, people []string, now time.Time) []incident.Job {
	var jobs []incident.Job
	for _, who := range people {
		jobs = append(jobs, task{Who: who}.job(i.ID+":invite:"+who, jobInvite, now))
	}
	return jobs
}

// plan is what is to come in a severity and state: reminders, the call for a commander,
// the postmortem, the archive.
func (s Settings) plan(i incident.Incident, now time.Time) []incident.Job {
	r := round(i)
	key := func(kind string) string { return fmt.Sprintf("%s:%s:%d:1", i.ID, kind, r) }
	var jobs []incident.Job
	if every := s.UpdateEvery[i.Severity]; i.State.Ongoing() && every > 0 {
		jobs = append(jobs, task{Round: r, N: 1, At: now}.job(key(jobRemind), jobRemind, now.Add(every)))
	}
	if within := s.LeadWithin[i.Severity]; i.State == incident.Open && within > 0 && i.Assigned[incident.Commander] == "" {
		jobs = append(jobs, task{Round: r, N: 1}.job(key(jobLead), jobLead, now.Add(within)))
	}
	if i.State == incident.Resolved && s.PostmortemWithin > 0 && i.NeedsPostmortem() {
		jobs = append(jobs, task{Round: r, N: 1}.job(key(jobWrite), jobWrite, now.Add(s.PostmortemWithin)))
	}
	if i.State == incident.Closed && s.ArchiveAfter > 0 {
		jobs = append(jobs, task{Round: r}.job(key(jobArchive), jobArchive, now.Add(s.ArchiveAfter)))
	}
	return jobs
}

// news is what the channel is told of an event; "" where the status message is enough,
// so that the chat stays readable.
func (s Settings) news(before, after incident.Incident, e incident.Event) string {
	l, by := s.Language, person(e.By)
	if e.By == "" {
		by = l.Say(sayAnAlert)
	}
	switch e.Kind {
	case incident.Noted:
		if e.Value == update {
			return l.Say(sayStatusFrom, by, quoted(e.Text))
		}
	case incident.Escalated:
		t := severities[after.Severity]
		return l.Say(saySeverityNow, by, t.icon, l.Say(t.name))
	case incident.Moved:
		return s.moved(before, after, by)
	case incident.Appointed:
		t := roles[e.Role]
		old := before.Assigned[e.Role]
		switch {
		case e.Value == "":
			return l.Say(sayRoleFree, l.Say(t.name))
		case old != "":
			return l.Say(sayRoleHanded, title(l.Say(t.name)), person(old), person(e.Value))
		case e.Role == incident.Commander:
			return l.Say(sayCommands, person(e.Value))
		}
		return l.Say(sayRoleTaken, title(l.Say(t.name)), person(e.Value))
	case incident.Suspected:
		if e.Value != "" {
			return l.Say(saySuspects, by, escape(e.Value))
		}
	}
	return ""
}

func (s Settings) moved(before, after incident.Incident, by string) string {
	l := s.Language
	switch after.State {
	case incident.Open:
		return l.Say(sayReopened, by, l.Say(states[before.State].name))
	case incident.Mitigated:
		return l.Say(sayMitigatedBy, by)
	case incident.Resolved:
		said := l.Say(sayResolvedBy, by)
		if !after.NeedsPostmortem() {
			return said + "\n" + l.Say(sayPostmortemOptional)
		}
		said += "\n" + l.Say(sayPostmortemNext)
		if s.URL != "" && !after.Private { // the API does not show it
			address := strings.TrimRight(s.URL, "/") + "/api/v1/incidents/" + after.ID + "/postmortem.md?lang=" + string(cmp.Or(l, text.English))
			said += " " + l.Say(sayDraft, address)
		}
		return said
	case incident.Closed:
		if after.MergedInto != "" {
			return "" // it is said where to go on
		}
		return l.Say(sayClosedBy, by)
	}
	return ""
}
