package lab

import (
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// outcome is what became of the requests to a component: Sent = Good + Bad + Lost when
// none is under way.
type outcome struct {
	Sent int
	Good int // answered below 500
	Bad  int // answered with 500 or more
	Lost int // not answered
}

// Load are customers: they come by chance (a Poisson process) and do not wait for one
// another, so a slow shop gets as many as a quick one. What they saw is the truth that
// budgets can be compared with.
type Load struct {
	cancel context.CancelFunc
	all    sync.WaitGroup
	client *http.Client

	mu      sync.Mutex
	tallies map[fleet.ShopSetName]map[string]*outcome // by component
}

// visits are what a customer asks for, and the component that answers.
var visits = []struct{ path, component string }{{"/", "shop-page"}, {"/cart", "cart"}, {"/api", "api"}, {"/pay", "cart"}}

// loadTimeout is how long a customer waits; a slow shop takes less than a second.
const loadTimeout = 5 * time.Second

// startLoad sends so many requests a second to each shop, for its pages, its cart,
// its API and payments, which are the cart's, in turn, until Stop. seed decides when they come.
func startLoad(urls map[fleet.ShopSetName]string, perSecond float64, seed uint64) *Load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Load{cancel: cancel, tallies: map[fleet.ShopSetName]map[string]*outcome{}, client: &http.Client{
		Timeout: loadTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}}
	for i, name := range slices.Sorted(maps.Keys(urls)) {
		l.tallies[name] = map[string]*outcome{}
		for _, v := range visits {
			l.tallies[name][v.component] = &outcome{}
		}
		chance := rand.New(rand.NewPCG(seed, uint64(i)))
		l.all.Go(func() { l.arrivals(ctx, name, urls[name], perSecond, chance) })
	}
	return l
}

// Stop ends the arrivals, waits for the answers that are still due, and gives what
// became of all requests by ShopSet and component.
func (l *Load) Stop() map[fleet.ShopSetName]map[string]outcome {
	l.cancel()
	l.all.Wait()
	l.client.CloseIdleConnections()
	return l.soFar()
}

// soFar is what has become of the requests so far.
func (l *Load) soFar() map[fleet.ShopSetName]map[string]outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	copied := map[fleet.ShopSetName]map[string]outcome{}
	for name, components := range l.tallies {
		copied[name] = map[string]outcome{}
		for component, t := range components {
			copied[name][component] = *t
		}
	}
	return copied
}

// arrivals sends one ShopSet's requests. What is late, since the machine was busy, is
// sent at once: as many come as would have.
func (l *Load) arrivals(ctx context.Context, name fleet.ShopSetName, url string, perSecond float64, chance *rand.Rand) {
	next := time.Now()
	for i := 0; ; i++ {
		next = next.Add(time.Duration(chance.ExpFloat64() / perSecond * float64(time.Second)))
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(next)):
		}
		v := visits[i%len(visits)]
		l.all.Go(func() { l.visit(name, v.component, url+v.path) })
	}
}

func (l *Load) visit(name fleet.ShopSetName, component, url string) {
	count := func(add func(*outcome)) {
		l.mu.Lock()
		defer l.mu.Unlock()
		add(l.tallies[name][component])
	}
	count(func(t *outcome) { t.Sent++ })
	status := 0
	if resp, err := l.client.Get(url); err == nil {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		status = resp.StatusCode
	}
	count(func(t *outcome) {
		switch {
		case status == 0:
			t.Lost++
		case status >= http.StatusInternalServerError:
			t.Bad++
		default:
			t.Good++
		}
	})
}
