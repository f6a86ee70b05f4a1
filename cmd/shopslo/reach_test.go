package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/evidence"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/judge"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
)

// shortStage is a stage whose SLO has a window of half an hour, and whose burn rates
// and Releases go further back.
func shortStage(t *testing.T, failing float64) *stage {
	t.Helper()
	s := newStage(t, failing)
	writeFiles(t, s.dir, map[string]string{"slo.yaml": ratioSLO("cart", "30m", 0.99, "bad", badRequests, allRequests)})
	return s
}

func TestStatusReadsAsFarAsTheLongestBurnRate(t *testing.T) {
	s := shortStage(t, 0.02) // for an hour: longer than the SLO's window
	code, stdout, stderr := runWith(t, nil, "status", "--config", s.config, "--at", s.at.Format(time.RFC3339), "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	for _, b := range budgetOf(t, decodeStatus(t, stdout), "cart", "b-1").BurnRates {
		// An hour of 2 % in a window of six hours is a third of a percent, and the steady
		// 0.01 % more: a third of the budget of 1 %.
		if b.Window == 6*time.Hour && (b.Rate == nil || *b.Rate < 0.33 || *b.Rate > 0.36 || b.Coverage < 0.99) {
			t.Errorf("over 6h it burns %v, coverage %v", b.Rate, b.Coverage)
		}
	}
}

func TestTheGateReadsAsFarAsBeforeTheReleaseCame(t *testing.T) {
	s := shortStage(t, 0)
	came := s.at.Add(-3 * time.Hour)
	s.sees = func(f *fleet.Snapshot) int {
		f.ShopSets[0].ReleaseSince = came
		return 0
	}
	// Alerts of so short a window fire at next to nothing: the decision is another matter.
	_, stdout, stderr := s.gate(t, "-o", "json")
	if stderr != "" {
		t.Fatal(stderr)
	}
	var answer struct {
		Inputs struct{ Comparisons []promotion.Comparison }
	}
	if err := json.Unmarshal([]byte(stdout), &answer); err != nil {
		t.Fatal(err)
	}
	for _, c := range answer.Inputs.Comparisons {
		if c.Since == nil || !c.Since.Start.Equal(came) || c.Since.Coverage < 0.99 {
			t.Errorf("since the Release came: %+v", c.Since)
		}
		// The data begin eight hours ago; what was counted from there on is all of it.
		if c.Before == nil || c.Before.Total < 10*4.9*3600 {
			t.Errorf("before the Release came: %+v", c.Before)
		}
	}
	if len(answer.Inputs.Comparisons) == 0 {
		t.Error("nothing was compared")
	}
}

func TestReachIsNoMoreThanWhatIsAsked(t *testing.T) {
	const day = 24 * time.Hour
	s := shortStage(t, 0)
	reach := func(rest string, asked judge.Question) time.Duration {
		t.Helper()
		appendTo(t, s.config, rest)
		d, err := documents.Load(s.config)
		if err != nil {
			t.Fatal(err)
		}
		return judge.Reach(t.Context(), evidence.New(host.Host{}, d), asked, s.at)
	}
	if got := reach("", judge.Question{To: "prod"}); got != 7*day+time.Hour {
		t.Errorf("a Release that came an hour ago: %v", got)
	}
	if got := reach("", judge.Question{To: "prod", Release: strings.ToUpper(goodRelease[:9])}); got != 7*day+time.Hour {
		t.Errorf("its shortened id: %v", got)
	}
	if got := reach("", judge.Question{To: "prod", Release: lastRelease}); got != 3*day {
		t.Errorf("a Release that nobody has seen below: %v", got)
	}
	s.sees = func(f *fleet.Snapshot) int {
		f.ShopSets[0].ReleaseSince = s.at.Add(-1000 * day)
		return 0
	}
	if got := reach("", judge.Question{To: "prod"}); got != 90*day {
		t.Errorf("a Release of years ago: %v, want what a server keeps", got)
	}
	s.sees = func(*fleet.Snapshot) int { return 503 }
	if got := reach("", judge.Question{To: "prod"}); got != 3*day {
		t.Errorf("an exporter that is down: %v", got)
	}
	if got := reach("burn_rates: [{long: 1h, short: 5m, factor: 14.4, severity: page}]\n", judge.Question{To: "prod"}); got != time.Hour {
		t.Errorf("the longest burn rate is of an hour: %v", got)
	}
}
