package kube

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

// What is dead shows by pings over HTTP/2; there a cluster is asked only after more than the
// minute in which an API server sends something.
func TestWhenASilentClusterIsAskedWhetherItIsThere(t *testing.T) {
	for _, tt := range []struct {
		http2 bool
		grace time.Duration
		want  time.Duration
	}{{false, 0, 5 * time.Second}, {false, 20 * time.Second, 10 * time.Second}, {false, time.Millisecond, time.Second / 2}, {true, 20 * time.Second, bookmarkTime}, {true, 5 * time.Minute, 150 * time.Second}} {
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
