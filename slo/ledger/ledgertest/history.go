package ledgertest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// History is a set of ShopSets whose scraped samples and true events can be made
// again and again from the configuration.
type History struct {
	Config     Config // with the defaults filled in
	Start, End int64  // S, and the time of the last scrape or a little earlier
}

// New prepares a history; nothing is generated yet.
func New(c Config) *History {
	c = c.withDefaults()
	return &History{Config: c, Start: c.Start, End: c.Start + c.Length.Milliseconds()}
}

// Rules are the account rules of the history, with two of the indicator's three
// selectors set as asked; FirstAuto.
func (h *History) Rules(good, bad, total bool) Rules {
	r := Rules{Interval: h.Config.Interval.Milliseconds(), Start: h.Start}
	if good {
		r.Good = Good()
	}
	if bad {
		r.Bad = Bad()
	}
	if total {
		r.Total = Total()
	}
	return r
}

// Subjects are the ShopSets as subjects, in order.
func (h *History) Subjects() []Subject {
	var out []Subject
	for _, s := range h.Config.ShopSets {
		out = append(out, Subject{ID: s.Name, Labels: slo.Labels{{Name: "shopset", Value: s.Name}}})
	}
	return out
}

// ShopSet is one ShopSet's part of a history.
type ShopSet struct {
	Spec    Spec
	Subject Subject
	Series  []Scraped

	start, end int64
	pods       []*pod
}

// Scraped is a series as it was scraped. A sample is delivered at its own time
// except where Late says otherwise.
type Scraped struct {
	Series
	Late   []Delivery // by Index
	Twice  []int      // indexes of the samples that are delivered twice, with equal time and value
	pod    *pod
	events []Sample // true events of a counter: time and number, rising
	bad    bool
	old    []int    // indexes of the samples that are older answers than the one before
	steady bool     // its own samples are neither late nor spoiled
	made   []Sample // when a counter was created, in Unix milliseconds, as told with its samples
}

// Delivery is when the sample at Index could first be read.
type Delivery struct {
	Index int
	At    int64
}

// DeliveredAt gives the time from which sample i can be read.
func (s *Scraped) DeliveredAt(i int) int64 {
	k := sort.Search(len(s.Late), func(k int) bool { return s.Late[k].Index >= i })
	if k < len(s.Late) && s.Late[k].Index == i {
		return s.Late[k].At
	}
	return s.Samples[i].T
}

// pod is one target: a name, and the processes that lived under it.
type pod struct {
	job, instance    string
	container        string // "": the only one of the target
	created, deleted int64
	phase            int64 // its scrapes are at phase + k·interval
	lives            []life
}

// life is one process: alive at s where born ≤ s < died.
type life struct{ born, died int64 }

// bornAlone moves births that are nearly at the same time as others: nobody could tell
// such processes from one whose target was relabelled.
func (p *pod) bornAlone(births *[]int64) {
	for i := range p.lives {
		l := &p.lives[i]
		taken := func(b int64) bool { return b-l.born < 2500 && l.born-b < 2500 }
		for slices.ContainsFunc(*births, taken) {
			l.born += 250
		}
		if l.born >= l.died && len(p.lives) == 1 { // a blink
			p.deleted += l.born - p.created
			l.died, p.created = p.deleted, l.born
		}
		*births = append(*births, l.born)
	}
}

// lifeAt gives the process alive at s; false where there is none.
func (p *pod) lifeAt(s int64) (life, bool) {
	for _, l := range p.lives {
		if l.born <= s && s < l.died {
			return l, true
		}
	}
	return life{}, false
}

// ShopSet generates the i-th ShopSet. The memory is the caller's: 16 bytes a
// sample and 16 bytes for each step with events.
func (h *History) ShopSet(i int) *ShopSet {
	spec := h.Config.ShopSets[i]
	s := &ShopSet{Spec: spec, Subject: h.Subjects()[i], start: h.Start, end: h.End}
	var births []int64
	for j, job := range spec.Components {
		r := rand.New(rand.NewPCG(h.Config.Seed, uint64(i)<<16|uint64(j)))
		for _, p := range h.pods(spec, job, r) {
			p.bornAlone(&births)
			s.pods = append(s.pods, p)
			s.Series = append(s.Series, h.scrape(spec, p, r)...)
		}
	}
	return s
}

// Samples gives the series that the Oracle reads: what was delivered by the time
// that the reader read it.
func (s *ShopSet) Samples(seen Seen) []Series {
	out := make([]Series, 0, len(s.Series))
	for i := range s.Series {
		if kept := s.Series[i].seen(seen); len(kept) > 0 {
			out = append(out, Series{Labels: s.Series[i].Labels, Samples: kept})
		}
	}
	return out
}

// Seen reports whether a reader saw a sample of time t that could be read from
// delivered on.
type Seen func(t, delivered int64) bool

// All sees every sample, however late.
func All(_, _ int64) bool { return true }

// AtClose sees what a reader sees that reads each edge (a multiple of the
// resolution) once, delay after it; both in milliseconds.
func AtClose(resolution, delay int64) Seen {
	return func(t, delivered int64) bool {
		edge := (t + resolution - 1) / resolution * resolution
		return delivered <= edge+delay
	}
}

func (s *Scraped) seen(seen Seen) []Sample {
	out := make([]Sample, 0, len(s.Samples))
	late := s.Late
	for i, x := range s.Samples {
		at := x.T
		if len(late) > 0 && late[0].Index == i {
			at, late = late[0].At, late[1:]
		}
		if seen(x.T, at) {
			out = append(out, x)
		}
	}
	return out
}

