package promotion

import (
	"math"
	"math/big"
	"math/rand/v2"
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
