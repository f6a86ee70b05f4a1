package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// twoDays are samples of two days, every minute, of which those below have a share of the
// traffic since the Release came.
func twoDays(share float64) func(*stage) []sourcetest.Series {
	return func(s *stage) (out []sourcetest.Series) {
		begin := s.at.AddDate(0, 0, -2)
		add := func(set, name, code string, value func(time.Time) float64) {
			m := map[string]string{slo.MetricName: name, "shopset": set, "job": "shops", "instance": set + ":80"}
			if code != "" {
				m["code"] = code
			}
			x := sourcetest.Series{Labels: sortedLabels(m)}
			for at := begin; !at.After(s.at.Add(time.Minute)); at = at.Add(time.Minute) {
				x.T, x.V = append(x.T, at.UnixMilli()), append(x.V, value(at))
			}
			out = append(out, x)
		}
		for _, set := range []string{"b-1", "p-1"} {
			add(set, "up", "", func(time.Time) float64 { return 1 })
			add(set, "process_start_time_seconds", "", func(time.Time) float64 { return float64(begin.Add(-time.Hour).Unix()) })
			add(set, "http_requests_total", "500", func(at time.Time) float64 { return float64(int(at.Sub(begin).Seconds() / 1000)) })
			add(set, "http_requests_total", "200", func(at time.Time) float64 {
				n := 10 * at.Sub(begin).Seconds()
				if set == "b-1" && at.After(s.since()) {
					n -= 10 * (1 - share) * at.Sub(s.since()).Seconds()
				}
				return n
			})
		}
		return out
	}
}

func TestExclusionsOfTheTimeBeforeHideNoLostTraffic(t *testing.T) {
	s := newStageOf(t, fleetOf("beta: b-1", "prod: p-1"), twoDays(0.05))
	writeInto(t, s, "scrape_interval: 15s", "scrape_interval: 1m")
	if code, said := s.said(t); code != exitNo || !strings.Contains(said, "Traffic is 5.0% of the expected") {
		t.Fatalf("exit code %d: %s", code, said)
	}
	writeFiles(t, s.dir, map[string]string{"calendar/x.yaml": fmt.Sprintf("apiVersion: shopslo.dev/v1alpha1\nkind: Exclusion\nmetadata: {name: load-test}\n"+
		"spec: {reason: so, cause: load_test, by: mai, affects: {shopSets: [b-1]}, from: %s, until: %s}\n",
		s.at.Add(-26*time.Hour).Format(time.RFC3339), s.at.Add(-22*time.Hour).Format(time.RFC3339))})
	if code, said := s.said(t); code != exitInconclusive || !strings.Contains(said, "Exclusions leave out the same hours before the Release") || !strings.Contains(said, "Excluded: load-test.") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// A proxy that keeps answers gives one to another question.
func TestAServersAnswerIsToTheQuestion(t *testing.T) {
	s := newStage(t, 0)
	_, kept, _ := s.gate(t, "-o", "json")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, kept) }))
	t.Cleanup(server.Close)
	at := []string{"--at", s.at.Format(time.RFC3339)}
	for want, args := range map[string][]string{
		"PROMOTE":                     append(at, "--to", "prod", "--release", goodRelease[:8]),
		"is about Release":            append(at, "--to", "prod", "--release", lastRelease),
		`is about "prod", not "beta"`: append(at, "--to", "beta"),
		"asked was for":               {"--to", "prod", "--at", s.at.Add(-time.Hour).Format(time.RFC3339)},
	} {
		code, stdout, stderr := runWith(t, nil, append([]string{"gate", "--server", server.URL}, args...)...)
		if said := stdout + stderr; (code == exitOK) != (want == "PROMOTE") || !strings.Contains(said, want) {
			t.Errorf("%v: exit code %d, no %q in: %s", args, code, want, said)
		}
	}
	kept = strings.ReplaceAll(kept, s.at.Format(time.RFC3339), s.at.Add(-time.Hour).Format(time.RFC3339))
	if code, stdout, stderr := runWith(t, nil, "gate", "--server", server.URL, "--to", "prod"); code == exitOK || !strings.Contains(stderr, "asked was for") {
		t.Errorf("one of an hour ago: %s%s", stdout, stderr)
	}
}
