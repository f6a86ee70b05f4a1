package promseries

import (
	"fmt"
	"testing"

	"github.com/shopslo/shopslo/slo"
)

// BenchmarkAnswer reads a minute of 2,000 series: of one server, of a pair that answers
// in turn, and of a pair in each answer.
func BenchmarkAnswer(b *testing.B) {
	const series = 2000
	for _, c := range []struct {
		name     string
		replicas []int // that answer, by request
		both     bool
	}{{"one server", []int{0}, false}, {"a pair in turn", []int{0, 1}, false}, {"a pair at once", []int{0}, true}} {
		b.Run(c.name, func(b *testing.B) {
			var in Interner
			in.Drop("replica")
			var streams [2][series]*Stream
			for r := range streams {
				for i := range series {
					streams[r][i] = in.Add(nil, slo.Labels{{Name: "__name__", Value: "x_total"}, {Name: "i", Value: fmt.Sprint(i)}, {Name: "replica", Value: fmt.Sprint(r)}})
				}
				if r == 0 && len(c.replicas) == 1 && !c.both {
					break
				}
			}
			col := Collector{Names: &in, Interval: 15_000}
			t, v := make([]int64, 512), make([]float64, 512)
			at := int64(60_000)
			for n := 0; b.Loop(); n++ {
				col.Reset(at, at+60_000)
				for r := range streams {
					if !c.both && r != c.replicas[n%len(c.replicas)] {
						continue
					}
					for i := range series {
						p := &Plain{T: col.Times(4), V: col.Values(4)}
						for k := range 4 {
							p.T[k] = at + int64(k*15_000) + 1 + int64(r)
							p.V[k] = float64(p.T[k])
						}
						to := col.Series(streams[r][i], 0)
						*to = append(*to, Chunk{Max: p.T[3], Plain: p})
					}
				}
				got := 0
				for _, s := range col.Answer() {
					for {
						n, err := s.Samples.Read(t, v)
						if err != nil {
							b.Fatal(err)
						}
						if n == 0 {
							break
						}
						got += n
					}
				}
				if got != 4*series {
					b.Fatalf("%d samples", got)
				}
				col.Remember()
				at += 60_000
			}
		})
	}
}
