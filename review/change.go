package review

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Change compares the share of bad events with that of a time before.
type Change struct {
	SLO string `json:"slo"`
	// ShopSet is "" where those of a Tier are summed.
	ShopSet string `json:"shopset"`
	Tier    string `json:"tier"`
	Before  Count  `json:"before"`
	After   Count  `json:"after"`
	// Chance is the probability of a difference at least so large, up or down, if nothing
	// had changed; nil: there is not enough to compare.
	Chance *float64 `json:"chance"`
	// Noise is how much more the days before differ from each other than they would if
	// every event were bad by itself: 1 is not at all.
	Noise *float64 `json:"noise"`
	// Significant: the Chance is below Level divided by the number of comparisons, and the
	// burn rate moves by a tenth or more.
	Significant bool `json:"significant"`
	Worse       bool `json:"worse"`
}

// Level is the probability that a review calls any noise a change.
const Level = 0.01

// leastChange is the difference of burn rates below which a change is none to talk about.
const leastChange = 0.1

// leastDays are days with events below which nobody knows how much they differ.
const leastDays = 7

// noise is the variance of the days' bad events in units of that which single events
// would have: Pearson's statistic over its degrees of freedom, at least 1. days counts
// those with events.
func noise(days []Tally) (factor float64, n int) {
	all := sum(days)
	p := 0.0
	if all.Total > 0 {
		p = min(1, max(0, all.Bad/all.Total))
	}
	statistic := 0.0
	for _, d := range days {
		if !d.known() || d.Total <= 0 {
			continue
		}
		n++
		if p > 0 && p < 1 {
			off := d.Bad - p*d.Total
			statistic += off * off / (p * (1 - p) * d.Total)
		}
	}
	if n < 2 {
		return 1, n
	}
	return max(1, statistic/float64(n-1)), n
}

// compare tests whether the share of bad events has changed. The probability is the
// larger of two, so that neither few events nor days that differ anyway look like a
// change:
//
//   - the exact conditional test of two Poisson means (Przyborowski and Wilenski, 1940):
//     of all bad events, those after are binomial with their share of the traffic;
//   - a t-test with the variance of the days before (quasi-likelihood, Wedderburn, 1974).
//
// ok is false where there is no traffic on either side, or too few days before.
func compare(before []Tally, was, is Tally) (chance, factor float64, ok bool) {
	factor, days := noise(before)
	if days < leastDays || was.Total <= 0 || is.Total <= 0 || !was.known() || !is.known() {
		return 0, factor, false
	}
	exact := conditional(is.Bad, was.Bad, is.Total/(is.Total+was.Total))
	p := (is.Bad + was.Bad) / (is.Total + was.Total)
	if p <= 0 || p >= 1 {
		return 1, factor, true
	}
	deviation := math.Sqrt(factor * p * (1 - p) * (1/is.Total + 1/was.Total))
	t := math.Abs(is.Bad/is.Total-was.Bad/was.Total) / deviation
	return max(exact, student(t, float64(days-1))), factor, true
}

// conditional is the two-sided probability of k or more extreme among k + m, each with
// probability p: twice the smaller side.
func conditional(k, m, p float64) float64 {
	if k+m <= 0 {
		return 1
	}
	upper, lower := 1.0, 1.0
	if k > 0 {
		upper = mathext.RegIncBeta(k, m+1, p)
	}
	if m > 0 {
		lower = mathext.RegIncBeta(m, k+1, 1-p)
	}
	return min(1, 2*min(upper, lower))
}

// student is the two-sided probability of Student's distribution.
func student(t, freedom float64) float64 {
	return mathext.RegIncBeta(freedom/2, 0.5, freedom/(freedom+t*t))
}

// change makes a Change of it; comparisons is how many the review makes.
func change(before []Tally, was, is Tally, comparisons int) Change {
	c := Change{Before: count(was), After: count(is)}
	chance, factor, ok := compare(before, was, is)
	if !ok {
		return c
	}
	c.Chance, c.Noise = &chance, &factor
	a, b := is.burn(), was.burn()
	if a == nil || b == nil {
		return c
	}
	c.Worse = *a > *b
	c.Significant = chance*float64(max(1, comparisons)) < Level && math.Abs(*a-*b) >= leastChange
	return c
}

// byChance sorts the least likely first, the larger change first where that is the same.
func byChance(all []Change) {
	slices.SortStableFunc(all, func(a, b Change) int {
		switch {
		case *a.Chance != *b.Chance:
			if *a.Chance < *b.Chance {
				return -1
			}
			return 1
		case a.moved() > b.moved():
			return -1
		case a.moved() < b.moved():
			return 1
		}
		return 0
	})
}

// moved is by how much the burn rate differs.
func (c Change) moved() float64 {
	if c.Before.Burn == nil || c.After.Burn == nil {
		return 0
	}
	return math.Abs(*c.After.Burn - *c.Before.Burn)
}
