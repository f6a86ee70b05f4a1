package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the answer: a goal, or a figure without one. The detail is
// what the figure is made of.
type row struct{ what, goal, measured, met, detail string }

// table collects rows as the measurement goes on.
type table struct{ rows []row }

// goal adds a figure that a goal is set for.
func (t *table) goal(what, goal string, met bool, measured, detail string, args ...any) {
	answer := map[bool]string{true: "yes", false: "no"}[met]
	t.rows = append(t.rows, row{what, goal, measured, answer, fmt.Sprintf(detail, args...)})
}

// figure adds a figure that says something beside the goals.
func (t *table) figure(what, measured, detail string, args ...any) {
	t.rows = append(t.rows, row{what: what, measured: measured, detail: fmt.Sprintf(detail, args...)})
}

// heading starts a section.
func (t *table) heading(text string) { t.rows = append(t.rows, row{what: text, goal: "#"}) }

// failed says that a part could not be measured: its goals are not met.
func (t *table) failed(part string, err error) {
	t.rows = append(t.rows, row{part, "to be measured", "failed", "no", strings.ReplaceAll(err.Error(), "\n", " ")})
}

// write prints the table for a terminal.
func (t *table) write(w io.Writer) error {
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "\tgoal\tmeasured\tmet\t\n")
	for _, r := range t.rows {
		if r.goal == "#" {
			// Empty cells keep the columns of all sections in line.
			fmt.Fprintf(tw, "\t\t\t\t\n%s\t\t\t\t\n", strings.ToUpper(r.what))
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", r.what, r.goal, r.measured, r.met, r.detail)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// markdown prints the table for a document.
func (t *table) markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| | goal | measured | met | |\n|---|---|---|---|---|\n")
	for _, r := range t.rows {
		if r.goal == "#" {
			fmt.Fprintf(&b, "| **%s** | | | | |\n", r.what)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(r.what), cell(r.goal), cell(r.measured), r.met, cell(r.detail))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// seconds writes a duration with three digits.
func seconds(d time.Duration) string {
	switch s := d.Seconds(); {
	case s >= 100:
		return fmt.Sprintf("%.0f s", s)
	case s >= 1:
		return fmt.Sprintf("%.3g s", s)
	case s >= 1e-3:
		return fmt.Sprintf("%.3g ms", s*1e3)
	default:
		return fmt.Sprintf("%.3g µs", s*1e6)
	}
}

// millions writes a number in millions.
func millions(n float64) string { return fmt.Sprintf("%.3g million", n/1e6) }

// kib writes bytes in KiB, mib in MiB.
func kib(n float64) string { return fmt.Sprintf("%.1f KiB", n/1024) }
func mib(n float64) string { return fmt.Sprintf("%.0f MiB", n/(1<<20)) }
