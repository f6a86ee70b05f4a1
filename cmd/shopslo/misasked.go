// Package usage has the errors of what was asked, apart from those of documents and sources.
package main

import (
	"fmt"

	"github.com/shopslo/shopslo/fleet"
)

// usageError is of a question or a command line that is wrong: its message says what to
// ask instead.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// usageErrorf says what is wrong with a question.
func usageErrorf(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// didYouMean is the hint for an error; "" where no known word is near.
func didYouMean(word string, known []string) string {
	if near, ok := fleet.Nearest(word, known); ok {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}
