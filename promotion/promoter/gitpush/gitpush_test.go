package gitpush

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/promoter"
)

var ctx = context.Background()

func TestAReleaseGoesUpTierByTier(t *testing.T) {
	t.Parallel()
	for name, single := range map[string]bool{"with a submodule": false, "in a single repository": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, single)
			old := w.pointer("tier-2")
			r := w.release("tier-0", "cart/configmap.yaml", "version: 1.1.0", "README.md", "x")
			p := w.promoter()
			before := w.head(w.system, "tier-1")

			got := w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
			if got.Release != r || got.Replaces != old || got.From != "dev" || got.Decision == nil {
				t.Errorf("%+v", got)
			}
			if len(got.Changes) != 1 || strings.Join(got.Changes[0].Folders, " ") != "cart" || got.Changes[0].Subject != "commit "+strings.TrimPrefix(got.Changes[0].Subject, "commit ") {
				t.Errorf("changes %+v", got.Changes)
			}
			if w.pointer("tier-1") != r || w.head(w.app, "tier-1") != string(r) || w.pointer("tier-2") != old {
				t.Errorf("state\n%s", w.state())
			}
			if !single {
				if parent := w.git(w.system, "rev-parse", "tier-1^"); parent != before || w.head(w.system, "tier-1") != got.Commit {
					t.Errorf("the commit %s stands on %s, want %s", got.Commit, parent, before)
				}
				if diff := w.git(w.system, "diff-tree", "-r", "--name-only", "--no-commit-id", "tier-1"); diff != "app" {
					t.Errorf("the commit changes %q, want app only", diff)
				}
				if m := w.git(w.system, "log", "-1", "--format=%an <%ae>%n%B", "tier-1"); !strings.HasPrefix(m, "shopslo <shopslo@localhost>\nPromote "+promoter.Short(r)+" to beta\n") ||
					!strings.Contains(m, "Shopslo-Release: "+string(r)) || !strings.Contains(m, "2026-11-02T09:30:00Z: 1 passed") {
					t.Errorf("message %s", m)
				}
			}
			w.promote(p, "prod", promoter.Options{}, promoter.Promoted)
			state := w.state()
			for _, to := range []fleet.TierName{"beta", "prod"} {
				w.promote(p, to, promoter.Options{}, promoter.Already)
			}
			if w.state() != state || w.pointer("tier-2") != r {
				t.Errorf("state\n%s, want\n%s", w.state(), state)
			}
		})
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.release("tier-0", "api/x.yaml", "1")
	before := w.state()
	got := w.promote(w.promoter(), "beta", promoter.Options{DryRun: true}, promoter.Planned)
	if w.state() != before || !strings.Contains(got.Reason, "fast-forward branch tier-1") || !strings.Contains(got.Reason, "commit ") {
		t.Errorf("%s\n%s", got.Reason, w.state())
	}
	got = w.promote(w.promoter(), "beta", promoter.Options{DryRun: true, PullRequest: true}, promoter.Planned)
	if w.state() != before || !strings.Contains(got.Reason, "then push branch shopslo/beta-") || !strings.Contains(got.Reason, "for a pull request into tier-1") {
		t.Errorf("%s\n%s", got.Reason, w.state())
	}
	single := newWorld(t, true)
	single.release("tier-0", "api/x.yaml", "1")
	got = single.promote(single.promoter(), "beta", promoter.Options{DryRun: true}, promoter.Planned)
	if !strings.HasPrefix(got.Reason, "Would fast-forward branch tier-1 from ") {
		t.Errorf("of a single repository: %s", got.Reason)
	}
}

func TestWhatTheTargetHoldsAloneIsRefused(t *testing.T) {
	t.Parallel()
	hotfix := func(w *world) { w.set(w.app, "tier-1", w.write(w.app, w.head(w.app, "tier-1"), "cart/hotfix", "1")) }
	for name, c := range map[string]struct {
		do   func(w *world)
		want string
	}{
		"a hotfix on the target's app branch":    {hotfix, "not contained in Release"},
		"a hotfix that the target already runs":  {func(w *world) { w.release("tier-1", "cart/hotfix", "1") }, "not contained in Release"},
		"a pointer to what no branch of dev has": {func(w *world) { w.set(w.app, "tier-0", w.head(w.app, "tier-1")) }, "not in the app repository"},
		"a pointer beside the app branch": {func(w *world) {
			w.set(w.app, "side", w.head(w.app, "tier-0"))
			w.set(w.app, "tier-0", w.head(w.app, "tier-1"))
		}, "not on its branch tier-0"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, false)
			w.release("tier-0", "api/x.yaml", "1")
			c.do(w)
			before := w.state()
			got := w.promote(w.promoter(), "beta", promoter.Options{}, promoter.Refused)
			if !strings.Contains(got.Reason, c.want) || w.state() != before || got.ExitCode() != 1 {
				t.Errorf("%s\n%s", got.Reason, w.state())
			}
		})
	}
}

func TestNoTierIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	r := w.release("tier-0", "api/x.yaml", "1")
	// Somebody pushes it to beta by hand, and takes it back in dev.
	w.set(w.app, "tier-1", string(r))
	w.set(w.system, "tier-1", w.refer(w.head(w.system, "tier-1"), string(r)))
	w.set(w.system, "tier-0", w.refer(w.head(w.system, "tier-0"), w.head(w.app, "tier-2")))
	got := w.promote(w.promoter(), "prod", promoter.Options{}, promoter.Refused)
	if !strings.Contains(got.Reason, "dev has Release") || !strings.Contains(got.Reason, "in every lower Tier first") {
		t.Error(got.Reason)
	}
}

func TestARollbackIsACommitWithTheOlderRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	p := w.promoter()
	first := w.pointer("tier-1")
	r := w.release("tier-0", "api/x.yaml", "1")
	w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
	app, before := w.head(w.app, "tier-1"), w.head(w.system, "tier-1")

	if got, err := p.Rollback(ctx, "beta", string(r), promoter.Options{}); err != nil || got.Result != promoter.Already {
		t.Errorf("to what it has: %s (%s), %v", got.Result, got.Reason, err)
	}
	got, err := p.Rollback(ctx, "beta", string(first)[:8], promoter.Options{})
	if err != nil || got.Result != promoter.RolledBack || got.ExitCode() != 0 || got.Decision != nil {
		t.Fatalf("%s (%s), %v", got.Result, got.Reason, err)
	}
	if w.pointer("tier-1") != first || w.head(w.app, "tier-1") != app || w.git(w.system, "rev-parse", "tier-1^") != before {
		t.Errorf("state\n%s", w.state())
	}
	if len(got.Changes) != 1 || got.Changes[0].ID != string(r) {
		t.Errorf("it takes %+v", got.Changes)
	}
	refused := w.promote(p, "beta", promoter.Options{}, promoter.Refused)
	if !strings.Contains(refused.Reason, "was rolled back from "+promoter.Short(r)) {
		t.Error(refused.Reason)
	}
	mend := w.release("tier-0", "api/x.yaml", "2")
	w.promote(p, "beta", promoter.Options{Fix: "https://git.example/app/pull/7"}, promoter.Promoted)
	if w.pointer("tier-1") != mend {
		t.Errorf("state\n%s", w.state())
	}
	if got, err := p.Rollback(ctx, "beta", string(r), promoter.Options{}); err != nil || got.Result != promoter.Refused || !strings.Contains(got.Reason, "was itself rolled back from beta") {
		t.Errorf("to what was rolled back: %s (%s), %v", got.Result, got.Reason, err)
	}
	if got, err := p.Rollback(ctx, "beta", string(r), promoter.Options{Again: true}); err != nil || got.Result != promoter.RolledBack {
		t.Errorf("to one that it had: %s (%s), %v", got.Result, got.Reason, err)
	}
	w.promote(p, "beta", promoter.Options{Again: true}, promoter.Promoted)

	if got, err := p.Rollback(ctx, "prod", string(mend), promoter.Options{}); err != nil || got.Result != promoter.Refused || !strings.Contains(got.Reason, "not older") {
		t.Errorf("to a newer one: %s (%s), %v", got.Result, got.Reason, err)
	}
	w.release("tier-0", "api/x.yaml", "3")
	w.release("tier-0", "api/x.yaml", "4")
	skipped := w.git(w.app, "rev-parse", "tier-0^")
	w.promote(p, "beta", promoter.Options{}, promoter.Promoted)
	if got, err := p.Rollback(ctx, "beta", skipped, promoter.Options{}); err != nil || got.Result != promoter.Refused || !strings.Contains(got.Reason, "never ran") {
		t.Errorf("to one that it never had: %s (%s), %v", got.Result, got.Reason, err)
	}
	for _, id := range []string{"", "HEAD", "tier-0", "abc", strings.Repeat("0", 40), "--all", "0123456"} {
		if _, err := p.Rollback(ctx, "beta", id, promoter.Options{}); !errors.Is(err, promoter.ErrUnknown) {
			t.Errorf("to %q: %v", id, err)
		}
	}
}

func TestASingleRepositoryIsNotRolledBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	got, err := w.promoter().Rollback(ctx, "beta", w.head(w.app, "tier-0"), promoter.Options{})
	if err != nil || got.Result != promoter.Refused || !strings.Contains(got.Reason, "revert") {
		t.Errorf("%s (%s), %v", got.Result, got.Reason, err)
	}
}

func TestAPullRequestIsABranchWithItsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	p := w.promoter()
	p.Compare = "https://git.example.com/app/compare/{from}...{to}"
	first := w.pointer("tier-1")
	r := w.release("tier-0", "cart/x.yaml", "1")
	system := w.head(w.system, "tier-1")
	got := w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
	pr := got.Proposal
	if w.head(w.system, "tier-1") != system || pr == nil || w.head(w.system, pr.Branch) != got.Commit || pr.Into != "tier-1" {
		t.Fatalf("%+v\n%s", pr, w.state())
	}
	if w.git(w.system, "rev-parse", pr.Branch+":app") != string(r) || w.git(w.system, "rev-parse", pr.Branch+"^") != system {
		t.Error("the branch has something else")
	}
	for _, want := range []string{"compare/" + string(first) + "..." + string(r), "## Gate: promote", "### cart", "- `" + promoter.Short(r) + "`"} {
		if !strings.Contains(pr.Body, want) {
			t.Errorf("no %q in\n%s", want, pr.Body)
		}
	}
	again := w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
	if again.Commit != got.Commit || again.Proposal.Branch != pr.Branch {
		t.Errorf("a second run proposes %s", again.Commit)
	}
	w.set(w.system, "tier-1", got.Commit) // somebody merges it
	w.promote(p, "beta", promoter.Options{PullRequest: true}, promoter.Already)

	back, err := p.Rollback(ctx, "beta", string(first), promoter.Options{PullRequest: true})
	if err != nil || back.Result != promoter.Proposed {
		t.Fatalf("%s: %v", back.Result, err)
	}
	for _, want := range []string{"Rolls **beta** back to Release `" + promoter.Short(first) + "`", "## Reverted changes\n\n### cart\n\n- `" + promoter.Short(r)} {
		if !strings.Contains(back.Proposal.Body, want) {
			t.Errorf("no %q in\n%s", want, back.Proposal.Body)
		}
	}
}

func TestWhatCannotBeReachedIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.release("tier-0", "cart/x.yaml", "1")
	p := w.promoter()
	if err := os.Rename(w.app, w.app+"-gone"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Promote(ctx, "beta", promoter.Options{}); !errors.Is(err, promoter.ErrUnreachable) || !strings.Contains(err.Error(), w.app) {
		t.Errorf("error %v", err)
	}
	if err := os.Rename(w.app+"-gone", w.app); err != nil {
		t.Fatal(err)
	}
	w.git(w.system, "update-ref", "-d", "refs/heads/tier-1")
	if _, err := p.Promote(ctx, "beta", promoter.Options{}); !errors.Is(err, promoter.ErrUnknown) || !strings.Contains(err.Error(), "no branch tier-1") {
		t.Errorf("error %v", err)
	}
	w.set(w.system, "tier-1", w.write(w.system, "", "README.md", "no submodule"))
	if _, err := p.Promote(ctx, "beta", promoter.Options{}); !errors.Is(err, promoter.ErrUnknown) || !strings.Contains(err.Error(), "nothing at path app") {
		t.Errorf("error %v", err)
	}
}

func TestARepositoryThatForbidsThePushIsToldInItsWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.release("tier-0", "cart/x.yaml", "1")
	hook := filepath.Join(w.system, "hooks", "pre-receive")
	if err := os.MkdirAll(filepath.Dir(hook), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\necho tier-1 is protected >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	got := w.promote(w.promoter(), "beta", promoter.Options{}, promoter.Refused)
	if !strings.Contains(got.Reason, "tier-1 is protected") || !strings.Contains(got.Reason, "--pull-request") {
		t.Error(got.Reason)
	}
}

