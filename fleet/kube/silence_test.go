package kube

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

// What is dead shows by pings over HTTP/2, but for what is behind a proxy; there a cluster is
// asked less.
func TestWhenASilentClusterIsAskedWhetherItIsThere(t *testing.T) {
	for _, tt := range []struct {
		http2 bool
		grace time.Duration
		want  time.Duration
	}{{false, 0, 5 * time.Second}, {false, 20 * time.Second, 10 * time.Second}, {false, time.Millisecond, time.Second / 2}, {true, 20 * time.Second, pingedTime}, {true, 5 * time.Minute, 150 * time.Second}} {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.EnableHTTP2 = tt.http2
		server.StartTLS()
		mapping, err := NewMapping("", "", "")
		if err != nil {
			t.Fatal(err)
		}
		w, err := New(Config{Mapping: mapping, Now: time.Now, Grace: tt.grace}, []Cluster{{Name: "a", Config: &rest.Config{Host: server.URL, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}}})
		if err != nil {
			t.Fatal(err)
		}
		run(t, w)
		kubetest.Eventually(t, "it answered", func() bool { return !w.Clusters()[0].Reached.IsZero() })
		if got := w.clusters[0].quiet(); got != tt.want {
			t.Errorf("HTTP/2 %v, grace %v: after %v, want %v", tt.http2, tt.grace, got, tt.want)
		}
		server.CloseClientConnections()
		server.Close()
	}
}

// A watch may hang although everything else is answered.
func TestAWatchThatSendsNothingForLongIsBegunAnew(t *testing.T) {
	var ahead, lists, watches atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("watch") == "" {
			if r.URL.Query().Get("limit") != "1" {
				lists.Add(1)
			}
			fmt.Fprint(w, `{"kind":"ApplicationList","apiVersion":"argoproj.io/v1alpha1","metadata":{"resourceVersion":"1"},"items":[]}`)
			return
		}
		w.(http.Flusher).Flush()
		watches.Add(1)
		<-r.Context().Done()
	}))
	defer server.Close()
	mapping, err := NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	w, err := New(Config{Mapping: mapping, Now: now, Grace: time.Second}, []Cluster{{Name: "a", Config: &rest.Config{Host: server.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, w)
	defer server.CloseClientConnections()
	kubetest.Eventually(t, "it is watched", func() bool { return watches.Load() == 1 })
	time.Sleep(1100 * time.Millisecond) // one that ends sooner has client-go list anew
	ahead.Store(int64(bookmarkTime + time.Second))
	kubetest.Eventually(t, "it is watched anew", func() bool { return watches.Load() == 2 })
	if state := w.Clusters()[0]; lists.Load() != 1 || state.Err != nil || state.Faults[fleet.Closed] != 0 {
		t.Errorf("it was listed %d times, with %v and the faults %v", lists.Load(), state.Err, state.Faults)
	}
}
