package text

import (
	"strings"

	"golang.org/x/text/width"
)

// Width is how many columns a text takes. It must hold no control characters.
func Width(text string) (n int) {
	for _, r := range text {
		n += widthOf(r)
	}
	return n
}

func widthOf(r rune) int {
	if r < 0x300 {
		return 1
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Fit shortens a text to at most so many columns, the last of them an ellipsis.
func Fit(text string, most int) string {
	if Width(text) <= most {
		return text
	}
	n := 0
	for i, r := range text {
		if n += widthOf(r); n > most-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// What Japanese writes no line's begin, and no line's end, with (JIS X 4051).
const (
	notFirst = "。、，．・：；？！々ー～）］｝〕〉》」』】ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}"
	notLast  = "（［｛〔〈《「『【([{"
)

// pieces are the parts of a word between which a line may end: Japanese is written
// without blanks, and a line may end after nearly each of its letters.
func pieces(word string) []string {
	var out []string
	start, before := 0, rune(-1)
	for i, r := range word {
		wide := widthOf(r) == 2 || before >= 0 && widthOf(before) == 2
		if i > start && wide && !strings.ContainsRune(notFirst, r) && !strings.ContainsRune(notLast, before) {
			out = append(out, word[start:i])
			start = i
		}
		before = r
	}
	return append(out, word[start:])
}

// Wrap breaks a text into lines of at most so many columns: the first begins at a column,
// those behind it are moved in. most 0: as wide as it takes. A word that is wider than a line
// is broken.
func Wrap(text string, at, in, most int) string {
	if most <= 0 {
		return text
	}
	var b strings.Builder
	width, empty := at, true
	newLine := func() {
		b.WriteString("\n" + strings.Repeat(" ", in))
		width, empty = in, true
	}
	for i, word := range strings.Fields(text) {
		for j, piece := range pieces(word) {
			blank := 0
			if i > 0 && j == 0 {
				blank = 1
			}
			if !empty && width+blank+Width(piece) > most {
				newLine()
			}
			if !empty && blank > 0 {
				b.WriteString(" ")
				width++
			}
			for _, r := range piece {
				if !empty && width+widthOf(r) > most {
					newLine()
				}
				b.WriteRune(r)
				width, empty = width+widthOf(r), false
			}
		}
	}
	return b.String()
}

// Widths are how many columns the widest text takes at each place of the rows.
func Widths(rows [][]string) []int {
	widest := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			widest[i] = max(widest[i], Width(text))
		}
	}
	return widest
}

// Columns writes rows, the first of them the heads, one under the other and two blanks
// apart. All rows are as long as the first.
func Columns(rows [][]string) string {
	widest := Widths(rows)
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, text := range row {
			line += text + strings.Repeat(" ", widest[i]-Width(text)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
