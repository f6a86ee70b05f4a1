package slo_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
)

var end = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func objective(t testing.TB, ratio float64) slo.Objective {
	t.Helper()
	o, err := slo.ObjectiveOf(ratio)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// plain is an SLO of 0.999 over 28 days.
func plain(t testing.TB) *slo.SLO {
	o := objective(t, 0.999)
	return &slo.SLO{Name: "cart", Objective: o, Window: slo.Rolling(28 * 24 * time.Hour),
		Parts: []slo.Part{{Weight: 1, Objective: o}}}
}

// constant gives the same counts whatever the window; covered is a share 0–1.
func constant(good, total, covered float64) slo.CountFunc {
	return func(_ int, from, to time.Time) slo.Counts {
		return slo.Counts{Start: from, End: to, Good: good, Total: total,
			Covered: time.Duration(covered * float64(to.Sub(from)))}
	}
}

// account is one whose history is long enough.
func account(counts slo.CountFunc) slo.Account { return slo.Account{Counts: counts} }

func TestStates(t *testing.T) {
	calm := []slo.BurnAlert{} // no alert: the counts alone decide
	alerts := slo.DefaultBurnAlerts()
	cases := []struct {
		name                 string
		good, total, covered float64
		alerts               []slo.BurnAlert
		want                 slo.State
	}{
		{"nothing covered is no data, whatever the counts say", 5, 10, 0, calm, slo.NoData},
		{"more good than total is inconsistent", 1001, 1000, 1, calm, slo.Inconsistent},
		{"more bad than total is inconsistent", -1, 1000, 1, calm, slo.Inconsistent},
		{"one bad event beyond the budget exhausts it", 9989, 10000, 1, calm, slo.Exhausted},
		{"the last event of the budget does not", 9990, 10000, 1, calm, slo.AtRisk},
		{"with few events the budget is that of the least events", 9, 10, 1, calm, slo.InsufficientData},
		{"two bad of few events exhaust it all the same", 8, 10, 1, calm, slo.Exhausted},
		{"no traffic is insufficient, not good", 0, 0, 1, calm, slo.InsufficientData},
		{"one event under the least is insufficient", 999, 999, 1, calm, slo.InsufficientData},
		{"the least events are enough", 1000, 1000, 1, calm, slo.OK},
		{"less than a quarter left is at risk", 9992, 10000, 1, calm, slo.AtRisk},
		{"a quarter left is not", 99925, 100000, 1, calm, slo.OK},
		{"the default alerts leave a calm budget alone", 999999, 1000000, 1, alerts, slo.OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := plain(t).Evaluate(end, c.alerts, account(constant(c.good, c.total, c.covered)))
			if b.State != c.want {
				t.Errorf("state is %s, want %s", b.State, c.want)
			}
		})
	}
}

func TestAnAlertThatFiresPutsABudgetAtRiskOfWhichMuchIsLeft(t *testing.T) {
	counts := rates(map[time.Duration]float64{28 * 24 * time.Hour: 0.1, time.Hour: 20, 5 * time.Minute: 20})
	if b := plain(t).Evaluate(end, slo.DefaultBurnAlerts(), account(counts)); b.State != slo.AtRisk || len(b.Firing) != 1 {
		t.Errorf("state is %s, firing %v", b.State, b.Firing)
	}
	if b := plain(t).Evaluate(end, nil, account(counts)); b.State != slo.OK {
		t.Errorf("without alerts the state is %s", b.State)
	}
}

func TestMissingFiguresAreNil(t *testing.T) {
	b := plain(t).Evaluate(end, slo.DefaultBurnAlerts(), account(constant(5, 10, 0)))
	for name, f := range map[string]*float64{"good": b.Good, "total": b.Total, "bad": b.Bad, "sli": b.SLI,
		"allowed": b.Allowed, "consumed": b.ConsumedRatio, "remaining": b.RemainingRatio, "burn": b.BurnRates[0].Rate} {
		if f != nil {
			t.Errorf("without data %s is %v", name, *f)
		}
	}
	b = plain(t).Evaluate(end, slo.DefaultBurnAlerts(), account(constant(0, 0, 1)))
	if b.Total == nil || *b.Total != 0 || b.Allowed == nil || *b.Allowed != 0 {
		t.Errorf("covered without traffic: total %v, allowed %v, want 0 and 0", b.Total, b.Allowed)
	}
	for name, f := range map[string]*float64{"sli": b.SLI, "consumed": b.ConsumedRatio,
		"remaining": b.RemainingRatio, "burn": b.BurnRates[0].Rate} {
		if f != nil {
			t.Errorf("without traffic %s is %v", name, *f)
		}
	}
	if b.Coverage != 1 || b.BurnRates[0].Coverage != 1 {
		t.Errorf("coverage without traffic is %v and %v, want 1", b.Coverage, b.BurnRates[0].Coverage)
	}
}

