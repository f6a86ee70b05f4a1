package ledger_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

// steady is a source of endless regular counters that costs next to nothing, so
// that a benchmark measures the ledger.
type steady struct {
	series   []slo.Series
	interval int64
}

type steadySamples struct {
	next, to, interval int64
	v, step            float64
}

func (s *steadySamples) Read(t []int64, v []float64) (int, error) {
	n := 0
	for ; n < len(t) && s.next <= s.to; n++ {
		t[n], v[n] = s.next, s.v
		s.next += s.interval
		s.v += s.step
	}
	return n, nil
}

func newSteady(shopsets int) *steady {
	s := &steady{interval: 30_000}
	add := func(ls ...slo.Label) {
		s.series = append(s.series, slo.Series{Ref: uint64(len(s.series) + 1), Labels: ls})
	}
	for i := range shopsets {
		shop := slo.Label{Name: "shopset", Value: fmt.Sprint("s-", i)}
		inst, job := slo.Label{Name: "instance", Value: fmt.Sprint("i-", i)}, slo.Label{Name: "job", Value: "cart"}
		for _, code := range []string{"200", "500"} {
			add(slo.Label{Name: slo.MetricName, Value: "http_requests_total"}, slo.Label{Name: "code", Value: code}, inst, job, shop)
		}
		add(slo.Label{Name: slo.MetricName, Value: "process_start_time_seconds"}, inst, job, shop)
		add(slo.Label{Name: slo.MetricName, Value: "up"}, inst, job, shop)
	}
	return s
}

func (s *steady) Select(_ context.Context, r slo.Request, f func([]slo.Series) error) error {
	out := make([]slo.Series, len(s.series))
	for i, x := range s.series {
		first := r.From - r.From%s.interval + s.interval
		x.Samples = &steadySamples{next: first, to: r.To, interval: s.interval, v: 1, step: 0}
		if x.Labels.Get(slo.MetricName) == "http_requests_total" {
			x.Samples = &steadySamples{next: first, to: r.To, interval: s.interval, v: float64(first / 1000), step: 30}
		}
		out[i] = x
	}
	return f(out)
}

func (s *steady) Eval(context.Context, string, int64, int64, time.Duration, func([]slo.Series) error) error {
	return fmt.Errorf("not used")
}

func benchLedger(b *testing.B, shopsets int, dir string, start int64) *ledger.Ledger {
	cfg := ledger.Config{Dir: dir, ScrapeInterval: 30 * time.Second, Delay: time.Nanosecond, Backfill: time.Nanosecond, StartTimeMetric: "process_start_time_seconds"}
	l, err := ledger.Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	p := ledger.Plan{Sources: map[string]ledger.Source{"": newSteady(shopsets)}, Reads: map[string]ledger.Reading{"": read}}
	it := ledger.Item{SLO: sloOf("s", "bad", "total")}
	for i := range shopsets {
		it.Subjects = append(it.Subjects, &ledger.Subject{ID: fmt.Sprint("s-", i), Match: slo.Labels{{Name: "shopset", Value: fmt.Sprint("s-", i)}}})
	}
	p.Items = append(p.Items, it)
	if err := l.Configure(p, time.UnixMilli(start)); err != nil {
		b.Fatal(err)
	}
	return l
}

const benchStart = int64(1_767_571_200_000)

// BenchmarkTick counts and stores one minute: two scrapes of four series for each ShopSet.
func BenchmarkTick(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := benchLedger(b, n, b.TempDir(), benchStart)
			now := benchStart
			for i := range 3 {
				now = benchStart + int64(i+1)*60_000
				if err := l.Advance(context.Background(), time.UnixMilli(now+1), nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				now += 60_000
				if err := l.Advance(context.Background(), time.UnixMilli(now+1), nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}

// BenchmarkBudgets evaluates the budgets of 1,000 ShopSets over all windows.
func BenchmarkBudgets(b *testing.B) {
	const shopsets, days = 1000, int64(4 * 24 * time.Hour / time.Millisecond)
	l := benchLedger(b, shopsets, "", benchStart)
	end := time.UnixMilli(benchStart + days + 1)
	if err := l.Advance(context.Background(), end, nil); err != nil {
		b.Fatal(err)
	}
	s, alerts := sloOf("s", "bad", "total"), slo.DefaultBurnAlerts()
	ids := make([]string, shopsets)
	for i := range ids {
		ids[i] = fmt.Sprint("s-", i)
	}
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		for _, id := range ids {
			a := l.Account(s, id, end)
			if e := s.Evaluate(a.End, alerts, a); e.Total == nil || *e.Total == 0 {
				b.Fatal("nothing is counted")
			}
		}
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N)/1e6, "cpu-ms/op")
}

// BenchmarkBackfill counts seven days of history at once.
func BenchmarkBackfill(b *testing.B) {
	const shopsets, week = 200, int64(7 * 24 * time.Hour / time.Millisecond)
	before := cpuTime(b)
	for b.Loop() {
		l := benchLedger(b, shopsets, b.TempDir(), benchStart)
		if err := l.Advance(context.Background(), time.UnixMilli(benchStart+week+1), nil); err != nil {
			b.Fatal(err)
		}
	}
	used := time.Duration(cpuTime(b) - before)
	b.ReportMetric(float64(b.N)*shopsets*4*float64(week)/30_000/used.Seconds()/1e6, "Msamples/cpu-s")
}

// cpuTime is the processor time (ns) that the process has used: the machine may be
// busy with other things.
func cpuTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
