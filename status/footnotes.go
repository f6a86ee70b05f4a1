package status

import (
	"fmt"
	"slices"
	"strings"
)

// footnotes explains the marks, and repeats each note once with the budgets it is of.
func (r Report) footnotes(out *strings.Builder, width int) {
	var notes []string
	of := map[string][]string{}
	sliced, doubted := false, false
	for i := range r.Budgets {
		b := &r.Budgets[i]
		sliced = sliced || inSlices(b) && b.Total != nil
		doubted = doubted || stateText(b) != string(b.State)
		for _, n := range b.shared() {
			if of[n] == nil {
				notes = append(notes, n)
			}
			of[n] = append(of[n], string(b.ShopSet)+" "+b.SLO)
		}
	}
	if sliced || doubted {
		out.WriteByte('\n')
	}
	if sliced {
		para(out, "~ slices of time, or points: values at fixed steps; not single events", width)
	}
	if doubted {
		para(out, "* in doubt, or not being counted now: see the notes", width)
	}
	for i, n := range notes {
		if i == 0 {
			out.WriteByte('\n')
		}
		who := of[n]
		if len(who) > 3 {
			who = append(who[:3:3], fmt.Sprintf("%d more", len(who)-3))
		}
		para(out, fmt.Sprintf("note: %s (%s)", n, strings.Join(who, ", ")), width)
	}
}

// shared are the budget's notes in words that it has in common with others: without the
// times of its flags.
func (b *Budget) shared() []string {
	own := map[string]string{}
	for _, f := range b.Flags {
		own[FlagText(f)] = fmt.Sprintf("%s: %s", f.Kind, flagMeaning(f.Kind))
	}
	if len(own) == 0 {
		return b.Notes
	}
	notes := slices.Clone(b.Notes)
	for i, n := range notes {
		if common := own[n]; common != "" {
			notes[i] = common
		}
	}
	return notes
}
