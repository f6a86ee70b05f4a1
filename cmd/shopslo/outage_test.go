package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
	"github.com/shopslo/shopslo/status"
)

// anEnd is a ShopSet that fails 18 of 100 requests and has ended, in some way, half an hour
// before the end.
var anEnd = map[string]func(of string, start, ended, end time.Time) []sourcetest.Series{
	"its pods are gone": func(of string, start, ended, _ time.Time) []sourcetest.Series {
		return []sourcetest.Series{fixed("up"+of, 1, start, ended)}
	},
	"its pods do not answer": func(of string, start, ended, end time.Time) []sourcetest.Series {
		up := fixed("up"+of, 1, start, end)
		for i, at := range up.T {
			if at > ended.UnixMilli() {
				up.V[i] = 0
			}
		}
		return []sourcetest.Series{up}
	},
	"another job of it lives": func(of string, start, ended, end time.Time) []sourcetest.Series {
		return []sourcetest.Series{fixed("up"+of, 1, start, ended), fixed("up job=lb instance=1 shopset=b-1", 1, start, end)}
	},
	"no up tells of it": func(string, time.Time, time.Time, time.Time) []sourcetest.Series { return nil },
}

func TestAnOutageKeepsTheWindowsFigures(t *testing.T) {
	for name, signs := range anEnd {
		t.Run(name, func(t *testing.T) {
			end := time.Now().Truncate(time.Minute).Add(-5 * time.Minute)
			start, ended := end.Add(-3*time.Hour), end.Add(-30*time.Minute)
			const of = " job=shop instance=1 shopset=b-1"
			outlive := fixed("up job=node instance=1", 1, start, end)
			data := append(signs(of, start, ended, end), outlive, fixed("process_start_time_seconds"+of, float64(start.Unix()), start, ended),
				growing("http_requests_total code=200"+of, 82, start, ended), growing("http_requests_total code=500"+of, 18, start, ended))
			r := outageStatus(t, data, end)
			b := budgetOf(t, r, "cart", "b-1")
			if b.State != slo.Exhausted || b.Total == nil || *b.Total != 3000 || *b.Bad != 540 || b.Misleads() {
				t.Errorf("%s; notes %q", figures(b), b.Notes)
			}
			if !b.LastSample.Equal(ended) && name != "another job of it lives" && name != "its pods do not answer" {
				t.Errorf("the last sample is of %v, want %v", b.LastSample, ended)
			}
			if b := budgetOf(t, r, "typo", "b-1"); b.State != slo.NoData || b.Total != nil {
				t.Errorf("what could not be told from the start: %s; notes %q", figures(b), b.Notes)
			}
		})
	}
}

func TestARestartKeepsTheWindowsFigures(t *testing.T) {
	end := time.Now().Truncate(time.Minute).Add(-5 * time.Minute)
	start, again := end.Add(-3*time.Hour), end.Add(-30*time.Minute)
	const was, is = " job=shop instance=1 shopset=b-1", " job=shop instance=2 shopset=b-1"
	seldom := func(perMinute float64) []sourcetest.Series {
		return []sourcetest.Series{fixed("up"+was, 1, start, again), fixed("up"+is, 1, again, end),
			fixed("process_start_time_seconds"+was, float64(start.Unix()), start, again), fixed("process_start_time_seconds"+is, float64(again.Unix()), again, end),
			growing("http_requests_total code=200"+was, perMinute, start, again), growing("http_requests_total code=500"+was, perMinute, start, again)}
	}
	b := budgetOf(t, outageStatus(t, seldom(1), end), "cart", "b-1")
	if b.State != slo.Exhausted || b.Total == nil || *b.Total != 60 || *b.Bad != 30 || len(b.Notes) == 0 {
		t.Errorf("nothing has been asked of the new pod: %s; notes %q", figures(b), b.Notes)
	}
	if b := budgetOf(t, outageStatus(t, seldom(50), end), "cart", "b-1"); b.State != slo.NoData || !b.Misleads() {
		t.Errorf("3000 requests have stayed away: %s; notes %q", figures(b), b.Notes)
	}
}

// outageStatus is the status of a ShopSet, of an SLO that can be told and one that cannot.
func outageStatus(t *testing.T, data []sourcetest.Series, end time.Time) status.Report {
	t.Helper()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "tsdb"), data)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": explainHere, "fleet.yaml": fleetOf("beta: b-1"),
		"slo.yaml": cartSLO("1h") + ratioSLO("typo", "1h", 0.9, "bad", `http_requests_total{status=~"5.."}`, allRequests)})
	code, stdout, stderr := runWith(t, nil, "status", "--config", filepath.Join(dir, "shopslo.yaml"), "--at", end.Add(2*time.Second).UTC().Format(time.RFC3339), "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	return decodeStatus(t, stdout)
}
