package render

import (
	"unicode"
	"unicode/utf8"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

// lang is what a decision is written in; JUnit and SARIF are for programs, and English.
type lang struct{ text.Language }

var english lang

var said = text.NewCatalogue(sayings...)

// say fills in a text, which stands in English where it is said, and beside its Japanese in
// texts.go.
func (l lang) say(english string, args ...any) string { return said.Say(l.Language, english, args...) }

// count writes "1 check", "2 checks".
func (l lang) count(n int) string {
	if n == 1 {
		return l.say("%d check", n)
	}
	return l.say("%d checks", n)
}

// name is a check's: in Japanese a word, with the value that flags and JSON have.
func (l lang) name(check string) string {
	if l.Language != text.Japanese {
		return check
	}
	return l.say("%s (%s)", promotion.CheckIn(l.Language, check), check)
}

// capital begins a sentence.
func capital(sentence string) string {
	first, n := utf8.DecodeRuneInString(sentence)
	return string(unicode.ToUpper(first)) + sentence[n:]
}
