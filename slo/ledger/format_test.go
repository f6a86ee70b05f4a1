package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// testdata/format1 is a ledger of the first format, written by the code of before the
// second: it counted formatSource up to formatEdge, with a checkpoint at S+60min and the
// log of five ticks after it. figures.txt is what that code said of it, and after having
// counted on up to formatEnd.
const (
	formatStart = firstMonday
	formatEdge  = formatStart + 120*60_000
	formatEnd   = formatStart + 180*60_000
)

var formatSubjects = []ledgertest.Subject{
	{ID: "a-1", Labels: slo.Labels{{Name: "shopset", Value: "a-1"}}},
	{ID: "b-2", Labels: slo.Labels{{Name: "shopset", Value: "b-2"}}},
}

// formatSource has two pods of a-1, of which one restarts in the 70th minute and writes
// its first error in the 30th, and one of b-2: scraped every 30 seconds.
func formatSource() *ledgertest.Source {
	var all []ledgertest.Series
	ratio := map[string]ledgertest.Series{}
	for _, pod := range []struct {
		shopset, name string
		restart, up   int64 // minute, of the process and of the pod itself
	}{{"a-1", "p1", 1000, -1}, {"a-1", "p2", 70, -1}, {"b-2", "p1", 1000, 45}} {
		series := func(name string, value func(sinceStart int64) float64, from int64, more ...string) {
			s := ledgertest.Series{Labels: slo.Labels{{Name: slo.MetricName, Value: name}}}
			for i := 0; i < len(more); i += 2 {
				s.Labels = append(s.Labels, slo.Label{Name: more[i], Value: more[i+1]})
			}
			s.Labels = append(s.Labels, slo.Label{Name: "shopset", Value: pod.shopset})
			for k := int64(-1); k < 2*180; k++ {
				minute, since := k/2, k+10_000
				if minute < max(from, pod.up) {
					continue
				}
				if minute >= pod.restart {
					since = k - 2*pod.restart
				}
				s.Samples = append(s.Samples, ledgertest.Sample{T: formatStart + 5_000 + 30_000*k, V: value(since)})
			}
			all = append(all, s)
		}
		named := func(more ...string) []string {
			return append(more, "instance", pod.name, "job", "cart")
		}
		times := func(n float64) func(int64) float64 { return func(k int64) float64 { return n * float64(k) } }
		series("up", func(int64) float64 { return 1 }, -1, named()...)
		series(ledgertest.StartTimeMetric, func(since int64) float64 {
			if since >= 10_000-10 {
				return float64(formatStart/1000 - 300_000)
			}
			return float64(formatStart/1000 + 60*pod.restart)
		}, -1, named()...)
		series("http_requests_total", times(7), -1, named("code", "200")...)
		series("http_requests_total", func(since int64) float64 {
			if since >= 10_000-10 {
				return float64(since - 10_000 - 60 + 1)
			}
			return float64(since / 4)
		}, 30, named("code", "500")...)
		series("latency_seconds_count", times(8), -1, named()...)
		for le, n := range map[string]float64{"0.5": 5, "1": 6, "+Inf": 8} {
			series("latency_seconds_bucket", times(n), -1, "instance", pod.name, "job", "cart", "le", le)
		}
		r := ledgertest.Series{Labels: slo.Labels{{Name: "shopset", Value: pod.shopset}}}
		for k := range int64(180) {
			r.Samples = append(r.Samples, ledgertest.Sample{T: formatStart + 60_000*k, V: float64(k%10) / 16})
		}
		ratio[pod.shopset] = r
	}
	src := ledgertest.NewSource(ledgertest.Plain(all))
	src.SetExpr("ratio", []ledgertest.Series{ratio["a-1"], ratio["b-2"]})
	sum := func(n float64) []ledgertest.Series {
		s := ledgertest.Series{Labels: slo.Labels{{Name: "shopset", Value: "a-1"}}}
		for k := range int64(180) {
			s.Samples = append(s.Samples, ledgertest.Sample{T: formatStart + 60_000*k, V: n * float64(k%100)})
		}
		return []ledgertest.Series{s}
	}
	src.SetExpr("good of a sum", sum(3))
	src.SetExpr("a sum", sum(4))
	return src
}

