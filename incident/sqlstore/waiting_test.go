package sqlstore

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
)

func TestJobsThatWaitAreCounted(t *testing.T) { waiting(t, file(t)) }

func waiting(t *testing.T, address string) {
	s, now := open(t, address), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	check := func(when string, wantDue, wantFailing int) {
		t.Helper()
		if due, failing, err := s.Waiting(t.Context(), now); err != nil || due != wantDue || failing != wantFailing {
			t.Errorf("%s: %d due, %d failing, %v", when, due, failing, err)
		}
	}
	check("none", 0, 0)
	for key, due := range map[string]time.Time{"a": now.Add(-time.Hour), "b": now, "c": now.Add(time.Minute)} {
		if err := s.Enqueue(t.Context(), incident.Job{Key: key, Kind: "k", Due: due}); err != nil {
			t.Fatal(err)
		}
	}
	check("two of three", 2, 0)
	if err := s.Finish(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := s.Retry(t.Context(), "b", now.Add(time.Second), "Slack is away"); err != nil {
		t.Fatal(err)
	}
	check("one done, one that failed and waits", 0, 1)
}
