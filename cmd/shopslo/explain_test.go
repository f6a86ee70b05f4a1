package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/engine/explain"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// aLife has 100 requests a minute for three hours. The process restarts after two and a half,
// with a start time that says so; ten scrapes were missed; the first error came late.
func aLife(end time.Time) []sourcetest.Series {
	start, again := end.Add(-3*time.Hour), end.Add(-30*time.Minute)
	const of = " job=shop instance=1 shopset=b-1"
	ok := growing("http_requests_total code=200"+of, 100, start, again)
	second := growing("http_requests_total code=200"+of, 100, again, end)
	ok.T, ok.V = append(ok.T, second.T...), append(ok.V, second.V...)
	gap := len(ok.T) - 20
	ok.T, ok.V = append(ok.T[:gap:gap], ok.T[gap+10:]...), append(ok.V[:gap:gap], ok.V[gap+10:]...)
	bad := growing("http_requests_total code=500"+of, 5, end.Add(-10*time.Minute), end)
	started := fixed("process_start_time_seconds"+of, float64(start.Unix()), start, end)
	for i, t := range started.T {
		if t > again.UnixMilli() {
			started.V[i] = float64(again.Unix()) + 1
		}
	}
	return []sourcetest.Series{fixed("up"+of, 1, start, end), started, ok, bad}
}

// longClosed is the last minute that is closed already, so that the answer does not depend
// on the second in which a test runs: an edge closes 65 s late.
func longClosed() time.Time { return time.Now().Add(-67 * time.Second).Truncate(time.Minute) }

const explainHere = "source: {embedded: {dir: tsdb, scrape_interval: 1m, scrape_configs: [{job_name: none}]}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"

