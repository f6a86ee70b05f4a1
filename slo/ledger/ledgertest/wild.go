package ledgertest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/shopslo/shopslo/slo"
)

// Heap is a small heap of random samples, without any truth: only the rules say
// what it is worth. Time stamps collide and differ by a millisecond where that
// hurts; values are small, so that they often repeat and drop.
type Heap struct {
	Seed     uint64
	Subjects []Subject
	Rules    Rules
	Series   []Series
	End      int64 // no sample is later
}

// Wild makes the heap of a seed.
func Wild(seed uint64) Heap {
	r := rand.New(rand.NewPCG(seed, 0x317d))
	start := defaultStart + r.Int64N(3)
	w := Heap{Seed: seed, Rules: Rules{Interval: 1000 * (1 + r.Int64N(10)), Start: start, First: slo.FirstSample(r.IntN(3))}}
	w.End = start + w.Rules.Interval*(3+r.Int64N(30))
	switch r.IntN(3) {
	case 0:
		w.Rules.Good, w.Rules.Total = Good(), Total()
	case 1:
		w.Rules.Bad, w.Rules.Total = Bad(), Total()
	default:
		w.Rules.Good, w.Rules.Bad = Good(), Bad()
	}
	if r.IntN(4) == 0 {
		w.Rules.TargetLabels = []string{"instance"}
	}
	for i := range 1 + r.IntN(2) {
		name := fmt.Sprintf("wild-%d", i)
		w.Subjects = append(w.Subjects, Subject{ID: name, Labels: slo.Labels{{Name: "shopset", Value: name}}})
		for k := range 1 + r.IntN(3) {
			w.addTarget(r, name, k)
		}
	}
	w.narrow(r)
	return w
}

// narrow gives a target label's matcher to both selectors of some heaps, and to one of
// others: shared ones decide whose up and start times are read.
func (w *Heap) narrow(r *rand.Rand) {
	m := []slo.Matcher{matcher("job", slo.Equal, "cart"), matcher("job", slo.Regexp, "cart-.*|"), matcher("instance", slo.NotEqual, "w-0"), matcher("instance", slo.Equal, "")}[r.IntN(4)]
	sides := r.IntN(4) // 0: none, 1 and 2: one of them, 3: both
	for _, sel := range []*slo.Selector{&w.Rules.Good, &w.Rules.Bad, &w.Rules.Total} {
		if *sel == nil {
			continue
		}
		if sides&1 != 0 {
			*sel = append(*sel, m)
		}
		sides >>= 1
	}
}

// addTarget adds a target with or without up and start times, some of them twice
// under another label.
func (w *Heap) addTarget(r *rand.Rand, shopset string, k int) {
	p := &pod{job: "cart", instance: fmt.Sprintf("w-%d", k)}
	if r.IntN(5) == 0 {
		p.job, p.instance = fmt.Sprintf("cart-%d", k), "" // a target label may be missing
	}
	grid := w.grid(r)
	for copies := range r.IntN(3) {
		w.add(r, podLabels(UpMetric, p, shopset, "", extra(copies)), grid, func(int64) float64 {
			return []float64{1, 1, 1, 1, 0, 0.5, math.NaN(), stale}[r.IntN(8)]
		})
	}
	born := float64(quarter(defaultStart+r.Int64N(40*second)-30*second)) / 1000
	for copies := range r.IntN(3) {
		w.add(r, podLabels(StartTimeMetric, p, shopset, "", extra(copies)), grid, func(t int64) float64 {
			if r.IntN(6) == 0 {
				born = math.Floor(float64(t)/1000) - float64(r.IntN(3))
			}
			return born + []float64{0, 0, 0, 0, 0.25, 0.5, math.NaN(), -born, math.Inf(1), stale}[r.IntN(10)]
		})
	}
	for m := range 1 + r.IntN(2) {
		for _, code := range []string{"200", "404", "500", "503"}[:1+r.IntN(4)] {
			value := float64(r.IntN(3))
			w.add(r, podLabels(metricNames[m], p, shopset, code, ""), grid, func(int64) float64 {
				switch r.IntN(12) {
				case 0:
					value = float64(r.IntN(4))
				case 1:
					return []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, stale, stale}[r.IntN(6)]
				case 2, 3, 4:
					value += float64(r.IntN(16)) / 8
				}
				return value
			})
		}
	}
}

func extra(k int) string {
	if k == 0 {
		return ""
	}
	return fmt.Sprintf("/copy-%d", k)
}

// grid are a target's scrape times, from before S to the end: regular, shifted by
// little, or exactly two intervals apart, a millisecond less or more.
func (w *Heap) grid(r *rand.Rand) []int64 {
	i := w.Rules.Interval
	var out []int64
	for t := w.Rules.Start - r.Int64N(3*i); t <= w.End; {
		out = append(out, t)
		switch r.IntN(8) {
		case 0:
			t += 2*i - 1 + r.Int64N(3)
		case 1:
			t += 1 + r.Int64N(3)
		case 2:
			t += 1 + r.Int64N(5*i)
		default:
			t += i
		}
	}
	if r.IntN(3) == 0 { // some begin late: the first sample decides
		out = out[r.IntN(len(out)):]
	}
	return out
}

// add adds a series of some of the target's times; now and then a time is its own.
func (w *Heap) add(r *rand.Rand, ls slo.Labels, grid []int64, value func(t int64) float64) {
	s := Series{Labels: ls}
	keep, late := 1+r.IntN(10), 0
	if r.IntN(3) == 0 {
		late = r.IntN(len(grid) + 1)
	}
	last := int64(math.MinInt64)
	for _, t := range grid[late:] {
		if r.IntN(10) > keep {
			continue
		}
		if r.IntN(10) == 0 {
			t += r.Int64N(3) - 1
		}
		if t > last && t <= w.End {
			s.Samples = append(s.Samples, Sample{t, value(t)})
			last = t
		}
	}
	if len(s.Samples) > 0 {
		w.Series = append(w.Series, s)
	}
}
