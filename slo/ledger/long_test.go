package ledger_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// longCheck is one ShopSet's long history, a ledger that counted it, and the oracle
// for what the ledger saw.
type longCheck struct {
	h      *ledgertest.History
	shop   *ledgertest.ShopSet
	seen   ledgertest.Seen
	l      *ledger.Ledger
	s      *slo.SLO
	oracle *ledgertest.Oracle
	end    int64
	res    int64
	fine   int64
}

// checkLong counts each kind of ShopSet over some days, one after the other to
// bound the memory: in one go afterwards, and edge by edge as the time passed.
func checkLong(t *testing.T, seed uint64, days, kinds int, fine time.Duration) {
	for i, spec := range ledgertest.Mixed(kinds) {
		t.Run(spec.Name, func(t *testing.T) {
			h := ledgertest.New(ledgertest.Config{Seed: seed + uint64(i), Length: time.Duration(days) * 24 * time.Hour, ShopSets: []ledgertest.Spec{spec},
				Blackouts: []ledgertest.Span{{From: firstMonday + 30*3_600_000, To: firstMonday + 31*3_600_000}}})
			shop := h.ShopSet(0)
			for _, live := range []bool{false, true} {
				c := &longCheck{h: h, shop: shop, seen: ledgertest.All, res: 60_000, fine: fine.Milliseconds()}
				c.count(t, live)
				c.edges(t)
				c.windows(t, rand.New(rand.NewPCG(seed, uint64(i))))
				c.truth(t)
			}
		})
	}
}

const firstMonday = int64(1_767_571_200_000) // where histories start

