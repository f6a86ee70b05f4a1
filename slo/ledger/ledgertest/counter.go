package ledgertest

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// counting is one counter as its process holds it.
type counting struct {
	parts []float64 // one for each worker, or twin
	life  int       // which process of the pod; -1: none yet
	shown [2]float64
	since int   // how many times it has been shown without a break
	made  int64 // when it was created; 0: not yet
}

// value is what the counter reads to an attempt.
func (c *counting) value(spec Spec, a attempt) float64 {
	if spec.Twins {
		return c.parts[a.twin]
	}
	sum := 0.0
	for _, v := range c.parts {
		sum += v
	}
	return sum
}

// enter lets the process change: its counter starts anew.
func (h *History) enter(c *counting, s *Scraped, l int, r *rand.Rand) {
	if l == c.life {
		return
	}
	c.life, c.since, c.made = l, 0, 0
	for i := range c.parts {
		c.parts[i] = 0
		if s.pod.lives[l].born <= h.Start && !(s.bad && r.IntN(2) == 0) {
			c.parts[i] = float64(1 + r.IntN(1000))
		}
		if s.steady || c.parts[i] > 0 {
			c.made = s.pod.lives[l].born
		}
	}
}

// reset lets the counter, or one part of it, begin anew where that is due at t.
func (c *counting) reset(t int64, due *[]int64, part func() int) {
	for len(*due) > 0 && (*due)[0] <= t {
		*due = (*due)[1:]
		if k := part(); k >= 0 {
			c.parts[k] = 0
		} else {
			clear(c.parts)
			c.made = 0
		}
		c.since = 0
	}
}

// older gives an answer between the last two that were shown, or the value itself where
// there were none.
func (c *counting) older(v float64, s *Scraped, r *rand.Rand) float64 {
	before, last := c.shown[0], c.shown[1]
	if c.since < 2 || before > last {
		return v
	}
	s.old = append(s.old, len(s.Samples))
	return before + math.Floor((last-before)*float64(r.IntN(8))/8)
}

// show takes down what was shown to an attempt.
func (c *counting) show(s *Scraped, t int64, v float64) {
	s.Samples = append(s.Samples, Sample{t, v})
	if c.made == 0 {
		c.made = t - 2 // before it was scraped
	}
	s.made = append(s.made, Sample{t, float64(c.made)})
	c.shown = [2]float64{c.shown[1], v}
	c.since++
}

// counter lets events happen to one series and scrapes it.
func (h *History) counter(spec Spec, s *Scraped, attempts []attempt, resets []int64, r *rand.Rand) {
	p, exposed := s.pod, false
	c := &counting{parts: make([]float64, spec.Workers), life: -1}
	s.Samples = make([]Sample, 0, len(attempts))
	hidden := h.hidden(spec, r, attempts)
	forgotten := moments(r, attempts[0].t, h.End, spec.ForgetEvery)
	workers := moments(r, attempts[0].t, h.End, spec.WorkerEvery)
	all, one := func() int { return -1 }, func() int { return r.IntN(spec.Workers) }
	before := attempts[0].t - 1
	moment := make([]int64, spec.Batches)
	next := 0 // the process that is alive, or the next to be born
	for _, a := range attempts {
		for i := range moment {
			moment[i] = a.t - r.Int64N(a.t-before)
		}
		slices.Sort(moment)
		for _, t := range moment {
			n := h.happens(spec, s.bad, t, a.events, r)
			for next < len(p.lives)-1 && p.lives[next].died <= t {
				next++
			}
			c.reset(t, &resets, all)
			c.reset(t, &forgotten, all)
			c.reset(t, &workers, one)
			if n == 0 || t < p.lives[next].born || t >= p.lives[next].died {
				continue
			}
			h.enter(c, s, next, r)
			if c.made == 0 {
				c.made = t - 2
			}
			c.parts[r.IntN(spec.Workers)] += n
			s.events = append(s.events, Sample{t, n})
		}
		before = a.t
		if a.outcome == nothing {
			continue
		}
		shown := false
		if a.outcome == scraped {
			h.enter(c, s, a.life, r)
			shown = c.value(spec, a) > 0 || spec.Eager && !s.bad || s.steady
			shown = shown && !h.isHidden(hidden, a, p)
		}
		switch {
		case shown && a.old:
			c.show(s, a.t, c.older(c.value(spec, a), s, r))
		case shown:
			c.show(s, a.t, c.value(spec, a))
		case exposed:
			s.Samples = append(s.Samples, Sample{a.t, stale})
			c.since = 0
		}
		exposed = shown
	}
}

// histogram makes the series of a histogram: the bucket of the good requests, the
// bucket of all and the count, and the counter of the slow ones. They exist from the
// process' birth.
func (h *History) histogram(spec Spec, p *pod, attempts []attempt, r *rand.Rand) []Scraped {
	spec.VanishEvery, spec.ForgetEvery = 0, 0
	resets := moments(r, attempts[0].t, h.End, spec.ResetEvery)
	named := func(name, code, le string) Scraped {
		ls := podLabels(name, p, spec.Name, code, "")
		if le != "" {
			ls = append(ls, slo.Label{Name: "le", Value: le})
			slices.SortFunc(ls, compareLabel)
		}
		return Scraped{pod: p, bad: code != "", steady: true, Series: Series{Labels: ls}}
	}
	good, slow := named(histogramNames[0], "", "0.5"), named(histogramNames[2], "500", "")
	h.counter(spec, &good, attempts, resets, r)
	h.counter(spec, &slow, attempts, resets, r)
	count, all := named(histogramNames[1], "", ""), named(histogramNames[0], "", "+Inf")
	for i, x := range good.Samples {
		if !slo.IsStale(x.V) {
			x.V += slow.Samples[i].V
		}
		count.Samples = append(count.Samples, x)
		all.Samples = append(all.Samples, x)
	}
	return []Scraped{good, all, count, slow}
}

// happens draws the number of events of one moment.
func (h *History) happens(spec Spec, bad bool, t int64, mean float64, r *rand.Rand) float64 {
	ratio := spec.ErrorRatio
	for _, o := range spec.Outages {
		if o.From <= t && t < o.To && !o.Down {
			ratio = o.Ratio
		}
	}
	if !bad {
		ratio = 1 - ratio
	}
	n := poisson(r, mean*ratio/float64(spec.Batches))
	if n > 0 && spec.Fractional {
		n += float64(r.IntN(8)) / 8
	}
	return n
}
