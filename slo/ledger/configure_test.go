package ledger_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// calm is a history of hours in which nothing comes late, so that the oracle knows
// it all.
func calm(shopsets int, length time.Duration) (h *ledgertest.History, end int64) {
	specs := ledgertest.Mixed(shopsets)
	for i := range specs {
		specs[i].LateEvery, specs[i].LateSample = 0, 0
		specs[i].PeakRate = max(specs[i].PeakRate, 0.5)
		specs[i].DeployEvery, specs[i].RestartEvery = time.Hour, 2*time.Hour
	}
	h = ledgertest.New(ledgertest.Config{Seed: 31, Length: length, ShopSets: specs})
	return h, h.End - h.End%60_000
}

func advance(t *testing.T, l *ledger.Ledger, to int64) {
	t.Helper()
	if err := l.Advance(context.Background(), time.UnixMilli(to+1), nil); err != nil {
		t.Fatal(err)
	}
}

func configure(t *testing.T, l *ledger.Ledger, p ledger.Plan, now int64) {
	t.Helper()
	if err := l.Configure(p, time.UnixMilli(now)); err != nil {
		t.Fatal(err)
	}
}

// checkAll compares every subject's edges from start to end with the oracle.
func checkAll(t *testing.T, l *ledger.Ledger, h *ledgertest.History, s *slo.SLO, subjects []ledgertest.Subject, start, end int64) {
	t.Helper()
	ind := s.Parts[0].Indicator
	rules := h.Rules(ind.Good != nil, ind.Bad != nil, ind.Total != nil)
	rules.Start, rules.First = start, ind.FirstSample
	oracles, err := ledgertest.NewOracles(subjects, rules, seriesOf(h, ledgertest.All))
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range subjects {
		checkEdges(t, l, s, sub.ID, oracles[sub.ID], start, end, 60_000)
	}
}

func TestAReloadThatFailsChangesNothing(t *testing.T) {
	h, end := calm(3, 4*time.Hour)
	s := sloOf("s", "bad", "total")
	elsewhere := sloOf("elsewhere", "bad", "total")
	elsewhere.Parts[0].Indicator.Bad.Source, elsewhere.Parts[0].Indicator.Total.Source = "nowhere", "nowhere"
	twice := planOf(h.Source(), h.Subjects(), s)
	twice.Items = append(twice.Items, ledger.Item{SLO: s, Subjects: []*ledger.Subject{{ID: "busy-1", Match: slo.Labels{{Name: "shopset", Value: "other"}}}}})
	same := planOf(h.Source(), h.Subjects(), s)
	same.Items = append(same.Items, ledger.Item{SLO: s, Subjects: []*ledger.Subject{{ID: "copy", Match: slo.Labels{{Name: "shopset", Value: "busy-1"}}}}})
	for _, c := range []struct {
		name, says string
		plan       ledger.Plan
	}{
		{"a data source that is not there", `"nowhere"`, planOf(h.Source(), h.Subjects(), s, elsewhere)},
		{"one subject with two matches", "busy-1 is given twice", twice},
		{"two subjects with one match", "copy", same},
		{"two SLOs of one name", `named "s"`, planOf(h.Source(), h.Subjects(), s, s)},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := open(t, testConfig("", h.Start, time.UnixMilli(end), h.Config.Interval, time.Minute), planOf(h.Source(), h.Subjects(), s), end)
			advance(t, l, h.Start+3_600_000)
			if err := l.Configure(c.plan, time.UnixMilli(end)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want an error that says %s", err, c.says)
			}
			advance(t, l, end)
			checkAll(t, l, h, s, h.Subjects(), h.Start, end)
		})
	}
}

func TestEqualSubjectsOfTwoSLOsAreOne(t *testing.T) {
	h, end := calm(2, 2*time.Hour)
	a, b := sloOf("a", "bad", "total"), sloOf("b", "good", "bad")
	p, other := planOf(h.Source(), h.Subjects(), a), planOf(h.Source(), h.Subjects(), b)
	p.Items = append(p.Items, other.Items...) // other pointers, equal subjects
	l := open(t, testConfig("", h.Start, time.UnixMilli(end), h.Config.Interval, time.Minute), p, end)
	advance(t, l, end)
	checkAll(t, l, h, a, h.Subjects(), h.Start, end)
	checkAll(t, l, h, b, h.Subjects(), h.Start, end)
}

