package ledgertest

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// Metric names that the rules read beside the indicator's counters.
const (
	UpMetric        = "up"
	StartTimeMetric = "process_start_time_seconds"
)

func (r Rules) withDefaults() Rules {
	if r.TargetLabels == nil {
		r.TargetLabels = []string{"job", "instance"}
	}
	if r.Slack == 0 {
		r.Slack = 5000
	}
	for _, sel := range []*slo.Selector{&r.Good, &r.Bad, &r.Total} {
		if *sel != nil {
			*sel = spelledSelector(*sel)
		}
	}
	return r
}

func (r Rules) selectors() []slo.Selector {
	var out []slo.Selector
	for _, sel := range []slo.Selector{r.Good, r.Bad, r.Total} {
		if sel != nil {
			out = append(out, sel)
		}
	}
	return out
}

// spelled gives the labels with le and quantile in the shortest spelling.
func spelled(ls slo.Labels) slo.Labels {
	out := slices.Clone(ls)
	for i := range out {
		if out[i].Name == "le" || out[i].Name == "quantile" {
			out[i].Value = shortest(out[i].Value)
		}
	}
	return out
}

func spelledSelector(sel slo.Selector) slo.Selector {
	out := slices.Clone(sel)
	for i, m := range out {
		if (m.Name == "le" || m.Name == "quantile") && (m.Type == slo.Equal || m.Type == slo.NotEqual) {
			out[i] = matcher(m.Name, m.Type, shortest(m.Value))
		}
	}
	return out
}

