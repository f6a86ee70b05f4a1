package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
	"github.com/shopslo/shopslo/slo/promquery"
	"github.com/shopslo/shopslo/slo/source/promtsdb"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
	"github.com/shopslo/shopslo/status"
)

func sortedLabels(m map[string]string) slo.Labels {
	var ls slo.Labels
	for name, value := range m {
		ls = append(ls, slo.Label{Name: name, Value: value})
	}
	slices.SortFunc(ls, func(a, b slo.Label) int { return strings.Compare(a.Name, b.Name) })
	return ls
}

// document is an SLO of a test and what the oracle is to count for it.
type document struct {
	name, window    string
	kind, query     string // bad or good
	total           string
	shopsets, tiers string // names with spaces between; tiers "" are all
	first           slo.FirstSample
}

func (d document) yaml() string {
	text := ratioSLO(d.name, d.window, 0.5, d.kind, d.query, d.total)
	extra := ""
	if d.tiers != "" {
		extra += fmt.Sprintf(", shopslo.dev/tiers: %q", strings.ReplaceAll(d.tiers, " ", ","))
	}
	if d.first != slo.FirstAuto {
		extra += fmt.Sprintf(", shopslo.dev/first-sample: %q", map[slo.FirstSample]string{slo.FirstZero: "zero", slo.FirstIgnore: "ignore"}[d.first])
	}
	return strings.Replace(text, `min-events: "1"`, `min-events: "1"`+extra, 1)
}

func yamlOf(docs []document) string {
	text := ""
	for _, d := range docs {
		text += d.yaml()
	}
	return text
}

