package main

import (
	"time"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/review"
)

// span is how a period is asked for: an ISO week, the first and the last day, or neither,
// which is the last whole week.
type span struct{ week, from, to string }

// period is the one that is asked for.
func (s span) period(now time.Time, zone *time.Location) (review.Period, error) {
	var period review.Period
	var err error
	switch {
	case s.week != "":
		if period, err = review.ParseWeek(s.week, now, zone); err != nil {
			return period, usage.Errorf("--week: %v", err)
		}
	case s.from != "":
		if period, err = review.ParseDays(s.from, s.to, now, zone); err != nil {
			return period, usage.Errorf("--from, --to: %v", err)
		}
	default:
		period = review.LastWeek(now, zone)
	}
	return period, nil
}
