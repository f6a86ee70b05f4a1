package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// growing makes a counter "name a=1 b=2" of one process that grows by so much a minute, from
// one time (exclusive) to another.
func growing(line string, perMinute float64, from, to time.Time) sourcetest.Series {
	words := strings.Fields(line)
	labels := slo.Labels{{Name: slo.MetricName, Value: words[0]}}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		labels = append(labels, slo.Label{Name: name, Value: value})
	}
	slices.SortFunc(labels, func(a, b slo.Label) int { return strings.Compare(a.Name, b.Name) })
	s := sourcetest.Series{Labels: labels}
	for t, n := from.Add(time.Minute), perMinute; !t.After(to); t, n = t.Add(time.Minute), n+perMinute {
		s.T, s.V = append(s.T, t.UnixMilli()), append(s.V, n)
	}
	return s
}

// fixed makes a gauge.
func fixed(line string, value float64, from, to time.Time) sourcetest.Series {
	s := growing(line, 0, from, to)
	for i := range s.V {
		s.V[i] = value
	}
	return s
}

// aShop has 100 requests a minute of which 18 fail, in several metrics. The one that
// "renamed" asks for went half an hour before the end.
func aShop(end time.Time) []sourcetest.Series {
	start := end.Add(-3 * time.Hour)
	const of = " job=shop instance=1 shopset=b-1"
	data := []sourcetest.Series{
		fixed("up"+of, 1, start, end), fixed("process_start_time_seconds"+of, float64(start.Unix()), start, end),
		growing("http_requests_total code=200"+of, 82, start, end), growing("http_requests_total code=500"+of, 18, start, end),
		growing("old_requests_total code=200"+of, 82, start, end.Add(-30*time.Minute)), growing("new_requests_total code=200"+of, 82, end.Add(-30*time.Minute), end),
		growing("bare_requests_total code=200 job=bare instance=1", 82, start, end),
		growing("http_duration_seconds_count"+of, 100, start, end),
	}
	for le, n := range map[string]float64{"0.25": 70, "0.5": 90, "1.0": 95, "+Inf": 100} {
		data = append(data, growing("http_duration_seconds_bucket le="+le+of, n, start, end))
	}
	return data
}

// aSeeker is an SLO of a shop, and what must come of it.
type aSeeker struct {
	name, kind, query, total string
	zero                     bool // shopslo.dev/absent-is-zero
	state                    slo.State
	bad                      float64 // where there are figures
	note                     string  // a part of one
	rule                     string  // of the finding, "" for none
}

var seekers = []aSeeker{
	{name: "right", kind: "bad", query: `http_requests_total{code=~"5.."}`, total: `http_requests_total`, state: slo.Exhausted, bad: 18 * 60},
	{name: "wrong-label", kind: "bad", query: `http_requests_total{status=~"5.."}`, total: `http_requests_total`, state: slo.NoData, note: "code", rule: "absent-label"},
	{name: "wrong-negative", kind: "good", query: `http_requests_total{status!~"5.."}`, total: `http_requests_total`, state: slo.NoData, note: "code", rule: "absent-label"},
	{name: "wrong-bound", kind: "good", query: `http_duration_seconds_bucket{le="0.3"}`, total: `http_duration_seconds_count`, state: slo.NoData, note: "0.25, 0.5", rule: "absent-bound"},
	{name: "other-spelling", kind: "good", query: `http_duration_seconds_bucket{le="1"}`, total: `http_duration_seconds_count`, state: slo.OK, bad: 5 * 60},
	{name: "wrong-metric", kind: "bad", query: `http_errors_total`, total: `http_requests_total`, state: slo.NoData, note: `shopslo.dev/absent-is-zero: "true"`, rule: "absent-metric"},
	{name: "lazy-metric", kind: "bad", query: `http_errors_total`, total: `http_requests_total`, zero: true, state: slo.OK, note: `shopslo.dev/absent-is-zero: "true"`},
	{name: "renamed", kind: "bad", query: `old_requests_total{code=~"5.."}`, total: `old_requests_total`, state: slo.NoData, note: "new_requests_total", rule: "absent-metric"},
	{name: "unlabelled", kind: "bad", query: `bare_requests_total{code=~"5.."}`, total: `bare_requests_total`, state: slo.NoData, note: "labels", rule: "unlabelled"},
	{name: "none-yet", kind: "bad", query: `http_requests_total{code="503"}`, total: `http_requests_total`, state: slo.OK, note: "counted as 0"},
	{name: "canary", kind: "bad", query: `http_requests_total{code=~"5..",canary!="true"}`, total: `http_requests_total{canary!="true"}`, state: slo.Exhausted, bad: 18 * 60, note: "canary", rule: "lone-matcher"},
}

