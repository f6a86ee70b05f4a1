package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// apiServer is as much of a Kubernetes API server as the watch of Applications
// needs.
type apiServer struct {
	url string

	mu       sync.Mutex
	version  int
	apps     map[string]map[string]any
	watchers map[chan []byte]bool
	broken   bool
}

func newAPIServer(t *testing.T) *apiServer {
	s := &apiServer{apps: map[string]map[string]any{}, watchers: map[chan []byte]bool{}, version: 1}
	h := httptest.NewServer(http.HandlerFunc(s.serve))
	s.url = h.URL
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	return s
}

func (s *apiServer) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.broken || r.URL.Path != "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications" {
		s.mu.Unlock()
		http.Error(w, "no", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("watch") == "" {
		defer s.mu.Unlock()
		items := []any{}
		for _, a := range s.apps {
			items = append(items, a)
		}
		json.NewEncoder(w).Encode(map[string]any{"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationList",
			"metadata": map[string]any{"resourceVersion": fmt.Sprint(s.version)}, "items": items})
		return
	}
	events := make(chan []byte, 100)
	s.watchers[events] = true
	s.mu.Unlock()
	w.(http.Flusher).Flush()
	for {
		select {
		case e, open := <-events:
			if !open {
				return
			}
			w.Write(e)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// set puts an Application there that makes a whole ShopSet.
func (s *apiServer) set(shopSet, sync, revision string) {
	now := time.Now().UTC().Format(time.RFC3339)
	s.put(shopSet, map[string]any{
		"spec": map[string]any{"source": map[string]any{"repoURL": "x", "path": "overlays/" + shopSet}},
		"status": map[string]any{"reconciledAt": now, "health": map[string]any{"status": "Healthy"},
			"sync":    map[string]any{"status": sync, "revision": revision},
			"history": []any{map[string]any{"id": 1, "revision": revision, "deployedAt": now, "source": map[string]any{"repoURL": "x"}}}},
	})
}

// put puts an Application of these contents there, that belongs to a ShopSet.
func (s *apiServer) put(shopSet string, a map[string]any) { s.putOf(shopSet, shopSet, a) }

// putOf does the same with one of several.
func (s *apiServer) putOf(shopSet, name string, a map[string]any) {
	s.putIn(map[string]any{"name": name, "labels": map[string]any{"shopset.dev/shopset": shopSet}}, a)
}

// putCreated does the same with one that was created then.
func (s *apiServer) putCreated(shopSet, created string, a map[string]any) {
	s.putIn(map[string]any{"name": shopSet, "creationTimestamp": created, "labels": map[string]any{"shopset.dev/shopset": shopSet}}, a)
}

func (s *apiServer) putIn(metadata, a map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	a["apiVersion"], a["kind"] = "argoproj.io/v1alpha1", "Application"
	metadata["namespace"], metadata["resourceVersion"] = "argocd", fmt.Sprint(s.version)
	a["metadata"] = metadata
	s.apps[metadata["name"].(string)] = a
	s.tell("MODIFIED", a)
}

// remove takes an Application away.
func (s *apiServer) remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	a := s.apps[name]
	delete(s.apps, name)
	s.tell("DELETED", a)
}

func (s *apiServer) tell(what string, a map[string]any) {
	event, _ := json.Marshal(map[string]any{"type": what, "object": a})
	event = append(event, '\n') // once: the watchers share it
	for w := range s.watchers {
		w <- event
	}
}

// fail lets the server answer with errors from now on.
func (s *apiServer) fail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = true
	for w := range s.watchers {
		close(w)
		delete(s.watchers, w)
	}
}

// kubeconfig writes one with a context for each server.
func kubeconfig(t *testing.T, servers map[string]*apiServer) string {
	t.Helper()
	var clusters, contexts []any
	for name, s := range servers {
		clusters = append(clusters, map[string]any{"name": name, "cluster": map[string]any{"server": s.url}})
		contexts = append(contexts, map[string]any{"name": name, "context": map[string]any{"cluster": name}})
	}
	data, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Config", "clusters": clusters, "contexts": contexts})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// running is the program while it runs.
type running struct {
	t    *testing.T
	url  string
	stop func() (code int, stderr string)
	wait func() (code int, stderr string) // for it to end by itself
}

// locked is a buffer that may be read while it is written.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *locked) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// start runs the program in this process.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	address, ended := make(chan string, 1), make(chan int, 1)
	var stderr locked
	p := &program{env: os.Environ(), stdout: io.Discard, stderr: &stderr, now: time.Now, listening: func(a string) { address <- a }}
	go func() { ended <- p.run(ctx, append(args, "--web.listen-address", "127.0.0.1:0", "--refresh", "1s")) }()
	r := &running{t: t}
	r.wait = sync.OnceValues(func() (int, string) { return <-ended, stderr.String() })
	r.stop = func() (int, string) {
		cancel()
		return r.wait()
	}
	t.Cleanup(func() { r.stop() })
	select {
	case a := <-address:
		r.url = "http://" + a
	case code := <-ended:
		t.Fatalf("it ended with %d: %s", code, stderr.String())
	}
	return r
}

func (r *running) get(path string) (status int, body string) {
	r.t.Helper()
	answer, err := http.Get(r.url + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// waitFor scrapes until the metrics have a line that begins so, and gives its value.
func (r *running) waitFor(series string) string {
	r.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		_, text := r.get("/metrics")
		for line := range strings.Lines(text) {
			if value, ok := strings.CutPrefix(line, series+" "); ok {
				return strings.TrimSpace(value)
			}
			if strings.TrimSpace(line) == series {
				return ""
			}
		}
		if time.Now().After(deadline) {
			_, stderr := r.stop()
			r.t.Fatalf("%s did not appear; the log:\n%s\nthe metrics:\n%s", series, stderr, text)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (r *running) fleet() (s fleet.Snapshot) {
	r.t.Helper()
	status, body := r.get("/api/v1/fleet")
	if err := json.Unmarshal([]byte(body), &s); err != nil || status != http.StatusOK {
		r.t.Fatalf("status %d, %v: %s", status, err, body)
	}
	return s
}

// git runs git in a repository.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t",
		"GIT_COMMITTER_EMAIL=t@example.com", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// repository makes one in which all Tiers are at the first of two commits.
func repository(t *testing.T) (dir, first, second string) {
	t.Helper()
	dir = t.TempDir()
	git(t, dir, "init", "-q", "-b", "work")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "first")
	first = git(t, dir, "rev-parse", "HEAD")
	for tier := range 5 {
		git(t, dir, "branch", fmt.Sprintf("tier-%d", tier))
	}
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "second")
	return dir, first, git(t, dir, "rev-parse", "HEAD")
}
