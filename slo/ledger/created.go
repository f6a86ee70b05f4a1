package ledger

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// Where a source knows when counters were created, it says so in series of their own:
// x_created, in Unix seconds, for x_total, x, and the x_count, x_bucket and x_sum of a
// histogram or summary. The OpenTelemetry Collector writes x_total_created, in milliseconds.
const createdSuffix = "_created"

// counterSuffixes are those of counters that x_created speaks of; "" is x itself.
var counterSuffixes = []string{"", "_total", "_count", "_bucket", "_sum"}

// created is one such series.
type created struct {
	of     string // x
	labels slo.Labels
	// The samples of the tick that is under way.
	t []int64
	v []float64
}

// made is what was last said, at a counter's own sample, of when it was created.
type made struct {
	value float64 // as it was said; 0: nothing was said
	moved bool    // the sample said another time than the one before it, and had not dropped
}

// createdSelector picks the created series of the counters that a selector picks; ok is
// false where that cannot be said.
func createdSelector(sel slo.Selector) (out slo.Selector, ok bool) {
	for _, m := range sel {
		switch {
		case slo.NumberLabel(m.Name):
			continue // a histogram's buckets share one
		case m.Name != slo.MetricName:
			m.Strict = false
			out = append(out, m)
			continue
		case ok || m.Type != slo.Equal && m.Type != slo.Regexp:
			return nil, false
		}
		names, err := createdNames(m)
		if err != nil {
			return nil, false
		}
		out, ok = append(out, names), true
	}
	return out, ok
}

func createdNames(m slo.Matcher) (slo.Matcher, error) {
	if m.Type == slo.Regexp {
		var names []string
		for _, one := range alternatives(m.Value) {
			names = append(names, namesOf(one)...)
		}
		return slo.NewMatcher(slo.MetricName, slo.Regexp, strings.Join(names, "|"))
	}
	names := namesOf(m.Value)
	if len(names) == 1 {
		return slo.NewMatcher(slo.MetricName, slo.Equal, names[0])
	}
	for i := range names {
		names[i] = regexp.QuoteMeta(names[i])
	}
	return slo.NewMatcher(slo.MetricName, slo.Regexp, strings.Join(names, "|"))
}

// namesOf are the names that the created series of a counter may have.
func namesOf(counter string) []string {
	for _, suffix := range counterSuffixes[1:] {
		if x, ok := strings.CutSuffix(counter, suffix); ok {
			return []string{x + createdSuffix, counter + createdSuffix}
		}
	}
	return []string{counter + createdSuffix}
}

// alternatives cuts a regular expression where it offers one thing or another.
func alternatives(expr string) (out []string) {
	depth, from := 0, 0
	for i := 0; i < len(expr); i++ {
		switch expr[i] {
		case '\\':
			i++
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '|':
			if depth == 0 {
				out, from = append(out, expr[from:i]), i+1
			}
		}
	}
	return append(out, expr[from:])
}

// tellsOf reports whether a metric's series with these labels is meant.
func (d *created) tellsOf(ls slo.Labels) bool {
	suffix, ok := strings.CutPrefix(ls.Get(slo.MetricName), d.of)
	return ok && slices.Contains(counterSuffixes, suffix) && sameButForBounds(ls, d.labels)
}

// createdOf finds or adds what tells of counters of an account.
func (a *account) createdOf(name string, ls slo.Labels, targetLabels []string) *created {
	t := a.targetOf(joined(ls, targetLabels))
	for _, d := range t.created {
		if slices.Equal(d.labels, ls) {
			return d
		}
	}
	d := &created{of: strings.TrimSuffix(name, createdSuffix), labels: ls}
	t.created = append(t.created, d)
	for _, p := range t.processes {
		for _, f := range p.families {
			for _, s := range f.series {
				if s.created == nil && d.tellsOf(s.labels) {
					s.created = d
				}
			}
		}
	}
	return d
}

// whoTells finds what tells of a series that is new.
func (t *target) whoTells(s *series) {
	for _, d := range t.created {
		if s.created == nil && d.tellsOf(s.labels) {
			s.created = d
		}
	}
}

// forgetCreated drops those that tell of nothing any more.
func (t *target) forgetCreated() {
	if len(t.created) == 0 {
		return
	}
	used := map[*created]bool{}
	for _, p := range t.processes {
		for _, f := range p.families {
			for _, s := range f.series {
				used[s.created] = true
			}
		}
	}
	t.created = slices.DeleteFunc(t.created, func(d *created) bool { return !used[d] })
}

// at is what is said at an instant; false: nothing is.
func (d *created) at(t int64) (float64, bool) {
	if d == nil {
		return 0, false
	}
	n := before(d.t, t)
	if n == len(d.t) || d.t[n] != t || slo.IsStale(d.v[n]) {
		return 0, false
	}
	return d.v[n], true
}

