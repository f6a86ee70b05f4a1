package monitors

import (
	"fmt"
	"strings"
	"time"
)

// signs begin a change's line in a text.
var signs = map[Action]string{Create: "+", Update: "~", Adopt: "→", Delete: "-", Refuse: "!"}

// Text is a plan for people at a terminal. Monitors that are as they are to be are
// counted only.
func (p *Plan) Text() string {
	var b strings.Builder
	for _, c := range p.Changes {
		if c.Action == Keep {
			continue
		}
		fmt.Fprintf(&b, "%s %s %q (%s)\n", signs[c.Action], c.Action, c.Name, c.Type)
		for _, note := range c.notes() {
			fmt.Fprintf(&b, "    %s\n", note)
		}
		if c.Action == Update || c.Action == Adopt {
			for _, f := range c.Fields {
				fmt.Fprintf(&b, "    %s: %s → %s\n", f.Field, or(f.Have), or(f.Want))
			}
		} else if c.Action == Create {
			for _, f := range c.Fields {
				fmt.Fprintf(&b, "    %s: %s\n", f.Field, or(f.Want))
			}
		}
	}
	for _, why := range p.Incomplete {
		fmt.Fprintf(&b, "! incomplete: %s\n", why)
	}
	b.WriteString(p.summary() + "\n")
	return b.String()
}

// notes are the sentences that go with a change.
func (c *Change) notes() []string {
	var out []string
	if c.Why != "" {
		out = append(out, c.Why)
	}
	if c.Drift {
		out = append(out, "changed by hand since it was applied")
	}
	if c.MuteEnded != nil {
		out = append(out, "its mute was to end at "+c.MuteEnded.Format(time.RFC3339)+", and still holds")
	}
	return out
}

func or(v *string) string {
	if v == nil {
		return "(none)"
	}
	return *v
}

// summary counts the changes.
func (p *Plan) summary() string {
	n := map[Action]int{}
	for _, c := range p.Changes {
		n[c.Action]++
	}
	var parts []string
	for _, a := range []Action{Create, Update, Adopt, Delete, Refuse, Keep} {
		if n[a] > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n[a], a))
		}
	}
	if len(parts) == 0 {
		parts = []string{"no monitors"}
	}
	text := strings.Join(parts, ", ")
	if p.Others > 0 {
		text += fmt.Sprintf("; %d of others are left alone", p.Others)
	}
	return text
}

// Markdown is a plan for a pull request.
func (p *Plan) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Mackerel monitors of `%s`\n\n%s\n", p.Owner, p.summary())
	if p.Different() {
		b.WriteString("\n| | Monitor | Field | Now | Will be |\n|---|---|---|---|---|\n")
	}
	for _, c := range p.Changes {
		if c.Action == Keep {
			continue
		}
		name := cell(c.Name) + " (" + c.Type + ")"
		if notes := c.notes(); len(notes) > 0 {
			name += "<br>⚠ " + cell(strings.Join(notes, "; "))
		}
		fields := c.Fields
		if c.Action == Delete || len(fields) == 0 {
			fields = []FieldChange{{}}
		}
		for i, f := range fields {
			action := string(c.Action)
			if i > 0 {
				action, name = "", ""
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", action, name, cell(f.Field), code(f.Have), code(f.Want))
		}
	}
	for _, why := range p.Incomplete {
		fmt.Fprintf(&b, "\n⚠ Nothing is deleted: %s.\n", cell(why))
	}
	return b.String()
}

// cell makes a text harmless in a table: names come from people.
func cell(text string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", "|", "\\|", "<", "&lt;", "`", "'", "[", "\\[", "*", "\\*", "_", "\\_", "@", "@\u200b", "!", "\\!").Replace(text)
}

// code shows a value in a table.
func code(v *string) string {
	if v == nil {
		return ""
	}
	return "`" + strings.NewReplacer("`", "'", "|", "\\|", "\n", " ").Replace(*v) + "`"
}
