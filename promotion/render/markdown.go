package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/promotion"
)

// markdownRows bounds a table: a comment on a pull request takes 65,536 characters.
const markdownRows = 60

// Markdown writes the decision for a comment on a pull request, or a summary of a
// job, as GitHub and GitLab show it.
func Markdown(w io.Writer, d promotion.Decision) error {
	var b strings.Builder
	word, sentence := headline(d)
	sign := map[promotion.Verdict]string{promotion.Promote: "✅", promotion.Hold: "❌", promotion.Inconclusive: "❓"}[d.Verdict]
	fmt.Fprintf(&b, "### %s %s: %s\n\n%s\n", sign, word, plain.Markdown(sentence), plain.Markdown(where(d)))
	if d.Fix != nil {
		fmt.Fprintf(&b, "\nFix for %s (declared by %s).\n", plain.Markdown(d.Fix.URL), plain.Markdown(cmp.Or(d.Fix.By, "unknown")))
	}
	for _, part := range parts(d) {
		if len(part.checks) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n**%s** (%d)\n\n| Check | ShopSet | SLO | Tier | Reason |\n|---|---|---|---|---|\n", part.heading, len(part.checks))
		for i, c := range part.checks {
			if i == markdownRows {
				fmt.Fprintf(&b, "\nand %d more.\n", len(part.checks)-i)
				break
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", plain.Code(c.Check), plain.Markdown(string(c.ShopSet)), plain.Markdown(c.SLO), plain.Markdown(string(c.Tier)), plain.Markdown(c.Reason))
		}
	}
	markdownOverrides(&b, d)
	passed, skipped := summaries(d)
	fmt.Fprintf(&b, "\nPassed: %s.", plain.Markdown(passed))
	if skipped != "" {
		fmt.Fprintf(&b, " Not checked: %s.", plain.Markdown(skipped))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownOverrides(b *strings.Builder, d promotion.Decision) {
	if len(d.Overrides) == 0 {
		return
	}
	b.WriteString("\n**Active overrides**\n\n| Override | Who | Until | Checks | Waives | Reason |\n|---|---|---|---|---|---|\n")
	for _, o := range d.Overrides {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %d | %s |\n", plain.Markdown(o.ID), plain.Markdown(o.Who), o.Until.UTC().Format(time.RFC3339),
			plain.Markdown(strings.Join(o.Checks, ", ")), o.Waives, plain.Markdown(o.Why))
	}
}
