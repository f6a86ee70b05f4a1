package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// told is a source of one counter that knows where some of its samples begin, and of up.
type told struct {
	at []int64
	v  []float64
}

type toldSamples struct {
	told
	next int
}

func (s *toldSamples) Read(t []int64, v []float64) (int, error) {
	n := copy(t, s.at[s.next:])
	copy(v[:n], s.v[s.next:])
	s.next += n
	return n, nil
}

func (s told) Select(_ context.Context, r slo.Request, f func([]slo.Series) error) error {
	var cut, up told
	for k, t := range s.at {
		if t > r.From && t <= r.To {
			cut.at, cut.v = append(cut.at, t), append(cut.v, s.v[k])
			up.at, up.v = append(up.at, t), append(up.v, 1)
		}
	}
	labels := func(name string) slo.Labels {
		return slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "instance", Value: "1"}, {Name: "job", Value: "x"}, {Name: "shopset", Value: "a"}}
	}
	return f([]slo.Series{{Ref: 1, Labels: labels("x_total"), Samples: &toldSamples{told: cut}}, {Ref: 2, Labels: labels("up"), Samples: &toldSamples{told: up}}})
}

func (s told) Eval(context.Context, string, int64, int64, time.Duration, func([]slo.Series) error) error {
	return fmt.Errorf("not asked")
}

// everyTen stands at each ten seconds after ten minutes; a base right before the next value.
func everyTen(begin int64, values []float64) (out told) {
	at := begin + 600_500
	for _, v := range values {
		if _, base := slo.BaseOf(v); base {
			before := at - 1
			if n := len(out.at); n > 0 && out.at[n-1] >= before {
				out.at[n-1] = before - 1
			}
			out.at = append(out.at, before)
		} else {
			out.at, at = append(out.at, at), at+10_000
		}
		out.v = append(out.v, v)
	}
	return out
}

// count counts a source in steps of so many milliseconds.
func (s told) count(t *testing.T, begin, step int64, tracing bool) (slo.Counts, []slo.Flag) {
	t.Helper()
	cfg := ledger.Config{Resolution: 10 * time.Second, Fine: 1000 * time.Hour, Retention: 10000 * time.Hour, Delay: time.Nanosecond,
		Backfill: time.Hour, ScrapeInterval: 10 * time.Second, StartTimeMetric: ledgertest.StartTimeMetric}
	var tr tracer
	if tracing {
		cfg.Trace = tr.take
	}
	l, err := ledger.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	all := []slo.Selector{{{Name: slo.MetricName, Value: "x_total"}}}
	read := ledger.Selecting(func(string) ([]slo.Selector, bool) { return all, true })
	ind := slo.Indicator{Name: "s", Counter: slo.Yes, Good: &slo.Query{Text: "x_total"}, Total: &slo.Query{Text: "x_total"}}
	one := &slo.SLO{Name: "s", Objective: 990_000_000, Window: slo.Rolling(time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: ind}}}
	subject := &ledger.Subject{ID: "a", Match: slo.Labels{{Name: "shopset", Value: "a"}}}
	plan := ledger.Plan{Sources: map[string]ledger.Source{"": s}, Reads: map[string]ledger.Reading{"": read}, Items: []ledger.Item{{SLO: one, Subjects: []*ledger.Subject{subject}}}}
	if err := l.Configure(plan, time.UnixMilli(begin)); err != nil {
		t.Fatal(err)
	}
	end := begin + 1_200_000
	for now := begin; now < end; {
		now = min(end, now+step)
		if err := l.Advance(t.Context(), time.UnixMilli(now+1), nil); err != nil {
			t.Fatal(err)
		}
	}
	acc := l.Account(one, "a", time.UnixMilli(end))
	return acc.Counts(0, time.UnixMilli(begin), time.UnixMilli(end)), acc.Flags
}

func TestASampleIsWorthWhatItHasAboveItsBase(t *testing.T) {
	begin := time.Now().Truncate(time.Hour).UnixMilli()
	for _, tt := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"a reset that shows no drop", []float64{0, 100, slo.Base(0), 150, 160}, 260},
		{"one that drops as well", []float64{0, 100, slo.Base(0), 50, 60}, 160},
		{"another edge", []float64{0, 9000, slo.Base(8960), 8970, 8980}, 9020},
		{"a base above its sample counts nothing", []float64{0, 100, slo.Base(70), 60, 70}, 110},
		{"a first sample that began from zero", []float64{slo.Base(0), 5000, 5010}, 5010},
		{"a base with nothing after it", []float64{0, 100, slo.Base(0)}, 100},
		{"two of them", []float64{0, 100, slo.Base(10), slo.Base(0), 150}, 250},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, step := range []int64{1000, 10_000, 3_600_000} {
				for _, tracing := range []bool{false, true} {
					c, flags := everyTen(begin, tt.values).count(t, begin, step, tracing)
					if c.Total != tt.want || c.Good != tt.want || len(flags) > 0 {
						t.Errorf("in steps of %d ms, traced %v: %v of %v, want %v; flags %v", step, tracing, c.Good, c.Total, tt.want, flags)
					}
				}
			}
		})
	}
}