// leastMillis is the least created time that is one of milliseconds: as seconds it would be
// in the year 5138.
const leastMillis = 1e11

// createdTime is when (ms) a counter was created, as told at an instant; ok is false where
// that cannot be, before 2001 or after the sample, and where it is the sample's own time: OpenTelemetry's
// collector says so of counters of which it does not know it.
func (c *counter) createdTime(value float64, at int64) (ms float64, ok bool) {
	if value < leastMillis {
		value *= 1000
	}
	return value, value >= plausibleStart*1000 && value <= float64(at+c.slack) && math.Abs(value-float64(at)) > 1
}

// readCreated finds the samples that counters began anew before, as the source says.
func (c *counter) readCreated(w *work) {
	for k := range w.counters {
		in := &w.counters[k]
		if in.made = in.series.made; in.series.created != nil {
			c.readCreatedOf(in)
		}
	}
}

func (c *counter) readCreatedOf(in *input) {
	prev := in.series.pos
	for k, t := range in.t {
		now := position{t, in.v[k]}
		if value, ok := in.series.created.at(t); ok {
			if value == 0 {
				value = math.Copysign(0, -1) // as wrong, but not nothing
			}
			was := in.made
			in.made = made{value: value}
			if math.Float64bits(value) != math.Float64bits(was.value) {
				c.judgeCreated(in, k, prev, now, was)
			}
		}
		prev = now
	}
}

// judgeCreated tells what it means that a counter says that it was created at another time than
// before.
func (c *counter) judgeCreated(in *input, k int, prev, now position, was made) {
	at, ok := c.createdTime(in.made.value, now.t)
	before, known := c.createdTime(was.value, prev.t)
	switch {
	case !ok:
		c.notCreated(in, prev, now, ignoredCreated)
		return
	case prev.t == none:
		return // what a first sample is worth is decided with others
	case !known && at <= float64(prev.t+c.slack), known && math.Abs(at-before) <= restartShift*1000:
		return
	case known && (at < before || at <= float64(prev.t-c.slack)): // while it was there
		c.notCreated(in, prev, now, ignoredCreated)
		return
	}
	if now.v >= prev.v {
		in.made.moved = true
		step, _ := c.stepBefore(in, k)
		most := c.plausible * max(step, 1) * max(1, float64(now.t-prev.t)/float64(c.interval))
		if was.moved || now.v > max(fewEvents, most) {
			c.notCreated(in, prev, now, unclearRestart)
			return
		}
	}
	in.bases = append(slices.Clip(in.bases), based{k, 0})
}

// notCreated notes a created time that is not used.
func (c *counter) notCreated(in *input, prev, now position, flag int) {
	c.flag(flag, now.t)
	if c.tracing {
		c.tell(in.series, NotCreated, prev, now, 0, flag)
	}
}

// createdFirst is when (ms) the counter of a first sample was created; ok is false where nothing
// usable says it.
func (b *births) createdFirst(n *newborn) (ms float64, ok bool) {
	s := n.in.series
	if value, ok := s.created.at(n.at); ok {
		return b.c.createdTime(value, n.at)
	}
	return float64(n.zero), n.zero != none
}

// isYoung reports whether all that a counter has counted since it was created (ms) belongs to what is
// counted here: it is younger than the account, and than the oldest data, or nearly.
func (b *births) isYoung(made float64) bool {
	f := &b.c.out.facts
	return made > float64(max(f.start, f.begins-b.c.patience, f.forgot))
}

// madeWith reports whether a process has a counter of the same metric that was created when the one
// of a first sample was (ms).
func (b *births) madeWith(p *process, n *newborn, made float64) bool {
	metric := n.in.series.labels.Get(slo.MetricName)
	for _, f := range p.families {
		for _, s := range f.series {
			if s.labels.Get(slo.MetricName) != metric {
				continue
			}
			if ms, ok := b.c.createdTime(b.madeBefore(s, n.at), n.at); ok && math.Abs(ms-made) < 1 {
				return true
			}
		}
	}
	return false
}

// seenSince reports whether a process was first seen after a zero that alone tells when the counter of a first
// sample was created (ms): that counter may have been its own, under other labels.
func (b *births) seenSince(p *process, n *newborn, made float64) bool {
	seen := b.c.stateOf(p).seen
	return n.zero != none && seen != none && float64(seen) >= made-float64(b.c.slack)
}

// madeBefore is what was said last, before an instant, of when a counter was created.
func (b *births) madeBefore(s *series, at int64) float64 {
	if in := b.input(s); in != nil {
		for k := before(in.t, at) - 1; k >= 0; k-- {
			if v, ok := s.created.at(in.t[k]); ok {
				return v
			}
		}
	}
	return s.made.value
}

// differs reports whether anything else was said.
func (m made) differs(o made) bool {
	return math.Float64bits(m.value) != math.Float64bits(o.value) || m.moved != o.moved
}
