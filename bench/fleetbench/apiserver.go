package fleetbench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// applicationsPath is where an API server has the Applications.
const applicationsPath = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"

// Servers are API servers of a fleet's Applications: one per cluster, and one that
// has them all, as for a central Argo CD. As a real one does for a list of version
// 0, they give all in one answer.
type Servers struct {
	Clusters []string // URLs
	All      string   // URL

	fleet   *Fleet
	servers []*http.Server

	mu       sync.Mutex
	watchers map[*watcher]bool
}

// every is the cluster number of the server that has all.
const every = -1

// Serve starts the servers on free ports of this machine.
func Serve(f *Fleet) (*Servers, error) {
	s := &Servers{fleet: f, watchers: map[*watcher]bool{}}
	for c := every; c < f.Clusters; c++ {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("API server of cluster %d: %w", c, err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, c) })}
		s.servers = append(s.servers, server)
		go server.Serve(l) // until Close
		if url := "http://" + l.Addr().String(); c == every {
			s.All = url
		} else {
			s.Clusters = append(s.Clusters, url)
		}
	}
	return s, nil
}

// Close ends the servers and their connections.
func (s *Servers) Close() {
	for _, one := range s.servers {
		one.Close()
	}
}

func (s *Servers) has(c, application int) bool {
	return c == every || s.fleet.cluster(application/len(components)) == c
}

func (s *Servers) answer(w http.ResponseWriter, r *http.Request, c int) {
	if r.URL.Path != applicationsPath {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("watch") != "" {
		s.watch(w, r, c)
		return
	}
	s.fleet.mu.Lock()
	version := s.fleet.version
	s.fleet.mu.Unlock()
	out := bufio.NewWriterSize(w, 64<<10)
	defer out.Flush() // an error means that the client has gone
	fmt.Fprintf(out, `{"apiVersion":"argoproj.io/v1alpha1","kind":"ApplicationList","metadata":{"resourceVersion":"%d"},"items":[`, version)
	comma := ""
	for i := range s.fleet.Applications {
		if s.has(c, i) {
			out.WriteString(comma)
			out.Write(s.fleet.JSON(i))
			comma = ","
			if r.URL.Query().Get("limit") == "1" {
				break // it is asked whether it is there; a longer list comes whole
			}
		}
	}
	out.WriteString("]}\n")
}

// watcher is somebody who is told of changes.
type watcher struct {
	cluster int
	pending []int         // Applications that have changed
	wake    chan struct{} // there are some
}

func (w *watcher) tell(i int) {
	w.pending = append(w.pending, i)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// watch tells of what has changed since the version that is asked for, and of what
// changes from then on.
func (s *Servers) watch(w http.ResponseWriter, r *http.Request, c int) {
	since, err := strconv.ParseInt(r.URL.Query().Get("resourceVersion"), 10, 64)
	if err != nil {
		http.Error(w, "no resourceVersion", http.StatusBadRequest)
		return
	}
	me := &watcher{cluster: c, wake: make(chan struct{}, 1)}
	s.mu.Lock()
	s.watchers[me] = true
	s.fleet.mu.Lock()
	for i, state := range s.fleet.states {
		if s.has(c, i) && state.version > since {
			me.tell(i)
		}
	}
	s.fleet.mu.Unlock()
	s.mu.Unlock()
	defer func() { s.mu.Lock(); delete(s.watchers, me); s.mu.Unlock() }()
	flush := http.NewResponseController(w).Flush
	for flush() == nil {
		select {
		case <-r.Context().Done():
			return
		case <-me.wake:
		}
		s.mu.Lock()
		changed := me.pending
		me.pending = nil
		s.mu.Unlock()
		for _, i := range changed {
			event, err := json.Marshal(object{"type": "MODIFIED", "object": json.RawMessage(s.fleet.JSON(i))})
			if err != nil {
				return
			}
			w.Write(append(event, '\n'))
		}
	}
}

// Change lets n Applications change, and tells those who watch.
func (s *Servers) Change(n int) {
	changed := s.fleet.change(n, time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range changed {
		for w := range s.watchers {
			if s.has(w.cluster, i) {
				w.tell(i)
			}
		}
	}
}
