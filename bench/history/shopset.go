package history

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Truth is what happened in a ShopSet in the window, and what of it the
// scraped samples can tell by the rules of docs/counting.md.
type Truth struct {
	ID                 string
	Total, Bad         float64 // what happened
	SeenTotal, SeenBad float64 // what the samples can tell
}

// The series of a pod.
const (
	code200 = iota
	code500
	up
	startTime
	kinds
)

// pod is one pod's name and the state of its series.
type pod struct {
	name    string
	started float64 // process start, Unix seconds
	series  [kinds]series
	moved   int64 // the newest scrape at which the start time had moved
}

// series is one series' state in the simulation, and what a reader of its
// samples knows.
type series struct {
	exists bool
	value  float64

	seen         bool
	lastT        int64
	lastV        float64
	dropP, dropR int64 // the samples between which the newest own drop lies
}

// Emit takes one sample: of the pod's series of the kind. stale says that
// it is a staleness marker.
type Emit func(p *pod, kind int, t int64, v float64, stale bool)

// place is where one pod of a ShopSet runs at a time; it draws their events scrape
// by scrape. Its Truth is its share of the ShopSet's.
type place struct {
	Truth
	params Params
	index  int // of the ShopSet
	number int // of the place among the ShopSet's
	plan   *plan
	rng    *rand.Rand

	next              int64 // time of the next scrape
	pods              int   // made so far
	pod               *pod
	deploys, restarts []int64 // still to come
}

// newPlaces are those of the i-th ShopSet.
func newPlaces(p Params, i int) (all []*place) {
	for k, pl := range newPlans(p, i) {
		all = append(all, newPlace(p, i, k, pl))
	}
	return all
}

func newPlace(p Params, i, k int, pl *plan) *place {
	s := &place{Truth: Truth{ID: ID(i)}, params: p, index: i, number: k, plan: pl, next: pl.first,
		rng: p.random(i, k, drawn), deploys: pl.deploys, restarts: pl.restarts}
	s.replace(p.Start() - int64(s.rng.Float64()*5*float64(dayMillis)))
	// The first pod has been counting for a while.
	age := float64(p.Start())/1000 - s.pod.started
	total := math.Floor(age * pl.rate)
	bad := math.Floor(total * pl.steady)
	s.count(total-bad, bad)
	return s
}

// replace puts a new pod, started at t, in the place of the old one.
func (s *place) replace(t int64) {
	s.pods++
	s.pod = &pod{name: fmt.Sprintf("cart-%05x-%d", s.index*7919%0xfffff, s.pods*s.params.pods()-s.number)}
	s.start(t)
}

// start sets what a fresh process shows: no counter yet.
func (s *place) start(t int64) {
	s.pod.started = math.Floor(float64(t)/10) / 100
	for kind, v := range [kinds]float64{up: 1, startTime: s.pod.started} {
		s.pod.series[kind].exists, s.pod.series[kind].value = kind > code500, v
	}
}

func (s *place) count(good, bad float64) {
	for kind, n := range []float64{good, bad} {
		if n > 0 {
			s.pod.series[kind].exists = true
			s.pod.series[kind].value += n
		}
	}
}

// step draws the events since the last scrape and scrapes.
func (s *place) step(emit Emit) {
	t := s.next
	s.next += stepMillis
	before := 0.0 // part of the step that an ending process had
	var ended func()
	if len(s.deploys) > 0 && s.deploys[0] <= t {
		at := s.deploys[0]
		s.deploys = s.deploys[1:]
		before = float64(at-t+stepMillis) / float64(stepMillis)
		ended = func() { s.farewell(t, emit); s.replace(at - 5000) }
	} else if len(s.restarts) > 0 && s.restarts[0] <= t {
		at := s.restarts[0]
		s.restarts = s.restarts[1:]
		before = float64(at-t+stepMillis) / float64(stepMillis)
		ended = func() { s.start(at) }
	}
	total, bad := s.draw(t)
	if ended != nil {
		before = min(max(before, 0), 1)
		lost, lostBad := math.Round(total*before), math.Round(bad*before)
		s.tell(t, lost, lostBad)
		ended()
		total, bad = total-lost, bad-min(lostBad, bad)
		bad = min(bad, total)
	}
	s.tell(t, total, bad)
	s.count(total-bad, bad)
	s.scrape(t, emit)
}

