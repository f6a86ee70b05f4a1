package promotion

import (
	"fmt"
	"strings"
)

// Headline is the answer in a line, for a message: a word, a sentence, and the first
// reason where it is not promote. What others wrote in it is without control characters.
func (d Decision) Headline() string {
	word, sentence := d.headline()
	line := word + ": " + sentence
	for _, c := range d.Checks { // what failed stands first, then what is unknown
		if c.Result == Fail || c.Result == Unknown {
			line += fmt.Sprintf(" %s, %s: %s", c.Check, subject(c), c.Reason)
			break
		}
	}
	return strings.Map(printable, line)
}
