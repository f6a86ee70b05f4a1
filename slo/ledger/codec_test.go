package ledger

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestANumberIsReadBackBitForBit(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1, 0.5, 0.1, -1, -0.25, 127, 128, 1<<53 - 1, 1 << 53, 1<<53 + 2, 1 << 62, 1 << 63, 1 << 64, 1e300,
		math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), math.NaN()} {
		var e encoder
		e.float(f)
		d := &decoder{b: e.b}
		if got := d.float(); math.Float64bits(got) != math.Float64bits(f) || d.end() != nil {
			t.Errorf("%v is read back as %v, %v", f, got, d.err)
		}
		d = &decoder{b: e.b[:len(e.b)-1]}
		if got := d.float(); d.err == nil || got != 0 {
			t.Errorf("%v less a byte is %v", f, got)
		}
	}
	for at := int64(-3); at <= 3; at++ {
		for _, from := range []int64{0, 1, 1_767_571_200_000} {
			var e encoder
			e.time(from+at, from)
			e.time(none, from)
			d := &decoder{b: e.b}
			if got, nothing := d.time(from), d.time(from); got != from+at || nothing != none || d.end() != nil {
				t.Errorf("%d from %d on is read back as %d, none as %d", at, from, got-from, nothing)
			}
		}
	}
}

// Growth is written where it gives the figures back exactly. That of floats need not:
// those stand in full.
func TestFiguresAreReadBackBitForBitWhateverTheirGrowth(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	grow := func(v float64) float64 {
		switch r.IntN(6) {
		case 0:
			return v + float64(r.IntN(100))
		case 1:
			return v + 0.1
		case 2:
			return v + r.Float64()
		case 3:
			return v + r.Float64()*1e17 // what comes after it is lost in it
		case 4:
			return v // one side in full is enough
		}
		return v * (2 + 7*r.Float64()) // the difference is of other bits
	}
	full, grown := 0, 0
	for round := range 500 {
		var all []cum
		var e encoder
		c, last := cum{}, cum{}
		for range 1 + r.IntN(20) {
			c.a, c.b = grow(c.a), grow(c.b)
			c.miss += r.Int64N(60_000)
			begin := len(e.b)
			last = appendCum(&e, c, last)
			if e.b[begin] == 1 {
				full++
			} else {
				grown++
			}
			all = append(all, c)
		}
		d, last := &decoder{b: e.b}, cum{}
		for k, want := range all {
			if last = readCum(d, last); last != want {
				t.Fatalf("round %d, figures %d: %v are read back as %v", round, k, want, last)
			}
		}
		if err := d.end(); err != nil {
			t.Fatal(err)
		}
	}
	if full < 50 || grown < 500 {
		t.Errorf("%d in full, %d as growth: this shows little", full, grown)
	}
}
