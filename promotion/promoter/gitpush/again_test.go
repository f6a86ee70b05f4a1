package gitpush

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// changesOfSource are what may happen to the Tier below while the gate decides.
var changesOfSource = map[string]struct {
	change func(w *world)
	single bool // also in a single repository
}{
	"goes back": {func(w *world) { w.set(w.system, "tier-0", w.head(w.system, "tier-2")) }, true},
	"goes on":   {func(w *world) { w.release("tier-0", "cart/x.yaml", "2") }, true},
	"gets another manifest": {func(w *world) {
		w.set(w.system, "tier-0", w.write(w.system, w.head(w.system, "tier-0"), "overlays/s-0/kustomization.yaml", "resources: [y]"))
	}, false},
}

// A gate may take minutes, and waits for more. What it decided is of the source Tier as
// it was.
func TestADecisionIsVoidWhereTheSourceChangesWhileTheGateDecides(t *testing.T) {
	t.Parallel()
	for name, c := range changesOfSource {
		for _, single := range []bool{false, true} {
			for _, request := range []bool{false, true} {
				if single && !c.single {
					continue
				}
				t.Run(fmt.Sprintf("%s, single %v, pull request %v", name, single, request), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, single)
					w.release("tier-0", "cart/x.yaml", "1")
					p, before := w.promoter(), ""
					p.Gate = func(ctx context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
						c.change(w)
						before = w.everything()
						return always(ctx, to, r)
					}
					got := w.promote(p, "beta", promoter.Options{PullRequest: request}, promoter.Inconclusive)
					if got.ExitCode() != 2 || got.Decision == nil || got.Proposal != nil || !strings.Contains(got.Reason, "dev changed after the gate's decision") || w.everything() != before {
						t.Errorf("%d: %s\n%s", got.ExitCode(), got.Reason, w.everything())
					}
				})
			}
		}
	}
}

// meanwhile is a git during whose first push to a repository something happens to it:
// what was read before does not help.
func (w *world) meanwhile(repository, branch, commit string) string {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "git")
	script := fmt.Sprintf(`#!/bin/sh
case "$1 $GIT_DIR" in
"push "*/%[1]s) [ -e %[2]s.done ] || { touch %[2]s.done; GIT_DIR=%[3]s git update-ref refs/heads/%[4]s %[5]s; };;
esac
exec git "$@"
`, repository, file, w.system, branch, commit)
	if err := os.WriteFile(file, []byte(script), 0o700); err != nil {
		w.t.Fatal(err)
	}
	return file
}

func TestThePushItselfSeesWhatHasChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		single, request bool
		branch          string // that goes back during the push
		want            promoter.Result
	}{
		"the source, of a push":                                {false, false, "tier-0", promoter.Inconclusive},
		"the source, of a pull request":                        {false, true, "tier-0", promoter.Inconclusive},
		"the source, of a push to a single repository":         {true, false, "tier-0", promoter.Inconclusive},
		"the source, of a pull request to a single repository": {true, true, "tier-0", promoter.Inconclusive},
		"the target, of a push":                                {false, false, "tier-1", promoter.Lost},
		"the target, of a pull request":                        {false, true, "tier-1", promoter.Lost},
		"the target, of a push to a single repository":         {true, false, "tier-1", promoter.Lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.single)
			w.release("tier-0", "cart/x.yaml", "1")
			w.promote(w.promoter(), "beta", promoter.Options{}, promoter.Promoted)
			w.release("tier-0", "cart/x.yaml", "2")
			config := w.config()
			config.Git = w.meanwhile("system.git", c.branch, w.head(w.system, "tier-2"))
			got := w.promote(promoterOf(w.fleet, w.open(config)), "beta", promoter.Options{PullRequest: c.request}, c.want)
			if refs := w.git(w.system, "for-each-ref", "--format=%(refname)", "refs/heads/shopslo"); refs != "" || got.Proposal != nil {
				t.Errorf("pushed %s", refs)
			}
			if back := w.head(w.system, c.branch); back != w.head(w.system, "tier-2") {
				t.Errorf("%s is at %s again: %s", c.branch, back, got.Reason)
			}
			if c.branch == "tier-0" && (got.ExitCode() != 2 || w.pointer("tier-1") != got.Replaces) {
				t.Errorf("%d: %s\n%s", got.ExitCode(), got.Reason, w.state())
			}
		})
	}
}

// Not every host takes several branches as one; there the branches are read again all the same.
func TestAHostWithoutAtomicPushesIsPushedTo(t *testing.T) {
	t.Parallel()
	for _, single := range []bool{false, true} {
		w := newWorld(t, single)
		w.git(w.system, "config", "receive.advertiseAtomic", "false")
		r := w.release("tier-0", "cart/x.yaml", "1")
		w.promote(w.promoter(), "beta", promoter.Options{PullRequest: true}, promoter.Proposed)
		w.promote(w.promoter(), "beta", promoter.Options{}, promoter.Promoted)
		if w.pointer("tier-1") != r {
			t.Error(w.state())
		}
		w.release("tier-0", "cart/x.yaml", "2")
		config := w.config()
		config.Git = w.meanwhile("system.git", "tier-1", w.head(w.system, "tier-2"))
		w.promote(promoterOf(w.fleet, w.open(config)), "beta", promoter.Options{}, promoter.Lost)
		if w.head(w.system, "tier-1") != w.head(w.system, "tier-2") {
			t.Error("what went back meanwhile was pushed over")
		}
	}
}

// The remote compares once more, under its lock, and says so in other words for an atomic push.
func TestWhatChangesWhileTheRemoteTakesThePushIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.release("tier-0", "cart/x.yaml", "1")
	w.promote(w.promoter(), "beta", promoter.Options{}, promoter.Promoted)
	w.release("tier-0", "cart/x.yaml", "2")
	back := w.head(w.system, "tier-2")
	hook := filepath.Join(w.system, "hooks", "pre-receive")
	if err := os.MkdirAll(filepath.Dir(hook), 0o700); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nunset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY\ngit update-ref refs/heads/tier-1 %s\n", back)
	if err := os.WriteFile(hook, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	w.promote(w.promoter(), "beta", promoter.Options{}, promoter.Lost)
	if w.head(w.system, "tier-1") != back {
		t.Error(w.state())
	}
}
