package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// entriesIn is how many entries a log has.
func entriesIn(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	if _, err := (decisionlog.Folder{Dir: dir}).Read(t.Context(), func(decisionlog.Line) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOneClientIsKeptToItsShareOfTheLog(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions, max_per_minute: 3}\n")
	var users strings.Builder
	for _, name := range []string{"ci", "sre"} {
		hash, err := bcrypt.GenerateFromPassword([]byte(name+"-s3cret"), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&users, "  %s: '%s'\n", name, hash)
	}
	writeFiles(t, s.dir, map[string]string{"web.yml": "basic_auth_users:\n" + users.String(), "ci": "ci-s3cret", "sre": "sre-s3cret"})
	server := startServe(t, s.config, "--web.config.file", filepath.Join(s.dir, "web.yml"))
	as := func(user string) *http.Request {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url+"/api/v1/gate?to=prod&by="+user, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(user, user+"-s3cret")
		return req
	}
	var refused *http.Response
	for range 5 {
		req := as("ci")
		req.Header.Set("X-Forwarded-For", "192.0.2.7") // is nobody's word
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusTooManyRequests {
			refused = resp
		}
	}
	if refused == nil {
		t.Fatal("all are taken")
	}
	if after, err := strconv.Atoi(refused.Header.Get("Retry-After")); err != nil || after < 1 || after > 60 {
		t.Errorf("Retry-After is %q", refused.Header.Get("Retry-After"))
	}
	dir := filepath.Join(s.dir, "decisions")
	if n := entriesIn(t, dir); n != 3 {
		t.Errorf("%d are logged", n)
	}
	t.Run("and is told so, also where it would wait", func(t *testing.T) {
		env := []string{client.EnvUser + "=ci", client.EnvPasswordFile + "=" + filepath.Join(s.dir, "ci")}
		code, _, stderr := runWith(t, env, "gate", "--to", "prod", "--server", server.url)
		if code != exitUnavailable || !strings.Contains(stderr, "user ci has asked for more than 3 decisions in a minute, the limit of gate.log.max_per_minute; try again in ") {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		req := as("ci")
		req.URL.Path, req.URL.RawQuery = "/api/v1/decisions", "kind=promote&by=ci"
		req.Header.Set("Content-Type", "application/json")
		if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a promotion is taken: %v, %v", resp, err)
		}
	})
	t.Run("and keeps nobody else from it", func(t *testing.T) {
		if resp, err := http.DefaultClient.Do(as("sre")); err != nil || resp.StatusCode == http.StatusTooManyRequests {
			t.Errorf("%v, %v", resp, err)
		}
	})
	t.Run("nor from reading", func(t *testing.T) {
		req := as("ci")
		req.Method, req.URL.Path, req.URL.RawQuery = http.MethodGet, "/api/v1/decisions", ""
		for range 10 {
			if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", resp, err)
			}
		}
	})
}

func TestWhatCannotBeAskedDoesNotCountAgainstAClient(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions, max_per_minute: 1}\n")
	server := startServe(t, s.config)
	for range 3 {
		if code, body := server.post(t, "/api/v1/gate?tier=prod", nil); code != http.StatusBadRequest {
			t.Fatalf("%d %s", code, body)
		}
	}
	if code, body := server.post(t, "/api/v1/gate?to=prod", nil); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
	if code, body := server.post(t, "/api/v1/gate?to=prod", nil); code != http.StatusTooManyRequests || !strings.Contains(body, "127.0.0.1 has asked for more than 1 decision in a minute") {
		t.Errorf("%d %s", code, body)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "decisions", "records", "000002.json.gz")); err == nil {
		t.Error("it is logged all the same")
	}
}
