// Package render writes a decision of the gate for who reads it: people at a terminal,
// pull requests (Markdown), test reports (JUnit), code scanning (SARIF). It decides
// nothing; the JSON from which a decision can be made again is the own of promotion.
package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

// atMost is how many ShopSets and SLOs a part of the text lists: the rest is
// counted, and in the JSON.
const atMost = 12

// Text writes the decision for people: what, then why, then what passed and
// what nobody looked at. Lines have at most so many columns; 0 means 100. Colours
// are ANSI's, only on the verdict. With only, the checks of these SLOs are shown, and those of
// none.
func Text(w io.Writer, in text.Language, d promotion.Decision, columns int, colour bool, only ...string) error {
	if columns <= 0 {
		columns = 100
	}
	t := page{lang: lang{in}, columns: max(columns, 40), colour: colour}
	t.verdict(d)
	some := of(d, only)
	for _, p := range t.parts(some) {
		t.part(p.heading, p.checks)
	}
	t.summary(some)
	if len(only) > 0 {
		t.wrapped("", 0, 0, t.say("Shown are the checks of %s; the decision is of all.", t.List(only)))
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// of leaves out the checks of other SLOs than these; none leaves out nothing.
func of(d promotion.Decision, only []string) promotion.Decision {
	if len(only) > 0 {
		d.Checks = slices.DeleteFunc(slices.Clone(d.Checks), func(c promotion.Check) bool { return c.SLO != "" && !slices.Contains(only, c.SLO) })
	}
	return d
}

type page struct {
	strings.Builder
	lang
	columns int
	colour  bool
}

// verdict writes the answer, in one sentence.
func (t *page) verdict(d promotion.Decision) {
	word, sentence := t.headline(d)
	code := map[promotion.Verdict]string{promotion.Promote: "32", promotion.Hold: "31"}[d.Verdict]
	t.wrapped(t.paint(word, cmp.Or(code, "33"))+"  ", text.Width(word)+2, 0, sentence)
	t.wrapped("", 0, 0, t.where(d))
	if d.Fix != nil {
		t.wrapped("", 0, 0, t.say("Fix for %s (declared by %s).", d.Fix.URL, cmp.Or(d.Fix.By, t.say("unknown"))))
	}
	for _, o := range d.Overrides {
		t.wrapped("", 0, 2, t.say("Override %s by %s until %s (%s), waives %s: %s", o.ID, o.Who, o.Until.UTC().Format(time.RFC3339),
			t.List(o.Checks), t.count(o.Waives), o.Why))
	}
}

// part lists checks under a heading, those of one ShopSet and SLO together, and
// ShopSets of which the same is to be said together.
func (t *page) part(heading string, checks []promotion.Check) {
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
			t.WriteString("  " + t.say("and the same kind for %d more; use -o json for the full list", rest) + "\n")
			return
		}
		for j, s := range b.subjects {
			if j == atMost {
				t.WriteString("  " + t.say("and %d more; use -o json for the full list", len(b.subjects)-j) + "\n")
				break
			}
			fmt.Fprintf(t, "  %s\n", plain.Line(s))
		}
		t.WriteString(b.lines)
	}
}

// block is what is to be said of some subjects.
type block struct {
	subjects []string
	lines    string
}

func (t *page) blocks(checks []promotion.Check) []block {
	var subjects []string
	lines := map[string]*page{}
	for _, c := range checks {
		s := t.subject(c)
		if lines[s] == nil {
			subjects, lines[s] = append(subjects, s), &page{lang: t.lang, columns: t.columns}
		}
		lines[s].check(c)
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

// check writes what one came to. In Japanese its name is too long to stand before it.
func (t *page) check(c promotion.Check) {
	if t.Language == text.Japanese {
		t.wrapped("    ", 4, 6, t.name(c.Check))
		t.wrapped("      ", 6, 6, c.Reason)
		return
	}
	t.wrapped(fmt.Sprintf("    %-13s  ", plain.Line(c.Check)), 19, 19, c.Reason)
}

// summary counts what passed, and names what was not looked at.
func (t *page) summary(d promotion.Decision) {
	t.WriteByte('\n')
	passed, skipped := t.summaries(d)
	t.led(t.say("Passed: "), text.Width(t.say("Passed: ")), t.say("%s.", passed))
	for _, c := range with(d, promotion.NotChecked) {
		if c.Check == promotion.CheckSLO || c.Check == promotion.CheckSoak {
			t.wrapped("", 0, 0, c.Reason)
		}
	}
	if skipped != "" {
		t.led(t.say("Not checked: "), 2, t.say("%s (see --explain).", skipped))
	}
}

func (t *page) paint(s, code string) string {
	if !t.colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// led writes words after a lead.
func (t *page) led(lead string, indent int, words string) {
	t.wrapped(lead, text.Width(lead), indent, words)
}

// wrapped writes a lead of so many columns and words after it; further lines are
// indented.
func (t *page) wrapped(lead string, at, indent int, words string) {
	t.WriteString(lead + text.Wrap(plain.Line(words), at, indent, t.columns))
	t.WriteByte('\n')
}
