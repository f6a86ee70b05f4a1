package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A question of which a part does not count is another question.
func TestAServerRefusesAQuestionOfWhichAPartWouldNotCount(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	for query, says := range map[string]string{
		"to=prod&release=":                       "release is empty; give it a value, or leave it out",
		"to=&release=" + goodRelease:             "to is empty",
		"to=prod&at=":                            "at is empty",
		"to=prod&accept_rules=":                  "accept_rules is empty",
		"to=prod&relase=" + goodRelease:          `unknown parameter "relase" (did you mean "release"?)`,
		"to=prod&release=%zz":                    "the query cannot be read",
		"to=prod;release=" + goodRelease:         "the query cannot be read",
		"to=beta&to=prod":                        "to is given 2 times",
		"to=prod&evidence=no":                    `evidence: "no" is neither true nor false`,
		"to=prod&" + strings.Repeat("x", 10_000): "unknown parameter",
	} {
		code, body := server.post(t, "/api/v1/gate?"+query, nil)
		if code != http.StatusBadRequest || !strings.Contains(strings.ReplaceAll(body, `\"`, `"`), says) || len(body) > 1000 {
			t.Errorf("%.60s: %d %.500s", query, code, body)
		}
	}
	if text, err := os.ReadFile(filepath.Join(s.dir, "decisions", "decisions.jsonl")); err != nil || len(text) > 0 {
		t.Errorf("logged: %s, %v", text, err)
	}
}

func TestAServerLeavesTheEvidenceOutOfItsAnswer(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  log: {dir: decisions}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	code, body := server.post(t, "/api/v1/gate?to=prod&evidence=false&release="+goodRelease, nil)
	var in map[string]any
	if err := json.Unmarshal([]byte(body), &in); err != nil || code != http.StatusOK {
		t.Fatalf("%d %s: %v", code, body, err)
	}
	for name, want := range map[string]any{"version": 1.0, "from": "beta", "to": "prod", "release": goodRelease, "decision": "promote"} {
		if in[name] != want {
			t.Errorf("%s is %v", name, in[name])
		}
	}
	if log, _ := in["log"].(map[string]any); log["index"] != 1.0 || in["inputs"] != nil || in["checks"] != nil || in["at"] == nil || !strings.HasPrefix(in["summary"].(string), "PROMOTE") {
		t.Error(body)
	}
	if code, record := server.get(t, "/api/v1/decisions/1"); code != http.StatusOK || !strings.Contains(record, `"inputs"`) {
		t.Errorf("what it was made from is not logged: %d %.300s", code, record)
	}
}

// What a client of this version sends, its server knows.
func TestAServerKnowsAllThatItsClientAsks(t *testing.T) {
	s := newStage(t, 0)
	server := startServe(t, s.config)
	server.waitReady(t)
	for _, args := range [][]string{
		{"--release", goodRelease, "--fix", "https://git.example/pull/12", "--by", "mai"},
		{"--release", goodRelease, "--accept-rules", strings.Repeat("a", 64), "--by", "mai"},
		{"--release", goodRelease, "--at", s.at.Format(time.RFC3339)},
		{"--release", goodRelease, "--since", "1h"}, // which does not go with an exporter
	} {
		code, _, stderr := runWith(t, nil, append([]string{"gate", "--to", "prod", "--server", server.url}, args...)...)
		if strings.Contains(stderr, "parameter") || code == exitUsage && !strings.Contains(stderr, "--since does not go with gate.fleet") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}
