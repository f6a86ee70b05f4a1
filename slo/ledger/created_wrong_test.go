package ledger_test

import (
	"fmt"
	"testing"

	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// A source may say that a running counter was created just now: a collector of which it is the first sample, an exporter
// that tells of what lives elsewhere.
func TestACounterThatWasNotCreatedWhenItIsSaidIsNotCountedFromZero(t *testing.T) {
	const begin = 1_790_000_400_000
	at := func(seconds float64) float64 { return float64(begin+600_500)/1000 + seconds }
	every := func(name, instance string, from, to int, value func(k int) float64) ledgertest.Series {
		var samples []float64
		for k := from; k < to; k++ {
			samples = append(samples, float64(k*10), value(k))
		}
		return zeroSeries(begin, name, instance, "", samples...)
	}
	always := func(v float64) func(int) float64 { return func(int) float64 { return v } }
	rising := func(v float64) func(int) float64 { return func(k int) float64 { return v + 10*float64(k) } }
	before := func(at, sooner, later float64) func(int) float64 {
		return func(k int) float64 {
			if float64(k*10) < at {
				return sooner
			}
			return later
		}
	}
	for _, tt := range []struct {
		name   string
		series []ledgertest.Series
		want   float64
		flags  string
	}{
		{"a collector restarts", []ledgertest.Series{every("x_total", "new", 0, 40, rising(500)),
			every("x_created", "new", 0, 40, before(200, at(-9999), 1000*at(200)))}, 390, "created_ignored×1 "},
		{"a collector that is new", []ledgertest.Series{every("up", "old", 0, 40, always(1)), every("x_total", "new", 20, 40, rising(500)),
			every("x_created", "new", 20, 40, always(1000*at(200)))}, 190, "created_ignored×1 unknown_first_sample×1 "},
		{"another exporter tells of the same", []ledgertest.Series{every("up", "old", 0, 20, always(1)), every("x_total", "old", 0, 20, rising(900_000)),
			every("up", "new", 20, 40, always(1)), every("x_total", "new", 20, 40, rising(900_000)), every("x_created", "new", 20, 40, always(at(199)))},
			380, "labels_changed×1 "},
		{"a known process cannot have counted so much", []ledgertest.Series{every("up", "new", 0, 40, always(1)), every("x_total", "new", 20, 40, rising(900_000)),
			every("x_created", "new", 20, 40, always(at(199)))}, 900_390, "restart_unclear×1 "},
		{"it has counted a little", []ledgertest.Series{every("up", "new", 0, 40, always(1)), every("x_total", "new", 20, 40, rising(0)),
			every("x_created", "new", 20, 40, always(at(199)))}, 390, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, step := range []int64{10_000, 3_600_000} {
				c, flags := countSeries(t, tt.series, begin, step, "")
				text := ""
				for _, f := range flags {
					text += fmt.Sprintf("%s×%d ", f.Kind, f.Count)
				}
				if c.Total != tt.want || text != tt.flags {
					t.Errorf("in steps of %d ms: %v with %q, want %v with %q", step, c.Total, text, tt.want, tt.flags)
				}
			}
		})
	}
}
