package ledger_test

import (
	"testing"

	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// A ShopSet whose series come from another cluster, where a process of the same labels began before, and has counted
// more: nothing tells that from a clock that was corrected, but that it has grown by so much is flagged.
func TestAnotherProcessOfTheSameLabelsThatHasCountedMoreIsFlagged(t *testing.T) {
	const begin = 1_790_000_400_000
	start := func(seconds float64) float64 { return float64(begin+600_500)/1000 + seconds }
	up := zeroSeries(begin, "up", "new", "", 0, 1, 10, 1, 20, 1, 30, 1, 40, 1)
	starts := zeroSeries(begin, "process_start_time_seconds", "new", "", 0, start(-5), 10, start(-5), 20, start(-500), 30, start(-500), 40, start(-500))
	for name, tt := range map[string]struct {
		series ledgertest.Series
		want   float64
		kind   string
	}{
		"another process": {zeroSeries(begin, "x_total", "new", "", 0, 10, 10, 20, 20, 900_020, 30, 900_030), 900_020, "restart_unclear"},
		"a clock":         {zeroSeries(begin, "x_total", "new", "", 0, 10, 10, 20, 20, 30, 30, 40), 30, "clock_step"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int64{1000, 10_000, 3_600_000} {
				c, flags := countSeries(t, []ledgertest.Series{up, starts, tt.series}, begin, step, "")
				if c.Total != tt.want || len(flags) != 1 || string(flags[0].Kind) != tt.kind {
					t.Errorf("in steps of %d ms: %v with %v, want %v and %s", step, c.Total, flags, tt.want, tt.kind)
				}
			}
		})
	}
}
