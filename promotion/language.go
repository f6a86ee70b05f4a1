package promotion

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopslo/shopslo/internal/outage"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// lang is what the reasons of a Decision are said in. The zero value is English: a record has
// English reasons, and others are made from its evidence again.
type lang struct{ text.Language }

var english lang

var said = text.NewCatalogue(slices.Concat(sayings, sayingsSince)...)

// say fills in a text, which stands in English where it is said, and beside its Japanese in
// texts.go.
func (l lang) say(english string, args ...any) string { return said.Say(l.Language, english, args...) }

// In is the Decision with its reasons in a language. Those of a record that does not follow
// from its evidence, or that another version of shopslo made otherwise, stay as they are.
func (r Record) In(l text.Language) Decision {
	if l != text.Japanese {
		return r.Decision
	}
	d := decide(lang{l}, r.Policy, r.Evidence, r.At)
	if !sameResults(d, r.Decision) {
		return r.Decision
	}
	return d
}

// sameResults reports whether two Decisions say the same, whatever the words.
func sameResults(a, b Decision) bool {
	if a.Verdict != b.Verdict || a.From != b.From || a.To != b.To || a.Release != b.Release || len(a.Checks) != len(b.Checks) {
		return false
	}
	type key struct {
		check, slo string
		shopSet    any
		tier       any
		result     Result
	}
	count := map[key]int{}
	for i := range a.Checks {
		x, y := &a.Checks[i], &b.Checks[i]
		count[key{x.Check, x.SLO, x.ShopSet, x.Tier, x.Result}]++
		count[key{y.Check, y.SLO, y.ShopSet, y.Tier, y.Result}]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// name is a check's: its value in English, a word in Japanese.
func (l lang) name(check string) string { return l.say(check) }

// CheckIn is a check's name for people, and in English the value that flags and JSON have.
func CheckIn(l text.Language, check string) string { return lang{l}.name(check) }

// PlaceIn is who was asked, such as FleetView.Where, in a language.
func PlaceIn(l text.Language, where string) string { return lang{l}.begin(where) }

// unit is what is counted.
func (l lang) unit(u slo.Unit) string {
	return l.say(string(u))
}

// sentence ends a text with one full stop.
func (l lang) sentence(said string) string {
	if l.Language == text.Japanese {
		return strings.TrimRight(outage.Say(l.Language, said), "。. ") + "。"
	}
	return sentence(said)
}

// begin is who was asked, at the beginning of a sentence.
func (l lang) begin(where string) string {
	if l.Language == text.Japanese {
		return l.inSentence(where)
	}
	return where
}

// capital begins a sentence.
func (l lang) capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:]
}

// doubtful is a sentence of the evidence about why something is not counted: how it begins is ours.
func (l lang) doubtful(doubt string) string {
	for _, begin := range []string{failing, indistinct} {
		if rest, ok := strings.CutPrefix(doubt, begin); ok {
			return l.say(begin) + l.sentence(rest)
		}
	}
	return doubt
}

// How sentences of the evidence begin.
const (
	failing    = "Counting is failing: "
	indistinct = "Cannot tell good from bad events: "
)
