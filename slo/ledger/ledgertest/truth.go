package ledgertest

import (
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// Fate is what became of a true event.
type Fate int

// The fates. Every event after S has exactly one.
const (
	Told      Fate = iota // a sample that was seen tells of it: it must be counted
	Unscraped             // its process died, or its history ended with the pod, before the next scrape seen
	Begun                 // between S and the first scrape seen of a process older than S: the baseline
	Pending               // its process lives at the end; no scrape seen has told of it yet
)

// Event is a number of true events of one moment.
type Event struct {
	T    int64 // when they happened
	N    float64
	Bad  bool
	Fate Fate
	At   int64 // for Told, the time of the sample that tells of them first; else 0
}

// Events are the true events of a ShopSet after S, in no particular order, with
// what became of them for one way of reading.
type Events []Event

// Events gives the true events and their fates, for a reader that sees what seen
// says. The fates are the truth for ShopSets that are Exact; for others Told is
// what could have been told had the start times been there.
func (s *ShopSet) Events(seen Seen) Events {
	baselines := map[*pod]int64{}
	for _, p := range s.pods {
		baselines[p] = -1
	}
	for i := range s.Series {
		s.baseline(&s.Series[i], seen, baselines)
	}
	var out Events
	for i := range s.Series {
		out = append(out, s.fates(&s.Series[i], seen, baselines[s.Series[i].pod])...)
	}
	return out
}

// baseline finds the first scrape seen of a pod's process that is older than S.
func (s *ShopSet) baseline(series *Scraped, seen Seen, first map[*pod]int64) {
	name := series.Labels.Get(slo.MetricName)
	for i, x := range series.Samples {
		if first[series.pod] >= 0 && first[series.pod] <= x.T {
			return
		}
		positive := valid(x.V) && (name != UpMetric || x.V == 1)
		if x.T <= s.start || !positive || !seen(x.T, series.DeliveredAt(i)) {
			continue
		}
		if l, alive := series.pod.lifeAt(x.T); alive && l.born <= s.start {
			first[series.pod] = x.T
		}
		return
	}
}

// fates walks a series' events and the samples seen of it together.
func (s *ShopSet) fates(series *Scraped, seen Seen, baseline int64) Events {
	var out Events
	next := 0
	for next < len(series.events) && series.events[next].T <= s.start {
		next++
	}
	for i, x := range series.Samples {
		if x.T <= s.start || !valid(x.V) || !seen(x.T, series.DeliveredAt(i)) || series.isOld(i) {
			continue
		}
		if next == len(series.events) {
			break
		}
		l, _ := series.pod.lifeAt(x.T)
		for ; next < len(series.events) && series.events[next].T <= x.T; next++ {
			e := Event{T: series.events[next].T, N: series.events[next].V, Bad: series.bad}
			switch {
			case e.T < l.born:
				e.Fate = Unscraped
			case l.born <= s.start && x.T == baseline:
				e.Fate = Begun
			default:
				e.Fate, e.At = Told, x.T
			}
			out = append(out, e)
		}
	}
	for _, x := range series.events[next:] {
		e := Event{T: x.T, N: x.V, Bad: series.bad, Fate: Unscraped}
		if l, alive := series.pod.lifeAt(x.T); alive && l.died > s.end {
			e.Fate = Pending
		}
		out = append(out, e)
	}
	return out
}

// isOld reports whether sample i is an older answer than the one before, which tells of nothing.
func (s *Scraped) isOld(i int) bool {
	_, old := slices.BinarySearch(s.old, i)
	return old
}

// Truth gives the events that happened in (from, to].
func (es Events) Truth(from, to int64) Counts {
	return es.sum(func(e Event) bool { return from < e.T && e.T <= to })
}

// Told gives the events of which the samples seen in (from, to] tell: exactly
// what must be counted in that span.
func (es Events) Told(from, to int64) Counts {
	return es.sum(func(e Event) bool { return e.Fate == Told && from < e.At && e.At <= to })
}

// Residual gives the events of (from, to] of which no sample seen tells, with
// one of the fates Unscraped, Begun, Pending. Over (S, end of the history]:
// Truth = Told + Residual(Unscraped) + Residual(Begun) + Residual(Pending).
func (es Events) Residual(f Fate, from, to int64) Counts {
	return es.sum(func(e Event) bool { return e.Fate == f && from < e.T && e.T <= to })
}

func (es Events) sum(in func(Event) bool) Counts {
	var c Counts
	for _, e := range es {
		if !in(e) {
			continue
		}
		c.Total += e.N
		if e.Bad {
			c.Bad += e.N
		}
	}
	c.Good = c.Total - c.Bad
	return c
}

// HiddenResets counts the restarts that a counter's own values do not show: the
// value after is not lower than the value before.
func (s *ShopSet) HiddenResets(seen Seen) int {
	n := 0
	for i := range s.Series {
		series := &s.Series[i]
		if len(series.events) == 0 {
			continue
		}
		samples := slices.DeleteFunc(series.seen(seen), func(x Sample) bool { return x.T <= s.start || !valid(x.V) })
		for k := 1; k < len(samples); k++ {
			a, _ := series.pod.lifeAt(samples[k-1].T)
			b, _ := series.pod.lifeAt(samples[k].T)
			if a != b && samples[k].V >= samples[k-1].V {
				n++
			}
		}
	}
	return n
}
