package slackbot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/internal/text"
)

// written is a message of Slack's as far as the bot reads it: what stands in its text, in its
// blocks and attachments (where other apps write), and which files hang on it.
// docs.slack.dev/reference/events/message, docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
type written struct {
	User        string        `json:"user"`
	BotID       string        `json:"bot_id"`
	Username    string        `json:"username"`
	Subtype     string        `json:"subtype"`
	Text        string        `json:"text"`
	TS          string        `json:"ts"`
	ThreadTS    string        `json:"thread_ts"`
	Blocks      loose[any]    `json:"blocks"`
	Attachments loose[attach] `json:"attachments"`
	Files       loose[file]   `json:"files"`
	Metadata    struct {
		Type    string         `json:"event_type"`
		Payload map[string]any `json:"event_payload"`
	} `json:"metadata"`
}

type attach struct {
	Fallback  string       `json:"fallback"`
	Pretext   string       `json:"pretext"`
	Title     string       `json:"title"`
	TitleLink string       `json:"title_link"`
	Text      string       `json:"text"`
	FromURL   string       `json:"from_url"`
	Fields    loose[field] `json:"fields"`
	Blocks    loose[any]   `json:"blocks"`
	Files     loose[file]  `json:"files"`
}

type field struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

type file struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Permalink string `json:"permalink"`
	Mode      string `json:"mode"` // tombstone: it has been deleted
}

// loose is a list of which what has another shape is left out.
type loose[T any] []T

// UnmarshalJSON implements json.Unmarshaler; it never fails on JSON.
func (l *loose[T]) UnmarshalJSON(data []byte) error {
	var raw []json.RawMessage
	if json.Unmarshal(data, &raw) != nil {
		return nil
	}
	for _, r := range raw {
		var one T
		if json.Unmarshal(r, &one) == nil {
			*l = append(*l, one)
		}
	}
	return nil
}

// author is who wrote it: a person's ID, or the name of an app.
func (w written) author() string { return cmp.Or(w.User, w.Username, w.BotID) }

// maxWords is how much of a message is kept, in characters.
const maxWords = 10_000

// words are what people read in a message, as plain text; "" where it says nothing.
func (w written) words() string {
	var parts []string
	add := func(said string) {
		if said = plain(said); said != "" {
			parts = append(parts, said)
		}
	}
	// Where an app has written blocks, its text is what notifications say.
	if shown := blockWords(w.Blocks); shown != "" && (w.BotID != "" || w.Text == "") {
		add(shown)
	} else {
		add(w.Text)
	}
	for _, a := range w.Attachments {
		add(a.words())
	}
	for _, f := range w.Files {
		add(f.words())
	}
	return text.Cut(strings.Join(parts, "\n"), maxWords)
}

func (a attach) words() string {
	title := a.Title
	if link := cmp.Or(a.TitleLink, a.FromURL); link != "" {
		title = strings.TrimSpace(title + " " + link)
	}
	lines := []string{a.Pretext, title, a.Text, blockWords(a.Blocks)}
	for _, f := range a.Fields {
		lines = append(lines, strings.Trim(f.Title+": "+f.Value, ": "))
	}
	said := ""
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			said += "\n" + line
		}
	}
	if strings.TrimSpace(said) == "" {
		said = a.Fallback
	}
	for _, f := range a.Files {
		said += "\n" + f.words()
	}
	return strings.TrimSpace(said)
}

func (f file) words() string {
	name := cmp.Or(f.Title, f.Name)
	if f.Mode == "tombstone" || name+f.Permalink == "" {
		return ""
	}
	return strings.TrimSpace("📎 " + name + " " + f.Permalink)
}

// maxDepth is how deep blocks are looked into.
const maxDepth = 12

// blockWords are the texts in blocks, one of a block a line, whatever the blocks are.
func blockWords(blocks []any) string {
	var lines []string
	for _, b := range blocks {
		var line strings.Builder
		blockText(&line, b, maxDepth)
		if text := strings.TrimSpace(line.String()); text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// blockText writes what stands in a block, an element or a text object.
func blockText(to *strings.Builder, v any, depth int) {
	m, ok := v.(map[string]any)
	if !ok || depth == 0 {
		return
	}
	of := func(key string) string { s, _ := m[key].(string); return s }
	switch of("type") {
	case "button", "input", "actions", "overflow", "static_select", "datepicker":
		return // to be pressed, not to be read
	case "user":
		to.WriteString("<@" + of("user_id") + ">")
	case "usergroup":
		to.WriteString("@" + of("usergroup_id"))
	case "channel":
		to.WriteString("<#" + of("channel_id") + ">")
	case "emoji":
		to.WriteString(":" + of("name") + ":")
	case "broadcast":
		to.WriteString("@" + of("range"))
	case "link":
		to.WriteString(strings.TrimSpace(of("text") + " " + of("url")))
	case "image":
		fmt.Fprintf(to, "🖼 %s ", cmp.Or(of("alt_text"), of("image_url")))
	}
	switch text := m["text"].(type) {
	case string:
		if of("type") != "link" {
			to.WriteString(text)
		}
	case map[string]any:
		blockText(to, text, depth-1)
	}
	for _, key := range []string{"title", "fields", "elements", "rows"} {
		list, ok := m[key].([]any)
		if !ok {
			blockText(to, m[key], depth-1)
		}
		for n, x := range list {
			if n > 0 && (of("type") == "section" || of("type") == "context" || of("type") == "rich_text" || of("type") == "rich_text_list") {
				to.WriteString("\n")
			}
			blockText(to, x, depth-1)
		}
	}
}
