package promotion

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopslo/shopslo/slo"
)

// atMost is how many ShopSets and SLOs a part of the text lists: the rest is
// counted, and in the JSON.
const atMost = 12

// WriteText writes the decision for people: what, then why, then what passed and
// what nobody looked at. Lines have at most so many columns; 0 means 100. Colours
// are ANSI's, only on the verdict.
func (d Decision) WriteText(w io.Writer, columns int, colour bool) error {
	if columns <= 0 {
		columns = 100
	}
	t := text{columns: max(columns, 40), colour: colour}
	t.verdict(d)
	t.part("Failed", d.with(Fail))
	t.part("Not known", d.with(Unknown))
	t.part("Waived", d.with(Waived))
	t.part("Passed, but mind", mindful(d.with(Pass)))
	t.summary(d)
	_, err := io.WriteString(w, t.String())
	return err
}

// with picks the checks of a result.
func (d Decision) with(r Result) []Check {
	var picked []Check
	for _, c := range d.Checks {
		if c.Result == r {
			picked = append(picked, c)
		}
	}
	return picked
}

// mindful picks what passed and is worth a look all the same.
func mindful(passed []Check) []Check {
	return slices.DeleteFunc(passed, func(c Check) bool {
		state, _ := c.Evidence.Get("state").(string)
		return state == "" || state == string(slo.OK)
	})
}

type text struct {
	strings.Builder
	columns int
	colour  bool
}

// verdict writes the answer, in one sentence.
func (t *text) verdict(d Decision) {
	what := "the Release"
	if d.Release != "" {
		what = "Release " + d.Release
	}
	way := fmt.Sprintf("%s to %s", d.From, d.To)
	failed, unknown := len(d.with(Fail)), len(d.with(Unknown))
	word, code, sentence := "HOLD", "31", fmt.Sprintf("%s must not go from %s: %s failed.", what, way, count(failed, "check"))
	switch d.Verdict {
	case Promote:
		word, code, sentence = "PROMOTE", "32", fmt.Sprintf("%s may go from %s: %s passed.", what, way, count(len(d.with(Pass)), "check"))
	case Inconclusive:
		why := "evidence is missing for " + count(unknown, "check")
		if unknown == 0 {
			why = "nothing was checked"
		}
		word, code, sentence = "INCONCLUSIVE", "33", fmt.Sprintf("Nobody can tell whether %s may go from %s: %s.", what, way, why)
	}
	t.wrapped(t.paint(word, code)+"  ", utf8.RuneCountInString(word)+2, 0, strings.ToUpper(sentence[:1])+sentence[1:])
	where := fmt.Sprintf("Evidence from %s, at %s.", d.EvidenceTier, d.At.UTC().Format(time.RFC3339))
	switch {
	case d.EvidenceTier == "":
		where = fmt.Sprintf("No Tier below has a ShopSet; at %s.", d.At.UTC().Format(time.RFC3339))
	case d.EvidenceTier != d.From:
		where = fmt.Sprintf("Evidence from %s (%s has no ShopSet), at %s.", d.EvidenceTier, d.From, d.At.UTC().Format(time.RFC3339))
	}
	t.wrapped("", 0, 0, where)
}

// part lists checks under a heading, those of one ShopSet and SLO together, and
// ShopSets of which the same is to be said together.
func (t *text) part(heading string, checks []Check) {
	if len(checks) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s:\n", heading)
	blocks := t.blocks(checks)
	for i, b := range blocks {
		if i == atMost {
			rest := 0
			for _, b := range blocks[i:] {
				rest += len(b.subjects)
			}
			fmt.Fprintf(t, "  and as much of %s; -o json lists it all\n", count(rest, "other"))
			return
		}
		for j, s := range b.subjects {
			if j == atMost {
				fmt.Fprintf(t, "  and %s; -o json lists them all\n", count(len(b.subjects)-j, "other"))
				break
			}
			fmt.Fprintf(t, "  %s\n", s)
		}
		t.WriteString(b.lines)
	}
}

// block is what is to be said of some subjects.
type block struct {
	subjects []string
	lines    string
}

func (t *text) blocks(checks []Check) []block {
	var subjects []string
	lines := map[string]*text{}
	for _, c := range checks {
		s := subject(c)
		if lines[s] == nil {
			subjects, lines[s] = append(subjects, s), &text{columns: t.columns}
		}
		lines[s].wrapped(fmt.Sprintf("    %-13s  ", c.Check), 19, 19, c.Reason)
	}
	var blocks []block
	at := map[string]int{}
	for _, s := range subjects {
		said := lines[s].String()
		i, ok := at[said]
		if !ok {
			i = len(blocks)
			at[said], blocks = i, append(blocks, block{lines: said})
		}
		blocks[i].subjects = append(blocks[i].subjects, s)
	}
	return blocks
}

// subject says what a check is about.
func subject(c Check) string {
	name, _ := c.Evidence.Get("tier").(string)
	role, _ := c.Evidence.Get("role").(string)
	where := name
	switch {
	case name == "" && role == roleEvidence:
		where = "the evidence"
	case name == "":
		where = "the gate"
	case role != "":
		where = fmt.Sprintf("%s (%s)", name, role)
	}
	if c.ShopSet == "" {
		return where
	}
	return fmt.Sprintf("%s  %s  %s", c.ShopSet, c.SLO, where)
}

// summary counts what passed, and names what was not looked at.
func (t *text) summary(d Decision) {
	t.WriteByte('\n')
	passed := map[string]int{}
	for _, c := range d.with(Pass) {
		passed[c.Check]++
	}
	var parts []string
	for _, name := range checkOrder {
		if passed[name] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", name, passed[name]))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing"}
	}
	t.wrapped("Passed: ", 8, 8, strings.Join(parts, ", ")+".")
	var skipped []string
	for _, c := range d.with(NotChecked) {
		if c.Check == CheckSLO || c.Check == CheckSoak {
			t.wrapped("", 0, 0, c.Reason)
			continue
		}
		skipped = append(skipped, c.Check)
	}
	if len(skipped) > 0 {
		t.wrapped("Nobody looked at: ", 18, 2, strings.Join(skipped, ", ")+" (--explain says why).")
	}
}

func (t *text) paint(s, code string) string {
	if !t.colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// wrapped writes a lead of so many columns and words after it; further lines are
// indented.
func (t *text) wrapped(lead string, at, indent int, words string) {
	t.WriteString(lead)
	empty := true
	for _, word := range strings.Fields(words) {
		n := utf8.RuneCountInString(word)
		switch {
		case empty:
		case at+1+n > t.columns:
			t.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			t.WriteByte(' ')
			at++
		}
		t.WriteString(word)
		at, empty = at+n, false
	}
	t.WriteByte('\n')
}
