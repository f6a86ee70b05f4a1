package promotion

import (
	"math"
	"slices"
	"time"

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
	// Bad and Total are whole events, of the ShopSets that are compared now.
	Bad   float64 `json:"bad"`
	Total float64 `json:"total"`
	// Alike is nil where nobody looked: it is not the best, or nothing is amiss beside it.
	Alike *Alike `json:"alike,omitempty"`
}

// mostEarlier lengths of the baseline are looked at before it, where the ledger goes so far back: with it, ten.
const mostEarlier = 9

// leastTraffic is the share of the baseline's events below which an earlier time tells nothing.
const leastTraffic = 0.25

// lookBack adds what the ledger knows of the time before the baseline.
func (e *Evidence) lookBack(slos []slo.SLO, ledger status.Ledger, at time.Time, p Policy) {
	e.Earlier = nil
	first := e.FirstCame()
	if first.IsZero() {
		return
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
			l := looking{part: part, all: all}
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
}

func (l *looking) back(first time.Time, p Policy) (out []Earlier) {
	before := 0.0
	for _, c := range l.all {
		before += c.Before.tally(false).total
	}
	for n := 1; n <= mostEarlier; n++ {
		end := first.Add(-time.Duration(n) * p.Since.Baseline)
		if c := l.counts(end.Add(-p.Since.Baseline), end, p.MinCoverage); c.Total > 0 && c.Total >= leastTraffic*before {
			out = append(out, Earlier{Start: c.Start.UTC(), End: c.End.UTC(), Bad: max(0, math.Floor(c.Total-c.Good)), Total: math.Ceil(c.Total)})
		}
	}
	group := &group{all: l.all, earlier: out}
	group.weighEarlier(p.Since)
	if best := group.best(); best >= 0 && group.crept[best].amiss(p.Since) {
		since, elapsed := group.crept[best].pool.Since, l.accounts[0].End.Sub(first)
		counts := func(from, to time.Time) slo.Counts { return l.counts(from, to, 0) }
		out[best].Alike = alike(counts, out[best].End, p.Since.Baseline, elapsed, tally{since.Bad, since.Total}, mostTogether)
	}
	return out
}

// counts sums up what was counted of those that were covered.
func (l *looking) counts(from, to time.Time, coverage float64) (sum slo.Counts) {
	for i := range l.accounts {
		c := l.accounts[i].Counts(l.part, from, to)
		if c.Covered <= 0 || !(c.Coverage() >= coverage) || c.Good > c.Total {
			continue
		}
		if sum.Covered <= 0 {
			sum = c
			continue
		}
		sum.Good, sum.Total = sum.Good+c.Good, sum.Total+c.Total
	}
	return sum
}

// weighEarlier weighs what came since the Release beside each earlier time.
func (g *group) weighEarlier(p SincePolicy) {
	g.crept = nil
	since := weigh(g.all, p).pool.Since
	for _, was := range g.earlier {
		w := weight{budget: g.all[0].BudgetRatio}
		count := sequential.Count{Bad: was.Bad, Total: was.Total}
		w.pool = sequential.NewPool([]sequential.Part{{Before: count, Since: since, Usual: was.Bad}}, w.budget, (1-p.Confidence)*ofBefore, p.FalseAlarms*ofBefore)
		w.extra = since.Ratio() - min(count.Ratio(), w.budget)
		w.evidence = w.pool.For(p.Harm * w.budget)
		w.most = w.pool.Most(p.cleared())
		g.crept = append(g.crept, w)
	}
}

// best is the earlier time in which the least was bad; −1: there is none.
func (g *group) best() int {
	best := -1
	for i, w := range g.crept {
		if best < 0 || w.extra > g.crept[best].extra {
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
	logs := make([]float64, len(g.crept))
	for i := range g.crept {
		logs[i] = g.crept[i].evidence
	}
	w.evidence = sequential.Mean(logs)
	return w, g.earlier[best], true
}

// creepExcused says why what got worse since an earlier time may have other causes than Releases;
// "" where nothing does.
func (g *group) creepExcused(p SincePolicy, w weight, was Earlier) string {
	if why := p.excuse(was.Alike, g.seen.Beside, w.budget); why != "" || len(g.all) > 1 {
		return why
	}
	return p.excuse(nil, g.all[0].Beside, w.budget)
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
	*figures = figures.with("earlier", Figures{{"start", instant(was.Start)}, {"end", instant(was.End)}, {"bad", was.Bad}, {"total", was.Total},
		{"extra_burn_rate", w.extra / w.budget}, {"chance", d.weighed.chance(w)}})
	counted = d.say("%s. %s: all changes since then add %s× the allowed rate to the burn rate", counted, d.earlier(was), status.FormatRate(w.extra/w.budget))
	switch g.creepExcused(d.p.Since, w, was) {
	case excusedBeside:
		return Unknown, d.say("%s, but ShopSets without the Release got worse as well, so Releases may not be the cause. More time is needed.", counted)
	case excusedAlike:
		return Unknown, d.say("%s, but as much went wrong %s in that time, so Releases may not be the cause. More time is needed.", counted, d.often(was.Alike.Times))
	}
	if !d.weighed.proves(w) {
		return Unknown, d.say("%s. More time is needed to tell.", counted)
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
	return l.say("From %s to %s, %s of %s were bad", was.Start.UTC().Format(time.DateOnly), was.End.UTC().Format(time.DateOnly), status.FormatCount(was.Bad), status.FormatCount(was.Total))
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
	return finite(w.Bad) && finite(w.Total) && w.Bad >= 0 && w.Total > 0 && w.Bad <= w.Total &&
		!w.Start.IsZero() && w.Start.Before(w.End) && w.End.Before(came)
}

// impossible reports whether one of a group's earlier times cannot be.
func (g *group) impossible() bool {
	return slices.ContainsFunc(g.earlier, func(was Earlier) bool {
		return slices.ContainsFunc(g.all, func(c *Comparison) bool { return !was.plausible(c.Came) })
	})
}
