package review

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestThePeriodIsWholeDaysOfItsZone(t *testing.T) {
	tokyo, berlin := zone(t, "Asia/Tokyo"), zone(t, "Europe/Berlin")
	at := func(text string) time.Time {
		x, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	week := func(text string) func(time.Time, *time.Location) (Period, error) {
		return func(now time.Time, z *time.Location) (Period, error) { return ParseWeek(text, now, z) }
	}
	last := func(now time.Time, z *time.Location) (Period, error) { return LastWeek(now, z), nil }
	days := func(a, b string) func(time.Time, *time.Location) (Period, error) {
		return func(now time.Time, z *time.Location) (Period, error) { return ParseDays(a, b, now, z) }
	}
	now := at("2026-11-22T00:00:00Z")
	tests := []struct {
		name        string
		read        func(time.Time, *time.Location) (Period, error)
		now         time.Time
		zone        *time.Location
		as          string
		from, until string
		days        int
		partial     bool
	}{
		{"on a Sunday the last whole week is the one before", last, now, tokyo, "2026-W46", "2026-11-09T00:00:00+09:00", "2026-11-16T00:00:00+09:00", 7, false},
		{"at midnight on Monday the week is over", last, at("2026-11-16T00:00:00+09:00"), tokyo, "2026-W46", "2026-11-09T00:00:00+09:00", "2026-11-16T00:00:00+09:00", 7, false},
		{"a second before it is not", last, at("2026-11-15T23:59:59+09:00"), tokyo, "2026-W45", "2026-11-02T00:00:00+09:00", "2026-11-09T00:00:00+09:00", 7, false},
		{"Monday in Tokyo is Sunday in UTC", last, at("2026-11-15T15:00:00Z"), tokyo, "2026-W46", "2026-11-09T00:00:00+09:00", "2026-11-16T00:00:00+09:00", 7, false},
		{"week 1 may begin in the year before", week("2026-W01"), now, tokyo, "2026-W01", "2025-12-29T00:00:00+09:00", "2026-01-05T00:00:00+09:00", 7, false},
		{"a year of 53 weeks", week("2020-W53"), now, tokyo, "2020-W53", "2020-12-28T00:00:00+09:00", "2021-01-04T00:00:00+09:00", 7, false},
		{"a week in which clocks go back has an hour more", week("2026-W43"), now, berlin, "2026-W43", "2026-10-19T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 7, false},
		{"a week that is not over ends now", week("2026-W47"), at("2026-11-18T12:30:00+09:00"), tokyo, "2026-W47", "2026-11-16T00:00:00+09:00", "2026-11-18T12:30:00+09:00", 3, true},
		{"days, the last one included", days("2026-11-01", "2026-11-15"), now, tokyo, "2026-11-01..2026-11-15", "2026-11-01T00:00:00+09:00", "2026-11-16T00:00:00+09:00", 15, false},
		{"a single day", days("2026-11-09", "2026-11-09"), now, tokyo, "2026-11-09", "2026-11-09T00:00:00+09:00", "2026-11-10T00:00:00+09:00", 1, false},
		{"a week given as days is called by its week", days("2026-11-09", "2026-11-15"), now, tokyo, "2026-W46", "2026-11-09T00:00:00+09:00", "2026-11-16T00:00:00+09:00", 7, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := test.read(test.now, test.zone)
			if err != nil {
				t.Fatal(err)
			}
			if p.Name != test.as || !p.From.Equal(at(test.from)) || !p.Until.Equal(at(test.until)) || p.days() != test.days || p.Partial != test.partial {
				t.Errorf("%s %v to %v, %d days, partial %v", p.Name, p.From, p.Until, p.days(), p.Partial)
			}
			if before := p.before(); len(before) != comparedWith*test.days+1 || !before[len(before)-1].Equal(p.From) {
				t.Errorf("compared with %d edges up to %v", len(before), before[len(before)-1])
			}
		})
	}
}

func TestAPeriodThatCannotBeIsRefused(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"2026-46": "write it like", "2021-W53": "has no week 53", "2026-W00": "has no week 0", "2026-W48": "has not begun", "2026-W4": "write it like", "1500-W01": "before the year 2000", "0026-W46": "before the year 2000"} {
		if _, err := ParseWeek(text, now, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	for days, want := range map[[2]string]string{
		{"9.11.", "2026-11-15"}: "is not a day", {"2026-11-09", "tomorrow"}: "is not a day", {"2026-11-09", "2026-11-08"}: "before the first",
		{"2026-11-23", "2026-11-24"}: "has not begun", {"2026-01-01", "2026-11-01"}: "more than 92 days", {"0226-11-09", "0226-11-10"}: "before the year 2000",
	} {
		if _, err := ParseDays(days[0], days[1], now, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", days, err, want)
		}
	}
}

// Whatever is read as a week is seven days of it, and is called as it was asked for.
func FuzzParseWeek(f *testing.F) {
	for _, text := range []string{"2026-W46", "2020-W53", "2026-W1", "0000-W01", "9999-W52", "２０２６-W46", "+026-W46"} {
		f.Add(text)
	}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseWeek(text, now, time.UTC)
		if err != nil {
			return
		}
		if p.Name != text || p.From.Weekday() != time.Monday || p.Until.Sub(p.From) > 7*24*time.Hour || !p.From.Before(p.Until) {
			t.Errorf("%q: %+v", text, p)
		}
	})
}

// In some zones clocks are set forward at midnight: the day begins at one.
func TestADayWithoutAMidnightIsOneDay(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"America/Santiago", "America/Havana", "Africa/Cairo", "Asia/Beirut", "America/New_York", "Australia/Lord_Howe"} {
		z := zone(t, name)
		for at := time.Date(2023, 1, 2, 12, 0, 0, 0, z); at.Before(now.AddDate(0, 0, -8)); at = at.AddDate(0, 0, 7) {
			p := LastWeek(at.AddDate(0, 0, 7), z)
			edges := append(p.before(), p.edges()[1:]...)
			if len(edges) != 5*7+1 || p.days() != 7 {
				t.Fatalf("%s: %s has %d days: %v", name, p.Name, p.days(), p.edges())
			}
			for n, edge := range edges[1:] {
				if edge.Add(12*time.Hour).Day() != edges[n].Add(36*time.Hour).Day() || edge.Add(-time.Second).Day() == edge.Day() {
					t.Errorf("%s: %s: a day from %s to %s", name, p.Name, edges[n], edge)
				}
			}
		}
	}
	p, err := ParseDays("2026-09-06", "2026-09-06", now, zone(t, "America/Santiago"))
	if want := "2026-09-06T01:00:00-03:00"; err != nil || p.From.Format(time.RFC3339) != want || p.days() != 1 || p.Until.Sub(p.From) != 23*time.Hour {
		t.Errorf("%+v, %v", p, err)
	}
}
