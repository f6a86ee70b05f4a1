package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// unseen takes the exporter away: nobody sees what runs. Soak, since_release and traffic are
// asked for all the same.
func (s *stage) unseen(t *testing.T) *stage {
	t.Helper()
	data, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(data)) {
		switch {
		case strings.HasPrefix(line, "  fleet:"):
		case strings.HasPrefix(line, "    prod:"):
			kept = append(kept, "    prod: {checks: {soak: required, since_release: required}}\n")
		default:
			kept = append(kept, line)
		}
	}
	if err := os.WriteFile(s.config, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) ago(d time.Duration) string { return s.at.Add(-d).Format(time.RFC3339) }

func TestTheGateTakesAWordForWhenTheReleaseCame(t *testing.T) {
	for _, c := range []struct {
		name    string
		failing float64
		since   func(*stage) string
		code    int
		want    string
	}{
		{"an hour ago, as a time", 0, func(s *stage) string { return s.ago(time.Hour) }, exitOK, "all ShopSets have had Release v1.10.1 for 1h, and sent data (30m required); sync and health are not known"},
		{"an hour ago", 0, func(*stage) string { return "1h" }, exitOK, ""},
		{"a release that fails", 0.02, func(*stage) string { return "1h" }, exitNo, "since the Release arrived"},
		{"not long enough ago", 0, func(*stage) string { return "10m" }, exitInconclusive, "for 10m, and sent data (30m required; complete at"},
		{"in the future", 0, func(s *stage) string { return s.ago(-time.Hour) }, exitInconclusive, "claims, for b-1, a time in the future"},
		{"before the history begins", 0, func(*stage) string { return "9h" }, exitInconclusive, "before the history of cart begins"},
		{"long before the history begins", 0, func(*stage) string { return "30d" }, exitInconclusive, "before the history of cart begins"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, c.failing).unseen(t)
			code, said := s.said(t, "--release", "v1.10.1", "--explain", "--since", c.since(s))
			if code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, c.code, c.want, said)
			}
		})
	}
}

// What is claimed is in the record as that, from which the decision can be made again.
func TestAClaimIsRecordedAsSuch(t *testing.T) {
	s := newStage(t, 0).unseen(t)
	code, stdout, stderr := s.gate(t, "--release", "v1.10.1", "--since", "1h", "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	valid(t, "gate", stdout)
	r, err := promotion.DecodeRecord([]byte(stdout))
	if err != nil || len(r.Evidence.Arrivals.Items) != 1 || !strings.HasPrefix(r.Evidence.Arrivals.Where, "--since ") || r.Release != "v1.10.1" {
		t.Errorf("%v: %+v of %q", err, r.Evidence.Arrivals, r.Release)
	}
	if _, err := r.Replay(thisBuild().Shopslo); err != nil {
		t.Error(err)
	}
}

func TestWhoAsksSinceWhenHasToSayOfWhat(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		do   func(*stage) *stage
		want string
	}{
		{"no release", []string{"--since", "1h"}, func(s *stage) *stage { return s.unseen(t) }, "--release is missing; name the release that arrived"},
		{"no time", []string{"--since", "monday", "--release", "v1"}, func(s *stage) *stage { return s.unseen(t) }, `--since: "monday" is neither a time`},
		{"an exporter that knows", []string{"--since", "1h", "--release", goodRelease}, func(s *stage) *stage { return s }, "--since does not go with gate.fleet"},
		{"no name", []string{"--since", "1h", "--release", "v1 v2"}, func(s *stage) *stage { return s.unseen(t) }, `"v1 v2" is not a release`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if code, said := c.do(newStage(t, 0)).said(t, c.args...); code != exitUsage || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %q:\n%s", code, c.want, said)
			}
		})
	}
}