func TestAnAnswerInUseOutlivesAReload(t *testing.T) {
	h, end := calm(1, time.Hour)
	s := sloOf("s", "bad", "total")
	l := open(t, testConfig("", h.Start, time.UnixMilli(end), h.Config.Interval, time.Minute), planOf(h.Source(), h.Subjects(), s), end)
	advance(t, l, end)
	acc := l.Account(s, "busy-1", time.UnixMilli(end))
	before := acc.Counts(0, timeOf(h.Start), timeOf(end))
	configure(t, l, planOf(h.Source(), nil, s), end)
	if after := acc.Counts(0, timeOf(h.Start), timeOf(end)); after != before || after.Total == 0 {
		t.Errorf("before the reload %v, after it %v", before, after)
	}
	if acc := l.Account(s, "busy-1", time.UnixMilli(end)); !acc.End.IsZero() {
		t.Errorf("an SLO that is no longer counted has figures up to %v", acc.End)
	}
}

func TestAnSLOAskedForByAnOldDocumentHasNothingCounted(t *testing.T) {
	h, end := calm(1, time.Hour)
	s, old := sloOf("s", "bad", "total"), sloOf("s", "bad", "total")
	old.Parts = append(old.Parts, old.Parts[0])
	l := open(t, testConfig("", h.Start, time.UnixMilli(end), h.Config.Interval, time.Minute), planOf(h.Source(), h.Subjects(), s), end)
	advance(t, l, end)
	acc := l.Account(old, "busy-1", time.UnixMilli(end))
	if c := acc.Counts(1, timeOf(h.Start), timeOf(end)); c.Covered != 0 || c.Total != 0 {
		t.Errorf("a part that is not counted has %v", c)
	}
	if _, ok := l.Totals(old, "busy-1"); ok {
		t.Error("totals of a document that is not counted")
	}
}

func TestAChangedSLOStartsAnewWhileOthersKeep(t *testing.T) {
	h, end := calm(3, 6*time.Hour)
	change := h.Start + 3*3_600_000
	kept, before, after := sloOf("kept", "bad", "total"), sloOf("changed", "good", "total"), sloOf("changed", "good", "bad")
	dir := t.TempDir()
	cfg := testConfig(dir, h.Start, timeOf(change), h.Config.Interval, time.Minute)
	l := open(t, cfg, planOf(h.Source(), h.Subjects(), kept, before), change)
	advance(t, l, change)
	checkAll(t, l, h, before, h.Subjects(), h.Start, change)
	closeLedger(t, l)

	cfg.Backfill = time.Hour
	l = open(t, cfg, planOf(h.Source(), h.Subjects(), kept, after), change)
	advance(t, l, end)
	checkAll(t, l, h, kept, h.Subjects(), h.Start, end)
	checkAll(t, l, h, after, h.Subjects(), change-3_600_000, end)
	if got := l.Account(after, "busy-1", timeOf(end)).Start.UnixMilli(); got != change-3_600_000 {
		t.Errorf("the changed SLO is counted from %d, want %d", got, change-3_600_000)
	}
	closeLedger(t, l)
}

func TestAnSLORemovedAndBackGoesOn(t *testing.T) {
	for _, reopen := range []bool{false, true} {
		h, end := calm(3, 6*time.Hour)
		all, one := planOf(h.Source(), h.Subjects(), sloOf("s", "bad", "total"), sloOf("t", "good", "bad")), planOf(h.Source(), h.Subjects(), sloOf("t", "good", "bad"))
		cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
		cfg.CheckpointAfter = 10_000
		l := open(t, cfg, all, end)
		for k, p := range []ledger.Plan{all, one, all, one, all} {
			if reopen && k > 0 {
				cfg.Backfill = time.Minute // what goes on must not begin anew
				closeLedger(t, l)
				l = open(t, cfg, p, end)
			}
			configure(t, l, p, end)
			advance(t, l, h.Start+int64(k+1)*3_600_000)
		}
		advance(t, l, end)
		checkAll(t, l, h, sloOf("s", "bad", "total"), h.Subjects(), h.Start, end)
		checkAll(t, l, h, sloOf("t", "good", "bad"), h.Subjects(), h.Start, end)
		closeLedger(t, l)
	}
}

func TestTwoSLOsOnOneSelectorAreReadOnce(t *testing.T) {
	h, end := calm(3, 3*time.Hour)
	stats := func(slos ...*slo.SLO) ledgertest.SourceStats {
		src := h.Source()
		l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), planOf(src, h.Subjects(), slos...), end)
		advance(t, l, end)
		for _, s := range slos {
			checkAll(t, l, h, s, h.Subjects(), h.Start, end)
		}
		return src.Stats()
	}
	stricter := sloOf("stricter", "bad", "total")
	stricter.Objective = 999_000_000
	alone := stats(sloOf("s", "bad", "total"))
	together := stats(sloOf("s", "bad", "total"), stricter, sloOf("good", "good", "total"))
	if together.Samples != alone.Samples || together.Selects != alone.Selects || alone.Samples == 0 {
		t.Errorf("one SLO read %+v, three on the same counters %+v", alone, together)
	}
}

