package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/promotion"
)

// Headline is the answer in a line, for a message: a word, a sentence, and the first
// reason where it is not promote. What others wrote in it is plain text.
func Headline(d promotion.Decision) string {
	word, sentence := headline(d)
	line := word + ": " + sentence
	for _, c := range d.Checks { // what failed stands first, then what is unknown
		if c.Result == promotion.Fail || c.Result == promotion.Unknown {
			line += fmt.Sprintf(" %s, %s: %s", c.Check, subject(c), c.Reason)
			break
		}
	}
	return plain.Line(line)
}

// headline is the answer: a word, and a sentence.
func headline(d promotion.Decision) (word, sentence string) {
	what := "the Release"
	if d.Release != "" {
		what = "Release " + promotion.Short(d.Release)
	}
	way := fmt.Sprintf("from %s to %s", d.From, d.To)
	if d.From == "" {
		way = "to " + string(d.To)
		if d.Release == "" {
			what = "the next Release"
		}
	}
	failed, unknown := len(with(d, promotion.Fail)), len(with(d, promotion.Unknown))
	word, sentence = "HOLD", fmt.Sprintf("%s cannot be promoted %s: %s failed.", what, way, count(failed, "check"))
	switch d.Verdict {
	case promotion.Promote:
		word, sentence = "PROMOTE", fmt.Sprintf("%s can be promoted %s: %s passed.", what, way, count(len(with(d, promotion.Pass)), "check"))
		if n := len(with(d, promotion.Waived)); n > 0 {
			sentence = fmt.Sprintf("%s can be promoted %s: %s passed, %d waived.", what, way, count(len(with(d, promotion.Pass)), "check"), n)
		}
	case promotion.Inconclusive:
		why := "evidence is missing for " + count(unknown, "check")
		if unknown == 0 {
			why = "nothing was checked"
		}
		word, sentence = "INCONCLUSIVE", fmt.Sprintf("Cannot decide on promoting %s %s: %s.", what, way, why)
	}
	return word, strings.ToUpper(sentence[:1]) + sentence[1:]
}

// where says where the evidence comes from, and of when it is.
func where(d promotion.Decision) string {
	at := d.At.UTC().Format(time.RFC3339)
	switch {
	case d.From == "":
		return fmt.Sprintf("%s is the only Tier, so it is judged by itself; evaluated at %s.", d.To, at)
	case d.EvidenceTier == "":
		return fmt.Sprintf("No lower Tier has a ShopSet; evaluated at %s.", at)
	case d.EvidenceTier != d.From:
		return fmt.Sprintf("Evidence from %s (%s has no ShopSet), evaluated at %s.", d.EvidenceTier, d.From, at)
	}
	return fmt.Sprintf("Evidence from %s, evaluated at %s.", d.EvidenceTier, at)
}
