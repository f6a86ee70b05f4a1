package promotion

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/sequential"
)

// weight is what the counts of a Comparison, or of several together, come to.
type weight struct {
	pool   sequential.Pool
	budget float64
	// extra is the share of events that are bad more than in the reference, as counted;
	// it may be negative.
	extra float64
	// evidence is the natural logarithm of that for a harm.
	evidence float64
	// most is the share that may be bad more, at the most; a group's weigh fills it in.
	most float64
}

// weigh weighs counts. harm is that which holds, a burn rate.
//
// The time before is given no credit for what it burned beyond the objective: a Release
// after an outage is compared with the budget, not with the outage.
func weigh(all []*Comparison, p SincePolicy) weight {
	w := weight{budget: all[0].BudgetRatio}
	parts := make([]sequential.Part, len(all))
	for i, c := range all {
		parts[i] = sequential.Part{Before: c.Before.events(false), Since: c.Since.events(true), Usual: math.Floor(c.UsualBad)}
	}
	w.pool = sequential.NewPool(parts, w.budget, (1-p.Confidence)*ofBefore, p.FalseAlarms*ofBefore)
	w.extra = w.pool.Since.Ratio()
	for _, s := range parts {
		usual := sequential.Count{Bad: min(s.Usual, s.Before.Bad), Total: s.Before.Total}
		w.extra -= min(usual.Ratio(), w.budget) * s.Since.Total / w.pool.Since.Total
	}
	w.evidence = w.pool.For(p.Harm * w.budget)
	return w
}

// Of the error of a limit, and of a verdict, that part is for what was usual before.
const ofBefore = 0.05

const besideError = 0.01

// some10 is the logarithm of an evidence of 10 to 1: something looks amiss.
var some10 = math.Log(10)

// cleared is the logarithm of the evidence that clears of a harm.
func (p SincePolicy) cleared() float64 { return -math.Log((1 - p.Confidence) * (1 - ofBefore)) }

// held is that of the evidence which holds.
func (p SincePolicy) held() float64 { return -math.Log(p.FalseAlarms) }

// amiss reports whether so much looks worse than before that it matters what was usual.
func (w weight) amiss(p SincePolicy) bool {
	return w.extra >= p.Harm*w.budget && w.evidence >= some10
}

// growing is the time in which what gets slowly worse reaches the harm.
const growing = 5 * time.Minute

// scaled is a length of time where the baseline is of 7 days: fleets whose days are seconds
// have a shorter one.
func (p SincePolicy) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(p.Baseline) / float64(DefaultBaseline))
}

// yet is the share 0–1 of a harm that one which grows to it in that time has done on the
// average, so long after the Release came. Traffic is taken to be even over these minutes.
func (p SincePolicy) yet(elapsed time.Duration) float64 {
	return min(1, float64(max(0, elapsed))/float64(max(1, 2*p.scaled(growing))))
}

// excuse says why something that looks amiss may have other causes; "" where nothing does.
func (p SincePolicy) excuse(a *Alike, b *Beside, budget float64) string {
	switch {
	case b != nil && b.More < p.held() && b.worseToo(budget, p.Harm):
		return excusedBeside
	case a.usual():
		return excusedAlike
	}
	return ""
}

const (
	excusedBeside = "beside"
	excusedAlike  = "alike"
)

// sloPart is a part of an SLO.
type sloPart struct{ slo, part string }

// weighed is what all Comparisons of a decision come to.
type weighed struct {
	ones   map[*Comparison]weight
	groups map[sloPart]*group
	// mean is the logarithm of the mean evidence for a harm, of all that is not excused: each
	// part of an SLO counts as much, half of that its ShopSets and half of it them together.
	mean float64
	held float64 // what holds
}

// group is a part of an SLO in all ShopSets of a Tier that can be compared.
type group struct {
	all   []*Comparison
	over  time.Duration // since the Release came to the last of them
	whole weight
	rest  weight // without what is excused; of none where that is all
	seen  Together
	// earlier are the times before those that are compared with, crept what each comes to.
	earlier []Earlier
	crept   []weight
}

