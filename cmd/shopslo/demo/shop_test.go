package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/shopslo/shopslo/internal/customers"
)

// scrape reads a shop's metrics.
func scrape(t *testing.T, url string) map[string]*dto.MetricFamily {
	t.Helper()
	resp, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// requests gives http_requests_total by "component code".
func requests(families map[string]*dto.MetricFamily) map[string]int {
	counts := map[string]int{}
	for _, m := range families["http_requests_total"].GetMetric() {
		counts[labelOf(m, "component")+" "+labelOf(m, "code")] = int(m.GetCounter().GetValue())
	}
	return counts
}

func get(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestResponsesSeenAreTheShopsCountersExactly(t *testing.T) {
	shop := httptest.NewServer(newShop(shopSettings{FailOneIn: 10, Slow: 0.02, Seed: 3}).handler())
	defer shop.Close()
	l, err := customers.New([]customers.Shop{{ShopSet: "a-1", URL: shop.URL, Peak: 400}}, nil, 5)
	if err != nil {
		t.Fatal(err)
	}
	l.Start(t.Context())
	for end, sent := time.Now().Add(time.Minute), 0; sent < 300 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		sent, _ = l.Sent()
	}
	l.Stop()

	counts := requests(scrape(t, shop.URL))
	all := 0
	for _, c := range []string{customers.Page, customers.Cart, customers.API} {
		got := l.Tally("a-1", c)
		if got.Good != counts[c+" 200"] || got.Bad != counts[c+" 500"] || got.Lost != 0 {
			t.Errorf("%s: %+v; the shop counted %d good and %d bad", c, got, counts[c+" 200"], counts[c+" 500"])
		}
		if got.Sent != got.Good+got.Bad+got.Lost || got.Sent == 0 {
			t.Errorf("%s: %+v does not add up", c, got)
		}
		all += got.Sent
	}
	if cart := l.Tally("a-1", customers.Cart); cart.Bad == 0 {
		t.Errorf("%+v: the test saw no failure", cart)
	}
	if counts["lb 200"]+counts["lb 500"] != all {
		t.Errorf("lb counted %d and %d, the generator %d in all", counts["lb 200"], counts["lb 500"], all)
	}
}

func TestEveryRequestIsCountedByTheComponentsThatItPasses(t *testing.T) {
	srv := httptest.NewServer(newShop(shopSettings{ShopSet: "a-1", Version: "v1"}).handler())
	defer srv.Close()
	if n := len(requests(scrape(t, srv.URL))); n != 0 {
		t.Errorf("%d request series before the first request; a client library makes none", n)
	}
	for path, want := range map[string]int{"/": 200, "/cart": 200, "/pay": 200, "/api": 200, "/nowhere": 404} {
		if code := get(t, srv.URL+path); code != want {
			t.Errorf("GET %s: %d, want %d", path, code, want)
		}
	}
	want := map[string]int{"lb 200": 4, "proxy 200": 4, "shop-page 200": 1, "cart 200": 2, "api 200": 1}
	got := requests(scrape(t, srv.URL))
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

func TestShopExposesWhatTheLedgerReads(t *testing.T) {
	srv := httptest.NewServer(newShop(shopSettings{ShopSet: "a-1", Version: "v7.8.9"}).handler())
	defer srv.Close()
	get(t, srv.URL+"/cart")
	families := scrape(t, srv.URL)
	if families["process_start_time_seconds"] == nil {
		t.Error("no process_start_time_seconds: resets would have to be guessed")
	}
	if info := families["shop_build_info"].GetMetric(); len(info) != 1 || labelOf(info[0], "version") != "v7.8.9" {
		t.Errorf("shop_build_info is %v", info)
	}
	for _, m := range families["http_requests_total"].GetMetric() {
		if labelOf(m, "shopset") != "" {
			t.Error("the shop sets the label shopset itself; it is the scrape configuration's")
		}
	}
	for _, m := range families["http_request_duration_seconds"].GetMetric() {
		found := false
		for _, b := range m.GetHistogram().GetBucket() {
			found = found || b.GetUpperBound() == 0.5
		}
		if !found {
			t.Errorf("%s has no bucket le=0.5, which shop-page-latency counts", labelOf(m, "component"))
		}
	}
}

func TestBadVersionFailsOneOfEveryFiftyCartRequestsAndNothingElse(t *testing.T) {
	s := newShop(shopSettings{FailOneIn: badOneIn, Seed: 1})
	at := map[int]bool{}
	for block := range 100 {
		failed := 0
		for i := range badOneIn {
			for _, c := range []string{customers.Page, customers.Cart, customers.API} {
				code, _ := s.plan(c)
				switch {
				case code == http.StatusInternalServerError && c == customers.Cart:
					failed++
					at[i] = true
				case code != http.StatusOK:
					t.Fatalf("%s was answered with %d", c, code)
				}
			}
		}
		if failed != 1 {
			t.Errorf("block %d: %d failures, want 1", block, failed)
		}
	}
	// Of 50 places, 100 random ones fill about 43.
	if len(at) < 30 {
		t.Errorf("failures at %d places only: that is not at random", len(at))
	}
}

func TestGoodVersionFailsNothing(t *testing.T) {
	s := newShop(shopSettings{Seed: 1})
	for range 10_000 {
		if code, _ := s.plan(customers.Cart); code != http.StatusOK {
			t.Fatalf("a cart request was answered with %d", code)
		}
	}
}

func TestShopArgumentsThatMakeNoSenseAreUsageErrors(t *testing.T) {
	for name, args := range map[string][]string{
		"a share above one":    {"-slow", "2"},
		"a share below zero":   {"-slow", "-0.1"},
		"a share of no number": {"-slow", "NaN"},
		"a negative number":    {"-fail-one-in", "-1"},
		"an unknown flag":      {"-colour", "red"},
		"a stray argument":     {"now"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := ShopMain(t.Context(), args, &out, &errs); code != 3 {
				t.Errorf("exit code %d, want 3", code)
			}
			if errs.Len() == 0 {
				t.Error("nothing was said about it")
			}
		})
	}
}

func TestShopThatCannotListenSaysSo(t *testing.T) {
	var out, errs bytes.Buffer
	code := ShopMain(t.Context(), []string{"-shopset", "a-1", "-listen", "127.0.0.1:http?"}, &out, &errs)
	if code != 4 || !strings.Contains(errs.String(), "a-1") {
		t.Errorf("exit code %d, message %q; want 4 and the ShopSet's name", code, errs.String())
	}
}

func TestShopFinishesItsRequestsWhenItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ended := make(chan int)
	go func() {
		ended <- ShopMain(ctx, []string{"-shopset", "a-1", "-slow", "1"}, w, io.Discard)
		w.Close()
	}()
	news := json.NewDecoder(r)
	var n shopNews
	for n.State != "listening" {
		if err := news.Decode(&n); err != nil {
			t.Fatal(err)
		}
	}
	answered := make(chan int)
	go func() { // slow: 0.55 s or more
		resp, err := http.Get("http://" + n.Address + "/cart")
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	time.Sleep(200 * time.Millisecond)
	stop()
	if code := <-answered; code != http.StatusOK {
		t.Errorf("the request under way got %d, want 200", code)
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if _, err := http.Get("http://" + n.Address + "/cart"); err == nil {
		t.Error("the shop still answers")
	}
}