func TestCompositesSpentToTheLastEventAreNotExhausted(t *testing.T) {
	o := objective(t, 0.999)
	for _, weight := range []float64{0.1, 0.3, 0.7, 2, 3} {
		s := &slo.SLO{Name: "c", Objective: o, Window: slo.Rolling(time.Hour), MinEvents: 1,
			Parts: []slo.Part{{Weight: weight, Objective: o}, {Weight: 0.6, Objective: o}}}
		for total := 1000.0; total <= 100_000; total += 1000 {
			b := s.Evaluate(end, nil, account(constant(total-total/1000, total, 1)))
			if b.State == slo.Exhausted {
				t.Fatalf("weight %v: %v bad of %v is exhausted", weight, total/1000, total)
			}
			b = s.Evaluate(end, nil, account(constant(total-total/1000-1, total, 1)))
			if b.State != slo.Exhausted {
				t.Fatalf("weight %v: %v bad of %v is %s", weight, total/1000+1, total, b.State)
			}
		}
	}
}

func TestACompositeIsInconsistentIfAnyPartIs(t *testing.T) {
	o := objective(t, 0.99)
	s := &slo.SLO{Name: "c", Objective: o, Window: slo.Rolling(time.Hour),
		Parts: []slo.Part{{Weight: 1, Objective: o}, {Weight: 1, Objective: o}}}
	b := s.Evaluate(end, nil, account(func(part int, from, to time.Time) slo.Counts {
		good := []float64{1001, 900}[part]
		return slo.Counts{Start: from, End: to, Good: good, Total: 1000, Covered: to.Sub(from)}
	}))
	if b.State != slo.Inconsistent {
		t.Errorf("state is %s", b.State)
	}
}

func TestACompositesWeightsAreRelative(t *testing.T) {
	o := objective(t, 0.99)
	for total := 1.0; total <= 200; total++ {
		var states []slo.State
		for _, scale := range []float64{1, 0.25, 64} {
			s := &slo.SLO{Name: "c", Objective: o, Window: slo.Rolling(time.Hour),
				Parts: []slo.Part{{Weight: 1 * scale, Objective: o}, {Weight: 3 * scale, Objective: o}}}
			states = append(states, s.Evaluate(end, nil, account(constant(total, total, 1))).State)
		}
		if states[0] != states[1] || states[0] != states[2] {
			t.Fatalf("%v events of weights 1:3, scaled by 1, 1/4 and 64: %v", total, states)
		}
	}
}

func TestCoverage(t *testing.T) {
	c := slo.Counts{Start: end.Add(-time.Hour), End: end, Covered: 45 * time.Minute}
	if got := c.Coverage(); got != 0.75 {
		t.Errorf("45m of 1h is %v", got)
	}
	c.Covered = 2 * time.Hour
	if got := c.Coverage(); got != 1 {
		t.Errorf("coverage beyond the span is %v, want 1", got)
	}
	if got := (slo.Counts{Start: end, End: end, Covered: time.Hour}).Coverage(); got != 0 {
		t.Errorf("coverage of an empty span is %v, want 0", got)
	}
}

func TestTheLeastEventsAreOneBudgetsWorth(t *testing.T) {
	for _, ratio := range []float64{0.5, 0.9, 0.99, 0.995, 0.999, 0.9999, 0.97, 0.999999999, 0.000000001} {
		o := objective(t, ratio)
		want := new(big.Rat).Inv(new(big.Rat).Sub(big.NewRat(1, 1), big.NewRat(int64(o), int64(slo.One))))
		ceil := new(big.Int).Add(want.Num(), new(big.Int).Sub(want.Denom(), big.NewInt(1)))
		ceil.Div(ceil, want.Denom())
		s := slo.SLO{Objective: o}
		if got := s.LeastEvents(); got != float64(ceil.Int64()) {
			t.Errorf("objective %v: least events %v, want %v", ratio, got, ceil)
		}
	}
	if got := (&slo.SLO{Objective: objective(t, 0.9), MinEvents: 7}).LeastEvents(); got != 7 {
		t.Errorf("least events as set: %v", got)
	}
}

