package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/shopslo/shopslo/internal/customers"
)

// standIn plays the commands of shopslo that the story runs, so that the story
// and its end can be tested without the product: a server that reads the real
// shops, and a gate that answers from what it saw of them.
func standIn(command string, args []string) int {
	flags := map[string]string{}
	for i := 0; i+1 < len(args); i++ {
		flags[args[i]] = args[i+1]
	}
	switch command {
	case "sleep":
		time.Sleep(time.Hour)
		return 0
	case "serve":
		return standInServe(flags["--config"], flags["--web.listen-address"])
	}
	resp, err := http.Get(flags["--server"] + "/" + command + flags["-o"])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	defer resp.Body.Close()
	io.Copy(os.Stdout, resp.Body)
	var code int
	fmt.Sscan(resp.Header.Get("Exit-Code"), &code)
	return code
}

// seen is what the stand-in saw of one shop.
type seen struct {
	name, url  string
	version    string
	alive      bool
	bad, total float64 // of the cart, over all processes
	last       counted
}

type standInServer struct {
	mu    sync.Mutex
	asked int // how often the gate was
	shops []*seen
}

func standInServe(configPath, address string) int {
	text, err := os.ReadFile(configPath)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	s := &standInServer{}
	for _, m := range regexp.MustCompile(`targets: \["(.*?)"\], labels: \{shopset: (.*?)\}`).FindAllStringSubmatch(string(text), -1) {
		s.shops = append(s.shops, &seen{name: m[2], url: "http://" + m[1]})
	}
	if os.Getenv("STANDIN_DIES") != "" {
		fmt.Fprintln(os.Stderr, "the stand-in dies as it was told")
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		for ctx.Err() == nil {
			s.look()
			time.Sleep(20 * time.Millisecond)
		}
	}()
	srv := &http.Server{Addr: address, Handler: s.routes()}
	go func() {
		<-ctx.Done()
		srv.Close()
	}()
	srv.ListenAndServe()
	return 0
}

// look reads every shop once.
func (s *standInServer) look() {
	for _, shop := range s.shops {
		version, now, err := look(shop.url)
		s.mu.Lock()
		shop.alive = err == nil
		if err == nil {
			if version != shop.version || now.Total < shop.last.Total {
				shop.last = counted{}
			}
			shop.bad += now.Bad - shop.last.Bad
			shop.total += now.Total - shop.last.Total
			shop.version, shop.last = version, now
		}
		s.mu.Unlock()
	}
}

func look(url string) (version string, cart counted, err error) {
	resp, err := http.Get(url + "/metrics")
	if err != nil {
		return "", cart, err
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return "", cart, err
	}
	for _, m := range families["http_requests_total"].GetMetric() {
		if labelOf(m, "component") != customers.Cart {
			continue
		}
		cart.Total += m.GetCounter().GetValue()
		if strings.HasPrefix(labelOf(m, "code"), "5") {
			cart.Bad += m.GetCounter().GetValue()
		}
	}
	for _, m := range families["shop_build_info"].GetMetric() {
		version = labelOf(m, "version")
	}
	return version, cart, nil
}

func (s *standInServer) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/-/ready", func(http.ResponseWriter, *http.Request) {})
	locked := func(path string, f func(http.ResponseWriter)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			f(w)
		})
	}
	locked("/status", func(w http.ResponseWriter) {
		fmt.Fprintln(w, "SLO SHOPSET TOTAL BAD")
		for _, x := range s.shops {
			fmt.Fprintln(w, cartSLO, x.name, x.total, x.bad)
		}
	})
	locked("/statusjson", s.statusJSON)
	locked("/gate", s.gate)
	locked("/metrics", func(w http.ResponseWriter) {
		for _, name := range []string{badCounter, totalCounter} {
			fmt.Fprintln(w, "# TYPE", name, "counter")
			for _, x := range s.shops {
				v := x.bad
				if name == totalCounter {
					v = x.total
				}
				fmt.Fprintf(w, "%s{slo=%q,shopset=%q} %v\n", name, cartSLO, x.name, v)
			}
		}
	})
	return mux
}

func (s *standInServer) statusJSON(w http.ResponseWriter) {
	type row = map[string]any
	var rows []row
	for _, x := range s.shops {
		coverage := 0.0
		if x.version != "" {
			coverage = 1
		}
		rows = append(rows, row{"slo": cartSLO, "shopset": x.name, "coverage": coverage})
	}
	json.NewEncoder(w).Encode(row{"version": 1, "budgets": rows})
}

// gate knows nothing when it is asked for the first two times, holds a bad version, and is
// inconclusive about a ShopSet that is gone.
func (s *standInServer) gate(w http.ResponseWriter) {
	code, reason := 0, "promote"
	if s.asked++; s.asked <= 2 {
		code, reason = 2, "inconclusive: too early"
	}
	for _, x := range s.shops {
		switch {
		case x.version == badVersion && x.bad > 0:
			code, reason = 1, "hold: "+x.name+" runs "+x.version
		case !x.alive && x.name == killed && code == 0:
			code, reason = 2, "inconclusive: "+x.name+" is silent"
		}
	}
	w.Header().Set("Exit-Code", fmt.Sprint(code))
	fmt.Fprintln(w, reason)
}