func TestOfAPartOnlyItsOwnSeriesAreRead(t *testing.T) {
	h, end := calm(80, 2*time.Hour)
	s := sloOf("s", "bad", "total")
	own := h.Subjects()[:70]
	sent := func(part bool) int64 {
		src := &sending{Source: h.Source()}
		p := planOf(src, own, s)
		p.Part = part
		l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), p, end)
		advance(t, l, end)
		checkAll(t, l, h, s, own, h.Start, end)
		return src.series.Load()
	}
	if all, part := sent(false), sent(true); part == 0 || part >= all {
		t.Errorf("%d series were sent for 70 of 80 ShopSets, %d for a part", all, part)
	}
}

// sending counts the series that a source sends.
type sending struct {
	ledger.Source
	series atomic.Int64
}

func (s *sending) Select(ctx context.Context, r slo.Request, f func([]slo.Series) error) error {
	return s.Source.Select(ctx, r, func(series []slo.Series) error {
		s.series.Add(int64(len(series)))
		return f(series)
	})
}

func TestAnExporterBesideTheCartCoversOnlySLOsThatDoNotNameTheJob(t *testing.T) {
	start, end := firstMonday, firstMonday+600_000
	series := func(name, job string, last int64, step float64) ledgertest.Series {
		s := ledgertest.Series{Labels: slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "instance", Value: "p"}, {Name: "job", Value: job}, {Name: "shopset", Value: "x"}}}
		for at, v := start+5000, 1.0; at <= last; at += 30_000 {
			s.Samples = append(s.Samples, ledgertest.Sample{T: at, V: v})
			v += step
		}
		return s
	}
	all := []ledgertest.Series{series("http_requests_total", "cart", start+200_000, 5), series("up", "cart", start+200_000, 0), series("up", "node", end, 0),
		series(ledgertest.StartTimeMetric, "node", end, 100)} // the exporter restarts all the time
	total := slo.Matcher{Name: slo.MetricName, Type: slo.Equal, Value: "http_requests_total"}
	none := slo.Matcher{Name: slo.MetricName, Type: slo.Equal, Value: "nothing"}
	job := slo.Matcher{Name: "job", Type: slo.Equal, Value: "cart"}
	sub := ledgertest.Subject{ID: "x", Labels: slo.Labels{{Name: "shopset", Value: "x"}}}
	wide, named := sloOf("wide", "bad", "total"), sloOf("named", "bad", "total")
	named.Parts[0].Indicator.Bad.Text, named.Parts[0].Indicator.Total.Text = "bad in job", "total in job"
	p := planOf(ledgertest.NewSource(ledgertest.Plain(all)), []ledgertest.Subject{sub}, wide, named)
	p.Reads[""] = ledger.Selecting(func(text string) ([]slo.Selector, bool) {
		return []slo.Selector{map[string]slo.Selector{"bad": {none}, "total": {total}, "bad in job": {none, job}, "total in job": {total, job}}[text]}, true
	})
	l := open(t, testConfig("", start, timeOf(end), 30*time.Second, time.Minute), p, end)
	advance(t, l, end)
	for s, rules := range map[*slo.SLO]ledgertest.Rules{
		wide:  {Bad: slo.Selector{none}, Total: slo.Selector{total}},
		named: {Bad: slo.Selector{none, job}, Total: slo.Selector{total, job}},
	} {
		rules.Interval, rules.Start = 30_000, start
		o, err := ledgertest.NewOracle(sub, rules, all)
		if err != nil {
			t.Fatal(err)
		}
		checkEdges(t, l, s, "x", o, start, end, 60_000)
	}
	of := func(s *slo.SLO) time.Duration {
		return l.Account(s, "x", timeOf(end)).Counts(0, timeOf(start), timeOf(end)).Covered
	}
	if of(wide) <= of(named) || of(named) == 0 {
		t.Errorf("covered %v where the job is named, %v where it is not", of(named), of(wide))
	}
}

func TestANewShopSetIsCountedFromThePastAlone(t *testing.T) {
	h, end := calm(4, 6*time.Hour)
	s, src := sloOf("s", "bad", "total"), h.Source()
	half := h.Start + 3*3_600_000
	l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), planOf(src, h.Subjects()[:3], s), end)
	advance(t, l, half)
	configure(t, l, planOf(src, h.Subjects(), s), end)
	before := src.Stats()
	advance(t, l, half)
	read := src.Stats().Samples - before.Samples
	var own int64
	for _, x := range h.ShopSet(3).Samples(ledgertest.All) {
		for _, p := range x.Samples {
			if p.T > h.Start && p.T <= half {
				own++
			}
		}
	}
	if read != own || own == 0 {
		t.Errorf("%d samples were read to count a new ShopSet that has %d", read, own)
	}
	advance(t, l, end)
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
}

