// Package explain counts one account slowly and tells of each step: what each series was
// worth, sample by sample, by the rules of docs/counting.md. It is for people who doubt a
// figure. The ledger counts; where the two differ, the ledger's figure is the one that holds.
package explain

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Series are the samples of one series, oldest first, in Unix milliseconds.
type Series struct {
	Labels slo.Labels
	T      []int64
	V      []float64
}

// Input is what one account reads. Samples at or before Start are not to be in it.
type Input struct {
	// Counters are the series that the selectors pick; Up and Starts those of the scrape
	// health and of the process start time (seconds), of the targets that count.
	Counters, Up, Starts []Series
	// Start is where counting begins, Begin where the data do; Unix milliseconds.
	Start, Begin int64
	// Interval is the scrape interval.
	Interval time.Duration
	// TargetLabels tell targets apart, Match are the subject's labels.
	TargetLabels []string
	Match        slo.Labels
	First        slo.FirstSample
}

// Kind is what a step was taken for.
type Kind string

// The kinds of Event. Growth is summed up and not listed.
const (
	FirstCounted Kind = "first_sample_counted" // from zero
	FirstIgnored Kind = "first_sample_ignored" // of unknown age
	Joined       Kind = "labels_changed"       // goes on from another series
	Restart      Kind = "restart"              // by the start time
	Reset        Kind = "reset"                // by a drop
	SiblingReset Kind = "reset_with_sibling"   // another series of the process dropped
	OldAnswer    Kind = "old_answer"           // a drop that was soon made up for
	LeftOut      Kind = "left_out"             // growth that is not known
	Clock        Kind = "clock_step"           // a start time moved, nothing restarted
	Gap          Kind = "gap"                  // longer than two scrape intervals
)

// Event is a step that is more than growth.
type Event struct {
	Kind     Kind
	At       int64   // Unix milliseconds
	From, To float64 // the values before and after; From is NaN at a first sample
	Counted  float64
	Flag     slo.FlagKind // "" for none
	Since    int64        // the time of the sample before; 0 for none
}

// Told is what became of one series.
type Told struct {
	Labels slo.Labels
	// Process are the labels of its target and process.
	Process string
	// First and Last are the times of its first and last sample read, and Samples their
	// number; Scraped is the median distance between two.
	First, Last int64
	Samples     int
	Scraped     time.Duration
	// Events are within the window, in order; Growth is what else it counted there, and
	// Counted all.
	Events          []Event
	Growth, Counted float64
}

// slack is what two clocks may differ by, in milliseconds.
const slack = 5000

// Count tells what each counter was worth in (from, to], Unix milliseconds; in the order of
// the input.
func Count(in Input, from, to int64) []Told {
	c := &counter{in: in, i: in.Interval.Milliseconds(), processes: map[string]*process{}, from: from, to: to}
	c.arrange()
	for _, p := range c.order {
		c.restarts(p)
	}
	for _, s := range c.series {
		c.ownDrops(s)
	}
	for _, s := range c.series {
		c.siblings(s)
	}
	c.firsts()
	out := make([]Told, len(c.series))
	for k, s := range c.series {
		out[k] = s.tell(c)
	}
	return out
}

// counter is one Count.
type counter struct {
	in        Input
	i         int64
	processes map[string]*process
	order     []*process
	series    []*counted
	from, to  int64
}

// process is one of a target's.
type process struct {
	target, name string
	further      slo.Labels
	starts       []point // in ms
	up           []point
	hasUp        bool
	series       []*counted
	moves        []move
}

type point struct {
	t int64
	v float64
}

// move is a start time that changed.
type move struct {
	t    int64
	kind moveKind
}

type moveKind int

const (
	restart moveKind = iota
	implausible
	several
	clock
)

// counted is one counter.
type counted struct {
	Series
	process *process
	family  string
	// worth is what each sample counts, why what it was taken for; "" is growth.
	worth []float64
	why   []Kind
	flag  []slo.FlagKind
	step  []float64 // before each sample
	drops []pair    // family drops
	taken bool      // another series was joined to it
}

