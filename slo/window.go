package slo

import (
	"fmt"
	"strconv"
	"time"
)

// Window is the time that a budget covers: rolling (the last Length) or
// calendar-aligned (the current Count of Units).
type Window struct {
	// Length of a rolling window; 0 for a calendar window.
	Length time.Duration

	// Unit and Count of a calendar window: Count units, aligned to Anchor.
	Unit  CalendarUnit
	Count int
	// Anchor is the start of one of the windows, in the window's own time zone
	// (its Location): month 2026-01-01 00:00 Asia/Tokyo makes calendar months in Tokyo.
	Anchor time.Time

	// Text is the duration as the document had it, such as "28d" or "1M".
	Text string
}

// CalendarUnit is a unit whose length the calendar decides.
type CalendarUnit int

// The calendar units. A day is one too: it has 23 to 25 hours.
const (
	NoUnit CalendarUnit = iota
	Day
	Week
	Month
	Quarter
	Year
)

func (u CalendarUnit) String() string {
	return [...]string{"none", "day", "week", "month", "quarter", "year"}[u]
}

// Rolling makes a rolling window of the given length.
func Rolling(d time.Duration) Window { return Window{Length: d, Text: shortDuration(d)} }

// Calendar reports whether the window is calendar-aligned.
func (w Window) Calendar() bool { return w.Unit != NoUnit }

func (w Window) String() string {
	if w.Text != "" {
		return w.Text
	}
	if w.Calendar() {
		return fmt.Sprintf("%d %s", w.Count, w.Unit)
	}
	return shortDuration(w.Length)
}

// Validate reports what makes the window unusable.
func (w Window) Validate() error {
	switch {
	case w.Calendar() && w.Count < 1:
		return fmt.Errorf("calendar window of %d %ss; it needs at least 1", w.Count, w.Unit)
	case w.Calendar() && w.Count > 36600: // also a hundred years of days: spans beyond 292 years overflow
		return fmt.Errorf("calendar window of %d %ss is too long", w.Count, w.Unit)
	case w.Calendar() && w.Anchor.IsZero():
		return fmt.Errorf("calendar window without a start time")
	case !w.Calendar() && w.Length <= 0:
		return fmt.Errorf("window of %v; it must be longer than 0", w.Length)
	}
	return nil
}

// Bounds gives the window that holds the instant at: (start, end]. A rolling
// window ends at at. A calendar window ends later, except at its very end; an
// instant on a boundary belongs to the window that ends there.
func (w Window) Bounds(at time.Time) (start, end time.Time) {
	if !w.Calendar() {
		return at.Add(-w.Length), at
	}
	// Start at an estimate and walk: months differ, and so do days at clock changes.
	n := int(at.Sub(w.Anchor) / w.usual())
	for w.edge(n).Before(at) {
		n++
	}
	for !w.edge(n - 1).Before(at) {
		n--
	}
	return w.edge(n - 1), w.edge(n)
}

// Nominal is the window's length: a rolling window's own, a calendar window's around
// the instant at.
func (w Window) Nominal(at time.Time) time.Duration {
	start, end := w.Bounds(at)
	return end.Sub(start)
}

// Typical is the length that alerts are fitted to, the same at all times: months count
// as 30 days, quarters as 91, years as 365.
func (w Window) Typical() time.Duration {
	const day = 24 * time.Hour
	if w.Calendar() {
		return time.Duration(w.Count) * [...]time.Duration{Day: day, Week: 7 * day, Month: 30 * day, Quarter: 91 * day, Year: 365 * day}[w.Unit]
	}
	return w.Length
}

// usual is about one window's length, so that an estimate made with it is a few
// windows off at most.
func (w Window) usual() time.Duration {
	const day = 24 * time.Hour
	per := 365*day + 6*time.Hour
	switch w.Unit {
	case Day:
		per = day
	case Week:
		per = 7 * day
	case Month:
		per /= 12
	case Quarter:
		per /= 4
	}
	return time.Duration(w.Count) * per
}

// edge is the start of the n-th window counted from the anchor's.
func (w Window) edge(n int) time.Time {
	n *= w.Count
	a := w.Anchor
	switch w.Unit {
	case Day:
		return addDays(a, n)
	case Week:
		return addDays(a, 7*n)
	case Quarter:
		return addMonths(a, 3*n)
	case Year:
		return addMonths(a, 12*n)
	}
	return addMonths(a, n)
}

func addDays(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	return onDay(y, m, d+n, t)
}

// onDay is the time of day of t on another day. Where clocks that go forward leave it out, it is that time as the clocks
// before them had it: midnight in Santiago is when they go from 0:00 to 1:00.
func onDay(y int, m time.Month, d int, t time.Time) time.Time {
	in := func(zone *time.Location) time.Time {
		return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
	}
	at := in(t.Location())
	_, offset := at.Zone()
	return at.Add(max(0, in(time.UTC).Sub(at)-time.Duration(offset)*time.Second))
}

// addMonths keeps the day of the month where the month has it and takes the
// month's last day where it has not (31 January + 1 month is 28 February, not
// 3 March as time.AddDate says).
func addMonths(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	m += time.Month(n)
	last := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return onDay(y, m, min(d, last), t)
}

// shortDuration writes 28d, 6h, 90s: the largest unit that divides it; and 5h36m where
// that would be hundreds of minutes.
func shortDuration(d time.Duration) string {
	const day = 24 * time.Hour
	unit, name := time.Second, "s"
	switch {
	case d%time.Second != 0 || d == 0:
		return d.String()
	case d%day == 0:
		unit, name = day, "d"
	case d%time.Hour == 0:
		unit, name = time.Hour, "h"
	case d%time.Minute == 0 && d > 2*time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d%time.Minute == 0:
		unit, name = time.Minute, "m"
	}
	return strconv.FormatInt(int64(d/unit), 10) + name
}
