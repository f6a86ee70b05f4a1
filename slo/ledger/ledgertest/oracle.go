package ledgertest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

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

	begins int64 // B: where the data begin
}

// Counts are the figures of one span.
type Counts struct {
	Good, Bad, Total float64 // events
	Covered          int64   // milliseconds
	// UnknownFirst is the number of first samples in the span that were left out
	// and flagged (unknown_first_sample).
	UnknownFirst int
}

// Increment is one thing counted, or one flagged first sample. Tests print them
// to find where two programs part.
type Increment struct {
	Labels           slo.Labels
	Prev, T          int64 // Prev is 0 for a first sample
	Value            float64
	Why              string // what the rules called it
	Good, Bad, Total bool   // the selectors that pick the series
	Flagged          bool   // unknown_first_sample; Value is then 0
}

func (i Increment) String() string {
	return fmt.Sprintf("%s (%d, %d] %v: %s", i.Labels, i.Prev, i.T, i.Value, i.Why)
}

// Oracle knows the figures of one account: one indicator for one subject.
type Oracle struct {
	rules      Rules
	targets    []*target
	increments []Increment // by time
	covered    []Span      // disjoint, rising; each holds the s with From ≤ s < To
}

// target is what is known of one target of the subject, all later than S.
type target struct {
	counters []*counter
	ups      []Sample // every sample of up, also staleness markers
	starts   []Sample // valid start times, one for each time stamp
}

type counter struct {
	labels           slo.Labels
	good, bad, total bool
	samples          []Sample // valid ones only
	drops            []Span   // consecutive samples (From, ·), (To, lower)
}

// Metric names that the rules read beside the indicator's counters.
const (
	UpMetric        = "up"
	StartTimeMetric = "process_start_time_seconds"
)

// NewOracle makes the oracle of the indicator for one subject alone.
func NewOracle(s Subject, r Rules, all []Series) (*Oracle, error) {
	os, err := NewOracles([]Subject{s}, r, all)
	return os[s.ID], err
}

// NewOracles makes an oracle for each subject, by its id, from all the samples
// that can be seen; series that are none of the accounts' business are left out.
// It fails where a series belongs to two subjects and where the rules are unusable.
func NewOracles(subjects []Subject, r Rules, all []Series) (map[string]*Oracle, error) {
	given := 0
	for _, sel := range []slo.Selector{r.Good, r.Bad, r.Total} {
		if sel != nil {
			given++
		}
	}
	if given != 2 {
		return nil, fmt.Errorf("oracle: %d of good, bad and total are set, not two", given)
	}
	if r.TargetLabels == nil {
		r.TargetLabels = []string{"job", "instance"}
	}
	shared := r.sharedOnTargets()
	oldest := int64(math.MaxInt64)
	byTarget := map[string]map[string]*target{}
	for _, s := range subjects {
		byTarget[s.ID] = map[string]*target{}
	}
	for _, series := range all {
		c := &counter{
			labels: series.Labels,
			good:   r.Good != nil && r.Good.Matches(series.Labels),
			bad:    r.Bad != nil && r.Bad.Matches(series.Labels),
			total:  r.Total != nil && r.Total.Matches(series.Labels),
		}
		picked := c.good || c.bad || c.total
		name := series.Labels.Get(slo.MetricName)
		if (name != UpMetric && name != StartTimeMetric) || !shared.Matches(series.Labels) {
			name = "" // says nothing of a target of this account
		}
		if !picked && name == "" {
			continue
		}
		owner, err := ownerOf(series.Labels, subjects)
		if err != nil {
			return nil, err
		}
		if owner == "" {
			continue
		}
		key := targetKey(series.Labels, r.TargetLabels)
		t := byTarget[owner][key]
		if t == nil {
			t = &target{}
			byTarget[owner][key] = t
		}
		if err := t.add(c, picked, name, series.Samples, r.Start); err != nil {
			return nil, fmt.Errorf("oracle: series %s: %w", series.Labels, err)
		}
		for _, s := range series.Samples {
			if s.T > r.Start {
				oldest = min(oldest, s.T)
				break
			}
		}
	}
	r.begins = r.Start
	if oldest-r.Start > 2*r.Interval {
		r.begins = oldest - 1
	}
	oracles := map[string]*Oracle{}
	for id, targets := range byTarget {
		oracles[id] = newOracle(r, targets)
	}
	return oracles, nil
}

// sharedOnTargets gives the matchers on target labels that both of the indicator's
// selectors have: only targets that satisfy them are the account's business.
func (r Rules) sharedOnTargets() slo.Selector {
	var both []slo.Selector
	for _, sel := range []slo.Selector{r.Good, r.Bad, r.Total} {
		if sel != nil {
			both = append(both, sel)
		}
	}
	var out slo.Selector
	for _, m := range both[0] {
		if !slices.Contains(r.TargetLabels, m.Name) {
			continue
		}
		for _, o := range both[1] {
			if o.Name == m.Name && o.Type == m.Type && o.Value == m.Value {
				out = append(out, m)
			}
		}
	}
	return out
}

// newOracle counts one account, target after target.
func newOracle(r Rules, targets map[string]*target) *Oracle {
	o := &Oracle{rules: r}
	for _, t := range targets {
		t.mergeStarts()
		slices.SortStableFunc(t.ups, func(a, b Sample) int { return cmp.Compare(a.T, b.T) })
		o.targets = append(o.targets, t)
		for _, c := range t.counters {
			o.count(t, c)
		}
	}
	slices.SortFunc(o.increments, func(a, b Increment) int { return cmp.Compare(a.T, b.T) })
	o.covered = coveredSpans(o.targets, r.Interval)
	return o
}

