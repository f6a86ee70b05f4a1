// Package outage says why somebody could not be asked, where that stands in what people read:
// the error was made in English, before anybody knew who would read it.
package outage

import "github.com/shopslo/shopslo/internal/text"

var book = text.NewPhrasebook(Phrases...)

// Say gives the error in a language. What is not known stays as it is.
func Say(l text.Language, why string) string { return book.Say(l, why) }
