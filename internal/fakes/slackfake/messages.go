package slackfake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Say is somebody writing a message.
func (f *Fake) Say(user, channel, text string) (ts string) {
	return f.Post(user, channel, Message{Text: text})
}

// Post is a person, or an app, writing a message of any shape: with attachments, blocks and
// files, with a subtype such as bot_message or file_share, or as a reply in a thread.
// docs.slack.dev/reference/events/message, …/messaging/formatting-message-text
func (f *Fake) Post(user, channel string, m Message) (ts string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channel(channel)
	if m.BotID == "" && !slices.Contains(c.Members, user) {
		c.Members = append(c.Members, user)
	}
	m.TS, m.User = f.ts(), user
	c.Messages = append(c.Messages, &m)
	return m.TS
}

// history: the newest first (docs.slack.dev/reference/methods/conversations.history).
func (f *Fake) history(c *call, ch *channel) map[string]any {
	all := []map[string]any{}
	inclusive := c.args["inclusive"] == "1" || c.args["inclusive"] == "true"
	for _, m := range slices.Backward(ch.Messages) {
		oldest, latest := c.args["oldest"], c.args["latest"]
		if m.ThreadTS != "" && m.ThreadTS != m.TS || oldest != "" && (m.TS < oldest || m.TS == oldest && !inclusive) ||
			latest != "" && (m.TS > latest || m.TS == latest && !inclusive) {
			continue
		}
		all = append(all, m.shape(c.args["include_all_metadata"] == "1"))
	}
	part, cursor := page(c, all, 100)
	return yes("messages", part, "has_more", cursor != "", "response_metadata", map[string]any{"next_cursor": cursor})
}

// replies are a thread: the page of conversations.replies. ts may be that of a reply, which
// gives that one message.
func (f *Fake) replies(c *call, ch *channel) map[string]any {
	at := ch.message(c.args["ts"])
	if at == nil {
		return no("thread_not_found")
	}
	all := []map[string]any{}
	for _, m := range ch.Messages {
		if m == at || at.ThreadTS == "" && m.ThreadTS == at.TS {
			all = append(all, m.shape(c.args["include_all_metadata"] == "1"))
		}
	}
	part, cursor := page(c, all, 1000)
	return yes("messages", part, "has_more", cursor != "", "response_metadata", map[string]any{"next_cursor": cursor})
}

func (m *Message) shape(metadata bool) map[string]any {
	s := map[string]any{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text}
	for k, v := range map[string]string{"bot_id": m.BotID, "subtype": m.Subtype, "thread_ts": m.ThreadTS} {
		if v != "" {
			s[k] = v
		}
	}
	for k, v := range map[string][]map[string]any{"blocks": m.Blocks, "attachments": m.Attachments, "files": m.Files} {
		if len(v) > 0 {
			s[k] = v
		}
	}
	if metadata && m.Metadata != nil {
		s["metadata"] = m.Metadata
	}
	return s
}

var (
	address  = regexp.MustCompile(`https?://[^\s<>|]+`)
	mailbox  = regexp.MustCompile(`(^|\s)([\w.+-]+@[\w-]+\.[a-z]{2,})\b`)
	domain   = regexp.MustCompile(`(^|\s)((?:[a-z0-9-]+\.)+(?:com|dev|io|jp|net|org|md|sh|app))\b`)
	at       = regexp.MustCompile(`(^|[^\w<!@^|])@([a-z][a-z0-9._-]*)`)
	hash     = regexp.MustCompile(`(^|\s)#([a-z0-9_-]+)`)
	markedUp = regexp.MustCompile(`<[^<>]*>`)
	called   = regexp.MustCompile(`<(@[UW][A-Z0-9]+|!here|!channel|!everyone|!subteam\^S[A-Z0-9]+)(?:\|[^<>]*)?>`)
)

// between changes a text, but for what is marked up in it.
func between(text string, change func(string) string) string {
	var b strings.Builder
	for last := 0; ; {
		m := markedUp.FindStringIndex(text[last:])
		if m == nil {
			b.WriteString(change(text[last:]))
			return b.String()
		}
		b.WriteString(change(text[last : last+m[0]]))
		b.WriteString(text[last+m[0] : last+m[1]])
		last += m[1]
	}
}