// ownerOf finds the one subject whose labels the series all carries; "" is none.
func ownerOf(ls slo.Labels, subjects []Subject) (string, error) {
	owner, found := "", false
	for _, s := range subjects {
		carries := true
		for _, want := range s.Labels {
			carries = carries && ls.Get(want.Name) == want.Value
		}
		if !carries {
			continue
		}
		if found {
			return "", fmt.Errorf("oracle: series %s matches two subjects, %s and %s", ls, owner, s.ID)
		}
		owner, found = s.ID, true
	}
	return owner, nil
}

// targetKey joins the values of the target labels; a missing label is "".
func targetKey(ls slo.Labels, names []string) string {
	values := make([]string, len(names))
	for i, n := range names {
		values[i] = fmt.Sprintf("%q", ls.Get(n))
	}
	return strings.Join(values, ",")
}

// add takes in one series: as a counter where a selector picked it, and as the
// target's health or start time where its name says so.
func (t *target) add(c *counter, picked bool, name string, samples []Sample, start int64) error {
	for i, s := range samples {
		if i > 0 && s.T <= samples[i-1].T {
			return fmt.Errorf("time stamps do not rise: %d after %d", s.T, samples[i-1].T)
		}
		if s.T <= start {
			continue
		}
		if picked && valid(s.V) {
			c.samples = append(c.samples, s)
		}
		if name == UpMetric {
			t.ups = append(t.ups, s)
		}
		if name == StartTimeMetric && valid(s.V) && s.V > 0 {
			t.starts = append(t.starts, s)
		}
	}
	if picked {
		t.counters = append(t.counters, c)
	}
	for i := 1; i < len(c.samples); i++ {
		if c.samples[i].V < c.samples[i-1].V {
			c.drops = append(c.drops, Span{c.samples[i-1].T, c.samples[i].T})
		}
	}
	return nil
}

// valid reports whether a value can be a counter's.
func valid(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) && v >= 0 }

// mergeStarts makes one sample of the start times of one time stamp, the greatest.
func (t *target) mergeStarts() {
	sort.Slice(t.starts, func(i, j int) bool {
		a, b := t.starts[i], t.starts[j]
		return a.T < b.T || a.T == b.T && a.V > b.V
	})
	t.starts = slices.CompactFunc(t.starts, func(a, b Sample) bool { return a.T == b.T })
}

// count adds what one series says.
func (o *Oracle) count(t *target, c *counter) {
	for i, b := range c.samples {
		inc := Increment{Labels: c.labels, T: b.T, Good: c.good, Bad: c.bad, Total: c.total}
		if i == 0 {
			inc.Value, inc.Flagged, inc.Why = o.firstSample(t, b)
		} else {
			a := c.samples[i-1]
			inc.Prev = a.T
			inc.Value, inc.Why = b.V-a.V, "increase"
			if why := t.reset(c, a, b); why != "" {
				inc.Value, inc.Why = b.V, why
			}
		}
		if inc.Value != 0 || inc.Flagged {
			o.increments = append(o.increments, inc)
		}
	}
}

// reset says why the pair a, b of the series holds a reset; "" where it holds none.
func (t *target) reset(c *counter, a, b Sample) string {
	if b.V < a.V {
		return "reset: own drop"
	}
	// The first start-time sample later than a; only the search for it is quick.
	from := sort.Search(len(t.starts), func(i int) bool { return t.starts[i].T > a.T })
	for i := from; i < len(t.starts) && t.starts[i].T <= b.T; i++ {
		if i > 0 && math.Abs(t.starts[i].V-t.starts[i-1].V) > 1 {
			return fmt.Sprintf("reset: start time moved at %d", t.starts[i].T)
		}
	}
	if len(t.starts) > 0 && t.starts[0].T <= b.T {
		return ""
	}
	for _, sibling := range t.counters {
		if sibling == c || sibling.labels.Get(slo.MetricName) != c.labels.Get(slo.MetricName) {
			continue
		}
		for _, d := range sibling.drops {
			if a.T <= d.From && d.To <= b.T {
				return fmt.Sprintf("reset: %s dropped in (%d, %d]", sibling.labels, d.From, d.To)
			}
		}
	}
	return ""
}

// firstSample says what the first sample of a series is worth.
func (o *Oracle) firstSample(t *target, s Sample) (value float64, flagged bool, why string) {
	start, early := o.rules.begins, s.T-o.rules.begins <= 2*o.rules.Interval
	switch o.rules.First {
	case slo.FirstIgnore:
		return 0, false, "first sample: ignored"
	case slo.FirstZero:
		if !early {
			return s.V, false, "first sample: from zero by rule"
		}
	}
	latest := -1
	for i, st := range t.starts {
		if st.T <= s.T {
			latest = i
		}
	}
	if latest >= 0 && t.starts[latest].V*1000 > float64(start) {
		return s.V, false, "first sample: new process"
	}
	if t.known(s.T) {
		return s.V, false, "first sample: known target"
	}
	if s.V > 0 && !early {
		return 0, true, "first sample: unknown target"
	}
	return 0, false, "first sample: counting begins"
}

// known reports whether the target was being observed at some time in (S, at).
func (t *target) known(at int64) bool {
	for _, c := range t.counters {
		for _, s := range c.samples {
			if s.T < at {
				return true
			}
		}
	}
	for _, s := range t.ups {
		if s.T < at && s.V == 1 {
			return true
		}
	}
	for _, s := range t.starts {
		if s.T < at {
			return true
		}
	}
	return false
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
	if inc.Flagged {
		c.UnknownFirst++
	}
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

// Flagged reports whether the account is flagged unknown_first_sample at now.
func (o *Oracle) Flagged(now int64) bool {
	return slices.ContainsFunc(o.increments, func(i Increment) bool { return i.Flagged && i.T <= now })
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
