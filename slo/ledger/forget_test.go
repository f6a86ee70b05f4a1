package ledger

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// churn is a process that runs for twenty days. Each hour it writes a series with labels
// of its own, which it no longer has the hour after; each hour a target appears that is
// never up; and an expression gives a series a label that lasts an hour.
type churn struct {
	src        *ledgertest.Source
	start, end int64
	total      float64
}

const hourMS = int64(time.Hour / time.Millisecond)

func newChurn(startTime bool) churn {
	c := churn{start: firstSecond, end: firstSecond + 20*24*hourMS}
	series := func(name string, from, to int64, value func(at int64) float64, more ...string) ledgertest.Series {
		s := ledgertest.Series{Labels: slo.Labels{{Name: slo.MetricName, Value: name}}}
		for i := 0; i < len(more); i += 2 {
			s.Labels = append(s.Labels, slo.Label{Name: more[i], Value: more[i+1]})
		}
		s.Labels = append(s.Labels, slo.Label{Name: "shopset", Value: "x"})
		for at := from + 7000; at < to; at += 600_000 {
			s.Samples = append(s.Samples, ledgertest.Sample{T: at, V: value(at)})
		}
		return s
	}
	flat := func(v float64) func(int64) float64 { return func(int64) float64 { return v } }
	all := []ledgertest.Series{series("up", c.start, c.end, flat(1), "instance", "p"),
		series("http_requests_total", c.start, c.end, func(at int64) float64 { return float64((at - c.start) / 600_000) }, "instance", "p", "path", "/")}
	c.total = 20*24*6 - 1
	if startTime {
		all = append(all, series(ledgertest.StartTimeMetric, c.start, c.end, flat(float64(c.start/1000-1000)), "instance", "p"))
	}
	var grid []ledgertest.Series
	for at := c.start; at < c.end; at += hourMS {
		n := fmt.Sprint((at - c.start) / hourMS)
		if at > c.start {
			all = append(all, series("http_requests_total", at, at+hourMS, func(t int64) float64 { return float64(3 + (t-at)/600_000) }, "instance", "p", "path", "/"+n))
			c.total += 8
		}
		all = append(all, series("up", at, at+hourMS, flat(0), "instance", "down-"+n))
		grid = append(grid, series("", at, at+hourMS, flat(2), "path", "/"+n))
	}
	// One comes back after ten days: what it counted before and while it was away is not known.
	back := series("http_requests_total", c.start+240*hourMS, c.start+241*hourMS, flat(1000), "instance", "p", "path", "/3")
	for i, s := range all {
		if s.Labels.String() == back.Labels.String() {
			all[i].Samples = append(all[i].Samples, back.Samples...)
		}
	}
	c.src = ledgertest.NewSource(ledgertest.Plain(all))
	c.src.SetExpr("sum", grid)
	return c
}

func (c churn) plan() Plan {
	query := func(text string) *slo.Query { return &slo.Query{Text: text} }
	p := Plan{Sources: map[string]Source{"": c.src}, Reads: map[string]Reading{"": Selecting(func(text string) ([]slo.Selector, bool) {
		sel := map[string]slo.Selector{"bad": ledgertest.Bad(), "total": {{Name: slo.MetricName, Value: "http_requests_total"}}}[text]
		return []slo.Selector{sel}, sel != nil
	})}}
	for k, ind := range []slo.Indicator{{Counter: slo.Yes, Bad: query("bad"), Total: query("total")}, {Counter: slo.Yes, Bad: query("sum"), Total: query("sum")}} {
		p.Items = append(p.Items, Item{Subjects: []*Subject{{ID: "x", Match: slo.Labels{{Name: "shopset", Value: "x"}}}},
			SLO: &slo.SLO{Name: fmt.Sprint("slo-", k), Window: slo.Rolling(time.Hour), Parts: []slo.Part{{Weight: 1, Indicator: ind}}}})
	}
	return p
}

