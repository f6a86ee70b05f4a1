package ledger_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// gridRes is the resolution of the tests on a grid: a value of an expression stands
// at each edge, or none.
const gridRes = int64(60_000)

// points are the values of one series of an expression, by edge.
type points map[int64]float64

// gridCase is an indicator on a grid with the values of its expressions for one
// subject.
type gridCase struct {
	ind    slo.Indicator
	method slo.Method
	slice  int64 // ms
	target float64
	start  int64
	end    int64
	first  []points // series of the first query (the only one, good, or bad of bad and total)
	second []points // series of the second
}

// oneEdge is what a bucket has: counts of events (or points), and whether it has data.
type oneEdge struct {
	good, total float64
	data        bool
}

func countable(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) && v >= 0 }

// bucketAt says, from docs/counting.md ("On a grid"), what the bucket that ends at an
// edge has.
func (c *gridCase) bucketAt(edge int64) oneEdge {
	var out oneEdge
	switch c.ind.Kind {
	case slo.Threshold:
		for _, p := range c.first {
			if v, ok := p[edge]; ok && !math.IsNaN(v) {
				out.total++
				out.data = true
				switch {
				case c.ind.Op == slo.LessThan && v < c.ind.Limit, c.ind.Op == slo.LessOrEqual && v <= c.ind.Limit,
					c.ind.Op == slo.GreaterThan && v > c.ind.Limit, c.ind.Op == slo.GreaterOrEqual && v >= c.ind.Limit:
					out.good++
				}
			}
		}
		return out
	case slo.RawRatio:
		for _, p := range c.first {
			if v, ok := p[edge]; ok && countable(v) && v <= 1 {
				out.total++
				out.data = true
				if c.ind.Failure {
					out.good += 1 - v
				} else {
					out.good += v
				}
			}
		}
		return out
	}
	one, any1 := c.sum(c.first, edge)
	two, any2 := c.sum(c.second, edge)
	if out.data = any2; c.ind.Total == nil {
		out.data = any1 || any2
	}
	if !out.data && c.ind.Counter != slo.Yes {
		return out
	}
	switch {
	case c.ind.Total == nil:
		out.good, out.total = one, one+two
	case c.ind.Bad != nil:
		out.good, out.total = two-one, two
	default:
		out.good, out.total = one, two
	}
	return out
}

// sum adds up what an expression's series say at an edge: their values, or for a
// counter what they grew by since the value before.
func (c *gridCase) sum(series []points, edge int64) (sum float64, any bool) {
	for _, p := range series {
		v, ok := p[edge]
		if !ok || !countable(v) {
			continue
		}
		any = true
		if c.ind.Counter != slo.Yes {
			sum += v
			continue
		}
		for before := edge - gridRes; before > c.start; before -= gridRes {
			if b, ok := p[before]; ok && countable(b) {
				if sum += v - b; v < b {
					sum += b
				}
				break
			}
		}
	}
	return sum, any
}

// edges gives what is to be kept at every edge: good, total, covered ms, and whether
// there has been any data.
func (c *gridCase) edges(buckets func(edge int64) oneEdge, covered func(edge int64) int64, res int64) (out []ledgertest.Counts) {
	var sum ledgertest.Counts
	var slice oneEdge
	for e := c.start + res; e <= c.end; e += res {
		b := buckets(e)
		sum.Covered += covered(e)
		if c.method == slo.Occurrences {
			sum.Good, sum.Total = sum.Good+b.good, sum.Total+b.total
			out = append(out, sum)
			continue
		}
		slice.good, slice.total = slice.good+b.good, slice.total+b.total
		if e%c.slice == 0 { // slices are aligned to the epoch
			if slice.total > 0 {
				sum.Total++
				if ratio := slice.good / slice.total; c.method == slo.RatioTimeslices {
					sum.Good += ratio
				} else if ratio >= c.target {
					sum.Good++
				}
			}
			slice = oneEdge{}
		}
		out = append(out, sum)
	}
	return out
}

