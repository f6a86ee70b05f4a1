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
	// noise is the variance of the mean itself (below 0 where the count varies less than
	// by chance), spread the relative standard
	// deviation of the traffic beyond chance (its "mood": 0.1 is ±10 %).
	noise, spread float64
	// unlike is whether it stands on a day of another sort: a Saturday on a Friday.
	unlike bool
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
// span of the past weeks without those that stand out, so that neither a campaign nor
// an outage of last month is taken for the rule. Its spread is not set.
//
// Before the first week is full it is the last day of the same sort (a workday or not),
// and before there is one, whatever day came before: then unlike is set.
func (h *History) expect(f Figure, from, to time.Time, s Settings) (expectation, bool) {
	e, ok := h.middle(f, from, to, s, s.daysBack(from))
	if ok || h.begun().IsZero() || from.Sub(h.begun()) > firstWeek {
		return e, ok
	}
	if e, ok = h.middle(f, from, to, s, s.daysLike(from)); !ok {
		e, ok = h.middle(f, from, to, s, []int{1})
		e.unlike = true
	}
	return e, ok
}

// firstWeek is how long a history is young, with an hour more for summer time.
const firstWeek = 7*24*time.Hour + time.Hour

// least is the smaller one of expect and the same for the last days like this one
// (workdays or weekends): where campaigns filled this hour of several weeks, they did
// not fill it on all days.
func (h *History) least(f Figure, from, to time.Time, s Settings) (expectation, bool) {
	e, ok := h.expect(f, from, to, s)
	if near, known := h.middle(f, from, to, s, s.daysLike(from)); ok && known && near.mean < e.mean {
		e.mean, e.noise = near.mean, near.noise
	}
	return e, ok
}

func (h *History) middle(f Figure, from, to time.Time, s Settings, days []int) (expectation, bool) {
	take := func(most func(i int) float64) (sums []float64) {
		for _, back := range days {
			if v, ok := h.smooth(f, shift(from, back, s.zone()), shift(to, back, s.zone()), most); ok {
				sums = append(sums, v)
			}
		}
		return sums
	}
	sums := take(nil)
	switch n := len(sums); {
	case n == 0:
		return expectation{}, false
	case n < enoughDays:
		sums = take(func(i int) float64 { return h.calm(f, i) })
	}
	e := expectation{mean: middleMean(sums), weeks: len(sums)}
	e.noise = e.mean / float64(len(sums)) / 2 // smoothing over the neighbours halves it
	return e, true
}

const (
	// enoughDays are those of which one that stands out can be told.
	enoughDays = 3
	// around are the hours before and after a cell that show whether it stands out itself.
	around = 2 * time.Hour
)

// calm is the most that a cell's count is taken for where there are too few like it to
// tell that it is a campaign's: half more than those around it have, and chance.
func (h *History) calm(f Figure, i int) float64 {
	var cells []float64
	for n, k := int(around/h.Past.step()), -int(around/h.Past.step()); k <= n; k++ {
		if v, known := h.Past.cell(f, max(0, i+k)); known && i+k >= 0 {
			cells = append(cells, v)
		}
	}
	if len(cells) < 3 {
		return math.Inf(1)
	}
	m := median(cells)
	return standsOut*m + 3*math.Sqrt(m) + 3
}

// standsOut is how many times the usual a count is that is none of it.
const standsOut = 1.5

// smooth is a past span's count, with half a cell at either side for less noise. Where most
// is set, no cell is taken for more than that.
func (h *History) smooth(f Figure, from, to time.Time, most func(i int) float64) (float64, bool) {
	half := h.Past.step() / 2
	v, ok := h.Past.sum(f, from.Add(-half), to.Add(half), most)
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

// daysLike are the last days of the same sort, a workday or not, of the past fortnight.
func (s Settings) daysLike(at time.Time) []int {
	var out []int
	for back := 1; back <= 14 && len(out) < pastWeeks; back++ {
		if s.free(shift(at, back, s.zone())) == s.free(at) {
			out = append(out, back)
		}
	}
	return out
}

// free is whether a day is no workday.
func (s Settings) free(at time.Time) bool {
	wd := at.In(s.zone()).Weekday()
	return wd == time.Saturday || wd == time.Sunday || s.holiday(at)
}

func (s Settings) holiday(at time.Time) bool {
	return len(s.Holidays) > 0 && s.Holidays[at.In(s.zone()).Format(time.DateOnly)]
}

// shift goes back whole days on the clock of a time zone, so that nine o'clock stays
// nine o'clock when summer time begins.
func shift(at time.Time, days int, zone *time.Location) time.Time {
	return at.In(zone).AddDate(0, 0, -days)
}

// middleMean is the mean of those values that lie about the median: of five weeks two
// may have had a campaign at this hour.
func middleMean(v []float64) float64 {
	m := median(v)
	chance := 3 * math.Sqrt(m) // may be added or taken away
	if len(v) >= enoughDays {
		v = slices.DeleteFunc(slices.Clone(v), func(x float64) bool { return x > standsOut*m+chance || x < m/standsOut-chance })
	}
	return mean(v)
}

// spread estimates the mood from how last week's busier hours lay beside the same
// hours of the weeks before, by the median, so that an outage in it does not count.
func (h *History) spread(f Figure, s Settings) float64 {
	type hour struct{ x, m, k float64 }
	var hours []hour
	end := h.Past.To().Truncate(time.Hour)
	for i := 1; i <= 7*24; i++ {
		from := end.Add(-time.Duration(i) * time.Hour)
		x, ok := h.Past.sum(f, from, from.Add(time.Hour), nil)
		if !ok || s.holiday(from) {
			continue
		}
		var others []float64
		for _, back := range s.daysBack(from) {
			if v, ok := h.Past.sum(f, shift(from, back, s.zone()), shift(from.Add(time.Hour), back, s.zone()), nil); ok {
				others = append(others, v)
			}
		}
		if len(others) == 0 {
			continue
		}
		if m := middleMean(others); m >= 5 {
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