func formatPlan() (ledger.Plan, []*slo.SLO) {
	name := func(v string) slo.Matcher { return slo.Matcher{Name: slo.MetricName, Type: slo.Equal, Value: v} }
	label := func(n, v string) slo.Matcher { return slo.Matcher{Name: n, Type: slo.Equal, Value: v} }
	query := func(text string) *slo.Query { return &slo.Query{Text: text} }
	of := func(name string, ind slo.Indicator) *slo.SLO {
		ind.Name = name
		return &slo.SLO{Name: name, Objective: 990_000_000, Window: slo.Rolling(time.Hour),
			Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: ind}}}
	}
	errors := slo.Indicator{Counter: slo.Yes, Bad: query("errors"), Total: query("requests")}
	slices := of("availability-in-slices", errors)
	slices.Method, slices.Slice, slices.SliceTarget = slo.Timeslices, 5*time.Minute, 0.9
	slos := []*slo.SLO{
		of("availability", errors), slices,
		of("latency", slo.Indicator{Counter: slo.Yes, Good: query("fast"), Total: query("all")}),
		of("latency-in-buckets", slo.Indicator{Counter: slo.Yes, Good: query("below one"), Total: query("in buckets")}),
		of("ratio", slo.Indicator{Kind: slo.RawRatio, Value: query("ratio")}),
		of("sum", slo.Indicator{Counter: slo.Yes, Good: query("good of a sum"), Total: query("a sum")}),
	}
	p := planOf(formatSource(), formatSubjects, slos...)
	p.Reads[""] = ledger.Selecting(func(text string) ([]slo.Selector, bool) {
		sel, ok := map[string]slo.Selector{
			"errors":    {name("http_requests_total"), label("code", "500")},
			"requests":  {name("http_requests_total")},
			"fast":      {name("latency_seconds_bucket"), label("le", "0.5")},
			"all":       {name("latency_seconds_count")},
			"below one": {name("latency_seconds_bucket"), label("le", "1")}, "in buckets": {name("latency_seconds_bucket"), label("le", "+Inf")},
		}[text]
		return []slo.Selector{sel}, ok
	})
	return p, slos
}

func formatConfig(dir string) ledger.Config {
	cfg := testConfig(dir, formatStart, timeOf(formatEnd), 30*time.Second, time.Minute)
	cfg.Fine = 65 * time.Minute
	return cfg
}

// formatFigures writes all figures between edges ten minutes apart up to an edge. The
// whole hour before the last 65 minutes has no other edges.
func formatFigures(l *ledger.Ledger, slos []*slo.SLO, from, to int64) string {
	var b strings.Builder
	for _, s := range slos {
		for _, sub := range formatSubjects {
			for at := from; at < to; at += 600_000 {
				c := l.Account(s, sub.ID, timeOf(to)).Counts(0, timeOf(at), timeOf(at+600_000))
				if c.Start.Equal(c.End) {
					continue
				}
				fmt.Fprintf(&b, "%s %s S+%d to S+%d min: good %v total %v covered %v\n", s.Name, sub.ID,
					(c.Start.UnixMilli()-formatStart)/60_000, (c.End.UnixMilli()-formatStart)/60_000, c.Good, c.Total, c.Covered)
			}
		}
	}
	return b.String()
}

// copyFormat1 copies the files of the first format.
func copyFormat1(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/format1")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestALedgerOfTheFirstFormatGoesOnInTheNewest(t *testing.T) {
	golden, err := os.ReadFile("testdata/format1.txt")
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(golden), "\n\n")
	dir := copyFormat1(t)
	cfg := formatConfig(dir)
	p, slos := formatPlan()
	check := func(l *ledger.Ledger, end int64, want string) {
		t.Helper()
		if got := strings.TrimSpace(formatFigures(l, slos, formatStart, end)); got != strings.TrimSpace(want) {
			t.Errorf("figures:\n%s\nwant:\n%s", got, want)
		}
	}
	files := func(format string, want ...string) {
		t.Helper()
		for _, name := range want {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || !strings.HasPrefix(string(b), format) {
				t.Errorf("%s begins with %.8q, want %s (%v)", name, b, format, err)
			}
		}
	}
	l := open(t, cfg, p, formatEnd)
	check(l, formatEdge, before) // from the files: the source has not been asked
	files("shopslo2", "checkpoint-00000004", "log-00000004")
	files("shopslo1", "checkpoint-00000003", "log-00000003")
	closeLedger(t, l)

	l = open(t, cfg, p, formatEnd)
	check(l, formatEdge, before)
	for _, minute := range []int64{121, 150, 180} {
		advance(t, l, formatStart+minute*60_000)
	}
	check(l, formatEnd, after)
	closeLedger(t, l)
	l = open(t, cfg, p, formatEnd)
	check(l, formatEnd, after)
	closeLedger(t, l)
}

func TestALedgerOfAnUnknownFormatIsRefusedAndLeftAlone(t *testing.T) {
	for _, name := range []string{"checkpoint-00000003", "log-00000003", "log-00000002"} {
		t.Run(name, func(t *testing.T) {
			dir := copyFormat1(t)
			if err := os.WriteFile(filepath.Join(dir, "checkpoint-00000004.tmp"), []byte("shopslo3"), 0o600); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b[7] = '3'
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			before := folder(t, dir)
			_, err = ledger.Open(formatConfig(dir))
			for _, says := range []string{path, "format 3", "newer shopslo", "upgrade", "move"} {
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Fatalf("got %v, want an error that says %q", err, says)
				}
			}
			if after := folder(t, dir); after != before {
				t.Errorf("the directory was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

// folder writes what a directory holds.
func folder(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range list {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %x\n", f.Name(), content)
	}
	return b.String()
}
