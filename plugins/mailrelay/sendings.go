package mailrelay

import (
	"maps"
	"slices"
	"time"
)

// Sendings are the totals of mails that were sent at once, as one poll saw them.
type Sendings struct {
	At    time.Time         `json:"at,omitzero"`
	Total map[string]Counts `json:"total,omitempty"` // by the sending's id
	// Added is what was put into buckets of the last hours, by the second of their start.
	Added map[int64]Counts `json:"added,omitempty"`
}

// maxSendings bounds what is remembered.
const maxSendings = 200

// withSendings are a report's buckets with what its sendings rose by: since the poll before
// in the newest bucket, or in one of their own up to the newest time that is closed. Where
// neither can be, the rise comes with the next poll. A sending that the poll before did not
// know has begun since; the first poll tells nothing. A total that fell is an
// old answer, and counts again once it is more than it was.
func (h *History) withSendings(p Poll, t Traits) []Bucket {
	buckets := slices.Clone(p.Report.Buckets)
	if p.Report.SendingsInBuckets { // a rise since before would tell them twice
		h.Sendings = Sendings{}
	} else if p.Report.Sendings != nil {
		buckets = h.rise(p, t, buckets)
	}
	for i := range buckets { // those that are told again, too
		if more, ok := h.Sendings.Added[buckets[i].Start.Unix()]; ok {
			buckets[i].Counts = added(buckets[i].Counts, more)
		}
	}
	return buckets
}

// rise finds where the sendings' rise belongs, and adds a bucket for it where it needs one.
func (h *History) rise(p Poll, t Traits, buckets []Bucket) []Bucket {
	now, s := p.Span.To, &h.Sendings
	rise, total := Counts{}, map[string]Counts{}
	for id, c := range p.Report.Sendings {
		for f, n := range c {
			rise[f] += max(0, n-s.Total[id][f])
		}
		if len(total) < maxSendings {
			total[id] = s.Total[id].most(c)
		}
	}
	for id, c := range s.Total { // one that comes back has not begun since
		if _, told := total[id]; !told && len(total) < maxSendings {
			total[id] = c
		}
	}
	first := s.At.IsZero()
	known := func(start time.Time) bool {
		return slices.ContainsFunc(h.Recent, func(b Bucket) bool { return b.End.After(start) })
	}
	var start time.Time
	switch n := len(buckets); {
	case first || rise.nothing():
	case n > 0 && !known(buckets[n-1].Start):
		start = buckets[n-1].Start
	default:
		start = now.Add(-t.Settle).Truncate(t.Grain).Add(-t.Grain)
		if known(start) || n > 0 && buckets[n-1].End.After(start) {
			return buckets // with the next poll
		}
		none := Counts{}
		for _, f := range t.Tells {
			none[f] = 0
		}
		buckets = append(buckets, Bucket{Start: start, End: start.Add(t.Grain), Counts: none})
	}
	s.At, s.Total = now, total
	maps.DeleteFunc(s.Added, func(at int64, _ Counts) bool { return now.Unix()-at > int64(recentFor/time.Second) })
	if !start.IsZero() {
		if s.Added == nil {
			s.Added = map[int64]Counts{}
		}
		s.Added[start.Unix()] = added(s.Added[start.Unix()], rise)
	}
	return buckets
}

// most is the larger of each figure.
func (c Counts) most(other Counts) Counts {
	out := maps.Clone(other)
	for f, n := range c {
		out[f] = max(out[f], n)
	}
	return out
}

// added is a sum of counts.
func added(c, more Counts) Counts {
	out := Counts{}
	maps.Copy(out, c)
	for f, n := range more {
		out[f] += n
	}
	return out
}
