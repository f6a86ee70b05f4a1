package ledger_test

import (
	"testing"

	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// A source that writes a 0 where a counter was created writes one, too, before the first sample of a series that
// has other labels only.
func TestAZeroBeforeChangedLabelsCountsNothingTwice(t *testing.T) {
	const begin = 1_790_000_400_000
	old := ledgertest.Series{Labels: zeroSeries(begin, "up", "old", "").Labels}
	for at := int64(begin + 500); at < begin+1_200_000; at += 10_000 {
		old.Samples = append(old.Samples, ledgertest.Sample{T: at, V: 1})
	}
	up := zeroSeries(begin, "up", "new", "", 0, 1, 10, 1, 20, 1, 30, 1, 40, 1, 50, 1, 60, 1)
	before := zeroSeries(begin, "x_total", "new", "1", -5, 0, 0, 2, 10, 12, 20, 22, 30, 32)
	after := func(zero float64) ledgertest.Series {
		return zeroSeries(begin, "x_total", "new", "2", zero, 0, 40, 42, 50, 52, 60, 62)
	}
	for name, tt := range map[string]struct {
		series []ledgertest.Series
		want   float64
	}{
		"created before the pod was scraped":         {[]ledgertest.Series{up, before, after(-4)}, 62},
		"created between two of its scrapes":         {[]ledgertest.Series{up, before, after(13)}, 62},
		"created after the last sample of the other": {[]ledgertest.Series{up, before, after(35)}, 32 + 62},
		"without up":                          {[]ledgertest.Series{before, after(13)}, 62},
		"without up, before the first sample": {[]ledgertest.Series{before, after(-4)}, 62},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int64{1000, 10_000, 3_600_000} {
				c, flags := countSeries(t, append([]ledgertest.Series{old}, tt.series...), begin, step, "")
				if c.Total != tt.want || len(flags) > 0 {
					t.Errorf("in steps of %d ms: %v with %v, want %v", step, c.Total, flags, tt.want)
				}
			}
		})
	}
}
