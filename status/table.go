package status

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/cells"
	"github.com/shopslo/shopslo/slo"
)

// WriteTable writes the report for people, a line per budget, with a summary
// below. A figure that does not exist is "-"; a share is cut, not rounded, so that
// 100 % means all. Colours are ANSI's, only on the state.
func (r Report) WriteTable(w io.Writer, colour bool) error {
	var out strings.Builder
	if len(r.Budgets) > 0 {
		r.rows(&out, colour)
		r.footnotes(&out)
		out.WriteByte('\n')
	}
	out.WriteString(r.summary())
	if r.Outage != "" {
		fmt.Fprintf(&out, "the server cannot read its source, these are the figures of before: %s\n", r.Outage)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// column is a heading and how a budget fills it.
type column struct {
	head  string
	right bool
	cell  func(*Budget) string
}

func (r Report) columns() []column {
	cols := []column{
		{"TIER", false, func(b *Budget) string { return string(b.Tier) }},
		{"SHOPSET", false, func(b *Budget) string { return string(b.ShopSet) }},
		{"SLO", false, func(b *Budget) string { return b.SLO }},
		{"STATE", false, stateText},
		{"SLI", true, sliText},
		{"GOAL", true, func(b *Budget) string { return FormatGoal(b.Objective) }},
		{"LEFT", true, leftText},
	}
	for i, d := range pageWindows(r.Alerts) {
		head := slo.Rolling(d).Text
		if i == 0 {
			head = "BURN " + head
		}
		cols = append(cols, column{head, true, func(b *Budget) string { return burnText(b, d) }})
	}
	return append(cols,
		column{"DATA", true, func(b *Budget) string { return FormatShare(&b.Coverage) }},
		column{"EVENTS", true, eventsText})
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

// rows writes the headings and the budgets, columns two blanks apart.
func (r Report) rows(out *strings.Builder, colour bool) {
	cols := r.columns()
	rows := make([][]string, 0, len(r.Budgets)+1)
	head := make([]string, len(cols))
	for i, c := range cols {
		head[i] = c.head
	}
	rows = append(rows, head)
	for i := range r.Budgets {
		row := make([]string, len(cols))
		for j, c := range cols {
			row[j] = c.cell(&r.Budgets[i])
		}
		rows = append(rows, row)
	}
	widths := make([]int, len(cols))
	for _, row := range rows {
		for j, cell := range row {
			widths[j] = max(widths[j], cells.Of(cell))
		}
	}
	for i, row := range rows {
		var line strings.Builder
		for j, cell := range row {
			pad := strings.Repeat(" ", widths[j]-cells.Of(cell))
			if cols[j].head == "STATE" && colour && i > 0 {
				cell = paint(r.Budgets[i-1].State, cell)
			}
			if cols[j].right {
				cell, pad = pad+cell, ""
			}
			line.WriteString(cell + pad + "  ")
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// paint colours a state: red is spent or wrong, yellow at risk, blue unknown, green well.
func paint(state slo.State, text string) string {
	code := map[slo.State]string{
		slo.Exhausted: "31", slo.Inconsistent: "31", slo.AtRisk: "33", slo.NoData: "34", slo.InsufficientData: "34", slo.OK: "32",
	}[state]
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// summary counts the states, worst first.
func (r Report) summary() string {
	at := r.At.UTC().Format(time.RFC3339)
	if len(r.Budgets) == 0 {
		return fmt.Sprintf("no budgets at %s: no SLO applies to a ShopSet of the selection\n", at)
	}
	count := map[slo.State]int{}
	for i := range r.Budgets {
		count[r.Budgets[i].State]++
	}
	var parts []string
	for _, s := range []slo.State{slo.Exhausted, slo.Inconsistent, slo.AtRisk, slo.NoData, slo.InsufficientData, slo.OK} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	noun := "budgets"
	if len(r.Budgets) == 1 {
		noun = "budget"
	}
	return fmt.Sprintf("%d %s at %s: %s\n", len(r.Budgets), noun, at, strings.Join(parts, ", "))
}

// stateText marks a state that is in doubt.
func stateText(b *Budget) string {
	if len(b.Flags) > 0 || b.Failure != "" {
		return string(b.State) + "*"
	}
	return string(b.State)
}

func sliText(b *Budget) string {
	switch {
	case b.State == slo.NoData:
		return "no data"
	case b.SLI == nil:
		return "no traffic"
	}
	return percent(*b.SLI, decimals(b.Objective.BudgetRatio()))
}

// decimals is how many decimals of a percentage it takes to see a hundredth of
// the budget: 3 for 99.9 %.
func decimals(budget float64) int { return max(0, int(math.Ceil(-math.Log10(budget)-1e-9))) }

// leftText has nothing to say where the counts contradict themselves.
func leftText(b *Budget) string {
	if b.State == slo.Inconsistent {
		return "-"
	}
	return FormatShare(b.RemainingRatio)
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
