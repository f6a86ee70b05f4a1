package slackbot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// Language is the one in which the bot writes.
type Language string

// The languages.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// say gives a sentence in the language, with its arguments filled in.
func (l Language) say(en, ja string, args ...any) string {
	text := en
	if l == Japanese {
		text = ja
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// term is a word of the vocabulary as people read it.
type term struct{ icon, en, ja string }

var (
	severities = map[incident.Severity]term{
		incident.Critical: {"🔴", "critical", "緊急"}, incident.Major: {"🟠", "major", "重大"}, incident.Minor: {"🟡", "minor", "軽微"},
	}
	states = map[incident.State]term{
		incident.Open: {"🔥", "open", "対応中"}, incident.Mitigated: {"🧯", "mitigated", "緩和済み"},
		incident.Resolved: {"✅", "resolved", "解決済み"}, incident.Closed: {"📕", "closed", "完了"},
	}
	roles = map[incident.Role]term{
		incident.Commander: {"", "commander", "指揮"}, incident.Operations: {"", "operations", "作業"},
		incident.Communications: {"", "communications", "連絡"}, incident.Scribe: {"", "scribe", "記録"},
	}
	parts = map[string]term{
		"all of it": {"", "all of it", "全部"}, "summary": {"", "summary", "概要"}, "impact": {"", "impact", "影響"},
		"cause": {"", "cause", "原因"}, "resolution": {"", "resolution", "解決方法"}, "actions": {"", "actions", "再発防止策"},
	}
)

func (l Language) word(t term) string { return l.say(t.en, t.ja) }

// find gives what somebody means by a word in either language.
func find[K ~string](terms map[K]term, word string) (K, bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	for k, t := range terms {
		if word == string(k) || word == t.en || word == t.ja {
			return k, true
		}
	}
	return "", false
}

// list joins names for a sentence.
func (l Language) list(names []string) string { return strings.Join(names, l.say(", ", "、")) }

// scope says what is hurt.
func (l Language) scope(s incident.Scope) string {
	switch {
	case s.Fleet:
		return l.say("everything", "全体")
	case !s.Known():
		return l.say("not known yet (taken for everything)", "不明（全体とみなします）")
	}
	return l.list(slices.Concat(s.ShopSets, s.Tiers))
}

// duration writes a length of time to the minute.
func (l Language) duration(d time.Duration) string {
	d = d.Round(time.Minute)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0:
		return l.say("%d d %d h", "%d日%d時間", days, hours)
	case hours > 0:
		return l.say("%d h %d min", "%d時間%d分", hours, minutes)
	}
	return l.say("%d min", "%d分", minutes)
}

// when shows a time in the reader's own zone; Slack fills it in.
// docs.slack.dev/messaging/formatting-message-text#date-formatting
func (b Settings) when(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_num} {time}|%s>", t.Unix(), t.In(b.zone()).Format("2006-01-02 15:04 MST"))
}

func (b Settings) zone() *time.Location {
	if b.Zone == nil {
		return time.UTC
	}
	return b.Zone
}

// person mentions somebody by the user ID. Nobody is "".
func person(id string) string {
	if !userID.MatchString(id) {
		return escape(id)
	}
	return "<@" + id + ">"
}

var (
	userID   = regexp.MustCompile(`^[UW][A-Z0-9]{4,}$`)
	groupID  = regexp.MustCompile(`^S[A-Z0-9]{4,}$`)
	entity   = regexp.MustCompile(`<([^<>]*)>`)
	mentions = regexp.MustCompile(`@[UW][A-Z0-9]{6,}\b`)
)

// escape makes Slack show a text as it is, but for mentions of people as plain writes
// them. docs.slack.dev/messaging/formatting-message-text#escaping
func escape(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	return mentions.ReplaceAllStringFunc(text, func(m string) string { return "<" + m + ">" })
}

// plain gives what a message of Slack's says, without its marks: people become @ and
// their ID, channels # and their name, links their address.
func plain(text string) string {
	text = entity.ReplaceAllStringFunc(text, func(m string) string {
		target, label, labelled := strings.Cut(m[1:len(m)-1], "|")
		switch {
		case strings.HasPrefix(target, "@"):
			return target
		case strings.HasPrefix(target, "#") && labelled && label != "":
			return "#" + label
		case strings.HasPrefix(target, "!subteam^"), strings.HasPrefix(target, "!date^"):
			return label
		case strings.HasPrefix(target, "!"):
			return "@" + strings.TrimPrefix(target, "!")
		}
		return target
	})
	return strings.TrimSpace(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text))
}

// line makes one line of a text.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }
