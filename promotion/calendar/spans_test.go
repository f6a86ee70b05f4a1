package calendar

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var tokyo = mustZone("Asia/Tokyo")

func mustZone(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return l
}

func jst(y int, m time.Month, d, hour, minute int) time.Time {
	return time.Date(y, m, d, hour, minute, 0, 0, tokyo)
}

func (table timetable) on(t time.Time) bool {
	s, ok := table.around(t)
	return ok && s.holds(t)
}

func TestTheNextTimeIsTold(t *testing.T) {
	weekend, err := recurring("FREQ=WEEKLY;BYDAY=FR", clock{18, 0}, 63*time.Hour, tokyo, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	s, ok := weekend.around(jst(2026, 11, 18, 12, 0))
	if !ok || !s.begin.Equal(jst(2026, 11, 20, 18, 0)) || !s.end.Equal(jst(2026, 11, 23, 9, 0)) {
		t.Errorf("next: %v", s)
	}
	if _, ok := once(jst(2026, 1, 1, 0, 0), jst(2026, 1, 2, 0, 0)).around(jst(2026, 1, 2, 0, 0)); ok {
		t.Error("what is over comes again")
	}
}

func TestRecurringFreezes(t *testing.T) {
	weekend, err := recurring("FREQ=WEEKLY;BYDAY=FR", clock{18, 0}, 63*time.Hour, tokyo, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	chained, err := recurring("FREQ=DAILY", clock{0, 0}, 24*time.Hour, tokyo, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	lastDay, err := recurring("FREQ=MONTHLY;BYMONTHDAY=-1", clock{0, 0}, 24*time.Hour, tokyo, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := recurring("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", clock{9, 0}, time.Hour, tokyo, jst(2026, 11, 2, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	eve := clock{18, 0}
	tests := []struct {
		name  string
		table timetable
		at    time.Time
		on    bool
		until time.Time
	}{
		{"just before the weekend", weekend, jst(2026, 11, 20, 17, 59), false, time.Time{}},
		{"at the minute when it begins", weekend, jst(2026, 11, 20, 18, 0), true, jst(2026, 11, 23, 9, 0)},
		{"on Sunday, asked in another zone", weekend, jst(2026, 11, 22, 12, 0).UTC(), true, jst(2026, 11, 23, 9, 0)},
		{"at the minute when it ends", weekend, jst(2026, 11, 23, 9, 0), false, time.Time{}},
		{"days without a gap never end", chained, jst(2026, 11, 20, 1, 0), true, time.Time{}},
		{"the last of February", lastDay, jst(2028, 2, 29, 12, 0), true, jst(2028, 3, 1, 0, 0)},
		{"the 28th of a leap year", lastDay, jst(2028, 2, 28, 12, 0), false, time.Time{}},
		{"every second Monday, the first", second, jst(2026, 11, 2, 9, 30), true, jst(2026, 11, 2, 10, 0)},
		{"the Monday between", second, jst(2026, 11, 9, 9, 30), false, time.Time{}},
		{"the second one", second, jst(2026, 11, 16, 9, 30), true, jst(2026, 11, 16, 10, 0)},
		{"before the first", second, jst(2026, 10, 19, 9, 30), false, time.Time{}},
		{"three holidays in a row", holidays(nil, tokyo), jst(2026, 9, 21, 0, 0), true, jst(2026, 9, 24, 0, 0)},
		{"the day after", holidays(nil, tokyo), jst(2026, 9, 24, 0, 0), false, time.Time{}},
		{"a holiday's eve", holidays(&eve, tokyo), jst(2026, 11, 2, 18, 0), true, jst(2026, 11, 4, 0, 0)},
		{"still midnight in Tokyo's past day", holidays(nil, tokyo), time.Date(2026, 11, 2, 14, 59, 0, 0, time.UTC), false, time.Time{}},
		{"midnight in Tokyo", holidays(nil, tokyo), time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC), true, jst(2026, 11, 4, 0, 0)},
		{"one-off without an end", once(jst(2026, 1, 1, 0, 0), time.Time{}), jst(2030, 1, 1, 0, 0), true, time.Time{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found, ok := test.table.around(test.at)
			on, until := ok && found.holds(test.at), found.end
			if !on {
				until = time.Time{}
			}
			if on != test.on || !until.Equal(test.until) {
				t.Errorf("on %v until %v, want %v until %v", on, until, test.on, test.until)
			}
		})
	}
}

func TestTheTimeOfDayStaysWhenClocksAreChanged(t *testing.T) {
	berlin := mustZone("Europe/Berlin")
	nightly, err := recurring("FREQ=DAILY", clock{9, 0}, time.Hour, berlin, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []int{28, 29, 30} { // clocks went forward on 2026-03-29
		nine := time.Date(2026, 3, day, 9, 0, 0, 0, berlin)
		if !nightly.on(nine) {
			t.Errorf("not on at %v", nine)
		}
		if nightly.on(nine.Add(-time.Minute)) {
			t.Errorf("on a minute before %v", nine)
		}
	}
}

// What the rule says equals a walk over the days that knows nothing of RRULEs.
func TestWeeklyRulesEqualAWalkOverTheDays(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	names := []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	for range 40 {
		days, rule := map[time.Weekday]bool{}, ""
		for len(days) == 0 || random.IntN(2) == 0 {
			day := time.Weekday(random.IntN(7))
			if !days[day] {
				rule += "," + names[day]
			}
			days[day] = true
		}
		at, length := clock{random.IntN(24), random.IntN(60)}, time.Duration(1+random.IntN(100))*time.Hour
		table, err := recurring("FREQ=WEEKLY;BYDAY="+rule[1:], at, length, tokyo, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			now := jst(2026, 1, 1, 0, 0).Add(time.Duration(random.IntN(365*24*60)) * time.Minute)
			want := false
			for back := range 8 {
				day := dateOf(now.In(tokyo)).add(-back)
				begin := at.on(day, tokyo)
				want = want || days[day.weekday()] && span{begin, begin.Add(length)}.holds(now)
			}
			if table.on(now) != want {
				t.Fatalf("%s at %v for %v: at %v not on as it should be: %v", rule, at, length, now, want)
			}
		}
	}
}

func TestRulesThatDoNotSayWhenAreRefused(t *testing.T) {
	tests := []struct{ rule, want string }{
		{"FREQ=WEEKLY", "must select days"},
		{"FREQ=MONTHLY", "must select days"},
		{"FREQ=YEARLY", "must select days"},
		{"FREQ=YEARLY;BYMONTH=12", "must select days"},
		{"FREQ=YEARLY;BYMONTHDAY=24", "must select days"}, // of which month
		{"FREQ=YEARLY;BYDAY=MO", "must select days"},
		{"FREQ=YEARLY;BYWEEKNO=20", "must select days"}, // which day of that week
		{"FREQ=HOURLY", "must be one of: DAILY"},
		{"FREQ=DAILY;BYHOUR=3", "use at for the time of day"},
		{"FREQ=WEEKLY;BYDAY=MO;INTERVAL=2", "need a first day; set starting"},
		{"FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24;COUNT=3", "need a first day; set starting"},
		{"BYDAY=MO", "invalid RRULE"},
		{"FREQ=WEEKLY;BYDAY=XX", "invalid RRULE"},
		{"DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY", "without DTSTART"},
		{"", "invalid RRULE"},
		{"FREQ=DAILY;COUNT=0", "must be 1 or more"},
		{"FREQ=DAILY;INTERVAL=00;BYDAY=MO", "must be 1 or more"},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "on no day at all"},
		{"FREQ=YEARLY;BYMONTH=2,4;BYMONTHDAY=31", "on no day at all"},

		{"FREQ=MONTHLY;BYDAY=6FR", "on no day at all"},
		{"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "on no day at all"},
		{"FREQ=DAILY;BYSETPOS=5", "on no day at all"},
	}
	for _, test := range tests {
		if _, err := recurring(test.rule, clock{}, time.Hour, tokyo, time.Time{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want one with %q", test.rule, err, test.want)
		}
	}
}

// A year's rule needs no start where it says its days itself: they are the same in every year.
func TestRulesOfAYearThatNeedNoStart(t *testing.T) {
	for _, tt := range []struct{ rule, days string }{
		{"FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", "2026-12-31 2027-12-31 2028-12-31"},
		{"FREQ=YEARLY;BYYEARDAY=1,-1", "2026-12-31 2027-01-01 2027-12-31 2028-01-01 2028-12-31"},
		{"FREQ=YEARLY;BYMONTH=11;BYDAY=4FR", "2026-11-27 2027-11-26 2028-11-24"},
		{"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "2026-05-11 2027-05-17 2028-05-15"},
		{"FREQ=YEARLY;BYEASTER=0", "2026-04-05 2027-03-28 2028-04-16"},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29"},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU", "2028-02-29"},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1,30", "2026-02-28 2027-02-28 2028-02-29"},
		{"FREQ=DAILY;UNTIL=20200101T000000Z", ""}, // it was on
	} {
		table, err := recurring(tt.rule, clock{9, 30}, 48*time.Hour, tokyo, time.Time{})
		if err != nil {
			t.Errorf("%s: %v", tt.rule, err)
			continue
		}
		var days []string
		// Asked day by day, as a gate does: a span that began in the year before is on, too.
		for day := (date{2026, time.January, 3}); day.year < 2029; day = day.add(1) {
			noon := clock{12, 0}.on(day, tokyo)
			began := clock{9, 30}.on(day, tokyo)
			spans := table(noon, noon)
			on := slices.ContainsFunc(spans, func(s span) bool { return s.begin.Equal(began) })
			if on {
				days = append(days, noon.Format(time.DateOnly))
			}
			if on && (table.on(began.Add(-1)) && len(days) == 1 || !table.on(began) || !table.on(began.Add(48*time.Hour-1))) {
				t.Errorf("%s: it is not on for two days from %v on", tt.rule, began)
			}
		}
		if got := strings.Join(days, " "); got != tt.days {
			t.Errorf("%s: it begins on %s, want %s", tt.rule, got, tt.days)
		}
	}
}
