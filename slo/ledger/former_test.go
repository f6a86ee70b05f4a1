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