type pair struct{ p, r int64 }

// arrange sorts series into processes.
func (c *counter) arrange() {
	sign := func(s Series) *process {
		target, further := c.split(s.Labels)
		return c.processOf(target, further)
	}
	for _, s := range c.in.Starts {
		p := sign(s)
		for k, v := range s.V {
			if v > 0 && !math.IsInf(v, 0) {
				p.starts = append(p.starts, point{s.T[k], v * 1000})
			}
		}
	}
	for _, s := range c.in.Up {
		p := sign(s)
		p.hasUp = true
		for k, v := range s.V {
			p.up = append(p.up, point{s.T[k], v})
		}
	}
	for _, s := range c.in.Counters {
		target, _ := c.split(s.Labels)
		k := &counted{Series: valid(s), family: familyOf(s.Labels.Get(slo.MetricName)), process: c.belongs(target, s.Labels)}
		n := len(k.T)
		k.worth, k.why, k.flag, k.step = make([]float64, n), make([]Kind, n), make([]slo.FlagKind, n), make([]float64, n)
		k.process.series = append(k.process.series, k)
		c.series = append(c.series, k)
	}
}

// valid leaves out what is no counter's value.
func valid(s Series) Series {
	out := Series{Labels: s.Labels}
	for k, v := range s.V {
		if v >= 0 && !math.IsInf(v, 0) {
			out.T, out.V = append(out.T, s.T[k]), append(out.V, v)
		}
	}
	return out
}

func familyOf(metric string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if name, ok := strings.CutSuffix(metric, suffix); ok {
			return name + "\xff"
		}
	}
	return metric
}

// histogram reports whether a family is one's, or a summary's.
func histogram(family string) bool { return strings.HasSuffix(family, "\xff") }

// split gives the target of a series, and its further labels.
func (c *counter) split(ls slo.Labels) (target string, further slo.Labels) {
	var b strings.Builder
	for _, n := range c.in.TargetLabels {
		if b.Len() > 0 {
			b.WriteString(" ")
		}
		b.WriteString(n + "=" + ls.Get(n))
	}
	for _, l := range ls {
		if l.Name != slo.MetricName && !slices.Contains(c.in.TargetLabels, l.Name) && c.in.Match.Get(l.Name) == "" {
			further = append(further, l)
		}
	}
	return b.String(), further
}

func (c *counter) processOf(target string, further slo.Labels) *process {
	name := target
	for _, l := range further {
		name += " " + l.Name + "=" + l.Value
	}
	p := c.processes[name]
	if p == nil {
		p = &process{target: target, name: name, further: further}
		c.processes[name] = p
		c.order = append(c.order, p)
	}
	return p
}

// belongs finds the process of a counter.
func (c *counter) belongs(target string, ls slo.Labels) *process {
	var best *process
	for _, p := range c.order {
		if p.target != target || slices.ContainsFunc(p.further, func(l slo.Label) bool { return ls.Get(l.Name) != l.Value }) {
			continue
		}
		if best == nil || len(p.further) > len(best.further) || len(p.further) == len(best.further) && p.name < best.name {
			best = p
		}
	}
	if best == nil {
		return c.processOf(target, nil)
	}
	return best
}

// before is the index of the latest point before a time, −1 for none.
func before(all []point, t int64) int {
	k, _ := slices.BinarySearchFunc(all, t, func(p point, t int64) int { return cmp.Compare(p.t, t) })
	return k - 1
}

// startAt is the process' start at a time, in ms.
func (p *process) startAt(t int64) (float64, bool) {
	k := before(p.starts, t+1)
	if k < 0 {
		return 0, false
	}
	return p.starts[k].v, true
}

// latest is the time of the last sample of any counter of the process before a time.
func (p *process) latest(t int64) (last int64, ok bool) {
	for _, s := range p.series {
		k, _ := slices.BinarySearch(s.T, t)
		if k > 0 && (!ok || s.T[k-1] > last) {
			last, ok = s.T[k-1], true
		}
	}
	return last, ok
}
