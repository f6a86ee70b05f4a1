package ledger

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// plainSamples delivers samples a few at a time.
type plainSamples struct {
	t    []int64
	v    []float64
	most int
}

func (s *plainSamples) Read(t []int64, v []float64) (int, error) {
	n := min(len(s.t), len(t), s.most)
	copy(t, s.t[:n])
	copy(v, s.v[:n])
	s.t, s.v = s.t[n:], s.v[n:]
	return n, nil
}

func TestDecodingLeavesOutExactlyWhatIsNoCounterValue(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, math.Copysign(0, -1), math.MaxFloat64}
	for round := range 20_000 {
		s := &plainSamples{most: 1 + r.IntN(5)}
		var wantT []int64
		var wantV []float64
		at, value, often := int64(0), 0.0, 1+r.IntN(20)
		for range r.IntN(30) {
			at += 1 + r.Int64N(50)
			value += float64(r.IntN(3))
			if r.IntN(15) == 0 {
				value = 0
			}
			v := value
			if r.IntN(often) == 0 {
				v = odd[r.IntN(len(odd))]
			}
			s.t, s.v = append(s.t, at), append(s.v, v)
			if v >= 0 && v <= 1<<64 {
				wantT, wantV = append(wantT, at), append(wantV, v)
			}
		}
		var w worker
		d, err := w.decode(s, none, true)
		gotT, gotV := w.t[d.validFrom:d.validTo], w.v[d.validFrom:d.validTo]
		if err != nil || !slices.Equal(gotT, wantT) || !slices.Equal(gotV, wantV) {
			t.Fatalf("round %d: got %v %v, %v, want %v %v", round, gotT, gotV, err, wantT, wantV)
		}
		for k := 1; k < len(wantT); k++ {
			if d.rising && wantV[k] < wantV[k-1] || d.widest < wantT[k]-wantT[k-1] {
				t.Fatalf("round %d: %v %v looks like %+v", round, wantT, wantV, d.looks)
			}
		}
	}
}
