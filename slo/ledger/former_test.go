package ledger

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// formerLedger opens a ledger with one SLO that read understands.
func formerLedger(t *testing.T, dir string, log *bytes.Buffer, h *ledgertest.History, s *slo.SLO, read Reading) *Ledger {
	t.Helper()
	l, err := Open(Config{Dir: dir, Backfill: time.Duration(h.End-h.Start) * time.Millisecond, Delay: time.Nanosecond, ScrapeInterval: 30 * time.Second,
		StartTimeMetric: ledgertest.StartTimeMetric, CheckpointAfter: 1, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	sub := h.Subjects()[0]
	p := Plan{Sources: map[string]Source{"": h.Source()}, Reads: map[string]Reading{"": read},
		Items: []Item{{SLO: s, Subjects: []*Subject{{ID: sub.ID, Match: sub.Labels}}}}}
	if err := l.Configure(p, time.UnixMilli(h.End)); err != nil {
		t.Fatal(err)
	}
	return l
}

func advanceTo(t *testing.T, l *Ledger, now int64) {
	t.Helper()
	if err := l.Advance(context.Background(), time.UnixMilli(now), nil); err != nil {
		t.Fatal(err)
	}
}

func TestAnSLOThatIsRefusedCostsItselfOnly(t *testing.T) {
	h := ledgertest.New(ledgertest.Config{Seed: 8, Length: time.Hour, ShopSets: []ledgertest.Spec{{Pods: 1, PeakRate: 1}}})
	of := func(name string) *slo.SLO {
		ind := slo.Indicator{Name: name, Counter: slo.Yes, Bad: &slo.Query{Text: "bad"}, Total: &slo.Query{Text: "total"}}
		return &slo.SLO{Name: name, Objective: 990_000_000, Window: slo.Rolling(time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: ind}}}
	}
	refuses := true
	read := func(ind *slo.Indicator) (Meaning, error) {
		if ind.Name == "refused" && refuses {
			return Meaning{Refused: "it is a gauge"}, nil
		}
		return Meaning{Raw: true, Sides: []Side{{Selectors: []slo.Selector{ledgertest.Bad()}, Plain: true}, {Selectors: []slo.Selector{ledgertest.Total()}, Plain: true}}}, nil
	}
	l := formerLedger(t, "", &bytes.Buffer{}, h, of("counted"), read)
	sub := h.Subjects()[0]
	refused := of("refused")
	plan := Plan{Sources: map[string]Source{"": h.Source()}, Reads: map[string]Reading{"": read}}
	for _, s := range []*slo.SLO{of("counted"), refused} {
		plan.Items = append(plan.Items, Item{SLO: s, Subjects: []*Subject{{ID: sub.ID, Match: sub.Labels}}})
	}
	for _, reason := range []string{"it is a gauge", ""} {
		refuses = reason != ""
		if err := l.Configure(plan, time.UnixMilli(h.End)); err != nil {
			t.Fatal(err)
		}
		advanceTo(t, l, h.End)
		end := time.UnixMilli(h.End)
		if acc := l.Account(of("counted"), sub.ID, end); acc.Failure != "" || acc.Counts(0, time.UnixMilli(h.Start), end).Total == 0 {
			t.Errorf("the other SLO is not counted: %q", acc.Failure)
		}
		acc, failing := l.Account(refused, sub.ID, end), l.Failing()
		if total := acc.Counts(0, time.UnixMilli(h.Start), end).Total; acc.Failure != reason || (total == 0) != refuses {
			t.Errorf("counted %v, failure %q, want %q", total, acc.Failure, reason)
		}
		if len(failing) > 0 != refuses || refuses && (failing[0].SLO != "refused" || len(failing[0].Refused) == 0 || failing[0].Reason != reason || len(failing[0].Subjects) != 1) {
			t.Errorf("failing %+v", failing)
		}
	}
}

func TestAccountsOfTheFormerVersionGoOnWhereTheirFiguresMeanTheSame(t *testing.T) {
	h := ledgertest.New(ledgertest.Config{Seed: 8, Length: 3 * time.Hour, ShopSets: []ledgertest.Spec{{Pods: 2, PeakRate: 1, RestartEvery: time.Hour}}})
	ind := slo.Indicator{Counter: slo.Yes, Bad: &slo.Query{Text: "bad"}, Total: &slo.Query{Text: "total"}}
	s := &slo.SLO{Name: "s", Objective: 990_000_000, Window: slo.Rolling(time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: ind}}}
	plain := func(*slo.Indicator) (Meaning, error) {
		return Meaning{Raw: true, Sides: []Side{{Selectors: []slo.Selector{ledgertest.Bad()}, Plain: true}, {Selectors: []slo.Selector{ledgertest.Total()}, Plain: true}}}, nil
	}
	another := func(*slo.Indicator) (Meaning, error) { // the same queries, understood in another way since
		is, err := plain(nil)
		is.Sides[0].Plain = false
		return is, err
	}
	half := h.Start + 5_400_000
	for _, tt := range []struct {
		name   string
		read   Reading
		logged string
	}{
		{"understood as before", plain, ""},
		{"understood in another way", another, "slo s for shop-0 is now counted from samples, not evaluated on a grid; its history is read anew"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, log := t.TempDir(), &bytes.Buffer{}
			l := formerLedger(t, dir, log, h, s, tt.read)
			for _, a := range l.accounts {
				a.key = accountKey(a.m.before.key, a.subject, l.context(0))
			}
			advanceTo(t, l, half)
			end := l.Newest()
			before := l.Account(s, "shop-0", end).Counts(0, time.UnixMilli(h.Start), end)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			for range 2 { // found by its former key, then by its own
				l = formerLedger(t, dir, log, h, s, tt.read)
				advanceTo(t, l, half)
				if n := strings.Count(log.String(), "read anew"); !strings.Contains(log.String(), tt.logged) || (n > 0) != (tt.logged != "") || n > 1 {
					t.Errorf("logged %s", log)
				}
				if after := l.Account(s, "shop-0", end).Counts(0, time.UnixMilli(h.Start), end); after != before || after.Total == 0 {
					t.Errorf("counted %+v, before it was %+v", after, before)
				}
				want := 1
				if tt.logged != "" {
					want = 2 // the former one stays for the retention
				}
				if len(l.accounts) != want {
					t.Errorf("%d accounts, want %d", len(l.accounts), want)
				}
				advanceTo(t, l, half+60_000)
				for key, a := range l.accounts {
					if key != a.key {
						t.Errorf("account %s is known as %s", a.key, key)
					}
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
