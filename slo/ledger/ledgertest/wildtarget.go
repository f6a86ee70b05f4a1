package ledgertest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/shopslo/shopslo/slo"
)

// wildProcess is one process of a Heap: what happens to it happens to all its counters,
// to a family, or to one.
type wildProcess struct {
	heap     *Heap
	r        *rand.Rand
	shopset  string
	pod      *pod
	up       bool // it has up, and start times
	starts   bool
	born     float64 // seconds; what it reports
	other    float64 // of a twin, or of the clock before
	restless int     // 0: its clock is right; 1: it wanders; 2: two processes answer in turn
	moved    bool    // its target has another instance now
	version  bool    // its series have a label more
	counters []*wildCounter
	wildBegins
}

type wildCounter struct {
	labels        slo.Labels
	family        string
	value, before float64
	twin          float64 // what the other process reads
	step          int     // it grows by up to so many eighths
	zone          bool    // it has a label more
	seen          slo.Labels
	keep, late    int
	made          float64 // when it was created, in seconds
	fresh         bool    // it has not been scraped since
	begun         slo.Labels
}

// addTarget adds a target with one process, or two or three that differ in labels.
func (w *Heap) addTarget(r *rand.Rand, shopset string, k int) {
	p := pod{job: "cart", instance: fmt.Sprintf("w-%d", k)}
	if r.IntN(5) == 0 {
		p.job, p.instance = fmt.Sprintf("cart-%d", k), "" // a target label may be missing
	}
	containers := [][]string{{""}, {""}, {"a", "b"}, {"", "a"}, {"", "a", "b"}}[r.IntN(5)]
	grid := w.grid(r)
	for _, c := range containers {
		own := p
		own.container = c
		if r.IntN(2) == 0 {
			grid = w.grid(r) // scraped at times of its own
		}
		x := &wildProcess{heap: w, r: r, shopset: shopset, pod: &own, up: r.IntN(3) > 0, starts: r.IntN(5) > 1, restless: max(0, r.IntN(5)-2),
			born: float64(quarter(defaultStart+r.Int64N(40*second)-200*second*r.Int64N(2)-30*second)) / 1000}
		x.other = x.born - 0.25*float64(r.IntN(2000))
		if r.IntN(8) == 0 {
			x.born = 1.5 // in 1970
		}
		x.wildBegins = w.begins(fmt.Sprint(shopset, k, c))
		x.addCounters()
		for i, t := range grid {
			x.happen(t)
			x.scrape(t, i, len(grid))
		}
	}
}

// addCounters gives the process one to three families: counters by code, or a histogram.
func (x *wildProcess) addCounters() {
	r := x.r
	add := func(name, code, le string) {
		c := &wildCounter{labels: podLabels(name, x.pod, x.shopset, code, ""), family: familyOf(name), value: float64(r.IntN(3)), keep: 2 + r.IntN(12)}
		if le != "" {
			c.labels = with(c.labels, slo.Labels{{Name: "le", Value: le}})
		}
		c.step = []int{2, 16, 16, 400}[r.IntN(4)]
		if r.IntN(3) == 0 {
			c.value, c.twin = float64(r.IntN(300)), float64(r.IntN(300))
		}
		if r.IntN(3) == 0 {
			c.late = 1 + r.IntN(30)
		}
		c.made, c.fresh = x.someTime(defaultStart), true
		x.counters = append(x.counters, c)
	}
	for m := range 1 + r.IntN(2) {
		for _, code := range []string{"200", "404", "500", "503"}[:1+r.IntN(4)] {
			add(metricNames[m], code, "")
		}
	}
	if r.IntN(2) == 0 {
		add(histogramNames[0], "", "0.5")
		add(histogramNames[1], "", "")
		add(histogramNames[2], "500", "")
	}
}

