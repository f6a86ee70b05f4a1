package promotion

import (
	"fmt"
	"time"

	"github.com/shopslo/shopslo/status"
)

// checkFreshness asks that the newest sample and the figures are recent. Times of
// the future are no evidence either: some clock is wrong.
func checkFreshness(p Policy, t tier, b *status.Budget, now time.Time) Check {
	result, reason := judgeFreshness(p, b, now)
	c := t.about(CheckFreshness, b, result, reason)
	c.figure("last_sample", instant(b.LastSample)).figure("window_end", instant(b.WindowEnd)).
		figure("max_age_seconds", p.MaxAge.Seconds())
	return c
}

func judgeFreshness(p Policy, b *status.Budget, now time.Time) (Result, string) {
	sample, end := now.Sub(b.LastSample), now.Sub(b.WindowEnd)
	switch {
	case b.LastSample.IsZero():
		return Unknown, "No sample has ever been seen."
	case b.WindowEnd.IsZero():
		return Unknown, "Nothing has been counted yet."
	case sample > p.MaxAge:
		return Unknown, fmt.Sprintf("The newest sample is %s old, at most %s is asked for.", age(sample), age(p.MaxAge))
	case end > p.MaxAge:
		return Unknown, fmt.Sprintf("Figures reach to %s ago only, at most %s is asked for.", age(end), age(p.MaxAge))
	case sample < -p.MaxAge || end < -p.MaxAge:
		return Unknown, fmt.Sprintf("The newest sample is from %s ahead of this clock; set the clocks right.", age(-min(sample, end)))
	}
	return Pass, fmt.Sprintf("The newest sample is %s old, figures reach to %s ago.", age(max(0, sample)), age(max(0, end)))
}

// age writes 42s, 5m, 3h12m, 2d4h: two units at most.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return twoUnits(d, time.Minute, "m", time.Second, "s")
	case d < day:
		return twoUnits(d, time.Hour, "h", time.Minute, "m")
	}
	return twoUnits(d, day, "d", time.Hour, "h")
}

func twoUnits(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d%s", d/big, bigName)
	if rest := d % big / small; rest > 0 {
		text += fmt.Sprintf("%d%s", rest, smallName)
	}
	return text
}

// instant is a time for Check.Evidence: nil where there is none.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}
