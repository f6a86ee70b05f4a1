package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestServeListensBeforeItCanAnswer has serve wait for a git server, as it waits for a
// large ledger.
func TestServeListensBeforeItCanAnswer(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	let := sync.OnceFunc(func() { close(goOn) })
	git := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-goOn
		http.NotFound(w, r)
	}))
	t.Cleanup(git.Close)
	t.Cleanup(let)
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"shopslo.yaml": "source: {prometheus: {url: http://127.0.0.1:1}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n" +
			"gate: {calendar: [calendar.yaml], calendar_from: {repository: '" + git.URL + "/shops.git', branch: main}}\n",
		"fleet.yaml": fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO("10m"),
	})
	s := startListening(t, filepath.Join(dir, "shopslo.yaml"))
	if code, body := s.get(t, "/-/healthy"); code != http.StatusOK || body != "shopslo is healthy.\n" {
		t.Errorf("healthy: %d %q", code, body)
	}
	for _, path := range []string{"/-/ready", "/", "/metrics", "/board/", "/api/v1/status", "/nowhere"} {
		resp, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		_, body := s.get(t, path)
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !strings.Contains(body, "shopslo is not ready: it is starting") {
			t.Errorf("%s: %d, Retry-After %q, %q", path, resp.StatusCode, resp.Header.Get("Retry-After"), body)
		}
	}
	if code, stdout, stderr := runWith(t, nil, "gate", "--server", s.url, "--to", "prod"); code != exitUnavailable || stdout != "" || !strings.Contains(stderr, "it is starting") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	begun := time.Now() // it does not wait for a git server that hangs
	eventually(t, func() string {
		if code, body := s.get(t, "/-/ready"); code != http.StatusOK {
			return body
		}
		return ""
	})
	if took := time.Since(begun); took > 25*time.Second || !strings.Contains(s.log.String(), "no answer within 10s") {
		t.Errorf("it was ready after %v:\n%s", took, s.log)
	}
	let()
	if code, body := s.get(t, "/api/v1/status"); code != http.StatusOK {
		t.Errorf("status: %d %s", code, body)
	}
}
