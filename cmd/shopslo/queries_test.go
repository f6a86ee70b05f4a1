package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
	"github.com/shopslo/shopslo/status"
)

// A small shop for the tests of queries: a request every 10 s, one of 50 bad, one of 4
// slow, scraped every 30 s. Its process restarts before 5 hours have passed, 7 hours are known.
const (
	smallInterval = 30 * time.Second
	smallLength   = 7 * time.Hour
	smallRestart  = 5*time.Hour - 29*time.Second // just after a scrape, so that nothing is lost
	smallWindow   = 6 * time.Hour
)

// smallCounts are what the shop served in the window, as it knows itself.
var smallCounts = struct{ total, bad, fast float64 }{2160, 43, 1620}

// smallShop is that shop's history up to now.
func smallShop(now time.Time, shopset string) []sourcetest.Series {
	var out []sourcetest.Series
	places := map[string]int{}
	add := func(t time.Time, v float64, pairs ...string) {
		key := strings.Join(pairs, ",")
		i, ok := places[key]
		if !ok {
			m := map[string]string{"job": "web", "instance": "10.0.0.1:80", "shopset": shopset}
			for k := 0; k < len(pairs); k += 2 {
				m[pairs[k]] = pairs[k+1]
			}
			i = len(out)
			places[key], out = i, append(out, sourcetest.Series{Labels: sortedLabels(m)})
		}
		out[i].T, out[i].V = append(out[i].T, t.UnixMilli()), append(out[i].V, v)
	}
	begin := now.Add(-smallLength)
	for at := begin; !at.After(now); at = at.Add(smallInterval) {
		n := math.Floor(at.Sub(begin).Seconds() / 10)
		started, before := begin, 0.0
		if at.Sub(begin) >= smallRestart {
			started, before = begin.Add(smallRestart), math.Floor(smallRestart.Seconds()/10)
		}
		bad := math.Floor(n/50) - math.Floor(before/50)
		fast := math.Floor(n*3/4) - math.Floor(before*3/4)
		all := n - before
		add(at, 1, slo.MetricName, "up")
		add(at, float64(started.Unix()), slo.MetricName, "process_start_time_seconds")
		add(at, bad, slo.MetricName, "http_requests_total", "code", "500")
		add(at, all-bad, slo.MetricName, "http_requests_total", "code", "200")
		add(at, fast, slo.MetricName, "http_seconds_bucket", "le", "1")
		add(at, all, slo.MetricName, "http_seconds_bucket", "le", "+Inf")
		add(at, all, slo.MetricName, "http_seconds_count")
		add(at, all, slo.MetricName, "served") // a counter whose name does not say so
		add(at, all, slo.MetricName, "shopset:served:sum")
		add(at, 0.98, slo.MetricName, "queue")
	}
	return out
}

// sli is an SLI of the tests of queries.
type sli struct {
	name, counter, kind, query, total string
}

func (a sli) yaml() string {
	text := ratioSLO(a.name, "6h", 0.9, a.kind, a.query, a.total)
	line := "        counter: true\n"
	if a.counter == "" {
		return strings.Replace(text, line, "", 1)
	}
	return strings.Replace(text, line, "        counter: "+a.counter+"\n", 1)
}

const (
	badRate = `sum by (shopset) (rate(http_requests_total{code=~"5.."}[5m]))`
	allRate = `sum by (shopset) (rate(http_requests_total[5m]))`
)

