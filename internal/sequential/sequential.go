// Package sequential tells from counts of good and bad events whether a change does harm,
// or that it does not, and may be asked at any time and as often as one likes.
//
// Its answers are e-values: figures that are 1 on average, or less, where what they speak
// against is true, at every look. Such a figure ever reaches n with a probability of 1/n
// at most (Ville 1939), so that watching costs nothing. They are given as natural
// logarithms. Bad events are taken to be independent; docs/gate-evaluation.md shows how
// far this holds where they are not.
package sequential

import "math"

// Count is what was counted over a time: whole events.
type Count struct{ Bad, Total float64 }

// Ratio is the share 0–1 of events that were bad; 0 of none.
func (c Count) Ratio() float64 {
	if c.Total <= 0 {
		return 0
	}
	return c.Bad / c.Total
}

// Part is what was counted of one ShopSet before a change, and since.
type Part struct {
	Before, Since Count
	// Usual is how many of the bad events before count as usual: all, or fewer where
	// some came in an outage.
	Usual float64
}

// Pool is what was counted of several together since a change, with the share of bad
// events that was usual: its best guess, and the limits between which it lies. Each
// part's share before counts by its events since, so that events which move from one to
// the other are no change.
type Pool struct {
	Since            Count
	Low, Guess, High float64 // 0–1
}

// NewPool bounds what was usual. most is the share 0–1 that is usual at the most,
// whatever was before; below and above are the probabilities that it lies beyond the
// limits. Where nothing is known of before, it lies between 0 and most.
//
// The limits are Chernoff's: with v > 1 the mean of v^X, X being Poisson of mean m, is
// exp(m(v−1)), so that a sum of logarithms of counts bounds a sum of means.
func NewPool(parts []Part, most, below, above float64) Pool {
	var p Pool
	for _, s := range parts {
		p.Since.Bad += s.Since.Bad
		p.Since.Total += s.Since.Total
	}
	if p.Since.Total <= 0 {
		p.High = most
		return p
	}
	var low, high []weighed
	unknown := 0.0
	for _, s := range parts {
		weight := s.Since.Total / p.Since.Total
		if s.Before.Total <= 0 {
			unknown += weight * most
			continue
		}
		scale, allowed := weight/s.Before.Total, most*s.Before.Total
		low = append(low, weighed{scale, min(s.Usual, s.Before.Bad, allowed)})
		high = append(high, weighed{scale, min(s.Usual, s.Before.Bad, allowed)})
		p.Guess += weight * min((min(s.Usual, s.Before.Bad)+0.5)/s.Before.Total, most)
	}
	p.Low = min(lower(low, math.Log(1/below)), most)
	p.High = min(upper(high, math.Log(1/above))+unknown, most)
	return p
}

// weighed is a count, and how much one of it adds to a mean share.
type weighed struct{ scale, n float64 }

// lower bounds the sum of scale times mean from below, but for a probability exp(−nats).
func lower(all []weighed, nats float64) float64 {
	return max(0, best(all, func(tilt float64) float64 {
		sum := -nats
		for _, w := range all {
			sum += w.n * math.Log1p(tilt*w.scale)
		}
		return sum / tilt
	}, 1e6))
}

// upper bounds it from above.
func upper(all []weighed, nats float64) float64 {
	return -best(all, func(tilt float64) float64 {
		sum := nats
		for _, w := range all {
			sum -= w.n * math.Log1p(-tilt*w.scale)
		}
		return -sum / tilt
	}, 1-1e-9)
}

// best is the highest value of a bound over how far counts are tilted: up to so many times
// the inverse of the greatest scale.
func best(all []weighed, bound func(tilt float64) float64, most float64) float64 {
	greatest := 0.0
	for _, w := range all {
		greatest = max(greatest, w.scale)
	}
	if greatest <= 0 {
		return 0
	}
	// Golden section, on the logarithm.
	low, high, at := math.Log(1e-6/greatest), math.Log(most/greatest), func(log float64) float64 { return bound(math.Exp(log)) }
	a, b := high-(high-low)/math.Phi, low+(high-low)/math.Phi
	atA, atB := at(a), at(b)
	for range 40 {
		if atA < atB {
			low, a, atA = a, b, atB
			b = low + (high-low)/math.Phi
			atB = at(b)
		} else {
			high, b, atB = b, a, atA
			a = high - (high-low)/math.Phi
			atA = at(a)
		}
	}
	return at(high)
}

