package render

import (
	"fmt"
	"time"

	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/promotion"
)

// Headline is the answer in a line, for a message: a word, a sentence, and the first
// reason where it is not promote. What others wrote in it is plain text.
func Headline(d promotion.Decision) string {
	word, sentence := english.headline(d)
	line := word + ": " + sentence
	for _, c := range d.Checks { // what failed stands first, then what is unknown
		if c.Result == promotion.Fail || c.Result == promotion.Unknown {
			line += fmt.Sprintf(" %s, %s: %s", c.Check, english.subject(c), c.Reason)
			break
		}
	}
	return plain.Line(line)
}

// headline is the answer: a word, and a sentence.
func (l lang) headline(d promotion.Decision) (word, sentence string) {
	what := l.say("the Release")
	if d.Release != "" {
		what = l.say("Release %s", promotion.Short(d.Release))
	}
	way := l.say("from %s to %s", d.From, d.To)
	if d.From == "" {
		way = l.say("to %s", d.To)
		if d.Release == "" {
			what = l.say("the next Release")
		}
	}
	failed, unknown := len(with(d, promotion.Fail)), len(with(d, promotion.Unknown))
	word, sentence = l.say("HOLD"), l.say("%s cannot be promoted %s: %s failed.", what, way, l.count(failed))
	switch d.Verdict {
	case promotion.Promote:
		word, sentence = l.say("PROMOTE"), l.say("%s can be promoted %s: %s passed.", what, way, l.count(len(with(d, promotion.Pass))))
		if n := len(with(d, promotion.Waived)); n > 0 {
			sentence = l.say("%s can be promoted %s: %s passed, %d waived.", what, way, l.count(len(with(d, promotion.Pass))), n)
		}
	case promotion.Inconclusive:
		why := l.say("evidence is missing for %s", l.count(unknown))
		if unknown == 0 {
			why = l.say("nothing was checked")
		}
		word, sentence = l.say("INCONCLUSIVE"), l.say("Cannot decide on promoting %s %s: %s.", what, way, why)
	}
	return word, capital(sentence)
}

// where says where the evidence comes from, and of when it is.
func (l lang) where(d promotion.Decision) string {
	at := d.At.UTC().Format(time.RFC3339)
	switch {
	case d.From == "":
		return l.say("%s is the only Tier, so it is judged by itself; evaluated at %s.", d.To, at)
	case d.EvidenceTier == "":
		return l.say("No lower Tier has a ShopSet; evaluated at %s.", at)
	case d.EvidenceTier != d.From:
		return l.say("Evidence from %s (%s has no ShopSet), evaluated at %s.", d.EvidenceTier, d.From, at)
	}
	return l.say("Evidence from %s, evaluated at %s.", d.EvidenceTier, at)
}
