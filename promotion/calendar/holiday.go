package calendar

import "time"

// date is a day of the Gregorian calendar, without a zone.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date { y, m, d := t.Date(); return date{y, m, d} }

func (d date) in(zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, zone)
}

func (d date) add(days int) date {
	return dateOf(time.Date(d.year, d.month, d.day+days, 0, 0, 0, 0, time.UTC))
}

func (d date) weekday() time.Weekday { return d.in(time.UTC).Weekday() }

// The years for which holiday knows the rules: the Act on National Holidays as it
// stands since 2022 (before, the Olympic games moved some days); the equinoxes'
// formula holds until 2099.
const firstHolidayYear, lastHolidayYear = 2022, 2099

// holiday reports whether a day is a Japanese public holiday: one that the Act on
// National Holidays (Act No. 178 of 1948) names, one in lieu of a Sunday (article 3,
// paragraph 2: the next day that is none), or one between two others (paragraph 3).
func holiday(d date) bool {
	if named(d) {
		return true
	}
	for before := d.add(-1); named(before); before = before.add(-1) {
		if before.weekday() == time.Sunday {
			return true
		}
	}
	return d.weekday() != time.Sunday && named(d.add(-1)) && named(d.add(1))
}

// named reports whether article 2 of the Act names a day.
func named(d date) bool {
	switch d.month {
	case time.January:
		return d.day == 1 || d.isMonday(2) // 元日, 成人の日
	case time.February:
		return d.day == 11 || d.day == 23 // 建国記念の日, 天皇誕生日
	case time.March:
		return d.day == equinox(d.year, 20.8431) // 春分の日
	case time.April:
		return d.day == 29 // 昭和の日
	case time.May:
		return d.day >= 3 && d.day <= 5 // 憲法記念日, みどりの日, こどもの日
	case time.July:
		return d.isMonday(3) // 海の日
	case time.August:
		return d.day == 11 // 山の日
	case time.September:
		return d.isMonday(3) || d.day == equinox(d.year, 23.2488) // 敬老の日, 秋分の日
	case time.October:
		return d.isMonday(2) // スポーツの日
	case time.November:
		return d.day == 3 || d.day == 23 // 文化の日, 勤労感謝の日
	}
	return false
}

// isMonday reports whether a day is its month's n-th Monday.
func (d date) isMonday(n int) bool {
	return d.weekday() == time.Monday && (d.day-1)/7 == n-1
}

// equinox is the day of an equinox, in its month, from its place in 1980: the sun's
// year is 365.242194 days. The law leaves the days to the almanac, which the National
// Astronomical Observatory announces a year ahead; this approximation has agreed with
// it since 1980.
func equinox(year int, in1980 float64) int {
	return int(in1980+0.242194*float64(year-1980)) - (year-1980)/4
}
