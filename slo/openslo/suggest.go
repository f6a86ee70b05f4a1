package openslo

import (
	"strings"

	"github.com/shopslo/shopslo/internal/nearest"
)

// didYouMean is ` (did you mean "x"?)` where one of the words is near, else
// the list of the words where it is short enough to help.
func didYouMean(word string, among []string) string {
	if hint := nearest.Hint(word, among); hint != "" {
		return hint
	}
	if len(among) == 0 {
		return ""
	}
	return "; known here: " + strings.Join(among, ", ")
}
