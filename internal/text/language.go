package text

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Language is one that people read.
type Language string

// The languages. What is neither is taken for English.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// Languages lists them, the default first.
var Languages = []Language{English, Japanese}

// ParseLanguage gives the Language of a word; "" means English.
func ParseLanguage(word string) (Language, error) {
	switch l := Language(word); l {
	case "":
		return English, nil
	case English, Japanese:
		return l, nil
	}
	return "", fmt.Errorf("language %q is neither en nor ja", word)
}

// FromLocale is the Language of an environment's locale, by name: of LC_ALL, else LC_MESSAGES,
// else LANG, the first that is not empty (POSIX.1-2024, 8.2), such as ja_JP.UTF-8. A locale of
// another language, or of another character set than UTF-8, is English.
func FromLocale(env map[string]string) Language {
	locale := cmp.Or(env["LC_ALL"], env["LC_MESSAGES"], env["LANG"])
	name, charset, has := strings.Cut(strings.ToLower(strings.SplitN(locale, "@", 2)[0]), ".")
	word, _, _ := strings.Cut(strings.ReplaceAll(name, "-", "_"), "_")
	if word == string(Japanese) && (!has || charset == "utf-8" || charset == "utf8") {
		return Japanese
	}
	return English
}

// Entry is one of a catalogue, the file texts.go of a package: what people read, in both
// languages, with the same verbs of package fmt; where the order of words asks for it, their
// arguments are numbered. internal/archtest holds all catalogues to that.
type Entry struct{ english, japanese string }

// Of makes an Entry.
func Of(english, japanese string) Entry { return Entry{english, japanese} }

// Is reports whether a word is the Entry's, in either language.
func (e Entry) Is(word string) bool { return word == e.english || word == e.japanese }

// Say gives the text of the language, with its arguments filled in; without any, as it stands.
func (l Language) Say(e Entry, args ...any) string {
	text := e.english
	if l == Japanese {
		text = e.japanese
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// List joins names.
func (l Language) List(names []string) string {
	return strings.Join(names, l.Say(Entry{", ", "、"}))
}

var units = []struct {
	long time.Duration
	name Entry
}{
	{24 * time.Hour, Entry{" d", "日"}}, {time.Hour, Entry{" h", "時間"}}, {time.Minute, Entry{" min", "分"}}, {time.Second, Entry{" s", "秒"}},
}

// Duration writes a length of time with its biggest unit and those behind it, at most so many
// units, none below least: 3 d 4 h, 3日4時間. It is rounded to least; what has no part is left
// out, and what is too short is 0 of least.
func (l Language) Duration(d, least time.Duration, most int) string {
	d = d.Abs().Round(least)
	var parts []string
	first := -1
	for i, u := range units {
		n := d / u.long
		d -= n * u.long
		if n > 0 && first < 0 {
			first = i
		}
		if n > 0 && i < first+most || u.long == least && first < 0 {
			parts = append(parts, fmt.Sprint(int64(n))+l.Say(u.name))
		}
		if u.long == least {
			break
		}
	}
	return strings.Join(parts, l.Say(Entry{" ", ""}))
}

// Catalogue finds Entries by their English texts, for what stands where it is said: messages
// and reasons, each with the figures of its place.
type Catalogue map[string]Entry

// NewCatalogue makes a Catalogue of Entries.
func NewCatalogue(all ...Entry) Catalogue {
	c := make(Catalogue, len(all))
	for _, e := range all {
		c[e.english] = e
	}
	return c
}

// Say fills in the text in the language; in English where the Catalogue does not have it.
func (c Catalogue) Say(l Language, english string, args ...any) string {
	if l == Japanese {
		if e, ok := c[english]; ok {
			return l.Say(e, args...)
		}
	}
	return English.Say(Entry{english: english}, args...)
}
