package promotion

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/mathext"
)

// tally is what was counted over a time: whole events.
type tally struct{ bad, total float64 }

func (t tally) ratio() float64 { return t.bad / t.total }

// trial compares the bad events since a Release came with those before.
//
// The time before is given no credit for what it burned beyond the objective: a
// Release after an outage is compared with the budget, not with the outage. What is
// compared with is called the reference.
type trial struct {
	// extra is the share of events that are bad more than in the reference, as
	// counted; it may be negative.
	extra float64
	// highest is the upper bound of that share, at the confidence asked for.
	highest float64
	// chance is the probability that one comparison or more of so many come out at
	// least as bad as this, were no Release worse than the reference.
	chance float64
}

// try makes the test. budget is the SLO's budget ratio, tests the number of
// comparisons that the decision makes. Nothing before is a tally of 0. since.total
// is above 0.
//
// The p-value is the smaller one, doubled, of two exact tests, times the number of
// comparisons (Bonferroni): the conditional test of two Poisson means (Przyborowski
// and Wilenski, Biometrika 31, 1940: given all bad events, those since the Release
// are binomial with its share of the traffic) and the binomial test against the
// budget. The bound joins two exact bounds of Clopper and Pearson (Biometrika 26,
// 1934), the upper of the share since at nine tenths of the error and the lower of the
// share before at the rest: it holds at least as often as it says, whatever the shares are.
func try(budget float64, before, since tally, confidence float64, tests int) trial {
	return trial{
		extra:   since.ratio() - before.reference(budget),
		highest: upper(since, (1-confidence)*ofSince) - before.lowest(budget, (1-confidence)*ofBefore),
		chance:  chance(budget, before, since, tests),
	}
}

// reference is the share of bad events that a Release is compared with.
func (t tally) reference(budget float64) float64 {
	if t.total <= 0 {
		return 0
	}
	return min(t.ratio(), budget)
}

// lowest is the lower bound of the reference.
func (t tally) lowest(budget, err float64) float64 {
	if t.total <= 0 {
		return 0
	}
	return min(lowers.of(t, err), budget)
}

// lowers are lower bounds that were asked for: what was counted before a Release came
// stays the same for each decision about it.
var lowers = bounds{known: map[bound]float64{}}

// bounds remembers some bounds. It is safe for concurrent use.
type bounds struct {
	mu    sync.Mutex
	known map[bound]float64
}

type bound struct {
	tally
	err float64
}

// mostBounds takes 3 MiB.
const mostBounds = 1 << 16

func (b *bounds) of(t tally, err float64) float64 {
	key := bound{t, err}
	b.mu.Lock()
	low, ok := b.known[key]
	b.mu.Unlock()
	if ok {
		return low
	}
	low = lower(t, err)
	b.mu.Lock()
	if len(b.known) >= mostBounds {
		clear(b.known)
	}
	b.known[key] = low
	b.mu.Unlock()
	return low
}

// chance is that of a trial.
func chance(budget float64, before, since tally, tests int) float64 {
	worse := 1.0
	if before.total > 0 {
		worse = tail(since.bad, since.bad+before.bad, since.total/(since.total+before.total))
	}
	over := tail(since.bad, since.total, budget)
	return min(1, 2*min(worse, over)*float64(max(tests, 1)))
}

// ofSince and ofBefore share the error between the two bounds. What was before is
// counted over longer, and so its bound is near at a small error.
const ofSince, ofBefore = 0.9, 0.1

// beforeAndSince is what was counted of one of several ShopSets.
type beforeAndSince struct{ before, since tally }

// pooled is what was counted of all since the Release came, and the upper bound of the
// share of these events that are bad more than in the reference. The bound of a sum of
// shares that differ is that of Clopper and Pearson as well, which then is too high if
// anything (Hoeffding, Annals of Mathematical Statistics 27, 1956). Each reference counts
// as much as its ShopSet has traffic now, with a lower bound at its part of the error, so
// that traffic which moves from one to the other looks like no change.
func pooled(budget float64, all []beforeAndSince, confidence float64) (since tally, highest float64) {
	for _, s := range all {
		since.bad += s.since.bad
		since.total += s.since.total
	}
	lowest := 0.0
	for _, s := range all {
		lowest += s.before.lowest(budget, (1-confidence)*ofBefore/float64(len(all))) * s.since.total / since.total
	}
	return since, upper(since, (1-confidence)*ofSince) - lowest
}

// tail is the probability of k successes or more in n tries of probability p.
func tail(k, n, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n:
		return 0
	case p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return mathext.RegIncBeta(k, n-k+1, p)
}

// upper is the bound below which a share lies but for that error.
func upper(t tally, err float64) float64 {
	switch {
	case t.bad >= t.total:
		return 1
	case t.bad <= 0:
		return -math.Expm1(math.Log(err) / t.total)
	}
	return mathext.InvRegIncBeta(t.bad+1, t.total-t.bad, 1-err)
}

// lower is the bound above which a share lies but for that error.
func lower(t tally, err float64) float64 {
	switch {
	case t.bad <= 0:
		return 0
	case t.bad >= t.total:
		return math.Exp(math.Log(err) / t.total)
	}
	return mathext.InvRegIncBeta(t.bad, t.total-t.bad+1, err)
}

// least is how many events without a bad one rule out that share, with nothing
// known of before.
func least(harm, confidence float64) float64 {
	if harm >= 1 {
		return 1
	}
	return math.Ceil(math.Log((1-confidence)*ofSince) / math.Log1p(-harm))
}
