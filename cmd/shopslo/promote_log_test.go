package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// logMove is the server's log of what was moved.
func (p *platform) logMove(w http.ResponseWriter, r *http.Request) {
	record, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Error(err)
	}
	e, err := decisionlog.OfMove(decisionlog.Kind(r.URL.Query().Get("kind")), r.URL.Query().Get("by"), record)
	if err != nil || r.Header.Get("Content-Type") != "application/json" {
		p.t.Errorf("%s: %v", record, err)
	}
	p.moves = append(p.moves, fmt.Sprintf("%s %s %s", e.Kind, e.To, e.Result))
	fmt.Fprintf(w, `{"version": 1, "log": {"index": %d, "hash": "%064d", "why": null}}`, len(p.moves), len(p.moves))
}

// logs gives the entries of a promotion as "entry index".
func logs(one map[string]any) string {
	var all []string
	list, _ := one["logged"].([]any)
	for _, l := range list {
		m := l.(map[string]any)
		all = append(all, fmt.Sprint(m["entry"], " ", m["index"]))
	}
	return strings.Join(all, ", ")
}

func TestWhatIsMovedIsLoggedByTheServer(t *testing.T) {
	p := newPlatform(t)
	first := p.pointer("tier-1")
	p.release("1.1.0")
	if got := p.promote(exitOK, "--to", "beta", "--dry-run"); logs(got[0]) != "" {
		t.Errorf("a dry run: %v", got)
	}
	if got := p.promote(exitOK, "--to", "beta"); logs(got[0]) != "gate <nil>, promote 1" {
		t.Errorf("%v", logs(got[0]))
	}
	if got := p.promote(exitOK, "--to", "beta"); logs(got[0]) != "" {
		t.Errorf("nothing was done: %v", logs(got[0]))
	}
	if got := p.promoted(exitOK, "rollback", "--server", p.gate.URL, "--tier", "beta", "--to", first); logs(got[0]) != "rollback 2" {
		t.Errorf("%v", logs(got[0]))
	}
	if got := strings.Join(p.moves, "|"); got != "promote beta promoted|rollback beta rolled_back" {
		t.Error(got)
	}
}

func TestWhatIsMovedIsLoggedInAGitBranch(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	repository := bareRepository(t)
	config, err := os.ReadFile(filepath.Join(p.dir, "shopslo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	with := func(log string) {
		writeFiles(t, p.dir, map[string]string{"shopslo.yaml": strings.Replace(string(config), "gate: {", "gate: {log: "+log+", ", 1)})
	}
	with("{git: {repository: " + repository + "}}")
	first := p.pointer("tier-1")
	r := p.release("1.1.0")
	if got := p.promote(exitOK, "--to", "beta"); logs(got[0]) != "gate <nil>, promote 1" { // the gate was a server's, which keeps no log
		t.Errorf("%v", logs(got[0]))
	}
	// Without a server the source is away: the gate's own decision is logged once, however often it is asked.
	if code, stdout, stderr := p.run("promote", "--to", "prod", "--wait", "2s", "--every", "1s"); code != exitUnavailable || !strings.Contains(stdout, "logged (gate) as entry 2") {
		t.Errorf("%d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr := p.run("rollback", "--tier", "beta", "--to", first)
	if code != exitOK || !strings.Contains(stdout, "logged (rollback) as entry 3") {
		t.Errorf("%d: %s%s", code, stdout, stderr)
	}
	_, table, _ := p.run("decisions")
	for _, want := range []string{"promote   beta  " + r[:12] + "  promoted", "gate      prod  ", "rollback  beta  " + first[:12] + "  rolled_back", "3 of 3 entries"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if code, said, stderr := p.run("decisions", "verify"); code != exitOK {
		t.Errorf("%d: %s%s", code, said, stderr)
	}

	with("{git: {repository: /nonexistent}}")
	p.promote(exitOK, "--to", "beta", "--again")
	if code, stdout, stderr := p.run("rollback", "--tier", "beta", "--to", first); code != exitOK || !strings.Contains(stdout, "not logged (rollback)") || !strings.Contains(stderr, "the rollback of beta was not logged") {
		t.Errorf("a log that is away keeps nobody from going back: %d: %s%s", code, stdout, stderr)
	}
}
