package facts

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/review"
)

// keptLog is a log of decisions in memory.
type keptLog []decisionlog.Entry

func (l keptLog) Read(_ context.Context, each func(decisionlog.Line) error) (decisionlog.Head, error) {
	for i, e := range l {
		e.Index = i + 1
		if err := each(decisionlog.Line{Entry: e}); err != nil {
			return decisionlog.Head{}, err
		}
	}
	return decisionlog.Head{Index: len(l)}, nil
}

// brokenLog cannot be read.
type brokenLog struct{}

func (brokenLog) Read(context.Context, func(decisionlog.Line) error) (decisionlog.Head, error) {
	return decisionlog.Head{}, errors.New("entry 3: the chain is broken")
}

func TestTheReviewReadsTheLogOfDecisions(t *testing.T) {
	week := review.LastWeek(time.Now(), time.FixedZone("JST", 9*3600))
	at := func(days int, hours time.Duration) time.Time {
		return week.From.AddDate(0, 0, days).Add(hours * time.Hour)
	}
	gate := func(when time.Time, to, release string, v promotion.Verdict) decisionlog.Entry {
		return decisionlog.Entry{Kind: decisionlog.Gate, At: when, To: to, Release: release, Decision: v, Checks: []decisionlog.Check{{Check: "soak", Reason: "not yet."}}}
	}
	log := keptLog{
		gate(at(-3, 0), "beta", "aaaa", promotion.Promote), // before the week
		gate(at(0, 1), "prod", "aaaa", promotion.Hold),
		gate(at(0, 2), "prod", "aaaa", promotion.Hold),
		gate(at(0, 3), "beta", "bbbb", promotion.Hold),
		gate(at(0, 4), "prod", "aaaa", promotion.Hold),
		gate(at(0, 5), "prod", "aaaa", promotion.Promote),
		gate(at(0, 6), "prod", "aaaa", promotion.Hold),
		{Kind: decisionlog.Promote, At: at(1, 0), To: "prod", Release: "aaaa", Replaces: "0000", Result: "promoted"},
		{Kind: decisionlog.Promote, At: at(1, 1), To: "prod", Release: "cccc", Result: "refused"},
		gate(at(9, 0), "prod", "dddd", promotion.Promote), // after it
	}
	in := review.Input{Period: week}
	b := readBook(t.Context(), &in, log, nil)
	type row struct {
		tier, release, verdict string
		times                  int
	}
	want := []row{{"prod", "aaaa", "hold", 3}, {"beta", "bbbb", "hold", 1}, {"prod", "aaaa", "promote", 1}, {"prod", "aaaa", "hold", 1}}
	if len(in.Decisions.Items) != len(want) {
		t.Fatalf("%+v", in.Decisions.Items)
	}
	for i, d := range in.Decisions.Items {
		if (row{d.Tier, d.Release, d.Verdict, d.Times}) != want[i] {
			t.Errorf("decision %d: %+v, want %v", i, d, want[i])
		}
	}
	if m := in.Releases.Items; len(m) != 1 || m[0].Gate != "hold" || *m[0].Lead != (4*24*time.Hour).Seconds() || m[0].Entry != 8 {
		t.Errorf("moves %+v", m)
	}

	t.Run("the exporter knows when it arrived, and what came by hand", func(t *testing.T) {
		set := func(name, tier, release string, since time.Time) fleet.ShopSetState {
			return fleet.ShopSetState{Observation: fleet.Observation{ShopSet: fleet.ShopSetName(name), Release: fleet.Release(release), ReleaseSince: since}, Tier: fleet.TierName(tier)}
		}
		b.see(fleet.Snapshot{
			ShopSets: []fleet.ShopSetState{set("c-2", "dev", "eeee", at(2, 1)), set("a-1", "prod", "aaaa", at(1, 1)), set("b-2", "prod", "aaaa", at(1, 2)), set("a-3", "prod-ha", "ffff", at(3, 1)), set("b-3", "prod-ha", "0000", at(0, 0))},
			Tiers: []fleet.TierState{{Tier: "dev", Release: "eeee", ReleaseAt: at(2, 0)}, {Tier: "beta", Release: "bbbb", ReleaseAt: at(-9, 0)},
				{Tier: "prod", Release: "aaaa", ReleaseAt: at(1, 0)}, {Tier: "prod-ha", Release: "ffff", ReleaseAt: at(3, 0)}},
		}, &in)
		m := in.Releases.Items
		if len(m) != 3 || m[0].Release != "aaaa" || !m[0].Arrived.Equal(at(1, 2)) {
			t.Fatalf("%+v", m)
		}
		if m[1].Release != "eeee" || !m[1].Merged || !m[1].Arrived.Equal(at(2, 1)) {
			t.Errorf("what came to the lowest Tier: %+v", m[1])
		}
		if m[2].Release != "ffff" || m[2].Merged || m[2].Entry != 0 || m[2].Arrived != nil {
			t.Errorf("what somebody moved by hand, and only half of the Tier runs: %+v", m[2])
		}
	})
	t.Run("a log that cannot be read is unknown", func(t *testing.T) {
		in := review.Input{Period: week}
		readBook(t.Context(), &in, brokenLog{}, nil)
		if u := in.Decisions.Unknown; u == nil || u.Error != "entry 3: the chain is broken" || in.Releases.Unknown == nil || len(in.Decisions.Items) > 0 {
			t.Errorf("%+v", in.Decisions)
		}
	})
}
