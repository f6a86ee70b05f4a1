package slackfake

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// maxText is how many characters the text of a message has: the pages of each method.
var maxText = map[string]int{"chat.postMessage": 40000, "chat.postEphemeral": 40000, "chat.update": 4000}

// maxBlocksText is how many characters stand in all blocks together. The page of chat.postMessage has the error and no
// figure: this one is the fake's own.
const maxBlocksText = 13200

// textOf counts the characters in blocks.
func textOf(v any) (n int) {
	switch x := v.(type) {
	case []map[string]any:
		for _, part := range x {
			n += textOf(part)
		}
	case map[string]any:
		for key, part := range x {
			if s, ok := part.(string); ok && key == "text" {
				n += utf8.RuneCountInString(s)
			}
			n += textOf(part)
		}
	case []any:
		for _, part := range x {
			n += textOf(part)
		}
	}
	return n
}

// chat: chat.postMessage, chat.update, chat.postEphemeral; the pages of that name.
func (f *Fake) chat(c *call, ch *channel) map[string]any {
	blocks, word := readBlocks(c.args["blocks"], 50)
	switch {
	case word != "":
		return invalid(word)
	case c.args["text"] == "" && len(blocks) == 0:
		return no("no_text")
	case utf8.RuneCountInString(c.args["text"]) > maxText[c.method]:
		return no("msg_too_long")
	case textOf(blocks) > maxBlocksText:
		return no("msg_blocks_too_long")
	}
	var metadata map[string]any
	if m := c.args["metadata"]; m != "" && json.Unmarshal([]byte(m), &metadata) != nil {
		return no("invalid_metadata_format")
	}
	if word := checkMetadata(metadata); word != "" {
		return no(word)
	}
	if c.args["thread_ts"] != "" && ch.message(c.args["thread_ts"]) == nil {
		return no("thread_not_found")
	}
	switch c.method {
	case "chat.postEphemeral":
		if !slices.Contains(ch.Members, c.args["user"]) {
			return no("user_not_in_channel")
		}
		f.told = append(f.told, Told{c.args["user"], ch.ID, c.args["text"], blocks, c.args["thread_ts"]})
		return yes("message_ts", f.ts())
	case "chat.update":
		m := ch.message(c.args["ts"])
		switch {
		case m == nil:
			return no("message_not_found")
		case m.BotID != BotID:
			return no("cant_update_message")
		}
		if _, given := c.args["blocks"]; !given {
			blocks = m.Blocks // they stay: docs.slack.dev/reference/methods/chat.update
		} else if word := again(m, blocks); word != "" {
			return invalid(word)
		}
		m.Text, m.Blocks, m.Edited = c.args["text"], blocks, true
		if metadata != nil {
			m.Metadata = metadata
		}
		m.Versions = append(m.Versions, Read(m.Text, m.Blocks)) // nobody is notified of an edit
		return yes("channel", ch.ID, "ts", m.TS, "text", m.Text, "message", m.shape(false))
	}
	m := &Message{TS: f.ts(), User: BotUser, BotID: BotID, Text: c.args["text"], ThreadTS: c.args["thread_ts"], Blocks: blocks, Metadata: metadata}
	m.Versions, m.Notified = []string{Read(m.Text, m.Blocks)}, f.notified(m.Text, blocks)
	ch.Messages = append(ch.Messages, m)
	return yes("channel", ch.ID, "ts", m.TS, "message", m.shape(true))
}

// view: views.open and views.update. A trigger works once, for three seconds
// (docs.slack.dev/interactivity/handling-user-interaction).
func (f *Fake) view(c *call) map[string]any {
	var body map[string]any
	if json.Unmarshal([]byte(c.args["view"]), &body) != nil {
		return no("invalid_arguments")
	}
	if word := checkView(body); word != "" {
		return map[string]any{"ok": false, "error": "invalid_arguments", "response_metadata": map[string]any{"messages": []string{"[ERROR] " + word}}}
	}
	if c.method == "views.update" {
		v := f.views[c.args["view_id"]]
		if v == nil {
			return no("not_found")
		}
		v.Body = body
		return yes("view", v.shape())
	}
	t, known := f.triggers[c.args["trigger_id"]]
	switch {
	case !known:
		return no("invalid_trigger_id")
	case t.exchanged:
		return no("exchanged_trigger_id")
	case time.Since(t.at) > triggerLife:
		return no("expired_trigger_id")
	}
	t.exchanged = true
	v := &view{ID: f.id("V"), User: t.user, Body: body}
	f.views[v.ID] = v
	return yes("view", v.shape())
}

func (v *view) shape() map[string]any {
	s := map[string]any{"id": v.ID, "team_id": TeamID, "app_id": AppID, "bot_id": BotID, "root_view_id": v.ID}
	for k, x := range v.Body {
		s[k] = x
	}
	return s
}

