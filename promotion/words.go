package promotion

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

// count writes "1 SLO", "2 SLOs".
func (l lang) count(n int, noun string) string {
	if l.Language == text.Japanese {
		return l.say("%d "+noun+"s", n)
	}
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// some lists names, and of many the first few.
func (l lang) some(names []string, few int) string {
	names = slices.Sorted(slices.Values(names))
	if len(names) > few {
		return l.say("%s and %d more", l.List(names[:few]), len(names)-few)
	}
	return l.List(names)
}

// orNull is a text for Check.Evidence: nil where there is none.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// after is a time behind a lead; "" where there is none.
func after(lead string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return lead + t.UTC().Format(time.RFC3339)
}

// Short is a Release as people write it.
func Short(release string) string {
	if len(release) > 12 && !strings.ContainsFunc(release, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) {
		return release[:12]
	}
	return release
}

// orNone is a Release, or that it is not known.
func (l lang) orNone(release string) string {
	if release == "" {
		return l.say("(unknown)")
	}
	return release
}

// age writes 42s, 5m, 3h12m, 2d4h: two units at most.
func (l lang) age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprint(int64(d/time.Second)) + l.say("s")
	case d < time.Hour:
		return l.twoUnits(d, time.Minute, "m", time.Second, "s")
	case d < day:
		return l.twoUnits(d, time.Hour, "h", time.Minute, "m")
	}
	return l.twoUnits(d, day, "d", time.Hour, "h")
}

func (l lang) twoUnits(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	text := fmt.Sprint(int64(d/big)) + l.say(bigName)
	if rest := d % big / small; rest > 0 {
		text += fmt.Sprint(int64(rest)) + l.say(smallName)
	}
	return text
}

// instant is a time for Check.Evidence: nil where there is none.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// words are names as texts.
func words[T ~string](names []T) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return out
}

// sentence ends a text with one full stop.
func sentence(text string) string { return strings.TrimRight(text, ". ") + "." }

// inSentence is what a sentence may begin with, further on in one; names stay as they are.
func (l lang) inSentence(where string) string {
	if l.Language == text.Japanese {
		for _, named := range places {
			begin, more := strings.CutSuffix(named, "%s")
			if rest, ok := strings.CutPrefix(where, begin); ok && more {
				return l.say(named, rest)
			}
		}
		return l.say(where)
	}
	for _, word := range []string{"The ", "Source ", "Sources "} {
		if rest, ok := strings.CutPrefix(where, word); ok {
			return strings.ToLower(word) + rest
		}
	}
	return where
}

// places are how those who were asked are named, before their addresses.
var places = []string{"The exporter at %s", "Prometheus at %s", "Alertmanager at %s", "Source %s", "Sources %s", "The incidentbot at %s", "the incidents in %s", "SLOs and policy of branch %s",
	"Branch %s", "The decision log in %s"}

// elsewhere counts what touches others only.
func (l lang) elsewhere(n int, said string) string {
	if n == 0 {
		return ""
	}
	return l.say(said, n)
}

// until is the end of what lasts until a time, or for ever.
func (l lang) until(t time.Time) string {
	if t.IsZero() {
		return l.say("with no end date")
	}
	return l.say("until %s", t.UTC().Format(time.RFC3339))
}
