package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatWasRolledBackComesBackWithANamedFixOnly(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	first := p.pointer("tier-1")
	bad := p.release("1.1.0")
	p.promote(exitOK, "--to", "beta")
	p.promoted(exitOK, "rollback", "--tier", "beta", "--to", first)
	next := p.release("1.1.1")
	got := p.promote(exitNo, "--to", "beta")
	if got[0]["result"] != "refused" || !strings.Contains(got[0]["reason"].(string), bad[:12]) || p.pointer("tier-1") != first {
		t.Errorf("%v", got)
	}
	got = p.promote(exitOK, "--to", "beta", "--fix", "https://git.example/app/pull/7")
	if p.pointer("tier-1") != next || !strings.Contains(got[0]["reason"].(string), "which contains "+bad[:12]+", rolled back before, and mends https://git.example/app/pull/7 (--fix)") {
		t.Errorf("%v", got)
	}
}

// A machine that comes anew, as in CI, has what the decision log remembers.
func TestARollbackByForcePushIsKnownToTheDecisionLog(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	forget := func() {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(p.dir, "mirrors")); err != nil {
			t.Fatal(err)
		}
	}
	config, err := os.ReadFile(filepath.Join(p.dir, "shopslo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	with := func(repository string) {
		writeFiles(t, p.dir, map[string]string{"shopslo.yaml": strings.Replace(string(config), "gate: {", "gate: {log: {git: {repository: "+repository+"}}, ", 1)})
	}
	log := bareRepository(t)
	with(log)
	first, before := p.pointer("tier-1"), p.git(p.system, "rev-parse", "tier-1")
	bad := p.release("1.1.0")
	if got := p.promote(exitOK, "--to", "beta"); fmt.Sprint(got[0]["notes"]) != "[]" {
		t.Errorf("%v", got)
	}
	p.git(p.system, "update-ref", "refs/heads/tier-1", before)
	p.release("1.1.1")
	forget()
	if got := p.promote(exitNo, "--to", "beta"); got[0]["result"] != "refused" || !strings.Contains(got[0]["reason"].(string), "was rolled back from "+bad[:12]) {
		t.Errorf("%v", got)
	}
	with("/nonexistent")
	if code, stdout, stderr := p.run("promote", "--server", p.gate.URL, "--to", "beta"); code != exitUnavailable || !strings.Contains(stderr, "look up what was rolled back from beta") || p.pointer("tier-1") != first {
		t.Errorf("a log that is away: %d: %s%s", code, stdout, stderr)
	}
	// Without a log nobody can know, which is said.
	writeFiles(t, p.dir, map[string]string{"shopslo.yaml": string(config)})
	forget()
	code, stdout, stderr := p.run("promote", "--server", p.gate.URL, "--to", "beta", "--dry-run")
	if code != exitOK || !strings.Contains(stdout, "  note: No decision log tells what beta had before (no gate.log is configured): a rollback by force-push goes unnoticed") {
		t.Errorf("%d: %s%s", code, stdout, stderr)
	}
	if got := p.promote(exitOK, "--to", "beta"); len(got[0]["notes"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
}

// A pull request that was merged leaves an entry with the next run, also where a force-push then
// takes it back.
func TestARollbackByForcePushOfWhatWasMergedIsKnown(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	config, err := os.ReadFile(filepath.Join(p.dir, "shopslo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, p.dir, map[string]string{"shopslo.yaml": strings.Replace(string(config), "gate: {", "gate: {log: {git: {repository: "+bareRepository(t)+"}}, ", 1)})
	before := p.git(p.system, "rev-parse", "tier-1")
	bad := p.release("1.1.0")
	pr := p.promote(exitOK, "--to", "beta", "--pull-request")[0]["pull_request"].(map[string]any)
	p.git(p.system, "update-ref", "refs/heads/tier-1", pr["branch"].(string))
	for _, want := range []string{"promote 2", ""} { // once
		if got := p.promote(exitOK, "--to", "beta", "--pull-request"); got[0]["result"] != "already" || logs(got[0]) != want {
			t.Errorf("%v", got)
		}
	}
	p.git(p.system, "update-ref", "refs/heads/tier-1", before)
	if err := os.RemoveAll(filepath.Join(p.dir, "mirrors")); err != nil {
		t.Fatal(err)
	}
	p.release("1.1.1")
	if got := p.promote(exitNo, "--to", "beta"); got[0]["result"] != "refused" || !strings.Contains(got[0]["reason"].(string), "was rolled back from "+bad[:12]) {
		t.Errorf("%v", got)
	}
}
