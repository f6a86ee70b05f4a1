package ledger

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Curve is what was counted of an SLO for a subject, as it grew from edge to edge.
type Curve struct {
	SLO, Subject string
	Flags        []slo.Flag

	parts   []wantedPart
	weights []float64
}

// Curves are those of SLOs, by SLO and subject, of a ledger that was configured with the same
// documents and settings: the files do not say what an account is of. uncounted are how many of
// an SLO and a subject the files have nothing of.
func (i *Inspection) Curves(l *Ledger, slos []slo.SLO) (all []Curve, uncounted int) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	kept := map[string]*account{}
	for _, k := range i.Accounts {
		kept[k.account.key] = k.account
	}
	for want, parts := range l.wanted {
		n := slices.IndexFunc(slos, func(s slo.SLO) bool { return s.Name == want.slo })
		if n < 0 || len(parts) != len(slos[n].Parts) {
			continue
		}
		c := Curve{SLO: want.slo, Subject: want.subject}
		for k, p := range parts {
			if a := kept[p.key]; a != nil && a.hist.edge > a.hist.start {
				c.parts = append(c.parts, wantedPart{a, p.m})
				c.weights = append(c.weights, slos[n].Parts[k].Weight)
				c.Flags = append(c.Flags, a.facts.flags.list(a.hist.edge)...)
			}
		}
		if len(c.parts) < len(parts) {
			uncounted++
			continue
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(x, y Curve) int {
		return cmp.Or(strings.Compare(x.SLO, y.SLO), strings.Compare(x.Subject, y.Subject))
	})
	return all, uncounted
}

// Edges gives what had been counted at each edge that is kept in [from, to], the oldest first: from
// Start, where counting began, to End, the edge. A composite's parts are summed with their
// weights, and covered is the one that is so least. It ends at the first error of f.
func (c *Curve) Edges(from, to time.Time, f func(slo.Counts) error) error {
	first := c.parts[0].hist
	return first.edges(max(from.UnixMilli(), first.oldest()), to.UnixMilli(), func(at int64) error {
		total := slo.Counts{}
		for i, p := range c.parts {
			edge, sums, ok := p.hist.upTo(at)
			if !ok || edge != at {
				return nil
			}
			good, count := p.m.goodAndTotal(sums, sums)
			total.Good += c.weights[i] * good
			total.Total += c.weights[i] * count
			covered := time.Duration(at-p.hist.start-sums.miss) * time.Millisecond
			if i == 0 || covered < total.Covered {
				total.Start, total.End, total.Covered = timeOf(p.hist.start), timeOf(at), covered
			}
		}
		return f(total)
	})
}

// edges gives the edges that are kept in [from, to].
func (s *shelf) edges(from, to int64, f func(int64) error) error {
	open := int64(len(s.bases) - 1)
	for k := int64(0); k <= open; k++ {
		begin := s.begin(s.firstBlock + k)
		end, step := begin+s.span(), s.span()
		if fine := k - (open - int64(len(s.fine))); k == open || fine >= 0 && s.fine[fine] != nil {
			step = s.res
		}
		if k == open {
			end = s.edge + 1
		}
		for at := begin; at < end; at += step {
			if e := max(at, s.start); e < from || e > to || at < s.start && at+step <= s.start {
				continue
			} else if err := f(e); err != nil {
				return err
			}
		}
	}
	return nil
}
