package sqlstore

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
)

func TestFirst(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+t.TempDir()+"/a b?c%20#.db")
	if err != nil {
		t.Fatal(err)
	}
	i, first, err := s.Create(t.Context(), "k", incident.Incident{Title: "決済", Severity: incident.Major, State: incident.Open, DetectedAt: time.Now()}, incident.Job{Key: "j", Kind: "x"})
	if err != nil || !first || i.ID != "inc-1" {
		t.Fatal(i, first, err)
	}
	i, err = s.Change(t.Context(), "inc-1", func(incident.Incident) ([]incident.Event, []incident.Job, error) {
		return []incident.Event{{At: time.Now(), Kind: incident.Noted, Text: "x"}}, nil, nil
	})
	if err != nil || len(i.Timeline) != 1 {
		t.Fatal(i, err)
	}
	jobs, err := s.Claim(t.Context(), time.Now(), time.Minute, 5)
	if err != nil || len(jobs) != 1 || jobs[0].Incident != "inc-1" {
		t.Fatal(jobs, err)
	}
	t.Log(s.Remember(t.Context(), "a", "b"))
	t.Log(s.Remember(t.Context(), "a", "c"))
}