// count runs the ledger over the history.
func (c *longCheck) count(t *testing.T, live bool) {
	const delay = 35_000
	queries := []string{"bad", "total"}
	if live {
		c.res, c.seen, queries = 300_000, ledgertest.AtClose(300_000, delay), []string{"good", "total"}
	}
	c.end = c.h.End - c.h.End%c.res
	c.s = sloOf("s", queries...)
	cfg := testConfig("", c.h.Start, timeOf(c.end), c.h.Config.Interval, time.Duration(c.res)*time.Millisecond)
	cfg.Fine = time.Duration(c.fine) * time.Millisecond
	src := ledgertest.NewSource(c.shop.Series)
	if live {
		cfg.Delay = delay * time.Millisecond
	}
	c.l = open(t, cfg, planOf(src, c.h.Subjects(), c.s), c.end)
	if !live {
		advance(t, c.l, c.end)
	}
	for edge := c.h.Start + c.res; live && edge <= c.end; edge += c.res {
		src.SetNow(edge + delay)
		if err := c.l.Advance(context.Background(), timeOf(edge+delay), nil); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if c.oracle, err = ledgertest.NewOracle(c.shop.Subject, c.h.Rules(live, !live, true), c.shop.Samples(c.seen)); err != nil {
		t.Fatal(err)
	}
}

// edges compares the figures at every stored edge: at all of them in the recent
// time, at every sixtieth before.
func (c *longCheck) edges(t *testing.T) {
	t.Helper()
	var edges []int64
	for e := c.h.Start + c.res; e <= c.end; e += c.res {
		if e%(60*c.res) == 0 || e >= c.end-c.fine {
			edges = append(edges, e)
		}
	}
	acc := c.l.Account(c.s, c.shop.Subject.ID, timeOf(c.end))
	for i, want := range c.oracle.Edges(edges) {
		got := acc.Counts(0, timeOf(c.h.Start), timeOf(edges[i]))
		if got.End.UnixMilli() != edges[i] || got.Good != want.Good || got.Total != want.Total || got.Covered.Milliseconds() != want.Covered {
			t.Fatalf("at edge %d of %d: %+v, the oracle has %+v", i, len(edges), got, want)
		}
	}
	if got, want := flagTimes(acc.Flags, c.h.Start), flagTimes(c.oracle.Flags(c.end), c.h.Start); got != want {
		t.Fatalf("flags %s, the oracle raises %s", got, want)
	}
}

// windows compares random windows between edges that are stored: where a bound is
// not, the answer says which one was taken.
func (c *longCheck) windows(t *testing.T, r *rand.Rand) {
	t.Helper()
	acc := c.l.Account(c.s, c.shop.Subject.ID, timeOf(c.end))
	events := c.shop.Events(c.seen)
	coarse := 0
	for k := range 150 {
		from := c.h.Start + r.Int64N(c.end-c.h.Start)
		if k%3 == 0 {
			from = max(c.h.Start, c.end-r.Int64N(2*c.fine))
		}
		to := from + r.Int64N(c.end-from+1)
		got := acc.Counts(0, timeOf(from), timeOf(to))
		start, end := got.Start.UnixMilli(), got.End.UnixMilli()
		for _, bound := range []struct{ asked, given int64 }{{from, start}, {to, end}} {
			step := 60 * c.res
			if bound.asked >= c.end-c.fine {
				step = c.res
			} else if bound.given%step == 0 && bound.asked-bound.given >= c.res {
				coarse++
			}
			if bound.given > bound.asked || bound.given <= bound.asked-step || bound.given%c.res != 0 {
				t.Fatalf("(%d, %d]: moved to (%d, %d]", from, to, start, end)
			}
		}
		want := c.oracle.Count(start, end)
		if got.Good != want.Good || got.Total != want.Total || got.Covered.Milliseconds() != want.Covered {
			t.Fatalf("(%d, %d]: %+v, the oracle has %+v", start, end, got, want)
		}
		if told := events.Told(start, end); c.shop.Spec.Exact() && (got.Good != told.Good || got.Total != told.Total) {
			t.Fatalf("(%d, %d]: %+v, what was scraped tells of %+v", start, end, got, told)
		}
	}
	if coarse == 0 {
		t.Error("no window began between stored edges")
	}
}

// truth compares with all that happened, less what no scrape could tell.
func (c *longCheck) truth(t *testing.T) {
	t.Helper()
	if !c.shop.Spec.Exact() {
		return
	}
	events := c.shop.Events(func(at, delivered int64) bool { return at <= c.end && c.seen(at, delivered) })
	want := events.Truth(c.h.Start, c.h.End)
	for _, f := range []ledgertest.Fate{ledgertest.Unscraped, ledgertest.Begun, ledgertest.Pending} {
		lost := events.Residual(f, c.h.Start, c.h.End)
		want.Good, want.Total = want.Good-lost.Good, want.Total-lost.Total
	}
	got := c.l.Account(c.s, c.shop.Subject.ID, timeOf(c.end)).Counts(0, timeOf(c.h.Start), timeOf(c.end))
	if got.Good != want.Good || got.Total != want.Total || want.Total == 0 {
		t.Errorf("counted %+v, the truth less what was never scraped is %+v", got, want)
	}
}

func TestThreeDaysOfEveryKindOfShopSetEqualTheOracleAndTheTruth(t *testing.T) {
	checkLong(t, 100, 3, racetest.Fewer(17), 6*time.Hour)
}

func TestFiguresStayRightWhenRetentionForgets(t *testing.T) {
	const hour = int64(3_600_000)
	h, end := calm(3, 72*time.Hour)
	s := sloOf("s", "bad", "total")
	dir := t.TempDir()
	cfg := testConfig(dir, h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.Retention, cfg.Fine, cfg.CheckpointAfter = 24*time.Hour, 6*time.Hour, 50_000
	l := open(t, cfg, planOf(h.Source(), h.Subjects(), s), end)
	advanceAtRandom(t, rand.New(rand.NewPCG(5, 5)), l, nil, h.Start, end, 2*hour)
	for range 2 {
		for i, sub := range h.Subjects() {
			o, err := ledgertest.NewOracle(sub, h.Rules(false, true, true), h.ShopSet(i).Samples(ledgertest.All))
			if err != nil {
				t.Fatal(err)
			}
			acc := l.Account(s, sub.ID, timeOf(end))
			old := acc.Start.UnixMilli()
			if kept := end - old; kept < 24*hour || kept > 25*hour {
				t.Fatalf("%d hours are kept, want 24", kept/hour)
			}
			for back := hour; back <= 24*hour; back += hour {
				from := end - back
				got, want := acc.Counts(0, timeOf(from), timeOf(end)), o.Count(from, end)
				if got.Start.UnixMilli() != from || got.Good != want.Good || got.Total != want.Total || got.Covered.Milliseconds() != want.Covered {
					t.Fatalf("%s over %d h: %+v, the oracle has %+v", sub.ID, back/hour, got, want)
				}
			}
			// A window longer than what is kept has its own start, and less coverage.
			got, want := acc.Counts(0, timeOf(old-hour), timeOf(end)), o.Count(old, end)
			if got.Start.UnixMilli() != old-hour || got.Total != want.Total || got.Covered.Milliseconds() != want.Covered {
				t.Fatalf("%s beyond what is kept: %+v, the oracle has %+v", sub.ID, got, want)
			}
		}
		closeLedger(t, l)
		l = open(t, cfg, planOf(h.Source(), h.Subjects(), s), end)
	}
	closeLedger(t, l)

	// Pods of the first day are forgotten, those of the last are not.
	var b []byte
	for _, kind := range []string{"checkpoint", "log"} {
		paths, _ := filepath.Glob(filepath.Join(dir, kind+"-????????"))
		part, err := os.ReadFile(slices.Max(paths))
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, part...)
	}
	first, last := "", ""
	for _, x := range h.ShopSet(0).Samples(ledgertest.All) {
		instance := x.Labels.Get("instance")
		if to := x.Samples[len(x.Samples)-1].T; to < h.Start+12*hour {
			first = instance
		} else if to > end-hour {
			last = instance
		}
	}
	if first == "" || last == "" || strings.Contains(string(b), first) || !strings.Contains(string(b), last) {
		t.Errorf("the files have the pod %q of the first day: %t, and %q of the last: %t", first, strings.Contains(string(b), first), last, strings.Contains(string(b), last))
	}
}

func TestATargetForgottenAndBackIsOfUnknownAge(t *testing.T) {
	const hour = int64(3_600_000)
	start, end := firstMonday, firstMonday+12*hour
	plain := func(name, code string, at ...ledgertest.Sample) ledgertest.Series {
		return ledgertest.Series{Labels: slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "code", Value: code}, {Name: "instance", Value: "a"}, {Name: "shopset", Value: "x"}}, Samples: at}
	}
	// What is old is judged by the newest sample: something has to go on.
	other := ledgertest.Series{Labels: slo.Labels{{Name: slo.MetricName, Value: "http_requests_total"}, {Name: "code", Value: "200"}, {Name: "instance", Value: "b"}, {Name: "shopset", Value: "y"}}}
	for at := start; at < end; at += 30_000 {
		other.Samples = append(other.Samples, ledgertest.Sample{T: at, V: 1})
	}
	src := ledgertest.NewSource(ledgertest.Plain([]ledgertest.Series{other,
		plain("http_requests_total", "200", ledgertest.Sample{T: start + 1000, V: 100}, ledgertest.Sample{T: start + 31_000, V: 110},
			ledgertest.Sample{T: start + 8*hour, V: 150}, ledgertest.Sample{T: start + 8*hour + 30_000, V: 157}),
	}))
	for _, c := range []struct {
		name      string
		retention time.Duration
		total     float64
		flags     int
	}{{"forgotten", 2 * time.Hour, 10 + 7, 1}, {"remembered", 24 * time.Hour, 10 + 40 + 7, 0}} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig(t.TempDir(), start, timeOf(end), 30*time.Second, time.Minute)
			cfg.Retention, cfg.CheckpointAfter = c.retention, 1
			s := sloOf("s", "good", "total")
			l := open(t, cfg, planOf(src, []ledgertest.Subject{{ID: "x", Labels: slo.Labels{{Name: "shopset", Value: "x"}}}, {ID: "y", Labels: slo.Labels{{Name: "shopset", Value: "y"}}}}, s), end)
			for now := start; now <= end; now += hour {
				advance(t, l, now)
			}
			total, ok := l.Totals(s, "x")
			if acc := l.Account(s, "x", timeOf(end)); !ok || total.Total != c.total || len(acc.Flags) != c.flags {
				t.Errorf("total %v, want %v; flags %v", total.Total, c.total, acc.Flags)
			}
			closeLedger(t, l)
		})
	}
}

