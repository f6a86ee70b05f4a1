package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// zeroSeries is a series of the ShopSet a, of samples "seconds:value" behind 600.5 s.
func zeroSeries(begin int64, name, instance, code string, samples ...float64) ledgertest.Series {
	ls := slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "code", Value: code}, {Name: "instance", Value: instance}, {Name: "job", Value: "x"}, {Name: "shopset", Value: "a"}}
	s := ledgertest.Series{Labels: slices.DeleteFunc(ls, func(l slo.Label) bool { return l.Value == "" })}
	for k := 0; k < len(samples); k += 2 {
		s.Samples = append(s.Samples, ledgertest.Sample{T: begin + 600_500 + int64(samples[k]*1000), V: samples[k+1]})
	}
	return s
}

func TestAZeroWhereACounterWasCreatedIsNoScrape(t *testing.T) {
	const begin = 1_790_000_400_000
	start := func(seconds float64) float64 { return float64(begin+600_500)/1000 + seconds }
	old := ledgertest.Series{Labels: zeroSeries(begin, "up", "old", "").Labels}
	for at := int64(begin + 500); at < begin+1_200_000; at += 10_000 {
		old.Samples = append(old.Samples, ledgertest.Sample{T: at, V: 1})
	}
	up := zeroSeries(begin, "up", "new", "", 0, 1, 10, 1, 20, 1, 30, 1, 40, 1)
	for _, tt := range []struct {
		name   string
		series []ledgertest.Series
		want   float64
		flags  string
	}{
		{"a pod that was born with 500", []ledgertest.Series{up, zeroSeries(begin, "x_total", "new", "", -8, 0, 0, 500, 10, 510)}, 510, ""},
		{"a new counter says nothing of an old one", []ledgertest.Series{up, zeroSeries(begin, "x_total", "new", "200", 0, 1e6, 10, 1e6+10),
			zeroSeries(begin, "x_total", "new", "500", -3, 0, 0, 2, 10, 3)}, 13, "unknown_first_sample×1 "},
		{"a small counter restarts", []ledgertest.Series{up, zeroSeries(begin, "x_total", "new", "", -8, 0, 0, 3, 13, 0, 20, 4, 30, 5)}, 8, ""},
		{"a restart that fast counting hides", []ledgertest.Series{up, zeroSeries(begin, "x_total", "new", "", -8, 0, 0, 100, 10, 200, 13, 0, 20, 220, 30, 300)}, 500, ""},
		{"the process started before its newest counter", []ledgertest.Series{up,
			zeroSeries(begin, "process_start_time_seconds", "new", "", 0, start(-5), 10, start(-5), 20, start(11), 30, start(11)),
			zeroSeries(begin, "x_total", "new", "200", 0, 100, 10, 200, 20, 210, 30, 220), // has no zeros
			zeroSeries(begin, "x_total", "new", "500", 18, 0, 20, 2, 30, 3)}, 200 + 220 + 3, ""},
		{"a counter at 0 that was scraped", []ledgertest.Series{up, zeroSeries(begin, "x_total", "new", "200", 0, 0, 10, 0, 20, 7),
			zeroSeries(begin, "x_total", "new", "500", 20, 5)}, 12, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, step := range []int64{1000, 10_000, 3_600_000} {
				c, flags := countSeries(t, append([]ledgertest.Series{old}, tt.series...), begin, step, "")
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

// backdated is a source whose zeros come with the first sample behind them.
type backdated struct{ *ledgertest.Source }

func (backdated) Backdates() bool { return true }

func TestAZeroThatComesBehindAClosedEdgeIsFound(t *testing.T) {
	const begin, delay = 1_790_000_400_000, 15_000
	for _, tt := range []struct {
		name  string
		zero  float64 // seconds before the first sample; 0: there is none
		want  float64
		flags int
		moved bool // the target had another name before
	}{
		{"before the edge is closed", 3, 510, 0, false},
		{"a pod that was slow to get ready", 70, 510, 0, false},
		{"before counting began", 700, 10, 1, false},
		{"none", 0, 10, 1, false},
		{"a target that has another name now", 65, 90 + 10 + 10, 1, true}, // the first 400 are of unknown age
	} {
		t.Run(tt.name, func(t *testing.T) {
			counter := zeroSeries(begin, "x_total", "new", "", 0, 500, 10, 510, 20, 510)
			series := ledgertest.Plain([]ledgertest.Series{zeroSeries(begin, "up", "old", "", -600, 1, -590, 1, 0, 1), zeroSeries(begin, "up", "new", "", 0, 1, 10, 1, 20, 1), counter})
			if first := counter.Samples[0].T; tt.zero > 0 {
				series[2].Samples = slices.Insert(slices.Clone(counter.Samples), 0, ledgertest.Sample{T: first - int64(tt.zero*1000)})
				series[2].Late = []ledgertest.Delivery{{Index: 0, At: first}}
			}
			if tt.moved {
				before := zeroSeries(begin, "x_total", "before", "", -60, 400, -50, 420, -40, 440, -30, 460, -20, 480, -10, 490)
				series = append(series, ledgertest.Plain([]ledgertest.Series{before, zeroSeries(begin, "up", "before", "", -60, 1, -50, 1, -40, 1, -30, 1, -20, 1, -10, 1)})...)
			}
			src := backdated{ledgertest.NewSource(series)}
			s := sloOf("s", "good", "total")
			cfg := testConfig("", begin, time.UnixMilli(begin), 10*time.Second, 10*time.Second)
			cfg.Delay, cfg.Backfill = delay*time.Millisecond, time.Minute
			l, err := ledger.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			all := []slo.Selector{{{Name: slo.MetricName, Value: "x_total"}}}
			p := planOf(src, []ledgertest.Subject{{ID: "a", Labels: slo.Labels{{Name: "shopset", Value: "a"}}}}, s)
			p.Reads[""] = ledger.Selecting(func(string) ([]slo.Selector, bool) { return all, true })
			if err := l.Configure(p, time.UnixMilli(begin)); err != nil {
				t.Fatal(err)
			}
			for now := int64(begin); now < begin+700_000; now += 10_000 {
				src.SetNow(now)
				if err := l.Advance(t.Context(), time.UnixMilli(now), nil); err != nil {
					t.Fatal(err)
				}
			}
			acc := l.Account(s, "a", time.UnixMilli(begin+700_000))
			if c := acc.Counts(0, time.UnixMilli(begin), acc.End); c.Total != tt.want || len(acc.Flags) != tt.flags {
				t.Errorf("%v with %v, want %v", c.Total, acc.Flags, tt.want)
			}
		})
	}
}
