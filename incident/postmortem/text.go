package postmortem

import (
	"regexp"
	"strings"
	"unicode"
)

// Text is kept as it would be read: without what Markdown or an editor drops anyway.

// normal is a text without control characters and trailing spaces.
func normal(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "    ").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, spaces)
	}
	return strings.Join(lines, "\n")
}

// tidy is a text of several lines: normal, without empty lines around it, and indented
// by plain spaces.
func tidy(text string) string {
	lines := strings.Split(normal(text), "\n")
	for i, line := range lines {
		rest := strings.TrimLeft(line, spaces)
		lines[i] = strings.ReplaceAll(line[:len(line)-len(rest)], hard, " ") + rest
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// hard is a space that Markdown keeps at the beginning of a line.
const hard, spaces = "\u00A0", " \u00A0"

// tidyItem is a text that stands in a list: without empty lines.
func tidyItem(text string) string {
	var lines []string
	for line := range strings.Lines(tidy(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		lines[0] = strings.TrimLeft(lines[0], spaces)
	}
	return strings.Join(lines, "\n")
}

// oneLine is a name or an address.
func oneLine(text string) string {
	return strings.Trim(strings.ReplaceAll(tidy(text), "\n", " "), spaces)
}

// plain is a name as Markdown shows it.
func plain(text string) string { return escape(oneLine(text)) }

// block writes a tidy text as paragraphs, blocks between ``` as they are.
func block(text string) string {
	var b strings.Builder
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if end := fenceEnd(lines, i); end > 0 {
			b.WriteString(strings.Join(lines[i:end+1], "\n") + "\n")
			i = end
			continue
		}
		b.WriteString(escape(lines[i]))
		if i+1 < len(lines) && lines[i] != "" && lines[i+1] != "" && fenceEnd(lines, i+1) == 0 {
			b.WriteString(lineBreak(lines[i]))
		}
		b.WriteString("\n")
	}
	return b.String()
}

var fence = regexp.MustCompile("^```[A-Za-z0-9]*$")

// fenceEnd is the index of the line that ends the block beginning at a line, 0 where none
// begins.
func fenceEnd(lines []string, begin int) int {
	if !fence.MatchString(lines[begin]) {
		return 0
	}
	for i := begin + 1; i < len(lines); i++ {
		if lines[i] == "```" {
			return i
		}
		if ends := strings.TrimLeft(lines[i], spaces); strings.HasPrefix(ends, "```") && strings.Trim(ends, "`") == "" {
			return 0 // it ends here for Markdown, and what follows would be no text
		}
	}
	return 0
}

// lineBreak ends a line so that Markdown keeps the break. Readers differ on a backslash
// behind another: there it is left out.
func lineBreak(line string) string {
	if strings.HasSuffix(line, `\`) {
		return ""
	}
	return `\`
}

// indented writes a tidy text of a list's item, its further lines below the first.
func indented(text, indent string) string {
	var b strings.Builder
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i > 0 {
			b.WriteString(lineBreak(lines[i-1]) + "\n" + indent)
		}
		b.WriteString(escape(line))
	}
	return b.String()
}

var (
	// address is what Markdown's readers make a link of by themselves. It has nothing in
	// it that Markdown would take for something else, but for what stands within words.
	address = regexp.MustCompile(`https?://[A-Za-z0-9\-._~:/?#=&%+,$;@]*[A-Za-z0-9/]`)
	// entity is a character by its name, also in an address.
	entity = regexp.MustCompile(`&#?[A-Za-z0-9]+;`)
	// special means something to Markdown anywhere, and begins that begin a line.
	special = regexp.MustCompile("[\\\\`*_\\[\\]<>|~&$]")
	begins  = regexp.MustCompile(`^(#|-|\+|=|[0-9]+[.)])`)
	lead    = regexp.MustCompile(`^ +`)
)

// escape writes one line so that Markdown shows what was typed.
func escape(line string) string {
	indent := lead.FindString(line)
	line = line[len(indent):]
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(indent, " ", hard))
	if begin := begins.FindString(line); begin != "" {
		last := len(begin) - 1
		b.WriteString(begin[:last] + `\` + begin[last:])
		line = line[len(begin):]
	}
	at := 0
	for _, found := range address.FindAllStringIndex(line, -1) {
		if named := entity.FindStringIndex(line[found[0]:]); named != nil {
			found[1] = min(found[1], found[0]+named[0])
		}
		b.WriteString(special.ReplaceAllString(line[at:found[0]], `\$0`))
		b.WriteString(line[found[0]:found[1]])
		at = found[1]
	}
	b.WriteString(special.ReplaceAllString(line[at:], `\$0`))
	return b.String()
}

var escaped = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")

// unescape undoes escape, and what people have escaped themselves.
func unescape(line string) string {
	rest := strings.TrimLeft(line, spaces)
	indent := strings.ReplaceAll(line[:len(line)-len(rest)], hard, " ")
	return indent + escaped.ReplaceAllString(rest, "$1")
}