func TestAnAccountThatLagsBehindForgetsNothingThatItStillHasToRead(t *testing.T) {
	h, end := calm(2, 12*time.Hour)
	s, src := sloOf("s", "bad", "total"), h.Source()
	cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.Retention, cfg.CheckpointAfter = 10*time.Hour, 1
	other := sloOf("other", "bad", "total")
	other.Parts[0].Indicator.Bad.Source, other.Parts[0].Indicator.Total.Source = "other", "other"
	p := planOf(src, h.Subjects(), s, other)
	p.Sources["other"], p.Reads["other"] = h.Source(), read // goes on, so that checkpoints are made
	l := open(t, cfg, p, end)
	src.Fail(ledgertest.Refused, h.Start+2*3_600_000, end)
	advance(t, l, h.Start+3_600_000)
	for now := h.Start + 3*3_600_000; now < end; now += 3_600_000 {
		src.SetNow(now)
		// The clock is a day ahead of the source, and the source is away.
		if err := l.Advance(context.Background(), timeOf(now).Add(24*time.Hour), nil); err == nil {
			t.Fatal("the source did not fail")
		}
	}
	src.SetNow(end)
	advance(t, l, end)
	for i, sub := range h.Subjects() {
		o, err := ledgertest.NewOracle(sub, h.Rules(false, true, true), h.ShopSet(i).Samples(ledgertest.All))
		if err != nil {
			t.Fatal(err)
		}
		want := o.Count(h.Start, end)
		if got, ok := l.Totals(s, sub.ID); !ok || got.Total != want.Total || got.Good != want.Good || want.Total == 0 {
			t.Errorf("%s: %+v, the oracle has %+v", sub.ID, got, want)
		}
	}
	closeLedger(t, l)
}
