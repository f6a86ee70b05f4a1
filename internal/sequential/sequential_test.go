package sequential

import (
	"math"
	"math/rand/v2"
	"testing"
)

// binomial is the probability of k of n.
func binomial(k, n, p float64) float64 {
	a, _ := math.Lgamma(n + 1)
	b, _ := math.Lgamma(k + 1)
	c, _ := math.Lgamma(n - k + 1)
	if p <= 0 || p >= 1 {
		if k == n*p {
			return 1
		}
		return 0
	}
	return math.Exp(a - b - c + k*math.Log(p) + (n-k)*math.Log1p(-p))
}

// An e-value is 1 on average, or less, where what it speaks against is true: summed up
// over all that can happen.
func TestOnAverageTheEvidenceIsOneAtMost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := float64(1 + r.IntN(200))
		p := Pool{Low: math.Pow(r.Float64(), 4), Guess: math.Pow(r.Float64(), 4)}
		p.High = p.Low + math.Pow(r.Float64(), 4)*(1-p.Low)
		harm := math.Pow(r.Float64(), 3)
		var against, present float64
		for k := 0.0; k <= n; k++ {
			p.Since = Count{k, n}
			if q := p.Low + harm; q <= 1 {
				against += binomial(k, n, q) * math.Exp(p.against(harm))
			}
			present += binomial(k, n, p.High) * math.Exp(p.For(harm))
		}
		if against > 1+1e-9 || present > 1+1e-9 {
			t.Errorf("%+v, harm %v: on average %v against, %v for", p, harm, against, present)
		}
	}
}

func TestOnAverageTheEvidenceBesideIsOneAtMost(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		all, share, slack := float64(r.IntN(100)), r.Float64(), 1+2*r.Float64()
		spans := []Span{{Count{0, 1000 * share}, Count{0, 1000 * (1 - share)}}}
		odds := slack * share / (1 - share)
		mean := 0.0
		for k := 0.0; k <= all; k++ {
			spans[0].Changed.Bad, spans[0].Unchanged.Bad = k, all-k
			mean += binomial(k, all, odds/(1+odds)) * math.Exp(Beside(spans, slack))
		}
		if mean > 1+1e-9 {
			t.Errorf("%v events, share %v, slack %v: on average %v", all, share, slack, mean)
		}
	}
}

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

// What was usual lies beyond a limit as rarely as asked for, of one and of many whose
// traffic has moved.
func TestWhatWasUsualLiesWithinTheLimits(t *testing.T) {
	const rounds, err = 4000, 0.05
	r := rand.New(rand.NewPCG(5, 6))
	for name, parts := range map[string][]Part{
		"one":                 {{Before: Count{0, 1e5}, Since: Count{0, 1000}}},
		"one, never anything": {{Before: Count{0, 100}, Since: Count{0, 1000}}},
		"two, traffic moves":  {{Before: Count{0, 9e5}, Since: Count{0, 100}}, {Before: Count{0, 1e4}, Since: Count{0, 3000}}},
		"many":                make([]Part, 50),
	} {
		rates := make([]float64, len(parts))
		for i := range parts {
			if name == "many" {
				parts[i] = Part{Before: Count{0, 2000 + 200*float64(i)}, Since: Count{0, 10 + float64(i%7)}}
			}
			rates[i] = 0.0001 * float64(1+i%5)
		}
		low, high := 0, 0
		for range rounds {
			true, total := 0.0, 0.0
			for i := range parts {
				parts[i].Before.Bad = poisson(r, rates[i]*parts[i].Before.Total)
				parts[i].Usual = parts[i].Before.Bad
				true, total = true+rates[i]*parts[i].Since.Total, total+parts[i].Since.Total
			}
			p := NewPool(parts, 0.1, err, err)
			if p.Low > true/total {
				low++
			}
			if p.High < true/total {
				high++
			}
		}
		if most := int(rounds*err + 4*math.Sqrt(rounds*err)); low > most || high > most {
			t.Errorf("%s: beyond the limits in %d and %d of %d", name, low, high, rounds)
		}
	}
}

