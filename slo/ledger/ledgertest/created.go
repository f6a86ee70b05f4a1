package ledgertest

import (
	"math"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// Created times, and where else samples begin: docs/counting.md, "Created times".

// told is what a counter said last of when it was created.
type told struct {
	value float64
	any   bool
	moved bool // it had another value than before, and the counter had not dropped
}

// createdNames are the names that a counter may have of which a created series speaks.
func createdNames(created string) []string {
	x, ok := strings.CutSuffix(created, "_created")
	if !ok {
		return nil
	}
	return []string{x, x + "_total", x + "_count", x + "_bucket", x + "_sum"}
}

// isCreated reports whether a selector, without its conditions on bounds, picks a counter of which
// a series may speak.
func (r Rules) isCreated(ls slo.Labels) bool {
	for _, name := range createdNames(ls.Get(slo.MetricName)) {
		of := slices.Clone(ls)
		of[slices.IndexFunc(of, func(l slo.Label) bool { return l.Name == slo.MetricName })].Value = name
		for _, sel := range r.selectors() {
			rest := slices.DeleteFunc(slices.Clone(sel), func(m slo.Matcher) bool { return m.Name == "le" || m.Name == "quantile" })
			if rest.Matches(of) {
				return true
			}
		}
	}
	return false
}

// findCreated finds what speaks of a counter.
func (c *counter) findCreated(all []Series) {
	for _, s := range all {
		if slices.Contains(createdNames(s.Labels.Get(slo.MetricName)), c.name) && sameButForBounds(s.Labels, c.labels) {
			c.created = s.Samples
		}
	}
}

// take takes in a counter's samples: the valid ones, and where they begin.
func (c *counter) take(samples []Sample) {
	base, begins := 0.0, false
	for _, s := range samples {
		if b, ok := slo.BaseOf(s.V); ok {
			base, begins = b, true
			continue
		}
		if !valid(s.V) {
			continue
		}
		c.samples = append(c.samples, s)
		if begins {
			c.begin(s.T, base)
		}
		begins = false
	}
}

func (c *counter) begin(t int64, base float64) {
	if c.bases == nil {
		c.bases = map[int64]float64{}
	}
	c.bases[t] = base
}

// pair gives the i-th sample and the one before it, which has what the i-th begins with.
func (c *counter) pair(i int) (a, b Sample) {
	a, b = c.samples[i-1], c.samples[i]
	if base, ok := c.bases[b.T]; ok {
		a.V = min(base, b.V)
	}
	return a, b
}

// saidAt is what a counter says at one of its samples.
func (c *counter) saidAt(t int64) (float64, bool) {
	s, ok := latestBefore(c.created, t+1)
	return s.V, ok && s.T == t && !slo.IsStale(s.V)
}

// usable gives a created time in milliseconds; false where it cannot be one at t.
func (o *Oracle) usable(v float64, t int64) (float64, bool) {
	if v < 1e11 {
		v *= 1000
	}
	return v, v >= 1e12 && v <= float64(t+o.rules.Slack) && math.Abs(v-float64(t)) > 1
}

// isZero reports whether the i-th sample of a counter was written where it was created: nobody scraped
// its target then, though somebody did before.
func (c *counter) isZero(i int) bool {
	s, told := c.samples[i], false
	for _, p := range c.process.target.processes {
		if anyIn(p.ups, s.T, s.T) {
			return false
		}
		_, before := latestBefore(p.ups, s.T)
		told = told || before
	}
	return told && s.V == 0
}

// behindZero reports whether a counter's i-th sample is the one behind a 0 that it begins with, and nobody scraped
// that: the sample is judged as a first one.
func (o *Oracle) behindZero(c *counter, i int) bool {
	if i != 1 || o.rules.First != slo.FirstAuto || c.samples[0].V != 0 || c.samples[1].V == 0 {
		return false
	}
	z, t := c.samples[0].T, c.samples[1].T
	_, begins := c.bases[t]
	if _, said := c.saidAt(z); begins || said {
		return false
	}
	if start, ok := c.process.startAt(t); ok && float64(z+o.rules.Slack) < start {
		return false // it is of another process
	}
	if first, ok := c.process.target.firstUp(); ok && first <= t {
		return first > z || c.isZero(0)
	}
	before, at, between := false, false, false
	for _, other := range c.process.counters {
		if other != c && len(other.samples) > 0 {
			before = before || other.samples[0].T < z
			at = at || anyIn(other.samples, z, z)
			between = between || anyIn(other.samples, z+1, t-1)
		}
	}
	return before && !at || between
}

// firstUp is the time of the first sample of a target's up.
func (t *target) firstUp() (first int64, ok bool) {
	for _, p := range t.processes {
		if len(p.ups) > 0 && (!ok || p.ups[0].T < first) {
			first, ok = p.ups[0].T, true
		}
	}
	return first, ok
}

// at is the place of a counter's sample of a time.
func (c *counter) at(t int64) int {
	return slices.IndexFunc(c.samples, func(s Sample) bool { return s.T == t })
}

// madeAt is when a counter was created, as it says at a time.
func (o *Oracle) madeAt(c *counter, t int64) (float64, bool) {
	v, ok := c.saidAt(t)
	if !ok {
		return 0, false
	}
	return o.usable(v, t)
}

// madeWith reports whether a process has a counter of the same metric that said last that it was
// created at that time.
func (o *Oracle) madeWith(p *process, of *counter, made float64, t int64) bool {
	for _, c := range p.counters {
		if c.name != of.name {
			continue
		}
		for i := len(c.samples) - 1; i >= 0; i-- {
			if c.samples[i].T >= t {
				continue
			}
			if v, ok := c.saidAt(c.samples[i].T); ok {
				if ms, ok := o.usable(v, t); ok && math.Abs(ms-made) < 1 {
					return true
				}
				break
			}
		}
	}
	return false
}

// hear takes in what a counter says at its i-th sample of when it was created.
func (o *Oracle) hear(c *counter, i int) {
	b := c.samples[i]
	v, ok := c.saidAt(b.T)
	if !ok {
		return
	}
	before := c.told
	c.told = told{value: v, any: true}
	if before.any && math.Float64bits(before.value) == math.Float64bits(v) {
		return
	}
	made, ok := o.usable(v, b.T)
	if !ok {
		o.emit(c, 0, b.T, 0, "created when it cannot have been", slo.CreatedIgnored)
		return
	}
	if i == 0 {
		return
	}
	a, slack := c.samples[i-1], float64(o.rules.Slack)
	was, known := o.usable(before.value, a.T)
	known = known && before.any
	switch {
	case !known && made <= float64(a.T)+slack:
		return
	case known && math.Abs(made-was) <= 1000:
		return
	case known && (made < was || made <= float64(a.T)-slack):
		o.emit(c, a.T, b.T, 0, "created while it was there", slo.CreatedIgnored)
		return
	}
	if b.V >= a.V {
		c.told.moved = true
		most := max(1000, 10*max(1, o.stepBefore(c, i))*max(1, float64(b.T-a.T)/float64(o.rules.Interval)))
		if before.moved || b.V > most {
			o.emit(c, a.T, b.T, 0, "created anew, but it has gone on", slo.UnclearRestart)
			return
		}
	}
	c.begin(b.T, 0)
}

// tellCreated adds the series that tells when a scraped counter was created, unless another one of its
// histogram has it.
func (s *Scraped) tellCreated(out []Scraped) []Scraped {
	told := Scraped{pod: s.pod, Series: Series{Labels: slices.DeleteFunc(slices.Clone(s.Labels), func(l slo.Label) bool { return l.Name == "le" })}}
	for i, l := range told.Labels {
		if l.Name == slo.MetricName {
			told.Labels[i].Value = strings.TrimSuffix(familyOf(l.Value), "_total") + "_created"
		}
	}
	k := 0
	for i, x := range s.Samples {
		for k < len(s.made) && s.made[k].T < x.T {
			k++
		}
		if k == len(s.made) || s.made[k].T != x.T {
			continue // it has ended
		}
		if at := s.DeliveredAt(i); at != x.T {
			told.Late = append(told.Late, Delivery{len(told.Samples), at})
		}
		told.Samples = append(told.Samples, Sample{x.T, s.made[k].V / 1000})
	}
	if len(told.Samples) == 0 || slices.ContainsFunc(out, func(o Scraped) bool { return slices.Equal(o.Labels, told.Labels) }) {
		return out
	}
	return append(out, told)
}
