package main

import (
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

	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/promotion"
)

// withGate adds lines to the section gate of a stage.
func (s *stage) withGate(t *testing.T, lines string) {
	t.Helper()
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, s.dir, map[string]string{"shopslo.yaml": strings.Replace(string(text), "  max_age: 10m\n", "  max_age: 10m\n"+lines, 1)})
}

// published is what the JSON of a decision says of the log.
type published struct {
	Decision promotion.Verdict
	Log      struct {
		Index *int
		Hash  string
		Why   string
	}
}

func publishedOf(t *testing.T, text string) published {
	t.Helper()
	valid(t, "gate", text)
	var p published
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// must runs a command and gives what it printed; its exit code must be that one.
func must(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := runWith(t, gitEnv(), args...)
	if code != want {
		t.Fatalf("%v: exit code %d, want %d: %s%s", args, code, want, stdout, stderr)
	}
	return stdout, stderr
}

// reads tries every way to read a log that has two entries; how says which log.
func (s *stage) reads(t *testing.T, head string, how ...string) {
	t.Helper()
	args := func(more ...string) []string { return append(append([]string{"decisions"}, more...), how...) }
	listed, _ := must(t, exitOK, args("-o", "json")...)
	valid(t, "decisions", listed)
	if table, _ := must(t, exitOK, args("--tier", "prod")...); !strings.Contains(table, "2 of 2 entries; the head is ") || !strings.Contains(table, "promote") {
		t.Errorf("%v: %s", how, table)
	}
	if none, _ := must(t, exitOK, args("--tier", "beta")...); !strings.HasPrefix(none, "0 of 2 entries") {
		t.Errorf("%v: %s", how, none)
	}
	if none, _ := must(t, exitOK, args("--overrides", "--since", "1000h")...); !strings.HasPrefix(none, "0 of 2 entries") {
		t.Errorf("%v: %s", how, none)
	}
	if said, _ := must(t, exitOK, args("verify", "--head", head)...); !strings.HasPrefix(said, "2 entries, the chain is intact") {
		t.Errorf("%v: %s", how, said)
	}
	if said, _ := must(t, exitOK, args("verify", "-o", "json")...); !strings.Contains(said, `"entries": 2`) {
		t.Errorf("verify: %s", said)
	} else {
		valid(t, "verify", said)
	}
	if _, stderr := must(t, exitNo, args("verify", "--head", strings.Repeat("0", 64))...); !strings.Contains(stderr, "is not in it") {
		t.Errorf("%v: %s", how, stderr)
	}
	record, _ := must(t, exitOK, args("show", "1")...)
	file := filepath.Join(t.TempDir(), "decision.json")
	if err := os.WriteFile(file, []byte(record), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, _ := must(t, exitOK, "gate", "--replay", file); !strings.HasPrefix(again, "PROMOTE") || strings.Contains(again, "ogged") {
		t.Errorf("%v: made again it is %s", how, again)
	}
	if _, stderr := must(t, exitUsage, args("show", "3")...); !strings.Contains(stderr, "there is no entry 3: the last of the log is 2") {
		t.Errorf("%v: %s", how, stderr)
	}
}

func TestAServerLogsEachDecision(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	ask := []string{"gate", "--to", "prod", "--server", server.url, "--at", s.at.Format(time.RFC3339)}
	first, _ := must(t, exitOK, append(ask, "-o", "json")...)
	one := publishedOf(t, first)
	if one.Log.Index == nil || *one.Log.Index != 1 {
		t.Fatalf("%+v", one)
	}
	for form, ask := range map[string][]string{"text": ask, "Markdown": append(ask[:len(ask):len(ask)], "-o", "markdown")} {
		if form == "Markdown" {
			continue // a third entry; see the git branch
		}
		if text, _ := must(t, exitOK, ask...); !strings.Contains(text, "Logged as entry 2 of the decision log, ") {
			t.Errorf("%s does not say where it is logged:\n%s", form, text)
		}
	}
	dir := filepath.Join(s.dir, "decisions")
	s.reads(t, one.Log.Hash, "--server", server.url)
	s.reads(t, one.Log.Hash, "--dir", dir)
	s.reads(t, one.Log.Hash, "--config", s.config)
	code, body := server.get(t, "/api/v1/decisions?tier=prod&since="+s.at.Add(-time.Minute).Format(time.RFC3339))
	valid(t, "decisions", body)
	if code != http.StatusOK || strings.Count(body, `"kind":"gate"`) != 2 {
		t.Errorf("%d: %s", code, body)
	}
	for path, want := range map[string]int{"?since=yesterday": 400, "/0": 400, "/3": 400, "/x": 400, "/2": 200} {
		if code, body := server.get(t, "/api/v1/decisions"+path); code != want {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	t.Run("and what a log was changed to is found", func(t *testing.T) {
		log := filepath.Join(dir, "decisions.jsonl")
		whole, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		writeFiles(t, dir, map[string]string{"decisions.jsonl": strings.Replace(string(whole), `"promote"`, `"hold"`, 1)})
		for _, how := range [][]string{{"--dir", dir}, {"--server", server.url}} {
			if _, stderr := must(t, exitNo, append([]string{"decisions", "verify"}, how...)...); !strings.Contains(stderr, "entry 2: the chain is broken") {
				t.Errorf("%v: %s", how, stderr)
			}
		}
		writeFiles(t, dir, map[string]string{"decisions.jsonl": string(whole)})
	})
	t.Run("and says so where it cannot", func(t *testing.T) {
		writeFiles(t, dir, map[string]string{"decisions.jsonl": "somebody else's\n"})
		text, _ := must(t, exitOK, append(ask, "-o", "json")...)
		if p := publishedOf(t, text); p.Log.Index != nil || !strings.Contains(p.Log.Why, "something else writes to it") || p.Decision != promotion.Promote {
			t.Errorf("%+v", p)
		}
		if !strings.Contains(server.log.String(), "a decision could not be logged") {
			t.Error(server.log)
		}
		if n, _ := server.metric(t, "shopslo_decision_log_failures_total"); n != "1" {
			t.Errorf("%q decisions that could not be logged are counted", n)
		}
	})
}

func TestAServerWhoseLogIsRequiredPromotesNothingThatItCannotLog(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions, required: true}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	writeFiles(t, filepath.Join(s.dir, "decisions"), map[string]string{"decisions.jsonl": "somebody else's\n"})
	text, _ := must(t, exitUnavailable, "gate", "--to", "prod", "--server", server.url, "--at", s.at.Format(time.RFC3339), "-o", "json")
	if p := publishedOf(t, text); p.Decision != promotion.Inconclusive || !strings.Contains(text, "The decision log, which is required, could not be reached") {
		t.Errorf("%+v", p)
	}
}

// bareRepository makes a repository that can be pushed to.
func bareRepository(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "log.git")
	cmd := exec.Command("git", "init", "--quiet", "--bare", dir)
	cmd.Env = gitEnv()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func TestAGateWithoutAServerLogsToAGitBranch(t *testing.T) {
	s := newStage(t, 0)
	repository := bareRepository(t)
	s.withGate(t, "  log: {git: {repository: "+repository+"}}\n")
	ask := []string{"gate", "--to", "prod", "--config", s.config, "--at", s.at.Format(time.RFC3339)}
	text, stderr := must(t, exitOK, append(ask, "-o", "json")...)
	one := publishedOf(t, text)
	if one.Log.Index == nil || *one.Log.Index != 1 || stderr != "" {
		t.Fatalf("%+v %s", one, stderr)
	}
	markdown := filepath.Join(s.dir, "summary.md")
	said, _ := must(t, exitOK, append(ask, "--write", "markdown="+markdown)...)
	kept, err := os.ReadFile(markdown)
	for form, text := range map[string]string{"text": said, "Markdown": string(kept)} {
		if err != nil || !strings.Contains(text, "Logged as entry 2 of the decision log, ") {
			t.Errorf("%s does not say where it is logged: %v\n%s", form, err, text)
		}
	}
	s.reads(t, one.Log.Hash, "--config", s.config)

	refusing := bareRepository(t)
	if err := os.WriteFile(filepath.Join(refusing, "hooks", "pre-receive"), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		repository string
		required   bool
		code       int
		verdict    promotion.Verdict
	}{
		"goes on where the log takes nothing":               {refusing, false, exitOK, promotion.Promote},
		"knows nothing where a required log takes nothing":  {refusing, true, exitUnavailable, promotion.Inconclusive},
		"knows nothing of rules where the log is away":      {"/nonexistent", false, exitUnavailable, promotion.Inconclusive},
		"knows nothing at all where a required log is away": {"/nonexistent", true, exitUnavailable, promotion.Inconclusive},
	} {
		t.Run("and "+name, func(t *testing.T) {
			writeFiles(t, s.dir, map[string]string{"shopslo.yaml": s.without(t, "log: {git", fmt.Sprintf("  log: {git: {repository: %s}, required: %t}\n", c.repository, c.required))})
			text, stderr := must(t, c.code, append(ask, "-o", "json")...)
			if p := publishedOf(t, text); p.Decision != c.verdict || p.Log.Index != nil || p.Log.Why == "" || !strings.Contains(stderr, "the decision was not logged") {
				t.Errorf("%+v: %s", p, stderr)
			}
			if c.repository != refusing {
				must(t, exitUnavailable, "decisions", "--config", s.config)
			}
		})
	}
}

// without is the configuration with the line that has a text replaced.
func (s *stage) without(t *testing.T, part, line string) string {
	t.Helper()
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for l := range strings.Lines(string(text)) {
		if strings.Contains(l, part) {
			l = line
		}
		b.WriteString(l)
	}
	return b.String()
}

func TestAGateThatLogsNowhereSaysSo(t *testing.T) {
	s := newStage(t, 0)
	ask := []string{"gate", "--to", "prod", "--config", s.config, "--at", s.at.Format(time.RFC3339)}
	if text, _ := must(t, exitOK, ask...); !strings.Contains(text, "Not logged: no gate.log is configured.") {
		t.Error(text)
	}
	must(t, exitUsage, "decisions", "--config", s.config)
	s.withGate(t, "  log: {dir: decisions, required: true}\n")
	text, _ := must(t, exitUnavailable, append(ask, "-o", "json")...)
	if p := publishedOf(t, text); p.Decision != promotion.Inconclusive || !strings.Contains(p.Log.Why, "gate.log.dir is the log of 'shopslo serve'") {
		t.Errorf("%+v", p)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "decisions")); !os.IsNotExist(err) {
		t.Errorf("it has made the folder of a server: %v", err)
	}
}

// hook is Slack's end of a webhook, which answers with a status.
func hook(t *testing.T, status int) (address string, told func() []string) {
	var mu sync.Mutex
	var all []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct{ Text string }
		body, _ := io.ReadAll(r.Body)
		json.Unmarshal(body, &m)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, m.Text)
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/services/hunter2", func() []string { mu.Lock(); defer mu.Unlock(); return append([]string{}, all...) }
}

func TestSlackAndMackerelAreToldOfADecision(t *testing.T) {
	s := newStage(t, 0)
	fake := mackerelfake.Start(nil)
	t.Cleanup(fake.Close)
	fake.AddService("shops")
	address, told := hook(t, http.StatusOK)
	writeFiles(t, s.dir, map[string]string{"hook": address, "key": mackerelfake.Key})
	s.withGate(t, "  tell: {slack: {webhook_file: hook}, mackerel: true, decisions: [promote]}\n")
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, s.dir, map[string]string{"shopslo.yaml": string(text) + "board: {url: 'https://shopslo.example/'}\nmackerel: {url: \"" + fake.URL + "\", api_key_file: key, service: shops}\n"})
	ask := []string{"gate", "--to", "prod", "--config", s.config, "--at", s.at.Format(time.RFC3339)}
	if _, stderr := must(t, exitOK, ask...); stderr != "" {
		t.Error(stderr)
	}
	if all := told(); len(all) != 1 || !strings.HasPrefix(all[0], "PROMOTE: Release ") || !strings.Contains(all[0], "Not logged: ") || !strings.HasSuffix(all[0], "\n<https://shopslo.example/board/gate/prod>") {
		t.Errorf("Slack was told %q", all)
	}
	notes := fake.Annotations()
	if len(notes) != 1 || !strings.HasPrefix(notes[0].Title, "prod: promote for ") || !strings.Contains(notes[0].Description, "PROMOTE: ") {
		t.Errorf("Mackerel was told %+v", notes)
	}

	t.Run("by a server once, whoever asks how often", func(t *testing.T) {
		server := startServe(t, s.config)
		server.waitReady(t)
		for range 3 {
			must(t, exitOK, "gate", "--to", "prod", "--server", server.url, "--at", s.at.Format(time.RFC3339))
		}
		eventually(t, func() string {
			if n := len(told()); n != 2 {
				return fmt.Sprintf("Slack was told %d times", n)
			}
			return ""
		})
	})
	t.Run("and where it cannot be told the exit code is the decision's", func(t *testing.T) {
		gone, _ := hook(t, http.StatusNotFound)
		writeFiles(t, s.dir, map[string]string{"hook": gone})
		if _, stderr := must(t, exitOK, ask...); !strings.Contains(stderr, "not everybody was told of the decision") || strings.Contains(stderr, "hunter2") {
			t.Error(stderr)
		}
	})
	t.Run("by a webhook of the environment", func(t *testing.T) {
		again, told := hook(t, http.StatusOK)
		writeFiles(t, s.dir, map[string]string{"shopslo.yaml": s.without(t, "tell: {", "  tell: {slack: {}}\n")})
		must(t, exitUsage, ask...)
		if code, _, stderr := runWith(t, []string{logbook.EnvSlackWebhook + "=" + again}, ask...); code != exitOK || len(told()) != 1 {
			t.Errorf("exit code %d, told %q: %s", code, told(), stderr)
		}
	})
}
