package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

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
	fmt.Fprintf(&b, "### %s %s: %s\n\n%s\n", sign, word, plain(sentence), plain(where(d)))
	if d.Fix != nil {
		fmt.Fprintf(&b, "\nFix for %s (declared by %s).\n", plain(d.Fix.URL), plain(cmp.Or(d.Fix.By, "unknown")))
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
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.Check, plain(string(c.ShopSet)), plain(c.SLO), plain(string(c.Tier)), plain(c.Reason))
		}
	}
	markdownOverrides(&b, d)
	passed, skipped := summaries(d)
	fmt.Fprintf(&b, "\nPassed: %s.", plain(passed))
	if skipped != "" {
		fmt.Fprintf(&b, " Not checked: %s.", plain(skipped))
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
		fmt.Fprintf(b, "| %s | %s | %s | %s | %d | %s |\n", plain(o.ID), plain(o.Who), o.Until.UTC().Format(time.RFC3339),
			plain(strings.Join(o.Checks, ", ")), o.Waives, plain(o.Why))
	}
}

// markdownSafe keeps what people wrote, such as the title of an incident, from being
// read as markup, as a mention that calls somebody, or as the end of a cell.
var markdownSafe = func() *strings.Replacer {
	pairs := []string{"\r", " ", "\n", " "}
	for _, c := range "&<>|@`*_[]#~\\" {
		pairs = append(pairs, string(c), fmt.Sprintf("&#%d;", c))
	}
	return strings.NewReplacer(pairs...)
}()

func plain(s string) string { return markdownSafe.Replace(s) }
