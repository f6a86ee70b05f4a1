package ledgertest

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
)

// anchor is a target that is down: its sample shows that the source's data go back
// to S, also where the ShopSet's own series begin later.
func anchor(h *History, s Subject) Series {
	ls := append(slo.Labels{{Name: slo.MetricName, Value: UpMetric}, {Name: "instance", Value: "anchor"}}, s.Labels...)
	return Series{Labels: ls, Samples: []Sample{{h.Start + 1, 0}}}
}

// compare fails where the oracle and the truth of one ShopSet part, in any of the
// spans.
func compare(t *testing.T, h *History, s *ShopSet, seen Seen, spans []Span) {
	t.Helper()
	o, err := NewOracle(s.Subject, h.Rules(true, false, true), append(s.Samples(seen), anchor(h, s.Subject)))
	if err != nil {
		t.Fatal(err)
	}
	events := s.Events(seen)
	for _, w := range spans {
		got, want := o.Count(w.From, w.To), events.Told(w.From, w.To)
		if got.Good != want.Good || got.Total != want.Total || got.Bad != want.Bad {
			t.Errorf("seed %d, %s, (%d, %d]: oracle good %v total %v, told good %v total %v", h.Config.Seed, s.Spec.Name,
				w.From-h.Start, w.To-h.Start, got.Good, got.Total, want.Good, want.Total)
			part(t, h, o, events)
			return
		}
	}
	truth, told := events.Truth(h.Start, h.End), events.Told(h.Start, h.End)
	missing := 0.0
	for _, f := range []Fate{Unscraped, Begun, Pending} {
		missing += events.Residual(f, h.Start, h.End).Total
	}
	if truth.Total != told.Total+missing {
		t.Errorf("seed %d, %s: truth %v is not told %v + residual %v", h.Config.Seed, s.Spec.Name, truth.Total, told.Total, missing)
	}
}

// part logs where the oracle and the truth part first.
func part(t *testing.T, h *History, o *Oracle, events Events) {
	t.Helper()
	for at := h.Start + 1000; at <= h.End; at += 1000 {
		got, want := o.Count(h.Start, at), events.Told(h.Start, at)
		if got.Good == want.Good && got.Total == want.Total {
			continue
		}
		t.Logf("they part in (%d, %d]: oracle %+v, told %+v", at-1000, at, got, want)
		for _, inc := range o.Increments(at-1000, at) {
			t.Log(inc)
		}
		for _, e := range events {
			if at-1000 < e.At && e.At <= at {
				t.Logf("%+v", e)
			}
		}
		return
	}
}

func TestOracleEqualsTheTruthLessTheResidualOnTinyHistories(t *testing.T) {
	var told, unscraped float64
	hidden, unseen := 0, 0
	for seed := uint64(1); seed <= racetest.Fewer(uint64(150)) && !t.Failed(); seed++ {
		h := New(Tiny(seed, true))
		spans := []Span{{h.Start, h.End}}
		for e := h.Start; e < h.End; e += 7 * second {
			spans = append(spans, Span{e, e + 7*second}, Span{h.Start, e})
		}
		for i := range h.Config.ShopSets {
			s := h.ShopSet(i)
			for _, seen := range []Seen{All, AtClose(second, 15*second), AtClose(60*second, 15*second)} {
				compare(t, h, s, seen, spans)
			}
			es := s.Events(All)
			told += es.Told(h.Start, h.End).Total
			unscraped += es.Residual(Unscraped, h.Start, h.End).Total
			hidden += s.HiddenResets(All)
			for k, x := range s.Samples(All) {
				unseen += len(x.Samples) - len(s.Series[k].seen(AtClose(second, 15*second)))
			}
		}
	}
	t.Logf("told %v events, unscraped %v, hidden resets %d, samples too late %d", told, unscraped, hidden, unseen)
	if told == 0 || unscraped == 0 || hidden < 100 || unseen < 100 {
		t.Error("the histories are too tame to show anything")
	}
}