// exactly are SLIs that are counted to the event, however they are written.
var exactly = []struct {
	sli
	bad, total float64
}{
	{sli{"rates-said-to-be-counters", "true", "bad", badRate, allRate}, smallCounts.bad, smallCounts.total},
	{sli{"rates", "", "bad", badRate, allRate}, smallCounts.bad, smallCounts.total},
	{sli{"rates-said-to-be-none", "false", "bad", badRate, allRate}, smallCounts.bad, smallCounts.total},
	{sli{"good-rates-without-labels", "", "good", `sum(rate(http_requests_total{code!~"5.."}[1m]))`, `sum(irate(http_requests_total[5m]))`}, smallCounts.bad, smallCounts.total},
	{sli{"increases", "", "bad", `sum(increase(http_requests_total{code="500"}[1h]))`, `sum(increase(http_requests_total[1h]))`}, smallCounts.bad, smallCounts.total},
	{sli{"a-minute", "", "bad", `60 * ` + badRate, allRate + ` * 60`}, smallCounts.bad, smallCounts.total},
	{sli{"or-zero", "", "bad", `sum(rate(http_requests_total{code="500"}[5m])) or vector(0)`, allRate}, smallCounts.bad, smallCounts.total},
	{sli{"counters-by-name", "", "bad", `http_requests_total{code="500"}`, `sum(http_requests_total)`}, smallCounts.bad, smallCounts.total},
	{sli{"buckets", "", "good", `http_seconds_bucket{le="1"}`, `http_seconds_count`}, smallCounts.total - smallCounts.fast, smallCounts.total},
	{sli{"rates-of-buckets", "", "good", `sum(rate(http_seconds_bucket{le="1"}[5m]))`, `sum(rate(http_seconds_bucket{le="+Inf"}[5m]))`}, smallCounts.total - smallCounts.fast, smallCounts.total},
	{sli{"twice", "true", "bad", `sum(http_requests_total{code="500"} * 2)`, `2 * sum(http_requests_total)`}, smallCounts.bad, smallCounts.total},
	{sli{"recorded", "true", "good", `shopset:served:sum`, `shopset:served:sum`}, 0, smallCounts.total},
}

// onTheGrid are SLIs that are evaluated at points, which are never called events.
var onTheGrid = []sli{
	{"gauges", "false", "good", "queue", "queue / 0.98"},
	{"two-factors", "", "bad", badRate, allRate + " * 60"},
	{"a-rate-and-a-gauge", "", "bad", badRate, "queue + 0"},
	{"limited", "true", "bad", `sum(clamp_max(http_requests_total{code="500"}, 1e9))`, `sum(clamp_max(http_requests_total, 1e9))`},
}

