// Package usage has the errors of what was asked, apart from those of documents and sources.
package usage

import (
	"fmt"

	"github.com/shopslo/shopslo/internal/nearest"
)

// Error is of a question or a command line that is wrong: its message says what to
// ask instead.
type Error struct{ text string }

func (e *Error) Error() string { return e.text }

// Errorf says what is wrong with a question.
func Errorf(format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...)}
}

// DidYouMean is the hint for an error; "" where no known word is near.
func DidYouMean(word string, known []string) string {
	return nearest.Hint(word, known)
}