// TestOracleEqualsTheTruthOverAMonth also says what a count without the rules of
// resets and first samples makes of the same samples.
func TestOracleEqualsTheTruthOverAMonth(t *testing.T) {
	const days = 28
	if racetest.Fewer(days) < days {
		t.Skip("one goroutine, counted in the run without the race detector")
	}
	h := New(Config{Seed: 1, Length: days * 24 * time.Hour, ShopSets: Mixed(7), Blackouts: []Span{
		{defaultStart + 100*3600*second, defaultStart + 101*3600*second}, {defaultStart + 300*3600*second, defaultStart + 312*3600*second}}})
	r := rand.New(rand.NewPCG(1, 2))
	spans := []Span{{h.Start, h.End}}
	for range 8 {
		from := h.Start + r.Int64N(h.End-h.Start)
		spans = append(spans, Span{from, from + r.Int64N(h.End-from+1)})
	}
	samples := 0
	for i, spec := range h.Config.ShopSets {
		s := h.ShopSet(i)
		for k := range s.Series {
			samples += len(s.Series[k].Samples)
		}
		if spec.Exact() {
			compare(t, h, s, AtClose(60*second, 35*second), spans)
		}
		report(t, h, s)
	}
	t.Logf("%d samples", samples)
}

// TestOracleEqualsTheTruthUnderEveryTrouble goes through the other kinds of ShopSet.
func TestOracleEqualsTheTruthUnderEveryTrouble(t *testing.T) {
	for i, spec := range Mixed(17)[7:] {
		h := New(Config{Seed: uint64(i), Length: 2 * 24 * time.Hour, ShopSets: []Spec{spec}})
		s := h.ShopSet(0)
		if spec.Exact() {
			compare(t, h, s, AtClose(60*second, 35*second), []Span{{h.Start, h.End}, {h.Start + 7*3600*second, h.Start + 31*3600*second}})
		}
		report(t, h, s)
	}
}

// report logs the bad events of a ShopSet: the truth, what the rules count, and
// what is counted by own drops alone, with and without the first samples.
func report(t *testing.T, h *History, s *ShopSet) {
	t.Helper()
	seen := append(s.Samples(All), anchor(h, s.Subject))
	o, err := NewOracle(s.Subject, h.Rules(false, true, true), seen)
	if err != nil {
		t.Fatal(err)
	}
	events := s.Events(All)
	truth, counted := events.Truth(h.Start, h.End), o.Count(h.Start, h.End)
	drops, increases := 0.0, 0.0
	for _, x := range seen {
		if !Bad().Matches(x.Labels) {
			continue
		}
		d := ownDrops(x.Samples, h.Start)
		drops, increases = drops+d, increases+d
	}
	for _, inc := range o.Increments(h.Start, h.End) {
		if inc.Bad && inc.Prev == 0 {
			drops += inc.Value
		}
	}
	off := func(v float64) float64 { return 100 * (v - truth.Bad) / max(truth.Bad, 1) }
	t.Logf("%-12s bad: truth %9.0f, counted %+6.2f %% (unscraped %g, hidden resets %d); without inference %+6.2f %%, also without first samples %+6.2f %%; flags %s",
		s.Spec.Name, truth.Bad, off(counted.Bad), events.Residual(Unscraped, h.Start, h.End).Bad, s.HiddenResets(All), off(drops), off(increases), flagText(o.Flags(h.End), h.Start/1000))
	if s.Spec.Name == "sparse-1" && (off(drops) > -10 || off(increases) > -30) {
		t.Errorf("the sparse ShopSet does not show why the rules exist: %+.2f %%, %+.2f %%", off(drops), off(increases))
	}
}

// ownDrops sums the increments of one series by its own drops alone.
func ownDrops(samples []Sample, start int64) float64 {
	sum, before, any := 0.0, 0.0, false
	for _, x := range samples {
		if x.T <= start || !valid(x.V) {
			continue
		}
		switch {
		case any && x.V < before:
			sum += x.V
		case any:
			sum += x.V - before
		}
		before, any = x.V, true
	}
	return sum
}

