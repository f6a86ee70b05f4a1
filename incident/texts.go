package incident

import "github.com/shopslo/shopslo/internal/text"

// Words of the vocabulary: docs/glossary.md.
var (
	severityWords = map[Severity]text.Entry{
		Critical: text.Of("critical", "緊急"),
		Major:    text.Of("major", "重大"),
		Minor:    text.Of("minor", "軽微"),
	}
	stateWords = map[State]text.Entry{
		Open:      text.Of("open", "対応中"),
		Mitigated: text.Of("mitigated", "緩和済み"),
		Resolved:  text.Of("resolved", "解決済み"),
		Closed:    text.Of("closed", "完了"),
	}
)

// Word is what people call the Severity; one that is none is called as it is written.
func (s Severity) Word() text.Entry { return wordOf(severityWords, s) }

// Word is what people call the State; one that is none is called as it is written.
func (s State) Word() text.Entry { return wordOf(stateWords, s) }

func wordOf[K ~string](words map[K]text.Entry, k K) text.Entry {
	if word, ok := words[k]; ok {
		return word
	}
	return text.Of(string(k), string(k))
}
