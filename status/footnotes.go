package status

import (
	"slices"
	"strings"
)

// footnotes explains the marks, and repeats each note once with the budgets it is of.
func (l lang) footnotes(r Report, out *strings.Builder, width int) {
	var notes []string
	of := map[string][]string{}
	sliced, doubted := false, false
	for i := range r.Budgets {
		b := &r.Budgets[i]
		sliced = sliced || inSlices(b) && b.Total != nil
		doubted = doubted || b.doubted()
		for _, n := range l.shared(b) {
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
		para(out, l.say("~ slices of time, or points: values at fixed steps; not single events"), width)
	}
	if doubted {
		para(out, l.say("* in doubt, or not being counted now: see the notes"), width)
	}
	for i, n := range notes {
		if i == 0 {
			out.WriteByte('\n')
		}
		who := of[n]
		if len(who) > 3 {
			who = append(who[:3:3], l.say("%d more", len(who)-3))
		}
		para(out, l.say("note: %s (%s)", n, l.List(who)), width)
	}
}

// shared are the budget's notes in words that it has in common with others: without the
// times of its flags.
func (l lang) shared(b *Budget) []string {
	own := map[string]string{}
	for _, f := range b.Flags {
		own[l.flag(f)] = l.say("%s: %s", f.Kind, l.flagMeaning(f.Kind))
	}
	if len(own) == 0 {
		return l.notes(b)
	}
	notes := slices.Clone(l.notes(b))
	for i, n := range notes {
		if common := own[n]; common != "" {
			notes[i] = common
		}
	}
	return notes
}
