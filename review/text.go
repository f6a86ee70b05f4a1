package review

import (
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/internal/text"
)

// usualWidth is how many columns a report has where nobody says; widestText is where even
// a wide terminal's paragraphs end.
const usualWidth, widestText = 80, 100

// Text writes the Report for terminals of so many columns; 0 means 80. Of a table that is
// too wide each row becomes a paragraph.
func (r Report) Text(l text.Language, width int) string {
	if width <= 0 {
		width = usualWidth
	}
	w := textWriter{width: width}
	p := r.page(lang{l}, mostListed)
	w.para(p.title, 0)
	w.para(p.lead, 0)
	for _, s := range p.sections {
		w.b.WriteString("\n")
		w.para("── "+s.title, 0)
		for _, x := range s.blocks {
			w.block(x)
		}
	}
	return w.b.String()
}

type textWriter struct {
	b     strings.Builder
	width int
}

// para writes a paragraph, whose lines behind the first are moved in.
func (w *textWriter) para(sentence string, in int) {
	w.b.WriteString(text.Wrap(oneLine(sentence), in, in, min(w.width, widestText)) + "\n")
}

func (w *textWriter) block(x block) {
	switch {
	case x.table != nil:
		w.table(x.table)
	case x.items != nil:
		for i, it := range x.items {
			fmt.Fprintf(&w.b, "%d. ", i+1)
			w.para(it.text, 3)
			if strings.HasPrefix(it.link, "http") {
				fmt.Fprintf(&w.b, "   %s\n", oneLine(it.link)) // whole: to be clicked on
			}
		}
	case x.legend != nil:
		w.para(lettered(x.legend), 0)
	default:
		w.para(x.text, 0)
	}
}

// widestCell is how many columns of a terminal one cell of a table may take; the last of
// a row takes more.
const widestCell, widestLast = 48, 100

func (w *textWriter) table(t *table) {
	rows := textRows(t, widestCell, widestLast)
	right(rows, t.heads)
	if n := text.Columns(rows); widest(n) <= w.width {
		w.b.WriteString(n)
	} else {
		w.records(t)
	}
	if t.more != "" {
		w.para(t.more, 0)
	}
}

// records writes each row as a paragraph: its first cell, and the others with their heads.
func (w *textWriter) records(t *table) {
	for _, row := range textRows(t, widestLast, widestLast)[1:] {
		var parts []string
		for i, text := range row[1:] {
			parts = append(parts, t.heads[i+1].text+": "+strings.TrimSpace(text))
		}
		w.para(row[0], 2)
		for _, line := range w.joined(parts) {
			w.b.WriteString("  ")
			w.para(line, 4)
		}
	}
}

// joined puts as many parts on a line as there is room for.
func (w *textWriter) joined(parts []string) (lines []string) {
	for _, part := range parts {
		if n := len(lines); n > 0 {
			if line := lines[n-1] + " · " + part; text.Width(line) < w.width-4 {
				lines[n-1] = line
				continue
			}
		}
		lines = append(lines, part)
	}
	return lines
}

// textRows are the heads, and the rows with cells of at most so many columns.
func textRows(t *table, most, mostLast int) [][]string {
	rows := make([][]string, 0, len(t.rows)+1)
	var heads []string
	for _, h := range t.heads {
		heads = append(heads, h.text)
	}
	rows = append(rows, heads)
	for _, row := range t.rows {
		var line []string
		for i, c := range row {
			switch {
			case c.days != nil:
				line = append(line, strip(c.days))
			case i == len(row)-1:
				line = append(line, text.Fit(oneLine(c.text), mostLast))
			default:
				line = append(line, text.Fit(oneLine(c.text), most))
			}
		}
		rows = append(rows, line)
	}
	return rows
}

// widest is how many columns the widest line takes.
func widest(table string) (n int) {
	for line := range strings.Lines(table) {
		n = max(n, text.Width(strings.TrimSuffix(line, "\n")))
	}
	return n
}

// right moves figures to the right of their columns.
func right(rows [][]string, heads []head) {
	for i, h := range heads {
		if !h.right {
			continue
		}
		widest := 0
		for _, row := range rows {
			widest = max(widest, text.Width(row[i]))
		}
		for _, row := range rows {
			row[i] = strings.Repeat(" ", widest-text.Width(row[i])) + row[i]
		}
	}
}
