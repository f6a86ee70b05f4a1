package promhist

import (
	"errors"
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
)

// mostBuckets bounds the buckets of one histogram; client libraries stop at some hundred.
const mostBuckets = 1 << 20

// Sound says what is wrong with a histogram that came from elsewhere; nil where nothing is. A
// staleness marker is sound.
func Sound(h *histogram.FloatHistogram) error {
	if value.IsStaleNaN(h.Sum) {
		return nil
	}
	for _, spans := range [][]histogram.Span{h.PositiveSpans, h.NegativeSpans} {
		n := 0
		for _, s := range spans {
			if n += int(s.Length); n > mostBuckets {
				return errors.New("it has too many buckets")
			}
		}
	}
	if !(h.Count >= 0) || math.IsInf(h.Count, 1) {
		return errors.New("its count is no number of events")
	}
	return h.Validate()
}