// randomGrid makes a case of a seed.
func randomGrid(r *rand.Rand, method slo.Method) *gridCase {
	c := &gridCase{method: method, start: firstMonday + gridRes*r.Int64N(30)}
	c.end = c.start + gridRes*(10+r.Int64N(150))
	c.slice, c.target = gridRes*(1+r.Int64N(7)), float64(r.IntN(9))/8
	one, two := &slo.Query{Text: "one"}, &slo.Query{Text: "two"}
	value := func() float64 { return float64(r.IntN(80)) / 8 }
	switch r.IntN(7) {
	case 0:
		c.ind = slo.Indicator{Kind: slo.Threshold, Value: one, Limit: 4, Op: []slo.Op{slo.LessThan, slo.LessOrEqual, slo.GreaterThan, slo.GreaterOrEqual}[r.IntN(4)]}
		value = func() float64 { return float64(r.IntN(9)) }
	case 1, 2:
		c.ind = slo.Indicator{Kind: slo.RawRatio, Value: one, Failure: r.IntN(2) == 0}
		value = func() float64 { return float64(r.IntN(10)) / 8 } // 9/8 is no ratio
	case 3:
		c.ind = slo.Indicator{Kind: slo.Ratio, Good: one, Bad: two}
	case 4:
		c.ind = slo.Indicator{Kind: slo.Ratio, Bad: one, Total: two}
	default:
		c.ind = slo.Indicator{Kind: slo.Ratio, Good: one, Total: two}
	}
	c.ind.Name = "grid"
	if c.ind.Kind == slo.Ratio && r.IntN(2) == 0 {
		c.ind.Counter = slo.Yes
	}
	for range 1 + r.IntN(2) {
		c.first = append(c.first, c.randomPoints(r, value))
		c.second = append(c.second, c.randomPoints(r, value))
	}
	if r.IntN(10) == 0 {
		c.first = nil
	}
	return c
}

func (c *gridCase) randomPoints(r *rand.Rand, value func() float64) points {
	p, gap, run := points{}, r.IntN(5), 0.0
	for e := c.start - 3*gridRes; e <= c.end; e += gridRes {
		if gap > 0 && r.IntN(5) < gap { // no value here
			continue
		}
		v := value()
		if c.ind.Counter == slo.Yes {
			if run += v; r.IntN(8) == 0 {
				run = v // a reset
			}
			v = run
		}
		if r.IntN(12) == 0 {
			v = []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1}[r.IntN(4)]
		}
		p[e] = v
	}
	return p
}

// series are the points as the source evaluates them: markers where there is none.
func (c *gridCase) series(subject string, all []points) (out []ledgertest.Series) {
	for k, p := range all {
		s := ledgertest.Series{Labels: slo.Labels{{Name: "path", Value: fmt.Sprint("/", k)}, {Name: "shopset", Value: subject}}}
		for e := c.start - 3*gridRes; e <= c.end; e += gridRes {
			v, ok := p[e]
			if !ok {
				v = math.Float64frombits(slo.StaleNaN)
			}
			s.Samples = append(s.Samples, ledgertest.Sample{T: e, V: v})
		}
		out = append(out, s)
	}
	return out
}

func (c *gridCase) slo(name string) *slo.SLO {
	return &slo.SLO{Name: name, Objective: 990_000_000, Window: slo.Rolling(time.Hour), Method: c.method, SliceTarget: c.target,
		Slice: time.Duration(c.slice) * time.Millisecond, Parts: []slo.Part{{Weight: 1, Objective: 990_000_000, Indicator: c.ind}}}
}

