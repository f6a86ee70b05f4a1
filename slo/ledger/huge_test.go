package ledger_test

import (
	"testing"

	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// A value that no program counts to would hide all events that follow: float64 adds none to it.
func TestAnAbsurdValueHidesNothingThatFollows(t *testing.T) {
	const begin = 1_790_000_400_000
	up := zeroSeries(begin, "up", "new", "", 0, 1, 10, 1, 20, 1, 30, 1, 40, 1, 50, 1)
	for name, tt := range map[string]struct {
		series  ledgertest.Series
		want    float64
		flagged bool
	}{
		"above 64 bits":         {zeroSeries(begin, "x_total", "new", "", 0, 100, 10, 110, 20, 1e300, 30, 130, 40, 140), 40, false},
		"above float64's":       {zeroSeries(begin, "x_total", "new", "", 0, 100, 10, 110, 20, 1e18, 30, 130, 40, 140), 10 + 130 + 10, true},
		"that goes on":          {zeroSeries(begin, "x_total", "new", "", 0, 100, 10, 110, 20, 1<<60, 30, 1<<60+1024, 40, 1<<60+2048), 10 + 2048, true},
		"a counter of the size": {zeroSeries(begin, "x_total", "new", "", 0, 1<<60, 10, 1<<60+1024), 1024, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int64{1000, 10_000, 3_600_000} {
				c, flags := countSeries(t, []ledgertest.Series{up, tt.series}, begin, step, "")
				if c.Total != tt.want || len(flags) > 0 != tt.flagged {
					t.Errorf("in steps of %d ms: %v with %v, want %v", step, c.Total, flags, tt.want)
				}
			}
		})
	}
}
