package ledgertest

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// wildBegins is what a Heap's process says of where its counters begin: created series, zeros that nobody
// scraped, and bases. It draws from numbers of its own.
type wildBegins struct {
	own     *rand.Rand
	says    int // 0: nothing, 1: what is right, or nearly, 2: anything
	millis  bool
	zeros   bool
	based   bool
	now     int64
	forward float64 // how far its clock is ahead, in seconds
}

func (w *Heap) begins(name string) wildBegins {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	r := rand.New(rand.NewPCG(w.Seed, h.Sum64()))
	return wildBegins{own: r, says: max(0, r.IntN(5)-2), millis: r.IntN(3) == 0, zeros: r.IntN(3) == 0, based: r.IntN(4) == 0,
		forward: []float64{0, 0, 0, 2.5, -3, 8}[r.IntN(6)]}
}

// someTime is a time around another one, mostly shortly before it, in seconds.
func (b *wildBegins) someTime(t int64) float64 {
	return float64(t)/1000 - float64(b.own.IntN(80)-10)/4 + b.forward
}

// begin puts what is said of a counter's sample before it.
func (x *wildProcess) begin(c *wildCounter, ls slo.Labels, at int64, v float64) {
	r := x.own
	if x.says > 0 && r.IntN(10) > 0 {
		x.heap.put(x.createdLabels(ls), at, x.said(c, at))
	}
	if x.zeros && c.fresh && r.IntN(4) > 0 {
		x.heap.put(ls, at-1-r.Int64N(x.heap.Rules.Interval), 0)
	} else if x.zeros && !c.fresh && !slices.Equal(c.begun, ls) && r.IntN(2) == 0 { // one, too, for new labels
		x.heap.put(ls, at-1-r.Int64N(8*x.heap.Rules.Interval), 0)
	}
	if x.based && (at-1)%1000 != 0 && valid(v) && r.IntN(12) == 0 { // at no edge, where it would be parted from its sample
		x.heap.put(ls, at-1, slo.Base([]float64{0, math.Floor(v / 2), 2 * math.Floor(v/2), math.Inf(1)}[r.IntN(4)]))
	}
	c.fresh, c.begun = false, ls
}

// said is when a counter says that it was created.
func (x *wildProcess) said(c *wildCounter, at int64) float64 {
	r, v := x.own, c.made
	if x.says == 2 && r.IntN(4) == 0 {
		v = []float64{math.NaN(), 0, -1, 12, math.Inf(1), stale, float64(at) / 1000, c.made + 100, c.made - 2, c.made + 2}[r.IntN(10)]
	}
	if x.millis {
		v *= 1000
	}
	return v
}

// createdLabels are those of what speaks of a counter.
func (x *wildProcess) createdLabels(ls slo.Labels) slo.Labels {
	out := slices.DeleteFunc(slices.Clone(ls), func(l slo.Label) bool { return l.Name == "le" })
	for i, l := range out {
		if l.Name != slo.MetricName {
			continue
		}
		of := familyOf(l.Value)
		if !x.millis {
			of = strings.TrimSuffix(of, "_total")
		}
		out[i].Value = of + "_created"
	}
	return out
}
