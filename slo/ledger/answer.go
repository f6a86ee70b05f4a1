package ledger

import (
	"math"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Account shows what has been counted of an SLO for a subject up to a time. One
// that the plan does not have, or has with other parts, has nothing counted.
func (l *Ledger) Account(s *slo.SLO, subject string, at time.Time) slo.Account {
	l.mu.RLock()
	defer l.mu.RUnlock()
	parts := l.wanted[wantKey{s.Name, subject}]
	acc := slo.Account{Edges: l.cfg.Resolution * blockBuckets}
	if len(parts) > 0 {
		acc.EdgeShift = time.Duration(parts[0].hist.shift) * time.Millisecond
	}
	if len(parts) == 0 || len(parts) != len(s.Parts) {
		acc.Unit, acc.Failure = unitOf(s, true), l.refused[wantKey{s.Name, subject}]
		acc.Counts = func(_ int, from, to time.Time) slo.Counts { return slo.Counts{Start: from, End: to} }
		return acc
	}
	end, start, last, expected := int64(math.MaxInt64), int64(none), int64(none), int64(math.MaxInt64)
	for i, a := range parts {
		e, _, ok := a.hist.upTo(at.UnixMilli())
		if !ok {
			e = none
		}
		end, start = min(end, e), max(start, a.hist.oldest())
		if heard := a.heard(e); i == 0 || heard < last {
			last = heard
		}
		acc.Grid = acc.Grid || !a.m.raw
		acc.Unit = coarser(acc.Unit, a.m.unit)
		acc.Notes = append(acc.Notes, a.m.notes...)
		expected = min(expected, a.expected())
		acc.Absent = append(acc.Absent, a.m.lost()...)
		acc.Flags = append(acc.Flags, a.facts.flags.list(at.UnixMilli())...)
		if acc.Failure == "" {
			acc.Failure = l.failure(a)
		}
	}
	acc.Start, acc.End, acc.LastSample, acc.Expected = timeOf(start), timeOf(end), timeOf(last), timeOf(expected)
	acc.Counts = func(part int, from, to time.Time) slo.Counts { return l.counts(parts[part], from, to) }
	if !acc.Grid {
		acc.Live = func(part int, at time.Time) int { return l.live(parts[part], at) }
	}
	return acc
}

// heard is when something was last heard of the account as it stood at an edge. Of
// the past it is known to the bucket: the end of the last one that has data.
func (a *account) heard(edge int64) int64 {
	if edge >= a.hist.edge {
		return a.facts.last
	}
	for e := edge; e > a.hist.oldest(); {
		before, _, _ := a.hist.upTo(e - 1)
		if _, _, c, _ := a.hist.between(before, e); c.miss < e-before {
			return min(e, a.facts.last)
		}
		e = before
	}
	return none
}

// counts are a part's counts between stored edges.
func (l *Ledger) counts(a wantedPart, from, to time.Time) slo.Counts {
	l.mu.RLock()
	start, end, c, sums := a.hist.between(from.UnixMilli(), to.UnixMilli())
	l.mu.RUnlock()
	good, total := a.m.goodAndTotal(c, sums)
	return slo.Counts{Start: timeOf(start), End: timeOf(end), Good: good, Total: total,
		Covered: time.Duration(end-start-c.miss) * time.Millisecond}
}

func timeOf(ms int64) time.Time {
	if ms == none {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Totals gives all that was ever counted of an SLO for a subject, from where
// counting began up to the newest edge; a composite's parts are summed with their
// weights. ok is false where nothing has been counted.
func (l *Ledger) Totals(s *slo.SLO, subject string) (total slo.Counts, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	parts := l.wanted[wantKey{s.Name, subject}]
	if len(parts) != len(s.Parts) {
		return slo.Counts{}, false
	}
	for i, a := range parts {
		h := a.hist
		if h.edge == h.start {
			return slo.Counts{}, false
		}
		good, count := a.m.goodAndTotal(h.newest(), h.newest())
		total.Good += s.Parts[i].Weight * good
		total.Total += s.Parts[i].Weight * count
		covered := time.Duration(h.edge-h.start-h.newest().miss) * time.Millisecond
		if i == 0 || covered < total.Covered {
			total.Start, total.End, total.Covered = timeOf(h.start), timeOf(h.edge), covered
		}
	}
	return total, len(parts) > 0
}
