package promotion

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Closed is the part of the evidence that follows from the counts up to an edge of the ledger,
// the documents and what runs, with its JSON: it is the same for each question about a Tier
// until an edge closes or something else runs. It is shared, so nobody changes it.
type Closed struct {
	budgets     []status.Budget
	comparisons []Comparison
	together    []Together
	earlier     []Earlier
	traffic     []Traffic
	written     func() (closedText, error) // once
	policy      Policy
	checks      sync.Map // those of budgets, *status.Budget → []Check
	weighed     sync.Map // what the comparisons come to, sloPart → groupWeighed
}

// closedText is the JSON of the lists of a Closed.
type closedText struct{ budgets, comparisons, traffic, earlier []byte }

func (c *Closed) write() (t closedText, err error) {
	t.budgets = status.AppendBudgets(nil, c.budgets)
	var failed [3]error
	t.comparisons, failed[0] = json.Marshal(c.comparisons)
	t.traffic, failed[1] = json.Marshal(c.traffic)
	t.earlier, failed[2] = json.Marshal(c.earlier)
	return t, errors.Join(failed[:]...)
}

// ClosedBy is what Close looks at beside counts and documents, as a key of maps.
func (e *Evidence) ClosedBy(p Policy) (string, error) {
	policy, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	key := slices.Grow(policy, 1<<10)
	word := func(s string) { key = append(binary.AppendUvarint(key, uint64(len(s))), s...) }
	for _, s := range []string{string(e.To), e.Release, e.Fleet.Where, e.Arrivals.Where} {
		word(s)
	}
	running := e.runs()
	for _, set := range slices.Sorted(maps.Keys(running)) {
		word(string(set))
		word(running[set].release)
		key = running[set].since.UTC().AppendFormat(key, time.RFC3339Nano)
	}
	return string(key), nil
}

// Close makes the comparisons and the traffic, where it is known what runs, and gives them with
// the budgets of both Tiers, taken from a report.
func (e *Evidence) Close(f *fleet.Fleet, slos []slo.SLO, report status.Report, ledger status.Ledger, at time.Time, p Policy) *Closed {
	e.Take(report)
	if e.Fleet.Where != "" || e.Arrivals.Where != "" {
		e.Compare(slos, ledger, at, p)
		e.Weigh(f, slos, ledger, at, p)
	}
	e.closed = &Closed{budgets: e.Report.Budgets, comparisons: e.Comparisons, together: e.Together, earlier: e.Earlier, traffic: e.Traffic, policy: p.withDefaults()}
	e.closed.written = sync.OnceValues(e.closed.write)
	return e.closed
}

// Use takes what another question with the same edge, documents and key has made.
func (e *Evidence) Use(c *Closed) {
	e.Report.Budgets, e.Comparisons, e.Together, e.Earlier, e.Traffic, e.closed = c.budgets, c.comparisons, c.together, c.earlier, c.traffic, c
}

// closedTexts gives the JSON of budgets, comparisons and traffic. Of those of a Closed it is
// written once.
func (e *Evidence) closedTexts() (closedText, error) {
	if c := e.closed; c != nil && sameList(c.budgets, e.Report.Budgets) && sameList(c.comparisons, e.Comparisons) && sameList(c.traffic, e.Traffic) && sameList(c.earlier, e.Earlier) {
		return c.written()
	}
	return (&Closed{budgets: e.Report.Budgets, comparisons: e.Comparisons, traffic: e.Traffic, earlier: e.Earlier}).write()
}

// settled gives the Closed of which checks of budgets can be taken, and which keeps those of this
// decision: they come out again as long as nothing is left out, no fix is claimed and the policy is the
// same; nil: there is none.
func (d *deciding) settled() *Closed {
	c := d.e.closed
	if c == nil || d.Language != english.Language || d.e.Fix != nil || len(d.e.Excluded)+len(d.e.Uncorrected)+len(d.e.Exclusions.Items) > 0 ||
		!sameList(c.budgets, d.e.Report.Budgets) || !reflect.DeepEqual(c.policy, d.p) {
		return nil
	}
	return c
}

// sharedFor is the Closed that keeps the checks of a budget; nil: none does, or the clock decides
// them, since the budget has times that have not come yet. When the Release came is part of what
// a Closed belongs to.
func (d *deciding) sharedFor(b *status.Budget) *Closed {
	if d.future(b.ExactFrom) || d.future(b.Expected) {
		return nil
	}
	return d.shared
}

// keep keeps the checks of a budget with their JSON.
func (c *Closed) keep(b *status.Budget, checks []Check) {
	if c == nil {
		return
	}
	kept := slices.Clone(checks)
	for i := range kept {
		kept[i].Evidence = slices.Clip(kept[i].Evidence)
		kept[i].written = &writtenCheck{kept[i].Result, kept[i].Reason, kept[i].appendJSON(nil)}
	}
	c.checks.Store(b, kept)
}

// kept are the checks of a budget as they came out before; nil: there are none.
func (c *Closed) kept(b *status.Budget) []Check {
	if c == nil {
		return nil
	}
	checks, _ := c.checks.Load(b)
	kept, _ := checks.([]Check)
	return kept
}

// writtenCheck is the JSON of a Check as it was.
type writtenCheck struct {
	result Result
	reason string
	text   []byte
}

// of reports whether it is that of a Check still.
func (w *writtenCheck) of(c *Check) bool {
	return w != nil && w.result == c.Result && w.reason == c.Reason
}

// sameList reports whether two lists are one in memory.
func sameList[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) > 0 && &a[0] == &b[0] || len(a) == 0 && (a == nil) == (b == nil))
}
