package ledgertest

import (
	"math"
	"slices"
	"sort"
)

// Span is a stretch of time. Its user says which of the ends belong to it.
type Span struct{ From, To int64 }

// sign is news of a process: it was being scraped, or it was not.
type sign struct {
	at       int64
	positive bool
}

// signs lists the process' signs in time order. No two are of one time: a counter is
// a sign only before the target's first up.
func (p *process) signs() []sign {
	firstUp := int64(math.MaxInt64)
	for _, o := range p.target.processes {
		if len(o.ups) > 0 {
			firstUp = min(firstUp, o.ups[0].T)
		}
	}
	var out []sign
	for _, s := range p.ups {
		out = append(out, sign{s.T, s.V == 1})
	}
	for _, c := range p.counters {
		for _, s := range c.samples {
			if s.T < firstUp {
				out = append(out, sign{s.T, true})
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].at < out[j].at })
	return out
}

// scrapedAt reports whether a process with these signs is being scraped at s.
func scrapedAt(signs []sign, s, interval int64) bool {
	after := sort.Search(len(signs), func(i int) bool { return signs[i].at > s })
	if after == 0 {
		return false
	}
	latest := signs[after-1]
	return latest.positive && s < latest.at+2*interval
}

// coveredSpans gives the instants at which some process is being scraped, as
// disjoint rising spans [From, To). Between two neighbours among the times of
// signs and the times at which signs expire nothing changes, so that each such
// stretch is as its first millisecond is.
func coveredSpans(processes []*process, interval int64) []Span {
	var all []Span
	for _, p := range processes {
		signs := p.signs()
		var changes []int64
		for _, s := range signs {
			changes = append(changes, s.at, s.at+2*interval)
		}
		slices.Sort(changes)
		changes = slices.Compact(changes)
		for i := 0; i+1 < len(changes); i++ {
			if scrapedAt(signs, changes[i], interval) {
				all = append(all, Span{changes[i], changes[i+1]})
			}
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].From < all[j].From })
	var merged []Span
	for _, s := range all {
		if n := len(merged); n > 0 && s.From <= merged[n-1].To {
			merged[n-1].To = max(merged[n-1].To, s.To)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// LastSample gives the time of the account's latest positive sign or valid
// sample in (S, now]; false where there is none.
func (o *Oracle) LastSample(now int64) (int64, bool) {
	last, found := int64(0), false
	take := func(t int64) {
		if t <= now && (!found || t > last) {
			last, found = t, true
		}
	}
	for _, p := range o.processes {
		for _, s := range p.signs() {
			if s.positive {
				take(s.at)
			}
		}
		for _, c := range p.counters {
			for _, s := range c.samples {
				take(s.T)
			}
		}
	}
	return last, found
}
