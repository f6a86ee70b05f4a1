package gitops

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
)

// repo is a real repository that a test writes to.
type repo struct {
	t   *testing.T
	dir string
	n   int // commits made, each a second after the one before
}

// firstSecond is the time of a repository's first commit.
const firstSecond = 1_790_000_000

func newRepo(t *testing.T) *repo {
	t.Helper()
	r := &repo{t: t, dir: filepath.Join(t.TempDir(), "remote")}
	r.git("init", "--quiet", "--bare", r.dir)
	return r
}

// git runs git in the repository, and gives what it prints.
func (r *repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	date := fmt.Sprintf("%d +0000", firstSecond+r.n)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_DIR=" + r.dir,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date,
		"GIT_INDEX_FILE=" + filepath.Join(filepath.Dir(r.dir), "index"),
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit makes a commit that has the submodule "" or a commit at app, and gives its id.
func (r *repo) commit(submodule string, parents ...string) string {
	r.t.Helper()
	r.n++
	r.git("read-tree", "--empty")
	if submodule != "" {
		r.git("update-index", "--add", "--cacheinfo", submoduleMode+","+submodule+",app")
	}
	args := []string{"commit-tree", "-m", fmt.Sprint("commit ", r.n), r.git("write-tree")}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	return r.git(args...)
}

// chain makes n commits on top of each other, and gives all ids.
func (r *repo) chain(n int, parents ...string) []string {
	var ids []string
	for range n {
		c := r.commit("", parents...)
		ids, parents = append(ids, c), []string{c}
	}
	return ids
}

// branch lets a branch point to a commit.
func (r *repo) branch(name, commit string) { r.git("update-ref", "refs/heads/"+name, commit) }

// open mirrors a system and an app repository.
func open(t *testing.T, system, app *repo) *Repositories {
	t.Helper()
	return openWith(t, Config{Dir: t.TempDir(), System: system.dir, App: app.dir, Submodule: "app"})
}

func openSingle(t *testing.T, r *repo) *Repositories {
	t.Helper()
	return openWith(t, Config{Dir: t.TempDir(), System: r.dir})
}

func openWith(t *testing.T, c Config) *Repositories {
	t.Helper()
	c.Env = append(c.Env, "PATH="+os.Getenv("PATH"))
	r, err := Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fetch(t *testing.T, r *Repositories) []Move {
	t.Helper()
	moves, err := r.Fetch(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return moves
}

func release(commit string) fleet.Release { return fleet.Release(commit) }

// tiers are two Tiers with the branches low and high.
var tiers = []fleet.Tier{{Name: "low", Branch: "low"}, {Name: "high", Order: 1, Branch: "high"}}

// Repositories of git's newer hash function, as those that a platform has begun lately.
func TestRepositoriesOfSHA256(t *testing.T) {
	system, app := newRepo(t), newRepo(t)
	for _, r := range []*repo{system, app} {
		if err := os.RemoveAll(r.dir); err != nil {
			t.Fatal(err)
		}
		r.git("init", "--quiet", "--bare", "--object-format=sha256", r.dir)
	}
	a := app.chain(3)
	app.branch("low", a[2])
	system.branch("low", system.commit(a[2]))
	r := open(t, system, app)
	fetch(t, r)
	if head, err := r.Head(context.Background(), "low"); err != nil || head.Release != release(a[2]) || len(a[2]) != 64 {
		t.Errorf("%v, %v", head, err)
	}
	if n, err := r.Behind(context.Background(), release(a[0]), release(a[2])); n != 2 || err != nil {
		t.Errorf("behind %d, %v", n, err)
	}
}
