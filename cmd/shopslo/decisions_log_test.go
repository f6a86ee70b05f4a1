package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/shopslo/shopslo/engine/client"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

func TestASecondServerOnTheSameLogSaysWhoHoldsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	one, two := newStage(t, 0), newStage(t, 0)
	for _, s := range []*stage{one, two} {
		s.withGate(t, "  log: {dir: "+dir+"}\n")
	}
	first := startServe(t, one.config)
	first.waitReady(t)
	code, _, stderr := runWith(t, nil, "serve", "--config", two.config, "--web.listen-address", "127.0.0.1:0")
	if want := fmt.Sprintf("it is held by pid %d on ", os.Getpid()); code != exitUsage || !strings.Contains(stderr, want) || !strings.Contains(stderr, "a separate folder for each server") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if _, stderr := must(t, exitUsage, "decisions", "repair", "--dir", dir); !strings.Contains(stderr, "it is held by pid ") {
		t.Error(stderr)
	}
	first.stop(t)
	second := startServe(t, two.config)
	second.waitReady(t)
}

func TestADamagedLogIsRepairedAndVerifiedByWhatWasPublished(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	var heads []string
	for range 4 {
		text, _ := must(t, exitOK, "gate", "--to", "prod", "--server", server.url, "--at", s.at.Format(time.RFC3339), "-o", "json")
		heads = append(heads, publishedOf(t, text).Log.Hash)
	}
	server.stop(t)
	dir := filepath.Join(s.dir, "decisions")
	whole, err := os.ReadFile(filepath.Join(dir, decisionlog.File))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	lines[1] = strings.Replace(lines[1], `"promote"`, `"hold"`, 1)
	writeFiles(t, dir, map[string]string{decisionlog.File: strings.Join(lines, "")})
	if code, _, stderr := runWith(t, nil, "serve", "--config", s.config, "--web.listen-address", "127.0.0.1:0"); code != exitUsage || !strings.Contains(stderr, "shopslo decisions repair") {
		t.Errorf("a server starts on a broken log: %d %s", code, stderr)
	}
	planned, _ := must(t, exitNo, "decisions", "repair", "--dry-run", "--config", s.config)
	for _, want := range []string{"A repair would leave: 1 entry kept, 2 appended again, 1 lost", "entry 4 would be appended again as entry 3", "Nothing was changed."} {
		if !strings.Contains(planned, want) {
			t.Errorf("%q is not in %s", want, planned)
		}
	}
	planned, _ = must(t, exitNo, "decisions", "repair", "--dry-run", "--dir", dir, "-o", "json")
	valid(t, "repair", planned)
	if !strings.Contains(planned, `"dry_run": true`) {
		t.Error(planned)
	}
	said, _ := must(t, exitOK, "decisions", "repair", "--config", s.config)
	for _, want := range []string{"1 entry kept, 2 appended again, 1 lost", "lost: entry 2: changed", "entry 4 was appended again as entry 3", filepath.Join(dir, "broken-")} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
	for head, want := range map[string]string{heads[0]: "is that of entry 1: it and all earlier entries", heads[3]: "is that of entry 3, which was entry 4 before a repair"} {
		if said, _ := must(t, exitOK, "decisions", "verify", "--dir", dir, "--head", strings.ToUpper(head)); !strings.Contains(said, want) || !strings.Contains(said, "Entry 4 records a repair") {
			t.Error(said)
		}
	}
	must(t, exitNo, "decisions", "verify", "--dir", dir, "--head", heads[1])
	must(t, exitUsage, "decisions", "verify", "--dir", dir, "--head", heads[1][:20])
	listed, _ := must(t, exitOK, "decisions", "--dir", dir, "-o", "json")
	valid(t, "decisions", listed)
	checked, _ := must(t, exitOK, "decisions", "verify", "--dir", dir, "-o", "json")
	valid(t, "verify", checked)
	if said, _ := must(t, exitOK, "decisions", "repair", "--dry-run", "--dir", dir); !strings.HasPrefix(said, "Nothing to repair: 4 entries") {
		t.Error(said)
	}
	again, _ := must(t, exitOK, "decisions", "repair", "--dir", dir, "-o", "json")
	valid(t, "repair", again)
	if !strings.Contains(again, `"repair": null`) {
		t.Error(again)
	}
	if err := os.Remove(filepath.Join(dir, "records", "000001.json.gz")); err != nil {
		t.Fatal(err)
	}
	again, _ = must(t, exitOK, "decisions", "repair", "--dir", dir, "-o", "json")
	valid(t, "repair", again)
	must(t, exitOK, "decisions", "verify", "--dir", dir, "--head", heads[3])
	server = startServe(t, s.config)
	server.waitReady(t)
	if said, _ := must(t, exitOK, "decisions", "verify", "--server", server.url, "--head", heads[3]); !strings.HasPrefix(said, "5 entries") {
		t.Error(said)
	}
}

