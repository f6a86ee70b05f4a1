package ledger_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// seen is one scrape of a counter: what it reads, and when it says that it was created, in
// seconds before (below 0) or after the scrape; 0 says nothing, notANumber and zeroTime say nonsense.
type seen struct {
	v       float64
	created float64
}

const (
	ago        = -1 // seconds
	notANumber = 1e6
	zeroTime   = 2e6
)

// createdHistory is a ShopSet of one pod that begins to be scraped late, each ten seconds, and
// another one that was there all the while.
func createdHistory(begin int64, scrapes []seen) []ledgertest.Series {
	const late, step = 600_500, 10_000
	labels := func(name, instance string) slo.Labels {
		return slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "instance", Value: instance}, {Name: "job", Value: "x"}, {Name: "shopset", Value: "a"}}
	}
	other := ledgertest.Series{Labels: labels("up", "old")}
	for t := begin + 500; t < begin+1_200_000; t += step {
		other.Samples = append(other.Samples, ledgertest.Sample{T: t, V: 1})
	}
	counter, made := ledgertest.Series{Labels: labels("x_total", "new")}, ledgertest.Series{Labels: labels("x_created", "new")}
	for k, s := range scrapes {
		t := begin + late + int64(k)*step
		counter.Samples = append(counter.Samples, ledgertest.Sample{T: t, V: s.v})
		switch s.created {
		case 0:
		case notANumber:
			made.Samples = append(made.Samples, ledgertest.Sample{T: t, V: math.NaN()})
		case zeroTime:
			made.Samples = append(made.Samples, ledgertest.Sample{T: t, V: 0})
		default:
			made.Samples = append(made.Samples, ledgertest.Sample{T: t, V: float64(t)/1000 + s.created})
		}
	}
	all := []ledgertest.Series{other, counter}
	if len(made.Samples) > 0 {
		all = append(all, made)
	}
	return all
}

// countSeries counts x_total of the ShopSet a in steps of so many milliseconds; into dir, where it is
// closed and opened again after each step.
func countSeries(t *testing.T, series []ledgertest.Series, begin, step int64, dir string) (slo.Counts, []slo.Flag) {
	t.Helper()
	src := ledgertest.NewSource(ledgertest.Plain(series))
	all := []slo.Selector{{{Name: slo.MetricName, Value: "x_total"}}}
	read := ledger.Selecting(func(string) ([]slo.Selector, bool) { return all, true })
	ind := slo.Indicator{Name: "s", Counter: slo.Yes, Good: &slo.Query{Text: "x_total"}, Total: &slo.Query{Text: "x_total"}}
	one := &slo.SLO{Name: "s", Objective: 990_000_000, Window: slo.Rolling(time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: ind}}}
	subject := &ledger.Subject{ID: "a", Match: slo.Labels{{Name: "shopset", Value: "a"}}}
	plan := ledger.Plan{Sources: map[string]ledger.Source{"": src}, Reads: map[string]ledger.Reading{"": read}, Items: []ledger.Item{{SLO: one, Subjects: []*ledger.Subject{subject}}}}
	end := begin + 1_200_000
	var l *ledger.Ledger
	for now := begin; now < end; {
		if l == nil {
			var err error
			cfg := ledger.Unflushed(testConfig(dir, begin, time.UnixMilli(begin).Add(time.Hour), 10*time.Second, 10*time.Second))
			if l, err = ledger.Open(cfg); err != nil {
				t.Fatal(err)
			}
			if err := l.Configure(plan, time.UnixMilli(begin).Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		now = min(end, now+step)
		if err := l.Advance(t.Context(), time.UnixMilli(now+1), nil); err != nil {
			t.Fatal(err)
		}
		if dir != "" && now < end {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = nil
		}
	}
	acc := l.Account(one, "a", time.UnixMilli(end))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return acc.Counts(0, time.UnixMilli(begin), time.UnixMilli(end)), acc.Flags
}

func TestACreatedTimeSaysWhereACounterBegins(t *testing.T) {
	const begin = 1_790_000_400_000
	for _, tt := range []struct {
		name    string
		scrapes []seen
		want    float64
		flags   string
	}{
		{"nothing says how old a pod's first count is", []seen{{500, 0}, {510, 0}}, 10, "unknown_first_sample×1 "},
		{"a pod that was born with 500", []seen{{500, 8 * ago}, {510, 18 * ago}}, 510, ""},
		{"long before its first scrape", []seen{{500, 300 * ago}, {510, 310 * ago}}, 510, ""},
		{"before counting began", []seen{{500, 700 * ago}, {510, 710 * ago}}, 10, "unknown_first_sample×1 "},
		{"a restart that fast counting hides", []seen{{100, 5 * ago}, {200, 15 * ago}, {300, 25 * ago}, {310, 9 * ago}, {320, 19 * ago}}, 620, ""},
		{"one that drops", []seen{{100, 5 * ago}, {300, 15 * ago}, {250, 9 * ago}, {260, 19 * ago}}, 560, ""},
		{"a clock that is ahead by little", []seen{{100, 3}, {200, -7}, {300, -17}}, 300, ""},
		{"a clock that wanders", []seen{{100, -5}, {200, -15.3}, {300, -24.8}}, 300, ""},
		{"created after the sample", []seen{{500, 60}, {510, 50}}, 10, "created_ignored×1 unknown_first_sample×1 "},
		{"created at 0", []seen{{500, zeroTime}, {510, zeroTime}}, 10, "created_ignored×1 unknown_first_sample×1 "},
		{"created never", []seen{{500, notANumber}, {510, notANumber}}, 10, "created_ignored×1 unknown_first_sample×1 "},
		{"back and forth, long ago", []seen{{100, -100}, {200, -210}, {300, -120}, {400, -230}}, 400, "created_ignored×3 "},
		{"created into the life of what goes on", []seen{{100, -5}, {200, -15}, {300, -25}, {310, -30}}, 310, "created_ignored×1 "},
		{"always as of now", []seen{{100, -1}, {110, -1}, {120, -1}, {130, -1}}, 230, "restart_unclear×2 "},
		{"too much since it was created", []seen{{100_000, -500}, {100_010, -510}, {100_020, -9}}, 100_020, "restart_unclear×1 "},
		{"the first that says so is later", []seen{{500, 0}, {510, -300}, {520, -310}}, 20, "unknown_first_sample×1 "},
		{"said for a moment only", []seen{{500, -8}, {510, 0}, {520, 0}, {30, 0}}, 550, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			series := createdHistory(begin, tt.scrapes)
			for _, way := range []struct {
				step int64
				dir  string
			}{{1000, ""}, {10_000, ""}, {3_600_000, ""}, {10_000, t.TempDir()}, {70_000, t.TempDir()}} {
				c, flags := countSeries(t, series, begin, way.step, way.dir)
				text := ""
				for _, f := range flags {
					text += fmt.Sprintf("%s×%d ", f.Kind, f.Count)
				}
				if c.Total != tt.want || c.Good != tt.want || text != tt.flags {
					t.Errorf("in steps of %d ms, kept in %q: %v of %v with %q, want %v with %q", way.step, way.dir, c.Good, c.Total, text, tt.want, tt.flags)
				}
			}
		})
	}
}
