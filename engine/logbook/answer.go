package logbook

import (
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/render"
)

// Answer is a record, and the JSON of it as whoever decided has written it; nil where
// it is still to be logged, which stands in it.
type Answer struct {
	promotion.Record
	JSON []byte
	Log  Publication
}

// message is the decision in a few sentences.
func (v Answer) message() string {
	said := render.Headline(v.Decision)
	if line := v.Log.Sentence(text.English); line != "" {
		said += " " + line
	}
	return said
}
