//go:build e2e

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
	"github.com/shopslo/shopslo/status"
)

// caseSLOs are the SLOs that the cases are counted for, as people write them. Each is of
// a Tier of its name.
var caseSLOs = []struct {
	name, window, counter string
	kind, query, total    string
}{
	{"requests", "6h", "true", "bad", `http_requests_total{code=~"5.."}`, `http_requests_total`},
	{"rates", "6h", "", "good", `sum by (shopset) (rate(http_requests_total{code!~"5.."}[5m]))`, `sum by (shopset) (rate(http_requests_total[5m]))`},
	{"rates-of-a-day", "1d", "", "good", `sum(rate(http_requests_total{code!~"5.."}[5m]))`, `sum(rate(http_requests_total[5m]))`},
	{"rates-said-to-count", "6h", "true", "good", `sum by (shopset) (rate(http_requests_total{code!~"5.."}[5m]))`, `sum by (shopset) (rate(http_requests_total[5m]))`},
	{"on-the-grid", "6h", "", "good", `sum by (shopset) (rate(http_requests_total{code!~"5.."}[5m])) + 0`, `sum by (shopset) (rate(http_requests_total[5m])) + 0`},
	{"calendar", "1d", "true", "bad", `http_requests_total{code=~"5.."}`, `http_requests_total`},
	{"latency", "6h", "true", "good", `http_seconds_bucket{le="1"}`, `http_seconds_count`},
	{"latency-by-list", "6h", "true", "good", `http_seconds_bucket{le=~"1|1\\.0"}`, `http_seconds_count`},
	{"fast", "6h", "true", "good", `req_seconds_bucket{le="0.5"}`, `req_seconds_count`},
	{"bare", "6h", "", "good", `req_seconds_bucket{le="0.5"}`, `req_seconds_count`},
	{"recorded", "6h", "true", "bad", `shopset:http_errors:sum`, `shopset:http_requests:sum`},
	{"typo", "6h", "true", "bad", `http_requests_total{status=~"5.."}`, `http_requests_total`},
}

// realCase is a history that people have, and what is right for it. Names are ShopSets'.
type realCase struct {
	name, slo  string
	scrape     func(p *past, at time.Duration)
	total, bad float64
	state      slo.State
	flags      []slo.FlagKind
	explained  string // a part of what explain says
}

var realCases = []realCase{
	// Clocks.
	{"clock-step", "requests", clockStep, 43_200, 43, slo.OK, []slo.FlagKind{slo.ClockStep}, "the start time moved, but nothing that is counted restarted [clock_step]"},
	{"wandering-start", "requests", wanderingStart, 43_200, 43, slo.OK, []slo.FlagKind{slo.ClockStep}, "the start time moved, but nothing that is counted restarted [clock_step]"},
	{"boot-in-1970", "requests", bootIn1970, 43_200, 42, slo.OK, []slo.FlagKind{slo.ClockStep, slo.ClockAndDrop}, "1970-01-01T00:00:12.5Z: the process restarted, by its start time [restart_with_clock_step]"},
	{"hidden-outage", "requests", hiddenOutage, 21_600, 720, slo.Exhausted, []slo.FlagKind{slo.ClockStep}, "the start time moved, but nothing that is counted restarted [clock_step]"},
	// Processes and series.
	{"two-containers", "requests", twoContainers, 86_400, 86, slo.OK, nil, "growth 43157; counted 43157"},
	{"old-answers", "requests", oldAnswers, 43_200, 43, slo.OK, nil, "the drop was made up for: it was an old answer; counts 120"},
	{"new-spelling", "latency", newSpelling, 43_200, 64, slo.OK, nil, "le: 1, +Inf"},
	{"new-spelling-listed", "latency-by-list", newSpelling, 43_200, 64, slo.OK, nil, "le: 1, +Inf"},
	{"higher-count", "fast", higherCount, 464, 45, slo.Exhausted, []slo.FlagKind{slo.PartialDrop}, "100 → 105: another series of the process dropped: this one was reset, too; counts 105"},
	{"born-at-50", "requests", errorsBornAt50, 43_250, 50, slo.OK, nil, "- → 50: first sample, counted from zero; counts 50"},
	{"long-gaps", "requests", longGaps, 26, 0, slo.OK, []slo.FlagKind{slo.PartialDrop}, "14 → 4: drops: a reset"},
	{"no-value", "requests", noValueAcrossAReset, 42_900, 70, slo.OK, nil, "→ 60: drops: a reset; counts 60"},
	{"recorded-sum", "recorded", recordedSum, 43_140, 0, slo.OK, []slo.FlagKind{slo.PartialDrop}, "recorded sum"},
	// Queries.
	{"small-rates", "rates-of-a-day", smallTraffic, 8_640, 18, slo.OK, nil, `asks for http_requests_total{code!~"5..",shopset=`},
	{"rates-of-swings", "rates-said-to-count", swinging, 43_200, 2_160, slo.Exhausted, nil, `asks for http_requests_total{code!~"5..",shopset=`},
	{"bare-histogram", "bare", bareHistogram, 43_200, 4_320, slo.Exhausted, nil, "Counted from samples: each query is a sum of counters"},
	// Windows.
	{"old-outage", "requests", oldOutage, 42_480, 0, slo.OK, nil, "bad: the series count 0"},
	{"old-outage-as-rates", "rates", oldOutage, 42_480, 0, slo.OK, nil, "so good 42480 of total 42480"},
	{"quiet-night", "requests", quietNight, 18_000, 90, slo.OK, nil, "bad: the series count 90"},
}