// Strays are series that look like the others but belong to no ShopSet: without
// the label, and of a ShopSet that nobody knows. Empty unless asked for.
func (h *History) Strays() []Scraped {
	if !h.Config.Strays {
		return nil
	}
	var out []Scraped
	for _, shopset := range []string{"", "nobody"} {
		p := &pod{job: "cart", instance: "stray:8080"}
		for _, name := range []string{metricNames[0], UpMetric, StartTimeMetric} {
			s := Scraped{Series: Series{Labels: podLabels(name, p, shopset, "", "")}}
			for t := h.Start - 20*second; t <= h.End; t += h.Config.Interval.Milliseconds() {
				s.Samples = append(s.Samples, Sample{t, float64(t % 7)})
			}
			out = append(out, s)
		}
	}
	return out
}

// podLabels are the labels of a pod's series, sorted by name.
func podLabels(metric string, p *pod, shopset, code, route string) slo.Labels {
	ls := slo.Labels{{Name: slo.MetricName, Value: metric}}
	for _, l := range []slo.Label{{Name: "code", Value: code}, {Name: "container", Value: p.container}, {Name: "instance", Value: p.instance},
		{Name: "job", Value: p.job}, {Name: "route", Value: route}, {Name: "shopset", Value: shopset}} {
		if l.Value != "" {
			ls = append(ls, l)
		}
	}
	return ls
}

// pods lays out the life of one component: rolling deploys, restarts, blinks.
func (h *History) pods(spec Spec, job string, r *rand.Rand) []*pod {
	interval := h.Config.Interval.Milliseconds()
	begin := h.Start - h.warm()
	deploys := moments(r, h.Start+5*second, h.End, spec.DeployEvery)
	var out []*pod
	for slot := range spec.Pods {
		created := begin - 10*second - quarter(r.Int64N(12*3600*second))
		for g := 0; g <= len(deploys); g++ {
			replaced := h.End + 3600*second
			if g < len(deploys) {
				replaced = quarter(deploys[g] + int64(slot)*interval*2 + r.Int64N(interval))
			}
			if replaced > created {
				p := &pod{job: job, instance: fmt.Sprintf("%s-%d-%d:8080", job, g, slot), created: created, deleted: replaced + r.Int64N(interval/2), phase: r.Int64N(interval)}
				h.live(spec, p, r)
				out = append(out, p)
				created = replaced
			}
		}
	}
	if spec.Containers {
		for _, p := range slices.Clone(out) {
			p.container = "app"
			sidecar := &pod{job: job, instance: p.instance, container: "sidecar", created: p.created + 3*second, deleted: p.deleted, phase: r.Int64N(interval)}
			h.live(spec, sidecar, r)
			out = append(out, sidecar)
		}
	}
	for k, t := range moments(r, h.Start+5*second, h.End, spec.BlinkEvery) {
		p := &pod{job: job, instance: fmt.Sprintf("%s-extra-%d:8080", job, k), created: quarter(t), phase: r.Int64N(interval)}
		p.deleted = p.created + 250 + r.Int64N(3*interval)
		p.lives = []life{{p.created, p.deleted}}
		out = append(out, p)
	}
	return out
}

// live fills in the processes of a pod. Two of them are born at least three
// seconds apart, so that no clock correction hides the move of the start time.
func (h *History) live(spec Spec, p *pod, r *rand.Rand) {
	deaths := moments(r, max(p.created, h.Start)+3*second, min(p.deleted, h.End), spec.RestartEvery)
	for _, o := range spec.Outages {
		if o.Down {
			deaths = append(deaths, o.From)
		}
	}
	slices.Sort(deaths)
	born := p.created
	for _, d := range deaths {
		if d < born+3*second || d >= p.deleted-3*second {
			continue
		}
		next := d + 250 + r.Int64N(h.Config.Interval.Milliseconds()*2)
		if r.IntN(2) == 0 {
			next = d + 250 + r.Int64N(2*second)
		}
		for _, o := range spec.Outages {
			if o.Down && o.From <= next && next < o.To {
				next = o.To
			}
		}
		if next = quarter(next); next >= p.deleted {
			p.lives = append(p.lives, life{born, d})
			return
		}
		p.lives = append(p.lives, life{born, d})
		born = next
	}
	p.lives = append(p.lives, life{born, p.deleted})
}

// warm is how long before S scraping had begun.
func (h *History) warm() int64 { return 4 * h.Config.Interval.Milliseconds() }

// moments are random times in [from, to), the mean distance apart; none for 0.
func moments(r *rand.Rand, from, to int64, every time.Duration) []int64 {
	var out []int64
	if every <= 0 {
		return nil
	}
	for t := from; ; {
		t += 1 + int64(r.ExpFloat64()*float64(every.Milliseconds()))
		if t >= to {
			return out
		}
		out = append(out, t)
	}
}

// quarter rounds up to 250 ms: births are such times, so that start times in
// seconds, and their differences, are exact in float64.
func quarter(t int64) int64 { return (t + 249) / 250 * 250 }

// load is the share 0–1 of the week's peak at t: 10:1 between early afternoon and
// night, less at the weekend.
func load(t int64) float64 {
	hours := float64(t%(24*3600*second)) / float64(3600*second)
	day := (1 + math.Cos((hours-14)/12*math.Pi)) / 2
	shape := 0.1 + 0.9*day
	if weekday := (t/(24*3600*second) + 4) % 7; weekday == 0 || weekday == 6 {
		shape *= 0.7
	}
	return shape
}

// poisson draws a count of the given mean.
func poisson(r *rand.Rand, mean float64) float64 {
	switch {
	case mean <= 0:
		return 0
	case mean > 30:
		return max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
	}
	n, p, limit := 0.0, r.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= r.Float64()
	}
	return n
}