// oracle makes the oracle of a document for a ShopSet, counting from start on.
func (d document) oracle(t testing.TB, shopset string, interval time.Duration, start time.Time, samples []ledgertest.Series) *ledgertest.Oracle {
	t.Helper()
	pick := func(query string) slo.Selector {
		c, err := promquery.Classify(query)
		if err != nil || len(c.Selectors) != 1 {
			t.Fatalf("%s: %v", query, err)
		}
		return c.Selectors[0]
	}
	r := ledgertest.Rules{Interval: interval.Milliseconds(), Start: start.UnixMilli(), First: d.first, Total: pick(d.total)}
	if d.kind == "bad" {
		r.Bad = pick(d.query)
	} else {
		r.Good = pick(d.query)
	}
	samples = append(samples[:len(samples):len(samples)], anchor(shopset, start, samples))
	o, err := ledgertest.NewOracle(ledgertest.Subject{ID: shopset, Labels: slo.Labels{{Name: "shopset", Value: shopset}}}, r, samples)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// anchor tells the oracle of one ShopSet where the data of all of them begin, which
// are read together: a target that is down then.
func anchor(shopset string, start time.Time, samples []ledgertest.Series) ledgertest.Series {
	oldest := int64(math.MaxInt64)
	for _, s := range samples {
		for _, x := range s.Samples {
			if x.T > start.UnixMilli() {
				oldest = min(oldest, x.T)
				break
			}
		}
	}
	return ledgertest.Series{
		Labels:  slo.Labels{{Name: slo.MetricName, Value: ledgertest.UpMetric}, {Name: "instance", Value: "anchor"}, {Name: "shopset", Value: shopset}},
		Samples: []ledgertest.Sample{{T: oldest, V: 0}},
	}
}

// checkReport compares every budget and burn rate of a report with the oracle's
// figures over the same edges.
func checkReport(t *testing.T, r status.Report, docs []document, interval time.Duration, samples []ledgertest.Series) {
	t.Helper()
	seen := 0
	for _, d := range docs {
		for shopset := range strings.FieldsSeq(d.shopsets) {
			seen++
			b := budgetOf(t, r, d.name, shopset)
			if b.WindowEnd.IsZero() {
				t.Errorf("%s of %s: nothing is counted", d.name, shopset)
				continue
			}
			o := d.oracle(t, shopset, interval, b.ExactFrom, samples)
			want := o.Count(b.WindowStart.UnixMilli(), b.WindowEnd.UnixMilli())
			since := b.WindowStart // coverage counts from when the ShopSet was expected
			if b.Expected.After(since) {
				since = b.Expected
			}
			coverage := min(1, float64(want.Covered)/float64(b.WindowEnd.Sub(since).Milliseconds()))
			if b.Total == nil || *b.Good != want.Good || *b.Total != want.Total || *b.Bad != want.Bad || !near(b.Coverage, coverage) {
				t.Errorf("%s of %s: %s; the oracle has good %v, total %v, bad %v, coverage %v", d.name, shopset, figures(b),
					want.Good, want.Total, want.Bad, coverage)
			}
			if want := inWindow(o.Flags(b.WindowEnd.UnixMilli()), b.WindowStart); len(b.Flags) != len(want) {
				t.Errorf("%s of %s: flags %v, the oracle's are %v", d.name, shopset, b.Flags, want)
			}
			for _, burn := range b.BurnRates {
				w := o.Count(b.WindowEnd.Add(-burn.Window).UnixMilli(), b.WindowEnd.UnixMilli())
				switch {
				case w.Total == 0 || w.Covered == 0:
					if burn.Rate != nil {
						t.Errorf("%s of %s: burn rate %v over %v, the oracle has no traffic", d.name, shopset, *burn.Rate, burn.Window)
					}
				case burn.Rate == nil || !near(*burn.Rate, w.Bad/w.Total/(1-b.Objective.Ratio())):
					t.Errorf("%s of %s: burn rate over %v: %v, the oracle has %v bad of %v", d.name, shopset, burn.Window, burn.Rate, w.Bad, w.Total)
				}
			}
		}
	}
	if len(r.Budgets) != seen {
		t.Errorf("%d budgets, want %d", len(r.Budgets), seen)
	}
}

// near allows for rounding.
func near(a, b float64) bool {
	d := a - b
	return d < 1e-9 && d > -1e-9
}

// restless makes six hours, up to a few minutes ago, in which everything goes wrong:
// restarts that show no drop, deploys, gaps, vanished series, invalid samples, and a
// source that was down.
func restless(now time.Time) *ledgertest.History {
	const minute, hour = time.Minute, time.Hour
	end := now.Truncate(minute).Add(-5 * minute)
	start := end.Add(-6 * hour)
	at := func(d time.Duration) int64 { return start.Add(d).UnixMilli() }
	return ledgertest.New(ledgertest.Config{
		Seed: uint64(end.Unix()), Start: start.UnixMilli(), Length: 6 * hour, Interval: 15 * time.Second, Strays: true,
		Blackouts: []ledgertest.Span{{From: at(3 * hour), To: at(3*hour + 7*minute)}},
		ShopSets: []ledgertest.Spec{
			{Name: "busy", Components: []string{"cart", "api"}, Metrics: 2, PeakRate: 50, ErrorRatio: 0.01, DeployEvery: 40 * minute,
				RestartEvery: 20 * minute, GapEvery: 30 * minute, BlinkEvery: 20 * minute, ClockEvery: 30 * minute},
			{Name: "sparse", PeakRate: 0.01, ErrorRatio: 0.3, Flat: true, RestartEvery: 10 * minute, GapEvery: 20 * minute},
			{Name: "nostart", PeakRate: 1, ErrorRatio: 0.02, NoStartTime: true, RestartEvery: 15 * minute, DeployEvery: hour, BlinkEvery: 30 * minute},
			{Name: "noup", PeakRate: 2, ErrorRatio: 0.1, NoUp: true, Eager: true, RestartEvery: 30 * minute, GapEvery: 20 * minute, InvalidEvery: 10 * minute},
			{Name: "odd", PeakRate: 1, ErrorRatio: 0.1, Fractional: true, Jitter: true, Routes: 2, Batches: 3, RestartEvery: 10 * minute,
				VanishEvery: 15 * minute, InvalidEvery: 15 * minute, ClockEvery: 10 * minute, DeployEvery: 30 * minute},
			{Name: "down", PeakRate: 20, ErrorRatio: 0.01, Outages: []ledgertest.Outage{
				{From: at(4 * hour), To: at(4*hour + 30*minute), Ratio: 0.5}, {From: at(5 * hour), To: at(5*hour + 20*minute), Down: true}}},
		},
	})
}

// ofHistory are SLOs on a History's counters. Counting begins an hour before the
// longest window: within the history.
var ofHistory = func() []document {
	const all, bad = `{__name__=~"(http|rpc)_requests_total|jobs_total"}`, `{__name__=~"(http|rpc)_requests_total|jobs_total",code=~"5.."}`
	const sets = "busy sparse nostart noup odd down"
	return []document{
		{name: "bad-of-total", window: "4h", kind: "bad", query: bad, total: all, shopsets: sets},
		{name: "good-of-total", window: "90m", kind: "good", query: strings.Replace(bad, "=~\"5", "!~\"5", 1), total: all, shopsets: sets},
		{name: "from-zero", window: "3h", kind: "bad", query: bad, total: all, shopsets: sets, first: slo.FirstZero},
		{name: "first-ignored", window: "3h", kind: "bad", query: bad, total: all, shopsets: sets, first: slo.FirstIgnore},
	}
}()

// seriesOf are all samples of a history, strays included.
func seriesOf(h *ledgertest.History) []ledgertest.Series {
	var all []ledgertest.Series
	for _, s := range h.Strays() {
		all = append(all, s.Series)
	}
	for i := range h.Config.ShopSets {
		all = append(all, h.ShopSet(i).Samples(ledgertest.All)...)
	}
	return all
}

// fill writes samples into an embedded store as its scraper does: in order of time,
// a commit for each ten minutes.
func fill(t testing.TB, dir string, data []sourcetest.Series) {
	t.Helper()
	db, err := promtsdb.Open(dir, promtsdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const step = 600_000
	from, to := data[0].T[0], data[0].T[0]
	sets := make([]labels.Labels, len(data))
	for i, s := range data {
		from, to = min(from, s.T[0]), max(to, s.T[len(s.T)-1])
		b := labels.NewScratchBuilder(len(s.Labels))
		for _, l := range s.Labels {
			b.Add(l.Name, l.Value)
		}
		sets[i] = b.Labels()
	}
	next := make([]int, len(data))
	for ; from <= to; from += step {
		app := db.Appendable().Appender(t.Context())
		for i, s := range data {
			for ; next[i] < len(s.T) && s.T[next[i]] < from+step; next[i]++ {
				if _, err := app.Append(0, sets[i], s.T[next[i]], s.V[next[i]]); err != nil {
					t.Fatal(fmt.Errorf("%s: %w", s.Labels, err))
				}
			}
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// inWindow are the flags that say something of a window.
func inWindow(flags []slo.Flag, start time.Time) []slo.Flag {
	return slices.DeleteFunc(flags, func(f slo.Flag) bool { return !f.Last.After(start) })
}
