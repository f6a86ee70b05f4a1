package mailrelay

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopslo/shopslo/internal/text"
)

// maxSentence is what Mackerel takes of a check's message, in characters.
const maxSentence = 1024

// Sentence tells a verdict in one line of at most 1,024 characters: what changed,
// since when. Times are of the settings' zone. Any language but Japanese is English.
func (v Verdict) Sentence(l text.Language, s Settings) string {
	w := words{Language: l, zone: s.zone(), at: v.At}
	var parts []string
	for _, f := range v.Findings {
		parts = append(parts, w.finding(f))
	}
	if len(parts) == 0 {
		parts = []string{w.Say(sayUsual)}
	}
	sep := " "
	if l == text.Japanese {
		sep = ""
	}
	line := oneLine(v.Account) + ": " + oneLine(strings.Join(parts, sep))
	return text.Cut(line, maxSentence)
}

// Together tells several accounts' verdicts in one line of at most 1,024 characters,
// the worst first, and gives the worst severity: a known failure is worse than not
// knowing. Accounts that do well are only counted.
func Together(verdicts []Verdict, l text.Language, s Settings) (Severity, string) {
	order := []Severity{OK, Unknown, Warning, Critical}
	bad := slices.DeleteFunc(slices.Clone(verdicts), func(v Verdict) bool { return v.Severity == OK })
	slices.SortStableFunc(bad, func(a, b Verdict) int { return slices.Index(order, b.Severity) - slices.Index(order, a.Severity) })
	w, well := words{Language: l}, len(verdicts)-len(bad)
	switch {
	case len(verdicts) == 1:
		return verdicts[0].Severity, verdicts[0].Sentence(l, s)
	case len(bad) == 0:
		line := w.Say(sayAllUsual, well)
		if n := len(learning(verdicts)); n > 0 {
			line += w.Say(saySomeLearning, n)
		}
		return OK, line
	}
	var parts []string
	for _, v := range bad {
		parts = append(parts, v.Sentence(l, s))
	}
	if well > 0 {
		parts = append(parts, w.Say(sayMoreUsual, well))
	}
	return bad[0].Severity, text.Cut(strings.Join(parts, " "), maxSentence)
}

// learning are the verdicts that have nothing to compare with.
func learning(verdicts []Verdict) []Verdict {
	return slices.DeleteFunc(slices.Clone(verdicts), func(v Verdict) bool {
		return !slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Kind == Learning })
	})
}

// oneLine takes out what would break a line or a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// words are how one verdict is told.
type words struct {
	text.Language
	zone *time.Location
	at   time.Time
}

// when tells a time, with its date where that is not today.
func (w words) when(t time.Time) string {
	t, now := t.In(w.zone), w.at.In(w.zone)
	layout := "15:04"
	if t.Format(time.DateOnly) != now.Format(time.DateOnly) {
		layout = "2006-01-02 15:04"
	}
	return t.Format(layout)
}

func (w words) finding(f Finding) string {
	switch f.Kind {
	case Drop:
		return w.drop(f)
	case Rise:
		return w.Say(sayRose,
			w.figure(f.Figure), number(f.Observed), w.when(f.Since), w.when(f.Until), number(f.Expected))
	case APIDown:
		return w.Say(sayAPIDown, w.when(f.Since), f.Trouble)
	case Denied:
		return w.Say(sayDenied, w.when(f.Since), f.Trouble)
	case Stale:
		return w.stale(f)
	case Standing:
		return w.standing(f)
	case Spent:
		return w.Say(sayQuotaLeft, number(f.Observed), w.of(f.Expected))
	case Backlog:
		return w.Say(sayBacklog, number(f.Observed), number(f.Expected))
	case Unpolled:
		if f.Since.IsZero() {
			return w.Say(sayNeverPolled)
		}
		if f.Since.After(f.Until) {
			return w.Say(sayPolledInFuture, w.when(f.Since))
		}
		return w.Say(sayNotPolled, w.when(f.Since), w.Duration(f.Until.Sub(f.Since), time.Minute, 2))
	case Unread:
		return w.Say(sayUnread, f.Trouble)
	case Learning:
		return w.Say(sayLearning, w.when(f.Since))
	case Undelivered:
		return w.Say(sayUndelivered, number(f.Expected), w.when(f.Since), w.when(f.Until))
	case Refusals:
		return w.Say(sayRefusals, number(f.Observed), number(f.Expected), w.when(f.Since), w.when(f.Until))
	case Closed:
		return w.destination(f)
	case Complained:
		return w.Say(sayComplained, number(f.Observed), number(f.Expected), 100*f.Observed/max(1, f.Expected), w.when(f.Since))
	}
	return w.beside(f)
}

// beside tells what is seen otherwise than by the relay's figures.
func (w words) beside(f Finding) string {
	to, others := "", ""
	if f.Destination != "" {
		to = w.Say(sayTo, w.Say(destinations[f.Destination]))
	}
	if f.Alone {
		others = w.Say(sayOthersUsual)
	}
	switch f.Kind {
	case CanaryRefused:
		return w.Say(sayCanaryRefused, w.when(f.Since), f.Trouble, to, others)
	case CanaryLost:
		return w.Say(sayCanaryLost, number(f.Observed), w.when(f.Since), to, others)
	case CanaryBlind:
		return w.Say(sayCanaryBlind, w.when(f.Since), to, others)
	case CanaryJunk:
		return w.Say(sayCanaryJunk, w.when(f.Since), text.Cut(oneLine(f.Text), 60), to, others)
	case CanaryUnproven:
		return w.Say(sayCanaryUnproven, w.when(f.Since), f.Text, to, others)
	case Announced:
		return w.Say(sayAnnounced, f.Text)
	}
	return string(f.Kind)
}

func (w words) drop(f Finding) string {
	percent := 0.0
	if f.Expected > 0 {
		percent = math.Round(100 * f.Observed / f.Expected)
	}
	head := w.Say(sayFell,
		w.figure(f.Figure), percent, w.when(f.Since), number(f.Observed), w.when(f.Until), number(f.Expected))
	switch f.TakenOver {
	case "held":
		return head + w.Say(sayHeld)
	case "fell":
		return head + w.Say(sayFewerAccepted)
	case "refused":
		return head + w.Say(sayRefusedInstead, number(f.Lost))
	case "dropped":
		return head + w.Say(sayDroppedInstead, number(f.Lost))
	}
	return head
}

func (w words) stale(f Finding) string {
	head := w.Say(sayStale, w.when(f.Since), w.Duration(f.Until.Sub(f.Since), time.Minute, 2))
	if f.Expected >= 1 {
		head += w.Say(sayMailsWereDue, number(f.Expected))
	}
	return head
}

func (w words) standing(f Finding) string {
	shown := ""
	if f.Text != "" {
		shown = w.Say(sayRelaySays, text.Cut(oneLine(f.Text), 60))
	}
	if f.Status == Paused {
		return w.Say(sayPaused, shown)
	}
	return w.Say(sayUnderReview, shown)
}

func (w words) of(limit float64) string {
	if limit <= 0 {
		return ""
	}
	return w.Say(sayOfLimit, number(limit))
}

// figure names a figure in the middle of a sentence.
func (w words) figure(f Figure) string {
	return w.Say(figures[f])
}

// number writes a count with separators.
func number(x float64) string {
	s := fmt.Sprintf("%.0f", x)
	if x > 0 && x < 10 && x != math.Trunc(x) {
		return fmt.Sprintf("%.1f", x)
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
