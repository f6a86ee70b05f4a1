// Package text is how texts for people are made: in which language, how long, how figures and
// lengths of time are written, and how it all is laid out on a terminal, where Japanese letters
// take two columns. It is a leaf: everything in the module may use it, it uses nothing of it.
package text

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const ellipsis = "…"

// Cut shortens a text to at most so many characters, the last of them an ellipsis.
func Cut(text string, most int) string {
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	n := 0
	for i := range text {
		if n++; n == most {
			return text[:i] + ellipsis
		}
	}
	return text
}

// Line makes one line of what others wrote, without control characters and what is not UTF-8,
// and cuts it.
func Line(text string, most int) string {
	fields := strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	return Cut(strings.Join(fields, " "), most)
}

// Percent writes a ratio in percent with so many decimals, without a sign. It is cut, not
// rounded, so that 100 means all.
func Percent(ratio float64, places int) string {
	p := math.Pow10(places)
	// 1e-9: 0.999·100 is a hair below 99.9, and would be cut to 99.8.
	return strconv.FormatFloat(math.Floor(ratio*100*p+1e-9)/p, 'f', places, 64)
}

// Objective writes a ratio in percent with the decimals that it has, up to seven, without a
// sign: 99.95.
func Objective(ratio float64) string {
	return strconv.FormatFloat(math.Round(ratio*1e9)/1e7, 'f', -1, 64)
}
