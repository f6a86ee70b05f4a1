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

// What is as bad is looked for in spans of the same length only, in all of the baseline
// that has edges close enough.
func TestSpansAreAsLongAsTheTimeSince(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		came := 8*24*60 - r.IntN(60)
		length := 5 + r.IntN(300)
		m := make(minutes, came+length)
		for i := range m {
			m[i] = [2]float64{float64(50 + r.IntN(50)), 0}
			if r.IntN(100) == 0 {
				m[i][1] = float64(r.IntN(20))
			}
		}
		fine := time.Unix(int64(came-3*24*60)*60, 0)
		since := tally{float64(r.IntN(3 * length)), float64(75 * length)}
		a := m.account(fine)
		got := alike(a, 0, time.Unix(int64(came)*60, 0), DefaultBaseline, since)
		spans, asBad := 0, 0
		for end := time.Duration(came) * time.Minute; end >= time.Duration(came+length)*time.Minute-DefaultBaseline; end -= max(time.Duration(length)*time.Minute/4, DefaultBaseline/mostSpans) {
			c := a.Counts(0, time.Unix(0, 0).Add(end-time.Duration(length)*time.Minute), time.Unix(0, 0).Add(end))
			if off := c.End.Sub(c.Start).Minutes() - float64(length); off > float64(length)/10 || off < -float64(length)/10 {
				continue
			}
			spans++
			if (c.Total-c.Good)/c.Total >= since.bad/since.total {
				asBad++
			}
		}
		if got == nil || got.Spans != spans || got.AsBad != asBad || spans < 20 || spans > mostSpans {
			t.Fatalf("%d minutes: %+v, want %d of %d", length, got, asBad, spans)
		}
	}
}

func TestWithoutAPastNothingIsUsual(t *testing.T) {
	m := make(minutes, 100)
	if got := alike(m.account(time.Unix(0, 0)), 0, time.Unix(6000, 0).Add(-10*time.Minute), 10*time.Minute, tally{1, 10}); got != nil {
		t.Errorf("%+v", got)
	}
	if (*Alike)(nil).usual(0.01) || (&Alike{Spans: 100, AsBad: 1}).usual(0.01) || !(&Alike{Spans: 100, AsBad: 2}).usual(0.01) {
		t.Error("what is usual is more than the share")
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