func (s aSeeker) document() string {
	text := ratioSLO(s.name, "1h", 0.9, s.kind, s.query, s.total)
	if s.zero {
		text = strings.Replace(text, `annotations: {`, `annotations: {shopslo.dev/absent-is-zero: "true", `, 1)
	}
	return text
}

// trySeekers asks about each SLO of a shop, from a source that is given as in shopslo.yaml.
func trySeekers(t *testing.T, dir, source string, end time.Time) {
	var all strings.Builder
	for _, s := range seekers {
		all.WriteString(s.document())
		writeFiles(t, dir, map[string]string{s.name + ".yaml": s.document(), "gate-" + s.name + ".yaml": source + "\nfleet: [fleet.yaml]\nslos: [" + s.name + ".yaml]\ngate: {max_age: 10m, min_coverage: 0.1}\n"})
	}
	writeFiles(t, dir, map[string]string{"shopslo.yaml": source + "\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n", "slo.yaml": all.String(), "fleet.yaml": fleetOf("beta: b-1", "prod: p-1")})
	at := end.Add(2 * time.Second).UTC().Format(time.RFC3339)
	config := filepath.Join(dir, "shopslo.yaml")
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", at, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	valid(t, "status", stdout)
	report := decodeStatus(t, stdout)
	code, findings, stderr := runWith(t, nil, "validate", "--source", "--config", config, "-o", "json")
	if code != exitNo || stderr != "" {
		t.Errorf("validate: exit code %d: %s%s", code, findings, stderr)
	}
	valid(t, "validate", findings)
	code, text, _ := runWith(t, nil, "validate", "--source", "--config", config)
	if code != exitNo {
		t.Errorf("validate: exit code %d: %s", code, text)
	}
	for _, s := range seekers {
		t.Run(s.name, func(t *testing.T) {
			b := budgetOf(t, report, s.name, "b-1")
			if b.State != s.state || s.state != slo.NoData && (b.Bad == nil || *b.Bad != s.bad || *b.Total != 6000) || s.state == slo.NoData && b.Total != nil {
				t.Errorf("%s, want %s and %v bad; notes %q", figures(b), s.state, s.bad, b.Notes)
			}
			if s.note != "" && !strings.Contains(strings.Join(b.Notes, "\n"), s.note) || s.note == "" && len(b.Notes) > 0 {
				t.Errorf("notes %q, want one with %q", b.Notes, s.note)
			}
			line := lineOf(text, fmt.Sprintf("finding: slo %q: ", s.name), "(b-1)") + lineOf(text, fmt.Sprintf("finding: slo %q: ", s.name), "(all 2 ")
			if (s.rule != "") != (line != "") || s.rule != "" && (!strings.Contains(findings, `"rule": "`+s.rule+`"`)) {
				t.Errorf("found %q, want rule %q:\n%s", line, s.rule, findings)
			}
			code, stdout, stderr := runWith(t, nil, "gate", "--config", filepath.Join(dir, "gate-"+s.name+".yaml"), "--at", at, "--to", "prod", "-o", "json")
			if s.state != slo.OK && code == exitOK || stderr != "" {
				t.Errorf("the gate: exit code %d: %s%s", code, stdout, stderr)
			}
			if s.state == slo.NoData && (code != exitInconclusive || !strings.Contains(stdout, `"result": "unknown"`)) {
				t.Errorf("the gate: exit code %d, want %d: %s", code, exitInconclusive, stdout)
			}
		})
	}
}

// lineOf is the first line with both parts.
func lineOf(text, part, other string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) && strings.Contains(line, other) {
			return line
		}
	}
	return ""
}

