package lab

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
)

// testRepos makes the lab's repositories, with the real git, and serves them.
func testRepos(t *testing.T) *Repos {
	t.Helper()
	t.Parallel()
	f, err := manifest.Load("../../examples/fleet", "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l := &Lab{Fleet: f, dir: t.TempDir(), ports: newPorts(), programs: map[string]string{"git": "git"}}
	if err := l.createRepos(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Repos.StopServer)
	return l.Repos
}

func read(t *testing.T, elements ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestReposAreAsTheUsersHaveThem(t *testing.T) {
	r := testRepos(t)
	git := func(dir string, args ...string) string {
		t.Helper()
		out, err := r.Git(t.Context(), dir, args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := git(r.SystemDir, "branch", "--format=%(refname:short)"); got != "tier-0\ntier-1\ntier-2\ntier-3\ntier-4" {
		t.Errorf("system branches %q", got)
	}
	if got := git(r.AppDir, "branch", "--format=%(refname:short)"); got != "tier-0\ntier-1\ntier-2\ntier-3\ntier-4" {
		t.Errorf("app branches %q", got)
	}
	// A Tier's branch has the overlays of its own ShopSets and no others.
	for branch, want := range map[string]string{"tier-0": "c-2", "tier-1": "c-1", "tier-2": "a-2\nb-1", "tier-3": "a-1\nb-2\nc-3", "tier-4": "a-3\nb-3"} {
		if got := git(r.SystemDir, "ls-tree", "--name-only", branch+":overlays"); got != want {
			t.Errorf("%s has overlays %q, want %q", branch, got, want)
		}
	}
	clone := filepath.Join(t.TempDir(), "clone")
	git(r.dir, "clone", "--quiet", "--recurse-submodules", "-b", "tier-3", r.SystemURL, clone)
	if got := read(t, clone, "overlays/a-1/cart/kustomization.yaml"); !strings.Contains(got, "../../../app/cart") || !strings.Contains(got, "configuration: production") {
		t.Errorf("overlay of a-1's cart: %s", got)
	}
	if got := read(t, clone, "app/cart/configmap.yaml"); !strings.Contains(got, `version: "1.0.0"`) {
		t.Errorf("base of the cart: %s", got)
	}
}

func TestAReleaseMovesFromTierToTier(t *testing.T) {
	r := testRepos(t)
	deployed := func(tier fleet.TierName) (release, system string) {
		t.Helper()
		release, system, err := r.Deployed(t.Context(), tier)
		if err != nil {
			t.Fatal(err)
		}
		return release, system
	}
	first, devBefore := deployed("dev")
	if beta, _ := deployed("beta"); beta != first || len(first) != 40 {
		t.Fatalf("the tiers begin with %q and %q, want the same commit", first, beta)
	}

	merged, err := r.merge(t.Context(), "dev", "cart: try something", map[string]string{versionFile("cart"): versionContent("cart", "1.1.0", nil)})
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := deployed("dev"); now != first {
		t.Error("a merge alone is deployed; want it only after Bump")
	}
	if _, err := r.bump(t.Context(), "dev"); err != nil {
		t.Fatal(err)
	}
	now, devAfter := deployed("dev")
	if now != merged || devAfter == devBefore {
		t.Errorf("after Bump dev refers to %s, want %s; its branch went from %s to %s", now, merged, devBefore, devAfter)
	}
	if beta, _ := deployed("beta"); beta != first {
		t.Error("beta moved with dev")
	}

	release, err := r.Promote(t.Context(), "dev", "beta")
	if err != nil {
		t.Fatal(err)
	}
	if beta, _ := deployed("beta"); beta != merged || release != merged {
		t.Errorf("promoted %s, beta refers to %s, want %s", release, beta, merged)
	}

	hotfix, err := r.Release(t.Context(), "beta", "api", "1.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Release(t.Context(), "dev", "cart", "1.2.0"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Promote(t.Context(), "dev", "beta"); err == nil {
		t.Error("beta was forwarded over a commit that dev lacks")
	}
	if beta, _ := deployed("beta"); beta != hotfix {
		t.Errorf("beta refers to %s, want its hotfix %s", beta, hotfix)
	}
	if _, err := r.Release(t.Context(), "nowhere", "cart", "1"); err == nil || !strings.Contains(err.Error(), `"nowhere"`) {
		t.Errorf("a release to a tier that does not exist: %v", err)
	}
}

func TestPeopleMayPushAndTheLabGoesOnFromThere(t *testing.T) {
	r := testRepos(t)
	clone := filepath.Join(t.TempDir(), "clone")
	for _, args := range [][]string{
		{"clone", "--quiet", "-b", "tier-0", r.AppURL, clone},
		{"-C", clone, "commit", "--quiet", "--allow-empty", "-m", "By hand"},
		{"-C", clone, "push", "--quiet", "origin", "tier-0"},
	} {
		if _, err := r.Git(t.Context(), r.dir, args...); err != nil {
			t.Fatal(err)
		}
	}
	byHand, err := r.Git(t.Context(), clone, "rev-parse", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	release, err := r.Release(t.Context(), "dev", "cart", "1.1.0")
	if err != nil {
		t.Fatal(err)
	}
	parent, err := r.Git(t.Context(), r.AppDir, "rev-parse", release+"^")
	if err != nil || parent != byHand {
		t.Errorf("the release follows %s (%v), want what was pushed by hand, %s", parent, err, byHand)
	}
}

func TestAGitServerThatIsDownCannotBeReachedAndComesBack(t *testing.T) {
	r := testRepos(t)
	list := func() error {
		_, err := r.Git(t.Context(), r.dir, "ls-remote", r.SystemURL)
		return err
	}
	if err := list(); err != nil {
		t.Fatal(err)
	}
	r.StopServer()
	if list() == nil {
		t.Error("it answers although it is stopped")
	}
	if _, err := r.Release(context.Background(), "dev", "cart", "1.1.0"); err != nil {
		t.Errorf("changes have to go on behind a server that is down: %v", err)
	}
	if err := r.StartServer(); err != nil {
		t.Fatal(err)
	}
	if err := list(); err != nil {
		t.Error(err)
	}
	if r.StartServer() == nil {
		t.Error("it was started twice")
	}
}