// weighAll weighs what can be compared of a Tier.
func (d *deciding) weighAll(t tier, found map[pair][]*Comparison) *weighed {
	w := &weighed{ones: map[*Comparison]weight{}, groups: map[sloPart]*group{}, held: d.p.Since.held()}
	var order []*group
	for _, s := range t.SLOs {
		for _, name := range t.ShopSets {
			for _, c := range found[pair{name, s}] {
				if _, why := d.incomparable(c); why != "" {
					continue
				}
				of := sloPart{s, c.Part}
				if w.groups[of] == nil {
					w.groups[of] = &group{over: 10 * week}
					order = append(order, w.groups[of])
				}
				g := w.groups[of]
				g.all, g.over = append(g.all, c), min(g.over, c.Since.End.Sub(c.Came))
			}
		}
	}
	for _, seen := range d.e.Together {
		if g := w.groups[sloPart{seen.SLO, seen.Part}]; g != nil {
			g.seen = seen
		}
	}
	slices.SortStableFunc(order, func(a, b *group) int {
		return cmp.Or(strings.Compare(a.all[0].SLO, b.all[0].SLO), strings.Compare(a.all[0].Part, b.all[0].Part))
	})
	var logs []float64
	shared := d.weighedAlike()
	for _, g := range order {
		g.earlier = d.e.earlierOf(sloPart{g.all[0].SLO, g.all[0].Part})
		slices.SortStableFunc(g.all, func(a, b *Comparison) int { return strings.Compare(string(a.ShopSet), string(b.ShopSet)) })
		logs = append(logs, g.weighOnce(shared, d.p.Since, w.ones))
	}
	w.mean = sequential.Mean(logs)
	return w
}

// weighedAlike is the Closed that keeps what groups come to; nil: none does.
func (d *deciding) weighedAlike() *Closed {
	c := d.settled()
	if c == nil || !sameList(c.earlier, d.e.Earlier) || !sameList(c.comparisons, d.e.Comparisons) || !sameList(c.together, d.e.Together) {
		return nil
	}
	return c
}

// groupWeighed is what a group has come to.
type groupWeighed struct {
	group group
	ones  []weight // of each that is compared
	log   float64
}

// weighOnce is weigh, or what another decision by the same counts has come to.
func (g *group) weighOnce(c *Closed, p SincePolicy, ones map[*Comparison]weight) float64 {
	of := sloPart{g.all[0].SLO, g.all[0].Part}
	if c != nil {
		if was, ok := c.weighed.Load(of); ok && slices.Equal(was.(groupWeighed).group.all, g.all) {
			is := was.(groupWeighed)
			*g = is.group
			for i, one := range g.all {
				ones[one] = is.ones[i]
			}
			return is.log
		}
	}
	g.weighEarlier(p)
	is := groupWeighed{log: g.weigh(p, ones)}
	if c != nil {
		for _, one := range g.all {
			is.ones = append(is.ones, ones[one])
		}
		is.group = *g
		c.weighed.Store(of, is)
	}
	return is.log
}

// weigh gives the logarithm of the group's mean evidence.
func (g *group) weigh(p SincePolicy, ones map[*Comparison]weight) float64 {
	var logs []float64
	var rest []*Comparison
	for _, c := range g.all {
		w := weigh([]*Comparison{c}, p)
		w.most = w.pool.Most(p.cleared())
		ones[c] = w
		if w.amiss(p) && p.excuse(c.Alike, c.Beside, w.budget) != "" {
			logs = append(logs, math.Inf(-1))
			continue
		}
		logs, rest = append(logs, w.evidence), append(rest, c)
	}
	g.whole = ones[g.all[0]]
	if len(g.all) == 1 {
		g.rest = g.whole
		return g.withEarlier(sequential.Mean(logs), p, len(rest) == 1)
	}
	g.whole = weigh(g.all, p)
	g.whole.most = g.whole.pool.Most(p.cleared())
	if g.rest = g.whole; len(rest) < len(g.all) {
		if g.rest = (weight{budget: g.whole.budget, evidence: math.Inf(-1)}); len(rest) > 0 {
			g.rest = weigh(rest, p)
		}
	}
	together := g.rest.evidence
	if g.whole.amiss(p) && p.excuse(g.seen.Alike, g.seen.Beside, g.whole.budget) != "" {
		together = math.Inf(-1)
	}
	return sequential.Mean([]float64{sequential.Mean(logs), g.withEarlier(together, p, len(rest) == len(g.all))})
}

// withEarlier is the mean with the evidence that something got worse since earlier times, where
// there are such, and nothing excuses it.
func (g *group) withEarlier(log float64, p SincePolicy, all bool) float64 {
	w, was, ok := g.creep()
	if !ok {
		return log
	}
	if !all || w.amiss(p) && p.creepExcused(w, was) != "" {
		w.evidence = math.Inf(-1)
	}
	return sequential.Mean([]float64{log, w.evidence})
}

// proves reports whether an evidence holds: by itself, and in the mean of all.
func (w *weighed) proves(one weight) bool { return w.mean >= w.held && one.evidence >= w.held }

// chance is the probability 0–1, at most, that chance alone ever brings so much evidence
// about in a decision about this Release, however often it is asked.
func (w *weighed) chance(one weight) float64 {
	return min(1, math.Exp(-min(one.evidence, w.mean)))
}
