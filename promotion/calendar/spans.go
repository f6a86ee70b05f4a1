package calendar

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// span is a time from its begin up to, not including, its end. No end: for ever.
type span struct{ begin, end time.Time }

func (s span) holds(t time.Time) bool {
	return !t.Before(s.begin) && (s.end.IsZero() || t.Before(s.end))
}

// timetable gives the spans that overlap or touch [from, to], in the order of their begins.
type timetable func(from, to time.Time) []span

// ahead is how far the end of a span that is on now is looked for.
const ahead = 400 * 24 * time.Hour

// around gives the span that holds t, joined with those that touch or overlap it, or
// else the next one that begins within 400 days; ok is false where there is neither.
// A zero end: none within 400 days.
func (table timetable) around(t time.Time) (_ span, ok bool) {
	limit := t.Add(ahead)
	var found span
	for _, s := range table(t, limit) {
		switch {
		case !ok && (s.end.IsZero() || t.Before(s.end)):
			found, ok = s, true
		case ok && !found.end.IsZero() && !s.begin.After(found.end):
			if s.end.IsZero() || s.end.After(found.end) {
				found.end = s.end
			}
		}
	}
	if ok && found.holds(t) && !found.end.Before(limit) {
		found.end = time.Time{}
	}
	return found, ok
}

// once is a single span.
func once(begin, end time.Time) timetable {
	return func(time.Time, time.Time) []span { return []span{{begin, end}} }
}

// clock is a time of day, written 18:00.
type clock struct{ hour, minute int }

// UnmarshalText reads HH:MM.
func (c *clock) UnmarshalText(text []byte) error {
	t, err := time.Parse("15:04", string(text))
	if err != nil {
		return fmt.Errorf("invalid time of day %q, must be like 18:00", text)
	}
	c.hour, c.minute = t.Hour(), t.Minute()
	return nil
}

func (c clock) on(d date, zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.day, c.hour, c.minute, 0, 0, zone)
}

// zone is a time zone by its name in the IANA database.
type zone struct{ *time.Location }

// UnmarshalText reads a name such as Asia/Tokyo.
func (z *zone) UnmarshalText(text []byte) error {
	location, err := time.LoadLocation(string(text))
	if err != nil || string(text) == "" || string(text) == "Local" {
		return fmt.Errorf("invalid time zone %q, must be an IANA name like Asia/Tokyo", text)
	}
	z.Location = location
	return nil
}

// holidays are the days of Japanese public holidays, each from begin on the day
// before, or 00:00 of the day where begin is nil, until end on the day, or the end of
// the day.
func holidays(eve *clock, location *time.Location) timetable {
	return func(from, to time.Time) []span {
		var spans []span
		last := dateOf(to.In(location)).add(1)
		for d := dateOf(from.In(location)); d != last.add(1); d = d.add(1) {
			if d.year < firstHolidayYear || d.year > lastHolidayYear || !holiday(d) {
				continue
			}
			s := span{d.in(location), d.add(1).in(location)}
			if eve != nil {
				s.begin = eve.on(d.add(-1), location)
			}
			spans = append(spans, s)
		}
		return spans
	}
}

// firstRuleYear is where a rule without a start begins when it is checked.
const firstRuleYear = 1970

// recurring are spans of a length that begin as an RRULE (RFC 5545) says, at a time
// of day in a zone: where clocks are put forward or back, the time of day stays.
func recurring(rule string, at clock, length time.Duration, location *time.Location, starting time.Time) (timetable, error) {
	option, err := parseRule(rule, !starting.IsZero())
	if err != nil {
		return nil, err
	}
	ruleFrom := func(year int) (*rrule.RRule, error) {
		o := *option
		first := date{year, time.January, 1}
		if !starting.IsZero() {
			first = dateOf(starting.In(location))
		}
		o.Dtstart = at.on(first, location)
		return rrule.NewRRule(o)
	}
	all, err := ruleFrom(firstRuleYear)
	if err != nil {
		return nil, fmt.Errorf("invalid RRULE %q: %w", rule, err)
	}
	if _, some := all.Iterator()(); !some { // such as 30 February: looked for up to the year 9999
		return nil, errors.New("is on no day at all: no date is all that it asks for")
	}
	return func(from, to time.Time) []span {
		earliest := from.Add(-length)
		r, err := ruleFrom(earliest.In(location).Year() - 1)
		if err != nil {
			return nil // not after the rule has been made once
		}
		var spans []span
		for _, begin := range r.Between(earliest, to, true) {
			spans = append(spans, span{begin, begin.Add(length)})
		}
		return spans
	}, nil
}

var zeroed = regexp.MustCompile(`\b(INTERVAL|COUNT)=0+(;|$)`)

// parseRule reads an RRULE of whole days. Without a start each rule has to say by
// itself which days it means.
func parseRule(rule string, hasStart bool) (*rrule.ROption, error) {
	text := strings.TrimPrefix(strings.TrimSpace(rule), "RRULE:")
	if strings.ContainsAny(text, "\n\r") || strings.Contains(strings.ToUpper(text), "DTSTART") {
		return nil, errors.New("must be a single RRULE without DTSTART; set starting and at instead")
	}
	o, err := rrule.StrToROption(text)
	if err != nil {
		return nil, fmt.Errorf("invalid RRULE %q: %w", rule, err)
	}
	dayInMonth := len(o.Byweekday) > 0 || len(o.Bymonthday) > 0
	says := map[rrule.Frequency]bool{
		rrule.DAILY:   true,
		rrule.WEEKLY:  len(o.Byweekday) > 0,
		rrule.MONTHLY: dayInMonth,
		rrule.YEARLY:  len(o.Byyearday) > 0 || len(o.Byweekno) > 0 && len(o.Byweekday) > 0 || len(o.Bymonth) > 0 && dayInMonth || len(o.Byeaster) > 0,
	}
	known := []rrule.Frequency{rrule.DAILY, rrule.WEEKLY, rrule.MONTHLY, rrule.YEARLY}
	switch {
	case !slices.Contains(known, o.Freq):
		return nil, errors.New("FREQ must be one of: DAILY, WEEKLY, MONTHLY, YEARLY")
	case zeroed.MatchString(text): // the library takes it for unset
		return nil, errors.New("INTERVAL and COUNT must be 1 or more")
	case len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0:
		return nil, errors.New("must not set hours; use at for the time of day")
	case !hasStart && (o.Interval > 1 || o.Count > 0):
		return nil, errors.New("INTERVAL and COUNT need a first day; set starting")
	case !hasStart && !says[o.Freq]:
		return nil, errors.New("must select days: add BYDAY or BYMONTHDAY (and BYMONTH if yearly), or set starting")
	}
	return o, nil
}
