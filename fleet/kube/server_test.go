package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

func TestMain(m *testing.M) {
	Quiet()
	os.Exit(m.Run())
}

// apiServer is as much of a Kubernetes API server as a watch needs: lists with a
// version, watches that stream what changes, and faults on request.
type apiServer struct {
	t    testing.TB
	http *httptest.Server

	mu       sync.Mutex
	version  int
	objects  map[string]map[string]json.RawMessage // plural → key → object
	watchers map[chan string]string                // → plural
	fail     func(r *http.Request) (status int, body string)
}

func newAPIServer(t testing.TB) *apiServer {
	s := &apiServer{t: t, version: 1, objects: map[string]map[string]json.RawMessage{}, watchers: map[chan string]string{}}
	for _, plural := range []string{applications, "tiers", "configurations", "failuredomains", "shopsets", "shopgroups"} {
		s.objects[plural] = map[string]json.RawMessage{}
	}
	s.http = httptest.NewServer(s)
	t.Cleanup(s.stop)
	return s
}

// stop ends the server with its connections.
func (s *apiServer) stop() {
	s.http.CloseClientConnections()
	s.endWatches()
	s.http.Close()
}

func (s *apiServer) cluster(name string) Cluster {
	return Cluster{Name: name, Config: &rest.Config{Host: s.http.URL, BearerToken: "hunter2", QPS: 1000, Burst: 1000}}
}

func (s *apiServer) failWith(fail func(r *http.Request) (int, string)) {
	s.mu.Lock()
	s.fail = fail
	s.mu.Unlock()
}

func (s *apiServer) endWatches() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		close(w)
		delete(s.watchers, w)
	}
}

// set puts an object there, of YAML without its name, and tells the watches.
func (s *apiServer) set(plural, name, document string) {
	s.t.Helper()
	data, err := yaml.YAMLToJSON([]byte(document))
	if err != nil {
		s.t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	meta, _ := object["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["name"], meta["resourceVersion"] = name, fmt.Sprint(s.version)
	kind := map[string]string{applications: "argoproj.io/v1alpha1 Application", "tiers": "shopset.dev/v1alpha1 Tier", "shopsets": "shopset.dev/v1alpha1 ShopSet"}[plural]
	object["apiVersion"], object["kind"], _ = strings.Cut(kind, " ")
	object["metadata"] = meta
	if plural == applications {
		meta["namespace"] = "argocd"
	}
	event := "ADDED"
	if _, there := s.objects[plural][name]; there {
		event = "MODIFIED"
	}
	s.objects[plural][name], err = json.Marshal(object)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tell(plural, event, s.objects[plural][name])
}

func (s *apiServer) remove(plural, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	gone := s.objects[plural][name]
	delete(s.objects[plural], name)
	s.tell(plural, "DELETED", gone)
}

func (s *apiServer) tell(plural, event string, object json.RawMessage) {
	for w, of := range s.watchers {
		if of == plural {
			w <- fmt.Sprintf(`{"type":%q,"object":%s}`+"\n", event, object)
		}
	}
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	plural := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	s.mu.Lock()
	if s.fail != nil {
		if status, body := s.fail(r); status != 0 {
			s.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("watch") == "" {
		objects := []json.RawMessage{}
		for _, o := range s.objects[plural] {
			objects = append(objects, o)
		}
		list := map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": fmt.Sprint(s.version)}, "items": objects}
		if plural == applications {
			list["apiVersion"], list["kind"] = "argoproj.io/v1alpha1", "ApplicationList"
		} else {
			list["apiVersion"], list["kind"] = "shopset.dev/v1alpha1", map[string]string{"tiers": "TierList", "configurations": "ConfigurationList",
				"failuredomains": "FailureDomainList", "shopsets": "ShopSetList", "shopgroups": "ShopGroupList"}[plural]
		}
		s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(list)
		return
	}
	events := make(chan string, 10_000)
	s.watchers[events] = plural
	s.mu.Unlock()
	w.(http.Flusher).Flush()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			fmt.Fprint(w, e)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			s.mu.Lock()
			delete(s.watchers, events)
			s.mu.Unlock()
			return
		}
	}
}

// status is what an API server answers instead of what was asked for.
func status(code int, reason string) (int, string) {
	return code, fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d,"message":%q}`, reason, code, reason)
}

// watching counts the watches of a kind.
func (s *apiServer) watching(plural string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, of := range s.watchers {
		if of == plural {
			n++
		}
	}
	return n
}

// run watches until the test ends, and waits for the watch to end.
func run(t testing.TB, w *Watcher) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("the watch does not end")
		}
	})
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for range 1600 {
		if holds() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("it never came to be: %s", what)
}
