package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/shopslo/shopslo/engine/client"
)

// A server reads what deploy jobs say, and takes it from who has a password.
func TestAServerTakesReleases(t *testing.T) {
	s := newStage(t, 0).keeps(t)
	hash, err := bcrypt.GenerateFromPassword([]byte("hunter2"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, s.dir, map[string]string{"web.yml": "basic_auth_users: {sre: '" + string(hash) + "'}\n", "secret": "hunter2\n"})
	server := startServe(t, s.config, "--web.config.file", filepath.Join(s.dir, "web.yml"))
	server.client = &http.Client{Transport: withPassword{http.DefaultTransport}}
	server.waitReady(t)
	env := []string{client.EnvUser + "=sre", client.EnvPasswordFile + "=" + filepath.Join(s.dir, "secret")}
	asks := func(env []string, args ...string) (int, string) {
		code, stdout, stderr := runWith(t, env, append(args, "--server", server.url)...)
		return code, strings.Join(strings.Fields(stdout+stderr), " ")
	}
	add := func(release string, before time.Duration, more ...string) []string {
		return append([]string{"releases", "add", "--tier", "beta", "--release", release, "--at", s.ago(before), "--by", "ci"}, more...)
	}
	gate := []string{"gate", "--to", "prod", "--at", s.at.Format(time.RFC3339), "--explain"}
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		want string
	}{
		{"nobody has said anything", env, gate, exitInconclusive, "The Release to promote is unknown"},
		{"without a password", nil, add("v2", time.Hour), exitUsage, "it asks for a user and password"},
		{"with one", env, add("v2", time.Hour), exitOK, "release v2 arrived in b-1 at"},
		{"once more", env, add("v2", time.Hour), exitOK, "already in releases.jsonl"},
		{"an earlier time", env, add("v3", 2*time.Hour), exitUsage, "it contradicts the file: it says that release v3 came to b-1"},
		{"an unknown ShopSet", env, add("v3", time.Minute, "--shopset", "b-9"), exitUsage, `the fleet has no ShopSet "b-9"`},
		{"a name too long", env, add("v3", time.Minute, "--by", strings.Repeat("x", 300)), exitUsage, `"by" has more than 200 bytes`},
		{"the gate goes by it", env, gate, exitOK, "all ShopSets have had Release v2 for 1h, and sent data"},
		{"and by nothing else", env, append(gate, "--since", "2h", "--release", "v2"), exitUsage, "--since does not go with gate.releases"},
	} {
		if code, said := asks(c.env, c.args...); code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("%s: exit code %d, want %d with %q:\n%s", c.name, code, c.code, c.want, said)
		}
	}
	if data, err := os.ReadFile(filepath.Join(s.dir, "releases.jsonl")); err != nil || strings.Count(string(data), "\n") != 1 || !strings.Contains(string(data), `"by":"sre (claimed: ci)"`) {
		t.Errorf("%v: %s", err, data)
	}
	for body, want := range map[string]int{`{"release":"v3","tier":"beta"}`: http.StatusBadRequest, `{"release":"v3","tiers":["beta"],"at":"2099-01-01T00:00:00Z"}`: http.StatusBadRequest} {
		if code, said := server.post(t, client.ReleasesPath, strings.NewReader(body)); code != want {
			t.Errorf("%s: %d %s", body, code, said)
		}
	}
	whole := `{"release":"v3","tiers":["beta"]}`
	for path, body := range map[string]string{"?at=2026-11-01T00:00:00Z": whole, "?by=mai": whole, "": whole + whole} { // of which a part would not count
		if code, said := server.post(t, client.ReleasesPath+path, strings.NewReader(body)); code != http.StatusBadRequest {
			t.Errorf("%s %s: %d %s", path, body, code, said)
		}
	}
	if code, said := server.post(t, client.ReleasesPath, strings.NewReader(`{"release":"v3","tiers":["beta"]}`), "Content-Type: text/plain"); code != http.StatusUnsupportedMediaType {
		t.Error(code, said)
	}
	if code, said := server.post(t, client.ReleasesPath, strings.NewReader(`{"release":"v3","tiers":["beta"]}`), "Origin: https://evil.example"); code != http.StatusForbidden {
		t.Error(code, said)
	}
}

func TestAServerTakesNoReleaseFromAnybody(t *testing.T) {
	s := newStage(t, 0).keeps(t)
	server := startServe(t, s.config)
	server.waitReady(t)
	code, stdout, stderr := runWith(t, nil, "releases", "add", "--tier", "beta", "--release", "v2", "--server", server.url)
	if said := strings.Join(strings.Fields(stderr), " "); code != exitUsage || stdout != "" || !strings.Contains(said, "anybody could say that a release has come") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "releases.jsonl")); !os.IsNotExist(err) {
		t.Error(err)
	}
}

func TestAServerTakesAWordForWhenTheReleaseCame(t *testing.T) {
	s := newStage(t, 0).unseen(t)
	server := startServe(t, s.config)
	server.waitReady(t)
	code, stdout, stderr := runWith(t, nil, "gate", "--to", "prod", "--at", s.at.Format(time.RFC3339), "--since", "1h", "--release", "v2", "--explain", "--server", server.url)
	if said := strings.Join(strings.Fields(stdout+stderr), " "); code != exitOK || !strings.Contains(said, "all ShopSets have had Release v2 for 1h, and sent data") {
		t.Errorf("exit code %d: %s", code, said)
	}
}
