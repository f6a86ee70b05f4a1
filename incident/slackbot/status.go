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
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
}

func plainText(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, true, false)
}

// maxSection is what a section takes: docs.slack.dev/reference/block-kit/blocks/section-block
const maxSection = 3000

func section(markup string) *slack.SectionBlock {
	return slack.NewSectionBlock(mrkdwn(text.Cut(markup, maxSection)), nil, nil)
}

func note(markup string) *slack.ContextBlock {
	return slack.NewContextBlock("", mrkdwn(text.Cut(markup, 2000)))
}

// said is a message of one paragraph.
func said(markup string) message {
	return message{text.Cut(markup, maxSection), []slack.Block{section(markup)}}
}

// head names an Incident in one line.
func (s Settings) head(i incident.Incident) string {
	return fmt.Sprintf("%s %s · %s", severities[i.Severity].icon, s.Language.word(severities[i.Severity]), i.Title)
}

// update marks a Noted event as one that tells the status.
const update = "update"

// lastUpdate is the newest status told; ok false: none.
func lastUpdate(i incident.Incident) (incident.Event, bool) {
	for _, e := range slices.Backward(i.Timeline) {
		if e.Kind == incident.Noted && e.Value == update {
			return e, true
		}
	}
	return incident.Event{}, false
}

// facts are the figures that the status message and the announcement share.
func (s Settings) facts(i incident.Incident, now time.Time) []string {
	l := s.Language
	facts := []string{
		fmt.Sprintf("*%s*  %s %s", l.say("State", "状態"), states[i.State].icon, l.word(states[i.State])),
		fmt.Sprintf("*%s*  %s", l.say("Affected", "影響範囲"), escape(l.scope(i.Scope))),
	}
	if i.StartedAt.IsZero() {
		facts = append(facts, fmt.Sprintf("*%s*  %s", l.say("Noticed", "検知"), s.when(i.DetectedAt)))
	} else {
		facts = append(facts, fmt.Sprintf("*%s*  %s", l.say("Since", "発生"), s.when(i.StartedAt)))
	}
	for _, role := range incident.Roles {
		who := i.Assigned[role]
		switch {
		case who != "":
			facts = append(facts, fmt.Sprintf("*%s*  %s", l.say(title(roles[role].en), roles[role].ja), person(who)))
		case role == incident.Commander && i.State.Ongoing():
			facts = append(facts, fmt.Sprintf("*%s*  %s", l.say("Commander", "指揮"), l.say("nobody yet", "まだいません")))
		}
	}
	if i.Release != "" {
		facts = append(facts, fmt.Sprintf("*%s*  `%s`", l.say("Suspected release", "疑わしいリリース"), escape(strings.ReplaceAll(i.Release, "`", "'"))))
	}
	if d := i.Durations(now); !i.State.Ongoing() && d.Hurting > 0 {
		facts = append(facts, fmt.Sprintf("*%s*  %s", l.say("Impact lasted", "影響時間"), l.duration(d.Hurting)))
	}
	return facts
}

// title begins a word with a capital.
func title(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(first)) + word[size:]
}

func columns(facts []string) slack.Block {
	var fields []*slack.TextBlockObject
	for _, f := range facts[:min(len(facts), 10)] {
		fields = append(fields, mrkdwn(text.Cut(f, 2000)))
	}
	return slack.NewSectionBlock(nil, fields, nil)
}

// status is the pinned message: everything that somebody who comes late needs.
func (s Settings) status(i incident.Incident, now time.Time) message {
	l := s.Language
	blocks := []slack.Block{
		slack.NewHeaderBlock(plainText(text.Cut(s.head(i), 150))),
		columns(s.facts(i, now)),
	}
	if e, ok := lastUpdate(i); ok {
		blocks = append(blocks, section(fmt.Sprintf("*%s* (%s, %s)\n%s", l.say("Last update", "最新の状況"), s.when(e.At), person(e.By), quote(e.Text))))
	}
	if recent := s.recent(i, 5); recent != "" {
		blocks = append(blocks, section(fmt.Sprintf("*%s*\n%s", l.say("Lately", "最近の経過"), recent)))
	}
	if row := s.buttons(i); len(row) > 0 {
		blocks = append(blocks, slack.NewActionBlock("do", row...))
	}
	foot := l.say("%s · write with `/incident update …`, put a message into the timeline with :%s:, more with `/incident help`",
		"%s · `/incident update …` で状況を共有、:%s: のリアクションで発言を記録、使い方は `/incident help`", i.ID, s.Emoji)
	blocks = append(blocks, note(foot))
	return message{escape(s.head(i)), blocks}
}

func quote(written string) string {
	return "> " + strings.ReplaceAll(escape(text.Cut(written, 2500)), "\n", "\n> ")
}

