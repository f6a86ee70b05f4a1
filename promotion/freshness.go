package promotion

import (
	"time"

	"github.com/shopslo/shopslo/status"
)

// checkFreshness asks that the newest sample and the figures are recent. Times of
// the future are no evidence either: some clock is wrong.
func (d *deciding) checkFreshness(t tier, b *status.Budget) Check {
	p := d.p
	result, reason := d.judgeFreshness(p, b, d.now)
	if computed := d.now.Sub(d.e.Report.At); result == Pass && (computed > p.MaxAge || computed < -p.MaxAge) {
		result, reason = Unknown, d.say("Figures were computed for %s (limit %s from now).", orElse(after("", d.e.Report.At), d.say("an unknown time")), d.age(p.MaxAge))
	}
	c := t.about(CheckFreshness, b, result, reason)
	c.figure("last_sample", instant(b.LastSample)).figure("window_end", instant(b.WindowEnd)).
		figure("max_age_seconds", p.MaxAge.Seconds())
	return c
}

func (l lang) judgeFreshness(p Policy, b *status.Budget, now time.Time) (Result, string) {
	sample, end := now.Sub(b.LastSample), now.Sub(b.WindowEnd)
	switch {
	case b.LastSample.IsZero():
		return Unknown, l.say("No sample has been received.")
	case b.WindowEnd.IsZero():
		return Unknown, l.say("Nothing has been counted yet.")
	case sample > p.MaxAge:
		return Unknown, l.say("Newest sample is %s old (limit %s).", l.age(sample), l.age(p.MaxAge))
	case end > p.MaxAge:
		return Unknown, l.say("Newest figures are %s old (limit %s).", l.age(end), l.age(p.MaxAge))
	case sample < -p.MaxAge || end < -p.MaxAge:
		return Unknown, l.say("Newest sample is %s ahead of this clock; check clock synchronization.", l.age(-min(sample, end)))
	}
	return Pass, l.say("Newest sample is %s old, newest figures are %s old.", l.age(max(0, sample)), l.age(max(0, end)))
}
