package slackbot

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// message is what is shown: Text stands in notifications, Blocks in the channel.
type message struct {
	Text   string
	Blocks []slack.Block
}

func mrkdwn(text string) *slack.TextBlockObject {
	// Verbatim: what people wrote calls nobody by accident, such as "@channel" in a log line.
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

func plainText(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, true, false)
}

// maxSection is what a section takes: docs.slack.dev/reference/block-kit/blocks/section-block
const maxSection = 3000

func section(markup string) *slack.SectionBlock {
	return slack.NewSectionBlock(mrkdwn(cut(markup, maxSection)), nil, nil)
}

func note(markup string) *slack.ContextBlock {
	return slack.NewContextBlock("", mrkdwn(cut(markup, 2000)))
}

// maxSaid is how much a message says in all; Slack refuses much longer ones (msg_blocks_too_long):
// docs.slack.dev/reference/methods/chat.postMessage
const maxSaid = 12_000

// said is a message of one paragraph; a long one is several sections of whole lines.
func said(markup string) message {
	m := message{Text: cut(markup, maxSection)}
	part, all := "", 0
	for line := range strings.Lines(markup) {
		long := utf8.RuneCountInString(line)
		if all += long; all > maxSaid {
			part += "…"
			break
		}
		if part != "" && utf8.RuneCountInString(part)+long > maxSection {
			m.Blocks, part = append(m.Blocks, section(strings.TrimSuffix(part, "\n"))), ""
		}
		part += line
	}
	m.Blocks = append(m.Blocks, section(strings.TrimSuffix(part, "\n")))
	return m
}

// cut is text.Cut for what is marked up: it ends before a link, a mention or an escaped character
// rather than amid one.
func cut(markup string, most int) string {
	short := text.Cut(markup, most)
	if short == markup {
		return markup
	}
	for _, mark := range [][2]string{{"<", ">"}, {"&", ";"}} {
		if at := strings.LastIndex(short, mark[0]); at > strings.LastIndex(short, mark[1]) {
			short = short[:at] + "…"
		}
	}
	return short
}

// head names an Incident in one line.
func (s Settings) head(i incident.Incident) string {
	return fmt.Sprintf("%s %s · %s", severities[i.Severity].icon, s.Language.Say(severities[i.Severity].name), i.Title)
}

// update marks a Noted event as one that tells the status.
const update = "update"

// lastUpdate is the newest status told; ok false: none.
func lastUpdate(i incident.Incident) (incident.Event, bool) {
	for _, e := range slices.Backward(i.Timeline) {
		if e.Kind == incident.Noted && e.Value == update && !e.Redacted {
			return e, true
		}
	}
	return incident.Event{}, false
}

// facts are the figures that the status message and the announcement share.
func (s Settings) facts(i incident.Incident, now time.Time) []string {
	l := s.Language
	var facts []string
	if i.Private {
		facts = append(facts, "🔒 *"+l.Say(labelPrivate)+"*")
	}
	facts = append(facts,
		fmt.Sprintf("*%s*  %s %s", l.Say(headState), states[i.State].icon, l.Say(states[i.State].name)),
		fmt.Sprintf("*%s*  %s", l.Say(headAffected), escape(scope(l, i.Scope))),
	)
	if i.MergedInto != "" {
		facts = append(facts, fmt.Sprintf("*%s*  %s", l.Say(headPart), i.MergedInto))
	}
	if i.StartedAt.IsZero() {
		facts = append(facts, fmt.Sprintf("*%s*  %s", l.Say(headNoticed), s.when(i.DetectedAt)))
	} else {
		facts = append(facts, fmt.Sprintf("*%s*  %s", l.Say(headSince), s.when(i.StartedAt)))
	}
	for _, role := range incident.Roles {
		who := i.Assigned[role]
		switch {
		case who != "":
			facts = append(facts, fmt.Sprintf("*%s*  %s", title(l.Say(roles[role].name)), person(who)))
		case role == incident.Commander && i.State.Ongoing():
			facts = append(facts, fmt.Sprintf("*%s*  %s", l.Say(headCommander), l.Say(sayNobodyYet)))
		}
	}
	if i.Release != "" {
		facts = append(facts, fmt.Sprintf("*%s*  `%s`", l.Say(headRelease), escape(strings.ReplaceAll(i.Release, "`", "'"))))
	}
	if d := i.Durations(now); !i.State.Ongoing() && d.Hurting > 0 {
		facts = append(facts, fmt.Sprintf("*%s*  %s", l.Say(headImpact), l.Duration(d.Hurting, time.Minute, 2)))
	}
	return facts
}

