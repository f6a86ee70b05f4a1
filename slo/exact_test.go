package slo

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exceedsExactly is bad > (1 − objective) · total in rational numbers.
func exceedsExactly(bad float64, o Objective, total float64) bool {
	b, t := new(big.Rat).SetFloat64(bad), new(big.Rat).SetFloat64(total)
	return b.Cmp(t.Mul(t, big.NewRat(int64(One-o), int64(One)))) > 0
}

func TestExceedsIsExactForWholeCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var over, border int
	for i := range 200_000 {
		o := Objective(1 + r.Int64N(int64(One)-1))
		if i%2 == 0 {
			o = []Objective{999_000_000, 999_900_000, 990_000_000, 995_000_000, 999_999_999, 1}[r.IntN(6)]
		}
		total := float64(r.Int64N(1 << (1 + r.IntN(53))))
		// The nearest whole numbers around the limit are where rounding would show.
		limit := new(big.Rat).Mul(new(big.Rat).SetFloat64(total), big.NewRat(int64(One-o), int64(One)))
		near, _ := limit.Float64()
		bad := math.Floor(near) + float64(r.IntN(3)-1)
		if bad < 0 || bad >= 1<<53 {
			continue
		}
		want := exceedsExactly(bad, o, total)
		if got := exceeds(bad, o, total); got != want {
			t.Fatalf("exceeds(%v, %d, %v) is %v", bad, o, total, got)
		}
		if want {
			over++
		}
		if limit.IsInt() {
			border++
		}
	}
	if over < 1000 || border < 1000 {
		t.Errorf("%d over and %d on the border: the test has lost its bite", over, border)
	}
}

func TestExceedsOfOddCounts(t *testing.T) {
	cases := []struct {
		name       string
		bad, total float64
		want       bool
	}{
		{"nothing bad of nothing", 0, 0, false},
		{"something bad of nothing", 1, 0, true},
		{"weighted counts are compared as they are", 0.25, 249, true},
		{"weighted counts within", 0.25, 251, false},
		{"counts beyond exact integers", 1 << 60, 1 << 62, true},
		{"less than nothing bad", -1, 10, false},
	}
	for _, c := range cases {
		if got := exceeds(c.bad, 999_000_000, c.total); got != c.want {
			t.Errorf("%s: exceeds(%v, 0.999, %v) is %v", c.name, c.bad, c.total, got)
		}
	}
}
