package slackfake

import (
	"fmt"
	"slices"
	"strings"
)

// Transcript is a channel as its reader sees it, one message after the other.
func (f *Fake) Transcript(id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, names := f.channel(id), f.names()
	var b strings.Builder
	fmt.Fprintf(&b, "#%s", c.Name)
	if c.Archived {
		b.WriteString(" (archived)")
	}
	fmt.Fprintf(&b, "\n  topic: %s\n", names.Replace(c.Topic))
	for _, m := range c.Messages {
		who := m.User
		if u := f.user(m.User); u != nil {
			who = u.Real
		}
		fmt.Fprintf(&b, "%s", who)
		if m.Edited {
			b.WriteString(" (edited)")
		}
		if slices.Contains(c.Pins, m.TS) {
			b.WriteString(" (pinned)")
		}
		b.WriteString(":\n")
		for line := range strings.Lines(names.Replace(Read(m.Text, m.Blocks))) {
			b.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
		}
	}
	return b.String()
}

// Read gives the text of a message as it is shown: its blocks, else its text. Buttons
// stand in brackets.
func Read(text string, blocks []map[string]any) string {
	if len(blocks) == 0 {
		return text
	}
	var lines []string
	words := func(v any) string {
		m, _ := v.(map[string]any)
		s, _ := m["text"].(string)
		return s
	}
	for _, b := range blocks {
		var parts []string
		if t := words(b["text"]); t != "" {
			parts = append(parts, t)
		}
		fields, _ := b["fields"].([]any)
		for _, x := range fields {
			parts = append(parts, words(x))
		}
		elements, _ := b["elements"].([]any)
		var row []string
		for _, x := range elements {
			m, _ := x.(map[string]any)
			if m["type"] == "button" {
				row = append(row, "["+words(m["text"])+"]")
			} else if t, ok := m["text"].(string); ok {
				row = append(row, t)
			}
		}
		if len(row) > 0 {
			parts = append(parts, strings.Join(row, " "))
		}
		if a, ok := b["accessory"].(map[string]any); ok {
			parts = append(parts, "["+words(a["text"])+"]")
		}
		if b["type"] == "divider" {
			parts = append(parts, "───")
		}
		lines = append(lines, strings.Join(parts, "\n"))
	}
	return strings.Join(lines, "\n")
}