func TestChurningLabelsAndTargetsAreForgotten(t *testing.T) {
	for _, c := range []struct {
		name      string
		files     bool
		startTime bool
	}{{"with files", true, true}, {"in memory, without start times", false, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ch := newChurn(c.startTime)
			cfg := Config{Retention: 24 * time.Hour, Backfill: time.Duration(ch.end-ch.start) * time.Millisecond, Fine: 2 * time.Hour, Delay: time.Nanosecond, ScrapeInterval: 10 * time.Minute, StartTimeMetric: ledgertest.StartTimeMetric, CheckpointAfter: 10_000}
			cfg = Unflushed(cfg)
			if c.files {
				cfg.Dir = t.TempDir()
			}
			open := func() *Ledger {
				l, err := Open(cfg)
				if err == nil {
					err = l.Configure(ch.plan(), time.UnixMilli(ch.end))
				}
				if err != nil {
					t.Fatal(err)
				}
				return l
			}
			l := open()
			largest := int64(0)
			for at := ch.start; at <= ch.end; at += 2 * hourMS {
				if err := l.Advance(context.Background(), time.UnixMilli(at+1), nil); err != nil {
					t.Fatal(err)
				}
				if at-ch.start < 48*hourMS {
					continue
				}
				for _, a := range l.sorted() {
					groups, bound := 0, len(l.sources[""].bound.order)+len(l.sources[""].bound.byLabel)
					for _, x := range a.targets {
						for _, p := range x.processes {
							for _, f := range p.families {
								groups += 1 + len(f.series)
							}
						}
					}
					if len(a.series) > 80 || len(a.targets) > 80 || groups > 160 || bound > 200 {
						t.Fatalf("after %d hours %d series, %d targets, %d metrics, %d bindings", (at-ch.start)/hourMS, len(a.series), len(a.targets), groups, bound)
					}
				}
				if c.files {
					info, err := os.Stat(l.store.path("checkpoint"))
					if err != nil {
						t.Fatal(err)
					}
					largest = max(largest, info.Size())
				}
				if c.files && (at-ch.start)%(50*hourMS) == 0 {
					if err := l.Close(); err != nil {
						t.Fatal(err)
					}
					l = open()
				}
			}
			if largest > 30_000 {
				t.Errorf("checkpoints grew to %d bytes", largest)
			}
			a := l.sorted()[0]
			if got := a.hist.newest().b; got != ch.total {
				t.Errorf("total %v, want %v", got, ch.total)
			}
			if f := a.facts.flags; f == nil || f[unknownFirst].count != 1 {
				t.Errorf("flags %+v, want one series of unknown age, the one that came back", f)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestTooManyForgottenSeriesAreAnyOfTheProcess(t *testing.T) {
	named := func(n int) *series {
		return &series{labels: slo.Labels{{Name: slo.MetricName, Value: "x"}, {Name: "path", Value: fmt.Sprint(n)}}}
	}
	var f shed
	for n := range mostShed {
		f.add(named(n), 1_000_000)
		f.add(named(n), 1_000_000) // again: it came back and was forgotten once more
	}
	is := func(what string, s *series, began float64, want bool) {
		t.Helper()
		var e encoder
		appendShed(&e, f)
		d := &decoder{b: e.b, version: newestFormat}
		read := readShed(d)
		if err := d.end(); err != nil || len(f.hashes) > mostShed {
			t.Fatalf("%v, %d hashes", err, len(f.hashes))
		}
		if got, again := f.has(s, began), read.has(s, began); got != want || again != want {
			t.Errorf("%s: can have been forgotten %t, and when read again %t, want %t", what, got, again, want)
		}
	}
	is("one of them", named(77), 500000, true)
	is("one of them, start not known", named(77), 0, true)
	is("one of them, of a new process", named(77), 1001000, false)
	is("another", named(-1), 500000, false)
	f.add(named(-2), 2_000_000)
	is("another, of too many", named(-1), 500000, true)
	is("another, of too many, start not known", named(-1), 0, true)
	is("another, of a new process", named(-1), 2001000, false)
	f.restarted(1_999_000)
	is("another, before the restart", named(-1), 500000, true)
	f.restarted(2_001_000)
	is("one of them, after the restart", named(77), 500000, false)
}
