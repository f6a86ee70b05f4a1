package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// Whatever comes late, of histories in which everything goes wrong: a ledger that is recounted
// knows what one knows that had it in time, and counts on alike.
func TestARecountOfAnyHistoryIsAsIfEverythingHadBeenThereInTime(t *testing.T) {
	const res = 10_000
	for seed := range uint64(racetest.Fewer(60)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := ledgertest.New(ledgertest.Tiny(seed+9000, false))
			r := rand.New(rand.NewPCG(seed, 5))
			end, s := h.End-h.End%res, sloOf("s", "bad", "total")
			all := without(seriesOf(h, ledgertest.All), 0, h.Start)
			at := h.Start + (end-h.Start)*3/4
			at -= at % res
			lostFrom := h.Start + r.Int64N(at-h.Start)
			lostTo := min(at, lostFrom+r.Int64N(end-h.Start))
			cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, res*time.Millisecond)
			l := open(t, cfg, planOf(sourceOf(without(all, lostFrom, lostTo)), h.Subjects(), s), end)
			advance(t, l, at)
			closeLedger(t, l)

			memory := cfg
			memory.Dir = ""
			l = open(t, cfg, planOf(sourceOf(all), h.Subjects(), s), end)
			rec, err := l.Recount(open(t, memory, planOf(sourceOf(all), h.Subjects(), s), end), timeOf(h.Start), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if err := rec.Read(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			all2, differ := rec.Compare(nil, true), 0
			for _, c := range all2 {
				differ += len(c.Blocks)
			}
			if err := rec.Replace(all2); err != nil {
				t.Fatal(err)
			}
			want := open(t, memory, planOf(sourceOf(all), h.Subjects(), s), end)
			advance(t, want, at)
			same := func(when string) {
				t.Helper()
				for _, sub := range h.Subjects() {
					a, b := l.Account(s, sub.ID, timeOf(end)), want.Account(s, sub.ID, timeOf(end))
					for e := h.Start - h.Start%res + res; e <= a.End.UnixMilli(); e += res {
						if x, y := a.Counts(0, timeOf(h.Start), timeOf(e)), b.Counts(0, timeOf(h.Start), timeOf(e)); x != y {
							t.Fatalf("%s, lost (%d, %d]: %s at %d of %d: %+v, want %+v", when, lostFrom-h.Start, lostTo-h.Start, sub.ID, e-h.Start, at-h.Start, x, y)
						}
					}
				}
			}
			same("recounted")
			if differ == 0 { // nothing was taken over, not even how long a target counts as scraped
				return
			}
			advance(t, l, end)
			advance(t, want, end)
			same("and counted on")
			closeLedger(t, l)
		})
	}
}
