package shopslo

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// ear is told; it is deaf for so many times.
type ear struct {
	deaf  int
	heard []string
}

func (e *ear) Tell(_ context.Context, a promoter.Arrival) error {
	if e.deaf--; e.deaf >= 0 {
		return errors.New("it does not listen")
	}
	e.heard = append(e.heard, a.Text())
	return nil
}

func TestServeTellsOfEachArrivalUntilItIsHeard(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
	snapshot := func(r fleet.Release) fleet.Snapshot {
		return fleet.Snapshot{At: now, Tiers: []fleet.TierState{{Tier: "prod", Release: r}},
			ShopSets: []fleet.ShopSetState{{Tier: "prod", Observation: fleet.Observation{ShopSet: "a-1", Sync: fleet.Synced, Health: fleet.Healthy, Release: r}}}}
	}
	answers := []struct {
		s   fleet.Snapshot
		err error
	}{{snapshot("1"), nil}, {fleet.Snapshot{}, errors.New("away")}, {fleet.Snapshot{}, nil}, {snapshot("2"), nil}, {snapshot("2"), nil}, {snapshot("2"), nil}}
	good, bad := &ear{}, &ear{deaf: 2}
	n := 0
	l := &lookout{
		fleet:   func(context.Context) (fleet.Snapshot, error) { n++; return answers[n-1].s, answers[n-1].err },
		tellers: []promoter.Teller{bad, good}, log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		metrics: newOwnMetrics(prometheus.NewRegistry(), "test", []string{""}),
		compare: func(from, to fleet.Release) string { return "https://x/" + string(from) + "..." + string(to) },
	}
	for range answers {
		l.look(t.Context())
	}
	want := "prod is in sync: a-1 run Release 2, Synced and Healthy, replacing 1. https://x/1...2"
	for name, e := range map[string]*ear{"who listens": good, "who listens later": bad} {
		if strings.Join(e.heard, "|") != want {
			t.Errorf("%s heard %q", name, e.heard)
		}
	}
	if len(l.untold) > 0 {
		t.Errorf("left untold: %v", l.untold)
	}
}
