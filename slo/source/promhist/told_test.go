package promhist

import (
	"math"
	"testing"
)

func told(t int64, buckets ...Bucket) Told {
	x := Told{T: t, Buckets: buckets}
	for _, b := range buckets {
		x.Count += b.Count
	}
	return x
}

// A restart that the count does not show is told by a bucket that has less than before.
func TestAResetThatTheCountDoesNotShowIsTold(t *testing.T) {
	fast, slow, between := Bucket{0.0917, 0.1, 100}, Bucket{1.83, 2, 50}, Bucket{0.274, 0.299, 400}
	for name, c := range map[string]struct {
		before, after Told
		total, good   float64 // counted after the first, at the bound 0.5
	}{
		"other buckets":            {told(1, fast, slow), told(2, between), 400, 400},
		"one has less":             {told(1, fast, slow), told(2, fast, Bucket{0.25, 0.5, 500}, Bucket{1.83, 2, 49}), 649, 600},
		"nothing lost":             {told(1, fast, slow), told(2, fast, between, slow), 400, 400},
		"wider, nothing lost":      {told(1, fast, slow), told(2, Bucket{0.0841, 0.1, 101}, Bucket{1.68, 2, 60}), 11, 1},
		"two in a wider one":       {told(1, fast, Bucket{0.1, 0.109, 7}), told(2, Bucket{0.0917, 0.109, 107}), 0, 0},
		"two in one that has less": {told(1, fast, Bucket{0.1, 0.109, 7}), told(2, Bucket{0.0917, 0.109, 106}, slow), 156, 106},
		"narrower, as after one":   {told(1, Bucket{0.0841, 0.1, 101}), told(2, Bucket{0.0917, 0.1, 100}, slow), 150, 100},
		"negative ones too":        {told(1, Bucket{-2, -1, 5}, fast), told(2, Bucket{-2, -1, 4}, fast, slow), 154, 104},
	} {
		t.Run(name, func(t *testing.T) {
			chunks := []Chunk{{Told: []Told{c.before, c.after}}}
			all := &series{Counter: counterAt(math.Inf(1)), Chunks: chunks}
			s := &series{Counter: counterAt(0.5), Chunks: chunks}
			total, drops := counted(t, all.Samples(), nil)
			good, _ := counted(t, s.Samples(), drops)
			first := c.before.atMost(0.5)
			if total -= c.before.Count; total != c.total || good-first != c.good {
				t.Errorf("counted %v of %v, want %v of %v", good-first, total, c.good, c.total)
			}
		})
	}
}
