package lab

import (
	"testing"
	"time"
)

func TestWhatAnApplicationsHistoryTells(t *testing.T) {
	got, err := decodeHistory([]byte(`{"status": {"history": [
		{"id": 0, "revision": "aaa", "deployStartedAt": "2026-11-01T00:00:00Z", "deployedAt": "2026-11-01T00:00:02Z"},
		{"id": 1, "revision": "bbb", "deployStartedAt": "2026-11-01T01:00:00Z", "deployedAt": "2026-11-01T01:00:01Z"}]}}`))
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	begun := time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC)
	if want := (applied{"bbb", begun, begun.Add(time.Second)}); got[1] != want {
		t.Errorf("%+v, want %+v", got[1], want)
	}
	if got, err := decodeHistory([]byte(`{"status": {"sync": {"status": "Unknown"}}}`)); err != nil || got != nil {
		t.Errorf("of an Application that was never synced: %+v, %v", got, err)
	}
	if _, err := decodeHistory([]byte(`{"status": {"history": [{"deployedAt": "yesterday"}]}}`)); err == nil {
		t.Error("a time that is none is no error")
	}
}