// A page of another site can have a browser send GET by an image and POST by a form.
func TestAnotherSitesPageCannotWriteToTheLog(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	path := client.GatePath + "?to=prod&at=" + s.at.Format(time.RFC3339)
	if code, body := server.get(t, path); code != http.StatusMethodNotAllowed || !strings.Contains(body, "the gate is asked with POST") || !strings.Contains(body, "update the shopslo") {
		t.Errorf("GET: %d %s", code, body)
	}
	for _, header := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example", "Origin: null"} {
		for _, path := range []string{path, client.DecisionsPath + "?kind=promote"} {
			if code, body := server.post(t, path, nil, header); code != http.StatusForbidden || !strings.Contains(body, "another site") {
				t.Errorf("%s: %d %s", header, code, body)
			}
		}
	}
	if list, _ := must(t, exitOK, "decisions", "--server", server.url); !strings.HasPrefix(list, "0 of 0 entries") {
		t.Errorf("it was logged: %s", list)
	}
	for _, header := range []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none", "Origin: " + server.url, "X-Nothing: x"} {
		if code, body := server.post(t, path, nil, header); code != http.StatusOK {
			t.Errorf("%s: %d %s", header, code, body)
		}
	}
}

func TestAServerOfBeforeIsToldApart(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+client.GatePath, func(http.ResponseWriter, *http.Request) { t.Error("asked with GET") })
	old := httptest.NewServer(mux)
	defer old.Close()
	if _, stderr := must(t, exitUsage, "gate", "--to", "prod", "--server", old.URL); !strings.Contains(stderr, "it is of another version than this shopslo; update the older of the two") {
		t.Error(stderr)
	}
}

// entriesOf lists the log of a server.
func entriesOf(t *testing.T, server *serving) []decisionlog.Entry {
	t.Helper()
	code, body := server.get(t, client.DecisionsPath)
	if code != http.StatusOK {
		t.Fatal(code, body)
	}
	valid(t, "decisions", body)
	var list struct{ Decisions []decisionlog.Entry }
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	return list.Decisions
}

