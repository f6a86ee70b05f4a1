package review

import (
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/internal/text"
)

// mostListed bounds the rows of a table that is to be pasted or read on a terminal,
// mostShown those of a web page.
const (
	mostListed = 40
	mostShown  = 500
)

// Markdown writes the Report as GitHub shows it.
func (r Report) Markdown(l text.Language) string {
	p := r.page(lang{l}, mostListed)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", escaped(p.title), escaped(p.lead))
	for _, s := range p.sections {
		fmt.Fprintf(&b, "\n<a id=%q></a>\n\n## %s\n", s.id, escaped(s.title))
		for _, x := range s.blocks {
			b.WriteString("\n")
			switch {
			case x.table != nil:
				markdownTable(&b, x.table)
			case x.items != nil:
				for i, it := range x.items {
					fmt.Fprintf(&b, "%d. %s", i+1, escaped(it.text))
					if it.link != "" {
						fmt.Fprintf(&b, " [%s](%s)", l.Say(linkMore), address(it.link))
					}
					b.WriteString("\n")
				}
			case x.legend != nil:
				b.WriteString(escaped(lettered(x.legend)) + "\n")
			default:
				b.WriteString(escaped(x.text) + "\n")
			}
		}
	}
	return b.String()
}

// lettered writes a legend with the letters that it explains.
func lettered(legend []string) string {
	var parts []string
	for i, text := range legend {
		parts = append(parts, string(letters[i])+" "+text)
	}
	return strings.Join(parts, " / ")
}

func markdownTable(b *strings.Builder, t *table) {
	line := func(write func(i int) string) {
		b.WriteString("|")
		for i := range t.heads {
			b.WriteString(" " + write(i) + " |")
		}
		b.WriteString("\n")
	}
	line(func(i int) string { return escaped(t.heads[i].text) })
	line(func(i int) string {
		if t.heads[i].right {
			return "--:"
		}
		return "---"
	})
	for _, row := range t.rows {
		line(func(i int) string {
			c := row[i]
			text := escaped(c.text)
			switch {
			case c.days != nil:
				return "`" + strip(c.days) + "`"
			case c.link != "":
				return "[" + text + "](" + address(c.link) + ")"
			case c.tone == bad:
				return "**" + text + "**"
			}
			return text
		})
	}
	if t.more != "" {
		b.WriteString("\n" + escaped(t.more) + "\n")
	}
}

// escaped keeps a text from being Markdown or HTML, and on its line.
var escapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`,
	"#", `\#`, "~", `\~`)

func escaped(text string) string { return escapes.Replace(oneLine(text)) }

// address writes what would end a link's address in percent.
func address(to string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", "\n", "%0A", `\`, "%5C").Replace(to)
}

// oneLine takes out what would move a terminal's cursor, end a line, or turn what is read around.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, text)
}

// Summary is what a chat is told: what to talk about first, and where the rest is; link is
// "" where nobody knows.
func (r Report) Summary(l text.Language, link string) string {
	p := r.page(lang{l}, mostListed)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", oneLine(p.title), oneLine(p.lead))
	for i, f := range r.Findings {
		fmt.Fprintf(&b, "%d. %s\n", i+1, oneLine(f.Text.in(lang{l})))
	}
	if len(r.Findings) == 0 {
		for _, x := range p.sections[0].blocks {
			b.WriteString(oneLine(x.text) + "\n")
		}
	}
	if link != "" {
		b.WriteString(link + "\n")
	}
	return b.String()
}
