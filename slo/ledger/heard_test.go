package ledger_test

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

const aDay, aYear = 24 * time.Hour, 365 * 24 * time.Hour

// longHistory has 90 days of one pod, scraped every five minutes, and what more series
// have after it.
func longHistory(more ...ledgertest.Sample) (src *ledgertest.Source, sub ledgertest.Subject, start, end int64) {
	start = firstMonday
	end = start + (90 * aDay).Milliseconds()
	series := func(name, code string, step float64) ledgertest.Series {
		s := ledgertest.Series{Labels: slo.Labels{{Name: slo.MetricName, Value: name}}}
		if code != "" {
			s.Labels = append(s.Labels, slo.Label{Name: "code", Value: code})
		}
		s.Labels = append(s.Labels, slo.Label{Name: "instance", Value: "p"}, slo.Label{Name: "job", Value: "cart"}, slo.Label{Name: "shopset", Value: "x"})
		for at, v := start+7_000, 1.0; at <= end; at += 300_000 {
			s.Samples = append(s.Samples, ledgertest.Sample{T: at, V: v})
			v += step
		}
		s.Samples = append(s.Samples, more...)
		return s
	}
	src = ledgertest.NewSource(ledgertest.Plain([]ledgertest.Series{
		series("http_requests_total", "200", 90), series("http_requests_total", "500", 3), series("up", "", 0)}))
	return src, ledgertest.Subject{ID: "x", Labels: slo.Labels{{Name: "shopset", Value: "x"}}}, start, end
}

// figuresOf are an account's counts at hourly edges, and at every edge of the last days.
func figuresOf(l *ledger.Ledger, s *slo.SLO, start, end int64) (all []slo.Counts) {
	acc := l.Account(s, "x", timeOf(end))
	fine := end - (70 * time.Hour).Milliseconds()
	for at := start; at < end; {
		next := at + 3_600_000
		if at >= fine {
			next = at + 60_000
		}
		all = append(all, acc.Counts(0, timeOf(at), timeOf(next)))
		at = next
	}
	return all
}

func TestAClockAYearAheadDestroysNothing(t *testing.T) {
	future := func(days ...int64) (more []ledgertest.Sample) {
		for _, d := range days {
			more = append(more, ledgertest.Sample{T: firstMonday + (90*aDay + aYear).Milliseconds() - d*aDay.Milliseconds(), V: 1e6})
		}
		return more
	}
	for name, c := range map[string]struct {
		more []ledgertest.Sample
		leap time.Duration
	}{
		"a clock a year ahead":                        {nil, aYear},
		"a clock four days ahead":                     {nil, 4 * aDay},
		"a sample from the future":                    {future(1), 0},
		"samples from the future and a clock as well": {future(200, 1), aYear},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, sub, start, end := longHistory(c.more...)
			s := sloOf("s", "bad", "total")
			cfg := ledger.Unflushed(ledger.Config{Dir: t.TempDir(), Backfill: 90 * aDay, ScrapeInterval: 5 * time.Minute, Delay: time.Nanosecond, CheckpointAfter: 10_000})
			p := planOf(src, []ledgertest.Subject{sub}, s)
			l := open(t, cfg, p, end)
			for at := start; at <= end; at += aDay.Milliseconds() {
				advance(t, l, at)
			}
			want := figuresOf(l, s, start, end)
			if last := want[len(want)-1]; last.End.UnixMilli() != end || last.Start.UnixMilli() != end-60_000 || want[0].Total == 0 || last.Covered == 0 {
				t.Fatalf("before: %+v, %+v", want[0], last)
			}
			check := func(when string) {
				t.Helper()
				for i, got := range figuresOf(l, s, start, end) {
					if got != want[i] {
						t.Fatalf("%s: %+v, want %+v", when, got, want[i])
					}
				}
			}
			advance(t, l, end+c.leap.Milliseconds())
			check("with the clock ahead")
			advance(t, l, end+60_000)
			check("with the clock right again")
			for range 2 {
				closeLedger(t, l)
				cfg.CheckpointAfter = 1
				l = open(t, cfg, p, end)
				check("opened again")
				advance(t, l, end+c.leap.Milliseconds()+120_000)
				check("a tick later")
			}
			closeLedger(t, l)
		})
	}
}
