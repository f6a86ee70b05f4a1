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
}

var (
	months   = []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// parseCron reads a schedule such as "0 22 * * MON-FRI".
func parseCron(text string) (cron, error) {
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return cron{}, fmt.Errorf("a schedule has five fields, not %d", len(fields))
	}
	var c cron
	var err error
	for i, f := range []struct {
		into     *uint64
		low, top int
		names    []string
	}{{&c.minute, 0, 59, nil}, {&c.hour, 0, 23, nil}, {&c.day, 1, 31, nil}, {&c.month, 1, 12, months}, {&c.weekday, 0, 6, weekdays}} {
		if *f.into, err = cronField(fields[i], f.low, f.top, f.names); err != nil {
			return cron{}, err
		}
	}
	star := func(field string) bool { return strings.HasPrefix(field, "*") || strings.HasPrefix(field, "?") }
	c.anyDay, c.anyWeekday = star(fields[2]), star(fields[4])
	return c, nil
}

// cronField reads one field: values, ranges and steps, separated by commas.
func cronField(text string, low, top int, names []string) (bits uint64, err error) {
	value := func(text string) (int, error) {
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
	for part := range strings.SplitSeq(text, ",") {
		span, each, stepped := strings.Cut(part, "/")
		step, from, to := 1, low, top
		if stepped {
			if step, err = strconv.Atoi(each); err != nil || step < 1 {
				return 0, fmt.Errorf("%q is no step", each)
			}
			step = min(step, top+1) // a longer one leaves the first value alone, too
		}
		if span != "*" && span != "?" {
			first, last, ranged := strings.Cut(span, "-")
			if from, err = value(first); err != nil {
				return 0, err
			}
			switch {
			case ranged:
				if to, err = value(last); err != nil {
					return 0, err
				}
			case !stepped:
				to = from
			}
			if from > to {
				return 0, fmt.Errorf("%q ends before it begins", span)
			}
		}
		for n := from; n <= to; n += step {
			bits |= 1 << n
		}
	}
	return bits, nil
}

// starts reports whether a minute is one of the schedule.
func (c *cron) starts(at time.Time) bool {
	has := func(bits uint64, n int) bool { return bits&(1<<n) != 0 }
	if !has(c.minute, at.Minute()) || !has(c.hour, at.Hour()) || !has(c.month, int(at.Month())) {
		return false
	}
	day, weekday := has(c.day, at.Day()), has(c.weekday, int(at.Weekday()))
	if c.anyDay || c.anyWeekday {
		return day && weekday
	}
	return day || weekday
}
