package board

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

func TestTheGatesReasonsAreInThePagesLanguage(t *testing.T) {
	h, source := newHandler(t)
	gate := gateOf(&source.in, "prod")
	if gate == nil || len(gate.Record.Checks) == 0 {
		t.Fatal("there is no decision to show")
	}
	english, japanese := reasonOf(gate.Record.Decision), reasonOf(gate.Record.In(text.Japanese))
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for range 2 { // the second time from what was kept
		if words := shownWords(t, h, "/gate/prod", text.Japanese); !strings.Contains(words, plain(japanese)) || strings.Contains(words, plain(english)) {
			t.Errorf("%q or %q in\n%s", japanese, english, words)
		}
		if words := shownWords(t, h, "/gate/prod", text.English); !strings.Contains(words, plain(english)) {
			t.Errorf("no %q in\n%s", english, words)
		}
	}
	if first, again := h.said.in(text.Japanese, source.in.Gates), h.said.in(text.Japanese, source.in.Gates); first[0].Record != again[0].Record {
		t.Error("the same decision is made in Japanese again")
	}
}

// reasonOf is a reason in which nobody else has a word.
func reasonOf(d promotion.Decision) string {
	for _, c := range d.Checks {
		if c.Check == promotion.CheckBudget {
			return c.Reason
		}
	}
	return "(none)"
}