// checkQueries compares the budgets of all those SLIs with what is right.
func checkQueries(t *testing.T, source string, now time.Time) {
	t.Helper()
	dir, slos := t.TempDir(), ""
	for _, x := range exactly {
		slos += x.yaml()
	}
	for _, a := range onTheGrid {
		slos += a.yaml()
	}
	writeFiles(t, dir, map[string]string{"shopslo.yaml": source + "fleet: [fleet.yaml]\nslos: [slo.yaml]\n", "fleet.yaml": fleetOf("beta: s-1 s-2"), "slo.yaml": slos})
	code, stdout, stderr := runWith(t, nil, "status", "--config", filepath.Join(dir, "shopslo.yaml"), "--at", now.UTC().Format(time.RFC3339), "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	r := decodeStatus(t, stdout)
	for _, shopset := range []string{"s-1", "s-2"} {
		for _, x := range exactly {
			b := budgetOf(t, r, x.name, shopset)
			if b.Unit != slo.Events || b.Total == nil || *b.Total != x.total || *b.Bad != x.bad || b.Coverage != 1 {
				t.Errorf("%s of %s: %s, want %v bad of %v events", x.name, shopset, figures(b), x.bad, x.total)
			}
			if noted := strings.Contains(strings.Join(b.Notes, "\n"), "recorded sum"); noted != (x.name == "recorded") {
				t.Errorf("%s of %s: notes %q", x.name, shopset, b.Notes)
			}
		}
		for _, a := range onTheGrid {
			if b := budgetOf(t, r, a.name, shopset); b.Unit != slo.Points || b.Counted != status.OnGrid || b.Total == nil {
				t.Errorf("%s of %s: unit %s, counted %v: %s", a.name, shopset, b.Unit, b.Counted, figures(b))
			}
		}
		limited := budgetOf(t, r, "limited", shopset) // by growth: all but the scrape at which the process restarted
		if math.Abs(*limited.Total-smallCounts.total) > 3 {
			t.Errorf("limited of %s: %s", shopset, figures(limited))
		}
	}
}

// smallShops are two shops' histories up to a whole minute.
func smallShops() (now time.Time, data []sourcetest.Series) {
	now = time.Now().Add(-10 * time.Minute).Truncate(time.Minute)
	return now, append(smallShop(now, "s-1"), smallShop(now, "s-2")...)
}

func TestQueriesAreCountedAsTheyAreMeant(t *testing.T) {
	now, data := smallShops()
	dir := t.TempDir()
	fill(t, dir, data)
	checkQueries(t, "source: {embedded: {dir: '"+dir+"', scrape_interval: 30s, scrape_configs: [{job_name: none}]}}\n", now)
}

func TestValidateSaysWhatIsNotCountedExactly(t *testing.T) {
	for _, tt := range []struct {
		sli
		code  int
		words string
	}{
		{sli{"s", "", "bad", badRate, allRate}, exitOK, "1 budget: ok"},
		{sli{"s", "", "bad", badRate, allRate + " * 60"}, exitNo, "finding: slo.yaml:14: SLO \"s\": " + allRate + " * 60 gives 60 times what " + badRate},
		{sli{"s", "", "bad", badRate, "queue"}, exitOK, "note: slo.yaml:14: only the source can tell whether queue is a counter"},
		{sli{"s", "false", "bad", badRate, "queue"}, exitNo, "write a rate of counters there too"},
		{sli{"s", "true", "bad", "a:bad:sum", "a:all_total:sum"}, exitOK, "note: slo.yaml:14: a:all_total:sum is a recorded sum: restarts of single processes are hidden in it, so that its counts cannot be exact; use the counters that it is made of, such as all_total"},
		{sli{"s", "true", "bad", "a:bad:rate5m", "all_total"}, exitUsage, "slo.yaml:14: SLO \"s\": counter: true, but a:bad:rate5m is a recorded rate"},
		{sli{"s", "true", "bad", "sum(rate(a[5m])) / sum(rate(b[5m]))", "all_total"}, exitUsage, "no counters can be found to count from"},
		{sli{"s", "", "bad", "sum(rate(shopslo_slo_bad_events_total[5m]))", "sum(rate(shopslo_slo_events_total[5m]))"}, exitUsage,
			`slo.yaml:14: SLO "s": shopslo_slo_bad_events_total is what a shopslo has counted, and stands still where that one cannot count`},
		{sli{"s", "", "good", "h_bucket", "h_count"}, exitUsage, `slo.yaml:14: SLO "s": h_bucket selects all buckets of a histogram`},
		{sli{"s", "", "good", "histogram_fraction(0, 0.3, sum(rate(h[5m])))", "histogram_count(sum(rate(h[5m])))"}, exitOK,
			"note: slo.yaml:14: the bound 0.3 is no power of 2, and so no edge between exponential buckets of native histograms: what lies in the bucket around it counts as above it; 0.25 and 0.5 are edges"},
		{sli{"s", "", "bad", badRate, "http_requests_total"}, exitUsage, "slo.yaml:15: SLO \"s\": " + badRate + " and http_requests_total do not go together"},
	} {
		dir := t.TempDir()
		words := tt.words
		if tt.counter == "" { // one line less
			words = strings.NewReplacer("slo.yaml:14", "slo.yaml:13", "slo.yaml:15", "slo.yaml:14").Replace(words)
		}
		writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: s-1"), "slo.yaml": tt.yaml(),
			"shopslo.yaml": "source: {prometheus: {url: 'http://127.0.0.1:9'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"})
		code, stdout, stderr := runWith(t, nil, "validate", "--config", filepath.Join(dir, "shopslo.yaml"))
		if all := strings.ReplaceAll(stdout+stderr, dir+"/", ""); code != tt.code || !strings.Contains(all, words) {
			t.Errorf("%+v: exit code %d, want %d and %q:\n%s", tt.sli, code, tt.code, words, all)
		}
	}
}

// typedSource is a source that knows its metrics' types and nothing else.
type typedSource struct {
	types map[string]string
	err   error
	asked map[string]int
}

func (s *typedSource) MetricType(_ context.Context, metric string) (string, error) {
	s.asked[metric]++
	return s.types[metric], s.err
}