// title begins a word with a capital.
func title(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(first)) + word[size:]
}

// columns shows facts, ten in a section: docs.slack.dev/reference/block-kit/blocks/section-block
func columns(facts []string) (blocks []slack.Block) {
	for part := range slices.Chunk(facts, 10) {
		var fields []*slack.TextBlockObject
		for _, f := range part {
			fields = append(fields, mrkdwn(cut(f, 2000)))
		}
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, nil))
	}
	return blocks
}

// status is the pinned message: everything that somebody who comes late needs.
func (s Settings) status(i incident.Incident, now time.Time) message {
	l := s.Language
	blocks := append([]slack.Block{slack.NewHeaderBlock(plainText(text.Cut(s.head(i), 150)))}, columns(s.facts(i, now))...)
	if e, ok := lastUpdate(i); ok {
		blocks = append(blocks, section(fmt.Sprintf("*%s* (%s, %s)\n%s", l.Say(headUpdate), s.when(e.At), person(e.By), quote(e.Text))))
	}
	if recent := s.recent(i, 5); recent != "" {
		blocks = append(blocks, section(fmt.Sprintf("*%s*\n%s", l.Say(headLately), recent)))
	}
	if row := s.buttons(i); len(row) > 0 {
		blocks = append(blocks, slack.NewActionBlock("", row...))
	}
	foot := l.Say(sayFoot, i.ID, s.Emoji)
	blocks = append(blocks, note(foot))
	return message{escape(s.head(i)), blocks}
}

func quote(written string) string { return quoted(text.Cut(written, 2500)) }

// quoted quotes all of a text; a line that no section takes is cut into several.
func quoted(written string) string {
	var lines []string
	for line := range strings.SplitSeq(written, "\n") {
		if one := "> " + prose(line); utf8.RuneCountInString(one) < maxSection {
			lines = append(lines, one)
			continue
		}
		for part := range slices.Chunk([]rune(line), maxLine) {
			lines = append(lines, "> "+prose(string(part)))
		}
	}
	return strings.Join(lines, "\n")
}

// maxLine is how long a line may be that stays below maxSection with all its characters escaped.
const maxLine = maxSection/5 - 10

// buttons are the next steps that make sense now, at most five.
func (s Settings) buttons(i incident.Incident) []slack.BlockElement {
	l := s.Language
	button := func(action string, label text.Entry) slack.BlockElement {
		b := slack.NewButtonBlockElement(action, i.ID, plainText(l.Say(label)))
		if action == doUpdate || action == doPostmortem {
			b.Style = slack.StylePrimary
		}
		return b
	}
	var row []slack.BlockElement
	switch i.State {
	case incident.Open:
		row = append(row, button(doUpdate, buttonTell), button(doMitigated, buttonMitigated), button(doResolved, buttonResolved))
	case incident.Mitigated:
		row = append(row, button(doUpdate, buttonTell), button(doResolved, buttonResolved), button(doReopen, buttonReopen))
	case incident.Resolved:
		row = append(row, button(doPostmortem, buttonPostmortem), button(doAction, buttonAction),
			button(doClose, buttonClose), button(doReopen, buttonReopen))
	}
	if i.State.Ongoing() && i.Assigned[incident.Commander] == "" {
		row = append([]slack.BlockElement{button(doLead, buttonCommand)}, row...)
	}
	return row
}

