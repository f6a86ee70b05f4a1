// Package plain keeps text that others wrote, such as the title of an incident or the
// subject of a commit, from being more than text where it is shown: on a terminal, in the
// log of a CI job, as Markdown, in a chat.
package plain

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// apart is a character without width (zero width space) that keeps two others from being
// read together.
const apart = "\u200b"

// OneLine is a text without control characters, line separators, and characters that hide
// or turn around what stands beside them.
func OneLine(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u200b': // those of emoji, and apart
			return -1
		}
		return r
	}, text)
}

// Lines is Line for each line of a text.
func Lines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = Line(lines[i])
	}
	return strings.Join(lines, "\n")
}

// nothing matches what a comparison of .NET, in which runners are written, passes over.
const nothing = `[\p{Cf}\p{Mn}]*`

var (
	// GitHub Actions and Azure Pipelines take ##[…] and ##vso[…] anywhere in a line, TeamCity
	// its own at the beginning of one.
	hashCommand = regexp.MustCompile(`#(` + nothing + `#[A-Za-z\p{Cf}\p{Mn}]*\[)`)
	// GitHub Actions takes ::…:: at the beginning of a line, after blanks.
	colonCommand = regexp.MustCompile(`(?:^|[\s\pZ])` + nothing + `:(?:` + nothing + `:)+`)
)

// Line is OneLine for a terminal or the log of a CI job: no word of it is a command to the
// runner, wherever the line is wrapped.
func Line(text string) string {
	text = hashCommand.ReplaceAllString(OneLine(text), "# $1")
	return colonCommand.ReplaceAllStringFunc(text, func(s string) string {
		return strings.TrimSuffix(strings.ReplaceAll(s, ":", ": "), " ")
	})
}

var (
	// What GitHub and GitLab make a mention or a link of, also where the sign was written as
	// an entity: they look at what Markdown made of it.
	reference = regexp.MustCompile(`([@#!$%~&])([\pL\pN_"{*-])`)
	issue     = regexp.MustCompile(`(?i)\b(GH-)(\d)`)
	address   = regexp.MustCompile(`(?i)(:)(//)|\b(www)(\.)|\b(mailto|xmpp)(:)`)
)

var entities = func() *strings.Replacer {
	var pairs []string
	for _, c := range "&<>|@`*_[]#~!$\\" {
		pairs = append(pairs, string(c), fmt.Sprintf("&#%d;", c))
	}
	return strings.NewReplacer(pairs...)
}()

// Markdown is OneLine for Markdown as GitHub and GitLab show it: no markup, no end of a
// table's cell, no link, and no mention that calls somebody.
func Markdown(text string) string {
	text = reference.ReplaceAllString(OneLine(text), "$1"+apart+"$2")
	text = issue.ReplaceAllString(text, "$1"+apart+"$2")
	text = address.ReplaceAllString(text, "$1$3$5"+apart+"$2$4$6")
	return entities.Replace(text)
}

// Code is OneLine for what stands between two backticks in Markdown.
func Code(text string) string {
	return strings.NewReplacer("`", "'", "|", "/").Replace(OneLine(text))
}

// Message is OneLine for SARIF, which makes a link of [text](target).
func Message(text string) string {
	return strings.ReplaceAll(OneLine(text), "](", "]"+apart+"(")
}

// Chat is OneLine for Slack and what takes the same messages: no markup, no link and no
// mention.
func Chat(text string) string {
	text = address.ReplaceAllString(OneLine(text), "$1$3$5"+apart+"$2$4$6")
	text = strings.NewReplacer("](", "]"+apart+"(", "@", "@"+apart).Replace(text)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// JSON writes what a runner would take for a command in JSON as an escape, which means the same.
func JSON(data []byte) []byte {
	if !bytes.Contains(data, doubled) { // of a big fleet megabytes
		return data
	}
	return bytes.ReplaceAll(data, doubled, []byte(`#\u0023`))
}

// XML is JSON for XML.
func XML(data []byte) []byte { return bytes.ReplaceAll(data, doubled, []byte("#&#35;")) }

// doubled is how ##[…] and ##vso[…] begin; outside of texts neither JSON nor XML has it.
var doubled = []byte("##")
