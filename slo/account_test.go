package slo_test

import (
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

func TestWhenAnEventWasLastCounted(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	end := start.Add(50 * time.Hour)
	// Edges are an hour apart, and a minute within the last two hours.
	edge := func(at time.Time) time.Time {
		if at.Before(start) {
			return start
		}
		if at.Before(end.Add(-2 * time.Hour)) {
			return at.Truncate(time.Hour)
		}
		return at.Truncate(time.Minute)
	}
	counted := func(events ...time.Duration) slo.Account {
		return slo.Account{Start: start, End: end, Counts: func(_ int, from, to time.Time) slo.Counts {
			c := slo.Counts{Start: edge(from), End: edge(to)}
			for _, e := range events {
				if at := start.Add(e); at.After(c.Start) && !at.After(c.End) {
					c.Total++
				}
			}
			return c
		}}
	}
	for _, tt := range []struct {
		name     string
		events   []time.Duration
		from, to time.Duration // zero: none
	}{
		{"never", nil, 0, 0},
		{"in the first hour", []time.Duration{time.Minute}, 0, time.Hour},
		{"in the middle", []time.Duration{time.Minute, 20*time.Hour + time.Second}, 20 * time.Hour, 21 * time.Hour},
		{"at an edge", []time.Duration{20 * time.Hour}, 19 * time.Hour, 20 * time.Hour},
		{"of late", []time.Duration{20 * time.Hour, 49*time.Hour + 90*time.Second}, 49*time.Hour + time.Minute, 49*time.Hour + 2*time.Minute},
		{"in the last minute", []time.Duration{50*time.Hour - time.Second}, 50*time.Hour - time.Minute, 50 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := counted(tt.events...)
			from, to := a.LastCounted(0)
			if tt.events == nil {
				if !from.IsZero() || !to.IsZero() {
					t.Errorf("(%v, %v], want none", from, to)
				}
				return
			}
			if !from.Equal(start.Add(tt.from)) || !to.Equal(start.Add(tt.to)) {
				t.Errorf("(%v, %v], want (%v, %v]", from.Sub(start), to.Sub(start), tt.from, tt.to)
			}
		})
	}
	if from, to := (&slo.Account{}).LastCounted(0); !from.IsZero() || !to.IsZero() {
		t.Error("nothing has been counted at all")
	}
}
