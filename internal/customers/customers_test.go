package customers

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sentAtLeast waits until a load has sent so many requests.
func sentAtLeast(t *testing.T, l *Load, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if sent, _ := l.Sent(); sent >= n {
			return
		} else if time.Now().After(end) {
			t.Fatalf("only %d requests were sent in a minute, not %d", sent, n)
		}
	}
}

func TestAnAccountIsKeptOfWhatCameBack(t *testing.T) {
	var mu sync.Mutex
	hits := map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if hits[r.URL.Path]++; r.URL.Path == "/pay" {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer srv.Close()
	l, err := New([]Shop{{ShopSet: "a-1", URL: srv.URL, Peak: 400}}, nil, 5)
	if err != nil {
		t.Fatal(err)
	}
	l.Start(t.Context())
	sentAtLeast(t, l, 100)
	l.Stop()
	paused, _ := l.Sent()
	l.Start(t.Context()) // a pause changes nothing
	sentAtLeast(t, l, paused+100)
	l.Stop()
	sent := 0
	for component, want := range map[string]Tally{
		Page: {Sent: hits["/"], Good: hits["/"]}, API: {Sent: hits["/api"], Good: hits["/api"]},
		Cart: {Sent: hits["/cart"] + hits["/pay"], Good: hits["/cart"], Bad: hits["/pay"]},
	} {
		if got := l.Tally("a-1", component); got != want || got.Sent == 0 {
			t.Errorf("%s: %+v, want %+v", component, got, want)
		}
		sent += want.Sent
	}
	if all, _ := l.Sent(); all != sent {
		t.Errorf("%d sent in all, %d by component", all, sent)
	}
	if got := l.Tally("b-2", Cart); got != (Tally{}) {
		t.Errorf("a shop without customers: %+v", got)
	}
}

func TestArrivalsDoNotWaitForAnswers(t *testing.T) {
	var under, most atomic.Int64
	hold := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		n := under.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-hold
	}))
	defer srv.Close()
	l, err := New([]Shop{{ShopSet: "a-1", URL: srv.URL, Peak: 300}}, nil, 5)
	if err != nil {
		t.Fatal(err)
	}
	l.Start(t.Context())
	// A fifth of a second will do, where arrivals do not wait.
	for end := time.Now().Add(20 * time.Second); most.Load() < 40 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	l.Halt()
	close(hold)
	l.Stop()
	if most.Load() < 40 {
		t.Errorf("at most %d requests were under way at a server that answers none; arrivals wait", most.Load())
	}
}

func TestRefusedAndBrokenRequestsAreLostAndNotBad(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			c.Close()
		}
	}))
	url := srv.URL
	l, err := New([]Shop{{ShopSet: "a-1", URL: url, Peak: 200}}, nil, 5)
	if err != nil {
		t.Fatal(err)
	}
	l.Start(t.Context())
	sentAtLeast(t, l, 20)
	srv.Close() // from here on: refused
	before, _ := l.Sent()
	sentAtLeast(t, l, before+20)
	l.Stop()
	sent, _ := l.Sent()
	lost := 0
	for _, c := range []string{Page, Cart, API} {
		lost += l.Tally("a-1", c).Lost
	}
	if sent == 0 || lost != sent {
		t.Errorf("%d of %d requests are lost, want all", lost, sent)
	}
}

func TestTooMuchLoadIsRefused(t *testing.T) {
	for name, peaks := range map[string][]float64{
		"more than the bound in all": {600, 600},
		"no traffic at all":          {0},
		"a negative rate":            {-1},
		"a rate that is no number":   {math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			var to []Shop
			for _, p := range peaks {
				to = append(to, Shop{ShopSet: "x", Peak: p})
			}
			if _, err := New(to, nil, 1); err == nil {
				t.Errorf("peaks %v were accepted", peaks)
			}
		})
	}
}

func TestMoreComeWhenItIsBusy(t *testing.T) {
	// A thinned Poisson process has the rate that is asked for: compare tenths of an hour.
	busy := func(d time.Duration) float64 { return 0.1 + 0.9*d.Hours() }
	l := &Load{busy: busy, begun: time.Unix(0, 0)}
	rng := rand.New(rand.NewPCG(1, 2))
	perTenth := make([]int, 10)
	for at := l.begun; ; {
		at = l.nextArrival(at, 50, rng)
		if !at.Before(l.begun.Add(time.Hour)) {
			break
		}
		perTenth[int(at.Sub(l.begun)*10/time.Hour)]++
	}
	for i, n := range perTenth {
		want := 50 * 360 * busy(time.Duration(2*i+1)*time.Hour/20)
		if math.Abs(float64(n)-want) > 5*math.Sqrt(want) {
			t.Errorf("tenth %d of the hour: %d arrivals, want %.0f", i, n, want)
		}
	}
}

func TestVisitsHaveTheirShares(t *testing.T) {
	got := map[string]int{}
	for i := range 10000 {
		got[pick((float64(i)+0.5)/10000).Path]++
	}
	if want := map[string]int{"/": 3500, "/cart": 3500, "/pay": 1500, "/api": 1500}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestStopBeforeStartAndTwiceIsHarmless(t *testing.T) {
	l, err := New([]Shop{{ShopSet: "a-1", URL: "http://127.0.0.1:1", Peak: 1}}, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	l.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	l.Start(ctx)
	cancel()
	l.Stop()
	l.Stop()
}
