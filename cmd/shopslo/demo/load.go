package demo

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// maxRate bounds the sum of all peaks, requests per second: the demo shares
	// its machine with others.
	maxRate = 1000
	// maxInFlight bounds the requests that wait for an answer at one time.
	maxInFlight = 512
	// maxBehind is how late a request may be sent; what is later (the machine
	// slept) is left out.
	maxBehind = time.Second
)

// traffic is the load on one ShopSet.
type traffic struct {
	ShopSet string
	URL     string  // http://127.0.0.1:PORT
	Peak    float64 // requests per second at the day's busiest moment
}

// tally is what became of requests. Sent = Good + Bad + Lost once none is
// under way.
type tally struct {
	Sent int // requests that left
	Good int // answered below 500
	Bad  int // answered 500 and above
	Lost int // no answer: refused, broken off or timed out
}

// load sends requests to shops as their customers would: arrivals are a Poisson
// process that does not wait for answers, at a rate that follows the day. It
// keeps its own account of what came back, which is the truth that the ledger's
// counts are compared with.
type load struct {
	to   []traffic
	day  time.Duration // length of a day
	seed uint64

	client *http.Client
	slots  chan struct{}
	begun  time.Time // the first start: the day's beginning

	cancel  context.CancelFunc
	arrive  sync.WaitGroup // the arrival processes
	pending sync.WaitGroup // requests under way

	mu      sync.Mutex
	tallies map[string]map[string]*tally // by ShopSet and component
	skipped int                          // arrivals left out: too many in flight, or too late
}

// newLoad checks the bounds and makes an idle generator.
func newLoad(to []traffic, day time.Duration, seed uint64) (*load, error) {
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
	l := &load{
		to: to, day: day, seed: seed,
		slots:   make(chan struct{}, maxInFlight),
		tallies: map[string]map[string]*tally{},
		client: &http.Client{
			Timeout: 5 * time.Second,
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
				MaxIdleConnsPerHost: 64,
				IdleConnTimeout:     30 * time.Second,
				DisableCompression:  true,
			},
		},
	}
	for _, t := range to {
		l.tallies[t.ShopSet] = map[string]*tally{componentPage: {}, componentCart: {}, componentAPI: {}}
	}
	return l, nil
}

// start begins, or after a stop resumes, the arrivals, until stop or the end
// of ctx.
func (l *load) start(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	if l.begun.IsZero() {
		l.begun = time.Now()
	}
	for i, t := range l.to {
		rng := rand.New(rand.NewPCG(l.seed+uint64(time.Since(l.begun)), uint64(i)))
		l.arrive.Go(func() { l.arrivals(ctx, t, rng) })
	}
}

// halt ends the arrivals without waiting for anything.
func (l *load) halt() {
	if l.cancel != nil {
		l.cancel()
	}
	l.client.CloseIdleConnections()
}

// stop ends the arrivals and waits for the answers that are still due, at most
// the client's timeout. It may be called again, and before start.
func (l *load) stop() {
	l.halt()
	l.arrive.Wait()
	l.pending.Wait()
	l.client.CloseIdleConnections()
}

// arrivals sends the requests of one ShopSet until ctx is done.
func (l *load) arrivals(ctx context.Context, t traffic, rng *rand.Rand) {
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
		path := pickPath(rng)
		if behind := time.Since(next); behind > maxBehind {
			l.skip()
			next = time.Now()
			continue
		}
		select {
		case l.slots <- struct{}{}:
			// The answer is awaited also after stop: it belongs to the account.
			l.pending.Go(func() { l.request(context.WithoutCancel(ctx), t, path) })
		default:
			l.skip()
		}
	}
}

// nextArrival draws the next moment of a Poisson process whose rate follows the
// day: draw at the peak's rate, and keep a moment with the probability that its
// hour has (thinning).
func (l *load) nextArrival(after time.Time, peak float64, rng *rand.Rand) time.Time {
	for {
		after = after.Add(time.Duration(rng.ExpFloat64() / peak * float64(time.Second)))
		if rng.Float64() < dayShape(after.Sub(l.begun).Seconds()/l.day.Seconds()) {
			return after
		}
	}
}

// dayShape is the traffic at a moment of the day (in days; 0 is the demo's
// start, a morning) relative to the peak: 1 at 0.2, 0.1 at 0.7.
func dayShape(days float64) float64 {
	return 0.1 + 0.9*(1+math.Cos(2*math.Pi*(days-0.2)))/2
}

// pickPath chooses what a customer does: half of them look at their cart or pay.
func pickPath(rng *rand.Rand) string {
	switch p := rng.Float64(); {
	case p < 0.35:
		return "/"
	case p < 0.70:
		return "/cart"
	case p < 0.85:
		return "/pay"
	}
	return "/api"
}

// request sends one request and notes what came of it.
func (l *load) request(ctx context.Context, t traffic, path string) {
	defer func() { <-l.slots }()
	component := shopPaths[path]
	l.note(t.ShopSet, component, func(c *tally) { c.Sent++ })
	code, err := l.get(ctx, t.URL+path)
	l.note(t.ShopSet, component, func(c *tally) {
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
func (l *load) get(ctx context.Context, url string) (int, error) {
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

func (l *load) note(shopset, component string, f func(*tally)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.tallies[shopset][component])
}

func (l *load) skip() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skipped++
}

// truth is the account of one component of a ShopSet. Exact after stop; before
// that requests under way are in Sent alone.
func (l *load) truth(shopset, component string) tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.tallies[shopset][component]; c != nil {
		return *c
	}
	return tally{}
}

// sent is the number of all requests that left, and of the arrivals left out.
func (l *load) sent() (sent, skipped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, byComponent := range l.tallies {
		for _, c := range byComponent {
			sent += c.Sent
		}
	}
	return sent, l.skipped
}
