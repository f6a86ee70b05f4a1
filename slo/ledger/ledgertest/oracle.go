package ledgertest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Sample is one raw sample: Unix milliseconds and a value.
type Sample struct {
	T int64
	V float64
}

// Series is a series with the samples that can be seen of it, oldest first,
// time stamps strictly rising.
type Series struct {
	Labels  slo.Labels
	Samples []Sample
}

// Subject is what is counted for: a ShopSet. A series belongs to it if it
// carries all of the labels.
type Subject struct {
	ID     string
	Labels slo.Labels
}

// Rules are one indicator and the settings under which it is counted.
type Rules struct {
	Good, Bad, Total slo.Selector // exactly two are set
	First            slo.FirstSample
	TargetLabels     []string // nil: job and instance
	Interval         int64    // scrape interval i, milliseconds
	Start            int64    // S: nothing at or before it is seen
	Slack            int64    // what two clocks may differ by, milliseconds; 0: 5 s

	begins int64 // B: where the data begin
}

// Counts are the figures of one span.
type Counts struct {
	Good, Bad, Total float64 // events
	Covered          int64   // milliseconds
}

// Increment is one thing counted, or one thing flagged. Tests print them to find
// where two programs part.
type Increment struct {
	Labels           slo.Labels
	Prev, T          int64 // Prev is 0 for a first sample
	Value            float64
	Why              string // what the rules called it
	Good, Bad, Total bool   // the selectors that pick the series
	Flags            []slo.FlagKind
}

func (i Increment) String() string {
	return fmt.Sprintf("%s (%d, %d] %v: %s %v", i.Labels, i.Prev, i.T, i.Value, i.Why, i.Flags)
}

// Oracle knows the figures of one account: one indicator for one subject.
type Oracle struct {
	rules      Rules
	processes  []*process
	counters   []*counter    // by labels
	waiting    []firstSample // of changed labels, not decided yet, by time
	increments []Increment   // by time
	covered    []Span        // disjoint, rising; each holds the x with From ≤ x < To
}

// NewOracle makes the oracle of the indicator for one subject alone.
func NewOracle(s Subject, r Rules, all []Series) (*Oracle, error) {
	os, err := NewOracles([]Subject{s}, r, all)
	return os[s.ID], err
}

// NewOracles makes an oracle for each subject, by its id, from all the samples
// that can be seen; series that are none of the accounts' business are left out.
// It fails where a series belongs to two subjects and where the rules are unusable.
func NewOracles(subjects []Subject, r Rules, all []Series) (map[string]*Oracle, error) {
	if given := len(r.selectors()); given != 2 {
		return nil, fmt.Errorf("oracle: %d of good, bad and total are set, not two", given)
	}
	r = r.withDefaults()
	accounts := map[string]*account{}
	for _, s := range subjects {
		accounts[s.ID] = &account{subject: s, rules: r, targets: map[string]*target{}}
	}
	oldest := int64(math.MaxInt64)
	for _, s := range all {
		s.Labels = spelled(s.Labels)
		if !r.reads(s.Labels) {
			continue
		}
		owner, err := ownerOf(s.Labels, subjects)
		if err != nil {
			return nil, err
		}
		if owner == "" {
			continue
		}
		seen, err := s.after(r.Start)
		if err != nil {
			return nil, fmt.Errorf("oracle: series %s: %w", s.Labels, err)
		}
		if len(seen) > 0 {
			oldest = min(oldest, seen[0].T)
			accounts[owner].add(s.Labels, seen)
		}
	}
	r.begins = r.Start
	if oldest-r.Start > 2*r.Interval {
		r.begins = oldest - 1
	}
	oracles := map[string]*Oracle{}
	for id, a := range accounts {
		oracles[id] = newOracle(r, a)
	}
	return oracles, nil
}

// newOracle counts one account.
func newOracle(r Rules, a *account) *Oracle {
	o := &Oracle{rules: r}
	o.processes, o.counters = a.bind()
	for _, c := range o.counters {
		for i := range c.samples {
			o.hear(c, i)
		}
	}
	for _, p := range o.processes {
		o.findRestarts(p)
	}
	o.count()
	slices.SortStableFunc(o.increments, func(a, b Increment) int { return cmp.Compare(a.T, b.T) })
	o.covered = coveredSpans(o.processes, r.Interval)
	return o
}

