package ledger_test

import (
	"slices"
	"testing"

	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// An exporter that cannot reach what it tells of, and reads 0 for a moment, cannot be told from one that restarted;
// but that it is back where it was is flagged.
func TestACounterThatIsBackWhereItWasIsFlagged(t *testing.T) {
	const begin = 1_790_000_400_000
	up := zeroSeries(begin, "up", "new", "", 0, 1, 10, 1, 20, 1, 30, 1, 40, 1, 50, 1)
	var zeros []float64
	for at := 20.0; at < 100; at += 10 {
		zeros = append(zeros, at, 0)
	}
	for name, tt := range map[string]struct {
		series ledgertest.Series
		want   float64
		flags  int
	}{
		"0 for a scrape":                 {zeroSeries(begin, "x_total", "new", "", 0, 5000, 10, 5010, 20, 0, 30, 5030, 40, 5040), 10 + 5040, 1},
		"0 for two":                      {zeroSeries(begin, "x_total", "new", "", 0, 5000, 10, 5010, 20, 0, 30, 0, 40, 5040), 10 + 5040, 1},
		"0 for eight":                    {zeroSeries(begin, "x_total", "new", "", append(append([]float64{0, 5000, 10, 5010}, zeros...), 100, 5100, 110, 5110)...), 10 + 5110, 1},
		"0, and a gap":                   {zeroSeries(begin, "x_total", "new", "", 0, 5000, 10, 5010, 20, 0, 100, 5100, 110, 5110), 10 + 5110, 1},
		"a night without traffic":        {zeroSeries(begin, "x_total", "new", "", append(append([]float64{0, 5000, 10, 5010}, zeros...), 100, 90, 110, 95)...), 10 + 95, 0},
		"born at 0":                      {zeroSeries(begin, "x_total", "new", "", append(slices.Clone(zeros), 100, 5000, 110, 5010)...), 5010, 0},
		"a restart":                      {zeroSeries(begin, "x_total", "new", "", 0, 5000, 10, 5010, 20, 0, 30, 10, 40, 20), 10 + 20, 0},
		"a small one that has restarted": {zeroSeries(begin, "x_total", "new", "", 0, 3, 10, 4, 20, 0, 30, 5, 40, 6), 1 + 6, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int64{1000, 10_000, 3_600_000} {
				c, flags := countSeries(t, []ledgertest.Series{up, tt.series}, begin, step, "")
				n := 0
				for _, f := range flags {
					if f.Kind == "restart_unclear" {
						n += f.Count
					}
				}
				if c.Total != tt.want || n != tt.flags {
					t.Errorf("in steps of %d ms: %v with %v, want %v", step, c.Total, flags, tt.want)
				}
			}
		})
	}
}
