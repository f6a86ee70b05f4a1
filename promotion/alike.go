package promotion

import (
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Alike says how usual it was before the Release that a span as long as the time since
// it came was as bad: errors come in bursts, and tests that take them to be independent
// find a burst to be no chance.
type Alike struct {
	// Spans is how many were looked at, evenly over the baseline where edges that
	// close are kept.
	Spans int `json:"spans"`
	// AsBad of them had at least the share of bad events that there has been since.
	AsBad int `json:"as_bad"`
}

// mostSpans are looked at: enough to tell 1 % of them, and quick.
const mostSpans = 500

// usual reports whether more than that share of the spans was as bad. A Release that is
// bad for long soon is worse than nearly all spans of that length, and one incident of
// before takes up few spans, so neither hides behind it.
func (a *Alike) usual(share float64) bool {
	return a != nil && float64(a.AsBad) > share*float64(a.Spans)
}

// amiss reports whether the time since looks worse than before in so far that it
// matters what was usual.
func (c *Comparison) amiss(p SincePolicy) bool {
	before, since := c.Before.tally(false), c.Since.tally(true)
	if since.total <= 0 || !(c.BudgetRatio > 0 && c.BudgetRatio < 1) {
		return false
	}
	return since.ratio()-before.reference(c.BudgetRatio) >= p.Harm*c.BudgetRatio && chance(c.BudgetRatio, before, since, 1) <= p.FalseAlarms
}

// alike looks at the spans before the Release came; nil where there is none with data.
func alike(a slo.Account, part int, came time.Time, baseline time.Duration, since tally) *Alike {
	length := a.End.Sub(came)
	step := max(length/4, baseline/mostSpans)
	var out Alike
	for end := came; came.Sub(end)+length <= baseline; end = end.Add(-step) {
		c := a.Counts(part, end.Add(-length), end)
		// Where edges lie too far apart for a span, the counts are of a longer or shorter one.
		if off := c.End.Sub(c.Start) - length; c.Covered <= 0 || off.Abs() > length/10 || !(c.Total > 0) {
			continue
		}
		out.Spans++
		if (c.Total-c.Good)*since.total >= since.bad*c.Total {
			out.AsBad++
		}
	}
	if out.Spans == 0 {
		return nil
	}
	return &out
}
