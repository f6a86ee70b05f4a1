// Package speech is in which language a program answers people, and what all programs say in it
// of a command line: around help, and where it is wrong.
package speech

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/internal/text"
)

// variable names the language where --lang does not. A locale only says what somebody reads
// who named none.
const variable = "SHOPSLO_LANG"

// Speech is how people are answered. Asked is set where they named the language.
type Speech struct {
	text.Language
	Asked bool
}

// Of looks for --lang before the command line is read: help and completion are in the language
// as well. What --lang cannot be, the flag says itself; the error is of SHOPSLO_LANG.
func Of(args []string, env map[string]string) (Speech, error) {
	s := Speech{Language: text.FromLocale(env)}
	if word := env[variable]; word != "" && s.Set(word) != nil {
		return s, fmt.Errorf("%s: %q must be %s", variable, word, languages())
	}
	for i, arg := range args {
		word, is := strings.CutPrefix(arg, "--lang=")
		switch {
		case arg == "--":
			return s, nil
		case arg == "--lang" && i+1 < len(args):
			word = args[i+1]
		case !is:
			continue
		}
		_ = s.Set(word)
	}
	return s, nil
}

// Set takes the language that somebody asked for: en or ja.
func (s *Speech) Set(word string) error {
	if !slices.Contains(text.Languages, text.Language(word)) {
		return fmt.Errorf("must be %s", languages())
	}
	*s = Speech{text.Language(word), true}
	return nil
}

func languages() string { return fmt.Sprintf("%s or %s", text.Languages[0], text.Languages[1]) }

// Width is how wide help is in Japanese, of which no line can be broken by hand.
const Width = 80

// Long is what a command says of itself. Japanese paragraphs are wrapped; a line that is moved
// in stays as it is.
func (s *Speech) Long(parts ...text.Entry) string {
	var all strings.Builder
	for _, part := range parts {
		all.WriteString(s.Say(part))
	}
	if s.Language != text.Japanese {
		return all.String()
	}
	lines := strings.Split(all.String(), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, " ") {
			lines[i] = text.Wrap(line, 0, 0, Width)
		}
	}
	return strings.Join(lines, "\n")
}
