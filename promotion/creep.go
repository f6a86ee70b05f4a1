package promotion

import (
	"math"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/sequential"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Earlier is what was counted of a part of an SLO for a whole Tier before the time that a Release
// is compared with. What gets a little worse with each Release looks as usual beside the one
// before it, and shows beside the best of these.
type Earlier struct {
	SLO  string `json:"slo"`
	Part string `json:"part"` // as of a Comparison
	// Over (Start, End].
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// ShopSets are those that are compared now and had data then.
	ShopSets []EarlierShopSet `json:"shopsets"`
	// Alike is nil where nobody looked: it is not the best, or nothing is amiss beside it.
	Alike *Alike `json:"alike,omitempty"`
	// Beside is what was counted since for ShopSets whose Release has not changed, beside what they
	// had just before: they get what creeps as well, a Release later. nil as Alike, or where there are none.
	Beside *Beside `json:"beside,omitempty"`
}

// EarlierShopSet is what was counted of one ShopSet: whole events.
type EarlierShopSet struct {
	ShopSet fleet.ShopSetName `json:"shopset"`
	Bad     float64           `json:"bad"`
	Total   float64           `json:"total"`
}

// mostEarlier lengths of the baseline are looked at before it, where the ledger goes so far back: with it, ten.
const mostEarlier = 9

// An earlier time tells nothing of a ShopSet with less than leastTraffic of the baseline's events,
// and nothing of a Tier of which ShopSets with less than leastShare of the events since are left.
const (
	leastTraffic = 0.25
	leastShare   = 0.5
)

// lookBack adds what the ledger knows of the time before the baseline, all of it: an exclusion may
// have been written afterwards.
func (e *Evidence) lookBack(slos []slo.SLO, others []func() *besides, ledger status.Ledger, at time.Time, p Policy) {
	e.Earlier = nil
	first := e.FirstCame()
	if first.IsZero() {
		return
	}
	if x, ok := ledger.(status.Excluding); ok {
		ledger = x.Ledger
	}
	for i := range slos {
		s := &slos[i]
		for part := range s.Parts {
			name := ""
			if len(s.Parts) > 1 {
				name = s.Parts[part].Name
			}
			all := e.comparableOf(s.Name, name)
			if len(all) == 0 {
				continue
			}
			l := looking{part: part, all: all, others: others[i]}
			for _, c := range all {
				l.accounts = append(l.accounts, ledger.Account(s, string(c.ShopSet), at))
			}
			found := l.back(first, p)
			for i := range found {
				found[i].SLO, found[i].Part = s.Name, name
			}
			e.Earlier = append(e.Earlier, found...)
		}
	}
}

// looking is a part of an SLO whose earlier times are looked at.
type looking struct {
	part     int
	all      []*Comparison
	accounts []slo.Account // of each
	others   func() *besides
}

func (l *looking) back(first time.Time, p Policy) (out []Earlier) {
	for n := 1; n <= mostEarlier; n++ {
		end := first.Add(-time.Duration(n) * p.Since.Baseline)
		if was := l.at(end.Add(-p.Since.Baseline), end, p.MinCoverage); len(was.ShopSets) > 0 {
			out = append(out, was)
		}
	}
	group := &group{all: l.all, earlier: out}
	group.weighEarlier(p.Since)
	if best := group.best(); best >= 0 && group.crept[best].amiss(p.Since) {
		since, until := group.crept[best].pool.Since, l.accounts[0].End
		out[best].Alike = alike(l.counts, out[best].End, p.Since.Baseline, until.Sub(first), l.accounts[0].Edges, tally{since.Bad, since.Total}, mostTogether)
		out[best].Beside = l.others().compare(l.part, l.counts, first, until, l.before().ratio())
	}
	return out
}

// at is what was counted of each ShopSet that was covered.
func (l *looking) at(from, to time.Time, coverage float64) (was Earlier) {
	for i, before := range l.all {
		c := l.accounts[i].Counts(l.part, from, to)
		if c.Covered <= 0 || !(c.Coverage() >= coverage) || c.Good > c.Total || !(c.Total > 0) || c.Total < leastTraffic*before.Before.tally(false).total {
			continue
		}
		was.Start, was.End = c.Start.UTC(), c.End.UTC()
		was.ShopSets = append(was.ShopSets, EarlierShopSet{before.ShopSet, max(0, math.Floor(c.Total-c.Good)), math.Ceil(c.Total)})
	}
	return was
}

// before is what was counted of all just before.
func (l *looking) before() (sum tally) {
	for _, c := range l.all {
		sum.bad, sum.total = sum.bad+c.Before.tally(false).bad, sum.total+c.Before.tally(false).total
	}
	return sum
}

// counts sums up what was counted of all.
func (l *looking) counts(from, to time.Time) slo.Counts { return summed(l.accounts, l.part, from, to) }

// weighEarlier weighs what came since the Release beside each earlier time, of each ShopSet beside
// what it had then: events that move from one to the other are no change.
func (g *group) weighEarlier(p SincePolicy) {
	whole := 0.0
	since := map[fleet.ShopSetName]sequential.Count{}
	for _, c := range g.all {
		since[c.ShopSet] = c.Since.events(true)
		whole += since[c.ShopSet].Total
	}
	g.crept = make([]weight, len(g.earlier))
	for i := range g.earlier {
		w := weight{budget: g.all[0].BudgetRatio, evidence: math.Inf(-1), extra: math.Inf(-1)}
		var parts []sequential.Part
		for _, was := range g.earlier[i].ShopSets {
			if now, ok := since[was.ShopSet]; ok {
				parts = append(parts, sequential.Part{Before: sequential.Count{Bad: was.Bad, Total: was.Total}, Since: now, Usual: was.Bad})
			}
		}
		pool := sequential.NewPool(parts, w.budget, (1-p.Confidence)*ofBefore, p.FalseAlarms*ofBefore)
		if pool.Since.Total > 0 && pool.Since.Total >= leastShare*whole {
			w.pool, w.extra = pool, pool.Since.Ratio()
			for _, s := range parts {
				w.extra -= min(s.Before.Ratio(), w.budget) * s.Since.Total / pool.Since.Total
			}
			w.evidence = pool.For(p.Harm * w.budget)
			w.most = pool.Most(p.cleared())
		}
		g.crept[i] = w
	}
}

// total is what was counted of all.
func (w *Earlier) total() (sum tally) {
	for _, s := range w.ShopSets {
		sum.bad, sum.total = sum.bad+s.Bad, sum.total+s.Total
	}
	return sum
}

// best is the earlier time in which the least was bad; −1: there is none.
func (g *group) best() int {
	best := -1
	for i, w := range g.crept {
		if w.pool.Since.Total > 0 && (best < 0 || w.extra > g.crept[best].extra) {
			best = i
		}
	}
	return best
}

// creep is the best of the earlier times, with the evidence that it got worse since: the mean of
// all, so that nothing is proven by choosing one.
func (g *group) creep() (w weight, was Earlier, ok bool) {
	best := g.best()
	if best < 0 {
		return weight{evidence: math.Inf(-1)}, Earlier{}, false
	}
	w = g.crept[best]
	var logs []float64
	for i := range g.crept {
		if g.crept[i].pool.Since.Total > 0 { // else too little of it can be compared
			logs = append(logs, g.crept[i].evidence)
		}
	}
	w.evidence = sequential.Mean(logs)
	return w, g.earlier[best], true
}

// creepExcused says why what got worse since an earlier time may have other causes than Releases;
// "" where nothing does. What creeps comes to those beside, too, a Release later: a fault that all
// see is at least half of what is extra since, beside the time just before.
func (p SincePolicy) creepExcused(w weight, was Earlier) string {
	beside := was.Beside
	if beside != nil && slack*beside.extra(w.budget) < w.extra {
		beside = nil
	}
	return p.excuse(was.Alike, beside, w.budget)
}

// hardest is what takes the most events to clear: what came just before, or an earlier time.
func (g *group) hardest(w weight) (weight, *Earlier) {
	var at *Earlier
	for i := range g.crept {
		if g.crept[i].most > w.most {
			w, at = g.crept[i], &g.earlier[i]
		}
	}
	return w, at
}

// judgeCreep fails what has got worse by the policy's harm since an earlier time, beyond chance; no
// reason where nothing has.
func (d *deciding) judgeCreep(counted string, g *group, figures *Figures) (Result, string) {
	w, was, ok := g.creep()
	switch {
	case ok && g.impossible():
		return Unknown, d.say("Counts are inconsistent, so no comparison is possible.")
	case !ok || !w.amiss(d.p.Since):
		return "", ""
	}
	*figures = figures.with("earlier", Figures{{"start", instant(was.Start)}, {"end", instant(was.End)}, {"bad", was.total().bad}, {"total", was.total().total},
		{"extra_burn_rate", w.extra / w.budget}, {"chance", d.weighed.chance(w)}})
	counted = d.say("%s. %s: all changes since then add %s× the allowed rate to the burn rate", counted, d.earlier(was), status.FormatRate(w.extra/w.budget))
	switch d.p.Since.creepExcused(w, was) {
	case excusedBeside:
		return Unknown, d.say("%s, but ShopSets without the Release got worse as well, so Releases may not be the cause. More time is needed.", counted)
	case excusedAlike:
		return Unknown, d.say("%s, but there were as many bad events %s in that time, so Releases may not be the cause. More time is needed.", counted, d.often(was.Alike.Times))
	}
	if !d.weighed.proves(w) {
		return Unknown, d.say("%s. More time is needed.", counted)
	}
	return Fail, d.say("%s, statistically significant (%s).", counted, probability(d.weighed.chance(w)))
}

// judgeTier judges a Tier that is not proven to be worse than just before by earlier times, too.
// unsure says why it may be; "" where it does not look worse.
func (d *deciding) judgeTier(counted string, g *group, w weight, allowed limit, figures *Figures, unsure string) (Result, string) {
	result, reason := d.judgeCreep(counted, g, figures)
	switch {
	case result == Fail:
		return result, reason
	case unsure != "":
		return Unknown, unsure
	case reason != "":
		return result, reason
	}
	return d.judgeAllClear(counted, g, w, allowed)
}

// judgeAllClear passes what adds less than a limit to the burn rate of before, and of each earlier
// time.
func (d *deciding) judgeAllClear(counted string, g *group, w weight, allowed limit) (Result, string) {
	w, was := g.hardest(w)
	if was != nil {
		counted = d.say("%s. %s", counted, d.earlier(*was))
	}
	return d.judgeClear(counted, w, allowed, g.all[0].Unit)
}

// earlier says what was counted then.
func (l lang) earlier(was Earlier) string {
	return l.say("From %s to %s, %s of %s were bad", was.Start.UTC().Format(time.DateOnly), was.End.UTC().Format(time.DateOnly), status.FormatCount(was.total().bad), status.FormatCount(was.total().total))
}

// earlierOf are the earlier times of each part of an SLO.
func (e *Evidence) earlierOf(of sloPart) (out []Earlier) {
	for _, was := range e.Earlier {
		if was.SLO == of.slo && was.Part == of.part {
			out = append(out, was)
		}
	}
	return out
}

// plausible reports whether a time before a Release came can be compared with.
func (w Earlier) plausible(came time.Time) bool {
	seen := map[fleet.ShopSetName]bool{}
	for _, s := range w.ShopSets {
		if seen[s.ShopSet] {
			return false
		}
		seen[s.ShopSet] = true
	}
	return !w.Start.IsZero() && w.Start.Before(w.End) && w.End.Before(came) && !slices.ContainsFunc(w.ShopSets, func(s EarlierShopSet) bool {
		return !finite(s.Bad) || !finite(s.Total) || s.Bad < 0 || !(s.Total > 0) || s.Bad > s.Total
	})
}

// impossible reports whether one of a group's earlier times cannot be.
func (g *group) impossible() bool {
	first := g.all[0].Came
	for _, c := range g.all {
		first = earlier(first, c.Came)
	}
	return slices.ContainsFunc(g.earlier, func(was Earlier) bool { return !was.plausible(first) })
}
