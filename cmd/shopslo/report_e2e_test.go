//go:build e2e

package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// A real Prometheus that has scraped the week: the review counts the bad Release exactly,
// from the server's raw samples.
func TestTheReviewOfAWeekInPrometheus(t *testing.T) {
	s := newWeekStory()
	prometheus := sourcetest.StartPrometheus(t, s.samples(), math.MaxInt64) // all of it in blocks, as after a restart
	config := s.documents(t, t.TempDir(), "source: {prometheus: {url: '"+prometheus.URL+"', scrape_interval: 1m}}\n")
	code, stdout, stderr := runWith(t, nil, "report", "--config", config, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	checkWeek(t, s, stdout)
	code, text, _ := runWith(t, nil, "report", "--config", config, "--lang", "en", "-o", "text")
	english := message.NewPrinter(language.English)
	beforeTotal, beforeBad := s.counted(weekShops[1:], s.moved.Add(-24*time.Hour), s.moved)
	afterTotal, afterBad := s.counted(weekShops[1:], s.moved, s.back)
	before := english.Sprintf("before %.0f bad of %.0f (burn rate", beforeBad, beforeTotal)
	after := english.Sprintf("after it %.0f of %.0f (burn rate 100).", afterBad, afterTotal)
	if told := strings.Join(strings.Fields(text), " "); code != exitOK || !strings.Contains(told, before) || !strings.Contains(told, after) {
		t.Errorf("exit code %d, want %q and %q:\n%s", code, before, after, text)
	}
}