// typed is what becomes of a command's text with should_escape: people, channels and links are
// marked up, also what merely looks like the address of a site or a mailbox.
// docs.slack.dev/interactivity/implementing-slash-commands#escaping
func (f *Fake) typed(text string) string {
	for _, step := range []func(string) string{
		func(s string) string { return address.ReplaceAllString(s, "<$0>") },
		func(s string) string { return mailbox.ReplaceAllString(s, "$1<mailto:$2|$2>") },
		func(s string) string { return domain.ReplaceAllString(s, "$1<http://$2|$2>") },
		f.linked(false),
	} {
		text = between(text, step)
	}
	return text
}

// linked makes mentions of @name and #channel, for a command, or in a text object that is not
// verbatim; here and channel call everybody, there.
func (f *Fake) linked(everybody bool) func(string) string {
	return func(text string) string {
		text = at.ReplaceAllStringFunc(text, func(m string) string {
			before, name, _ := strings.Cut(m, "@")
			if everybody && (name == "here" || name == "channel" || name == "everyone") {
				return before + "<!" + name + ">"
			}
			for _, u := range f.users {
				if u.Name == name && !everybody {
					return before + "<@" + u.ID + "|" + name + ">"
				}
			}
			for _, g := range f.groups {
				if g.Handle == name {
					return before + "<!subteam^" + g.ID + "|@" + name + ">"
				}
			}
			return m
		})
		return hash.ReplaceAllStringFunc(text, func(m string) string {
			before, name, _ := strings.Cut(m, "#")
			for _, c := range f.channels {
				if c.Name == name && !c.Private {
					return before + "<#" + c.ID + "|" + name + ">"
				}
			}
			return m
		})
	}
}

// notified are those whom a message calls. What is shown counts: blocks where there are any.
// Text objects that are not verbatim are parsed: …/composition-objects/text-object
func (f *Fake) notified(text string, blocks []map[string]any) []string {
	var all []string
	add := func(text string) {
		for _, m := range called.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(all, m[1]) {
				all = append(all, m[1])
			}
		}
	}
	if len(blocks) == 0 {
		add(text)
	}
	var walk func(any)
	walk = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			if x["type"] == "mrkdwn" {
				shown := fmt.Sprint(x["text"])
				if x["verbatim"] != true {
					shown = between(shown, f.linked(true))
				}
				add(shown)
				return
			}
			for _, part := range x {
				walk(part)
			}
		case []any:
			for _, part := range x {
				walk(part)
			}
		}
	}
	for _, b := range blocks {
		walk(b)
	}
	slices.Sort(all)
	return all
}

// again says why blocks cannot come in the place of a message's: "block_id should be unique for
// each message and each iteration of a message. If a message is updated, use a new block_id"
// (docs.slack.dev/reference/block-kit/blocks). Slack itself lets it pass, and loses what people
// have typed into it, or shows the old state: here it is an error.
func again(m *Message, blocks []map[string]any) string {
	old := map[any]bool{}
	for _, b := range m.Blocks {
		old[b["block_id"]] = true
	}
	for i, b := range blocks {
		if id, _ := b["block_id"].(string); old[id] && !strings.HasPrefix(id, "auto") {
			return fmt.Sprintf("blocks[%d]: block_id %q was that of the last iteration", i, id)
		}
	}
	return ""
}

// checkMetadata: docs.slack.dev/messaging/message-metadata
func checkMetadata(m map[string]any) string {
	if m == nil {
		return ""
	}
	kind, _ := m["event_type"].(string)
	if _, ok := m["event_payload"].(map[string]any); !ok || kind == "" {
		return "metadata_must_have_event_type_and_payload"
	}
	return ""
}

func invalid(word string) map[string]any {
	return map[string]any{"ok": false, "error": "invalid_blocks", "response_metadata": map[string]any{"messages": []string{"[ERROR] " + word}}}
}
