package promotion

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// minutes is a history of good and bad events, a pair each minute from the epoch on.
type minutes [][2]float64

// account keeps minutes only since a time, and hours before.
func (m minutes) account(fine time.Time) slo.Account {
	edge := func(t time.Time) time.Time {
		if t.Before(fine) {
			return t.Truncate(time.Hour)
		}
		return t.Truncate(time.Minute)
	}
	return slo.Account{Unit: slo.Events, End: time.Unix(int64(len(m))*60, 0), Counts: func(_ int, from, to time.Time) slo.Counts {
		from, to = edge(from), edge(to)
		c := slo.Counts{Start: from, End: to, Covered: to.Sub(from)}
		for i := from.Unix() / 60; i < to.Unix()/60; i++ {
			c.Good += m[i][0]
			c.Total += m[i][0] + m[i][1]
		}
		return c
	}}
}

// What is as bad is looked for in spans as long as the time since, and an hour at least, in
// all of the baseline that has edges close enough.
func TestSpansAreAsLongAsTheTimeSince(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 100 {
		came := 8*24*60 - r.IntN(60)
		elapsed := 5 + r.IntN(300)
		m := make(minutes, came+elapsed)
		for i := range m {
			m[i] = [2]float64{float64(50 + r.IntN(50)), 0}
			if r.IntN(100) == 0 {
				m[i][1] = float64(r.IntN(20))
			}
		}
		since := tally{float64(r.IntN(3 * elapsed)), float64(75 * elapsed)}
		a := m.account(time.Unix(int64(came-3*24*60)*60, 0))
		counts := func(from, to time.Time) slo.Counts { return a.Counts(0, from, to) }
		got := alike(counts, time.Unix(int64(came)*60, 0), DefaultBaseline, time.Duration(elapsed)*time.Minute, 0, since, mostSpans)
		length := max(elapsed, 60)
		var bad []bool
		for end := time.Duration(came) * time.Minute; end >= time.Duration(came+length)*time.Minute-DefaultBaseline; end -= max(time.Duration(length)*time.Minute/4, DefaultBaseline/mostSpans) {
			c := a.Counts(0, time.Unix(0, 0).Add(end-time.Duration(length)*time.Minute), time.Unix(0, 0).Add(end))
			if off := c.End.Sub(c.Start).Minutes() - float64(length); off > float64(length)/10 || off < -float64(length)/10 {
				continue
			}
			lost, before := since.bad/since.total*float64(elapsed), (c.Total-c.Good)/c.Total*float64(length)
			bad = append(bad, before >= lost/2)
		}
		asBad, times := 0, 0
		for i, b := range bad {
			if b {
				asBad++
			}
			if b && (i == 0 || !bad[i-1]) {
				times++
			}
		}
		if got == nil || got.Spans != len(bad) || got.AsBad != asBad || got.Times != times || len(bad) < 20 || len(bad) > mostSpans {
			t.Fatalf("%d minutes: %+v, want %d of %d, %d times", elapsed, got, asBad, len(bad), times)
		}
	}
}

// Of weeks long ago only each hour is left.
func TestWhereOnlyHoursAreLeftSpansAreWholeHours(t *testing.T) {
	m := make(minutes, 14*24*60)
	for i := range m {
		m[i] = [2]float64{100, 0}
		if i%360 < 3 { // a burst each six hours
			m[i] = [2]float64{98, 2}
		}
	}
	a := m.account(time.Unix(int64(len(m))*60, 0))
	counts := func(from, to time.Time) slo.Counts { return a.Counts(0, from, to) }
	came := time.Unix(7*24*3600, 0).Add(25 * time.Minute)
	for minutes := 5; minutes < 600; minutes += 7 {
		elapsed := time.Duration(minutes) * time.Minute
		if got := alike(counts, came, DefaultBaseline, elapsed, time.Hour, tally{6, float64(100 * minutes)}, mostTogether); !got.usual() || got.Spans < 20 {
			t.Errorf("of %v: %+v", elapsed, got)
		}
	}
}

func TestWhatCameOftenOrLongIsUsual(t *testing.T) {
	for _, c := range []struct {
		name string
		a    *Alike
		want bool
	}{
		{"nobody looked", nil, false},
		{"nothing of before is known", &Alike{}, false},
		{"one long outage", &Alike{Spans: 500, AsBad: 90, Times: 1}, false},
		{"two", &Alike{Spans: 500, AsBad: 40, Times: 2}, false},
		{"three bursts", &Alike{Spans: 500, AsBad: 9, Times: 3}, true},
		{"all the time", &Alike{Spans: 100, AsBad: 100, Times: 1}, true},
	} {
		if got := c.a.usual(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestWithoutAPastNothingIsUsual(t *testing.T) {
	a := make(minutes, 100).account(time.Unix(0, 0))
	counts := func(from, to time.Time) slo.Counts { return a.Counts(0, from, to) }
	if got := alike(counts, time.Unix(6000, 0).Add(-10*time.Minute), 10*time.Minute, 10*time.Minute, 0, tally{1, 10}, mostSpans); got != nil {
		t.Errorf("%+v", got)
	}
}

// An outage before lends a Release no credit, and single errors of quiet times stay.
func TestAnOutageIsNotUsual(t *testing.T) {
	m := make(minutes, 7*24*60)
	for i := range m {
		m[i] = [2]float64{100, 0}
		if i >= 3000 && i < 3180 { // three hours in which 60 % fail: 1.8 budgets of 99.9 % over the week
			m[i] = [2]float64{40, 60}
		}
	}
	a := m.account(time.Unix(0, 0))
	before := span(a.Counts(0, time.Unix(0, 0), a.End), time.Time{}, time.Time{})
	if got := usualBad(a, 0, before, 0.001, DefaultBaseline); got < 1 || got > 72 { // 36 are allowed in six hours
		t.Errorf("%v of %v bad events are usual", got, before.tally(false).bad)
	}
	quiet := make(minutes, 7*24*60)
	for i := range quiet {
		if i%10 == 0 {
			quiet[i][0] = 1
		}
		if i%2000 == 5 {
			quiet[i][1] = 1
		}
	}
	a = quiet.account(time.Unix(0, 0))
	before = span(a.Counts(0, time.Unix(0, 0), a.End), time.Time{}, time.Time{})
	if got, want := usualBad(a, 0, before, 0.001, DefaultBaseline), before.tally(false).bad; got != want {
		t.Errorf("%v of %v single errors are usual", got, want)
	}
}

func TestTheBusiestHourIsFound(t *testing.T) {
	m := make(minutes, 2*24*60)
	for i := range m {
		m[i][0] = 1
	}
	for i := 600; i < 660; i++ {
		m[i][0] = 5
	}
	a := m.account(time.Unix(0, 0))
	at := func(minute int) time.Time { return time.Unix(int64(minute)*60, 0) }
	for _, c := range []struct {
		from, to int
		want     float64
	}{{0, 24 * 60, 300}, {700, 24 * 60, 60}, {0, 630, 180}, {0, 60, 60}, {0, 59, -1}} {
		got := busiest(a, at(c.from), at(c.to), time.Hour)
		if (got == nil) != (c.want < 0) || got != nil && *got != c.want {
			t.Errorf("%d to %d: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}