// tell adds to the truth.
func (s *place) tell(t int64, total, bad float64) {
	if t > s.params.WindowStart() && t <= s.params.End() {
		s.Total += total
		s.Bad += bad
	}
}

// draw gives the requests of the step that ends at t, and how many failed.
func (s *place) draw(t int64) (total, bad float64) {
	k := timeOfDay(t)
	if l := s.plan.lambda[k]; l < 12 {
		total = s.poisson(s.plan.zero[k])
	} else {
		total = max(0, math.Round(l+math.Sqrt(l)*s.rng.NormFloat64()))
	}
	if total == 0 {
		return 0, 0
	}
	p := s.plan.failing(t)
	if mean := total * p; total > 30 {
		if mean < 12 {
			bad = s.poisson(math.Exp(-mean))
		} else {
			bad = math.Round(mean + math.Sqrt(mean*(1-p))*s.rng.NormFloat64())
		}
		return total, min(max(bad, 0), total)
	}
	for range int(total) {
		if s.rng.Float64() < p {
			bad++
		}
	}
	return total, bad
}

// poisson draws from a Poisson distribution whose chance of 0 is zero.
func (s *place) poisson(zero float64) float64 {
	n := 0.0
	for p := s.rng.Float64(); p > zero; p *= s.rng.Float64() {
		n++
	}
	return n
}

// farewell marks every series of the pod as ended.
func (s *place) farewell(t int64, emit Emit) {
	for kind := range s.kinds() {
		if x := s.pod.series[kind]; x.seen && x.lastT == t-stepMillis {
			emit(s.pod, kind, t, 0, true)
		}
	}
}

func (s *place) kinds() int {
	if s.params.Signs {
		return kinds
	}
	return code500 + 1
}

// scrape emits the pod's samples and counts what they tell.
func (s *place) scrape(t int64, emit Emit) {
	p := s.pod
	known := p.series[code200].seen || p.series[code500].seen ||
		s.params.Signs && (p.series[up].seen || p.started*1000 > float64(s.params.Start()))
	for kind := range s.kinds() {
		x := &p.series[kind]
		switch {
		case x.exists:
			emit(p, kind, t, x.value, false)
		case x.seen && x.lastT == t-stepMillis:
			emit(p, kind, t, 0, true) // vanished with a restart
		}
	}
	s.read(t, known)
}

// read counts what the samples of the scrape at t tell. known says that a
// first sample counts from zero.
func (s *place) read(t int64, known bool) {
	p := s.pod
	if st := &p.series[startTime]; s.params.Signs && st.seen && st.value-st.lastV > 1 {
		p.moved = t
	}
	for kind := code200; kind <= code500; kind++ {
		if x := &p.series[kind]; x.exists && x.seen && x.value < x.lastV {
			x.dropP, x.dropR = x.lastT, t
		}
	}
	for kind := code200; kind <= code500; kind++ {
		if x := &p.series[kind]; x.exists && x.seen {
			s.see(t, kind, p.increment(kind, t, s.params.Signs))
		} else if x.exists && known {
			s.see(t, kind, x.value)
		}
	}
	for kind := range s.kinds() {
		if x := &p.series[kind]; x.exists {
			x.seen, x.lastT, x.lastV = true, t, x.value
		}
	}
}

// increment is what a counter's sample at t adds to the one before, by the
// rules of docs/counting.md: a reset shows in its own drop, in a start time that
// moved or, without start times, in a drop of the other counter between the two.
func (p *pod) increment(kind int, t int64, signs bool) float64 {
	x, sibling := &p.series[kind], &p.series[1-kind]
	reset := x.dropR == t
	if signs {
		reset = reset || p.moved > x.lastT
	} else {
		reset = reset || sibling.dropR > 0 && sibling.dropP >= x.lastT
	}
	if reset {
		return x.value
	}
	return x.value - x.lastV
}

func (s *place) see(t int64, kind int, n float64) {
	if t <= s.params.WindowStart() || t > s.params.End() {
		return
	}
	s.SeenTotal += n
	if kind == code500 {
		s.SeenBad += n
	}
}
