package status

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// Notes are those of an account, and the sentences that its other fields make for a
// window that begins at a time: its flags, what is absent, why it is not being counted.
func Notes(a slo.Account, begin, verdictFrom time.Time) []string {
	b := Budget{Notes: a.Notes, Flags: a.FlagsAfter(begin), Absent: a.Absent, Failure: a.Failure, Budget: slo.Budget{VerdictFrom: verdictFrom}}
	b.note()
	return b.Notes
}

// Others are the notes that Failure, Absent, Flags and VerdictFrom do not say already.
func (b *Budget) Others() []string {
	bare := *b
	bare.Notes = nil
	bare.note()
	return slices.DeleteFunc(slices.Clone(b.Notes), func(n string) bool { return slices.Contains(bare.Notes, n) })
}

// note adds to the account's notes what the budget's other fields say, in sentences.
func (b *Budget) note() {
	if b.Failure == "" && b.VerdictFrom.IsZero() && len(b.Flags)+len(b.Absent) == 0 {
		return
	}
	notes := slices.Clone(b.Notes)
	for _, text := range english.derived(b) {
		if !slices.Contains(notes, text) {
			notes = append(notes, text)
		}
	}
	b.Notes = notes
}

// derived are the sentences that the budget's other fields make.
func (l lang) derived(b *Budget) (notes []string) {
	if b.Failure != "" {
		notes = append(notes, l.say("not counted now: %s", b.Failure))
	}
	for _, a := range b.Absent {
		notes = append(notes, l.absence(a))
	}
	for _, f := range b.Flags {
		notes = append(notes, l.flag(f))
	}
	if !b.VerdictFrom.IsZero() { // which setting moves it
		notes = append(notes, l.say("too short a history for a verdict until %s; budgets.least_history moves it", b.VerdictFrom.UTC().Format(time.RFC3339)))
	}
	return notes
}

// notes are the budget's in a language: those that its source made stay as they are.
func (l lang) notes(b *Budget) []string {
	if l.Language != text.Japanese {
		return b.Notes
	}
	return append(b.Others(), l.derived(b)...)
}

// FlagText says what a flag means, how often it was raised, and when last.
func FlagText(f slo.Flag) string { return english.flag(f) }

func (l lang) flag(f slo.Flag) string {
	return l.say("%s (%s)", l.flagMeaning(f.Kind), l.flagTimes(f))
}

// flagTimes says how often a flag was raised, and when.
func (l lang) flagTimes(f slo.Flag) string {
	last := f.Last.UTC().Format(time.RFC3339)
	switch {
	case f.Count == 1:
		return l.say("%s: once, at %s", f.Kind, last)
	case f.First.Equal(f.Last):
		return l.say("%s: %d times, at %s", f.Kind, f.Count, last)
	}
	return l.say("%s: %d times from %s to %s", f.Kind, f.Count, f.First.UTC().Format(time.RFC3339), last)
}

// flagMeaning is docs/counting.md, "Flags", in half a sentence.
func (l lang) flagMeaning(kind slo.FlagKind) string {
	switch kind {
	case slo.UnknownFirst:
		return l.say("a series appeared with a count of unknown age, which was left out")
	case slo.ClockAndDrop:
		return l.say("a start time moved to an implausible time while a counter dropped: taken for a restart")
	case slo.UnexplainedDrop:
		return l.say("a counter dropped though its process did not restart: taken for a reset of the metric")
	case slo.PartialDrop:
		return l.say("a counter dropped by a part, as a sum does when one of its processes ends: what it grew by is not known")
	case slo.UnclearRestart:
		return l.say("nothing tells for sure whether a counter restarted or went on: too much may be counted, or too little")
	case slo.SeveralProcesses:
		return l.say("start times of one target alternate: several processes answer under one name; give each labels of its own")
	case slo.ChangedLabels:
		return l.say("series ended as others began, and could not be paired for sure: first counts of the new ones may be left out")
	case slo.BucketsChanged:
		return l.say("a histogram changed between classic and native, the bound is no edge of its native buckets, and no scrape had both: its events at or below the bound in between were left out")
	case slo.CreatedIgnored:
		return l.say("a counter said that it was created when it cannot have been (_created in the future, at 0, or back and forth): that was not used, and makes no figure doubtful")
	case slo.ClockStep:
		return l.say("a start time was corrected while its process ran on: nothing is counted for it, and no figure is doubtful")
	}
	return l.say("the figures are flagged")
}

// AbsenceText says what is not there, and what is close to it.
func AbsenceText(a slo.Absence) string { return english.absence(a) }

func (l lang) absence(a slo.Absence) string {
	what := a.Selector
	if a.Side != "" {
		what = l.say("%s (%s)", a.Selector, a.Side)
	}
	text := ""
	switch a.Kind {
	case slo.NoMetric:
		text = l.say("no data: the ShopSet has no series of the metric in %s", what)
	case slo.NoLabel:
		text = l.say("no data: %s asks for the label %s, which no series of the metric has", what, a.Label)
	case slo.NoBound:
		text = l.say("no data: %s asks for a value of %s that no series of the metric has", what, a.Label)
	case slo.NoSuch:
		return l.say("nothing matches %s yet, though the metric and its labels are there: counted as 0", what)
	case slo.NoSubject:
		return l.say("the ShopSet sends nothing now that %s could find: what was counted before stays", what)
	case slo.Unlabelled:
		if a.Label != "" {
			return l.say("no data: the result of %s carries no ShopSet's labels; keep them in the expression, as with sum by (%s) (…)", what, a.Label)
		}
		return l.say("no data: the source has the metric in %s, and no series of it carries the ShopSet's labels", what)
	case slo.LoneLabel:
		text = l.say("%s matches on the label %s, which no series of the metric has", what, a.Label)
	default:
		return l.say("nothing matches %s", what)
	}
	if len(a.Nearest) > 0 {
		text += l.say("; there is %s", l.List(a.Nearest))
	}
	if a.Kind == slo.NoMetric && a.Label == "" && a.Side == "bad" {
		text += l.say(`. Where it is created with the first error, say so with shopslo.dev/absent-is-zero: "true"`)
	}
	return text
}