// after gives the samples later than start.
func (s Series) after(start int64) ([]Sample, error) {
	from := len(s.Samples)
	for i := range s.Samples {
		if i > 0 && s.Samples[i].T <= s.Samples[i-1].T {
			return nil, fmt.Errorf("time stamps do not rise: %d after %d", s.Samples[i].T, s.Samples[i-1].T)
		}
		if s.Samples[i].T > start {
			from = min(from, i)
		}
	}
	return s.Samples[from:], nil
}

// ownerOf finds the one subject whose labels the series all carries; "" is none.
func ownerOf(ls slo.Labels, subjects []Subject) (string, error) {
	owner, found := "", false
	for _, s := range subjects {
		if !carries(ls, s.Labels) {
			continue
		}
		if found {
			return "", fmt.Errorf("oracle: series %s matches two subjects, %s and %s", ls, owner, s.ID)
		}
		owner, found = s.ID, true
	}
	return owner, nil
}

// carries reports whether a series has all of these labels with the same values.
func carries(ls, wanted slo.Labels) bool {
	for _, w := range wanted {
		if ls.Get(w.Name) != w.Value {
			return false
		}
	}
	return true
}

// emit notes what a series counts at a time, and the flags that are raised then.
// A value of 0 without a flag is not worth a note.
func (o *Oracle) emit(c *counter, prev, at int64, value float64, why string, flags ...slo.FlagKind) {
	if value > 1<<53 {
		value, flags = 0, append(slices.Clone(flags), slo.UnclearRestart)
	}
	if value == 0 && len(flags) == 0 {
		return
	}
	o.increments = append(o.increments, Increment{Labels: c.labels, Prev: prev, T: at, Value: value, Why: why,
		Good: c.good, Bad: c.bad, Total: c.total, Flags: flags})
}

// Count gives the figures of the span (from, to].
func (o *Oracle) Count(from, to int64) Counts {
	var c Counts
	for _, inc := range o.increments {
		if from < inc.T && inc.T <= to {
			o.addTo(&c, inc)
		}
	}
	o.complete(&c)
	for _, span := range o.covered {
		c.Covered += max(0, min(span.To, to)-max(span.From, from))
	}
	return c
}

// Edges gives Count(S, e) for every e of edges, which rise: what a ledger keeps.
func (o *Oracle) Edges(edges []int64) []Counts {
	out := make([]Counts, len(edges))
	var run Counts
	next, span, done := 0, 0, int64(0)
	for i, e := range edges {
		for ; next < len(o.increments) && o.increments[next].T <= e; next++ {
			o.addTo(&run, o.increments[next])
		}
		for ; span < len(o.covered) && o.covered[span].To <= e; span++ {
			done += o.covered[span].To - o.covered[span].From
		}
		out[i] = run
		out[i].Covered = done
		if span < len(o.covered) {
			out[i].Covered += max(0, e-o.covered[span].From)
		}
		o.complete(&out[i])
	}
	return out
}

func (o *Oracle) addTo(c *Counts, inc Increment) {
	if inc.Good {
		c.Good += inc.Value
	}
	if inc.Bad {
		c.Bad += inc.Value
	}
	if inc.Total {
		c.Total += inc.Value
	}
}

// complete works out the one of good, bad and total that was not read.
func (o *Oracle) complete(c *Counts) {
	switch {
	case o.rules.Good == nil:
		c.Good = c.Total - c.Bad
	case o.rules.Total == nil:
		c.Total = c.Good + c.Bad
	default:
		c.Bad = c.Total - c.Good
	}
}

// Flags gives the flags raised at or before now, by kind. Nil: none.
func (o *Oracle) Flags(now int64) []slo.Flag {
	var out []slo.Flag
	for _, inc := range o.increments { // by time, so that a flag's last is the latest met
		if inc.T > now {
			break
		}
		for _, kind := range inc.Flags {
			at := time.UnixMilli(inc.T).UTC()
			i := slices.IndexFunc(out, func(f slo.Flag) bool { return f.Kind == kind })
			if i < 0 {
				i, out = len(out), append(out, slo.Flag{Kind: kind, First: at})
			}
			out[i].Count++
			out[i].Last = at
		}
	}
	slices.SortFunc(out, func(a, b slo.Flag) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}

// Increments gives everything counted or flagged in (from, to], by time.
func (o *Oracle) Increments(from, to int64) []Increment {
	var out []Increment
	for _, inc := range o.increments {
		if from < inc.T && inc.T <= to {
			out = append(out, inc)
		}
	}
	return out
}
