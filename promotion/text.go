package promotion

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/shopslo/shopslo/internal/cells"
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
	for _, p := range d.parts() {
		t.part(p.heading, p.checks)
	}
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
	word, sentence := d.headline()
	code := map[Verdict]string{Promote: "32", Hold: "31"}[d.Verdict]
	t.wrapped(t.paint(word, orElse(code, "33"))+"  ", cells.Of(word)+2, 0, sentence)
	t.wrapped("", 0, 0, d.where())
	if d.Fix != nil {
		t.wrapped("", 0, 0, fmt.Sprintf("A fix of %s, says %s.", d.Fix.URL, orElse(d.Fix.By, "nobody")))
	}
	for _, o := range d.Overrides {
		t.wrapped("", 0, 2, fmt.Sprintf("Override %s by %s until %s (%s), waives %s: %s", o.ID, o.Who, o.Until.UTC().Format(time.RFC3339),
			strings.Join(o.Checks, ", "), count(o.Waives, "check"), o.Why))
	}
}

// headline is the answer: a word, and a sentence.
func (d Decision) headline() (word, sentence string) {
	what := "the Release"
	if d.Release != "" {
		what = "Release " + short(d.Release)
	}
	way := fmt.Sprintf("%s to %s", d.From, d.To)
	failed, unknown := len(d.with(Fail)), len(d.with(Unknown))
	word, sentence = "HOLD", fmt.Sprintf("%s must not go from %s: %s failed.", what, way, count(failed, "check"))
	switch d.Verdict {
	case Promote:
		word, sentence = "PROMOTE", fmt.Sprintf("%s may go from %s: %s passed.", what, way, count(len(d.with(Pass)), "check"))
		if n := len(d.with(Waived)); n > 0 {
			sentence = fmt.Sprintf("%s may go from %s: %s passed, %d waived.", what, way, count(len(d.with(Pass)), "check"), n)
		}
	case Inconclusive:
		why := "evidence is missing for " + count(unknown, "check")
		if unknown == 0 {
			why = "nothing was checked"
		}
		word, sentence = "INCONCLUSIVE", fmt.Sprintf("Nobody can tell whether %s may go from %s: %s.", what, way, why)
	}
	return word, strings.ToUpper(sentence[:1]) + sentence[1:]
}

// where says where the evidence comes from, and of when it is.
func (d Decision) where() string {
	at := d.At.UTC().Format(time.RFC3339)
	switch {
	case d.EvidenceTier == "":
		return fmt.Sprintf("No Tier below has a ShopSet; at %s.", at)
	case d.EvidenceTier != d.From:
		return fmt.Sprintf("Evidence from %s (%s has no ShopSet), at %s.", d.EvidenceTier, d.From, at)
	}
	return fmt.Sprintf("Evidence from %s, at %s.", d.EvidenceTier, at)
}

// part is what is listed under a heading.
type part struct {
	heading string
	checks  []Check
}

// parts are what people have to see.
func (d Decision) parts() []part {
	return []part{{"Failed", d.with(Fail)}, {"Not known", d.with(Unknown)}, {"Waived", d.with(Waived)}, {"Passed, but mind", mindful(d.with(Pass))}}
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
	where := "the gate"
	switch {
	case c.Tier != "":
		where = fmt.Sprintf("%s (%s)", c.Tier, c.Role)
	case c.Role == RoleEvidence:
		where = "the evidence"
	}
	if c.ShopSet == "" {
		return where
	}
	if c.SLO == "" {
		return fmt.Sprintf("%s  %s", c.ShopSet, where)
	}
	return fmt.Sprintf("%s  %s  %s", c.ShopSet, c.SLO, where)
}

// summary counts what passed, and names what was not looked at.
func (t *text) summary(d Decision) {
	t.WriteByte('\n')
	passed, skipped := d.summaries()
	t.wrapped("Passed: ", 8, 8, passed+".")
	for _, c := range d.with(NotChecked) {
		if c.Check == CheckSLO || c.Check == CheckSoak {
			t.wrapped("", 0, 0, c.Reason)
		}
	}
	if skipped != "" {
		t.wrapped("Nobody looked at: ", 18, 2, skipped+" (--explain says why).")
	}
}

// summaries count what passed, and name what was not looked at.
func (d Decision) summaries() (passed, skipped string) {
	n := map[string]int{}
	for _, c := range d.with(Pass) {
		n[c.Check]++
	}
	var did, not []string
	for _, name := range checkOrder {
		if n[name] > 0 {
			did = append(did, fmt.Sprintf("%s %d", name, n[name]))
		}
	}
	for _, c := range d.with(NotChecked) {
		if c.Check != CheckSLO && c.Check != CheckSoak {
			not = append(not, c.Check)
		}
	}
	return orElse(strings.Join(did, ", "), "nothing"), strings.Join(not, ", ")
}

func (t *text) paint(s, code string) string {
	if !t.colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// printable keeps what others wrote, such as the title of an incident, from steering a
// terminal.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// wrapped writes a lead of so many columns and words after it; further lines are
// indented.
func (t *text) wrapped(lead string, at, indent int, words string) {
	t.WriteString(lead)
	empty := true
	for _, word := range strings.Fields(strings.Map(printable, words)) {
		blank := 1
		for _, piece := range cells.Pieces(word) {
			n := cells.Of(piece)
			switch {
			case empty:
			case at+blank+n > t.columns:
				t.WriteString("\n" + strings.Repeat(" ", indent))
				at = indent
			default:
				t.WriteString(strings.Repeat(" ", blank))
				at += blank
			}
			t.WriteString(piece)
			at, empty, blank = at+n, false, 0
		}
	}
	t.WriteByte('\n')
}
