package main

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/promotion"
)

// The required check of a pull request: it passes what the gate lets through now.
func TestAPullRequestIsCheckedBeforeItIsMerged(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	first := p.pointer("tier-1")
	r := p.release("1.1.0")
	pr := p.promote(exitOK, "--to", "beta", "--pull-request")[0]["pull_request"].(map[string]any)
	branch := pr["branch"].(string)
	if pr["expires"] == nil {
		t.Errorf("%v", pr)
	}
	moves := len(p.moves)
	got := p.promote(exitOK, "--to", "beta", "--check-pull-request", branch)
	if got[0]["result"] != "mergeable" || got[0]["release"] != r || got[0]["decision"] == nil || got[0]["commit"] != p.git(p.system, "rev-parse", branch) || logs(got[0]) != "gate <nil>" {
		t.Errorf("%v", got)
	}
	p.verdict["beta"] = promotion.Hold
	if got := p.promote(exitNo, "--to", "beta", "--check-pull-request", branch); got[0]["result"] != "held" {
		t.Errorf("%v", got)
	}
	delete(p.verdict, "beta")
	p.git(p.system, "checkout", "--quiet", branch)
	p.commit(p.system, "overlays/s/kustomization.yaml", "resources: [../../app/cart, evil.yaml]\n")
	p.git(p.system, "checkout", "--quiet", "--detach")
	if got := p.promote(exitNo, "--to", "beta", "--check-pull-request", branch); got[0]["result"] != "refused" || !strings.Contains(got[0]["reason"].(string), "also changes overlays/s/kustomization.yaml") {
		t.Errorf("%v", got)
	}
	if got := p.promote(exitNo, "--to", "beta", "--pull-request"); got[0]["result"] != "refused" || !strings.Contains(got[0]["reason"].(string), "overlays/s/kustomization.yaml") {
		t.Errorf("%v", got)
	}
	if len(p.moves) != moves+1 || p.moves[moves] != "promote beta refused" || p.pointer("tier-1") != first {
		t.Errorf("a check is no move: %v", p.moves[moves:])
	}
	code, stdout, _ := p.run("promote", "--server", p.gate.URL, "--to", "beta", "--check-pull-request", p.git(p.system, "rev-parse", branch+"^"))
	if code != exitOK || !strings.HasPrefix(stdout, "MERGEABLE  dev to beta\n  Commit ") {
		t.Errorf("%d\n%s", code, stdout)
	}
	for want, args := range map[string][]string{
		"--wait does not go with --check-pull-request": {"--wait", "1h", "--check-pull-request", branch},
		"--all does not go with":                       {"--all", "--check-pull-request", branch},
		"--check-pull-request is empty":                {"--check-pull-request", ""},
		"has no branch nobody":                         {"--check-pull-request", "nobody"},
		"lowest Tier":                                  {"--to", "dev", "--check-pull-request", branch},
	} {
		if code, _, stderr := p.run(append([]string{"promote", "--server", p.gate.URL, "--to", "beta"}, args...)...); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%v: %d, want %q\n%s", args, code, want, stderr)
		}
	}
}

// The gate is not asked about a way back, so that it has to lead to what was good.
func TestTheWayBackIsNoneToWhatWasRolledBack(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	first := p.pointer("tier-1")
	bad := p.release("1.1.0")
	p.promote(exitOK, "--to", "beta")
	p.promoted(exitOK, "rollback", "--tier", "beta", "--to", first)
	p.release("1.1.1")
	p.promote(exitOK, "--to", "beta", "--fix", "https://git.example/app/pull/7")
	says := "Release " + bad[:12] + " was itself rolled back from beta, to " + first[:12]
	if got := p.promoted(exitNo, "rollback", "--tier", "beta", "--to", bad, "--pull-request"); !strings.Contains(got[0]["reason"].(string), says) {
		t.Errorf("%v", got)
	}
	pr := p.promoted(exitOK, "rollback", "--tier", "beta", "--to", bad, "--pull-request", "--anyway")[0]["pull_request"].(map[string]any)
	if got := p.promote(exitNo, "--to", "beta", "--check-pull-request", pr["branch"].(string)); got[0]["result"] != "refused" || !strings.Contains(got[0]["reason"].(string), says) {
		t.Errorf("%v", got)
	}
	p.promote(exitOK, "--to", "beta", "--check-pull-request", pr["branch"].(string), "--again")
	good := p.promoted(exitOK, "rollback", "--tier", "beta", "--to", first, "--pull-request")[0]["pull_request"].(map[string]any)
	p.promote(exitOK, "--to", "beta", "--check-pull-request", good["branch"].(string))
}

// What was proposed before a Tier was moved may not be merged any more, at once.
func TestAMoveClosesThePullRequestsFromBefore(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	open := func() string {
		return p.git(p.system, "for-each-ref", "--format=%(refname:short)", "refs/heads/shopslo")
	}
	first := p.pointer("tier-1")
	p.release("1.1.0")
	p.promote(exitOK, "--to", "beta", "--pull-request")
	if !strings.HasPrefix(open(), "shopslo/beta-") {
		t.Fatalf("open: %q", open())
	}
	p.promote(exitOK, "--to", "beta")
	if left := open(); left != "" {
		t.Errorf("after a promotion: %s", left)
	}
	p.release("1.1.1")
	p.promote(exitOK, "--to", "beta", "--pull-request")
	p.promoted(exitOK, "rollback", "--tier", "beta", "--to", first)
	if left := open(); left != "" {
		t.Errorf("after a rollback: %s", left)
	}
}
