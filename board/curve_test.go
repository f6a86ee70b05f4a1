package board

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func history(start time.Time, c counting) History {
	s := objective("cart", "", 999_000_000)
	return History{&s, slo.Account{Start: start, End: now, Counts: func(part int, from, to time.Time) slo.Counts {
		if from.Before(start) {
			counts := c.counts(part, later(from, start), later(to, start))
			counts.Start = from
			return counts
		}
		return c.counts(part, from, to)
	}}}
}

func TestACurveEndsAtWhatStatusSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range racetest.Fewer(50) {
		share := rng.Float64() * 0.003
		since := days(rng.Float64() * 40)
		h := history(now.Add(-days(60)), counting{3600, func(at time.Time) float64 {
			if at.After(now.Add(-since)) {
				return share
			}
			return 0.0001
		}})
		c := newCurve(h, nil)
		want := h.SLO.Evaluate(now, nil, h.Account).RemainingRatio
		last := c.Points[len(c.Points)-1]
		if !last.At.Equal(now) || last.Left == nil || *last.Left != *want || len(c.Gaps) != 0 {
			t.Fatalf("the curve ends at %v with %s, status says %s; gaps %v", last.At, share2(last.Left), share2(want), c.Gaps)
		}
		for _, p := range c.Points {
			if then := h.SLO.Evaluate(p.At, nil, h.Account).RemainingRatio; *p.Left != *then {
				t.Fatalf("at %v the curve has %s, status said %s", p.At, share2(p.Left), share2(then))
			}
		}
	}
}

func share2(f *float64) string { return status.FormatShare(f) }

func TestWhatIsMissingInACurveIsAGapAndNever0(t *testing.T) {
	from, to := now.Add(-days(10)), now.Add(-days(8))
	gone := func(at time.Time) float64 {
		if !at.Before(from) && at.Before(to) {
			return -1
		}
		return 0.0002
	}
	t.Run("a time without data in the middle", func(t *testing.T) {
		c := newCurve(history(now.Add(-days(60)), counting{3600, gone}), nil)
		if len(c.Gaps) != 1 || c.Gaps[0].From.Sub(from).Abs() > 6*time.Hour || c.Gaps[0].To.Sub(to).Abs() > 6*time.Hour {
			t.Errorf("gaps %v, want one of %v to %v", c.Gaps, from, to)
		}
		for _, p := range c.Points {
			if p.Left == nil || *p.Left < 0.7 {
				t.Errorf("at %v there is %s left", p.At, share2(p.Left))
			}
		}
	})
	t.Run("before counting began there is no line", func(t *testing.T) {
		c := newCurve(history(now.Add(-days(7)), counting{3600, func(time.Time) float64 { return 0 }}), nil)
		if c.Points[0].Left != nil || len(c.Gaps) != 1 || !c.Gaps[0].From.Equal(c.From) || c.Gaps[0].To.Sub(now.Add(-days(7))).Abs() > 6*time.Hour {
			t.Errorf("first point %v, gaps %v", c.Points[0], c.Gaps)
		}
		if chart := newChart(c); len(chart.Paths) != 1 || len(chart.Gaps) != 1 || !strings.HasPrefix(chart.Paths[0], "M") {
			t.Errorf("chart %+v", chart)
		}
	})
	t.Run("without any traffic there is no line, and no gap", func(t *testing.T) {
		c := newCurve(history(now.Add(-days(60)), counting{0, func(time.Time) float64 { return 0 }}), nil)
		if !c.Empty() || len(c.Gaps) != 0 || len(newChart(c).Paths) != 0 {
			t.Errorf("points %v, gaps %v", c.Points[:3], c.Gaps)
		}
	})
	t.Run("steps finer than the ledger's edges are no gaps", func(t *testing.T) {
		h := history(now.Add(-time.Hour), counting{3600, func(time.Time) float64 { return 0 }})
		h.SLO.Window = slo.Rolling(time.Minute)
		exact := h.Account.Counts
		h.Account.Counts = func(part int, from, to time.Time) slo.Counts {
			return exact(part, from.Truncate(time.Second), to.Truncate(time.Second))
		}
		if c := newCurve(h, nil); len(c.Gaps) != 0 {
			t.Errorf("gaps %v", c.Gaps)
		}
	})
	t.Run("nothing counted is no curve", func(t *testing.T) {
		if c := newCurve(History{SLO: history(now, counting{}).SLO}, nil); c != nil {
			t.Errorf("got %+v", c)
		}
	})
}

func TestReleasesAreMarkedOnceAndInOrder(t *testing.T) {
	_, in := newWorld(t)
	seen := &in.Running.Snapshot.ShopSets[5]
	seen.Release, seen.ReleaseSince = newer, now.Add(-days(5)+10*time.Minute) // as logged
	got := marks(&in, "prod", seen)
	if len(got) != 3 || got[0].Release != older || got[1].Release != newer || !got[2].Back {
		t.Errorf("marks %+v", got)
	}
	seen.ReleaseSince = now.Add(-days(2)) // came again, and nobody logged that
	if got = marks(&in, "prod", seen); len(got) != 4 || got[3].Release != newer {
		t.Errorf("marks %+v", got)
	}
	c := newCurve(history(now.Add(-days(60)), counting{3600, func(time.Time) float64 { return 0 }}), append(got, Move{At: now.Add(-days(40))}, Move{At: now.Add(time.Hour)}))
	if len(c.Marks) != 4 {
		t.Errorf("marks outside of the curve: %+v", c.Marks)
	}
}
