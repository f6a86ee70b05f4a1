// Package customers sends shops the requests that their customers would, and keeps its own
// account of what came back: the truth that the ledger's counts are compared with.
package customers

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// maxRate bounds the sum of all peaks, requests per second: the machine is shared with
	// others.
	maxRate = 1000
	// maxInFlight bounds the requests that wait for an answer at one time.
	maxInFlight = 512
	// maxBehind is how late a request may be sent; what is later (the machine slept) is left
	// out.
	maxBehind = time.Second
	// timeout is how long a customer waits for an answer.
	timeout = 5 * time.Second
)

// The components of a shop that answer customers.
const (
	Page = "shop-page"
	Cart = "cart"
	API  = "api"
)

// Visit is what a customer asks for, and the component that answers.
type Visit struct {
	Path, Component string
	share           float64 // of all requests
}

// Visits are all that there are: half of the customers look at their cart or pay.
var Visits = []Visit{{"/", Page, 0.35}, {"/cart", Cart, 0.35}, {"/pay", Cart, 0.15}, {"/api", API, 0.15}}

// Shop is where customers go.
type Shop struct {
	ShopSet string
	URL     string  // http://127.0.0.1:PORT
	Peak    float64 // requests per second at the busiest moment
}

// Tally is what became of requests. Sent = Good + Bad + Lost once none is under way.
type Tally struct {
	Sent int // requests that left
	Good int // answered below 500
	Bad  int // answered 500 and above
	Lost int // no answer: refused, broken off or timed out
}

// Load are all customers: arrivals are a Poisson process that does not wait for answers, so a
// slow shop gets as many as a quick one.
type Load struct {
	to   []Shop
	busy func(time.Duration) float64
	seed uint64

	client *http.Client
	slots  chan struct{}
	begun  time.Time // the first Start

	cancel  context.CancelFunc
	arrive  sync.WaitGroup // the arrival processes
	pending sync.WaitGroup // requests under way

	mu      sync.Mutex
	tallies map[string]map[string]*Tally // by ShopSet and component
	skipped int                          // arrivals left out: too many in flight, or too late
}

// New checks the bounds and makes an idle Load. busy tells how much of its peak a shop gets at
// a time after the first Start, 0–1; nil: always all of it. The seed decides what happens by
// chance.
func New(to []Shop, busy func(time.Duration) float64, seed uint64) (*Load, error) {
	sum := 0.0
	for _, t := range to {
		if !(t.Peak > 0) {
			return nil, fmt.Errorf("load on %s: %v requests per second is not above 0", t.ShopSet, t.Peak)
		}
		sum += t.Peak
	}
	if sum > maxRate {
		return nil, fmt.Errorf("load: %.0f requests per second at the peak; at most %d", sum, maxRate)
	}
	if busy == nil {
		busy = func(time.Duration) float64 { return 1 }
	}
	l := &Load{
		to: to, busy: busy, seed: seed,
		slots:   make(chan struct{}, maxInFlight),
		tallies: map[string]map[string]*Tally{},
		client: &http.Client{
			Timeout: timeout,
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
				MaxIdleConnsPerHost: 64,
				IdleConnTimeout:     30 * time.Second,
				DisableCompression:  true,
			},
		},
	}
	for _, t := range to {
		l.tallies[t.ShopSet] = map[string]*Tally{}
		for _, v := range Visits {
			l.tallies[t.ShopSet][v.Component] = &Tally{}
		}
	}
	return l, nil
}

// Start begins, or after a Stop resumes, the arrivals, until Stop or the end of ctx.
func (l *Load) Start(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	if l.begun.IsZero() {
		l.begun = time.Now()
	}
	for i, t := range l.to {
		rng := rand.New(rand.NewPCG(l.seed+uint64(time.Since(l.begun)), uint64(i)))
		l.arrive.Go(func() { l.arrivals(ctx, t, rng) })
	}
}

// Halt ends the arrivals without waiting for anything.
func (l *Load) Halt() {
	if l.cancel != nil {
		l.cancel()
	}
	l.client.CloseIdleConnections()
}

// Stop ends the arrivals and waits for the answers that are still due, at most
// the client's timeout. It may be called again, and before Start.
func (l *Load) Stop() {
	l.Halt()
	l.arrive.Wait()
	l.pending.Wait()
	l.client.CloseIdleConnections()
}

// arrivals sends the requests of one ShopSet until ctx is done.
func (l *Load) arrivals(ctx context.Context, t Shop, rng *rand.Rand) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	next := time.Now()
	for {
		next = l.nextArrival(next, t.Peak, rng)
		timer.Reset(time.Until(next))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		visit := pick(rng.Float64())
		if behind := time.Since(next); behind > maxBehind {
			l.skip()
			next = time.Now()
			continue
		}
		select {
		case l.slots <- struct{}{}:
			// The answer is awaited also after Stop: it belongs to the account.
			l.pending.Go(func() { l.request(context.WithoutCancel(ctx), t, visit) })
		default:
			l.skip()
		}
	}
}

// nextArrival draws the next moment of a Poisson process whose rate changes: draw at the
// peak's rate, and keep a moment with the probability that it is as busy (thinning).
func (l *Load) nextArrival(after time.Time, peak float64, rng *rand.Rand) time.Time {
	for {
		after = after.Add(time.Duration(rng.ExpFloat64() / peak * float64(time.Second)))
		if rng.Float64() < l.busy(after.Sub(l.begun)) {
			return after
		}
	}
}

// pick chooses a Visit by a number of [0, 1).
func pick(p float64) Visit {
	for _, v := range Visits {
		if p < v.share {
			return v
		}
		p -= v.share
	}
	return Visits[0]
}

// request sends one request and notes what came of it.
func (l *Load) request(ctx context.Context, t Shop, v Visit) {
	defer func() { <-l.slots }()
	l.note(t.ShopSet, v.Component, func(c *Tally) { c.Sent++ })
	code, err := l.get(ctx, t.URL+v.Path)
	l.note(t.ShopSet, v.Component, func(c *Tally) {
		switch {
		case err != nil:
			c.Lost++
		case code >= 500:
			c.Bad++
		default:
			c.Good++
		}
	})
}

// get returns the status code of a complete response.
func (l *Load) get(ctx context.Context, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}

func (l *Load) note(shopset, component string, f func(*Tally)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.tallies[shopset][component])
}

func (l *Load) skip() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skipped++
}

// Tally is the account of one component of a ShopSet. Exact after Stop; before that requests
// under way are in Sent alone.
func (l *Load) Tally(shopset, component string) Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.tallies[shopset][component]; c != nil {
		return *c
	}
	return Tally{}
}

// Sent is the number of all requests that left, and of the arrivals left out.
func (l *Load) Sent() (sent, skipped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, byComponent := range l.tallies {
		for _, c := range byComponent {
			sent += c.Sent
		}
	}
	return sent, l.skipped
}
