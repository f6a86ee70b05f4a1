package ledgertest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// Heap is a small heap of random samples, without any truth: only the rules say
// what it is worth. Time stamps collide and differ by a millisecond where that
// hurts. Processes restart, share a target, move and get other labels, their clocks
// step, their counters are reset, answer late or drop by a part, all of it at random.
type Heap struct {
	Seed     uint64
	Subjects []Subject
	Rules    Rules
	Series   []Series
	End      int64 // no sample is later

	index map[string]int // of the series, by labels
}

// Wild makes the heap of a seed.
func Wild(seed uint64) Heap {
	r := rand.New(rand.NewPCG(seed, 0x317d))
	start := defaultStart + r.Int64N(3)
	w := Heap{Seed: seed, Rules: Rules{Interval: 1000 * (1 + r.Int64N(10)), Start: start, First: []slo.FirstSample{slo.FirstAuto, slo.FirstAuto, slo.FirstZero, slo.FirstIgnore}[r.IntN(4)]}, index: map[string]int{}}
	w.End = start + w.Rules.Interval*(3+r.Int64N(50))
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
	w.signsFirst()
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

// put adds a sample to the series with these labels; one that is not later than its
// last is left out.
func (w *Heap) put(ls slo.Labels, t int64, v float64) {
	key := ls.String()
	i, known := w.index[key]
	if !known {
		i = len(w.Series)
		w.index[key] = i
		w.Series = append(w.Series, Series{Labels: ls})
	}
	s := &w.Series[i]
	if t <= w.End && (len(s.Samples) == 0 || t > s.Samples[len(s.Samples)-1].T) {
		s.Samples = append(s.Samples, Sample{t, v})
	}
}

// signsFirst lets every sign of a target be there at the target's first counter
// sample: to which process a counter belongs does not change later on.
func (w *Heap) signsFirst() {
	start := w.Rules.Start - w.Rules.Start%1000 // tests may begin there
	first := map[string]int64{}
	key := func(s Series) string { return targetKey(s.Labels, []string{"shopset", "job", "instance"}) }
	sign := func(s Series) bool {
		name := s.Labels.Get(slo.MetricName)
		return name == UpMetric || name == StartTimeMetric
	}
	for _, s := range w.Series {
		for _, x := range s.Samples {
			if at, any := first[key(s)]; !sign(s) && x.T > start && valid(x.V) && (!any || x.T < at) {
				first[key(s)] = x.T
			}
		}
	}
	for i := range w.Series {
		s := &w.Series[i]
		at, any := first[key(*s)]
		usable := func(x Sample) bool {
			return x.T > start && (s.Labels.Get(slo.MetricName) == UpMetric || valid(x.V) && x.V > 0)
		}
		k := slices.IndexFunc(s.Samples, usable)
		if !any || !sign(*s) || k >= 0 && s.Samples[k].T <= at {
			continue
		}
		v := 1.0
		if k >= 0 {
			v = s.Samples[k].V
		}
		s.Samples = slices.DeleteFunc(s.Samples, func(x Sample) bool { return x.T == at })
		k, _ = slices.BinarySearchFunc(s.Samples, at, func(x Sample, t int64) int { return int(x.T - t) })
		s.Samples = slices.Insert(s.Samples, k, Sample{at, v})
	}
}
