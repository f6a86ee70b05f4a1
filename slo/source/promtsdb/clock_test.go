package promtsdb

import (
	"testing"
	"time"
)

func TestAStepOfTheClockIsBelievedOnceItHolds(t *testing.T) {
	base := time.UnixMilli(start)
	wall := time.Duration(0) // off the true time
	var c steadyClock
	at := func(elapsed time.Duration) time.Duration {
		return c.at(base.Add(elapsed+wall), elapsed).Sub(base)
	}
	is := func(what string, elapsed, want time.Duration) {
		t.Helper()
		if got := at(elapsed); got != want {
			t.Errorf("%s: %v after the start, want %v", what, got, want)
		}
	}
	is("at first", 0, 0)
	wall = 30 * time.Second
	is("a small step is taken at once", time.Minute, 90*time.Second)
	wall = 365 * 24 * time.Hour
	is("a year ahead", 2*time.Minute, 150*time.Second)
	is("still", 6*time.Minute, 390*time.Second)
	wall = 30 * time.Second
	is("and back", 7*time.Minute, 450*time.Second)
	wall = -time.Hour
	is("an hour back", 8*time.Minute, 510*time.Second)
	is("four minutes later", 12*time.Minute, 750*time.Second)
	is("five minutes later it is believed", 13*time.Minute, 13*time.Minute-time.Hour)
}

func TestTheTimeIsNotFarAheadOfTheSamples(t *testing.T) {
	now := time.UnixMilli(start)
	d := openStore(t, t.TempDir(), Config{Now: func() time.Time { return now }})
	is := func(what string, want time.Time) {
		t.Helper()
		if got, err := d.Now(t.Context()); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", what, got, err, want)
		}
	}
	is("without samples", now)
	if err := appendOne(t, d, 1, start-3_600_000, 1); err != nil {
		t.Fatal(err)
	}
	is("an hour after the newest sample", now.Add(-50*time.Minute))
	if err := appendOne(t, d, 1, start-60_000, 1); err != nil {
		t.Fatal(err)
	}
	is("a minute after it", now)

	if _, err := openStore(t, t.TempDir(), Config{}).Now(t.Context()); err == nil {
		t.Error("without a clock there is a time")
	}
}
