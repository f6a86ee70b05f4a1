package ledgertest

import (
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// relabel gives series of a pod other labels from some attempts on. It draws from a
// sequence of its own, so that a history without it is the same but for the labels.
func (h *History) relabel(spec Spec, p *pod, series []Scraped) []Scraped {
	if !spec.relabelled() {
		return series
	}
	r := rand.New(rand.NewPCG(h.Config.Seed, uint64(p.created)^uint64(p.phase)))
	at := func(every time.Duration) []int64 {
		times := moments(r, p.settled(h.Start), h.End, every)
		return slices.CompactFunc(times, func(a, b int64) bool { return b-a < 6*h.Config.Interval.Milliseconds() })
	}
	all, some := at(spec.LabelEvery), at(spec.SomeEvery)
	moved := slices.DeleteFunc(at(spec.MoveEvery), p.young)
	var out []Scraped
	for _, s := range series {
		sign := s.Labels.Get(slo.MetricName) == UpMetric || s.Labels.Get(slo.MetricName) == StartTimeMetric
		half := r.IntN(2) == 0
		out = append(out, s.split(func(t int64) slo.Labels {
			var more slo.Labels
			if !sign && odd(all, t) {
				more = append(more, slo.Label{Name: "version", Value: "2"})
			}
			if !sign && half && odd(some, t) {
				more = append(more, slo.Label{Name: "zone", Value: "b"})
			}
			if odd(moved, t) {
				more = append(more, slo.Label{Name: "instance", Value: "moved-" + p.instance})
			}
			return with(s.Labels, more)
		})...)
	}
	return out
}

// settled is a time from which on the labels of a pod may change.
func (p *pod) settled(start int64) int64 { return max(p.created, start) + 60*second }

// young reports whether the process alive at t is less than a minute old: nobody can
// tell its target from a new one.
func (p *pod) young(t int64) bool {
	return slices.ContainsFunc(p.lives, func(l life) bool { return l.born <= t && t < l.born+60*second })
}

// with gives the labels with some more, or others in their place.
func with(ls, more slo.Labels) slo.Labels {
	if len(more) == 0 {
		return ls
	}
	out := slices.DeleteFunc(slices.Clone(ls), func(l slo.Label) bool { return more.Get(l.Name) != "" })
	out = append(out, more...)
	slices.SortFunc(out, compareLabel)
	return out
}

// odd reports whether an odd number of the times have come at t.
func odd(times []int64, t int64) bool {
	return sort.Search(len(times), func(i int) bool { return times[i] > t })%2 == 1
}

// split makes a series for each set of labels that the series has in turn. Where it
// gets others, the one before ends with a staleness marker. The true events stay with
// the first.
func (s Scraped) split(labels func(t int64) slo.Labels) []Scraped {
	if len(s.Samples) == 0 {
		return []Scraped{s}
	}
	var out []Scraped
	current := -1
	for _, x := range s.Samples {
		ls := labels(x.T)
		i := slices.IndexFunc(out, func(o Scraped) bool { return slices.Equal(o.Labels, ls) })
		if i < 0 {
			i = len(out)
			out = append(out, Scraped{pod: s.pod, bad: s.bad, steady: s.steady, Series: Series{Labels: ls}})
		}
		if current >= 0 && i != current {
			before := &out[current]
			before.Samples = append(before.Samples, Sample{x.T, stale})
		}
		out[i].Samples = append(out[i].Samples, x)
		current = i
	}
	out[0].events = s.events
	return out
}