func TestEqualConfigurationsMakeEqualHistories(t *testing.T) {
	sum := func(seed uint64) (n int, total float64) {
		h := New(Tiny(seed, false))
		err := h.Each(func(_ *Scraped, at int64, v float64, delivered int64) error {
			if delivered < at {
				t.Errorf("delivered at %d, before its time %d", delivered, at)
			}
			if valid(v) {
				n, total = n+1, total+v*float64(1+at%1009)+float64(delivered-at)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, total
	}
	for seed := uint64(1); seed <= 20; seed++ {
		n1, t1 := sum(seed)
		n2, t2 := sum(seed)
		if n1 != n2 || t1 != t2 || n1 == 0 {
			t.Errorf("seed %d: %d samples of sum %v, then %d of %v", seed, n1, t1, n2, t2)
		}
		if _, other := sum(seed + 1); other == t1 {
			t.Errorf("seeds %d and %d make the same history", seed, seed+1)
		}
	}
}

// TestHistoriesHaveEveryHardship keeps the generator from growing tame.
func TestHistoriesHaveEveryHardship(t *testing.T) {
	seen := map[string]int{}
	for seed := uint64(1); seed <= 60; seed++ {
		h := New(Tiny(seed, false))
		for i := range h.Config.ShopSets {
			s := h.ShopSet(i)
			for k := range s.Series {
				hardships(&s.Series[k], h, seen)
			}
			for _, e := range s.Events(All) {
				seen[[...]string{"told", "unscraped", "begun", "pending"}[e.Fate]]++
				if e.N != float64(int64(e.N)) {
					seen["fractional"]++
				}
			}
			for _, p := range s.pods {
				for _, l := range p.lives {
					if _, ok := firstScrape(s, p, l); !ok {
						seen["a process never scraped"]++
					}
				}
			}
			seen["hidden resets"] += s.HiddenResets(All)
			o, err := NewOracle(s.Subject, h.Rules(true, false, true), append(s.Samples(All), anchor(h, s.Subject)))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range o.Flags(h.End) {
				seen[string(f.Kind)] += f.Count
			}
		}
		seen["strays"] += len(h.Strays())
	}
	for _, want := range []string{"told", "unscraped", "begun", "pending", "fractional", "hidden resets", "strays", "late", "twice",
		"stale", "impossible", "up 0", "at S", "one sample", "start shifted", "appears late", "a process never scraped",
		"start stepped", "start in 1970", "old answer", "container", "histogram", "version", "zone", "moved", "drop by a part",
		string(slo.UnknownFirst), string(slo.ClockAndDrop), string(slo.UnexplainedDrop), string(slo.PartialDrop), string(slo.UnclearRestart),
		string(slo.SeveralProcesses), string(slo.ClockStep), string(slo.ChangedLabels)} {
		if seen[want] == 0 {
			t.Errorf("no history has: %s", want)
		}
	}
	t.Log(seen)
}

func hardships(s *Scraped, h *History, seen map[string]int) {
	name := s.Labels.Get(slo.MetricName)
	seen["late"] += len(s.Late)
	seen["twice"] += len(s.Twice)
	seen["old answer"] += len(s.old)
	if len(s.Samples) == 1 {
		seen["one sample"]++
	}
	for _, l := range []string{"container", "version", "zone"} {
		if s.Labels.Get(l) != "" {
			seen[l]++
		}
	}
	if strings.HasPrefix(s.Labels.Get("instance"), "moved-") {
		seen["moved"]++
	}
	if s.Labels.Get("le") != "" {
		seen["histogram"]++
	}
	for i, x := range s.Samples {
		switch {
		case slo.IsStale(x.V):
			seen["stale"]++
		case !valid(x.V):
			seen["impossible"]++
		case name == UpMetric && x.V == 0:
			seen["up 0"]++
		}
		if x.T == h.Start {
			seen["at S"]++
		}
		d := x.V - s.Samples[max(i-1, 0)].V
		switch {
		case name == StartTimeMetric && x.V < 1e9:
			seen["start in 1970"]++
		case name == StartTimeMetric && d != 0 && d >= -1 && d <= 1:
			seen["start shifted"]++
		case name == StartTimeMetric && d < -1:
			seen["start stepped"]++
		case name != UpMetric && d < 0 && x.V > -d:
			seen["drop by a part"]++
		}
	}
	if s.bad && len(s.Samples) > 0 && s.Samples[0].T > h.Start+60*second {
		seen["appears late"]++
	}
}

// firstScrape finds the first sample of any of a process's series.
func firstScrape(s *ShopSet, p *pod, l life) (int64, bool) {
	for i := range s.Series {
		for _, x := range s.Series[i].Samples {
			if s.Series[i].pod == p && l.born <= x.T && x.T < l.died {
				return x.T, true
			}
		}
	}
	return 0, false
}

func BenchmarkGenerate28Days(b *testing.B) {
	samples := 0
	for b.Loop() {
		h := New(Config{Seed: 1, Length: 28 * 24 * time.Hour, ShopSets: Mixed(28)})
		for i := range h.Config.ShopSets {
			s := h.ShopSet(i)
			for k := range s.Series {
				samples += len(s.Series[k].Samples)
			}
		}
	}
	b.ReportMetric(float64(samples)/b.Elapsed().Seconds()/1e6, "Msamples/s")
	b.ReportMetric(float64(samples)/float64(b.N), "samples/op")
}