func TestNothingFoundIsNotNothingBad(t *testing.T) {
	end := longClosed()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "tsdb"), aShop(end))
	trySeekers(t, dir, "source: {embedded: {dir: tsdb, scrape_interval: 1m, scrape_configs: [{job_name: none}]}}", end)
}

func TestASourceThatCannotBeReachedIsNoFinding(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"shopslo.yaml": "source: {prometheus: {url: 'http://127.0.0.1:1'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n",
		"slo.yaml": cartSLO("1h"), "fleet.yaml": fleetOf("beta: b-1")})
	config := filepath.Join(dir, "shopslo.yaml")
	if code, _, stderr := runWith(t, nil, "validate", "--config", config); code != exitOK || stderr != "" {
		t.Errorf("without --source: exit code %d: %s", code, stderr)
	}
	code, stdout, stderr := runWith(t, nil, "validate", "--source", "--config", config)
	if code != exitUnavailable || stdout != "" || strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestAServerLooksForWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	oneHangsUp.Lock()
	defer oneHangsUp.Unlock()
	x := newExporter(t)
	x.add(82, 18)
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"shopslo.yaml": scrapeConfig(map[string]*exporter{"b-1": x, "p-1": newExporter(t)}), "fleet.yaml": fleetOf("beta: b-1", "prod: p-1"),
		"slos/cart.yaml": cartSLO("1h"), "slos/typo.yaml": ratioSLO("typo", "1h", 0.9, "bad", `http_requests_total{status=~"5.."}`, allRequests)})
	s := startServe(t, filepath.Join(dir, "shopslo.yaml"))
	s.waitReady(t)
	eventually(t, func() string {
		b := budgetOf(t, s.status(t, time.Time{}), "typo", "b-1")
		if len(b.Absent) != 1 || b.Absent[0].Kind != slo.NoLabel || b.Absent[0].Nearest[0] != "code" || b.State != slo.NoData {
			return fmt.Sprintf("%s, absent %v, failure %q", figures(b), b.Absent, b.Failure)
		}
		return ""
	})
	if b := budgetOf(t, s.status(t, time.Time{}), "cart", "b-1"); b.Misleads() || b.Failure != "" {
		t.Errorf("absent %v, failure %q", b.Absent, b.Failure)
	}
	code, stdout, _ := runWith(t, nil, "gate", "--server", s.url, "--to", "prod", "-o", "json")
	if code == exitOK || strings.Contains(stdout, `"decision": "promote"`) {
		t.Errorf("the gate: exit code %d: %s", code, stdout)
	}
	// The document is corrected: the budget has figures again.
	writeFiles(t, dir, map[string]string{"slos/typo.yaml": ratioSLO("typo", "1h", 0.9, "bad", badRequests, allRequests)})
	s.hangUp(t, "configuration and documents are reloaded")
	eventually(t, func() string {
		if b := budgetOf(t, s.status(t, time.Time{}), "typo", "b-1"); b.Misleads() || b.Failure != "" || b.Total == nil {
			return fmt.Sprintf("%s, absent %v, failure %q", figures(b), b.Absent, b.Failure)
		}
		return ""
	})
}

func TestAWrongPasswordIsToldOnce(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "who are you?", http.StatusUnauthorized)
	}))
	t.Cleanup(refusing.Close)
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": "source: {prometheus: {url: '" + refusing.URL + "', basic_auth: {username: me, password: {file: pw}}}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n",
		"fleet.yaml":   fleetOf("beta: b-1", "prod: p-1 p-2"), "pw": "hunter2",
		"slo.yaml": cartSLO("10m") + ratioSLO("other", "10m", 0.9, "bad", `other_total{code="5"}`, "other_total") + ratioSLO("third", "10m", 0.9, "bad", `third_total{code="5"}`, "third_total"),
	})
	for _, command := range [][]string{{"validate", "--source"}, {"status"}, {"gate", "--to", "prod"}} {
		code, stdout, stderr := runWith(t, nil, append(command, "--config", filepath.Join(dir, "shopslo.yaml"))...)
		if n := strings.Count(stdout+stderr, "401"); code != exitUsage || n != 1 || strings.Contains(stderr, "hunter2") {
			t.Errorf("%v: exit code %d, told %d times:\n%s%s", command, code, n, stdout, stderr)
		}
	}
}
