package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// without leaves out the samples of a span.
func without(all []ledgertest.Series, from, to int64) []ledgertest.Series {
	out := slices.Clone(all)
	for i := range out {
		out[i].Samples = slices.DeleteFunc(slices.Clone(out[i].Samples), func(s ledgertest.Sample) bool { return s.T > from && s.T <= to })
	}
	return out
}

func sourceOf(all []ledgertest.Series) *ledgertest.Source {
	return ledgertest.NewSource(ledgertest.Plain(all))
}

// What came late is counted anew: then every figure is as if it had been there in time, and so is
// what is counted next.
func TestARecountIsAsIfEverythingHadBeenThereInTime(t *testing.T) {
	h, end := calm(2, 10*time.Hour)
	s, all := sloOf("s", "bad", "total"), without(seriesOf(h, ledgertest.All), 0, h.Start)
	oracles, err := ledgertest.NewOracles(h.Subjects(), h.Rules(false, true, true), all)
	if err != nil {
		t.Fatal(err)
	}
	const hour = int64(3_600_000)
	at := h.Start + 9*hour + 11*60_000 // up to where the ledger counts before the late samples are there
	for _, c := range []struct {
		name             string
		lostFrom, lostTo int64 // samples that were not there in time
		from, to         int64 // that is recounted
	}{
		{"an hour in the middle", h.Start + 3*hour, h.Start + 4*hour, h.Start + 3*hour, h.Start + 4*hour},
		{"less than an hour, over an edge", h.Start + 5*hour - 600_000, h.Start + 5*hour + 700_000, h.Start + 4*hour + 1, h.Start + 5*hour + 1},
		{"only the first of two hours is asked for", h.Start + 3*hour, h.Start + 4*hour + 300_000, h.Start + 3*hour, h.Start + 4*hour},
		{"up to the newest edge", h.Start + 8*hour + 1800_000, at, h.Start + 8*hour, 0},
		{"what begins the history", h.Start, h.Start + 2*hour, h.Start, h.Start + 2*hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
			l := open(t, cfg, planOf(sourceOf(without(all, c.lostFrom, c.lostTo)), h.Subjects(), s), end)
			advance(t, l, at)
			closeLedger(t, l)

			memory := cfg
			memory.Dir, memory.Backfill = "", timeOf(end).Sub(timeOf(c.from))+ledger.Warmup
			fresh := func(all []ledgertest.Series) *ledger.Ledger {
				return open(t, memory, planOf(sourceOf(all), h.Subjects(), s), end)
			}
			to := time.Time{}
			if c.to > 0 {
				to = timeOf(c.to)
			}
			compare := func(r *ledger.Recount, err error, further bool) []ledger.Compared {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				if err := r.Read(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				return r.Compare(nil, further)
			}
			found, err := ledger.Inspect(cfg.Dir)
			if err != nil {
				t.Fatal(err)
			}
			r, err := found.Recount(fresh(without(all, c.lostFrom, c.lostTo)), timeOf(c.from), to)
			for _, one := range compare(r, err, true) {
				if len(one.Blocks) > 0 || one.Equal == 0 || one.Failure != "" {
					t.Errorf("the same source: %s has %d equal, %d not: %+v %s", one.Subject, one.Equal, len(one.Blocks), one.Blocks, one.Failure)
				}
			}
			r, err = found.Recount(fresh(without(all, c.from-7200_000, end)), timeOf(c.from), to)
			if c.from > h.Start {
				for _, one := range compare(r, err, true) {
					for _, b := range one.Blocks {
						if b.State != ledger.NoData {
							t.Errorf("a source without samples: %s", b.State)
						}
					}
				}
			}

			l = open(t, cfg, planOf(sourceOf(all), h.Subjects(), s), end)
			r, err = l.Recount(fresh(all), timeOf(c.from), to)
			all2 := compare(r, err, true)
			differs := 0
			for _, one := range all2 {
				for _, b := range one.Blocks {
					if b.State == ledger.Differs {
						differs++
					}
				}
			}
			if differs == 0 {
				t.Fatal("nothing differs")
			}
			if err := r.Replace(all2); err != nil {
				t.Fatal(err)
			}
			closeLedger(t, l)
			l = open(t, cfg, planOf(sourceOf(all), h.Subjects(), s), end)
			for _, sub := range h.Subjects() {
				checkEdges(t, l, s, sub.ID, oracles[sub.ID], h.Start, at-at%60_000, 60_000)
			}
			advance(t, l, end)
			for _, sub := range h.Subjects() {
				checkEdges(t, l, s, sub.ID, oracles[sub.ID], h.Start, end, 60_000)
			}
			closeLedger(t, l)
		})
	}
}