func shortest(number string) string {
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return number
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// reads reports whether a series is any account's business: a counter, or a sign
// of a target that satisfies the matchers on target labels that both selectors have.
func (r Rules) reads(ls slo.Labels) bool { return r.isCounter(ls) || r.isSign(ls) || r.isCreated(ls) }

func (r Rules) isCounter(ls slo.Labels) bool {
	return slices.ContainsFunc(r.selectors(), func(sel slo.Selector) bool { return sel.Matches(ls) })
}

func (r Rules) isSign(ls slo.Labels) bool {
	name := ls.Get(slo.MetricName)
	return (name == UpMetric || name == StartTimeMetric) && r.sharedOnTargets().Matches(ls)
}

func (r Rules) sharedOnTargets() slo.Selector {
	both := r.selectors()
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

// account is what is read for one subject, all later than S.
type account struct {
	subject Subject
	rules   Rules
	targets map[string]*target
}

// target is one set of values of the target labels.
type target struct {
	processes []*process
	counters  []*counter
	created   []Series // when its counters were created
}

// process is a target's signs with equal further labels, and the counters that
// belong to it.
type process struct {
	target      *target
	further     slo.Labels // by name
	startLabels slo.Labels // of the start-time series
	ups         []Sample   // every sample of its up, also staleness markers
	starts      []Sample   // its valid start times, in milliseconds
	counters    []*counter
	restarts    []restart    // by time
	drops       []familyDrop // those found so far, by the later sample's time
}

// counter is a series that a selector picks.
type counter struct {
	labels           slo.Labels
	good, bad, total bool
	samples          []Sample          // valid ones only
	bases            map[int64]float64 // where samples begin, by their time
	created          []Sample          // when it says that it was created, as it says it
	process          *process
	name, family     string
	histogram        bool // the family is a histogram's

	// What is known of it as time goes on.
	step  float64 // so far
	pace  pace
	held  *held // nil: not held
	freed int64 // when the latest held drop was decided
	told  told
	begun bool // its next sample makes a pair with the one before
	left  bool // another series was joined to it, and it has not come back
}

// add takes in one series: as a counter where a selector picks it, as a sign where
// its name says so.
func (a *account) add(ls slo.Labels, samples []Sample) {
	key := targetKey(ls, a.rules.TargetLabels)
	t := a.targets[key]
	if t == nil {
		t = &target{}
		a.targets[key] = t
	}
	if a.rules.isCounter(ls) {
		r := a.rules
		c := &counter{labels: ls, name: ls.Get(slo.MetricName), good: r.Good != nil && r.Good.Matches(ls),
			bad: r.Bad != nil && r.Bad.Matches(ls), total: r.Total != nil && r.Total.Matches(ls)}
		c.family = familyOf(c.name)
		c.take(samples)
		t.counters = append(t.counters, c)
	}
	if a.rules.isCreated(ls) {
		t.created = append(t.created, Series{ls, samples})
	}
	if !a.rules.isSign(ls) {
		return
	}
	if ls.Get(slo.MetricName) == UpMetric {
		p := t.process(a.further(ls))
		p.ups = samples
		return
	}
	var starts []Sample
	for _, s := range samples {
		if valid(s.V) && s.V > 0 {
			starts = append(starts, Sample{s.T, s.V * 1000})
		}
	}
	if len(starts) > 0 {
		p := t.process(a.further(ls))
		p.starts, p.startLabels = starts, ls
	}
}

// valid reports whether a value can be a counter's.
func valid(v float64) bool { return v >= 0 && v <= 1<<64 }

// targetKey joins the values of the target labels; a missing label is "".
func targetKey(ls slo.Labels, names []string) string {
	values := make([]string, len(names))
	for i, n := range names {
		values[i] = fmt.Sprintf("%q", ls.Get(n))
	}
	return strings.Join(values, ",")
}

// further gives a sign's labels without its name, the target labels and the subject's.
func (a *account) further(ls slo.Labels) slo.Labels {
	var out slo.Labels
	for _, l := range ls {
		if l.Name != slo.MetricName && !slices.Contains(a.rules.TargetLabels, l.Name) && a.subject.Labels.Get(l.Name) == "" {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, compareLabel)
	return out
}

// process finds the target's process of these further labels, or adds it.
func (t *target) process(further slo.Labels) *process {
	for _, p := range t.processes {
		if slices.Equal(p.further, further) {
			return p
		}
	}
	p := &process{target: t, further: further}
	t.processes = append(t.processes, p)
	return p
}

// bind gives every counter its process; processes and counters come in a fixed order.
func (a *account) bind() (processes []*process, counters []*counter) {
	var keys []string
	for key := range a.targets {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		t := a.targets[key]
		bySigns := slices.Clone(t.processes)
		slices.SortFunc(bySigns, func(a, b *process) int {
			return cmp.Or(cmp.Compare(len(b.further), len(a.further)), compareLabels(a.further, b.further))
		})
		for _, c := range t.counters {
			c.findCreated(t.created)
			i := slices.IndexFunc(bySigns, func(p *process) bool { return carries(c.labels, p.further) })
			if i >= 0 {
				c.process = bySigns[i]
			} else {
				c.process = t.process(nil)
			}
			c.process.counters = append(c.process.counters, c)
		}
		processes = append(processes, t.processes...)
		counters = append(counters, t.counters...)
	}
	for _, c := range counters {
		c.histogram = slices.ContainsFunc(c.process.counters, func(o *counter) bool { return o.family == c.family && o.name != o.family })
	}
	slices.SortFunc(counters, func(a, b *counter) int { return compareLabels(a.labels, b.labels) })
	return processes, counters
}

// familyOf is the metric's name without one of the suffixes of a family.
func familyOf(name string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if strings.HasSuffix(name, suffix) {
			return strings.TrimSuffix(name, suffix)
		}
	}
	return name
}

func compareLabel(a, b slo.Label) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
}

func compareLabels(a, b slo.Labels) int { return slices.CompareFunc(a, b, compareLabel) }

// latestBefore gives the latest of the samples before a time; false where there is none.
func latestBefore(samples []Sample, t int64) (Sample, bool) {
	i := sort.Search(len(samples), func(i int) bool { return samples[i].T >= t })
	if i == 0 {
		return Sample{}, false
	}
	return samples[i-1], true
}

// anyIn reports whether one of the samples lies in [from, to].
func anyIn(samples []Sample, from, to int64) bool {
	i := sort.Search(len(samples), func(i int) bool { return samples[i].T >= from })
	return i < len(samples) && samples[i].T <= to
}

// startAt is the process' start at a time, in milliseconds; false where it has none.
func (p *process) startAt(t int64) (float64, bool) {
	s, ok := latestBefore(p.starts, t+1)
	return s.V, ok
}

// lastAboveZero gives the time of the latest valid sample before t of any counter that was not at 0
// then.
func (p *process) lastAboveZero(t int64) (int64, bool) {
	last, any := int64(0), false
	for _, c := range p.counters {
		if s, ok := latestBefore(c.samples, t); ok && s.V > 0 && (!any || s.T > last) {
			last, any = s.T, true
		}
	}
	return last, any
}

// sightings are the samples of a counter that make its process known: a 0 that it begins with may be one
// that nobody scraped.
func (c *counter) sightings() []Sample {
	if len(c.samples) > 0 && c.samples[0].V == 0 {
		return c.samples[1:]
	}
	return c.samples
}

// lastCounted gives the time of the latest valid sample before t of any counter but one.
func (p *process) lastCounted(t int64, but *counter) (int64, bool) {
	last, any := int64(0), false
	for _, c := range p.counters {
		if c == but {
			continue
		}
		if s, ok := latestBefore(c.samples, t); ok && (!any || s.T > last) {
			last, any = s.T, true
		}
	}
	return last, any
}
