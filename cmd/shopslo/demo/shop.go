package demo

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shopslo/shopslo/internal/customers"
)

// drainTime is how long a shop that stops finishes its requests: twice what the
// slowest of them takes.
const drainTime = 1500 * time.Millisecond

// shopSettings is one version of one ShopSet's shop.
type shopSettings struct {
	ShopSet string
	Version string
	Listen  string // address to listen on; port 0 takes a free one

	// FailOneIn is the number of cart requests of which one, any, is answered with
	// 500; 0: none is. Other than with a chance for each, a few seconds suffice to
	// see the rate.
	FailOneIn int
	Slow      float64 // share of requests that take more than half a second, 0–1
	Seed      uint64  // of the random numbers that pick these requests

	// Lifeline makes the shop stop when its standard input ends: its parent is
	// gone, or wants it to stop.
	Lifeline bool
}

// shopNews is what a shop tells its parent, one JSON object per line on its
// standard output: first "starting", when everything but the port is ready,
// then "listening" with the address.
type shopNews struct {
	State   string `json:"state"`
	ShopSet string `json:"shopset"`
	Version string `json:"version"`
	Address string `json:"address,omitempty"`
}

// ShopMain is the program of one shop process, the hidden command "shop". It
// serves until ctx is done (signals are the caller's business) or, with -lifeline,
// standard input ends; then it closes its port at once, finishes the requests
// that it has, and returns 0. It returns 3 for wrong arguments and 4 when it
// cannot listen.
func ShopMain(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	set, err := parseShopArgs(args, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "shop: %v\n", err)
		return 3
	}
	if set.Lifeline {
		var cut context.CancelFunc
		ctx, cut = context.WithCancel(ctx)
		defer cut()
		go func() {
			io.Copy(io.Discard, os.Stdin)
			cut()
		}()
	}
	if err := serveShop(ctx, set, json.NewEncoder(stdout)); err != nil {
		fmt.Fprintf(stderr, "shop %s %s: %v\n", set.ShopSet, set.Version, err)
		return 4
	}
	return 0
}

func parseShopArgs(args []string, stderr io.Writer) (shopSettings, error) {
	var set shopSettings
	fs := flag.NewFlagSet("shop", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&set.ShopSet, "shopset", "", "name of the ShopSet, for messages")
	fs.StringVar(&set.Version, "version", "v0", "version in shop_build_info")
	fs.StringVar(&set.Listen, "listen", "127.0.0.1:0", "address to listen on")
	fs.IntVar(&set.FailOneIn, "fail-one-in", 0, "of so many cart requests one fails; 0: none")
	fs.Float64Var(&set.Slow, "slow", 0, "share of slow requests, 0 to 1")
	fs.Uint64Var(&set.Seed, "seed", 1, "seed of the random numbers")
	fs.BoolVar(&set.Lifeline, "lifeline", false, "stop when standard input ends")
	if err := fs.Parse(args); err != nil {
		return set, err
	}
	if !(set.Slow >= 0 && set.Slow <= 1) {
		return set, fmt.Errorf("-slow %v is not between 0 and 1", set.Slow)
	}
	if set.FailOneIn < 0 {
		return set, fmt.Errorf("-fail-one-in %d is negative", set.FailOneIn)
	}
	if fs.NArg() > 0 {
		return set, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	return set, nil
}

// serveShop runs a shop until ctx is done.
func serveShop(ctx context.Context, set shopSettings, news *json.Encoder) error {
	srv := &http.Server{Handler: newShop(set).handler(), ReadHeaderTimeout: 5 * time.Second}
	if err := news.Encode(shopNews{State: "starting", ShopSet: set.ShopSet, Version: set.Version}); err != nil {
		return err
	}
	ln, err := listenSoon(ctx, set.Listen)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	said := shopNews{State: "listening", ShopSet: set.ShopSet, Version: set.Version, Address: ln.Addr().String()}
	if err := news.Encode(said); err != nil {
		ln.Close()
		return err
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// A client may hold a connection that it has never used; Shutdown would wait
	// five seconds for its first request.
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if srv.Shutdown(drain) != nil {
		srv.Close()
	}
	return nil
}

// listenSoon listens on addr, and waits up to ten seconds for the version
// before to leave the port: the new one is started first, so that a shop is
// away for milliseconds only.
func listenSoon(ctx context.Context, addr string) (net.Listener, error) {
	if _, err := net.ResolveTCPAddr("tcp", addr); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		ln, err := net.Listen("tcp", addr)
		if err == nil {
			return ln, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(3 * time.Millisecond):
		}
	}
}

// shop is the behaviour and the metrics of one shop.
type shop struct {
	set      shopSettings
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec

	mu        sync.Mutex
	rng       *rand.Rand
	carts     int // cart requests since the last FailOneIn were complete
	cartFails int // which of the next FailOneIn fails, counted from 0
}

// newShop makes a shop with metrics of its own. Series appear with their first
// request, as client libraries make them: no failure yet, no failure series.
func newShop(set shopSettings) *shop {
	s := &shop{
		set:      set,
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests answered, by component and status code.",
		}, []string{"component", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time to answer a request, by component.",
			Buckets: []float64{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5},
		}, []string{"component"}),
		rng: rand.New(rand.NewPCG(set.Seed, 0x5109)),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "shop_build_info",
		Help:        "Always 1; the label names the version that runs.",
		ConstLabels: prometheus.Labels{"version": set.Version},
	})
	info.Set(1)
	s.registry.MustRegister(s.requests, s.duration, info,
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector())
	return s
}

func (s *shop) handler() http.Handler {
	mux := http.NewServeMux()
	for _, v := range customers.Visits {
		pattern := v.Path
		if pattern == "/" {
			pattern = "/{$}"
		}
		mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, v.Component) })
	}
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	return mux
}

// answer serves one request, of a component that a customer asks for: "lb" and "proxy" let it
// through and count it too. It counts before it returns, and the response
// leaves the process after that: whoever holds a response finds it counted.
func (s *shop) answer(w http.ResponseWriter, r *http.Request, component string) {
	start := time.Now()
	code, work := s.plan(component)
	select {
	case <-time.After(work):
	case <-r.Context().Done():
		// The client left: there is nobody to answer, and nothing to count.
		return
	}
	took := time.Since(start).Seconds()
	w.WriteHeader(code)
	fmt.Fprintf(w, "%s %s: %s\n", s.set.ShopSet, component, http.StatusText(code))
	for _, c := range []string{"lb", "proxy", component} {
		s.requests.WithLabelValues(c, fmt.Sprint(code)).Inc()
		s.duration.WithLabelValues(c).Observe(took)
	}
}

// plan decides by chance what a request to a component comes to.
func (s *shop) plan(component string) (code int, work time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code, work = http.StatusOK, time.Duration(1+4*s.rng.ExpFloat64())*time.Millisecond
	if component == customers.Cart && s.cartFailsNow() {
		code = http.StatusInternalServerError
	}
	if s.rng.Float64() < s.set.Slow {
		work = 550*time.Millisecond + time.Duration(s.rng.Float64()*float64(200*time.Millisecond))
	}
	return code, work
}

// cartFailsNow decides whether a cart request fails: one of every FailOneIn does.
func (s *shop) cartFailsNow() bool {
	if s.set.FailOneIn == 0 {
		return false
	}
	if s.carts == 0 {
		s.cartFails = s.rng.IntN(s.set.FailOneIn)
	}
	fails := s.carts == s.cartFails
	s.carts = (s.carts + 1) % s.set.FailOneIn
	return fails
}
