package openslo

import (
	"fmt"
	"strconv"
	"time"

	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"

	"github.com/shopslo/shopslo/slo"
)

const day = 24 * time.Hour

// fixed are the units whose length no calendar decides.
var fixed = map[v1.DurationShorthandUnit]time.Duration{
	v1.DurationShorthandUnitMinute: time.Minute,
	v1.DurationShorthandUnitHour:   time.Hour,
	v1.DurationShorthandUnitDay:    day,
	v1.DurationShorthandUnitWeek:   7 * day,
}

// months are the units that are made of calendar months.
var months = map[v1.DurationShorthandUnit]int{
	v1.DurationShorthandUnitMonth:   1,
	v1.DurationShorthandUnitQuarter: 3,
	v1.DurationShorthandUnitYear:    12,
}

var calendarUnits = map[v1.DurationShorthandUnit]slo.CalendarUnit{
	v1.DurationShorthandUnitDay:     slo.Day,
	v1.DurationShorthandUnitWeek:    slo.Week,
	v1.DurationShorthandUnitMonth:   slo.Month,
	v1.DurationShorthandUnitQuarter: slo.Quarter,
	v1.DurationShorthandUnitYear:    slo.Year,
}

// longestYears bounds windows: no history is that long, and beyond 292 years a
// time.Duration overflows.
const longestYears = 50

// tooLong reports whether a duration exceeds the bound, at its units' usual
// lengths.
func tooLong(d v1.DurationShorthand) bool {
	if n, ok := months[d.GetUnit()]; ok {
		return d.GetValue() > longestYears*12/n
	}
	return d.GetValue() > int(longestYears*365*day/fixed[d.GetUnit()])
}

// window reads an SLO's time window; an error says what cannot be computed, and
// at which key.
func window(w v1.SLOTimeWindow) (win slo.Window, key string, err error) {
	win.Text = w.Duration.String()
	_, inMonths := months[w.Duration.GetUnit()]
	switch {
	case w.Duration.GetValue() <= 0:
		return win, "duration", fmt.Errorf("is missing")
	case tooLong(w.Duration):
		return win, "duration", fmt.Errorf("%s is longer than %d years", w.Duration, longestYears)
	case w.Calendar != nil:
		return calendarWindow(w, win)
	case inMonths:
		return win, "duration", fmt.Errorf("a rolling window of %s changes its length from day to day, for months differ; "+
			"write days, such as 28d, or make it a calendar window", w.Duration)
	}
	win.Length, err = fixedDuration(w.Duration)
	return win, "duration", err
}

func calendarWindow(w v1.SLOTimeWindow, win slo.Window) (slo.Window, string, error) {
	unit, ok := calendarUnits[w.Duration.GetUnit()]
	if !ok {
		return win, "duration", fmt.Errorf("a calendar window of %s cannot be counted: the shortest is 1d%s", w.Duration, capitalM(w.Duration))
	}
	const zoneKey, startKey = "calendar.timeZone", "calendar.startTime"
	zone, err := time.LoadLocation(w.Calendar.TimeZone)
	if err != nil {
		return win, zoneKey, fmt.Errorf("%w; write a name such as Asia/Tokyo", err)
	}
	start, err := time.ParseInLocation(time.DateTime, w.Calendar.StartTime, zone)
	if err != nil {
		return win, startKey, fmt.Errorf("%w; write it as 2026-01-01 00:00:00", err)
	}
	if y := start.Year(); y < 1970 || y > 2200 {
		return win, startKey, fmt.Errorf("%s is not between the years 1970 and 2200", w.Calendar.StartTime)
	}
	win.Unit, win.Count, win.Anchor = unit, w.Duration.GetValue(), start
	return win, "", nil
}

// capitalM helps those who wrote 1m for a month.
func capitalM(d v1.DurationShorthand) string {
	if d.GetUnit() != v1.DurationShorthandUnitMinute {
		return ""
	}
	return fmt.Sprintf(" (m is minutes; for months write %sM)", strconv.Itoa(d.GetValue()))
}

// fixedDuration is the length of a duration that no calendar decides.
func fixedDuration(d v1.DurationShorthand) (time.Duration, error) {
	unit, ok := fixed[d.GetUnit()]
	if !ok {
		return 0, fmt.Errorf("%s has no fixed length; write it in m, h, d or w", d)
	}
	if tooLong(d) {
		return 0, fmt.Errorf("%s is longer than %d years", d, longestYears)
	}
	return time.Duration(d.GetValue()) * unit, nil
}