// history is a log of events of one part, one entry a second, and what of it is covered.
type history struct {
	good, total []int64
	covered     []bool
}

func (h history) counts(from, to time.Time) slo.Counts {
	c := slo.Counts{Start: from, End: to}
	for i := range h.total { // second i ends at end − len + i + 1
		at := end.Add(time.Duration(i+1-len(h.total)) * time.Second)
		if at.After(from) && !at.After(to) {
			c.Good += float64(h.good[i])
			c.Total += float64(h.total[i])
			if h.covered[i] {
				c.Covered += time.Second
			}
		}
	}
	return c
}

// oracle is a budget in rational numbers, by the words of the documentation.
type oracle struct {
	state                                      slo.State
	good, total, bad, sli, allowed, used, left *big.Rat
	coverage                                   *big.Rat
	burn                                       map[time.Duration]*big.Rat
}

func rat(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func quo(a, b *big.Rat) *big.Rat { return new(big.Rat).Quo(a, b) }

func mul(a ...*big.Rat) *big.Rat {
	p := rat(1)
	for _, f := range a {
		p.Mul(p, f)
	}
	return p
}

// span sums the last d of the histories.
func (o *oracle) sums(s *slo.SLO, hs []history, d time.Duration) (good, total, allowed, coverage *big.Rat, absurd bool) {
	good, total, allowed = rat(0), rat(0), rat(0)
	for i, h := range hs {
		c := h.counts(end.Add(-d), end)
		w := new(big.Rat).SetFloat64(s.Parts[i].Weight)
		good.Add(good, mul(w, rat(int64(c.Good))))
		total.Add(total, mul(w, rat(int64(c.Total))))
		budget := big.NewRat(int64(slo.One-s.Parts[i].Objective), int64(slo.One))
		allowed.Add(allowed, mul(w, budget, rat(int64(c.Total))))
		cov := quo(rat(int64(c.Covered)), rat(int64(d)))
		if coverage == nil || cov.Cmp(coverage) < 0 {
			coverage = cov
		}
		absurd = absurd || c.Good > c.Total || c.Good < 0
	}
	return good, total, allowed, coverage, absurd
}

func newOracle(s *slo.SLO, alerts []slo.BurnAlert, hs []history) oracle {
	o := oracle{burn: map[time.Duration]*big.Rat{}}
	for _, a := range alerts {
		for _, d := range []time.Duration{a.Long, a.Short} {
			good, total, allowed, coverage, _ := o.sums(s, hs, d)
			if coverage.Sign() > 0 && allowed.Sign() > 0 {
				o.burn[d] = quo(new(big.Rat).Sub(total, good), allowed)
			}
		}
	}
	good, total, allowed, coverage, absurd := o.sums(s, hs, s.Window.Length)
	o.coverage = coverage
	if coverage.Sign() == 0 {
		o.state = slo.NoData
		return o
	}
	o.good, o.total, o.allowed, o.bad = good, total, allowed, new(big.Rat).Sub(total, good)
	if total.Sign() > 0 {
		o.sli = quo(good, total)
		o.used = quo(o.bad, allowed)
		o.left = new(big.Rat).Sub(rat(1), o.used)
	}
	weights := rat(0)
	for _, p := range s.Parts {
		weights.Add(weights, new(big.Rat).SetFloat64(p.Weight))
	}
	least := new(big.Rat).SetFloat64(s.LeastEvents())
	least.Mul(least, quo(weights, rat(int64(len(s.Parts)))))
	least0 := allowed
	if total.Cmp(least) < 0 {
		least0 = mul(least, big.NewRat(int64(slo.One-s.Objective), int64(slo.One)))
		if total.Sign() > 0 {
			least0 = mul(least, quo(allowed, total))
		}
	}
	firing := false
	for _, a := range alerts {
		if a.Long > s.Window.Length {
			continue // left out
		}
		factor := new(big.Rat).SetFloat64(max(1, a.FactorFor(s.Window.Length)))
		l, sh := o.burn[a.Long], o.burn[a.Short]
		firing = firing || l != nil && sh != nil && l.Cmp(factor) > 0 && sh.Cmp(factor) > 0
	}
	switch {
	case absurd:
		o.state = slo.Inconsistent
	case o.bad.Cmp(least0) > 0:
		o.state = slo.Exhausted
	case total.Cmp(least) < 0:
		o.state = slo.InsufficientData
	case o.left != nil && o.left.Cmp(big.NewRat(1, 4)) < 0 || firing:
		o.state = slo.AtRisk
	default:
		o.state = slo.OK
	}
	return o
}

func randomHistory(r *rand.Rand, seconds int) history {
	h := history{make([]int64, seconds), make([]int64, seconds), make([]bool, seconds)}
	busy, errors, seen := r.IntN(40), r.Float64()*r.Float64()*0.2, r.Float64()
	if r.IntN(4) == 0 {
		errors = 0
	}
	if r.IntN(2) == 0 {
		seen = 1
	}
	if r.IntN(12) == 0 {
		seen = 0
	}
	for i := range seconds {
		h.covered[i] = r.Float64() < seen
		if !h.covered[i] {
			continue
		}
		h.total[i] = int64(r.IntN(busy + 1))
		for range h.total[i] {
			if r.Float64() >= errors {
				h.good[i]++
			}
		}
	}
	if r.IntN(20) == 0 {
		h.good[r.IntN(seconds)] += 2000
	}
	return h
}

func sameFigure(got *float64, want *big.Rat) bool {
	if got == nil || want == nil {
		return got == nil && want == nil
	}
	f, _ := want.Float64()
	return math.Abs(*got-f) <= 1e-11*max(1, math.Abs(f))
}

func TestEvaluateAgreesWithRationalNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	ratios := []float64{0.5, 0.9, 0.95, 0.99, 0.999}
	weights := []float64{0.25, 0.5, 1, 2, 3} // exact in binary, so that verdicts can be compared to the event
	seen := map[slo.State]int{}
	for i := range 3000 {
		s := &slo.SLO{Name: fmt.Sprint(i), Objective: objective(t, ratios[r.IntN(len(ratios))])}
		s.Window = slo.Rolling(time.Duration(60+r.IntN(240)) * time.Second)
		if r.IntN(3) == 0 {
			s.MinEvents = float64(r.IntN(3000))
		}
		hs := []history{randomHistory(r, 300)}
		s.Parts = []slo.Part{{Weight: 1, Objective: s.Objective}}
		for range r.IntN(3) {
			hs = append(hs, randomHistory(r, 300))
			s.Parts[0].Weight = weights[r.IntN(len(weights))]
			s.Parts = append(s.Parts, slo.Part{Weight: weights[r.IntN(len(weights))], Objective: objective(t, ratios[r.IntN(len(ratios))])})
		}
		alerts := []slo.BurnAlert{
			{Long: 60 * time.Second, Short: 5 * time.Second, Factor: 5e4 * r.Float64(), Severity: slo.Page},
			{Long: 200 * time.Second, Short: 60 * time.Second, Factor: 3e4 * r.Float64(), Severity: slo.Ticket},
		}
		got := s.Evaluate(end, alerts, account(func(part int, from, to time.Time) slo.Counts { return hs[part].counts(from, to) }))
		want := newOracle(s, alerts, hs)
		seen[want.state]++
		if got.State != want.state {
			t.Fatalf("case %d: state %s, want %s", i, got.State, want.state)
		}
		for _, f := range []struct {
			name string
			got  *float64
			want *big.Rat
		}{{"good", got.Good, want.good}, {"total", got.Total, want.total}, {"bad", got.Bad, want.bad},
			{"sli", got.SLI, want.sli}, {"allowed", got.Allowed, want.allowed}, {"consumed", got.ConsumedRatio, want.used},
			{"remaining", got.RemainingRatio, want.left}, {"coverage", &got.Coverage, want.coverage},
			{"burn 5s", got.BurnRates[0].Rate, want.burn[5*time.Second]}, {"burn 200s", got.BurnRates[2].Rate, want.burn[200*time.Second]},
		} {
			if !sameFigure(f.got, f.want) {
				t.Fatalf("case %d: %s is %v, want %v", i, f.name, show(f.got), f.want)
			}
		}
	}
	for _, state := range slo.States {
		if seen[state] < 20 {
			t.Errorf("only %d cases are %s: the test has lost its bite", seen[state], state)
		}
	}
}

func show(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

func TestStatesAreListedOnceInTheOrderOfTheirTrial(t *testing.T) {
	want := []slo.State{"no_data", "inconsistent", "exhausted", "insufficient_data", "at_risk", "ok"}
	if !slices.Equal(slo.States, want) {
		t.Errorf("states are %v", slo.States)
	}
}