// Watched at each of 300 looks, a harm is ruled out and a harm is found by chance no more
// often than is said, the limits of what was usual included.
func TestWatchingCostsNothing(t *testing.T) {
	const rounds, nats = 2000, 3.0 // e^-3 is 5 %
	r := rand.New(rand.NewPCG(7, 8))
	for _, usual := range []float64{0, 0.0001, 0.0005} {
		cleared, found := 0, 0
		for range rounds {
			before := Count{poisson(r, usual*2e5), 2e5}
			var harmful, same Count
			clear, find := false, false
			p := NewPool([]Part{{before, Count{0, 1}, before.Bad}}, 0.001, 0.005, 0.005)
			for range 300 {
				harmful.Total, harmful.Bad = harmful.Total+100, harmful.Bad+poisson(r, (usual+0.001)*100)
				same.Total, same.Bad = same.Total+100, same.Bad+poisson(r, usual*100)
				p.Since = harmful
				clear = clear || p.against(0.001) > nats
				p.Since = same
				find = find || p.For(0.001) > nats
			}
			if clear {
				cleared++
			}
			if find {
				found++
			}
		}
		if most := int(rounds*0.055 + 4*math.Sqrt(rounds*0.05)); cleared > most || found > most {
			t.Errorf("usual %v: of %d a harm is ruled out in %d, found in %d, at most %d", usual, rounds, cleared, found, most)
		}
	}
}

func TestMostIsTheLeastHarmThatIsRuledOut(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 2000 {
		total := float64(1 + r.IntN(1e6))
		before := Count{float64(r.IntN(100)), float64(r.IntN(1e6))}
		p := NewPool([]Part{{before, Count{math.Floor(total * math.Pow(r.Float64(), 6)), total}, before.Bad}}, 0.01, 0.005, 0.001)
		most := p.Most(3)
		if most < 1 && (p.against(most) < 3-1e-6 || p.against(most*0.99) >= 3) {
			t.Fatalf("%+v: %v has %v against it, a little less %v", p, most, p.against(most), p.against(most*0.99))
		}
		p.Since = Count{0, p.Least(0.01, 3)}
		if short := (Pool{Since: Count{0, 0.8 * p.Since.Total}, Low: p.Low, Guess: p.Guess}); p.against(0.01) < 3 || short.against(0.01) >= 3 {
			t.Fatalf("%+v: so many have %v, a fifth less %v", p, p.against(0.01), short.against(0.01))
		}
	}
}

func TestMoreBadEventsNeverHelp(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 5000 {
		before := Count{float64(r.IntN(100)), float64(r.IntN(1e6))}
		few := Count{float64(r.IntN(50)), float64(50 + r.IntN(1e5))}
		more := Count{few.Bad + 1, few.Total}
		a, b := NewPool([]Part{{before, few, before.Bad}}, 0.01, 0.005, 0.001), NewPool([]Part{{before, more, before.Bad}}, 0.01, 0.005, 0.001)
		if b.against(0.01) > a.against(0.01)+1e-9 || b.For(0.01) < a.For(0.01)-1e-9 {
			t.Fatalf("%v before, %v and %v since", before, few, more)
		}
	}
}

// Whatever is counted, it is no panic, and what cannot be never clears.
func FuzzPool(f *testing.F) {
	f.Add(1.0, 10.0, 0.0, 100.0, 1.0, 0.001)
	f.Add(-1.0, -10.0, -5.0, 100.0, 2.0, 0.5)
	f.Add(math.NaN(), math.Inf(1), 0.0, math.NaN(), 0.0, 0.001)
	f.Fuzz(func(t *testing.T, bad, total, sinceBad, sinceTotal, usual, harm float64) {
		p := NewPool([]Part{{Count{bad, total}, Count{sinceBad, sinceTotal}, usual}}, 0.001, 0.005, 0.001)
		a, b := p.against(harm), p.For(harm)
		_, _ = p.Most(3), p.Least(harm, 3)
		if math.IsNaN(sinceTotal) && a >= 3 {
			t.Errorf("%+v is cleared: %v", p, a)
		}
		if again := NewPool([]Part{{Count{bad, total}, Count{sinceBad, sinceTotal}, usual}}, 0.001, 0.005, 0.001); math.Float64bits(again.against(harm)) != math.Float64bits(a) || math.Float64bits(again.For(harm)) != math.Float64bits(b) {
			t.Errorf("asked again, %+v has another answer", p)
		}
	})
}

func TestMean(t *testing.T) {
	if got := Mean([]float64{math.Log(300), math.Inf(-1), math.Log(3)}); math.Abs(got-math.Log(101)) > 1e-12 {
		t.Errorf("the mean is %v", math.Exp(got))
	}
	if got := Mean([]float64{5000, 1}); math.Abs(got-(5000-math.Ln2)) > 1e-9 {
		t.Errorf("a great one: %v", got)
	}
	if got := Mean(nil); !math.IsInf(got, -1) {
		t.Errorf("of none: %v", got)
	}
}
