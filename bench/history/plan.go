// Package history makes scraped histories of ShopSets whose true event counts
// are known: what a Prometheus that scrapes every 30 seconds holds of them, as
// TSDB blocks, and what really happened.
//
// Each ShopSet has some pods at a time, which share its traffic evenly, each with
// the counters http_requests_total{component="cart",code="200"} and, from its first
// error on, code="500". Traffic is ten times higher by day than by night, and its
// volume differs by four orders of magnitude between ShopSets, from one request in
// ten minutes on. Every 6 to 7 days a release replaces the pods one after the other,
// so the instances' names change; containers crash and restart under the same name.
// What a pod counts between its last scrape and its end is in the truth but in no
// sample.
package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Interval is the scrape interval.
const Interval = 30 * time.Second

// Lead is the history before the window, so that the window's first sample has
// one before it.
const Lead = time.Hour

// Objective is the objective that the errors are planned around.
const Objective = 0.999

const (
	stepMillis = int64(Interval / time.Millisecond)
	dayMillis  = int64(24 * time.Hour / time.Millisecond)
	daySteps   = int(24 * time.Hour / Interval)
)

// Params say which history; equal Params make equal histories.
type Params struct {
	ShopSets int
	Days     int // length of the window
	Seed     uint64
	Pods     int   // of each ShopSet at a time; 0: one
	Signs    bool  // also up and process_start_time_seconds of every pod
	Labels   bool  // each target has the labels that the Prometheus Operator gives it, not job and instance alone
	Until    int64 // where it ends, Unix milliseconds, a full minute; 0: at End
}

// End is the usual end of a history: a fixed time, so that equal parameters make
// equal histories on any day.
var End = time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC).UnixMilli()

// End is where the history ends.
func (p Params) End() int64 {
	if p.Until != 0 {
		return p.Until
	}
	return End
}

// Start is the time before the first sample, and WindowStart that of the window.
func (p Params) Start() int64 { return p.WindowStart() - int64(Lead/time.Millisecond) }

// WindowStart is the lower end of the window that the truth is told for.
func (p Params) WindowStart() int64 { return p.End() - int64(p.Days)*dayMillis }

// String says what is scraped, for the result.
func (p Params) String() string {
	metrics := "two counters"
	if p.Signs {
		metrics += ", up and the start time"
	}
	text := fmt.Sprintf("%d ShopSets with %d pods each, %d days of scrapes every %v of %s of each pod", p.ShopSets, p.pods(), p.Days, Interval, metrics)
	if p.Labels {
		return text + ", with the labels of the Prometheus Operator, external labels by remote read"
	}
	return text + ", with the target labels instance and job"
}

// ExternalLabels are what the Prometheus that holds the history adds to what it gives
// to others: those of kube-prometheus and the cluster's name; nil where there are none.
func (p Params) ExternalLabels() map[string]string {
	if !p.Labels {
		return nil
	}
	return map[string]string{"cluster": "production", "prometheus": "monitoring/k8s", "prometheus_replica": "prometheus-k8s-0"}
}

// pods is the number of pods of a ShopSet.
func (p Params) pods() int { return max(1, p.Pods) }

// ID is the name of the i-th ShopSet.
func ID(i int) string { return fmt.Sprintf("shop-%05d", i) }

// outage is a time in which a share of the requests fails.
type outage struct {
	from, to int64
	ratio    float64
}

// plan is what is decided about a ShopSet and one of its places for pods before
// its events are drawn.
type plan struct {
	first    int64     // time of the first scrape
	rate     float64   // requests per second and pod
	lambda   []float64 // mean requests per step and pod by the step's time of day
	zero     []float64 // chance of none
	steady   float64   // share of requests that fail outside of outages
	outages  []outage
	deploys  []int64 // a new pod takes over
	restarts []int64 // the container starts again under the same name
}

// The draws of a place for pods.
const (
	planned = iota + 1
	drawn
	lived
)

// random is the sequence of the k-th place of the i-th ShopSet for the purpose.
func (p Params) random(i, k int, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(p.Seed, uint64(i)<<8|uint64(k)<<2|purpose))
}

