package slo_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// wall reads "2026-01-02 15:04" in a zone.
func wall(t testing.TB, l *time.Location, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, l)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWindowBounds(t *testing.T) {
	tokyo, berlin, utc := zone(t, "Asia/Tokyo"), zone(t, "Europe/Berlin"), time.UTC
	newYork, santiago := zone(t, "America/New_York"), zone(t, "America/Santiago")
	cases := []struct {
		name           string
		unit           slo.CalendarUnit
		count          int
		zone           *time.Location
		anchor         string
		at, start, end string
	}{
		{"a month in Tokyo is the calendar's month, not 30 days", slo.Month, 1, tokyo, "2026-01-01 00:00",
			"2026-02-10 12:00", "2026-02-01 00:00", "2026-03-01 00:00"},
		{"an instant on the boundary belongs to the month that ends there", slo.Month, 1, tokyo, "2026-01-01 00:00",
			"2026-03-01 00:00", "2026-02-01 00:00", "2026-03-01 00:00"},
		{"a leap year's February has 29 days", slo.Month, 1, tokyo, "2026-01-01 00:00",
			"2028-02-29 23:59", "2028-02-01 00:00", "2028-03-01 00:00"},
		{"a month before the anchor", slo.Month, 1, tokyo, "2026-01-01 00:00",
			"2025-11-30 10:00", "2025-11-01 00:00", "2025-12-01 00:00"},
		{"a month that is anchored to the 31st takes the last day of short months", slo.Month, 1, utc, "2026-01-31 00:00",
			"2026-03-05 00:00", "2026-02-28 00:00", "2026-03-31 00:00"},
		{"a quarter in Tokyo", slo.Quarter, 1, tokyo, "2026-01-01 00:00",
			"2026-05-20 09:00", "2026-04-01 00:00", "2026-07-01 00:00"},
		{"a fiscal year that begins in April", slo.Year, 1, tokyo, "2025-04-01 00:00",
			"2027-03-31 23:59", "2026-04-01 00:00", "2027-04-01 00:00"},
		{"a year anchored to a leap day takes 28 February in other years", slo.Year, 1, utc, "2024-02-29 00:00",
			"2026-02-28 12:00", "2026-02-28 00:00", "2027-02-28 00:00"},
		{"two months at once", slo.Month, 2, tokyo, "2026-01-01 00:00",
			"2026-04-30 09:00", "2026-03-01 00:00", "2026-05-01 00:00"},
		{"a week in Berlin over the clock change in spring has 167 hours", slo.Week, 1, berlin, "2026-01-05 00:00",
			"2026-03-29 12:00", "2026-03-23 00:00", "2026-03-30 00:00"},
		{"a day in Berlin at the clock change in autumn has 25 hours", slo.Day, 1, berlin, "2026-01-01 00:00",
			"2026-10-25 12:00", "2026-10-25 00:00", "2026-10-26 00:00"},
		{"a day in Santiago whose midnight the clocks leave out begins when they go forward", slo.Day, 1, santiago, "2026-01-01 00:00",
			"2026-09-06 12:00", "2026-09-06 01:00", "2026-09-07 00:00"},
		{"and the day before has its last hour", slo.Day, 1, santiago, "2026-01-01 00:00",
			"2026-09-05 23:30", "2026-09-05 00:00", "2026-09-06 01:00"},
		{"a clock change on the first of a month leaves the window's hour alone", slo.Month, 1, newYork, "2001-01-15 02:30",
			"2001-04-20 00:00", "2001-04-15 02:30", "2001-05-15 02:30"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := slo.Window{Unit: c.unit, Count: c.count, Anchor: wall(t, c.zone, c.anchor)}
			start, end := w.Bounds(wall(t, c.zone, c.at))
			if want := wall(t, c.zone, c.start); !start.Equal(want) {
				t.Errorf("start is %v, want %v", start, want)
			}
			if want := wall(t, c.zone, c.end); !end.Equal(want) {
				t.Errorf("end is %v, want %v", end, want)
			}
		})
	}
}

func TestRollingWindowEndsAtTheInstant(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	start, end := slo.Rolling(28 * 24 * time.Hour).Bounds(at)
	if !end.Equal(at) || at.Sub(start) != 28*24*time.Hour {
		t.Errorf("bounds of 28d at %v are %v, %v", at, start, end)
	}
}

