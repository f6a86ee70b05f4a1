package kube

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// cron is a schedule of minutes, in five fields as Argo CD reads them: each bit is a value.
type cron struct {
	minute, hour, day, month, weekday uint64
	anyDay, anyWeekday                bool
	zone                              *time.Location // nil: that of the window
}

var (
	months   = []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// parseCron reads a schedule such as "0 22 * * MON-FRI"; "CRON_TZ=Asia/Tokyo " or "TZ=…"
// may come before it.
func parseCron(text string) (cron, error) {
	var c cron
	var err error
	if strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ=") {
		_, text, _ = strings.Cut(text, "=")
		name, rest, _ := strings.Cut(text, " ")
		if c.zone, err = time.LoadLocation(name); err != nil {
			return cron{}, err
		}
		text = rest
	}
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return cron{}, fmt.Errorf("a schedule has five fields, not %d", len(fields))
	}
	for i, f := range []struct {
		into     *uint64
		any      *bool
		low, top int
		names    []string
	}{
		{&c.minute, new(bool), 0, 59, nil}, {&c.hour, new(bool), 0, 23, nil}, {&c.day, &c.anyDay, 1, 31, nil},
		{&c.month, new(bool), 1, 12, months}, {&c.weekday, &c.anyWeekday, 0, 6, weekdays},
	} {
		if *f.into, *f.any, err = cronField(fields[i], f.low, f.top, f.names); err != nil {
			return cron{}, err
		}
	}
	return c, nil
}

// cronField reads one field: values, ranges and steps, separated by commas. any: one of
// them is a star, without a step; then of a day and a weekday both have to match.
func cronField(text string, low, top int, names []string) (bits uint64, any bool, err error) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' }) {
		more, star, err := cronPart(part, low, top, names)
		if err != nil {
			return 0, false, err
		}
		bits, any = bits|more, any || star
	}
	return bits, any, nil
}

// cronPart reads a value, a range, or one of them with a step.
func cronPart(text string, low, top int, names []string) (bits uint64, star bool, err error) {
	span, each, stepped := strings.Cut(text, "/")
	first, last, ranged := strings.Cut(span, "-")
	step, from, to := 1, low, top
	if stepped {
		if step, err = strconv.Atoi(each); err != nil || step < 1 {
			return 0, false, fmt.Errorf("%q is no step", each)
		}
		step = min(step, top+1) // a longer one leaves the first value alone, too
	}
	if first == "*" || first == "?" {
		star = step == 1
	} else {
		if from, err = cronValue(first, low, top, names); err != nil {
			return 0, false, err
		}
		switch {
		case ranged:
			if to, err = cronValue(last, low, top, names); err != nil {
				return 0, false, err
			}
		case !stepped:
			to = from
		}
	}
	if from > to {
		return 0, false, fmt.Errorf("%q ends before it begins", span)
	}
	for n := from; n <= to; n += step {
		bits |= 1 << n
	}
	return bits, star, nil
}

func cronValue(text string, low, top int, names []string) (int, error) {
	for n, name := range names {
		if name != "" && strings.EqualFold(name, text) {
			return n, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > top {
		return 0, fmt.Errorf("%q is no value from %d to %d", text, low, top)
	}
	return n, nil
}

func has(bits uint64, n int) bool { return bits&(1<<n) != 0 }

// on reports whether a day is one of the schedule.
func (c *cron) on(at time.Time) bool {
	if !has(c.month, int(at.Month())) {
		return false
	}
	day, weekday := has(c.day, at.Day()), has(c.weekday, int(at.Weekday()))
	if c.anyDay || c.anyWeekday {
		return day && weekday
	}
	return day || weekday
}

// never reports whether its days are in none of its months, such as 30 February.
func (c *cron) never() bool {
	if !c.anyDay && !c.anyWeekday {
		return false // any of its weekdays is a day
	}
	for month := time.January; month <= time.December; month++ {
		days := time.Date(2024, month+1, 0, 0, 0, 0, 0, time.UTC).Day() // a leap year
		if has(c.month, int(month)) && c.day&(1<<(days+1)-1) != 0 {
			return false
		}
	}
	return true
}

// starts reports whether it starts between two times, neither included. It looks back by
// the day, by the hour where a day fits, and by the minute where an hour does.
func (c *cron) starts(from, to time.Time) bool {
	if c.zone != nil {
		to = to.In(c.zone)
	}
	at := to.Truncate(time.Minute)
	if !at.Before(to) {
		at = at.Add(-time.Minute)
	}
	for at.After(from) {
		hour, minute := at.Hour(), at.Minute()
		switch {
		case !c.on(at) && hour > 2:
			at = at.Add(-time.Duration(hour-2) * time.Hour) // not past midnight, even where clocks were put forward
		case !c.on(at) || !has(c.hour, hour):
			at = at.Add(-time.Duration(minute+1) * time.Minute)
		case !has(c.minute, minute):
			at = at.Add(-time.Minute)
		default:
			return true
		}
	}
	return false
}
