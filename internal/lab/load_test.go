package lab

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

func TestCustomersDoNotWaitForOneAnotherAndCountWhatTheySaw(t *testing.T) {
	var mu sync.Mutex
	hits, release := map[string]int{}, make(chan struct{})
	answer := http.NewServeMux()
	count := func(path string) {
		mu.Lock()
		defer mu.Unlock()
		hits[path]++
	}
	answer.HandleFunc("/{$}", func(http.ResponseWriter, *http.Request) { count("/") })
	for _, path := range []string{"/cart", "/pay"} { // both are the cart's
		answer.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { count("/cart"); w.WriteHeader(http.StatusBadGateway) })
	}
	answer.HandleFunc("/api", func(http.ResponseWriter, *http.Request) { count("/api"); <-release })
	up := httptest.NewServer(answer)
	defer up.Close()
	down := httptest.NewServer(nil)
	down.Close()

	l := startLoad(map[fleet.ShopSetName]string{"a-1": up.URL, "b-2": down.URL}, 500, 1)
	// Nobody at the API gets an answer, and still more come.
	for end := time.Now().Add(20 * time.Second); l.soFar()["a-1"]["api"].Sent < 20 || l.soFar()["b-2"]["cart"].Lost < 5; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v", l.soFar())
		}
	}
	if waiting := l.soFar()["a-1"]["api"]; waiting.Good+waiting.Bad+waiting.Lost != 0 {
		t.Errorf("%+v, want that all are under way", waiting)
	}
	close(release)
	got := l.Stop()
	for component, path := range map[string]string{"shop-page": "/", "cart": "/cart", "api": "/api"} {
		tally := got["a-1"][component]
		want := outcome{Sent: hits[path], Good: hits[path]}
		if component == "cart" {
			want = outcome{Sent: hits[path], Bad: hits[path]}
		}
		if tally != want || tally.Sent == 0 {
			t.Errorf("%s: %+v, want %+v", component, tally, want)
		}
	}
	if lost := got["b-2"]["cart"]; lost.Lost != lost.Sent {
		t.Errorf("a shop that is down: %+v", lost)
	}
}

func TestWhatAConfigMapAsksAShopFor(t *testing.T) {
	for want, c := range map[string]shopConfig{
		"[-version 1.0.0]":                           {version: "1.0.0"},
		"[-version 1.1.0 -fail-one-in 20 -slow 0.1]": {version: "1.1.0", failOneIn: "20", slow: "0.1"},
	} {
		if got := fmt.Sprint(c.args()); got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
}