// restless advances a ledger in random steps up to end, with restarts and failures of
// the source in between, and returns it open.
func restless(t *testing.T, r *rand.Rand, cfg ledger.Config, p ledger.Plan, src *ledgertest.Source, start, end int64) *ledger.Ledger {
	t.Helper()
	cfg = ledger.Unflushed(cfg)
	cfg.CheckpointAfter = 1 + r.Int64N(4000)
	l := open(t, cfg, p, end)
	t.Cleanup(func() { closeLedger(t, l) })
	for now := start; now < end; {
		now = min(end, now+1+r.Int64N(20*gridRes))
		src.SetNow(1 << 61) // all is there
		if r.IntN(4) == 0 {
			src.SetNow(-1 - r.Int64N(3)) // it fails: see below
			_ = l.Advance(context.Background(), timeOf(now+1), nil)
			continue
		}
		advance(t, l, now)
		if r.IntN(3) == 0 {
			closeLedger(t, l)
			l = open(t, cfg, p, end)
		}
	}
	src.SetNow(1 << 61)
	advance(t, l, end)
	return l
}

// failing makes a source fail in three ways at the times -1, -2 and -3.
func failing(src *ledgertest.Source) *ledgertest.Source {
	src.Fail(ledgertest.Refused, -1, 0)
	src.Fail(ledgertest.Torn, -2, -1)
	src.Fail(ledgertest.Cut, -3, -2)
	return src
}

// check compares the figures at every edge, and over random windows.
func (c *gridCase) check(t *testing.T, r *rand.Rand, acc slo.Account, part int, want []ledgertest.Counts, res int64) {
	t.Helper()
	at := func(k int) ledgertest.Counts {
		if k < 0 {
			return ledgertest.Counts{}
		}
		return want[k]
	}
	for k := range want {
		j := -1 + r.IntN(k+1)
		if k%2 == 0 {
			j = -1
		}
		from, to := c.start+int64(j+1)*res, c.start+int64(k+1)*res
		got := acc.Counts(part, timeOf(from), timeOf(to))
		good, total, covered := at(k).Good-at(j).Good, at(k).Total-at(j).Total, at(k).Covered-at(j).Covered
		if good > total && good-total <= 1e-9*at(k).Total { // rounding
			good = total
		}
		if got.Good != good || got.Total != total || got.Covered.Milliseconds() != covered || got.End.UnixMilli() != to {
			t.Fatalf("%+v %v slice %d target %v, edges %d to %d of %d: good %v total %v covered %v, want %v, %v, %d ms", c.ind, c.method, c.slice/1000, c.target,
				j, k, len(want), got.Good, got.Total, got.Covered, good, total, covered)
		}
	}
}

func TestExpressionsOnAGridAreCountedByTheRules(t *testing.T) {
	for seed := range racetest.Fewer(uint64(300)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 77))
			c := randomGrid(r, slo.Method(seed%3))
			src := failing(ledgertest.NewSource())
			for name, all := range map[string][]points{"one": c.first, "two": c.second} {
				other := c.series("other", all) // must not matter
				src.SetExpr(name, append(c.series("x", all), other...))
			}
			cfg := testConfig(t.TempDir(), c.start, timeOf(c.end), 30*time.Second, time.Minute)
			s := c.slo("s")
			subjects := []ledgertest.Subject{{ID: "x", Labels: slo.Labels{{Name: "shopset", Value: "x"}}}, {ID: "silent", Labels: slo.Labels{{Name: "shopset", Value: "silent"}}}}
			p := planOf(src, subjects, s)
			l := restless(t, r, cfg, p, src, c.start, c.end)
			acc := l.Account(s, "x", timeOf(c.end))
			want := c.edges(c.bucketAt, func(e int64) int64 {
				if c.bucketAt(e).data {
					return gridRes
				}
				return 0
			}, gridRes)
			c.check(t, r, acc, 0, want, gridRes)
			c.checkSigns(t, l, s, acc)
		})
	}
}

