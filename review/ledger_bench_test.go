package review_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/review"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
)

const benchShopSets, benchSLOs = 1000, 5

// shops is a source of computed counters, a sample every five minutes: each ShopSet has
// an hour a week in which a fiftieth of the events is bad.
type shops struct{ series []slo.Series }

func newShops() *shops {
	s := &shops{}
	for i := range benchShopSets {
		shop, instance := slo.Label{Name: "shopset", Value: fmt.Sprint("s-", i)}, slo.Label{Name: "instance", Value: fmt.Sprint("i-", i)}
		add := func(name string, more ...slo.Label) {
			ls := append(slo.Labels{{Name: slo.MetricName, Value: name}}, more...)
			s.series = append(s.series, slo.Series{Ref: uint64(len(s.series) + 1), Labels: append(ls, instance, slo.Label{Name: "job", Value: "shop"}, shop)})
		}
		for j := range benchSLOs {
			for _, code := range []string{"200", "500"} {
				add(fmt.Sprintf("m%d_total", j), slo.Label{Name: "code", Value: code})
			}
		}
		add("process_start_time_seconds")
		add("up")
	}
	return s
}

type computed struct {
	next, to, outage int64
	kind             string
}

const hour, week = 3600_000, 7 * 24 * 3600_000

func (c *computed) Read(t []int64, v []float64) (int, error) {
	n := 0
	for ; n < len(t) && c.next <= c.to; n++ {
		t[n], v[n] = c.next, 1
		minute := float64(c.next / 60_000)
		weeks, rest := c.next/week, c.next%week
		bad := float64(weeks*60 + min(60, max(0, (rest-c.outage)/60_000)))
		switch c.kind {
		case "200":
			v[n] = 300*minute - 6*bad
		case "500":
			v[n] = 0.05*minute + 6*bad
		}
		c.next += 300_000
	}
	return n, nil
}

func (s *shops) Select(_ context.Context, r slo.Request, f func([]slo.Series) error) error {
	var out []slo.Series
	for i, x := range s.series {
		if !slices.ContainsFunc(r.Selectors, func(sel slo.Selector) bool { return sel.Matches(x.Labels) }) {
			continue
		}
		x.Samples = &computed{next: r.From - r.From%300_000 + 300_000, to: r.To, kind: x.Labels.Get("code"), outage: int64(i%160) * hour}
		out = append(out, x)
	}
	return f(out)
}

func (s *shops) Eval(context.Context, string, int64, int64, time.Duration, func([]slo.Series) error) error {
	return fmt.Errorf("not used")
}

// selectors reads "NAME" and "NAME CODE".
func selectors(text string) ([]slo.Selector, bool) {
	name, code, ok := strings.Cut(text, " ")
	sel := slo.Selector{{Name: slo.MetricName, Type: slo.Equal, Value: name}}
	if ok {
		sel = append(sel, slo.Matcher{Name: "code", Type: slo.Equal, Value: code})
	}
	return []slo.Selector{sel}, true
}

// BenchmarkFleetFromTheLedger measures and compiles the review of 1,000 ShopSets and 5
// SLOs from a ledger, whose filling is not counted.
func BenchmarkFleetFromTheLedger(b *testing.B) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		b.Fatal(err)
	}
	p := review.LastWeek(time.Date(2026, 11, 18, 9, 0, 0, 0, tokyo), tokyo)
	d := fleet.Declarations{Tiers: []fleet.Tier{{Name: "beta", Order: 0, Branch: "b"}, {Name: "prod", Order: 1, Branch: "p"}},
		FailureDomains: []fleet.FailureDomain{{Name: "here"}}, Configurations: []fleet.Configuration{{Name: "production"}}}
	var subjects []*ledger.Subject
	for i := range benchShopSets {
		name := fmt.Sprint("s-", i)
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(name), Tier: d.Tiers[i%2].Name, Configuration: "production", FailureDomain: "here"})
		subjects = append(subjects, &ledger.Subject{ID: name, Match: slo.Labels{{Name: "shopset", Value: name}}})
	}
	f, err := fleet.New(d)
	if err != nil {
		b.Fatal(err)
	}
	q := review.Question{Period: p, Fleet: f, Alerts: slo.DefaultBurnAlerts(), Resolution: time.Minute}
	for i := range benchSLOs {
		metric := fmt.Sprintf("m%d_total", i)
		q.SLOs = append(q.SLOs, slo.SLO{Name: fmt.Sprint("slo-", i), Objective: 999_000_000, Window: slo.Rolling(28 * 24 * time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 999_000_000,
			Indicator: slo.Indicator{Name: metric, Counter: slo.Yes, Bad: &slo.Query{Text: metric + " 500"}, Total: &slo.Query{Text: metric}}}}})
	}
	l, err := ledger.Open(ledger.Config{ScrapeInterval: 5 * time.Minute, Delay: time.Nanosecond, Backfill: p.Reach(28*24*time.Hour) + 2*time.Hour,
		Retention: 90 * 24 * time.Hour, StartTimeMetric: "process_start_time_seconds"})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	plan := ledger.Plan{Sources: map[string]ledger.Source{"": newShops()}, Reads: map[string]ledger.Reading{"": ledger.Selecting(selectors)}}
	for i := range q.SLOs {
		plan.Items = append(plan.Items, ledger.Item{SLO: &q.SLOs[i], Subjects: subjects})
	}
	if err := l.Configure(plan, p.Until); err != nil {
		b.Fatal(err)
	}
	if err := l.Advance(context.Background(), p.Until.Add(time.Second), nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var r review.Report
	for b.Loop() {
		r = review.Compile(review.Input{At: p.Until, Period: p, Measured: review.Measure(q, l)})
	}
	b.StopTimer()
	total := 0.0
	for _, row := range r.Budgets {
		if row.Week.Total == nil {
			b.Fatalf("%s of %s has no data", row.SLO, row.ShopSet)
		}
		total += *row.Week.Total
	}
	b.Logf("%d budgets, %.0f events in the week, %d pages and tickets, %d changes, %d comparisons, every edge from %v", len(r.Budgets), total, len(r.Pages), len(r.Changes), r.Compared, r.Looked.FineFrom)
	for name, write := range map[string]func() (int, error){
		"JSON": func() (int, error) { data, err := r.JSON(); return len(data), err },
		"HTML": func() (int, error) { text, err := r.HTML(text.Japanese); return len(text), err },
	} {
		begin := time.Now()
		n, err := write()
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("%s: %d KiB in %v", name, n>>10, time.Since(begin))
	}
}