func TestReloadingAndAnsweringWhileTicking(t *testing.T) {
	h, end := calm(4, 6*time.Hour)
	src := h.Source()
	s, other := sloOf("s", "bad", "total"), sloOf("t", "good", "bad")
	one, both := planOf(src, h.Subjects(), s), planOf(src, h.Subjects(), s, other)
	cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
	cfg.CheckpointAfter = 10_000
	l := open(t, cfg, both, end)
	ctx, done := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for k := 0; ctx.Err() == nil; k++ {
			if err := l.Configure([]ledger.Plan{one, both}[k%2], timeOf(end)); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			for _, x := range []*slo.SLO{s, other} {
				for _, sub := range h.Subjects() {
					acc := l.Account(x, sub.ID, timeOf(end))
					if c := acc.Counts(0, timeOf(h.Start), timeOf(end)); c.Good > c.Total {
						t.Errorf("good %v of %v", c.Good, c.Total)
					}
					l.Totals(x, sub.ID)
				}
			}
			time.Sleep(time.Millisecond)
		}
	})
	advanceAtRandom(t, rand.New(rand.NewPCG(1, 4)), l, nil, h.Start, end, 300_000)
	done()
	wg.Wait()
	configure(t, l, both, end)
	advance(t, l, end)
	checkAll(t, l, h, s, h.Subjects(), h.Start, end)
	checkAll(t, l, h, other, h.Subjects(), h.Start, end)
	closeLedger(t, l)
}

func TestAClockThatStepsBackOrForthLosesNoEvent(t *testing.T) {
	h, end := calm(3, 8*time.Hour)
	s, src := sloOf("s", "bad", "total"), h.Source()
	l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), planOf(src, h.Subjects(), s), end)
	const hour = int64(3_600_000)
	tick := func(now, clock int64) { // the clock that the ledger is told may be off
		src.SetNow(now)
		advance(t, l, clock)
	}
	for now := h.Start; now < end; now += 60_000 {
		switch since := now - h.Start; {
		case since > 2*hour && since < 3*hour:
			tick(now, now-hour) // an hour back: nothing is closed, nothing counted again
		case since > 5*hour && since < 5*hour+10*60_000:
			tick(now, now+hour) // an hour ahead for ten minutes: edges close before their samples are there
		default:
			tick(now, now)
		}
	}
	tick(end, end)
	// What was scraped at or before an edge that had been closed early is not seen; the
	// next sample after it carries what it said.
	closed := h.Start + 6*hour + 9*60_000
	seen := func(at, _ int64) bool { return at <= h.Start+5*hour+60_000 || at > closed }
	oracles, err := ledgertest.NewOracles(h.Subjects(), h.Rules(false, true, true), seriesOf(h, seen))
	if err != nil {
		t.Fatal(err)
	}
	for id, o := range oracles {
		want := o.Count(h.Start, end)
		acc := l.Account(s, id, timeOf(end))
		got := acc.Counts(0, timeOf(h.Start), timeOf(end))
		if got.Good != want.Good || got.Total != want.Total || got.Covered.Milliseconds() != want.Covered || want.Total == 0 {
			t.Errorf("%s: good %v total %v covered %v, the oracle has %+v", id, got.Good, got.Total, got.Covered, want)
		}
	}
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms) }

func TestThePastIsAsFreshAsItWasThen(t *testing.T) {
	h := ledgertest.New(ledgertest.Config{Seed: 4, Length: time.Hour,
		Blackouts: []ledgertest.Span{{From: 1767571200000 + 600_000, To: 1767571200000 + 1_800_000}}})
	end := h.End - h.End%60_000
	s := sloOf("s", "bad", "total")
	l := open(t, testConfig("", h.Start, time.UnixMilli(end), h.Config.Interval, time.Minute), planOf(h.Source(), h.Subjects(), s), end)
	if err := l.Advance(context.Background(), time.UnixMilli(end+1), nil); err != nil {
		t.Fatal(err)
	}
	id := h.Subjects()[0].ID
	now := l.Account(s, id, time.UnixMilli(end)).LastSample.UnixMilli()
	if now < end-60_000 || now > end {
		t.Errorf("now: last heard %d, want within the last minute before %d", now, end)
	}
	// In the dark: nothing was heard since the tenth minute, and for two intervals it still counted.
	then := l.Account(s, id, time.UnixMilli(h.Start+1_500_000)).LastSample.UnixMilli() - h.Start
	if then < 600_000 || then > 720_000 {
		t.Errorf("in the dark: last heard %d ms after the start, want 600000 to 720000", then)
	}
	if before := l.Account(s, id, time.UnixMilli(h.Start-60_000)); !before.LastSample.IsZero() {
		t.Errorf("before counting began: last heard %v, want nothing", before.LastSample)
	}
}
