package promotion

import (
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Alike says how usual it was before the Release that as much went wrong as has since:
// errors come in bursts, and tests that take them to be independent find a burst to be
// no chance.
type Alike struct {
	// Spans is how many were looked at, evenly over the baseline where edges that
	// close are kept: each as long as the time since, and an hour at the least.
	Spans int `json:"spans"`
	// AsBad of them lost at least half of what has been lost since: bad events, as a share
	// of the events in the time that they came in.
	AsBad int `json:"as_bad"`
	// Times is in how many separate places of the baseline they lie.
	Times int `json:"times"`
}

// hours are those of the baseline of 7 days.
const hours = 7 * 24

// mostSpans are looked at: enough to find single hours, and quick.
const mostSpans = 500

// Errors are usual that came three times in the baseline, or were there for a fifth of it:
// one outage, however long, is not. A Release that is bad for long soon has lost more than
// twice what any span before did, so it does not hide behind them.
const (
	usualTimes = 3
	usualShare = 0.2
)

func (a *Alike) usual() bool {
	return a != nil && (a.Times >= usualTimes || float64(a.AsBad) > usualShare*float64(a.Spans) && a.Spans > 0)
}

// countFunc gives what was counted between two times.
type countFunc func(from, to time.Time) slo.Counts

// alike looks at the spans before the Release came; nil where there is none with data. Where edges
// lie far apart, spans are as many times that long as the time since fits into; edges is 0 where
// that may be left to chance.
func alike(counts countFunc, came time.Time, baseline, elapsed, edges time.Duration, since tally, most int) *Alike {
	length := max(elapsed, baseline/hours)
	if edges > 0 {
		length = (length + edges - 1).Truncate(edges)
	}
	step := max(length/4, baseline/time.Duration(most))
	lost := since.ratio() * float64(elapsed) / float64(length)
	var out Alike
	last := false
	for end := came; came.Sub(end)+length <= baseline; end = end.Add(-step) {
		c := counts(end.Add(-length), end)
		// Where edges lie too far apart for a span, the counts are of a longer or shorter one.
		if off := c.End.Sub(c.Start) - length; c.Covered <= 0 || off.Abs() > length/10 || !(c.Total > 0) {
			continue
		}
		out.Spans++
		bad := 2*(c.Total-c.Good) >= lost*c.Total
		if bad {
			out.AsBad++
		}
		if bad && !last {
			out.Times++
		}
		last = bad
	}
	if out.Spans == 0 {
		return nil
	}
	return &out
}
