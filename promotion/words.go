package promotion

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// count writes "1 SLO", "2 SLOs".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// some lists names, and of many the first few.
func some(names []string, few int) string {
	names = slices.Sorted(slices.Values(names))
	if len(names) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
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
func orNone(release string) string {
	if release == "" {
		return "(unknown)"
	}
	return release
}

// age writes 42s, 5m, 3h12m, 2d4h: two units at most.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return twoUnits(d, time.Minute, "m", time.Second, "s")
	case d < day:
		return twoUnits(d, time.Hour, "h", time.Minute, "m")
	}
	return twoUnits(d, day, "d", time.Hour, "h")
}

func twoUnits(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d%s", d/big, bigName)
	if rest := d % big / small; rest > 0 {
		text += fmt.Sprintf("%d%s", rest, smallName)
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

// capital begins a sentence.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// sentence ends a text with one full stop.
func sentence(text string) string { return strings.TrimRight(text, ". ") + "." }

// inSentence is what a sentence may begin with, further on in one; names stay as they are.
func inSentence(where string) string {
	if rest, ok := strings.CutPrefix(where, "The "); ok {
		return "the " + rest
	}
	return where
}

// elsewhere counts what touches others only.
func elsewhere(n int, verb string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d %s elsewhere)", n, verb)
}

// until is the end of what lasts until a time, or for ever.
func until(t time.Time) string {
	if t.IsZero() {
		return "with no end date"
	}
	return "until " + t.UTC().Format(time.RFC3339)
}
