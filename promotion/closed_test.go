package promotion_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// late is whole, but to one ShopSet the Release came an hour later than to the others.
func late(t testing.TB, f *fleet.Fleet) promotion.Evidence {
	t.Helper()
	return wholeOf(t, f, "prod", func(e *promotion.Evidence) {
		v := view(t, f, "prod")
		for i := range v.Snapshot.ShopSets {
			if s := &v.Snapshot.ShopSets[i]; s.ShopSet == "b-1" {
				s.ReleaseSince = came.Add(time.Hour)
			}
		}
		e.See(v)
	})
}

// uneven is a ledger in which each ShopSet and SLO has had fewer events that are bad, by an own
// share, since the Release.
type uneven struct{}

func (uneven) Account(s *slo.SLO, set string, at time.Time) slo.Account {
	a := ledger{}.Account(s, set, at)
	even, share := a.Counts, 0.5
	for _, c := range s.Name + set {
		share = math.Mod(share*7+float64(c)/100, 1)
	}
	a.Counts = func(part int, from, to time.Time) slo.Counts {
		c := even(part, from, to)
		if !from.Before(came) {
			c.Good = c.Total - math.Floor((c.Total-c.Good)*share)
		}
		return c
	}
	return a
}

// What questions share changes no decision: whatever else is asked, and whenever, it is the same
// byte for byte as from the record alone.
func TestWhatQuestionsShareChangesNoDecision(t *testing.T) {
	f, p := example(t), required()
	first := late(t, f)
	report := status.Compute(now, f, slos(t), slo.DefaultBurnAlerts(), ledger{})
	closed := first.Close(f, slos(t), report, uneven{}, now, p)
	if d := promotion.Decide(p, first, now); d.Verdict != promotion.Promote {
		t.Fatalf("it is %s: the test shows little", d.Verdict)
	}
	second := whole(t, "prod")
	report = status.Compute(now, f, slos(t), slo.DefaultBurnAlerts(), ledger{})
	for i := range report.Budgets {
		switch b := &report.Budgets[i]; i % 4 {
		case 0: // one that failed
			b.State, b.RemainingRatio = slo.Exhausted, nil
		case 1: // one that may hide something
			b.Flags = []slo.Flag{{Kind: slo.PartialDrop, Count: 1, First: now.Add(-time.Hour), Last: now}}
		case 2: // one that knows the future, until a day later
			b.Expected = now.Add(20 * time.Hour)
		}
	}
	ill := second.Close(f, slos(t), report, ledger{}, now, p)
	if d := promotion.Decide(p, second, now); d.Verdict != promotion.Hold {
		t.Fatalf("with budgets that are spent, it is %s", d.Verdict)
	}
	for name, change := range map[string]func(*promotion.Evidence, *promotion.Policy, *time.Time){
		"nothing":               func(*promotion.Evidence, *promotion.Policy, *time.Time) {},
		"a minute later":        func(_ *promotion.Evidence, _ *promotion.Policy, at *time.Time) { *at = at.Add(time.Minute) },
		"a day later":           func(_ *promotion.Evidence, _ *promotion.Policy, at *time.Time) { *at = at.AddDate(0, 0, 1) },
		"before it came to one": func(_ *promotion.Evidence, _ *promotion.Policy, at *time.Time) { *at = came.Add(30 * time.Minute) },
		"a stricter rule":       func(_ *promotion.Evidence, p *promotion.Policy, _ *time.Time) { p.MinCoverage = 0.99 },
		"a check less":          func(_ *promotion.Evidence, p *promotion.Policy, _ *time.Time) { p.Needs["budget"] = promotion.Off },
		"a fix": func(e *promotion.Evidence, _ *promotion.Policy, _ *time.Time) {
			e.Fix = &promotion.Fix{URL: "https://x.example"}
		},
		"an exclusion": func(e *promotion.Evidence, _ *promotion.Policy, _ *time.Time) {
			e.Exclusions.Items = []promotion.Exclusion{{ID: "x", From: now.Add(-time.Hour), Until: now}}
			e.Excluded = []promotion.Excluded{{ShopSet: "a-2", SLO: "cart-availability", Exclusion: "x", From: now.Add(-time.Hour), Until: now}}
		},
		"what was before": func(e *promotion.Evidence, _ *promotion.Policy, _ *time.Time) {
			e.Uncorrected = []promotion.Uncorrected{{ShopSet: "a-2", SLO: "cart-availability", State: slo.Exhausted}}
		},
		"other budgets": func(e *promotion.Evidence, _ *promotion.Policy, _ *time.Time) {
			e.Report.Budgets = append([]status.Budget{}, e.Report.Budgets...)
			e.Report.Budgets[0].State = slo.Exhausted
		},
		"a freeze": func(e *promotion.Evidence, _ *promotion.Policy, _ *time.Time) { e.Freezes.Items[0].From = time.Time{} },
		"an outage": func(e *promotion.Evidence, _ *promotion.Policy, _ *time.Time) {
			e.Outages = []promotion.Outage{{Source: "x", Error: "y"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, closed := range []*promotion.Closed{closed, ill} {
				e, p, at := late(t, f), required(), now
				e.Take(status.Report{At: now, Alerts: report.Alerts})
				e.Use(closed)
				change(&e, &p, &at)
				shared, err := promotion.Judge("v1", p, e, at).AppendJSON(nil)
				if err != nil {
					t.Fatal(err)
				}
				r, err := promotion.DecodeRecord(shared)
				if err != nil {
					t.Fatal(err)
				}
				if alone, err := promotion.Judge("v1", p, r.Evidence, at).AppendJSON(nil); err != nil || !bytes.Equal(alone, shared) {
					t.Errorf("%v: it is\n%s\nand alone\n%s", err, shared, alone)
				}
				if _, err := r.Replay("v1"); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