// against is the evidence against a harm: that of the events more than was usual a share
// harm is bad, or more, at each moment since the change, wherever in the pool. It is a mean
// of likelihood ratios that bet on no harm, and on half of it.
//
// With q the true share of bad events, the mean of w^bad is exp(−q(1−w)total) at most; so
// exp((usual+harm)(1−w)total)·w^bad is 1 on average at most where q is usual + harm or more.
func (p Pool) against(harm float64) float64 {
	guess := max(p.Guess, harm*leastGuess)
	return add(math.Log(onNone)+p.bet(harm, guess), math.Log(1-onNone)+p.bet(harm, guess+harm/2))
}

const (
	onNone = 0.95 // of the stake is on no harm at all
	// leastGuess of the harm is what is expected to fail where nothing has before.
	leastGuess = 0.03
)

func (p Pool) bet(harm, guess float64) float64 {
	limit := p.Low + harm
	w := min(guess/limit, 1)
	return limit*(1-w)*p.Since.Total + p.Since.Bad*math.Log(w)
}

// Most is the least harm, a share 0–1, against which the evidence is so strong: what the
// change may do at the most.
func (p Pool) Most(nats float64) float64 {
	low, high := 0.0, 1.0
	if p.against(high) < nats {
		return 1
	}
	for range 45 {
		if middle := (low + high) / 2; p.against(middle) >= nats {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// Least is about how many events with none bad it takes for so strong an evidence against a
// harm.
func (p Pool) Least(harm, nats float64) float64 {
	one := p
	one.Since = Count{0, 1}
	limit := p.Low + harm
	w := min(max(p.Guess, harm*leastGuess)/limit, 1)
	if w >= 1 {
		return math.Inf(1)
	}
	return math.Ceil((nats - math.Log(onNone)) / (limit * (1 - w)))
}

// sizes are multiples of the harm that is looked for.
var sizes = []float64{1, 3, 10, 30, 100, 300}

// For is the evidence that more is bad than was usual, looked for in harms of so much and of
// multiples: the mean of their likelihood ratios.
func (p Pool) For(harm float64) float64 {
	sum, n := math.Inf(-1), 0.0
	for _, size := range sizes {
		h := size * harm
		if n++; h+p.High >= 1 && n > 1 {
			break
		}
		sum = add(sum, p.Since.Bad*math.Log1p(h/p.High)-h*p.Since.Total)
	}
	return sum - math.Log(float64(len(sizes)))
}

// Mean is the logarithm of the mean of e-values; −Inf of none.
func Mean(logs []float64) float64 {
	sum := math.Inf(-1)
	for _, l := range logs {
		sum = add(sum, l)
	}
	return sum - math.Log(float64(max(len(logs), 1)))
}

// add adds two figures that are given as logarithms.
func add(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// Span is what was counted in the same time where something changed, and where nothing did.
type Span struct{ Changed, Unchanged Count }

// Beside is the evidence that something is wrong where it changed that is not wrong where
// nothing did: of all bad events of a span those of the changed side are binomial. A fault
// that both see is taken to hit the changed side slack times as hard at most, per event.
func Beside(spans []Span, slack float64) float64 {
	sum := math.Inf(-1)
	ratios := []float64{2, 5, 20}
	for _, ratio := range ratios {
		one := 0.0
		for _, s := range spans {
			if s.Changed.Total <= 0 || s.Unchanged.Total <= 0 {
				continue
			}
			odds := slack * s.Changed.Total / s.Unchanged.Total
			one += s.Changed.Bad*math.Log(ratio) - (s.Changed.Bad+s.Unchanged.Bad)*math.Log((1+ratio*odds)/(1+odds))
		}
		sum = add(sum, one)
	}
	return sum - math.Log(float64(len(ratios)))
}
