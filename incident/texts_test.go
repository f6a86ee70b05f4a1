package incident

import (
	"testing"

	"github.com/shopslo/shopslo/internal/text"
)

func TestEachSeverityAndStateHasAWordAndOthersStayAsTheyAre(t *testing.T) {
	words := map[string]text.Entry{}
	for _, s := range Severities {
		words[string(s)] = s.Word()
	}
	for _, s := range States {
		words[string(s)] = s.Word()
	}
	for name, word := range words {
		if text.English.Say(word) != name || text.Japanese.Say(word) == name {
			t.Errorf("%s is %q and %q", name, text.English.Say(word), text.Japanese.Say(word))
		}
	}
	for _, l := range text.Languages {
		if got := l.Say(Severity("sev1").Word()) + l.Say(State("").Word()); got != "sev1" {
			t.Errorf("%s: what is none of ours is called %q", l, got)
		}
	}
}