// checkSigns compares the rest of an account: unit, mark, last sample, and that a
// subject without any value has no data.
func (c *gridCase) checkSigns(t *testing.T, l *ledger.Ledger, s *slo.SLO, acc slo.Account) {
	t.Helper()
	unit := slo.Slices
	if c.method == slo.Occurrences {
		unit = slo.Points
	}
	if acc.Unit != unit || !acc.Grid {
		t.Errorf("unit %v, on a grid %t", acc.Unit, acc.Grid)
	}
	var last time.Time
	for e := c.start + gridRes; e <= c.end; e += gridRes {
		if c.bucketAt(e).data {
			last = timeOf(e)
		}
	}
	if !acc.LastSample.Equal(last) {
		t.Errorf("last sample %v, want %v", acc.LastSample, last)
	}
	silent := l.Account(s, "silent", timeOf(c.end))
	if got := silent.Counts(0, timeOf(c.start), timeOf(c.end)); got.Covered != 0 || got.Total != 0 || got.Good != 0 || !silent.LastSample.IsZero() {
		t.Errorf("a subject without values has %+v", got)
	}
}

func TestTimeSlicesOfRawCountersAreCutByTheRules(t *testing.T) {
	const res = 10_000
	for seed := range racetest.Fewer(uint64(120)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := ledgertest.New(ledgertest.Tiny(seed+9000, false))
			r := rand.New(rand.NewPCG(seed, 78))
			forms := [][]string{{"bad", "total"}, {"good", "total"}, {"good", "bad"}}
			s := sloOf("s", forms[seed%3]...)
			c := &gridCase{ind: s.Parts[0].Indicator, method: slo.Method(1 + seed%2), slice: res * (1 + r.Int64N(9)), target: float64(r.IntN(11)) / 10,
				start: h.Start + res*r.Int64N(3), end: h.End - h.End%res}
			s.Method, s.Slice, s.SliceTarget = c.method, time.Duration(c.slice)*time.Millisecond, c.target
			src := failing(h.Source())
			cfg := testConfig(t.TempDir(), c.start, timeOf(c.end), h.Config.Interval, res*time.Millisecond)
			l := restless(t, r, cfg, planOf(src, h.Subjects(), s), src, c.start, c.end)
			rules := h.Rules(seed%3 != 0, seed%3 != 1, seed%3 != 2)
			rules.Start = c.start
			oracles, err := ledgertest.NewOracles(h.Subjects(), rules, seriesOf(h, ledgertest.All))
			if err != nil {
				t.Fatal(err)
			}
			for id, o := range oracles {
				bucket := func(e int64) ledgertest.Counts { return o.Count(e-res, e) }
				want := c.edges(func(e int64) oneEdge { b := bucket(e); return oneEdge{good: b.Good, total: b.Total} },
					func(e int64) int64 { return bucket(e).Covered }, res)
				acc := l.Account(s, id, timeOf(c.end))
				if acc.Unit != slo.Slices || acc.Grid {
					t.Errorf("unit %v, on a grid %t", acc.Unit, acc.Grid)
				}
				c.check(t, r, acc, 0, want, res)
			}
		})
	}
}

