package mailrelay

import (
	"math"
	"slices"
	"time"
)

// expectation is what an account's own history lets one expect of a span.
type expectation struct {
	mean  float64
	weeks int // how many past weeks it stands on
	// noise is the variance of the mean itself, spread the relative standard
	// deviation of the traffic beyond chance (its "mood": 0.1 is ±10 %).
	noise, spread float64
}

const (
	minSpread     = 0.03
	unknownSpread = 0.25 // with a single week there is nothing to compare
	// busySpread bounds the mood of busy spans from above, so that a drop to half
	// is seen however moody the weeks were: a relay's failure is worth a false
	// alarm after a moody week.
	busySpread = 0.07
	busyMean   = 90
	maxSpread  = 0.8
)

// expect is what figure f should have counted in [from, to): the mean of the same
// span of the past weeks, the lowest and highest left out where there are enough, so
// that neither a campaign nor an outage of last month is taken for the rule. The mood
// is the figure's spread, which is the same for all spans of one verdict.
func (h *History) expect(f Figure, from, to time.Time, s Settings, mood float64) (expectation, bool) {
	var sums []float64
	for _, back := range s.daysBack(from) {
		if v, ok := h.smooth(f, shift(from, back, s.zone()), shift(to, back, s.zone())); ok {
			sums = append(sums, v)
		}
	}
	if len(sums) == 0 {
		return expectation{}, false
	}
	e := expectation{mean: middleMean(sums), weeks: len(sums)}
	e.noise = e.mean / float64(len(sums)) / 2 // smoothing over the neighbours halves it
	e.spread = mood
	if e.mean >= busyMean && e.weeks >= 2 {
		e.spread = min(e.spread, busySpread)
	}
	return e, true
}

// smooth is a past span's count, with half a cell at either side for less noise.
func (h *History) smooth(f Figure, from, to time.Time) (float64, bool) {
	half := h.Past.step() / 2
	v, ok := h.Past.sum(f, from.Add(-half), to.Add(half))
	length := to.Sub(from)
	return v * float64(length) / float64(length+2*half), ok
}

// daysBack are how many days before a time its likes lie: the same weekday of past
// weeks, or for a holiday the Sundays. Past holidays are left out.
func (s Settings) daysBack(at time.Time) []int {
	at = at.In(s.zone())
	first := 7
	if s.holiday(at) && at.Weekday() != time.Sunday {
		first = int(at.Weekday())
	}
	var out []int
	for back := first; back <= 7*pastWeeks; back += 7 {
		if !s.holiday(shift(at, back, s.zone())) || first != 7 {
			out = append(out, back)
		}
	}
	return out
}

func (s Settings) holiday(at time.Time) bool {
	return s.Holidays[at.In(s.zone()).Format(time.DateOnly)]
}

// shift goes back whole days on the clock of a time zone, so that nine o'clock stays
// nine o'clock when summer time begins.
func shift(at time.Time, days int, zone *time.Location) time.Time {
	return at.In(zone).AddDate(0, 0, -days)
}

func middleMean(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	switch n := len(v); {
	case n == 3 || n == 4:
		v = v[1 : n-1]
	case n >= 5:
		v = v[1 : n-1]
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// spread estimates the mood from how last week's busier hours lay beside the same
// hours of the weeks before, by the median, so that an outage in it does not count.
func (h *History) spread(f Figure, s Settings) float64 {
	type hour struct{ x, m, k float64 }
	var hours []hour
	end := h.Past.To().Truncate(time.Hour)
	for i := 1; i <= 7*24; i++ {
		from := end.Add(-time.Duration(i) * time.Hour)
		x, ok := h.Past.sum(f, from, from.Add(time.Hour))
		if !ok || s.holiday(from) {
			continue
		}
		var others []float64
		for _, back := range s.daysBack(from) {
			if v, ok := h.Past.sum(f, shift(from, back, s.zone()), shift(from.Add(time.Hour), back, s.zone())); ok {
				others = append(others, v)
			}
		}
		if m := mean(others); len(others) > 0 && m >= 5 {
			hours = append(hours, hour{x, m, float64(len(others))})
		}
	}
	if len(hours) < 24 {
		return unknownSpread
	}
	slices.SortFunc(hours, func(a, b hour) int { return cmpFloat(b.m, a.m) })
	hours = hours[:(len(hours)+1)/2]
	var off, means []float64
	for _, c := range hours {
		off = append(off, math.Abs(c.x-c.m)/math.Sqrt(c.m*(1+1/c.k)))
		means = append(means, c.m)
	}
	sd := median(off) / 0.6745 // a normal deviate's median distance
	return math.Sqrt(min(max((sd*sd-1)/median(means), minSpread*minSpread), maxSpread*maxSpread))
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(max(1, len(v)))
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
