package facts

import (
	"time"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/review"
)

// Span is how a period is asked for: an ISO week, the first and the last day, or neither,
// which is the last whole week.
type Span struct{ Week, From, To string }

// Period is the one that is asked for.
func (s Span) Period(now time.Time, zone *time.Location) (review.Period, error) {
	var period review.Period
	var err error
	switch {
	case s.Week != "":
		if period, err = review.ParseWeek(s.Week, now, zone); err != nil {
			return period, usage.Errorf("--week: %v", err)
		}
	case s.From != "":
		if period, err = review.ParseDays(s.From, s.To, now, zone); err != nil {
			return period, usage.Errorf("--from, --to: %v", err)
		}
	default:
		period = review.LastWeek(now, zone)
	}
	return period, nil
}