func checkView(body map[string]any) string {
	raw, _ := json.Marshal(body["blocks"])
	_, word := readBlocks(string(raw), 100)
	metadata, _ := body["private_metadata"].(string)
	switch {
	case body["type"] != "modal":
		return "type is not modal"
	case word != "":
		return word
	case len(metadata) > 3000:
		return "private_metadata has more than 3000 characters"
	}
	for _, part := range []string{"title", "submit", "close"} {
		if t, ok := body[part].(map[string]any); ok && (t["type"] != "plain_text" || runes(t["text"]) > 24 || runes(t["text"]) == 0) {
			return part + " must be plain text of 1 to 24 characters"
		} else if !ok && part == "title" {
			return "title is missing"
		}
	}
	return ""
}

func runes(text any) int {
	s, _ := text.(string)
	return utf8.RuneCountInString(s)
}

// readBlocks checks blocks by docs.slack.dev/reference/block-kit/blocks; the word says
// what is wrong.
func readBlocks(text string, most int) (blocks []map[string]any, word string) {
	if text == "" || text == "null" {
		return nil, ""
	}
	if err := json.Unmarshal([]byte(text), &blocks); err != nil {
		return nil, "blocks are no list: " + err.Error()
	}
	if len(blocks) > most {
		return nil, fmt.Sprintf("%d blocks, at most %d", len(blocks), most)
	}
	seen := map[string]bool{}
	for i, b := range blocks {
		id, _ := b["block_id"].(string)
		switch {
		case len(id) > 255:
			return nil, fmt.Sprintf("blocks[%d]: block_id has more than 255 characters", i)
		case id != "" && seen[id]:
			return nil, fmt.Sprintf("blocks[%d]: block_id %q twice", i, id)
		case id == "":
			b["block_id"] = fmt.Sprintf("auto%d", i) // Slack fills it in
		}
		seen[id] = true
		if word := checkBlock(b); word != "" {
			return nil, fmt.Sprintf("blocks[%d] (%v): %s", i, b["type"], word)
		}
	}
	return blocks, ""
}

func checkBlock(b map[string]any) string {
	text := func(v any, most int) string {
		t, ok := v.(map[string]any)
		if !ok || runes(t["text"]) == 0 || runes(t["text"]) > most {
			return fmt.Sprintf("must be a text of 1 to %d characters", most)
		}
		return ""
	}
	list := func(key string, most int) ([]any, string) {
		l, _ := b[key].([]any)
		if len(l) == 0 || len(l) > most {
			return nil, fmt.Sprintf("%s: %d, must be 1 to %d", key, len(l), most)
		}
		return l, ""
	}
	switch b["type"] {
	case "header":
		if t, _ := b["text"].(map[string]any); t["type"] != "plain_text" {
			return "a header is plain text"
		}
		return text(b["text"], 150)
	case "section":
		if b["text"] != nil {
			if word := text(b["text"], 3000); word != "" {
				return word
			}
		}
		if b["fields"] == nil && b["text"] != nil {
			return ""
		}
		fields, word := list("fields", 10)
		for _, field := range fields {
			word += text(field, 2000)
		}
		return word
	case "context":
		_, word := list("elements", 10)
		return word
	case "actions":
		elements, word := list("elements", 25)
		for _, e := range elements {
			word += checkElement(e)
		}
		return word
	case "input":
		return text(b["label"], 2000) + checkElement(b["element"])
	case "divider":
		return ""
	}
	return "unknown type"
}

// checkElement: docs.slack.dev/reference/block-kit/block-elements
func checkElement(e any) string {
	m, _ := e.(map[string]any)
	id, _ := m["action_id"].(string)
	if m == nil || len(id) > 255 {
		return "element without a shape, or action_id too long"
	}
	switch m["type"] {
	case "button":
		t, _ := m["text"].(map[string]any)
		if n := runes(t["text"]); n == 0 || n > 75 || runes(m["value"]) > 2000 {
			return "a button has 1 to 75 characters, and a value of at most 2000"
		}
	case "static_select", "multi_static_select", "checkboxes", "radio_buttons":
		options, _ := m["options"].([]any)
		if len(options) == 0 || len(options) > 100 {
			return fmt.Sprintf("%d options, must be 1 to 100", len(options))
		}
		for _, o := range options {
			x, _ := o.(map[string]any)
			t, _ := x["text"].(map[string]any)
			if runes(t["text"]) == 0 || runes(t["text"]) > 75 || runes(x["value"]) == 0 || runes(x["value"]) > 150 {
				return "an option has a text of 1 to 75 characters and a value of 1 to 150"
			}
		}
	case "plain_text_input":
		most, ok := m["max_length"].(float64)
		if !ok {
			most = 3000
		}
		if most < 1 || most > 3000 || runes(m["initial_value"]) > int(most) {
			return "an input's max_length is 1 to 3000, and its initial value no longer"
		}
	case "users_select", "datepicker", "timepicker", "datetimepicker", "multi_users_select":
	default:
		return fmt.Sprintf("element %v is unknown", m["type"])
	}
	return ""
}
