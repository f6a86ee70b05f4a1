package slackbot

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// term is a word of the vocabulary as people read it.
type term struct {
	icon string
	name text.Entry
}

var (
	severities = map[incident.Severity]term{
		incident.Critical: {"🔴", incident.Critical.Word()}, incident.Major: {"🟠", incident.Major.Word()}, incident.Minor: {"🟡", incident.Minor.Word()},
	}
	states = map[incident.State]term{
		incident.Open: {"🔥", incident.Open.Word()}, incident.Mitigated: {"🧯", incident.Mitigated.Word()},
		incident.Resolved: {"✅", incident.Resolved.Word()}, incident.Closed: {"📕", incident.Closed.Word()},
	}
	roles = map[incident.Role]term{
		incident.Commander: {"", wordCommander}, incident.Operations: {"", wordOperations},
		incident.Communications: {"", wordCommunications}, incident.Scribe: {"", wordScribe},
	}
	parts = map[string]term{
		"all of it": {"", wordAllOfIt}, "summary": {"", wordSummary}, "impact": {"", wordImpact},
		"cause": {"", wordCause}, "resolution": {"", wordResolution}, "actions": {"", wordActions},
	}
)

// find gives what somebody means by a word in either language.
func find[K ~string](terms map[K]term, word string) (K, bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	for k, t := range terms {
		if word == string(k) || t.name.Is(word) {
			return k, true
		}
	}
	return "", false
}

// scope says what is hurt.
func scope(l text.Language, s incident.Scope) string {
	switch {
	case s.Fleet:
		return l.Say(wordEverything)
	case !s.Known():
		return l.Say(sayScopeNotKnown)
	}
	return l.List(slices.Concat(s.ShopSets, s.Tiers))
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
	userID      = regexp.MustCompile(`^[UW][A-Z0-9]{4,}$`)
	groupID     = regexp.MustCompile(`^S[A-Z0-9]{4,}$`)
	entity      = regexp.MustCompile(`<([^<>]*)>`)
	channelMark = regexp.MustCompile(`^#[CGD][A-Z0-9]{4,}$`)
	scheme      = regexp.MustCompile(`^([a-z][a-z0-9+.-]*://|mailto:|tel:)`)
	mentions    = regexp.MustCompile(`@[UW][A-Z0-9]{6,}\b`)
)

// escape makes Slack show a text as it is, but for mentions of people as plain writes
// them. docs.slack.dev/messaging/formatting-message-text#escaping
func escape(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	return mentions.ReplaceAllStringFunc(text, func(m string) string { return "<" + m + ">" })
}

// address is a link as people write it; what ends a sentence is none of it.
var address = regexp.MustCompile(`https?://[^\s<>|（）「」、。]*[^\s<>|（）「」、。.,;:!?)\]]`)

// prose is escape, and addresses become links: the text is verbatim, so Slack makes none.
func prose(text string) string {
	return address.ReplaceAllString(escape(text), "<$0>")
}

// plain gives what a message of Slack's says, without its marks: people become @ and
// their ID, channels # and their name, links their address.
func plain(text string) string {
	text = entity.ReplaceAllStringFunc(text, func(m string) string {
		target, label, labelled := strings.Cut(m[1:len(m)-1], "|")
		switch {
		case strings.HasPrefix(target, "@"):
			return target
		case channelMark.MatchString(target): // a message names no channel by its name
			return "#" + cmp.Or(label, target[1:])
		case strings.HasPrefix(target, "!subteam^"): // nor a group
			return cmp.Or(label, "@"+strings.TrimPrefix(target, "!subteam^"))
		case strings.HasPrefix(target, "!date^"):
			return label
		case strings.HasPrefix(target, "!"):
			return "@" + strings.TrimPrefix(target, "!")
		case labelled && (target == "mailto:"+label || target == "http://"+label):
			return label // typed without: Slack makes links of what looks like a site or a mailbox
		case scheme.MatchString(target):
			return target
		}
		return m // none of Slack's marks: somebody has typed it
	})
	return strings.TrimSpace(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text))
}

// line makes one line of a text.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }
