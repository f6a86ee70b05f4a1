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

// significance is the probability that a review calls any noise a change, where days differ as
// those before did.
const significance = 0.01

// leastChange is the difference of burn rates below which a change is none to talk about.
const leastChange = 0.1

// leastDays are days with events below which nobody knows how much they differ.
const leastDays = 7

// spread is how much days differ from each other.
type spread struct {
	days int // with events
	// factor is the variance of the days' bad events in units of that which single events
	// would have: Pearson's statistic over its degrees of freedom, at least 1.
	factor float64
	// freedom are the degrees of freedom with which the factor is known: fewer than days
	// where a few of them make most of it (Satterthwaite, Biometrics Bulletin 2, 1946).
	freedom float64
}

func spreadOf(days []Tally) spread {
	all := sum(days)
	p := 0.0
	if all.Total > 0 {
		p = min(1, max(0, all.Bad/all.Total))
	}
	s := spread{factor: 1, freedom: 1}
	total, squares := 0.0, 0.0
	for _, d := range days {
		if !d.known() || d.Total <= 0 {
			continue
		}
		s.days++
		if p > 0 && p < 1 {
			off := d.Bad - p*d.Total
			x := off * off / (p * (1 - p) * d.Total)
			total, squares = total+x, squares+x*x
		}
	}
	if s.days < 2 {
		return s
	}
	n := float64(s.days)
	s.freedom = n - 1
	if s.factor = max(1, total/(n-1)); s.factor > 1 {
		mean := total / n
		s.freedom = min(n-1, 2*(n-1)*mean*mean/max(squares/n-mean*mean, 1e-300))
	}
	return s
}

// compare tests whether the share of bad events has changed. The probability is the
// larger of two, so that neither few events nor days that differ anyway look like a
// change:
//
//   - the exact conditional test of two Poisson means (Przyborowski and Wilenski,
//     Biometrika 31, 1940): of all bad events, those after are binomial with their share
//     of the traffic;
//   - a t-test with the spread of the days before (quasi-likelihood, Wedderburn,
//     Biometrika 61, 1974), of the difference of the shares or of their logarithms,
//     whichever is nearer to none.
//
// ok is false where there is no traffic on either side, or too few days before.
func compare(before []Tally, was, is Tally) (chance float64, days spread, ok bool) {
	days = spreadOf(before)
	if days.days < leastDays || was.Total <= 0 || is.Total <= 0 || !was.known() || !is.known() {
		return 0, days, false
	}
	exact := conditional(is.Bad, was.Bad, is.Total/(is.Total+was.Total))
	p := (is.Bad + was.Bad) / (is.Total + was.Total)
	if p <= 0 || p >= 1 {
		return 1, days, true
	}
	deviation := math.Sqrt(days.factor * p * (1 - p) * (1/is.Total + 1/was.Total))
	difference := math.Abs(is.Bad/is.Total - was.Bad/was.Total)
	relative := p * math.Abs(math.Log((is.Bad+0.5)/is.Total)-math.Log((was.Bad+0.5)/was.Total)) // half an event more, for there may be none
	return max(exact, student(min(difference, relative)/deviation, days.freedom)), days, true
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
	chance, days, ok := compare(before, was, is)
	if !ok {
		return c
	}
	c.Chance, c.Noise = &chance, &days.factor
	a, b := is.burn(), was.burn()
	if a == nil || b == nil {
		return c
	}
	c.Worse = *a > *b
	c.Significant = chance*float64(max(1, comparisons)) < significance && math.Abs(*a-*b) >= leastChange
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
