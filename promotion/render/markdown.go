package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

// markdownRows bounds a table: a comment on a pull request takes 65,536 characters.
const markdownRows = 60

// Markdown writes the decision for a comment on a pull request, or a summary of a
// job, as GitHub and GitLab show it.
func Markdown(w io.Writer, in text.Language, d promotion.Decision, only ...string) error {
	l := lang{in}
	var b strings.Builder
	word, sentence := l.headline(d)
	sign := map[promotion.Verdict]string{promotion.Promote: "✅", promotion.Hold: "❌", promotion.Inconclusive: "❓"}[d.Verdict]
	fmt.Fprintf(&b, "### %s %s: %s\n\n%s\n", sign, word, plain.Markdown(sentence), plain.Markdown(l.where(d)))
	if d.Fix != nil {
		fmt.Fprintf(&b, "\n%s\n", l.say("Fix for %s (declared by %s).", plain.Markdown(d.Fix.URL), plain.Markdown(cmp.Or(d.Fix.By, l.say("unknown")))))
	}
	some := of(d, only)
	for _, part := range l.parts(some) {
		if len(part.checks) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n**%s** (%d)\n\n%s\n|---|---|---|---|---|\n", part.heading, len(part.checks), l.say("| Check | ShopSet | SLO | Tier | Reason |"))
		for i, c := range part.checks {
			if i == markdownRows {
				fmt.Fprintf(&b, "\n%s\n", l.say("and %d more.", len(part.checks)-i))
				break
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", l.cell(c.Check), plain.Markdown(string(c.ShopSet)), plain.Markdown(c.SLO), plain.Markdown(string(c.Tier)), plain.Markdown(c.Reason))
		}
	}
	l.markdownOverrides(&b, d)
	passed, skipped := l.summaries(some)
	b.WriteString("\n" + l.say("Passed: ") + l.say("%s.", plain.Markdown(passed)))
	if skipped != "" {
		b.WriteString(" " + l.say("Not checked: ") + l.say("%s.", plain.Markdown(skipped)))
	}
	b.WriteByte('\n')
	if len(only) > 0 {
		b.WriteString("\n" + plain.Markdown(l.say("Shown are the checks of %s; the decision is of all.", l.List(only))) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell is a check's name in a table.
func (l lang) cell(check string) string {
	code := "`" + plain.Code(check) + "`"
	if l.Language != text.Japanese {
		return code
	}
	return plain.Markdown(promotion.CheckIn(l.Language, check)) + " " + code
}

func (l lang) markdownOverrides(b *strings.Builder, d promotion.Decision) {
	if len(d.Overrides) == 0 {
		return
	}
	fmt.Fprintf(b, "\n**%s**\n\n%s\n|---|---|---|---|---|---|\n", l.say("Active overrides"), l.say("| Override | Who | Until | Checks | Waives | Reason |"))
	for _, o := range d.Overrides {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %d | %s |\n", plain.Markdown(o.ID), plain.Markdown(o.Who), o.Until.UTC().Format(time.RFC3339),
			plain.Markdown(strings.Join(o.Checks, ", ")), o.Waives, plain.Markdown(o.Why))
	}
}