func TestAHookOfOursCanForbidThePush(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.release("tier-0", "cart/x.yaml", "1")
	before := w.state()
	c := w.config()
	c.Hooks = t.TempDir()
	if err := os.WriteFile(filepath.Join(c.Hooks, "pre-push"), []byte("#!/bin/sh\necho not on Fridays >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	got := w.promote(promoterOf(w.fleet, w.open(c)), "beta", promoter.Options{}, promoter.Refused)
	if !strings.Contains(got.Reason, "not on Fridays") || w.state() != before {
		t.Error(got.Reason)
	}
}

func TestCommitsAreSignedAndSayWhoMadeThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.release("tier-0", "cart/x.yaml", "1")
	c := w.config()
	key := filepath.Join(t.TempDir(), "key")
	c.Author, c.Sign = Author{"Release Bot", "bot@example.com"}, Sign{"ssh", key}
	sshKeygen(t, key)
	w.promote(promoterOf(w.fleet, w.open(c)), "beta", promoter.Options{}, promoter.Promoted)
	raw := w.git(w.system, "cat-file", "commit", "tier-1")
	if !strings.Contains(raw, "author Release Bot <bot@example.com> ") || !strings.Contains(raw, "gpgsig -----BEGIN SSH SIGNATURE-----") {
		t.Error(raw)
	}
}

func TestAMissingSigningKeySaysWhatWasPushed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.release("tier-0", "cart/x.yaml", "1")
	c := w.config()
	c.Sign = Sign{"ssh", filepath.Join(t.TempDir(), "none")}
	before := w.pointer("tier-1")
	got, err := promoterOf(w.fleet, w.open(c)).Promote(ctx, "beta", promoter.Options{})
	if want := "only branch tier-1 of the app repository was fast-forwarded to "; err == nil || !strings.Contains(err.Error(), want) || w.pointer("tier-1") != before {
		t.Errorf("%s, error %v, want one with %q", got.Result, err, want)
	}
}

func TestACommitThatChangesMoreThanTheSubmoduleIsNeverPushed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	r := w.release("tier-0", "cart/x.yaml", "1")
	repos := w.open(w.config())
	parent := w.head(w.system, "tier-1")
	good := w.refer(parent, string(r))
	w.set(w.system, "good", good)
	w.set(w.system, "more", w.write(w.system, good, "overlays/s-1/kustomization.yaml", "resources: [x]"))
	w.set(w.system, "none", w.write(w.system, parent))
	if _, err := repos.Read(ctx, nil); err != nil {
		t.Fatal(err)
	}
	for branch, ok := range map[string]bool{"good": true, "more": false, "none": false} {
		more, err := repos.beyond(ctx, promoter.Pointer{Parent: parent, Release: r}, w.head(w.system, branch))
		if err != nil || (more == "") != ok {
			t.Errorf("%s: %q, %v", branch, more, err)
		}
	}
	if more, err := repos.beyond(ctx, promoter.Pointer{Parent: parent, Release: "0"}, good); err != nil || more == "" {
		t.Error("another Release is taken for the one that was to be there")
	}
}

func TestOpenRefusesWhatIsUnsafe(t *testing.T) {
	t.Parallel()
	lame := t.TempDir()
	if err := os.WriteFile(filepath.Join(lame, "pre-push"), []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Config{
		"a folder of hooks that is not there": {Dir: "x", System: "/a", Hooks: "/nonexistent"},
		"hooks of which none asks at a push":  {Dir: "x", System: "/a", Hooks: t.TempDir()},
		"a hook that cannot be run":           {Dir: "x", System: "/a", Hooks: lame},
		"no folder":                           {System: "/a"},
		"no system repository":                {Dir: "x"},
		"an option for a URL":                 {Dir: "x", System: "--upload-pack=id"},
		"a remote helper":                     {Dir: "x", System: "ext::sh -c id"},
		"an unknown protocol":                 {Dir: "x", System: "gopher://x/y"},
		"a password in a URL":                 {Dir: "x", System: "https://a:hunter2@b/c"},
		"an app without a submodule":          {Dir: "x", System: "/a", App: "/b"},
		"a submodule without an app":          {Dir: "x", System: "/a", Submodule: "app"},
		"a submodule outside":                 {Dir: "x", System: "/a", App: "/b", Submodule: "../app"},
		"a submodule like an option":          {Dir: "x", System: "/a", App: "/b", Submodule: "-app"},
		"half an author":                      {Dir: "x", System: "/a", Author: Author{Name: "a"}},
		"an author that is two":               {Dir: "x", System: "/a", Author: Author{"a", "b>\nc <d"}},
		"a key without its format":            {Dir: "x", System: "/a", Sign: Sign{Key: "k"}},
		"an unknown format":                   {Dir: "x", System: "/a", Sign: Sign{Format: "pgp"}},
	} {
		if _, err := Open(ctx, c); err == nil || !strings.HasPrefix(err.Error(), "git: ") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a refused configuration leaves a folder behind")
	}
}