// Of these more is looked at than counts of events.
var otherCases = []realCase{
	{name: "old-outage-on-the-grid", slo: "on-the-grid", scrape: oldOutage},
	{name: "half-past-twelve", slo: "calendar", scrape: steady},
	{name: "bad-selector", slo: "typo", scrape: failing},
}

// casesServed is a Prometheus with all cases, and a configuration that asks it.
func casesServed(t *testing.T, end time.Time) (dir string) {
	t.Helper()
	var data []sourcetest.Series
	tiers := map[string]string{}
	for _, c := range slices.Concat(realCases, otherCases) {
		data = append(data, told(c.name, end.Add(-hoursAsked), c.scrape)...)
		tiers[c.slo] += " " + c.name
	}
	prometheus := sourcetest.StartPrometheus(t, data, end.Add(time.Hour).UnixMilli())
	dir = t.TempDir()
	var lines []string
	var slos strings.Builder
	for _, a := range caseSLOs {
		lines = append(lines, a.name+":"+tiers[a.name])
		text := ratioSLO(a.name, a.window, 0.99, a.kind, a.query, a.total)
		text = strings.Replace(text, `min-events: "1"`, `min-events: "1", shopslo.dev/tiers: `+a.name, 1)
		if a.counter == "" {
			text = strings.Replace(text, "        counter: true\n", "", 1)
		}
		if a.name == "calendar" {
			text = strings.Replace(text, "isRolling: true", `isRolling: false, calendar: {startTime: "2026-01-21 12:30:00", timeZone: America/New_York}`, 1)
		}
		slos.WriteString(text)
	}
	lines = append(lines, "served-last: last") // the gate to it looks at the Tier before: typo's
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": "source: {prometheus: {url: '" + prometheus.URL + "', scrape_interval: 30s}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\ngate: {max_age: 10m}\nledger: {dir: ledger}\n",
		"fleet.yaml":   fleetOf(lines...), "slo.yaml": slos.String(),
	})
	return dir
}

