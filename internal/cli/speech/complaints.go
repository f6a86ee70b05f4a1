package speech

import (
	"slices"
	"strings"

	"github.com/shopslo/shopslo/internal/outage"
	"github.com/shopslo/shopslo/internal/text"
)

// Complaints is a Phrasebook of what every program's errors say, and of a program's own.
func Complaints(own ...text.Entry) *text.Phrasebook {
	return text.NewPhrasebook(slices.Concat(common, documents, outage.Phrases, own)...)
}

// NoValue says why a text is no value of a flag of a type of package pflag, where what the
// library's cause says is for programmers; else it is "".
func NoValue(kind string, cause error) string {
	switch kind {
	case "bool":
		return "is neither true nor false"
	case "int", "int64":
		return "is not a whole number, or too large"
	case "float64":
		return "is not a number, or too large"
	case "uint64":
		return "is not a whole number from 0 on, or too large"
	case "duration":
		if strings.HasPrefix(cause.Error(), "time: ") {
			return "is not a duration such as 90s, 15m or 1h30m"
		}
	}
	return ""
}