// buttons are the next steps that make sense now, at most five.
func (s Settings) buttons(i incident.Incident) []slack.BlockElement {
	l := s.Language
	button := func(action, en, ja string) slack.BlockElement {
		b := slack.NewButtonBlockElement(action, i.ID, plainText(l.say(en, ja)))
		if action == doUpdate || action == doPostmortem {
			b.Style = slack.StylePrimary
		}
		return b
	}
	var row []slack.BlockElement
	switch i.State {
	case incident.Open:
		row = append(row, button(doUpdate, "Tell the status", "状況を共有"), button(doMitigated, "Mitigated", "緩和した"), button(doResolved, "Resolved", "解決した"))
	case incident.Mitigated:
		row = append(row, button(doUpdate, "Tell the status", "状況を共有"), button(doResolved, "Resolved", "解決した"), button(doReopen, "Reopen", "再発した"))
	case incident.Resolved:
		row = append(row, button(doPostmortem, "Write the postmortem", "ポストモーテムを書く"), button(doAction, "Add an action", "再発防止策を追加"),
			button(doClose, "Close", "完了にする"), button(doReopen, "Reopen", "再発した"))
	}
	if i.State.Ongoing() && i.Assigned[incident.Commander] == "" {
		row = append([]slack.BlockElement{button(doLead, "Take command", "指揮を執る")}, row...)
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
			lines = append(lines, at.Format(layout)+"  "+text.Cut(line, 400))
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
	switch e.Kind {
	case incident.Noted:
		return escape(line(e.Text)) + by
	case incident.Escalated:
		t := severities[incident.Severity(e.Value)]
		return l.say("severity %s %s", "重大度を %s %s に変更", t.icon, l.word(t)) + by
	case incident.Moved:
		t := states[incident.State(e.Value)]
		return l.say("%s %s", "%s %s", t.icon, l.word(t)) + by
	case incident.Rescoped:
		return l.say("affects %s", "影響範囲：%s", escape(l.scope(e.Scope))) + by
	case incident.Appointed:
		t := roles[e.Role]
		if e.Value == "" {
			return l.say("nobody is %s any more", "%s の担当が外れました", l.word(t)) + by
		}
		return l.say("%s: %s", "%s：%s", l.word(t), person(e.Value))
	case incident.Renamed:
		return l.say("now called: %s", "タイトルを変更：%s", escape(e.Value)) + by
	case incident.Dated:
		return l.say("it started at %s", "発生時刻：%s", s.when(e.Time)) + by
	case incident.Suspected:
		if e.Value == "" {
			return l.say("no release is suspected any more", "リリースの疑いは晴れました") + by
		}
		return l.say("release %s is suspected", "リリース %s を疑っています", escape(e.Value)) + by
	}
	return ""
}

// announcement is the one message about an Incident in a channel where everybody looks.
func (s Settings) announcement(i incident.Incident, channel string, now time.Time) message {
	l := s.Language
	where := l.say("its channel is being made", "チャンネルを作成しています")
	if channel != "" {
		where = "<#" + channel + ">"
	}
	head := fmt.Sprintf("%s *%s*\n%s · %s", severities[i.Severity].icon, escape(i.Title), l.word(severities[i.Severity]), where)
	blocks := []slack.Block{section(head), columns(s.facts(i, now))}
	if e, ok := lastUpdate(i); ok {
		blocks = append(blocks, section(fmt.Sprintf("*%s* (%s)\n%s", l.say("Last update", "最新の状況"), s.when(e.At), quote(e.Text))))
	}
	return message{escape(s.head(i)), append(blocks, note(i.ID))}
}

// topic is a channel's topic. It has no state in it, since each change of a topic leaves a
// line in the channel. At most 250 characters:
// docs.slack.dev/reference/methods/conversations.setTopic
func (s Settings) topic(i incident.Incident) string {
	l := s.Language
	return text.Cut(fmt.Sprintf("%s %s | %s | %s", severities[i.Severity].icon, l.word(severities[i.Severity]), i.Title, i.ID), 250)
}

// overview lists Incidents, the newest first.
func (s Settings) overview(all []incident.Incident, channel func(id string) string) string {
	var lines []string
	for _, i := range all {
		where := ""
		if c := channel(i.ID); c != "" {
			where = " <#" + c + ">"
		}
		lines = append(lines, fmt.Sprintf("%s %s *%s* · %s%s", severities[i.Severity].icon, i.ID, escape(i.Title), s.Language.word(states[i.State]), where))
	}
	if len(lines) == 0 {
		return s.Language.say("No incident is ongoing.", "対応中のインシデントはありません。")
	}
	return strings.Join(lines, "\n")
}
