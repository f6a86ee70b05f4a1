package status

import (
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// lang is what people are told in. The zero value is English, in which notes are kept.
type lang struct{ text.Language }

var english lang

var said = text.NewCatalogue(sayings...)

// say fills in a text, which stands in English where it is said, and beside its Japanese in
// texts.go.
func (l lang) say(english string, args ...any) string { return said.Say(l.Language, english, args...) }

// AbsenceIn is AbsenceText in a language.
func AbsenceIn(l text.Language, a slo.Absence) string { return lang{l}.absence(a) }

// FlagTimesIn is FlagTimes in a language.
func FlagTimesIn(l text.Language, f slo.Flag) string { return lang{l}.flagTimes(f) }
