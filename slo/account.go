package slo

import (
	"slices"
	"time"
)

// Account is what a ledger has counted of one SLO for one subject, up to one time.
type Account struct {
	Unit Unit
	// Grid says that an expression was evaluated at fixed steps: not counted from
	// raw samples, and so not exact.
	Grid bool
	// Start is the time from which on the figures are exact: nothing was counted
	// before. Zero: nothing has been counted yet.
	Start time.Time
	// Expected is since when the subject was expected to send: coverage counts from
	// there. Zero: not known, and then it counts from the window's start.
	Expected time.Time
	// End is the newest closed edge at or before the asked time. Zero: none.
	End time.Time
	// LastSample is the time of the newest sample or sign of life, at or before
	// End plus the ledger's delay. Zero: there has been none.
	LastSample time.Time
	// Edges is how far apart the edges are that are kept for ever: multiples of it since
	// 1970, all of them later by EdgeShift, which is shorter. Recent ones lie closer.
	Edges, EdgeShift time.Duration
	// Notes are short sentences on how the figures came about: of the indicator, whatever
	// the window.
	Notes []string
	// Flags are what makes the figures doubtful, and when. One that ended before a window
	// begins says nothing of it.
	Flags []Flag
	// Absent is what the indicator's selectors ask for and the source does not have.
	Absent []Absence
	// Failure says why the SLO is not being counted now, in a sentence; "" where it is.
	// What was counted before stays.
	Failure string
	// Counts gives the counts between two times at or before End.
	Counts CountFunc
	// Live tells how many targets of a part gave samples about a time at or before End. Nil:
	// not known, since no targets are counted. A target that was scraped and had nothing to
	// count is known only as long as it is there.
	Live func(part int, at time.Time) int
}