func TestWhoAskedIsTheUserOfThePassword(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	hash, err := bcrypt.GenerateFromPassword([]byte("hunter2"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, s.dir, map[string]string{"web.yml": "basic_auth_users: {sre: '" + string(hash) + "'}\n"})
	for _, c := range []struct {
		args           []string
		user, by, says string
	}{{[]string{"--web.config.file", filepath.Join(s.dir, "web.yml")}, "sre", "mai", "sre (claimed: mai)"}, {nil, "", "mai", "mai"}} {
		server := startServe(t, s.config, c.args...)
		server.client = &http.Client{Transport: withPassword{http.DefaultTransport}}
		server.waitReady(t)
		code, body := server.post(t, client.GatePath+"?to=prod&by=mai&fix=https://x.example/1&at="+s.at.Format(time.RFC3339), nil)
		if code != http.StatusOK || !strings.Contains(body, `"by": "`+c.says+`"`) {
			t.Errorf("%d %.300s", code, body)
		}
		all := entriesOf(t, server)
		if e := all[len(all)-1]; e.User != c.user || e.By != c.by {
			t.Errorf("logged as user %q, by %q", e.User, e.By)
		}
		server.stop(t)
	}
}

func TestOneClientCannotFillTheLog(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	move := func(tier, at, reason string) (int, string) {
		body := fmt.Sprintf(`{"version": 1, "at": %q, "promotions": [{"to": %q, "result": "promoted", "release": "3f2c1abd9e8f", "reason": %q}]}`, at, tier, reason)
		return server.post(t, client.DecisionsPath+"?kind=promote&by=mai", strings.NewReader(body))
	}
	now := time.Now().UTC().Format(time.RFC3339)
	for name, c := range map[string]struct{ tier, at, reason, want string }{
		"an unknown Tier": {"moon", now, "x", "the fleet has no Tier"},
		"the year 9999":   {"prod", "9999-12-31T23:59:59Z", "x", "by this server's clock"},
		"a year ago":      {"prod", time.Now().AddDate(-1, 0, 0).UTC().Format(time.RFC3339), "x", "by this server's clock"},
		"33 MiB":          {"prod", now, strings.Repeat("x", 33<<20), "too large"},
	} {
		if code, body := move(c.tier, c.at, c.reason); code != http.StatusBadRequest || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %.300s", name, code, body)
		}
	}
	if code, body := server.post(t, client.GatePath+"?to=prod&at=9999-12-31T23:59:59Z", nil); code != http.StatusBadRequest || !strings.Contains(body, "has not come yet") {
		t.Errorf("a gate of the year 9999: %d %.300s", code, body)
	}
	if code, body := server.post(t, client.GatePath+"?to=moon", nil); code != http.StatusBadRequest {
		t.Errorf("a gate to an unknown Tier: %d %.300s", code, body)
	}
	for query, want := range map[string]string{"?kind=promote&kind=rollback": "kind is given 2 times", "?kind=promote&by=": "by is empty", "?kind=promote&tier=beta": "unknown parameter"} {
		body := fmt.Sprintf(`{"version": 1, "at": %q, "promotions": [{"to": "prod", "result": "promoted", "reason": "x"}]}`, now)
		if code, answer := server.post(t, client.DecisionsPath+query, strings.NewReader(body)); code != http.StatusBadRequest || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %.300s", query, code, answer)
		}
	}
	for said, want := range map[string]string{
		`"result": "rolled_back"`:                                                 "without a release",
		`"result": "promoted", "release": "::error::\n@all"`:                      "is not a release",
		`"result": "rolled_back", "release": "3f2c1abd9e8f", "replaces": "<img>"`: "is not a release",
	} {
		body := fmt.Sprintf(`{"version": 1, "at": %q, "promotions": [{"to": "prod", %s, "reason": "x"}]}`, now, said)
		if code, answer := server.post(t, client.DecisionsPath+"?kind=rollback", strings.NewReader(body)); code != http.StatusBadRequest || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %.300s", said, code, answer)
		}
	}
	for range 3 {
		if code, body := move("prod", now, strings.Repeat("x", 31<<20)); code != http.StatusOK {
			t.Errorf("%d %.300s", code, body)
		}
	}
	info, err := os.Stat(filepath.Join(s.dir, "decisions", decisionlog.File))
	if err != nil || info.Size() > 10_000 || len(entriesOf(t, server)) != 3 {
		t.Errorf("three entries take %v, %v", info, err)
	}
}

// A proxy of HTTP/1.0 tells the end of an answer by closing the connection, whether or not
// that was the end.
func TestALogThatAProxyCutsOffIsNotTakenForTheWhole(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	var last string
	for range 3 {
		text, _ := must(t, exitOK, "gate", "--to", "prod", "--server", server.url, "-o", "json")
		last = publishedOf(t, text).Log.Hash
	}
	for lines, want := range map[int]int{0: exitUnavailable, 2: exitUnavailable, 3: exitOK} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			resp, err := http.Get(server.url + r.URL.Path)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Error(err)
			}
			if strings.HasSuffix(r.URL.Path, "/log") {
				body = bytes.Join(bytes.SplitAfter(body, []byte("\n"))[:lines], nil)
			}
			maps.Copy(w.Header(), resp.Header)
			w.Header().Del("Content-Length")
			w.Write(body)
		}))
		t.Cleanup(proxy.Close)
		for _, args := range [][]string{{"verify"}, {"-o", "json"}, {"verify", "--head", last}} {
			if _, stderr := must(t, want, append(append([]string{"decisions"}, args...), "--server", proxy.URL)...); want != exitOK && !strings.Contains(stderr, fmt.Sprintf("the log that came ends at entry %d, before its head", lines)) {
				t.Errorf("%d lines: %v: %s", lines, args, stderr)
			}
		}
	}
}
