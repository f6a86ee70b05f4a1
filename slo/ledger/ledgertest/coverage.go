package ledgertest

import (
	"slices"
	"sort"
)

// Span is a stretch of time. Its user says which of the ends belong to it.
type Span struct{ From, To int64 }

// sign is news of a target: it was being scraped, or it was not.
type sign struct {
	at       int64
	positive bool
}

// signs lists the target's signs in time order. Of several at one time the
// positive ones come last: the rules do not say, and this is the reading that
// agrees with "some target was being scraped".
func (t *target) signs() []sign {
	var out []sign
	for _, s := range t.ups {
		out = append(out, sign{s.T, s.V == 1})
	}
	for _, c := range t.counters {
		for _, s := range c.samples {
			if len(t.ups) == 0 || s.T < t.ups[0].T {
				out = append(out, sign{s.T, true})
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		return out[i].at < out[j].at || out[i].at == out[j].at && !out[i].positive && out[j].positive
	})
	return out
}

// scrapedAt reports whether a target with these signs is being scraped at s.
func scrapedAt(signs []sign, s, interval int64) bool {
	after := sort.Search(len(signs), func(i int) bool { return signs[i].at > s })
	if after == 0 {
		return false
	}
	latest := signs[after-1]
	return latest.positive && s < latest.at+2*interval
}

// coveredSpans gives the instants at which some target is being scraped, as
// disjoint rising spans [From, To). Between two neighbours among the times of
// signs and the times at which signs expire nothing changes, so that each such
// stretch is as its first millisecond is.
func coveredSpans(targets []*target, interval int64) []Span {
	var all []Span
	for _, t := range targets {
		signs := t.signs()
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
	for _, t := range o.targets {
		for _, s := range t.signs() {
			if s.positive {
				take(s.at)
			}
		}
		for _, c := range t.counters {
			for _, s := range c.samples {
				take(s.T)
			}
		}
	}
	return last, found
}