func TestRealHistoriesAreCountedRight(t *testing.T) {
	end := time.Now().UTC().Truncate(time.Hour)
	config, at := filepath.Join(casesServed(t, end), "shopslo.yaml"), end.Format(time.RFC3339)
	// It begins before the window: what has left it must not be in the figures.
	if code, _, stderr := runWith(t, nil, "status", "--config", config, "--at", end.Add(-hoursAsked).Format(time.RFC3339)); code != exitOK || stderr != "" {
		t.Fatalf("before the window: exit code %d: %s", code, stderr)
	}
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", at, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	//VALID valid(t, "status", stdout)
	report := decodeStatus(t, stdout)
	told := func(t *testing.T, c realCase, parts ...string) {
		t.Helper()
		code, text, stderr := runWith(t, nil, "explain", c.slo, c.name, "--config", config, "--at", at)
		if code != exitOK || stderr != "" {
			t.Fatalf("explain: exit code %d: %s", code, stderr)
		}
		for _, part := range append(parts, c.explained) {
			if !strings.Contains(text, part) {
				t.Errorf("explain does not say %q:\n%s", part, text)
			}
		}
	}
	for _, c := range realCases {
		t.Run(c.name, func(t *testing.T) {
			b := budgetOf(t, report, c.slo, c.name)
			if b.Total == nil || *b.Total != c.total || *b.Bad != c.bad || *b.Good != c.total-c.bad || b.State != c.state ||
				b.Unit != slo.Events || b.Counted != status.FromSamples {
				t.Errorf("%s, %s from %s; right are %v bad of %v, %s", figures(b), b.Unit, b.Counted, c.bad, c.total, c.state)
			}
			var flags []slo.FlagKind
			for _, f := range b.Flags {
				flags = append(flags, f.Kind)
			}
			slices.Sort(flags)
			if !slices.Equal(flags, c.flags) {
				t.Errorf("flags %v, want %v", flags, c.flags)
			}
			told(t, c, fmt.Sprintf("total %v, bad %v events", c.total, c.bad), "the ledger has the same")
		})
	}
	t.Run("old-outage-on-the-grid", func(t *testing.T) {
		b := budgetOf(t, report, "on-the-grid", "old-outage-on-the-grid")
		if b.State != slo.OK || b.Unit != slo.Points || b.Counted != status.OnGrid || b.Bad == nil || *b.Bad != 0 || *b.Good != *b.Total || *b.SLI != 1 {
			t.Errorf("%s, %s from %s; right is ok, 0 bad points on the grid", figures(b), b.Unit, b.Counted)
		}
		told(t, otherCases[0], "Counted from grid")
	})
	t.Run("half-past-twelve", func(t *testing.T) {
		zone, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		here := end.In(zone)
		begin := time.Date(here.Year(), here.Month(), here.Day(), 12, 30, 0, 0, zone)
		if begin.After(here) {
			begin = begin.AddDate(0, 0, -1)
		}
		b := budgetOf(t, report, "calendar", "half-past-twelve")
		want := 2 * end.Sub(begin).Seconds()
		if !b.WindowStart.Equal(begin) || b.Total == nil || *b.Total != want || *b.Bad != 0 || b.State != slo.OK {
			t.Errorf("%s; right are %v from %v on", figures(b), want, begin)
		}
		told(t, otherCases[1], fmt.Sprintf("total %v, bad 0 events", want), "window: after "+begin.UTC().Format(time.RFC3339))
	})
	t.Run("bad-selector", func(t *testing.T) {
		b := budgetOf(t, report, "typo", "bad-selector")
		if b.State != slo.NoData || b.Total != nil || b.Bad != nil || len(b.Absent) != 1 || b.Absent[0].Kind != slo.NoLabel || !slices.Equal(b.Absent[0].Nearest, []string{"code"}) {
			t.Errorf("%s, absent %v; right is that the label does not exist", figures(b), b.Absent)
		}
		told(t, otherCases[2], "the metric has no label status; nearest: code")
		if code, stdout, _ := runWith(t, nil, "gate", "--config", config, "--to", "rates-of-a-day", "--at", at); code != exitOK {
			t.Errorf("the gate above what is ok: exit code %d: %s", code, stdout)
		}
		code, stdout, stderr := runWith(t, nil, "gate", "--config", config, "--to", "served-last", "--at", at, "-o", "json")
		if code != exitInconclusive || !strings.Contains(stdout, `"decision": "inconclusive"`) || !strings.Contains(stdout, "which no series of the metric has") || stderr != "" {
			t.Errorf("the gate: exit code %d: %s%s", code, stdout, stderr)
		}
	})
}