// happen lets the counters grow, and now and then something happen to the process.
func (x *wildProcess) happen(t int64) {
	r := x.r
	x.now = t
	for _, c := range x.counters {
		c.before = c.value
		if r.IntN(3) > 0 {
			c.value += float64(r.IntN(c.step+1)) / 8
		}
		c.twin += float64(r.IntN(c.step+1)) / 8
	}
	some := func(c *wildCounter) bool { return true }
	switch r.IntN(30) {
	case 0, 1: // a restart; its start time may be off, or not move at all
		if r.IntN(5) > 0 {
			x.other, x.born = x.born, math.Floor(float64(t)/1000)-float64(r.IntN(12))+float64(r.IntN(8))
		}
		x.drop(some, 0)
	case 2: // a clock
		x.other, x.born = x.born, x.born+float64(r.IntN(481)-240)/4
	case 3: // back to the start before
		x.other, x.born = x.born, x.other
	case 4: // a family is reset, or one series
		one := x.counters[r.IntN(len(x.counters))]
		x.drop(func(c *wildCounter) bool { return c.family == one.family }, 0)
	case 5:
		one := x.counters[r.IntN(len(x.counters))]
		x.drop(func(c *wildCounter) bool { return c == one }, 0)
	case 6: // a part of a sum ends
		x.drop(some, []float64{0.25, 0.5, 0.75}[r.IntN(3)])
	case 7:
		x.version = !x.version
	case 8:
		for _, c := range x.counters {
			c.zone = c.zone != (r.IntN(2) == 0)
		}
	case 9:
		x.moved = !x.moved
	}
}

// drop leaves a share of the values of some counters.
func (x *wildProcess) drop(which func(*wildCounter) bool, share float64) {
	for _, c := range x.counters {
		if which(c) {
			c.made, c.fresh = x.someTime(x.now), true
			c.value = math.Floor(c.value*share) + float64(x.r.IntN(c.step+1))/8*float64(x.r.IntN(2))
		}
	}
}

// scrape adds the samples of one time: now and then of a time of their own, older than
// the ones before, impossible, or not at all.
func (x *wildProcess) scrape(t int64, i, n int) {
	r := x.r
	twin := x.restless == 2 && r.IntN(2) == 0
	old := r.IntN(8) == 0
	var more slo.Labels
	if x.moved {
		more = append(more, slo.Label{Name: "instance", Value: "moved-" + x.pod.instance})
	}
	if x.up && r.IntN(12) > 0 {
		x.heap.put(with(podLabels(UpMetric, x.pod, x.shopset, "", ""), more), t, []float64{1, 1, 1, 1, 1, 0, 0.5, math.NaN(), stale}[r.IntN(9)])
	}
	if x.starts && r.IntN(12) > 0 {
		x.heap.put(with(podLabels(StartTimeMetric, x.pod, x.shopset, "", ""), more), t, x.reported(twin))
	}
	for _, c := range x.counters {
		ls := with(c.labels, more)
		if x.version {
			ls = with(ls, slo.Labels{{Name: "version", Value: "2"}})
		}
		if c.zone {
			ls = with(ls, slo.Labels{{Name: "zone", Value: "b"}})
		}
		if i < c.late && c.late < n || r.IntN(12) >= c.keep {
			continue
		}
		v, at := c.value, t
		switch {
		case twin:
			v = c.twin
		case old:
			v = max(0, c.before-float64(r.IntN(4))/8)
		}
		if r.IntN(25) == 0 {
			v = []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, stale, stale}[r.IntN(6)]
		}
		if r.IntN(20) == 0 {
			at += r.Int64N(3) - 1
		}
		if c.seen != nil && c.seen.String() != ls.String() {
			x.heap.put(c.seen, at, stale)
		}
		c.seen = ls
		x.begin(c, ls, at, v)
		x.heap.put(ls, at, v)
	}
}

// reported is the start time that a scrape finds.
func (x *wildProcess) reported(twin bool) float64 {
	r := x.r
	switch {
	case r.IntN(25) == 0:
		return []float64{math.NaN(), 0, -x.born, math.Inf(1), stale}[r.IntN(5)]
	case twin:
		return x.other
	case x.restless == 1:
		x.born += float64(r.IntN(13)-6) / 4
	}
	return x.born + []float64{0, 0, 0, 0.25, 0.5}[r.IntN(5)]
}
