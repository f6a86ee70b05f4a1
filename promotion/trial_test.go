package promotion

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// exactTail is the probability of k successes or more in n tries of probability p,
// summed in whole numbers: slow, and as plain as can be.
func exactTail(k, n int64, p *big.Rat) float64 {
	sum, q := new(big.Rat), new(big.Rat).Sub(big.NewRat(1, 1), p)
	pow := func(x *big.Rat, n int64) *big.Rat {
		return new(big.Rat).SetFrac(new(big.Int).Exp(x.Num(), big.NewInt(n), nil), new(big.Int).Exp(x.Denom(), big.NewInt(n), nil))
	}
	for i := max(k, 0); i <= n; i++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(n, i))
		sum.Add(sum, term.Mul(term, new(big.Rat).Mul(pow(p, i), pow(q, n-i))))
	}
	f, _ := sum.Float64()
	return f
}

func TestTailsAgreeWithSumsOfWholeNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		n := r.Int64N(120)
		k := r.Int64N(n + 2)
		p := big.NewRat(r.Int64N(1001), 1000)
		f, _ := p.Float64()
		want, got := exactTail(k, n, p), tail(float64(k), float64(n), f)
		if math.Abs(got-want) > 1e-9*want+1e-15 {
			t.Errorf("%d or more of %d at %v: %v, want %v", k, n, f, got, want)
		}
	}
}

// The bounds are where the tails have the error asked for: that is what they mean.
func TestBoundsAreThoseOfClopperAndPearson(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		total := float64(1 + r.IntN(5_000_000))
		c := tally{math.Floor(total * math.Pow(r.Float64(), 6)), total}
		err := []float64{0.025, 0.005, 0.2}[r.IntN(3)]
		low, high := lower(c, err), upper(c, err)
		if c.bad > 0 && math.Abs(tail(c.bad, total, low)-err) > 1e-6 || c.bad == 0 && low != 0 {
			t.Errorf("lower bound %v of %v: so many or more have %v, want %v", low, c, tail(c.bad, total, low), err)
		}
		if c.bad < total && math.Abs(1-tail(c.bad+1, total, high)-err) > 1e-6 || c.bad == total && high != 1 {
			t.Errorf("upper bound %v of %v: so many or fewer have %v, want %v", high, c, 1-tail(c.bad+1, total, high), err)
		}
	}
}

// judged says how the test comes out, as judgeSince uses it.
func judged(budget, harm float64, before, since tally, tests int) Result {
	r := try(budget, before, since, 0.95, tests)
	switch {
	case r.chance <= 0.01 && r.extra >= harm*budget:
		return Fail
	case r.highest < harm*budget:
		return Pass
	}
	return Unknown
}

// poisson draws a count.
func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 500 {
		return math.Max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
	}
	n, p := 0.0, r.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= r.Float64()
	}
	return n
}

// What is promised of the test, counted over simulated Releases: of those that change
// nothing at most 1 % fail; of those that do just the harm at most 5 % pass. The limits
// have room for chance of four standard deviations.
func TestTheTestKeepsItsPromises(t *testing.T) {
	const rounds = 5_000
	r := rand.New(rand.NewPCG(5, 6))
	limit := func(share float64) float64 { return share + 4*math.Sqrt(share*(1-share)/rounds) }
	for _, c := range []struct {
		name                           string
		budget, was, trafficB, traffic float64
	}{
		{"no errors before, much traffic", 0.001, 0, 6e5, 36_000},
		{"few errors before, much traffic", 0.001, 0.0001, 6e5, 36_000},
		{"half of the budget before", 0.001, 0.0005, 6e5, 80_000},
		{"all of the budget before", 0.001, 0.001, 6e5, 36_000},
		{"little before", 0.001, 0.0003, 5_000, 36_000},
		{"nothing known of before", 0.001, 0.0003, 0, 36_000},
		{"a low objective", 0.05, 0.01, 2_000, 1_500},
		{"little traffic", 0.001, 0.0002, 20_000, 2_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			same, harmful := map[Result]float64{}, map[Result]float64{}
			for range rounds {
				before := tally{poisson(r, c.was*c.trafficB), c.trafficB}
				same[judged(c.budget, 1, before, tally{poisson(r, c.was*c.traffic), c.traffic}, 1)]++
				harmful[judged(c.budget, 1, before, tally{poisson(r, (c.was+c.budget)*c.traffic), c.traffic}, 1)]++
			}
			if share := same[Fail] / rounds; share > limit(0.01) {
				t.Errorf("%.4f of Releases that change nothing fail", share)
			}
			if share := harmful[Pass] / rounds; share > limit(0.05) {
				t.Errorf("%.4f of Releases that do harm pass", share)
			}
			t.Logf("unchanged: %v; with the harm: %v", same, harmful)
		})
	}
}

