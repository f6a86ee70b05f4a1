package status

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// WriteTable writes the report for people, a line per budget, with a summary
// below. A figure that does not exist is "-"; a share is cut, not rounded, so that
// 100 % means all. Colours are ANSI's, only on the state. No line is wider than so many
// columns of the terminal: what does not fit is left out, and said to be; 0 is as wide as
// it takes.
func (r Report) WriteTable(w io.Writer, in text.Language, colour bool, width int) error {
	l := lang{in}
	var out strings.Builder
	if len(r.Budgets) > 0 {
		omitted := l.rows(r, &out, colour, width)
		l.footnotes(r, &out, width)
		if len(omitted) > 0 {
			para(&out, l.say("left out at a width of %d: %s; a wider terminal or -o json has them", width, l.List(omitted)), width)
		}
		out.WriteByte('\n')
	}
	para(&out, l.summary(r), width)
	if r.Outage != "" {
		para(&out, l.say("the server cannot read its source, these are the figures of before: %s", r.Outage), width)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// para writes a paragraph.
func para(out *strings.Builder, sentence string, width int) {
	out.WriteString(text.Wrap(sentence, 0, 0, width) + "\n")
}

// column is a heading and how a budget fills it. Those with the highest number to omit are
// left out first where there is no room; 0: never.
type column struct {
	head  string
	right bool
	cell  func(*Budget) string
	omit  int
}

func (l lang) columns(r Report) []column {
	cols := []column{
		{l.say("TIER"), false, func(b *Budget) string { return string(b.Tier) }, 0},
		{l.say("SHOPSET"), false, func(b *Budget) string { return string(b.ShopSet) }, 0},
		{l.say("SLO"), false, func(b *Budget) string { return b.SLO }, 0},
		{l.say("STATE"), false, l.state, 0},
		{l.say("SLI"), true, l.sli, 0},
		{l.say("GOAL"), true, func(b *Budget) string { return FormatGoal(b.Objective) }, 2},
		{l.say("LEFT"), true, leftText, 0},
	}
	for i, d := range pageWindows(r.Alerts) {
		head := slo.Rolling(d).Text
		if i == 0 {
			head = l.say("BURN %s", head)
		}
		cols = append(cols, column{head, true, func(b *Budget) string { return burnText(b, d) }, 3 * min(i, 1)})
	}
	return append(cols,
		column{l.say("DATA"), true, func(b *Budget) string { return FormatShare(&b.Coverage) }, 1},
		column{l.say("EVENTS"), true, eventsText, 4})
}

// pageWindows are the long windows of the page alerts: a budget's news.
func pageWindows(alerts []slo.BurnAlert) []time.Duration {
	var ds []time.Duration
	for _, a := range alerts {
		if a.Severity == slo.Page {
			ds = append(ds, a.Long)
		}
	}
	return ds
}

// rows writes the headings and the budgets, columns two blanks apart, and gives the
// headings of those for which there is no room.
func (l lang) rows(r Report, out *strings.Builder, colour bool, width int) (omitted []string) {
	cols := l.columns(r)
	rows := r.filled(cols)
	widths := text.Widths(rows)
	state := l.say("STATE")
	cols, rows, widths, omitted = fitted(cols, rows, widths, width)
	for i, row := range rows {
		var line strings.Builder
		for j, cell := range row {
			cell = text.Fit(cell, widths[j])
			pad := strings.Repeat(" ", widths[j]-text.Width(cell))
			if cols[j].head == state && colour && i > 0 {
				cell = paint(r.Budgets[i-1].State, cell)
			}
			if cols[j].right {
				cell, pad = pad+cell, ""
			}
			line.WriteString(cell + pad + "  ")
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return omitted
}

// filled are the headings, and a row for each budget.
func (r Report) filled(cols []column) [][]string {
	rows := [][]string{{}}
	for _, c := range cols {
		rows[0] = append(rows[0], c.head)
	}
	for i := range r.Budgets {
		row := make([]string, len(cols))
		for j, c := range cols {
			row[j] = c.cell(&r.Budgets[i])
		}
		rows = append(rows, row)
	}
	return rows
}

// leastName is how many columns of the terminal a name keeps.
const leastName = 6

// fitted leaves out columns, and shortens names where that is not enough.
func fitted(cols []column, rows [][]string, widths []int, width int) ([]column, [][]string, []int, []string) {
	var omitted []string
	for width > 0 && total(widths) > width {
		at := 0
		for i := range cols {
			if cols[i].omit > cols[at].omit {
				at = i
			}
		}
		if cols[at].omit == 0 {
			break
		}
		omitted = append(omitted, cols[at].head)
		cols, widths = slices.Delete(cols, at, at+1), slices.Delete(widths, at, at+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], at, at+1)
		}
	}
	for width > 0 && total(widths) > width {
		at := slices.Index(widths[:3], slices.Max(widths[:3])) // tier, ShopSet, SLO
		if widths[at] <= leastName {
			break
		}
		widths[at]--
	}
	return cols, rows, widths, omitted
}

// total is how wide a line is.
func total(widths []int) (n int) {
	for _, w := range widths {
		n += w + 2
	}
	return n - 2
}

// paint colours a state: red is spent or wrong, yellow at risk, blue unknown, green well.
func paint(state slo.State, text string) string {
	code := map[slo.State]string{
		slo.Exhausted: "31", slo.Inconsistent: "31", slo.AtRisk: "33", slo.NoData: "34", slo.InsufficientData: "34", slo.OK: "32",
	}[state]
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// summary counts the states, worst first.
func (l lang) summary(r Report) string {
	at := r.At.UTC().Format(time.RFC3339)
	if len(r.Budgets) == 0 {
		return l.say("no budgets at %s: no SLO applies to a ShopSet of the selection", at)
	}
	count := map[slo.State]int{}
	for i := range r.Budgets {
		count[r.Budgets[i].State]++
	}
	var parts []string
	for _, s := range []slo.State{slo.Inconsistent, slo.Exhausted, slo.AtRisk, slo.NoData, slo.InsufficientData, slo.OK} {
		if count[s] > 0 {
			parts = append(parts, l.say("%d %s", count[s], l.say(string(s))))
		}
	}
	all := "%d budgets at %s: %s"
	if len(r.Budgets) == 1 {
		all = "%d budget at %s: %s"
	}
	return l.say(all, len(r.Budgets), at, l.List(parts))
}

// state marks one that is in doubt.
func (l lang) state(b *Budget) string {
	if b.doubted() {
		return l.say(string(b.State)) + "*"
	}
	return l.say(string(b.State))
}

func (b *Budget) doubted() bool { return len(b.Flags) > 0 || b.Failure != "" }

func (l lang) sli(b *Budget) string {
	switch {
	case b.State == slo.NoData:
		return l.say("no data")
	case b.SLI == nil:
		return l.say("no traffic")
	case b.State == slo.Inconsistent:
		return "-" // good exceeds total: no share of anything
	}
	return FormatSLI(*b.SLI, b.Objective)
}

// leftText has nothing to say where the counts contradict themselves.
func leftText(b *Budget) string {
	return FormatShare(b.Left())
}

func burnText(b *Budget, d time.Duration) string {
	for _, r := range b.BurnRates {
		if r.Window == d && r.Rate != nil && b.State != slo.Inconsistent {
			return FormatRate(*r.Rate)
		}
	}
	return "-"
}

func eventsText(b *Budget) string {
	if b.Total == nil {
		return "-"
	}
	if inSlices(b) {
		return "~" + FormatCount(*b.Total)
	}
	return FormatCount(*b.Total)
}

// inSlices reports whether a budget's total is no number of events.
func inSlices(b *Budget) bool { return b.Unit == slo.Slices || b.Counted == OnGrid }
