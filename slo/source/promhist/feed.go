package promhist

import (
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"

	"github.com/shopslo/shopslo/slo"
)

// Feed makes a counter's samples of a series' histograms as they come. What it gives is what
// reading them later gives.
type Feed struct {
	counting counting
	before   worth
	begun    bool
}

// NewFeed makes the counter's, of a stream with these labels.
func NewFeed(c Counter, labels slo.Labels) *Feed {
	return &Feed{counting: counting{Counter: c, Labels: labels}}
}

// Take takes in the next histogram, which it keeps, and gives the counter's value, with what it began
// at where based. An error is a *slo.SeriesError.
func (f *Feed) Take(h *histogram.FloatHistogram) (v, base float64, based bool, err error) {
	one, err := f.counting.take(h)
	if err != nil || value.IsStaleNaN(one.Value) {
		return one.Value, 0, false, err
	}
	based = one.HasBase && !(f.begun && one.Base == f.before.Value)
	f.before, f.begun = one, true
	return one.Value, one.Base, based, nil
}