// A Tier as a whole passes with the harm just as rarely, whatever its ShopSets did before
// and wherever the traffic goes.
func TestTheWholeKeepsThePromiseToo(t *testing.T) {
	const rounds, budget = 5_000, 0.001
	r := rand.New(rand.NewPCG(9, 10))
	for _, c := range []struct {
		name string
		sets []beforeAndSince // bad is the share there; since, on top of the harm
		harm []float64        // what each adds, in budgets; 1 on the whole
	}{
		{"alike", []beforeAndSince{{tally{0.0001, 3e5}, tally{0.0001, 20_000}}, {tally{0.0001, 3e5}, tally{0.0001, 20_000}}}, []float64{1, 1}},
		{"one does all the harm", []beforeAndSince{{tally{0.0001, 6e5}, tally{0.0001, 30_000}}, {tally{0.0003, 1e5}, tally{0.0003, 10_000}}}, []float64{0, 4}},
		{"traffic moves to the worse one", []beforeAndSince{{tally{0.00002, 9e5}, tally{0.00002, 2_000}}, {tally{0.0008, 1e4}, tally{0.0008, 38_000}}}, []float64{1, 1}},
		{"many small ones", slices.Repeat([]beforeAndSince{{tally{0.0002, 4e3}, tally{0.0002, 400}}}, 20), slices.Repeat([]float64{1}, 20)},
	} {
		t.Run(c.name, func(t *testing.T) {
			passed := 0.0
			for range rounds {
				sets := slices.Clone(c.sets)
				for i, s := range c.sets {
					sets[i].before.bad = poisson(r, s.before.bad*s.before.total)
					sets[i].since.bad = poisson(r, (s.since.bad+c.harm[i]*budget)*s.since.total)
				}
				if _, highest := pooled(budget, sets, 0.95); highest < budget {
					passed++
				}
			}
			if share := passed / rounds; share > 0.05+4*math.Sqrt(0.05*0.95/rounds) {
				t.Errorf("%.4f of Releases that do harm pass", share)
			}
			t.Logf("%v of %d pass", passed, rounds)
		})
	}
}

func TestTheTestIsStrongEnoughToBeOfUse(t *testing.T) {
	week := tally{60, 600_000} // burns a tenth of the budget of 99.9 %
	for _, c := range []struct {
		name          string
		before, since tally
		tests         int
		want          Result
	}{
		{"a release that fails 2 % of payments is seen after 300 of them", week, tally{6, 300}, 1, Fail},
		{"also among a thousand comparisons, after 600", week, tally{12, 600}, 1000, Fail},
		{"a good one is cleared after an hour of ten a second", week, tally{4, 36_000}, 1, Pass},
		{"without a bad event after 4,000", week, tally{0, 4_000}, 1, Pass},
		{"not after 1,000", week, tally{0, 1_000}, 1, Unknown},
		{"one bad event of few is no verdict", week, tally{1, 200}, 1, Unknown},
		{"what is worse, but by far less than the harm, passes with traffic enough", tally{6_000, 6e7}, tally{2_000, 1e7}, 1, Pass},
		{"an outage before is no excuse", tally{60_000, 600_000}, tally{300, 36_000}, 1, Fail},
		{"nothing known of before clears what is good by itself", tally{}, tally{2, 36_000}, 1, Pass},
		{"and holds what is bad by itself", tally{}, tally{720, 36_000}, 1, Fail},
		{"all bad", week, tally{40, 40}, 1, Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judged(0.001, 1, c.before, c.since, c.tests); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, try(0.001, c.before, c.since, 0.95, c.tests))
			}
		})
	}
}

// More bad events never make the test kinder.
func TestMoreBadEventsNeverHelp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	order := map[Result]int{Fail: 0, Unknown: 1, Pass: 2}
	for range 20_000 {
		total := float64(1 + r.IntN(100_000))
		bad := math.Floor(total * math.Pow(r.Float64(), 8))
		before := tally{0, float64(r.IntN(1_000_000))}
		before.bad = math.Floor(before.total * math.Pow(r.Float64(), 10))
		budget := []float64{0.0001, 0.001, 0.05}[r.IntN(3)]
		few, more := judged(budget, 1, before, tally{bad, total}, 1), judged(budget, 1, before, tally{min(total, bad+1+float64(r.IntN(20))), total}, 1)
		if order[more] > order[few] {
			t.Fatalf("%v of %v, before %v: %s, with more bad ones %s", bad, total, before, few, more)
		}
	}
}

func TestWithoutABadEventItTakesWhatIsSaid(t *testing.T) {
	for _, harm := range []float64{0.0001, 0.001, 0.05, 0.5} {
		n := least(harm, 0.95)
		if enough, few := try(harm, tally{}, tally{0, n}, 0.95, 1), try(harm, tally{}, tally{0, n - 2}, 0.95, 1); enough.highest > harm*(1+1e-9) || few.highest < harm {
			t.Errorf("harm %v: %v events leave %v, two fewer %v", harm, n, enough.highest, few.highest)
		}
	}
}

func BenchmarkTry(b *testing.B) {
	for b.Loop() {
		try(0.001, tally{60, 600_000}, tally{4, 36_000}, 0.95, 1000)
	}
}