// slowEdges lists the window starts around the anchor one calendar day at a time,
// by looking at wall clocks only.
func slowEdges(w slo.Window, years int) []time.Time {
	a := w.Anchor
	y, m, d := a.Date()
	date := func(y int, m time.Month, d int) time.Time {
		at := time.Date(y, m, d, a.Hour(), a.Minute(), a.Second(), a.Nanosecond(), a.Location())
		if at.Hour() == a.Hour() && at.Minute() == a.Minute() {
			return at
		}
		_, before := at.Add(-12 * time.Hour).Zone() // no clock shows it that day
		return time.Date(y, m, d, a.Hour(), a.Minute(), a.Second(), a.Nanosecond(), time.FixedZone("", before))
	}
	anchorDay := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	var edges []time.Time
	for day := anchorDay.AddDate(-years, 0, 0); day.Before(anchorDay.AddDate(years, 0, 0)); day = day.AddDate(0, 0, 1) {
		days := int(day.Sub(anchorDay).Hours() / 24)
		cy, cm, cd := day.Date()
		months := (cy-y)*12 + int(cm) - int(m)
		lastOfMonth := day.AddDate(0, 0, 1).Month() != cm
		onDay := cd == d || cd < d && lastOfMonth
		var is bool
		switch w.Unit {
		case slo.Day:
			is = days%w.Count == 0
		case slo.Week:
			is = days%(7*w.Count) == 0
		case slo.Month:
			is = onDay && months%w.Count == 0
		case slo.Quarter:
			is = onDay && months%(3*w.Count) == 0
		case slo.Year:
			is = onDay && months%(12*w.Count) == 0
		}
		if is {
			edges = append(edges, date(cy, cm, cd))
		}
	}
	return edges
}

func TestWindowBoundsAgreeWithASlowCalendar(t *testing.T) {
	zones := []string{"UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago", "America/Havana", "Africa/Cairo"}
	units := []slo.CalendarUnit{slo.Day, slo.Week, slo.Month, slo.Quarter, slo.Year}
	r := rand.New(rand.NewPCG(1, 2))
	const years = 6
	for range 100 {
		l := zone(t, zones[r.IntN(len(zones))])
		anchor := time.Date(2012+r.IntN(14), time.Month(1+r.IntN(12)), 1+r.IntN(31), r.IntN(24), 15*r.IntN(4), 0, 0, l)
		w := slo.Window{Unit: units[r.IntN(len(units))], Count: 1 + r.IntN(3), Anchor: anchor}
		t.Run(fmt.Sprintf("%d %s from %s", w.Count, w.Unit, anchor.Format(time.RFC3339)+" "+l.String()), func(t *testing.T) {
			edges := slowEdges(w, years)
			for i := 1; i < len(edges); i++ {
				a, b := edges[i-1], edges[i]
				instants := []time.Time{a.Add(1), b.Add(-1), b, a.Add(time.Duration(1 + r.Int64N(int64(b.Sub(a)))))}
				for _, at := range instants {
					start, end := w.Bounds(at.In(time.UTC))
					if !start.Equal(a) || !end.Equal(b) {
						t.Fatalf("bounds at %v are (%v, %v], want (%v, %v]", at, start, end, a, b)
					}
					if got := w.Nominal(at); got != b.Sub(a) {
						t.Fatalf("nominal length at %v is %v, want %v", at, got, b.Sub(a))
					}
				}
			}
		})
	}
}

func TestWindowTextIsTheLargestUnitThatDivides(t *testing.T) {
	for d, want := range map[time.Duration]string{
		28 * 24 * time.Hour: "28d", 24 * time.Hour: "1d", 6 * time.Hour: "6h", 36 * time.Hour: "36h",
		5 * time.Minute: "5m", 90 * time.Second: "90s", time.Second: "1s", 250 * time.Millisecond: "250ms",
	} {
		if got := slo.Rolling(d).String(); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
	if got := (slo.Window{Unit: slo.Month, Count: 1, Text: "1M"}).String(); got != "1M" {
		t.Errorf("a window with the document's text is written %q", got)
	}
	if got := (slo.Window{Unit: slo.Quarter, Count: 2}).String(); got != "2 quarter" {
		t.Errorf("a calendar window without text is written %q", got)
	}
	if got := (slo.Window{Length: time.Hour}).String(); got != "1h" {
		t.Errorf("a rolling window without text is written %q", got)
	}
}

func TestWindowValidate(t *testing.T) {
	anchor := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		name string
		w    slo.Window
		ok   bool
	}{
		{"a rolling window is valid", slo.Rolling(time.Hour), true},
		{"a calendar window is valid", slo.Window{Unit: slo.Month, Count: 1, Anchor: anchor}, true},
		{"an empty window is not", slo.Window{}, false},
		{"a negative length is not", slo.Rolling(-time.Hour), false},
		{"a calendar window of no units is not", slo.Window{Unit: slo.Month, Anchor: anchor}, false},
		{"a calendar window without a start is not", slo.Window{Unit: slo.Month, Count: 1}, false},
	}
	for _, c := range cases {
		if err := c.w.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: got error %v", c.name, err)
		}
	}
}

func BenchmarkWindowBoundsOfADayTenYearsAfterItsAnchor(b *testing.B) {
	w := slo.Window{Unit: slo.Day, Count: 1, Anchor: time.Date(2016, 1, 1, 0, 0, 0, 0, zone(b, "Asia/Tokyo"))}
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	for b.Loop() {
		w.Bounds(at)
	}
}