// Flag is a kind of doubt about the figures of an account. docs/counting.md says what
// each means and what was counted all the same.
type Flag struct {
	Kind FlagKind `json:"flag"`
	// Count is how many times it was raised from First to Last (both included).
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// FlagKind names a kind of doubt, as JSON has it.
type FlagKind string

// The kinds of Flag; docs/counting.md, "Flags".
const (
	// UnknownFirst: a series appeared with a count of unknown age, which was left out.
	UnknownFirst FlagKind = "unknown_first_sample"
	// ClockAndDrop: a start time moved to an implausible time while a counter dropped:
	// taken for a restart.
	ClockAndDrop FlagKind = "restart_with_clock_step"
	// UnexplainedDrop: a counter dropped though its process did not restart: taken for
	// a reset of the metric.
	UnexplainedDrop FlagKind = "reset_without_restart"
	// PartialDrop: a counter dropped by a part, as a sum does when one of its processes
	// ends: what it grew by is not known.
	PartialDrop FlagKind = "partial_drop"
	// UnclearRestart: nothing tells for sure whether a counter restarted or went on.
	UnclearRestart FlagKind = "restart_unclear"
	// SeveralProcesses: the start times of one target alternate: several processes
	// answer under one name.
	SeveralProcesses FlagKind = "several_processes"
	// ClockStep: a start time moved and nothing restarted. A note: nothing is doubtful.
	ClockStep FlagKind = "clock_step"
	// BucketsChanged: a histogram became a native one, or a classic one, whose buckets have no edge at the
	// bound, and no scrape had both kinds: what it grew by in between was left out.
	BucketsChanged FlagKind = "buckets_changed"
	// CreatedIgnored: a counter said that it was created when it cannot have been. Nobody relied on
	// it; what is doubtful then has flags of its own. A note.
	CreatedIgnored FlagKind = "created_ignored"
	// ChangedLabels: series ended as others began, and they could not be paired for sure: first
	// counts of the new ones may be left out.
	ChangedLabels FlagKind = "labels_changed"
)

// Doubtful reports whether the flag makes figures doubtful.
func (k FlagKind) Doubtful() bool { return k != ClockStep && k != CreatedIgnored }

// Absence is a selector that finds nothing, or nothing that it could tell apart, for
// one subject.
type Absence struct {
	Kind AbsenceKind `json:"kind"`
	// Side is good, bad or total.
	Side string `json:"side"`
	// Selector is what was asked for, or an expression whose result lacks the subject's labels;
	// Label is the label's name where it is one, or the names that the expression lost.
	Selector string `json:"selector"`
	Label    string `json:"label"`
	// Nearest are names (or values) that exist and are close to what was asked for.
	Nearest []string `json:"nearest"`
}

// AbsenceKind tells kinds of absence apart, as JSON has it.
type AbsenceKind string

// The kinds of Absence. With the first three, and with unlabelled, nobody can tell what is
// good: no data.
const (
	NoMetric   AbsenceKind = "metric"     // the subject has no series of the metric
	NoLabel    AbsenceKind = "label"      // none of them has the label
	NoBound    AbsenceKind = "bound"      // none of them has the bucket's bound, or the quantile
	NoSuch     AbsenceKind = "none_yet"   // the metric and the labels are there; it has not happened
	NoSubject  AbsenceKind = "subject"    // the subject sends nothing of it now; what was counted stays
	Unlabelled AbsenceKind = "unlabelled" // the source has the metric, without the subject's labels
	LoneLabel  AbsenceKind = "matcher"    // a matcher on a label that does not exist, on both sides: a finding
)

// Misleads reports whether the absence makes the figures meaningless.
func (a Absence) Misleads() bool {
	return a.Kind == NoMetric || a.Kind == NoLabel || a.Kind == NoBound || a.Kind == Unlabelled
}

// Misleads reports whether an absence makes the account's figures meaningless.
func (a Account) Misleads() bool { return slices.ContainsFunc(a.Absent, Absence.Misleads) }

// FlagsAfter gives the flags that were raised after a time.
func (a Account) FlagsAfter(t time.Time) []Flag {
	var out []Flag
	for _, f := range a.Flags {
		if f.Last.After(t) {
			out = append(out, f)
		}
	}
	return out
}

// LastCounted is the narrowest span (from, to] of stored edges in which the last event of a
// part was counted. Zero: none was.
func (a *Account) LastCounted(part int) (from, to time.Time) {
	if a.Counts == nil || !a.End.After(a.Start) {
		return time.Time{}, time.Time{}
	}
	first := a.Counts(part, a.Start, a.End)
	if !(first.Total > 0) {
		return time.Time{}, time.Time{}
	}
	from, to = first.Start, a.End
	for low := from; to.Sub(low) > time.Second; {
		middle := low.Add(to.Sub(low) / 2)
		if c := a.Counts(part, middle, a.End); c.Total > 0 {
			low, from = middle, c.Start
		} else {
			to = c.Start // at or before the middle
		}
	}
	return from, to
}

// began is when the history begins: when the subject was first expected, else when
// counting did. Zero: not known.
func (a *Account) began() time.Time {
	if a.Expected.IsZero() {
		return a.Start
	}
	return a.Expected
}

// coverage is the part 0–1 of a span that has data; what passed before the subject
// was expected is no part of it.
func (a *Account) coverage(part int, c Counts) float64 {
	if !a.Expected.After(c.Start) || !a.Expected.Before(c.End) {
		return c.Coverage()
	}
	span := a.Awaited(part, c)
	if span <= 0 {
		return 0
	}
	return min(1, float64(c.Covered)/float64(span))
}

// Awaited is how much of the span of counts should have data: without what has been
// left out, and without what passed before the subject was expected.
func (a *Account) Awaited(part int, c Counts) time.Duration {
	switch {
	case !a.Expected.After(c.Start):
		return c.End.Sub(c.Start) - c.Excluded
	case !a.Expected.Before(c.End):
		return 0
	case c.Excluded > 0:
		return c.End.Sub(a.Expected) - a.Counts(part, a.Expected, c.End).Excluded
	}
	return c.End.Sub(a.Expected)
}
