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
	return weekFrom(dayFrom(monday, -7), now)
}

// firstYear is the first of which there may be figures: an older one is a slip of the hand.
const firstYear = 2000

// ParseWeek reads an ISO week such as 2026-W46. A week that has not begun is an error; of
// one that is not over, the period ends now.
func ParseWeek(text string, now time.Time, zone *time.Location) (Period, error) {
	var year, week int
	if n, err := fmt.Sscanf(text, "%4d-W%2d", &year, &week); n != 2 || err != nil || len(text) != len("2026-W46") {
		return Period{}, fmt.Errorf("%q is not an ISO week; write it like 2026-W46", text)
	}
	// 4 January is always in week 1.
	monday := dayFrom(mondayOf(time.Date(year, 1, 4, 12, 0, 0, 0, zone)), 7*(week-1))
	if fmt.Sprintf("%04d-W%02d", year, week) != text {
		return Period{}, fmt.Errorf("%q is not an ISO week; write it like 2026-W46", text)
	}
	if y, w := monday.AddDate(0, 0, 3).ISOWeek(); y != year || w != week {
		return Period{}, fmt.Errorf("the year %d has no week %d", year, week)
	}
	if year < firstYear {
		return Period{}, fmt.Errorf("the week %s is before the year %d, of which nothing is known", text, firstYear)
	}
	if !monday.Before(now) {
		return Period{}, fmt.Errorf("the week %s has not begun", text)
	}
	return weekFrom(monday, now), nil
}

// ParseDays reads a period from its first and its last day, such as 2026-11-09.
func ParseDays(first, last string, now time.Time, zone *time.Location) (Period, error) {
	day := func(text string) (time.Time, error) {
		t, err := time.Parse(time.DateOnly, text)
		return dayFrom(time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, zone), 0), err
	}
	from, err := day(first)
	if err != nil {
		return Period{}, fmt.Errorf("%q is not a day; write it like 2026-11-09", first)
	}
	to, err := day(last)
	switch {
	case err != nil:
		return Period{}, fmt.Errorf("%q is not a day; write it like 2026-11-15", last)
	case to.Before(from):
		return Period{}, errors.New("the last day is before the first")
	case from.Year() < firstYear:
		return Period{}, fmt.Errorf("%s is before the year %d, of which nothing is known", first, firstYear)
	case !from.Before(now):
		return Period{}, fmt.Errorf("%s has not begun", first)
	}
	until := dayFrom(to, 1)
	if dayFrom(from, maxDays).Before(until) {
		return Period{}, fmt.Errorf("that is more than %d days; ask for fewer", maxDays)
	}
	p := cut(Period{Name: first + ".." + last, From: from, Until: until}, now)
	if first == last {
		p.Name = first
	}
	if y, w := from.ISOWeek(); from.Weekday() == time.Monday && until.Equal(dayFrom(from, 7)) {
		p.Name = fmt.Sprintf("%04d-W%02d", y, w)
	}
	return p, nil
}

func weekFrom(monday, now time.Time) Period {
	y, w := monday.AddDate(0, 0, 3).ISOWeek()
	return cut(Period{Name: fmt.Sprintf("%04d-W%02d", y, w), From: monday, Until: dayFrom(monday, 7)}, now)
}

// cut ends a period now where it is not over.
func cut(p Period, now time.Time) Period {
	if now.Before(p.Until) {
		p.Until, p.Partial = now.In(p.From.Location()), true
	}
	return p
}

func mondayOf(t time.Time) time.Time { return dayFrom(t, -(int(t.Weekday())+6)%7) }

// dayFrom is when the day begins that is n days after that of a time: at midnight, or where clocks are
// set forward at midnight, then.
func dayFrom(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	begin, noon := time.Date(y, m, d+n, 0, 0, 0, 0, t.Location()), time.Date(y, m, d+n, 12, 0, 0, 0, t.Location())
	if begin.Day() != noon.Day() {
		_, begin = begin.ZoneBounds()
	}
	return begin
}

// edges are the days' begins and the period's end.
func (p Period) edges() []time.Time {
	out := []time.Time{p.From}
	for n := 1; dayFrom(p.From, n).Before(p.Until); n++ {
		out = append(out, dayFrom(p.From, n))
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
		out = append(out, dayFrom(p.From, i))
	}
	return out
}

// Reach is how far back of Until counts are needed, beside the SLOs' windows: these are
// asked for at From too.
func (p Period) Reach(longestWindow time.Duration) time.Duration {
	return p.Until.Sub(p.From) + max(longestWindow, p.From.Sub(p.before()[0]))
}
