package kube

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// maxGlobs bounds how many patterns are remembered.
const maxGlobs = 1000

// globs are patterns that were made; nil: it is none.
var globs = struct {
	sync.Mutex
	made map[string]*regexp.Regexp
}{made: map[string]*regexp.Regexp{}}

// glob matches a text as a whole as Argo CD does: with *, ?, [ab], [a-z], [!ab], {ab,c} and \
// before any other character. What is no pattern matches nothing.
func glob(pattern, text string) bool {
	globs.Lock()
	made, ok := globs.made[pattern]
	if !ok {
		if len(globs.made) >= maxGlobs {
			clear(globs.made)
		}
		made = makeGlob(pattern)
		globs.made[pattern] = made
	}
	globs.Unlock()
	return made != nil && made.MatchString(text)
}

// globParts are those of a pattern.
var globParts = regexp.MustCompile(`(?s)\\.|\[!?[^\]]+\]|.`)

// makeGlob gives nil where it is no pattern.
func makeGlob(pattern string) *regexp.Regexp {
	var b strings.Builder
	depth := 0
	for _, part := range globParts.FindAllString(pattern, -1) {
		switch {
		case part == "*":
			b.WriteString(".*")
		case part == "?":
			b.WriteString(".")
		case part == "{":
			depth++
			b.WriteString("(?:")
		case part == "}" && depth > 0:
			depth--
			b.WriteString(")")
		case part == "," && depth > 0:
			b.WriteString("|")
		case part == "[" || part == `\`:
			return nil
		case part[0] == '[':
			b.WriteString(globClass(part[1 : len(part)-1]))
		default:
			b.WriteString(regexp.QuoteMeta(strings.TrimPrefix(part, `\`)))
		}
	}
	if depth > 0 {
		return nil
	}
	p, err := regexp.Compile("(?s)^(?:" + b.String() + ")$")
	if err != nil {
		return nil
	}
	return p
}

// globClass gives a class of characters: a range, or each that it has.
func globClass(text string) string {
	text, not := strings.CutPrefix(text, "!")
	var b strings.Builder
	b.WriteString("[")
	if not {
		b.WriteString("^")
	}
	runes := []rune(text)
	for i, r := range runes {
		if r == '-' && i == 1 && len(runes) == 3 {
			b.WriteString("-")
			continue
		}
		fmt.Fprintf(&b, `\x{%x}`, r)
	}
	return b.String() + "]"
}
