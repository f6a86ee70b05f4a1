// Package nearest finds the known word that somebody who wrote another one probably
// meant. It is a leaf: everything in the module may use it, it uses nothing of it.
package nearest

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// longest is the length beyond which nobody misspells, and comparing costs the square.
const longest = 100

// Word gives the known word that is nearest: the first that is at most a third of the
// word's letters away, upper and lower case, - and _ alike; false where none is.
func Word(word string, known []string) (string, bool) {
	best, limit := "", max(1, len(word)/3)
	if len(word) > longest {
		return "", false
	}
	for _, k := range known {
		if k == "" || len(k) > longest {
			continue
		}
		if strings.EqualFold(k, word) {
			return k, true
		}
		if d := Distance(word, k); d <= limit && d < len(k) {
			best, limit = k, d-1
		}
	}
	return best, best != ""
}

// Hint is the end of a message about an unknown word, ` (did you mean "x"?)`, or ""
// where no known word is near.
func Hint(word string, known []string) string {
	if k, ok := Word(word, known); ok {
		return fmt.Sprintf(" (did you mean %q?)", k)
	}
	return ""
}

// Distance counts the letters to insert, drop or replace, in words without regard to
// case, or is 1 where two neighbours are swapped.
func Distance(a, b string) int {
	a, b = plain.Replace(strings.ToLower(a)), plain.Replace(strings.ToLower(b))
	if swapped(a, b) {
		return 1
	}
	return levenshtein.Distance(a, b, nil)
}

// plain makes hyphens of underscores: which of them a name has is easily mistaken.
var plain = strings.NewReplacer("_", "-")

// swapped reports whether a is b with two neighbours swapped.
func swapped(a, b string) bool {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return len(a) == len(b) && i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