func TestACompositeCountsEachPartByItsOwnRules(t *testing.T) {
	for seed := range racetest.Fewer(uint64(40)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 79))
			h := ledgertest.New(ledgertest.Tiny(seed+700, false))
			sub := h.Subjects()[0]
			a, b := randomGrid(r, slo.Occurrences), randomGrid(r, slo.Occurrences)
			b.ind.Name = "b"
			raw := sloOf("raw", "bad", "total").Parts[0].Indicator
			start, end := h.Start, h.Start+gridRes*((h.End-h.Start)/gridRes)
			a.start, a.end, b.start, b.end = start, end, start, end
			src, expressions := failing(h.Source()), failing(ledgertest.NewSource())
			rename := func(c *gridCase, suffix string) {
				for _, q := range []*slo.Query{c.ind.Good, c.ind.Bad, c.ind.Total, c.ind.Value} {
					if q != nil {
						q.Text, q.Source = q.Text+suffix, "elsewhere"
					}
				}
				for k := range c.first {
					c.first[k] = c.randomPoints(r, func() float64 { return float64(r.IntN(9)) / 8 })
				}
				for k := range c.second {
					c.second[k] = c.randomPoints(r, func() float64 { return float64(r.IntN(9)) / 8 })
				}
				expressions.SetExpr("one"+suffix, c.series(sub.ID, c.first))
				expressions.SetExpr("two"+suffix, c.series(sub.ID, c.second))
			}
			rename(a, "-a")
			rename(b, "-b")
			s := &slo.SLO{Name: "s", Objective: 990_000_000, Window: slo.Rolling(time.Hour), Parts: []slo.Part{
				{Weight: 1, Objective: 990_000_000, Indicator: a.ind}, {Weight: 2, Objective: 900_000_000, Indicator: raw}, {Weight: 4, Objective: 990_000_000, Indicator: b.ind}}}
			p := planOf(src, h.Subjects(), s)
			p.Sources["elsewhere"] = expressions
			p.Reads["elsewhere"] = read
			l := restless(t, r, testConfig(t.TempDir(), start, timeOf(end), h.Config.Interval, time.Minute), p, src, start, end)
			acc := l.Account(s, sub.ID, timeOf(end))
			if acc.End.UnixMilli() != end || !acc.Grid {
				t.Fatalf("counted up to %v, on a grid %t", acc.End, acc.Grid)
			}
			o, err := ledgertest.NewOracle(sub, h.Rules(false, true, true), seriesOf(h, ledgertest.All))
			if err != nil {
				t.Fatal(err)
			}
			sums := []ledgertest.Counts{a.edges(a.bucketAt, zero, gridRes)[(end-start)/gridRes-1], o.Count(start, end), b.edges(b.bucketAt, zero, gridRes)[(end-start)/gridRes-1]}
			var want slo.Counts
			for part, c := range sums {
				got := acc.Counts(part, timeOf(start), timeOf(end))
				if got.Good != c.Good || got.Total != c.Total {
					t.Errorf("part %d: good %v total %v, want %v, %v", part, got.Good, got.Total, c.Good, c.Total)
				}
				want.Good += s.Parts[part].Weight * c.Good
				want.Total += s.Parts[part].Weight * c.Total
			}
			if got, ok := l.Totals(s, sub.ID); !ok || got.Good != want.Good || got.Total != want.Total {
				t.Errorf("totals %+v %t, want good %v total %v", got, ok, want.Good, want.Total)
			}
		})
	}
}

func zero(int64) int64 { return 0 }

func TestAnExpressionThatDropsTheLabelsOfShopSetsSaysSo(t *testing.T) {
	start, end := int64(1_767_571_200_000), int64(1_767_571_200_000+10*gridRes)
	for _, tt := range []struct {
		labels slo.Labels
		failed bool
	}{{nil, true}, {slo.Labels{{Name: "shopset", Value: "x"}}, false}} {
		series := ledgertest.Series{Labels: tt.labels}
		for at := start + gridRes; at <= end; at += gridRes {
			series.Samples = append(series.Samples, ledgertest.Sample{T: at, V: 0.9})
		}
		src := ledgertest.NewSource()
		src.SetExpr("ratio", []ledgertest.Series{series})
		s := &slo.SLO{Name: "s", Objective: 990_000_000, Window: slo.Rolling(time.Hour), Parts: []slo.Part{{Weight: 1, Objective: 990_000_000,
			Indicator: slo.Indicator{Kind: slo.RawRatio, Value: &slo.Query{Text: "ratio"}}}}}
		l := open(t, testConfig("", start, timeOf(end), 30*time.Second, time.Minute),
			planOf(src, []ledgertest.Subject{{ID: "x", Labels: slo.Labels{{Name: "shopset", Value: "x"}}}}, s), end)
		advance(t, l, end)
		want := slo.Absence{Kind: slo.Unlabelled, Side: "good", Selector: "ratio", Label: "shopset"}
		got := l.Account(s, "x", timeOf(end)).Absent
		if found := len(got) == 1 && reflect.DeepEqual(got[0], want); found != tt.failed || !found && len(got) > 0 {
			t.Errorf("labels %v: absent %v", tt.labels, got)
		}
	}
}
