package watched

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/promotion"
)

// Goal is one that was set for the check, and what came out.
type Goal struct {
	Name, Asked string
	Met         bool
	Is, Note    string
}

// Goals are all that were set for the check, by number.
func (r *Result) Goals() []Goal {
	return slices.Concat(r.promised(), r.tenths(), r.falseHolds(), r.undecided(), r.quick())
}

// count says of how many of some Releases something holds.
func count(of []judged, is func(judged) bool) share {
	s := share{of: len(of)}
	for _, j := range of {
		if is(j) {
			s.n++
		}
	}
	return s
}

func (s share) ratio() float64 { return float64(s.n) / float64(max(1, s.of)) }

// promised is goal 1: what the policy promises of the harms that it names.
func (r *Result) promised() []Goal {
	of := r.of(func(k *kind) bool { return k.promised })
	s := count(of, func(j judged) bool { return j.ways[asked].ever(promotion.Promote) })
	worst, name := share{of: 1}, ""
	for i := range fresh {
		one := r.of(func(k *kind) bool { return k == &fresh[i] && k.promised })
		if c := count(one, func(j judged) bool { return j.ways[asked].ever(promotion.Promote) }); c.ratio() > worst.ratio() {
			worst, name = c, fresh[i].name
		}
	}
	return []Goal{{"1. promoted with a harm that is promised against, asked each minute for 12 h", "≤ 5 %", s.ratio() <= 0.05, s.String(),
		fmt.Sprintf("at most %s; the worst kind: %s, %v of %d", s.most(), name, worst, worst.of)}}
}

// tenths is goal 2: a tenth of the false promotes of "no alert", no later.
func (r *Result) tenths() (out []Goal) {
	of := r.of(func(k *kind) bool { return k.share > 0 })
	for _, wait := range []int{10, 15, 20, 30, 60, 120} {
		s := sum(of, func(j judged) outcome { return j.ways[asked].first(wait) })
		a := sum(of, func(j judged) outcome { return j.alert[wait] })
		half, ok := quantile(s.promotingBusy, s.goodBusy, 0.5)
		ours, theirs := share{s.promotedShown, s.bad}, share{a.promotedShown, a.bad}
		out = append(out, Goal{fmt.Sprintf("2. false promotes of what had failed something, waiting %s", span(wait)), "≤ a tenth of no alert's, no later",
			ok && half <= wait && 10*ours.n <= theirs.n, ours.String(), fmt.Sprintf("at most %s; no alert %v; half of the good that can be told are promoted after %s", ours.most(), theirs, at(s.promotingBusy, s.goodBusy, 0.5))})
	}
	return out
}

// falseHolds is goal 3.
func (r *Result) falseHolds() []Goal {
	held := func(name, asks string, in func(*kind) bool) Goal {
		s := count(r.of(in), func(j judged) bool { return j.ways[asked].ever(promotion.Hold) })
		return Goal{name, asks, s.ratio() <= 0.01, s.String(), "at most " + s.most()}
	}
	return []Goal{
		held("3. held for common faults, within 12 h", "≤ 1 %", func(k *kind) bool {
			return !k.bad && k.control > 0 && (strings.Contains(k.name, "common bursts") || strings.Contains(k.name, "CDN") || strings.Contains(k.name, "stutters"))
		}),
		held("3. plain good ones held, within 12 h", "≤ 1 %", func(k *kind) bool { return !k.bad && (k.make == nil || strings.Contains(k.name, "small ones")) }),
	}
}

// undecided is goal 4.
func (r *Result) undecided() []Goal {
	of := r.of(func(k *kind) bool {
		return !strings.Contains(k.name, "little traffic") && k.name != "1× after a week with an outage"
	})
	s := count(of, func(j judged) bool { return j.ways[asked].first(0).verdict == promotion.Inconclusive })
	few := r.of(func(k *kind) bool { return !k.bad && strings.Contains(k.name, "little traffic") })
	none := count(few, func(j judged) bool { return j.ways[asked].first(0).verdict == promotion.Inconclusive })
	return []Goal{{"4. never decided in 12 h, where there is traffic", "≤ 5 %", s.ratio() <= 0.05, s.String(), fmt.Sprintf("of Tiers with 144 requests in that time %v", none)}}
}

// quick is goal 5.
func (r *Result) quick() []Goal {
	of := r.of(func(k *kind) bool { return k.share > 0 })
	s := sum(of, func(j judged) outcome { return j.ways[asked].first(0) })
	half, ok := quantile(s.holding, s.bad, 0.5)
	return []Goal{{"5. bad ones of the first trial held after, median", "≤ 5 min", ok && half <= 5, at(s.holding, s.bad, 0.5), "all kinds, those included that are bad hours later"}}
}
