package watched

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Times are minutes since the Release came; what was before is negative.
const (
	day     = 24 * 60
	week    = 7 * day
	past    = 10*week + 60 // that is simulated: what the check looks at, a week at a time
	short   = week + 60    // of a thousand ShopSets
	fine    = 3 * day      // of it minute by minute, in Tiers of a few ShopSets; before, and else, by the hour
	horizon = 12 * 60      // after which a Release that is not decided on never will be
)

// counts are bad and all events up to an edge, since the past began.
type counts struct{ bad, total float64 }

// shop is what one ShopSet was asked and failed.
type shop struct {
	name    string
	rate    float64 // requests a minute, at the mean of a day
	flat    bool    // by day and night
	usual   float64 // share of them that fails anyway
	spells  []spell // others' faults
	excess  func(since float64) float64
	traffic func(since float64) float64 // a factor since the Release came; nil: 1

	closing int // minutes that the newest counts are old
	past    int // that are simulated

	offset int // minutes past the hour at which the Release came
	from   int // the first minute that has an edge of its own
	hours  []counts
	each   []counts // from that minute on
}

// spell fails a share of the requests over (from, to].
type spell struct {
	from, to int
	share    float64
}

// daily is a day's traffic, 1 on average: a calm base, and a peak of some hours.
func daily(minute, peak float64) float64 {
	from := math.Remainder(minute-peak, day) / 90
	return (0.5 + 3*math.Exp(-from*from)) / (0.5 + 3*math.SqrtPi*90/day)
}

// run makes the requests of the past and up to the horizon.
func (s *shop) run(r *rand.Rand, peak float64, offset, minutes int) {
	s.offset = offset
	s.from = -minutes + (minutes-offset)%60 // on the hour
	begin := -s.past - (60+offset-s.past%60)%60
	var sum counts
	s.hours = append(s.hours, sum)
	for at := begin; at < s.from; at += 60 {
		s.add(r, &sum, at, 60, peak)
		s.hours = append(s.hours, sum)
	}
	s.each = append(s.each, sum)
	for at := s.from; at < horizon; at++ {
		s.add(r, &sum, at, 1, peak)
		s.each = append(s.each, sum)
	}
}

// add makes the requests of some minutes.
func (s *shop) add(r *rand.Rand, sum *counts, at, minutes int, peak float64) {
	middle := float64(at) + float64(minutes)/2
	mean := s.rate * float64(minutes)
	if !s.flat {
		mean *= daily(middle, peak)
	}
	share := s.usual
	for _, f := range s.spells {
		if common := min(at+minutes, f.to) - max(at, f.from); common > 0 {
			share += f.share * float64(common) / float64(minutes)
		}
	}
	if at >= 0 && s.excess != nil {
		share += s.excess(middle)
	}
	if at >= 0 && s.traffic != nil {
		mean *= s.traffic(middle)
	}
	bad := poisson(r, mean*min(1, share))
	sum.bad += bad
	sum.total += bad + poisson(r, mean*(1-min(1, share)))
}

// edge is the newest edge at or before a minute, and what was counted up to it.
func (s *shop) edge(at int) (int, counts) {
	if at >= s.from {
		at = min(at, horizon)
		return at, s.each[at-s.from]
	}
	i := max(0, len(s.hours)-1-(s.from-at+59)/60)
	return s.from - 60*(len(s.hours)-1-i), s.hours[i]
}

// account is what a ledger would say at a time, its newest minutes not closed.
func (s *shop) account(came, at time.Time) slo.Account {
	minute := func(t time.Time) int { return int(math.Floor(t.Sub(came).Minutes())) }
	edge := func(m int) time.Time { return came.Add(time.Duration(m) * time.Minute) }
	begin, _ := s.edge(-s.past - day)
	return slo.Account{Unit: slo.Events, Start: edge(begin), Expected: edge(begin), End: edge(minute(at) - s.closing), LastSample: edge(minute(at)), Edges: time.Hour,
		Counts: func(_ int, from, to time.Time) slo.Counts {
			a, before := s.edge(minute(from))
			b, upTo := s.edge(minute(to))
			bad, total := upTo.bad-before.bad, upTo.total-before.total
			return slo.Counts{Start: edge(a), End: edge(b), Good: total - bad, Total: total, Covered: edge(b).Sub(edge(a))}
		}}
}

// poisson draws a count.
func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 60 {
		return math.Max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
	}
	n, p := 0.0, r.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= r.Float64()
	}
	return n
}

func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// logBetween is even in the logarithm.
func logBetween(r *rand.Rand, low, high float64) float64 {
	return math.Exp(between(r, math.Log(low), math.Log(high)))
}
