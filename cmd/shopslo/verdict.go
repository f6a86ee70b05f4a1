package main

import (
	"github.com/shopslo/shopslo/promotion"
)

// verdict is a record, and the JSON of it as whoever decided has written it; nil where
// it is still to be logged, which stands in it.
type verdict struct {
	promotion.Record
	json []byte
	log  publication
}

// message is the decision in a few sentences.
func (v verdict) message() string {
	text := v.Headline()
	if line := v.log.sentence(); line != "" {
		text += " " + line
	}
	return text
}
