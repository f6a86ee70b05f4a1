package board

import (
	"strings"

	"golang.org/x/text/language"

	"github.com/shopslo/shopslo/internal/text"
)

var matcher = language.NewMatcher([]language.Tag{language.English, language.Japanese})

// languageOf picks the language that was asked for, or else the one that the browser
// likes best (the header Accept-Language).
func languageOf(asked, accept string) text.Language {
	for _, l := range text.Languages {
		if asked == string(l) {
			return l
		}
	}
	_, i := language.MatchStrings(matcher, accept)
	return text.Languages[i]
}

// say gives a phrase, with its figures filled in.
func say(l text.Language, key string, figures ...any) string {
	p, ok := phrases[key]
	if !ok {
		return key // a test keeps this from happening to our own
	}
	return l.Say(p, figures...)
}

// window writes an SLO's window as people do: 28 d, 28日. What is written otherwise
// stays as it is.
func window(l text.Language, written string) string {
	if written == "" {
		return written
	}
	n, unit := written[:len(written)-1], written[len(written)-1]
	name, ok := spans[unit]
	if !ok || strings.Trim(n, "0123456789") != "" || n == "" {
		return clean(written)
	}
	if l == text.English && n == "1" {
		return n + strings.TrimSuffix(l.Say(name), "s")
	}
	return n + l.Say(name)
}