// What is late just before the edge of an account that others have left behind is not taken over
// with them: what it knows of its series would not be of the same time.
func TestAnAccountThatLagsBehindIsRecountedByItself(t *testing.T) {
	h, end := calm(2, 5*time.Hour)
	s, all := sloOf("s", "bad", "total"), without(seriesOf(h, ledgertest.All), 0, h.Start)
	oracles, err := ledgertest.NewOracles(h.Subjects(), h.Rules(false, true, true), all)
	if err != nil {
		t.Fatal(err)
	}
	at := h.Start + 3*3_600_000
	cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
	some := sourceOf(without(all, at-1800_000, at))
	l := open(t, cfg, planOf(some, h.Subjects(), s), end)
	advance(t, l, at)
	configure(t, l, planOf(some, h.Subjects()[:1], s), end)
	advance(t, l, end)
	closeLedger(t, l)
	late := h.Subjects()[1]
	memory := cfg
	memory.Dir = ""
	recount := func(subjects []ledgertest.Subject) (failed, differ int) {
		t.Helper()
		l := open(t, cfg, planOf(sourceOf(all), h.Subjects(), s), end)
		defer closeLedger(t, l)
		r, err := l.Recount(open(t, memory, planOf(sourceOf(all), subjects, s), end), timeOf(h.Start), time.Time{})
		if err == nil {
			err = r.Read(t.Context(), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		found := r.Compare(nil, true)
		if err := r.Replace(found); err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			if c.Failure != "" {
				failed++
			}
			differ += len(c.Blocks)
		}
		return failed, differ
	}
	if failed, differ := recount(h.Subjects()); failed != 1 || differ == 0 {
		t.Errorf("%d failed, %d blocks differ, want 1 that failed", failed, differ)
	}
	if failed, _ := recount([]ledgertest.Subject{late}); failed != 0 {
		t.Error("by itself it failed, too")
	}
	l = open(t, cfg, planOf(sourceOf(all), h.Subjects(), s), end)
	advance(t, l, end)
	for _, sub := range h.Subjects() {
		checkEdges(t, l, s, sub.ID, oracles[sub.ID], h.Start, end, 60_000)
	}
	closeLedger(t, l)
}

// Sources close their edges each in its own time: one that is later than the others is recounted up to where it was.
func TestALaterSourceIsRecountedWithTheOthers(t *testing.T) {
	h, end := calm(2, 5*time.Hour)
	s, all := sloOf("s", "bad", "total"), without(seriesOf(h, ledgertest.All), 0, h.Start)
	oracles, err := ledgertest.NewOracles(h.Subjects(), h.Rules(false, true, true), all)
	if err != nil {
		t.Fatal(err)
	}
	planned := func(series []ledgertest.Series) (p ledger.Plan, ofOther []ledgertest.Subject) {
		p, _, ofOther = apart(h, sourceOf(series), sourceOf(series), s)
		p.Delays = map[string]time.Duration{"one": time.Nanosecond, "other": 5 * time.Minute}
		return p, ofOther
	}
	cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
	some, later := planned(without(all, end-40*60_000, end-20*60_000))
	l := open(t, cfg, some, end)
	advance(t, l, end)
	memory := cfg
	memory.Dir = ""
	whole, _ := planned(all)
	r, err := l.Recount(open(t, memory, whole, end), timeOf(h.Start), time.Time{})
	if err == nil {
		err = r.Read(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	found := r.Compare(nil, true)
	for _, c := range found {
		if c.Failure != "" || len(c.Blocks) == 0 {
			t.Errorf("%s: %d blocks differ, failure %q", c.Subject, len(c.Blocks), c.Failure)
		}
	}
	if err := r.Replace(found); err != nil {
		t.Fatal(err)
	}
	for _, sub := range h.Subjects() {
		upTo := end
		if slices.ContainsFunc(later, func(o ledgertest.Subject) bool { return o.ID == sub.ID }) {
			upTo -= 5 * 60_000
		}
		checkEdges(t, l, s, sub.ID, oracles[sub.ID], h.Start, upTo, 60_000)
	}
	closeLedger(t, l)
}