func (*typedSource) Select(_ context.Context, _ slo.Request, f func([]slo.Series) error) error {
	return f(nil)
}

func (*typedSource) Eval(_ context.Context, _ string, _, _ int64, _ time.Duration, f func([]slo.Series) error) error {
	return f(nil)
}

func TestTheSourceTellsWhatIsACounter(t *testing.T) {
	unavailable := fmt.Errorf("no answer: %w", slo.ErrUnavailable)
	for _, tt := range []struct {
		name string
		sli
		types map[string]string
		err   error
		unit  slo.Unit
		words string // of why it is not counted
		line  int    // of the fault; 0: there is none, for it may pass
	}{
		{"counters", sli{"s", "", "bad", "wrong", "served"}, map[string]string{"wrong": "counter", "served": "counter"}, nil, slo.Events, "", 0},
		{"gauges", sli{"s", "", "good", "sane", "members"}, map[string]string{"sane": "gauge", "members": "gauge"}, nil, slo.Points, "", 0},
		{"a histogram", sli{"s", "", "good", `h_bucket{le="1"}`, "h_count"}, map[string]string{"h_bucket": "histogram", "h_count": "histogram"}, nil, slo.Events, "", 0},
		{"nobody knows", sli{"s", "", "bad", "wrong", "served"}, map[string]string{"wrong": "unknown", "served": "counter"}, nil, "", "cannot tell whether wrong is a counter", 13},
		{"a gauge said to be a counter", sli{"s", "true", "bad", "all_total", "members"}, map[string]string{"members": "gauge"}, nil, "", "counter: true, but the source says that members is a gauge", 15},
		{"a counter said to be none", sli{"s", "false", "bad", "all_total", "members"}, map[string]string{"all_total": "counter"}, nil, "", "write counter: true", 14},
		{"not to be asked", sli{"s", "", "bad", "wrong", "served"}, nil, unavailable, "", "no answer: source unavailable; write counter: true or counter: false", 0},
		{"not to be asked, and the names tell", sli{"s", "", "bad", "wrong_total", "served_total"}, nil, unavailable, slo.Events, "", 0},
		{"no metadata, and the names tell", sli{"s", "", "bad", "wrong_total", "served_total"}, nil, fmt.Errorf("404"), slo.Events, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: s-1"), "slo.yaml": tt.yaml(),
				"shopslo.yaml": "source: {prometheus: {url: 'http://127.0.0.1:9'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"})
			d, err := documents.Load(filepath.Join(dir, "shopslo.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			s := &typedSource{types: tt.types, err: tt.err, asked: map[string]int{}}
			now := time.Now()
			e, err := engine.New(host.Host{}, d, source.Sources{"": {Source: s, Types: source.NewTypes(s), Close: func() error { return nil }}}, "", time.Hour, nil, now, slog.New(slog.NewTextHandler(io.Discard, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if tt.words != "" {
				f := e.Ledger.Failing()
				if len(f) != 1 || len(f[0].Refused) == 0 || !strings.Contains(f[0].Reason, tt.words) || e.Ledger.Account(&d.SLOs.SLOs[0], "s-1", now).Failure != f[0].Reason {
					t.Errorf("failing %+v, want a reason that says %q", f, tt.words)
				}
				asked := source.Sources{"": {Types: source.NewTypes(s)}}.Ask(t.Context(), d)
				if place := fmt.Sprintf("slo.yaml:%d: SLO \"s\": ", tt.line); tt.line > 0 && (asked == nil || !strings.Contains(asked.Error(), place) || !strings.Contains(asked.Error(), tt.words)) || tt.line == 0 && asked != nil {
					t.Errorf("%v, want a fault in line %d", asked, tt.line)
				}
				return
			}
			if b := budgetOf(t, e.Report(now), "s", "s-1"); b.Unit != tt.unit {
				t.Errorf("unit %s, want %s", b.Unit, tt.unit)
			}
			for metric, n := range s.asked {
				if n > 1 {
					t.Errorf("asked for %s %d times", metric, n)
				}
			}
		})
	}
}
