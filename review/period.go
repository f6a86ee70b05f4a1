package review

import (
	"errors"
	"fmt"
	"time"
)

// Period is the time that a review is about: whole days of a time zone.
type Period struct {
	// Name is the ISO week, such as 2026-W46; of other periods the first and the last
	// day, 2026-11-09..2026-11-15, of a single day that.
	Name string
	// From and Until: (From, Until], in the zone. Where the last day is not over, Until is
	// the time at which the review is made.
	From, Until time.Time
	// Partial: Until is before the end of the last day.
	Partial bool
}

// maxDays bounds a period.
const maxDays = 92

// LastWeek is the last whole ISO week before a time.
func LastWeek(now time.Time, zone *time.Location) Period {
	monday := mondayOf(now.In(zone))
	return weekFrom(monday.AddDate(0, 0, -7), now)
}

// ParseWeek reads an ISO week such as 2026-W46. A week that has not begun is an error; of
// one that is not over, the period ends now.
func ParseWeek(text string, now time.Time, zone *time.Location) (Period, error) {
	var year, week int
	if n, err := fmt.Sscanf(text, "%4d-W%2d", &year, &week); n != 2 || err != nil || len(text) != len("2026-W46") {
		return Period{}, fmt.Errorf("%q is no ISO week; write it like 2026-W46", text)
	}
	// 4 January is always in week 1.
	monday := mondayOf(time.Date(year, 1, 4, 0, 0, 0, 0, zone)).AddDate(0, 0, 7*(week-1))
	if fmt.Sprintf("%04d-W%02d", year, week) != text {
		return Period{}, fmt.Errorf("%q is no ISO week; write it like 2026-W46", text)
	}
	if y, w := monday.AddDate(0, 0, 3).ISOWeek(); y != year || w != week {
		return Period{}, fmt.Errorf("the year %d has no week %d", year, week)
	}
	if !monday.Before(now) {
		return Period{}, fmt.Errorf("the week %s has not begun", text)
	}
	return weekFrom(monday, now), nil
}

// ParseDays reads a period from its first and its last day, such as 2026-11-09.
func ParseDays(first, last string, now time.Time, zone *time.Location) (Period, error) {
	from, err := time.ParseInLocation(time.DateOnly, first, zone)
	if err != nil {
		return Period{}, fmt.Errorf("%q is no day; write it like 2026-11-09", first)
	}
	to, err := time.ParseInLocation(time.DateOnly, last, zone)
	switch {
	case err != nil:
		return Period{}, fmt.Errorf("%q is no day; write it like 2026-11-15", last)
	case to.Before(from):
		return Period{}, errors.New("the last day is before the first")
	case !from.Before(now):
		return Period{}, fmt.Errorf("%s has not begun", first)
	}
	until := to.AddDate(0, 0, 1)
	if from.AddDate(0, 0, maxDays).Before(until) {
		return Period{}, fmt.Errorf("that is more than %d days; ask for fewer", maxDays)
	}
	p := cut(Period{Name: first + ".." + last, From: from, Until: until}, now)
	if first == last {
		p.Name = first
	}
	if y, w := from.ISOWeek(); from.Weekday() == time.Monday && until.Equal(from.AddDate(0, 0, 7)) {
		p.Name = fmt.Sprintf("%04d-W%02d", y, w)
	}
	return p, nil
}

func weekFrom(monday, now time.Time) Period {
	y, w := monday.AddDate(0, 0, 3).ISOWeek()
	return cut(Period{Name: fmt.Sprintf("%04d-W%02d", y, w), From: monday, Until: monday.AddDate(0, 0, 7)}, now)
}

// cut ends a period now where it is not over.
func cut(p Period, now time.Time) Period {
	if now.Before(p.Until) {
		p.Until, p.Partial = now.In(p.From.Location()), true
	}
	return p
}

func mondayOf(t time.Time) time.Time {
	back := (int(t.Weekday()) + 6) % 7
	y, m, d := t.Date()
	return time.Date(y, m, d-back, 0, 0, 0, 0, t.Location())
}

// edges are the days' begins and the period's end.
func (p Period) edges() []time.Time {
	var out []time.Time
	for t := p.From; t.Before(p.Until); t = t.AddDate(0, 0, 1) {
		out = append(out, t)
	}
	return append(out, p.Until)
}

// days is how many days the period has, the last one perhaps not over.
func (p Period) days() int { return len(p.edges()) - 1 }

// comparedWith is how many periods before are compared with.
const comparedWith = 4

// before are the edges of the days of the four periods before, oldest first.
func (p Period) before() []time.Time {
	n := comparedWith * p.days()
	out := make([]time.Time, 0, n+1)
	for i := -n; i <= 0; i++ {
		out = append(out, p.From.AddDate(0, 0, i))
	}
	return out
}

// Reach is how far back of Until counts are needed, beside the SLOs' windows: these are
// asked for at From too.
func (p Period) Reach(longestWindow time.Duration) time.Duration {
	return p.Until.Sub(p.From) + max(longestWindow, p.From.Sub(p.before()[0]))
}
