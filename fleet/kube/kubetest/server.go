// Package kubetest is a server for tests that speaks as much of the Kubernetes API as
// a list and a watch need: pages, versions, streams of changes, and faults on
// request. The real client talks to it over HTTP. Where it matters how a real API
// server behaves, internal/lab has real ones.
package kubetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// Applications is the plural of Argo CD's Applications; the others are those of the
// fleet's resources.
const Applications = "applications"

// kinds of the objects, by plural.
var kinds = map[string]struct{ version, kind string }{
	Applications:     {"argoproj.io/v1alpha1", "Application"},
	"tiers":          {"shopset.dev/v1alpha1", "Tier"},
	"configurations": {"shopset.dev/v1alpha1", "Configuration"},
	"failuredomains": {"shopset.dev/v1alpha1", "FailureDomain"},
	"shopsets":       {"shopset.dev/v1alpha1", "ShopSet"},
	"shopgroups":     {"shopset.dev/v1alpha1", "ShopGroup"},
}

// Server is an API server. Its methods may be called at the same time.
type Server struct {
	t    testing.TB
	http *httptest.Server

	mu       sync.Mutex
	version  int
	objects  map[string]map[string]json.RawMessage // plural → name → object
	many     int
	document func(i int) []byte
	watchers map[chan string]string // → plural
	fail     func(r *http.Request) (status int, body string)
	stopped  bool
}

// New starts one, which ends with the test.
func New(t testing.TB) *Server {
	s := &Server{t: t, version: 1, objects: map[string]map[string]json.RawMessage{}, watchers: map[chan string]string{}}
	for plural := range kinds {
		s.objects[plural] = map[string]json.RawMessage{}
	}
	s.http = httptest.NewServer(s)
	t.Cleanup(s.Stop)
	return s
}

// Stop ends the server with its connections. A watch that comes in meanwhile is refused,
// since http.Server's Close waits for the end of each.
func (s *Server) Stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.http.CloseClientConnections()
	s.EndWatches()
	s.http.Close()
}

// Config says how to talk to it.
func (s *Server) Config() *rest.Config {
	return &rest.Config{Host: s.http.URL, BearerToken: "hunter2", QPS: 1000, Burst: 1000}
}

// Break is the status of a connection that ends without an answer.
const Break = -1

// FailWith has requests answered with a status, where fail gives one that is not 0. It
// is called for one request at a time; nil: all goes well.
func (s *Server) FailWith(fail func(r *http.Request) (status int, body string)) {
	s.mu.Lock()
	s.fail = fail
	s.mu.Unlock()
}

// Status is what an API server answers instead of what was asked for.
func Status(code int, reason string) (int, string) {
	return code, fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d,"message":%q}`, reason, code, reason)
}

// EndWatches ends all watches as a server does in good order.
func (s *Server) EndWatches() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		close(w)
		delete(s.watchers, w)
	}
}

// Watching counts the watches of a kind.
func (s *Server) Watching(plural string) int {
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

// Many has lists of Applications give n more, which document makes when they are asked
// for, as JSON, so that the server itself keeps none.
func (s *Server) Many(n int, document func(i int) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.many, s.document = n, document
	s.version++
}

// Set puts an object there, of YAML without its name, and tells the watches.
func (s *Server) Set(plural, name, document string) {
	s.t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(document), &object); err != nil {
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
	object["apiVersion"], object["kind"] = kinds[plural].version, kinds[plural].kind
	object["metadata"] = meta
	if plural == Applications {
		meta["namespace"] = "argocd"
	}
	data, err := json.Marshal(object)
	if err != nil {
		s.t.Fatal(err)
	}
	s.put(plural, name, data)
}

// Put does what Set does, with an object as JSON that is whole but for its version.
func (s *Server) Put(plural, name string, object []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.put(plural, name, bytes.Replace(object, []byte(`"resourceVersion":"1"`), fmt.Appendf(nil, `"resourceVersion":"%d"`, s.version), 1))
}

func (s *Server) put(plural, name string, object []byte) {
	event := "ADDED"
	if _, there := s.objects[plural][name]; there {
		event = "MODIFIED"
	}
	s.objects[plural][name] = object
	s.tell(plural, event, object)
}

// Remove takes an object away, and tells the watches.
func (s *Server) Remove(plural, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	gone := s.objects[plural][name]
	delete(s.objects[plural], name)
	s.tell(plural, "DELETED", gone)
}

// Send tells the watches of a kind of something that changes nothing here, such as a
// BOOKMARK or an ERROR.
func (s *Server) Send(plural, event, object string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(plural, event, []byte(object))
}

func (s *Server) tell(plural, event string, object []byte) {
	for w, of := range s.watchers {
		if of == plural {
			w <- fmt.Sprintf(`{"type":%q,"object":%s}`+"\n", event, object)
		}
	}
}

// ServeHTTP answers lists and watches.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	plural := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	w.Header().Set("Content-Type", "application/json")
	s.mu.Lock()
	if s.fail != nil {
		if status, body := s.fail(r); status != 0 {
			s.mu.Unlock()
			if status == Break {
				panic(http.ErrAbortHandler)
			}
			if status == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "1")
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return
		}
	}
	if r.URL.Query().Get("watch") == "" {
		answer := s.list(plural, r)
		s.mu.Unlock()
		_, _ = w.Write(answer)
		return
	}
	if s.stopped {
		s.mu.Unlock()
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	events := make(chan string, 20_000)
	s.watchers[events] = plural
	s.mu.Unlock()
	s.stream(w, r, events)
}

// list gives a page.
func (s *Server) list(plural string, r *http.Request) []byte {
	names := slices.Sorted(maps.Keys(s.objects[plural]))
	total := len(names)
	if plural == Applications {
		total += s.many
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	to := total
	if limit > 0 {
		to = min(total, from+limit)
	}
	next := ""
	if to < total {
		next = strconv.Itoa(to)
	}
	out := fmt.Appendf(nil, `{"apiVersion":%q,"kind":%q,"metadata":{"resourceVersion":"%d","continue":%q},"items":[`,
		kinds[plural].version, kinds[plural].kind+"List", s.version, next)
	for i := from; i < to; i++ {
		if i > from {
			out = append(out, ',')
		}
		if i < len(names) {
			out = append(out, s.objects[plural][names[i]]...)
		} else {
			out = append(out, s.document(i-len(names))...)
		}
	}
	return append(out, "]}"...)
}

// stream sends events until the client goes or the watch is ended.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, events chan string) {
	flusher := http.NewResponseController(w)
	_ = flusher.Flush()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			fmt.Fprint(w, e)
			if len(events) == 0 {
				_ = flusher.Flush()
			}
		case <-r.Context().Done():
			s.mu.Lock()
			delete(s.watchers, events)
			s.mu.Unlock()
			return
		}
	}
}

// Eventually waits until a condition holds.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for range 1600 {
		if holds() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("it never came to be: %s", what)
}
