package ledger_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// daily makes an SLO of calendar days that begin in a zone at a time of day.
func daily(t *testing.T, name, zone string, hour, minute int) *slo.SLO {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	s := sloOf(name, "bad", "total")
	s.Window = slo.Window{Unit: slo.Day, Count: 1, Anchor: time.Date(2025, 12, 1, hour, minute, 0, 0, z), Text: "1d"}
	return s
}

func TestCalendarWindowsBeginAtAKeptEdgeInEveryZone(t *testing.T) {
	specs := ledgertest.Mixed(2)
	for i := range specs {
		specs[i].LateEvery, specs[i].LateSample = 0, 0
	}
	h := ledgertest.New(ledgertest.Config{Seed: 17, Length: 6 * 24 * time.Hour, ShopSets: specs})
	end := h.End - h.End%60_000
	src := h.Source()
	rolling := sloOf("rolling", "bad", "total")
	slos := []*slo.SLO{rolling, daily(t, "utc", "UTC", 0, 0), daily(t, "tokyo", "Asia/Tokyo", 0, 0), daily(t, "kolkata", "Asia/Kolkata", 0, 0),
		daily(t, "kathmandu", "Asia/Kathmandu", 0, 0), daily(t, "chatham", "Pacific/Chatham", 6, 0), daily(t, "at half past", "Asia/Tokyo", 9, 30)}
	shifts := map[string]time.Duration{"kolkata": 30 * time.Minute, "kathmandu": 15 * time.Minute, "chatham": 15 * time.Minute, "at half past": 30 * time.Minute}
	oracles, err := ledgertest.NewOracles(h.Subjects(), h.Rules(false, true, true), seriesOf(h, ledgertest.All))
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.Fine, cfg.CheckpointAfter = 65*time.Minute, 50_000
	p := planOf(src, h.Subjects(), slos...)
	check := func(l *ledger.Ledger) {
		t.Helper()
		for _, s := range slos {
			for id, o := range oracles {
				acc := l.Account(s, id, timeOf(end))
				if acc.Edges != time.Hour || acc.EdgeShift != shifts[s.Name] {
					t.Fatalf("%s: edges every %v, later by %v, want %v", s.Name, acc.Edges, acc.EdgeShift, shifts[s.Name])
				}
				for e := timeOf(h.Start).Truncate(acc.Edges).Add(acc.Edges + acc.EdgeShift); !e.After(acc.End); e = e.Add(acc.Edges) {
					if c := acc.Counts(0, e, e); !c.Start.Equal(e) {
						t.Fatalf("%s: the edge %v is not kept, but %v", s.Name, e, c.Start)
					}
				}
				if !s.Window.Calendar() {
					continue
				}
				for at := timeOf(end); ; at = at.Add(-24 * time.Hour) {
					from, to := s.Window.Bounds(at)
					if from.UnixMilli() < h.Start {
						break
					}
					if to.UnixMilli() > end {
						to = timeOf(end)
					}
					got, want := acc.Counts(0, from, to), o.Count(from.UnixMilli(), to.UnixMilli())
					if !got.Start.Equal(from) || !got.End.Equal(to) || got.Good != want.Good || got.Total != want.Total || got.Covered.Milliseconds() != want.Covered {
						t.Fatalf("%s %s: %v to %v has %+v, want %+v", s.Name, id, from, to, got, want)
					}
				}
			}
		}
	}
	l := open(t, cfg, p, end)
	for at := h.Start; at < end; at += 7 * 3_600_000 {
		advance(t, l, at)
	}
	advance(t, l, end)
	check(l)
	closeLedger(t, l)
	l = open(t, cfg, p, end)
	check(l)
	closeLedger(t, l)
}

func TestAnAccountOfTheFirstFormatIsNotCountedAnewForItsZone(t *testing.T) {
	golden, err := os.ReadFile("testdata/format1.txt")
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(golden), "\n\n")
	p, slos := formatPlan()
	for _, s := range slos {
		s.Window = daily(t, "", "Asia/Kolkata", 0, 0).Window
	}
	cfg := formatConfig(copyFormat1(t))
	for range 2 { // also once it is in today's
		l := open(t, cfg, p, formatEnd)
		if got := formatFigures(l, slos, formatStart, formatEdge); strings.TrimSpace(got) != before {
			t.Errorf("figures:\n%s\nwant:\n%s", got, before)
		}
		closeLedger(t, l)
	}
}