// newPlans gives the plans of the i-th ShopSet's places: they differ by when they
// are scraped and crash, and a release comes to one after the other.
func newPlans(p Params, i int) []*plan {
	plans := []*plan{newPlan(p, i)}
	for k := 1; k < p.pods(); k++ {
		pl, r := *plans[0], p.random(i, k, planned)
		pl.first = firstScrape(p, r)
		pl.deploys = nil
		for _, t := range plans[0].deploys {
			if t += int64(k) * rollout; t < p.End() {
				pl.deploys = append(pl.deploys, t)
			}
		}
		pl.restarts = restarts(p, r)
		plans = append(plans, &pl)
	}
	return plans
}

// rollout is the time between two pods' replacement, in milliseconds.
const rollout = 40_000

// firstScrape is never at a full step, so that none is at the end.
func firstScrape(p Params, r *rand.Rand) int64 { return p.Start() + 1 + r.Int64N(stepMillis-1) }

func restarts(p Params, r *rand.Rand) (all []int64) {
	for t := p.Start(); ; {
		t += int64(r.ExpFloat64() * 10 * float64(dayMillis))
		if t >= p.End() {
			return all
		}
		all = append(all, t)
	}
}

// newPlan is the plan of the first place.
func newPlan(p Params, i int) *plan {
	r := p.random(i, 0, planned)
	pl := &plan{first: firstScrape(p, r)}
	// One request in ten minutes to 100 a second, evenly by magnitude.
	pl.rate = math.Exp(math.Log(1.0/600)+r.Float64()*math.Log(100*600)) / float64(p.pods())
	pl.shape()
	for t := p.Start() + int64(r.Float64()*6.5*float64(dayMillis)); t < p.End(); {
		pl.deploys = append(pl.deploys, t)
		t += int64((6 + r.Float64()) * float64(dayMillis))
	}
	pl.restarts = restarts(p, r)
	pl.planErrors(p, r)
	return pl
}

// shape fills the tables by time of day: day to night is 10 : 1, the mean is
// the ShopSet's rate.
func (pl *plan) shape() {
	pl.lambda, pl.zero = make([]float64, daySteps), make([]float64, daySteps)
	sum := 0.0
	for k := range pl.lambda {
		// The low is at 04:00, the peak at 16:00.
		pl.lambda[k] = math.Exp(-math.Log(10) / 2 * math.Cos(2*math.Pi*(float64(k)/float64(daySteps)-4.0/24)))
		sum += pl.lambda[k]
	}
	scale := pl.rate * Interval.Seconds() * float64(daySteps) / sum
	for k := range pl.lambda {
		pl.lambda[k] *= scale
		pl.zero[k] = math.Exp(-pl.lambda[k])
	}
}

// planErrors spreads an error budget's use, mostly around the whole budget, over
// a steady ratio and outages at the peak, at night or at any time.
func (pl *plan) planErrors(p Params, r *rand.Rand) {
	use := 0.8 * math.Exp(0.6*r.NormFloat64())
	hours := []float64{-1, 15.5, 3.5, r.Float64() * 24}
	hour := hours[r.IntN(len(hours))]
	share := 0.0
	if hour >= 0 {
		share = 0.3 + 0.6*r.Float64()
	}
	budget := 1 - Objective
	pl.steady = use * (1 - share) * budget
	if share == 0 {
		return
	}
	want := use * share * budget * pl.rate * float64(p.Days) * 86400 // failed requests of a pod
	n := 1 + r.IntN(3)
	for range n {
		day := p.WindowStart() + r.Int64N(int64(p.Days))*dayMillis
		o := outage{from: day + int64(hour*3600e3), ratio: 0.2 + 0.7*r.Float64()}
		o.to = o.from
		for got := 0.0; got < want/float64(n) && o.to-o.from < dayMillis/2 && o.to < p.End(); o.to += stepMillis {
			got += pl.lambda[timeOfDay(o.to)] * o.ratio
		}
		pl.outages = append(pl.outages, o)
	}
}

// failing is the share of requests that fail at time t.
func (pl *plan) failing(t int64) float64 {
	for _, o := range pl.outages {
		if t > o.from && t <= o.to {
			return o.ratio
		}
	}
	return pl.steady
}

func timeOfDay(t int64) int { return int(t % dayMillis / stepMillis) }
