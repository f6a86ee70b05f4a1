package demo

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// sentAtLeast waits until a load has sent so many requests.
func sentAtLeast(t *testing.T, l *load, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if sent, _ := l.sent(); sent >= n {
			return
		} else if time.Now().After(end) {
			t.Fatalf("only %d requests were sent in a minute, not %d", sent, n)
		}
	}
}

func TestResponsesSeenAreTheShopsCountersExactly(t *testing.T) {
	shop := httptest.NewServer(newShop(shopSettings{FailOneIn: 10, Slow: 0.02, Seed: 3}).handler())
	defer shop.Close()
	l, err := newLoad([]traffic{{ShopSet: "a-1", URL: shop.URL, Peak: 400}}, 2*time.Second, 5)
	if err != nil {
		t.Fatal(err)
	}
	l.start(t.Context())
	sentAtLeast(t, l, 300)
	l.stop()
	between := l.truth("a-1", componentCart)
	paused, _ := l.sent()
	l.start(t.Context()) // a pause changes nothing
	sentAtLeast(t, l, paused+150)
	l.stop()

	counts := requests(scrape(t, shop.URL))
	all := 0
	for _, c := range []string{componentPage, componentCart, componentAPI} {
		got := l.truth("a-1", c)
		if got.Good != counts[c+" 200"] || got.Bad != counts[c+" 500"] || got.Lost != 0 {
			t.Errorf("%s: %+v; the shop counted %d good and %d bad", c, got, counts[c+" 200"], counts[c+" 500"])
		}
		if got.Sent != got.Good+got.Bad+got.Lost {
			t.Errorf("%s: %+v does not add up", c, got)
		}
		all += got.Sent
	}
	cart := l.truth("a-1", componentCart)
	if cart.Bad == 0 || cart.Sent <= between.Sent {
		t.Errorf("%+v after %+v: the test saw no failure or no traffic after the pause", cart, between)
	}
	if counts["lb 200"]+counts["lb 500"] != all {
		t.Errorf("lb counted %d and %d, the generator %d in all", counts["lb 200"], counts["lb 500"], all)
	}
	if sent, _ := l.sent(); sent != all {
		t.Errorf("%d sent in all, %d by component", sent, all)
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
	l, err := newLoad([]traffic{{ShopSet: "a-1", URL: srv.URL, Peak: 300}}, time.Hour, 5)
	if err != nil {
		t.Fatal(err)
	}
	l.start(t.Context())
	// 300/s × 0.69 of the peak: a fifth of a second will do, where arrivals do not wait.
	for end := time.Now().Add(20 * time.Second); most.Load() < 40 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	l.halt()
	close(hold)
	l.stop()
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
	l, err := newLoad([]traffic{{ShopSet: "a-1", URL: url, Peak: 200}}, time.Hour, 5)
	if err != nil {
		t.Fatal(err)
	}
	l.start(t.Context())
	sentAtLeast(t, l, 20)
	srv.Close() // from here on: refused
	before, _ := l.sent()
	sentAtLeast(t, l, before+20)
	l.stop()
	sent, _ := l.sent()
	lost := 0
	for _, c := range []string{componentPage, componentCart, componentAPI} {
		lost += l.truth("a-1", c).Lost
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
			var to []traffic
			for _, p := range peaks {
				to = append(to, traffic{ShopSet: "x", Peak: p})
			}
			if _, err := newLoad(to, time.Minute, 1); err == nil {
				t.Errorf("peaks %v were accepted", peaks)
			}
		})
	}
}

func TestTrafficFollowsTheDayTenToOne(t *testing.T) {
	lowest, highest := math.Inf(1), 0.0
	for i := range 1000 {
		v := dayShape(float64(i) / 1000)
		lowest, highest = min(lowest, v), max(highest, v)
	}
	if r := highest / lowest; math.Abs(r-10) > 0.01 || highest > 1 {
		t.Errorf("day %v, night %v, ratio %v; want at most 1 and 10:1", highest, lowest, r)
	}

	// A thinned Poisson process has the shape's rate: compare a busy and a quiet tenth.
	l := &load{day: time.Hour, begun: time.Unix(0, 0)}
	rng := rand.New(rand.NewPCG(1, 2))
	perTenth := make([]int, 10)
	for at := l.begun; ; {
		at = l.nextArrival(at, 50, rng)
		if !at.Before(l.begun.Add(l.day)) {
			break
		}
		perTenth[int(at.Sub(l.begun)*10/l.day)]++
	}
	for i, n := range perTenth {
		want := 0.0
		for j := range 100 {
			want += dayShape((float64(i)+float64(j)/100)/10) / 100
		}
		want *= 50 * 360
		if math.Abs(float64(n)-want) > 5*math.Sqrt(want) {
			t.Errorf("tenth %d of the day: %d arrivals, want %.0f", i, n, want)
		}
	}
}

func TestStopBeforeStartAndTwiceIsHarmless(t *testing.T) {
	l, err := newLoad([]traffic{{ShopSet: "a-1", URL: "http://127.0.0.1:1", Peak: 1}}, time.Minute, 1)
	if err != nil {
		t.Fatal(err)
	}
	l.stop()
	ctx, cancel := context.WithCancel(t.Context())
	l.start(ctx)
	cancel()
	l.stop()
	l.stop()
}