func TestExplainTellsStepByStep(t *testing.T) {
	end := longClosed()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "tsdb"), aLife(end))
	slos := ratioSLO("cart", "1h", 0.9, "bad", badRequests, allRequests) + ratioSLO("typo", "1h", 0.9, "bad", `http_requests_total{status="500"}`, allRequests) +
		strings.Replace(ratioSLO("grid", "1h", 0.9, "bad", `sum by (shopset) (max_over_time(http_requests_total{code=~"5.."}[2m]))`, `sum by (shopset) (max_over_time(http_requests_total[2m]))`), "counter: true", "counter: false", 1)
	writeFiles(t, dir, map[string]string{"shopslo.yaml": explainHere, "slo.yaml": slos, "fleet.yaml": fleetOf("beta: b-1", "prod: p-1"),
		"wrong.yaml": strings.Replace(explainHere, "scrape_interval: 1m", "scrape_interval: 15s", 1)})
	config := filepath.Join(dir, "shopslo.yaml")
	at := end.Add(2 * time.Second).UTC().Format(time.RFC3339)
	ask := func(name, config string) (explain.Explanation, string) {
		t.Helper()
		code, text, stderr := runWith(t, nil, "explain", name, "b-1", "--config", config, "--at", at)
		if code != exitOK || stderr != "" {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		code, stdout, stderr := runWith(t, nil, "explain", name, "b-1", "--config", config, "--at", at, "-o", "json")
		if code != exitOK || stderr != "" {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		valid(t, "explain", stdout)
		var x explain.Explanation
		if err := json.Unmarshal([]byte(stdout), &x); err != nil {
			t.Fatal(err)
		}
		return x, text
	}
	x, text := ask("cart", config)
	for _, want := range []string{
		`asks for http_requests_total{code=~"5..",shopset="b-1"}`, "code: 200, 500",
		"→ 100: the process restarted, by its start time; counts 100", "- → 5: first sample, counted from zero; counts 5",
		"a gap; what happened in it counts here; counts 1100", "bad: the series count 50", "the ledger has the same",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if s := x.Parts[0].Sum; s == nil || s.Agrees == nil || !*s.Agrees || s.Total != *x.Total || *x.Bad != 50 || len(x.Parts[0].Series) != 2 {
		t.Errorf("%+v, bad %v, total %v", s, *x.Bad, *x.Total)
	}
	if x.Interval.Finding != "" || x.Interval.Scraped == nil || *x.Interval.Scraped != 60 {
		t.Errorf("%+v", x.Interval)
	}
	if _, text := ask("typo", config); !strings.Contains(text, `no label status; nearest: code`) {
		t.Error(text)
	}
	if x, text := ask("cart", filepath.Join(dir, "wrong.yaml")); !strings.Contains(x.Interval.Finding, "is 15s, but samples come every 1m0s") || !strings.Contains(text, "set it to 1m") {
		t.Errorf("%+v\n%s", x.Interval, text)
	}
	if x, text := ask("grid", config); x.Parts[0].Counted != "grid" || len(x.Parts[0].Series) != 2 || !strings.Contains(text, "evaluated at fixed steps") {
		t.Errorf("%s", text)
	}
}

// aTroubledLife gives an old answer once, has its clock corrected, loses a metric's values
// while it runs, and gets a label more.
func aTroubledLife(end time.Time) []sourcetest.Series {
	start, corrected, relabelled := end.Add(-3*time.Hour), end.Add(-40*time.Minute), end.Add(-20*time.Minute)
	const of = " job=shop instance=1 shopset=b-1"
	ok := growing("http_requests_total code=200"+of, 100, start, end)
	n := len(ok.T)
	ok.V[n-50] = ok.V[n-52] // and then goes on
	bad := growing("http_requests_total code=500"+of, 5, start, relabelled)
	more := growing("http_requests_total code=500 zone=a"+of, 5, relabelled, end)
	for k := range more.V {
		more.V[k] += bad.V[len(bad.V)-1]
	}
	lost := growing("http_requests_total code=404"+of, 10, start, end)
	for k := n - 30; k < n; k++ {
		lost.V[k] = float64(k-(n-30)) * 10
	}
	started := fixed("process_start_time_seconds"+of, float64(start.Unix()), start, end)
	for i, t := range started.T {
		if t > corrected.UnixMilli() {
			started.V[i] += 3
		}
	}
	return []sourcetest.Series{fixed("up"+of, 1, start, end), started, ok, bad, more, lost}
}

func TestExplainTellsWhatTheLedgerDid(t *testing.T) {
	end := longClosed()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "tsdb"), aTroubledLife(end))
	writeFiles(t, dir, map[string]string{"shopslo.yaml": explainHere, "slo.yaml": ratioSLO("cart", "1h", 0.9, "bad", badRequests, allRequests), "fleet.yaml": fleetOf("beta: b-1")})
	args := []string{"explain", "cart", "b-1", "--config", filepath.Join(dir, "shopslo.yaml"), "--at", end.Add(2 * time.Second).UTC().Format(time.RFC3339)}
	code, text, stderr := runWith(t, nil, args...)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{
		"drops, perhaps by an old answer: held until that is known; counts 0",
		"the drop was made up for: it was an old answer; counts 200",
		"drops: a reset; counts 0 [reset_without_restart]",
		"to be decided when it is known whether another series has ended; counts 0",
		`800 → 805: goes on from http_requests_total{code="500", instance="1", job="shop", shopset="b-1"}; counts 5`,
		"the start time moved, but nothing that is counted restarted [clock_step]",
		"the ledger has the same",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	_, stdout, _ := runWith(t, nil, append(args, "-o", "json")...)
	valid(t, "explain", stdout)
	var x explain.Explanation
	if err := json.Unmarshal([]byte(stdout), &x); err != nil {
		t.Fatal(err)
	}
	part := x.Parts[0]
	if len(part.Processes) != 1 || part.Sum.Total != part.Sum.LedgerTotal || part.Sum.Good != part.Sum.LedgerGood || part.Sum.Sides["bad"] != *x.Bad || *x.Bad < 290 {
		t.Errorf("%+v, %+v, bad %v", part.Processes, part.Sum, *x.Bad)
	}
	flags := map[slo.FlagKind]int{}
	for _, s := range part.Series {
		for _, e := range s.Events {
			for _, f := range e.Flags {
				flags[f]++
			}
		}
	}
	for _, f := range x.Flags {
		if f.Flag != slo.ClockStep && flags[f.Flag] != f.Count {
			t.Errorf("%s was raised %d times, the steps have %d", f.Flag, f.Count, flags[f.Flag])
		}
	}
}

func TestExplainRefusesWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"shopslo.yaml": explainHere, "slo.yaml": cartSLO("1h"), "fleet.yaml": fleetOf("beta: b-1")})
	config := filepath.Join(dir, "shopslo.yaml")
	for _, c := range []struct{ args, says string }{
		{"cart", "explain takes"},
		{"crt b-1", `did you mean "cart"?`},
		{"cart b-2", `did you mean "b-1"?`},
	} {
		code, _, stderr := runWith(t, nil, append([]string{"explain", "--config", config}, strings.Fields(c.args)...)...)
		if code != exitUsage || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: exit code %d: %s", c.args, code, stderr)
		}
	}
	_, stdout, _ := runWith(t, nil, "__complete", "explain", "--config", config, "cart", "b")
	if !strings.HasPrefix(stdout, "b-1\n") {
		t.Errorf("completes %q", stdout)
	}
}
