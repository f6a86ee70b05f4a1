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
		return Unknown, "No sample has been received."
	case b.WindowEnd.IsZero():
		return Unknown, "Nothing has been counted yet."
	case sample > p.MaxAge:
		return Unknown, fmt.Sprintf("Newest sample is %s old (limit %s).", age(sample), age(p.MaxAge))
	case end > p.MaxAge:
		return Unknown, fmt.Sprintf("Newest figures are %s old (limit %s).", age(end), age(p.MaxAge))
	case sample < -p.MaxAge || end < -p.MaxAge:
		return Unknown, fmt.Sprintf("Newest sample is %s ahead of this clock; check clock synchronization.", age(-min(sample, end)))
	}
	return Pass, fmt.Sprintf("Newest sample is %s old, newest figures are %s old.", age(max(0, sample)), age(max(0, end)))
}
