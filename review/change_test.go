package review

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// choose sums the binomial distribution exactly: the two-sided probability of k of n.
func choose(k, n int64, p *big.Rat) float64 {
	q := new(big.Rat).Sub(big.NewRat(1, 1), p)
	below, above := new(big.Rat), new(big.Rat)
	for i := range n + 1 {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(n, i))
		for range i {
			term.Mul(term, p)
		}
		for range n - i {
			term.Mul(term, q)
		}
		if i <= k {
			below.Add(below, term)
		}
		if i >= k {
			above.Add(above, term)
		}
	}
	side := below
	if above.Cmp(below) < 0 {
		side = above
	}
	f, _ := side.Float64()
	return min(1, 2*f)
}

func TestTheConditionalTestEqualsTheSumOfTheDistribution(t *testing.T) {
	for _, n := range []int64{0, 1, 5, 17, 40} {
		for k := range n + 1 {
			for _, p := range []*big.Rat{big.NewRat(1, 5), big.NewRat(1, 2), big.NewRat(9, 10)} {
				f, _ := p.Float64()
				want := 1.0
				if n > 0 {
					want = choose(k, n, p)
				}
				if got := conditional(float64(k), float64(n-k), f); math.Abs(got-want) > 1e-9 {
					t.Errorf("%d of %d at %v: %v, want %v", k, n, p, got, want)
				}
			}
		}
	}
}

// Critical values of Student's distribution, as every table of it has them.
func TestStudentsDistributionIsThatOfTheTables(t *testing.T) {
	for _, test := range []struct{ t, freedom, want float64 }{{2.262, 9, 0.05}, {3.250, 9, 0.01}, {2.052, 27, 0.05}, {2.771, 27, 0.01}, {0, 27, 1}} {
		if got := student(test.t, test.freedom); math.Abs(got-test.want) > 0.0005 {
			t.Errorf("t %v with %v degrees of freedom: %v, want %v", test.t, test.freedom, got, test.want)
		}
	}
}

// poisson draws a number of events.
func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 50 {
		return max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
	}
	n, p, limit := 0.0, r.Float64(), math.Exp(-mean)
	for p > limit {
		n, p = n+1, p*r.Float64()
	}
	return n
}

// daysOf makes days whose rate of bad events differs from day to day: spread is the
// standard deviation of its logarithm.
func daysOf(r *rand.Rand, n int, total, ratio, spread float64) []Tally {
	var out []Tally
	for range n {
		share := ratio * math.Exp(spread*r.NormFloat64()-spread*spread/2)
		bad := min(total, poisson(r, total*share))
		out = append(out, Tally{Total: total, Good: total - bad, Bad: bad, Allowed: total / 1000, Covered: 24 * time.Hour, Span: 24 * time.Hour})
	}
	return out
}

// Where nothing has changed, a review of 200 budgets names a change in few of a hundred
// weeks, however much the days differ; a test that takes every event for itself would
// name dozens each week.
func TestNoiseIsNoChange(t *testing.T) {
	const weeks, budgets = 100, 200
	// Days that often differ by a factor of two (0.7) are more than four weeks of them can
	// tell: docs/review.md says so.
	for spread, most := range map[float64]int{0: 2, 0.3: 3, 0.5: 5, 0.7: 15} {
		r := rand.New(rand.NewPCG(7, uint64(spread*10)))
		alarms, naive := 0, 0
		for range weeks {
			alarm := false
			for i := range budgets {
				days := daysOf(r, 35, []float64{300, 20_000, 3_000_000}[i%3], 0.0008, spread)
				before, week := days[:28], days[28:]
				c := change(before, sum(before), sum(week), budgets)
				alarm = alarm || c.Significant
				was, is := sum(before), sum(week)
				if conditional(is.Bad, was.Bad, is.Total/(is.Total+was.Total))*budgets < significance {
					naive++
				}
			}
			if alarm {
				alarms++
			}
		}
		t.Logf("spread %v: %d of %d weeks with a false change; %d changes if every event stood for itself", spread, alarms, weeks, naive)
		if alarms > most {
			t.Errorf("spread %v: a change is found in %d of %d weeks without any", spread, alarms, weeks)
		}
	}
}

func TestARealChangeIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, test := range []struct {
		name          string
		total, spread float64
		factor        float64 // of the rate of bad events in the week
		least         int     // of 200 weeks
	}{
		{"three times as many, days that differ by a third", 100_000, 0.3, 3, 190},
		{"a third as many", 1_000_000, 0.2, 0.33, 150},
		{"ten times as many where there are few events", 2_000, 0.3, 10, 190},
	} {
		found := 0
		for range 200 {
			before, week := daysOf(r, 28, test.total, 0.0008, test.spread), daysOf(r, 7, test.total, 0.0008*test.factor, test.spread)
			if c := change(before, sum(before), sum(week), 100); c.Significant && c.Worse == (test.factor > 1) {
				found++
			}
		}
		if found < test.least {
			t.Errorf("%s: found in %d of 200 weeks, want %d", test.name, found, test.least)
		}
	}
}

func TestWhatCannotBeComparedIsNoChange(t *testing.T) {
	day := func(total, bad float64) Tally {
		return Tally{Total: total, Good: total - bad, Bad: bad, Allowed: total / 1000, Covered: 24 * time.Hour, Span: 24 * time.Hour}
	}
	many := func(n int, d Tally) (out []Tally) {
		for range n {
			out = append(out, d)
		}
		return out
	}
	tests := []struct {
		name         string
		before, week []Tally
		known        bool
		significant  bool
	}{
		{"six days before are too few", many(6, day(1000, 1)), many(7, day(1000, 500)), false, false},
		{"days without traffic do not count", append(many(6, day(1000, 1)), many(22, day(0, 0))...), many(7, day(1000, 500)), false, false},
		{"days without data do not count", append(many(6, day(1000, 1)), many(22, Tally{Span: 24 * time.Hour})...), many(7, day(1000, 500)), false, false},
		{"no traffic this week", many(28, day(1000, 1)), many(7, day(0, 0)), false, false},
		{"seven days before are enough", many(7, day(1000, 1)), many(7, day(1000, 500)), true, true},
		{"nothing bad before or now", many(28, day(1000, 0)), many(7, day(1000, 0)), true, false},
		{"a change that moves the burn rate by less than a tenth", many(28, day(100_000_000, 10_000)), many(7, day(100_000_000, 12_000)), true, false},
		{"all bad", many(28, day(1000, 1000)), many(7, day(1000, 1000)), true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := change(test.before, sum(test.before), sum(test.week), 1)
			if (c.Chance != nil) != test.known || c.Significant != test.significant {
				t.Errorf("chance %v, significant %v", c.Chance, c.Significant)
			}
			if c.Chance != nil && (math.IsNaN(*c.Chance) || *c.Chance < 0 || *c.Chance > 1) {
				t.Errorf("chance %v is no probability", *c.Chance)
			}
		})
	}
}
