package shopslo

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
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
		heralds: heralds(bad, good), log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		metrics: newOwnMetrics(prometheus.NewRegistry(), "test", []string{""}),
		compare: func(from, to fleet.Release) string { return "https://x/" + string(from) + "..." + string(to) },
	}
	for range answers {
		l.look(t.Context())
		l.telling.Wait()
	}
	want := "prod is in sync: a-1 run Release 2, Synced and Healthy, replacing 1. https://x/1...2"
	for name, e := range map[string]*ear{"who listens": good, "who listens later": bad} {
		if strings.Join(e.heard, "|") != want {
			t.Errorf("%s heard %q", name, e.heard)
		}
	}
	for _, h := range l.heralds {
		if len(h.untold) > 0 {
			t.Errorf("left untold: %v", h.untold)
		}
	}
}

// dumb never says whether it has heard.
type dumb struct{}

func (dumb) Tell(ctx context.Context, _ promoter.Arrival) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestNobodyWaitsForATellerThatHangs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
	release, good := 0, &ear{}
	ctx, cancel := context.WithCancel(t.Context())
	l := &lookout{
		fleet: func(context.Context) (fleet.Snapshot, error) {
			release++
			r := fleet.Release(strconv.Itoa(release))
			return fleet.Snapshot{At: now, Tiers: []fleet.TierState{{Tier: "prod", Release: r}},
				ShopSets: []fleet.ShopSetState{{Tier: "prod", Observation: fleet.Observation{ShopSet: "a-1", Sync: fleet.Synced, Health: fleet.Healthy, Release: r}}}}, nil
		},
		heralds: heralds(dumb{}, good), log: slog.New(slog.DiscardHandler),
		metrics: newOwnMetrics(prometheus.NewRegistry(), "test", []string{""}),
		compare: func(fleet.Release, fleet.Release) string { return "" },
	}
	for range 4 {
		l.look(ctx)
		for h := l.heralds[1]; ; time.Sleep(time.Millisecond) { // until it has heard
			if _, waiting := h.next(); waiting == 0 {
				break
			}
		}
		func() { // waits for the end of what is being told
			l.heralds[1].busy.Lock()
			defer l.heralds[1].busy.Unlock()
		}()
	}
	if len(good.heard) != 3 {
		t.Errorf("it heard %q", good.heard)
	}
	cancel()
	l.telling.Wait()
	if _, waiting := l.heralds[0].next(); waiting != 3 {
		t.Errorf("%d wait for who hangs", waiting)
	}
}

func TestADecisionIsToldBesideATellerThatHangs(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 10)
	book := &logbook.Logbook{Decided: map[promotion.Verdict]bool{promotion.Hold: true}}
	book.Tellers = append(book.Tellers, func(ctx context.Context, _ logbook.Answer) error { <-ctx.Done(); return ctx.Err() },
		func(_ context.Context, v logbook.Answer) error { heard <- v.Decision.Release; return nil })
	told := newTidings(book, newOwnMetrics(prometheus.NewRegistry(), "test", []string{""}), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { told.run(ctx); close(ended) }()
	for _, r := range []string{"1", "2", "2", "3"} {
		told.add(logbook.Answer{Record: promotion.Record{Decision: promotion.Decision{Verdict: promotion.Hold, To: "prod", Release: r}}})
	}
	for _, want := range []string{"1", "2", "3"} {
		if got := <-heard; got != want {
			t.Errorf("it heard of %s, want %s", got, want)
		}
	}
	cancel()
	<-ended
}