// recent are the last entries of the timeline, the oldest first.
func (s Settings) recent(i incident.Incident, n int) string {
	var lines []string
	today := ""
	for _, e := range slices.Backward(i.Timeline) {
		at := e.At.In(s.zone())
		layout := "15:04"
		switch day := at.Format(time.DateOnly); {
		case today == "":
			today = day
		case day != today:
			layout = "01-02 15:04"
		}
		if line := s.entry(e); line != "" && len(lines) < n {
			lines = append(lines, at.Format(layout)+"  "+line)
		}
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

// entry is one event in one line; "" is not worth one.
func (s Settings) entry(e incident.Event) string {
	l := s.Language
	by := ""
	if e.By != "" {
		by = " (" + person(e.By) + ")"
	}
	if e.Redacted {
		return "" // that it was stands in the API and the postmortem
	}
	switch e.Kind {
	case incident.Redacted:
		return l.Say(entryRedacted) + by
	case incident.Noted, incident.Joined:
		said := prose(text.Cut(line(e.Text), 300)) + by
		if e.Link != "" && !strings.Contains(e.Text, e.Link) {
			said += " <" + e.Link + "|↗>"
		}
		return said
	case incident.Escalated:
		t := severities[incident.Severity(e.Value)]
		return l.Say(entrySeverity, t.icon, l.Say(t.name)) + by
	case incident.Moved:
		t := states[incident.State(e.Value)]
		return l.Say(entryState, t.icon, l.Say(t.name)) + by
	case incident.Rescoped:
		return l.Say(entryScope, escape(scope(l, e.Scope))) + by
	case incident.Appointed:
		t := roles[e.Role]
		if e.Value == "" {
			return l.Say(entryRoleFree, l.Say(t.name)) + by
		}
		return l.Say(entryRole, l.Say(t.name), person(e.Value))
	case incident.Renamed:
		return l.Say(entryTitle, escape(e.Value)) + by
	case incident.Dated:
		return l.Say(entryStarted, s.when(e.Time)) + by
	case incident.Merged:
		return escape(e.Text) + by
	case incident.Suspected:
		if e.Value == "" {
			return l.Say(entryNoRelease) + by
		}
		return l.Say(entryRelease, escape(e.Value)) + by
	}
	return ""
}

// announcement is the one message about an Incident in a channel where everybody looks.
func (s Settings) announcement(i incident.Incident, channel string, none bool, now time.Time) message {
	l := s.Language
	where := l.Say(sayChannelComes)
	switch {
	case channel != "":
		where = "<#" + channel + ">"
	case none:
		where = l.Say(sayWithoutChannel, i.ID)
	}
	head := fmt.Sprintf("%s *%s*\n%s · %s", severities[i.Severity].icon, escape(i.Title), l.Say(severities[i.Severity].name), where)
	blocks := append([]slack.Block{section(head)}, columns(s.facts(i, now))...)
	if e, ok := lastUpdate(i); ok {
		blocks = append(blocks, section(fmt.Sprintf("*%s* (%s)\n%s", l.Say(headUpdate), s.when(e.At), quote(e.Text))))
	}
	if row := s.buttons(i); none && len(row) > 0 {
		blocks = append(blocks, slack.NewActionBlock("", row...))
	}
	return message{escape(s.head(i)), append(blocks, note(i.ID))}
}

// topic is a channel's topic. It has no state in it, since each change of a topic leaves a
// line in the channel. At most 250 characters:
// docs.slack.dev/reference/methods/conversations.setTopic
func (s Settings) topic(i incident.Incident) string {
	l := s.Language
	return text.Cut(fmt.Sprintf("%s %s | %s | %s", severities[i.Severity].icon, l.Say(severities[i.Severity].name), i.Title, i.ID), 250)
}

// maxListed is how many Incidents are listed.
const maxListed = 15

// overview lists Incidents, the newest first, and says how many more there are.
func (s Settings) overview(all []incident.Incident, channel func(id string) string) string {
	var lines []string
	for _, i := range all[:min(len(all), maxListed)] {
		where := ""
		if c := channel(i.ID); c != "" {
			where = " <#" + c + ">"
		}
		lines = append(lines, fmt.Sprintf("%s %s *%s* · %s%s", severities[i.Severity].icon, i.ID, escape(text.Cut(i.Title, 100)), s.Language.Say(states[i.State].name), where))
	}
	if more := len(all) - maxListed; more > 0 {
		lines = append(lines, s.Language.Say(sayMoreIncidents, more))
	}
	if len(lines) == 0 {
		return s.Language.Say(sayNoIncidentOngoing)
	}
	return strings.Join(lines, "\n")
}
