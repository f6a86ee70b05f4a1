package promotion

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/sequential"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Beside is what was counted in the same time for ShopSets whose Release has not changed:
// what got worse there as well may not be the Release's doing. It may excuse what would
// hold, and never helps to pass: a Release that overloads a database which both use hurts
// them too.
type Beside struct {
	ShopSets int `json:"shopsets"`
	// Since and Before are bad events and all.
	Bad         float64 `json:"bad"`
	Total       float64 `json:"total"`
	BeforeBad   float64 `json:"before_bad"`
	BeforeTotal float64 `json:"before_total"`
	// More is the natural logarithm of the evidence that the Release's ShopSets got worse
	// by more than these did in the same minutes.
	More float64 `json:"more"`
}

// slack is how much harder a fault that all see may hit the ShopSets of the Release, per
// event, than those that did not change.
const slack = 2

// mostBeside is how many spans of time are compared, of five minutes at the least where the
// baseline is of 7 days.
const (
	mostBeside  = 48
	leastBeside = hours * 12
)

// besides are the accounts of ShopSets that did not change, for one SLO.
type besides struct {
	accounts []slo.Account
	first    time.Time
	baseline time.Duration
}

// besides are those of the target Tier whose Release has not changed since the one that is
// judged came, and which serve no shops together with those that are judged.
func (e *Evidence) besides(s *slo.SLO, ledger status.Ledger, at time.Time, baseline time.Duration) *besides {
	b := &besides{first: e.FirstCame(), baseline: baseline}
	if b.first.IsZero() || e.alone() || !status.Applies(s, e.Target.Name) {
		return b
	}
	running := e.runs()
	for _, set := range e.Target.ShopSets {
		on := running[set]
		if on.release == "" || on.release == e.Release || on.since.IsZero() || on.since.After(b.first) || e.servesWithSource(set) {
			continue
		}
		if a := ledger.Account(s, string(set), at); a.Counts != nil && !a.Misleads() && a.End.After(b.first) {
			b.accounts = append(b.accounts, a)
		}
	}
	return b
}

// servesWithSource reports whether a ShopSet serves a group with one that is judged.
func (e *Evidence) servesWithSource(set fleet.ShopSetName) bool {
	return slices.ContainsFunc(e.Groups, func(g Group) bool {
		return slices.Contains(g.ShopSets, set) && slices.ContainsFunc(g.ShopSets, func(other fleet.ShopSetName) bool { return slices.Contains(e.Source.ShopSets, other) })
	})
}

// counts sums up the accounts.
func (b *besides) counts(part int, from, to time.Time) sequential.Count {
	var sum sequential.Count
	for i := range b.accounts {
		c := b.accounts[i].Counts(part, from, to)
		if c.Covered > 0 && c.Total > 0 && c.Good <= c.Total {
			sum.Bad += c.Total - c.Good
			sum.Total += c.Total
		}
	}
	return sum
}

// compare compares what was counted since a Release came; nil where there is nothing to
// compare with. usual is the share that was bad before where it came.
func (b *besides) compare(part int, counts countFunc, came, end time.Time, usual float64) *Beside {
	if len(b.accounts) == 0 {
		return nil
	}
	before, since := b.counts(part, b.first.Add(-b.baseline), b.first), b.counts(part, came, end)
	if !(since.Total > 0) {
		return nil
	}
	out := &Beside{ShopSets: len(b.accounts), Bad: since.Bad, Total: since.Total, BeforeBad: before.Bad, BeforeTotal: before.Total}
	worse := 1.0 // how much worse the Release's have always been
	if there := before.Ratio(); there > 0 {
		worse = min(max(1, usual/there), 3)
	}
	var spans []sequential.Span
	step := max(b.baseline/leastBeside, end.Sub(came)/mostBeside)
	for from := came; from.Before(end); from = from.Add(step) {
		to := earlier(from.Add(step), end)
		c := counts(from, to)
		if c.Covered > 0 && c.Total > 0 && c.Good <= c.Total {
			spans = append(spans, sequential.Span{Changed: sequential.Count{Bad: c.Total - c.Good, Total: c.Total}, Unchanged: b.counts(part, from, to)})
		}
	}
	out.More = sequential.Beside(spans, slack*worse)
	return out
}

// extra is the share of events that is bad more than before, without credit for what was burned
// beyond the objective; it may be negative.
func (b *Beside) extra(budget float64) float64 {
	return b.Bad/b.Total - min(sequential.Count{Bad: b.BeforeBad, Total: b.BeforeTotal}.Ratio(), budget)
}

// worseToo reports whether these got worse as well, by evidence of 10 to 1.
func (b *Beside) worseToo(budget, harm float64) bool {
	p := sequential.NewPool([]sequential.Part{{Before: sequential.Count{Bad: b.BeforeBad, Total: b.BeforeTotal}, Usual: b.BeforeBad,
		Since: sequential.Count{Bad: b.Bad, Total: b.Total}}}, budget, besideError, besideError)
	return p.For(harm*budget) >= some10
}
