package gitpush

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// world is a fleet with real repositories: what Argo CD reads, and the app repository
// as its submodule, or one alone.
type world struct {
	t           testing.TB
	dir         string
	system, app string // bare repositories; app is system for a single one
	single      bool
	fleet       *fleet.Fleet
	n           int
}

// testFleet has Tiers dev, beta and prod with a ShopSet each.
func testFleet(t testing.TB) *fleet.Fleet {
	t.Helper()
	d := fleet.Declarations{
		Configurations: []fleet.Configuration{{Name: "production"}},
		FailureDomains: []fleet.FailureDomain{{Name: "here"}},
	}
	for i, name := range []fleet.TierName{"dev", "beta", "prod"} {
		d.Tiers = append(d.Tiers, fleet.Tier{Name: name, Order: i, Branch: fmt.Sprint("tier-", i)})
		d.ShopSets = append(d.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(fmt.Sprint("s-", i)), Tier: name, Configuration: "production",
			FailureDomain: "here", Components: []fleet.ComponentName{"cart", "api"}})
	}
	f, err := fleet.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// newWorld makes the repositories: all Tiers begin at the app's first commit.
func newWorld(t testing.TB, single bool) *world {
	t.Helper()
	return newWorldOf(t, single, "sha1")
}

// newWorldOf is newWorld with a hash function of git's.
func newWorldOf(t testing.TB, single bool, hash string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), single: single, fleet: testFleet(t)}
	w.app = filepath.Join(w.dir, "app.git")
	w.git("", "init", "--quiet", "--bare", "--object-format="+hash, w.app)
	first := w.write(w.app, "", "cart/configmap.yaml", "version: 1.0.0")
	w.system = w.app
	if !single {
		w.system = filepath.Join(w.dir, "system.git")
		w.git("", "init", "--quiet", "--bare", "--object-format="+hash, w.system)
	}
	for _, tier := range w.fleet.Tiers() {
		w.git(w.app, "update-ref", "refs/heads/"+tier.Branch, first)
		if !single {
			s := w.write(w.system, "", "overlays/s-"+fmt.Sprint(tier.Order)+"/kustomization.yaml", "resources: []")
			w.git(w.system, "update-ref", "refs/heads/"+tier.Branch, w.refer(s, first))
		}
	}
	return w
}

// git runs git in one of the bare repositories.
func (w *world) git(dir string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	date := fmt.Sprintf("%d +0000", 1_790_000_000+w.n)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", noSync,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date, "GIT_INDEX_FILE=" + dir + ".index",
	}
	if dir != "" {
		cmd.Env = append(cmd.Env, "GIT_DIR="+dir)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// write commits files, path and content in turn, on a parent, "" for none.
func (w *world) write(dir, parent string, files ...string) string {
	w.t.Helper()
	w.n++
	if parent == "" {
		w.git(dir, "read-tree", "--empty")
	} else {
		w.git(dir, "read-tree", parent)
	}
	for i := 0; i < len(files); i += 2 {
		file := filepath.Join(w.dir, "content")
		if err := os.WriteFile(file, []byte(files[i+1]), 0o600); err != nil {
			w.t.Fatal(err)
		}
		w.git(dir, "update-index", "--add", "--cacheinfo", "100644,"+w.git(dir, "hash-object", "-w", file)+","+files[i])
	}
	return w.commitIndex(dir, parent, fmt.Sprintf("commit %d", w.n))
}

func (w *world) commitIndex(dir, parent, subject string) string {
	args := []string{"commit-tree", "-m", subject, w.git(dir, "write-tree")}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	return w.git(dir, args...)
}

// refer commits to the system repository that the submodule is at a Release.
func (w *world) refer(parent, release string) string {
	w.t.Helper()
	w.n++
	w.git(w.system, "read-tree", parent)
	w.git(w.system, "update-index", "--add", "--cacheinfo", "160000,"+release+",app")
	return w.commitIndex(w.system, parent, "refer to "+release)
}

// release merges a change to a Tier's app branch and, with a submodule, deploys it
// there: what a developer does in the lowest Tier.
func (w *world) release(branch string, files ...string) fleet.Release {
	w.t.Helper()
	c := w.write(w.app, w.head(w.app, branch), files...)
	w.set(w.app, branch, c)
	if !w.single {
		w.set(w.system, branch, w.refer(w.head(w.system, branch), c))
	}
	return fleet.Release(c)
}

func (w *world) head(dir, branch string) string {
	w.t.Helper()
	return w.git(dir, "rev-parse", "refs/heads/"+branch)
}

func (w *world) set(dir, branch, commit string) {
	w.t.Helper()
	w.git(dir, "update-ref", "refs/heads/"+branch, commit)
}

// pointer is the Release that a system branch refers to.
func (w *world) pointer(branch string) fleet.Release {
	w.t.Helper()
	if w.single {
		return fleet.Release(w.head(w.system, branch))
	}
	return fleet.Release(w.git(w.system, "rev-parse", "refs/heads/"+branch+":app"))
}

// state is what all branches of both repositories point to, and their contents.
func (w *world) state() string {
	w.t.Helper()
	var b strings.Builder
	apps, trees, pointers := w.each(w.app, ""), w.each(w.system, "^{tree}"), w.pointers()
	for i, tier := range w.fleet.Tiers() {
		fmt.Fprintf(&b, "%s: app %s, system refers to %s, %s commits, tree %s\n", tier.Branch, apps[i], pointers[i],
			w.git(w.system, "rev-list", "--count", tier.Branch), trees[i])
	}
	return b.String()
}

// pointers are what the system branches of all Tiers refer to.
func (w *world) pointers() []string {
	if w.single {
		return w.each(w.system, "")
	}
	return w.each(w.system, ":app")
}

// each looks something of all Tiers' branches up at once.
func (w *world) each(dir, what string) []string {
	w.t.Helper()
	args := []string{"rev-parse"}
	for _, tier := range w.fleet.Tiers() {
		args = append(args, "refs/heads/"+tier.Branch+what)
	}
	return strings.Fields(w.git(dir, args...))
}

func (w *world) config() Config {
	c := Config{Dir: filepath.Join(w.t.TempDir(), "mirrors"), System: w.system, Env: testEnv()}
	if !w.single {
		c.App, c.Submodule = w.app, "app"
	}
	return c
}

func testEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", noSync}
}

// noSync lets git leave out what only a machine that loses its power would miss; a
// process that is killed does not.
const noSync = "GIT_TEST_FSYNC=0"

func (w *world) open(c Config) *Repositories {
	w.t.Helper()
	r, err := Open(context.Background(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// now is the time of all promotions.
var now = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)

// always is a gate that lets everything pass.
func always(_ context.Context, to fleet.TierName, r fleet.Release) (promotion.Decision, error) {
	return promotion.Decision{At: now, To: to, Release: string(r), Verdict: promotion.Promote,
		Checks: []promotion.Check{{Check: "budget", Result: promotion.Pass, Reason: "The budget is fine."}}}, nil
}

func promoterOf(f *fleet.Fleet, r *Repositories) *promoter.Promoter {
	return &promoter.Promoter{Fleet: f, Single: r.Single(), Reader: r, History: r, Writer: r, Requests: r, Gate: always, Now: func() time.Time { return now }}
}

func (w *world) promoter() *promoter.Promoter { return promoterOf(w.fleet, w.open(w.config())) }

// promote promotes and expects a result.
func (w *world) promote(p *promoter.Promoter, to fleet.TierName, o promoter.Options, want promoter.Result) promoter.Promotion {
	w.t.Helper()
	got, err := p.Promote(context.Background(), to, o)
	if err != nil || got.Result != want {
		w.t.Fatalf("promote to %s: %s (%s), %v; want %s", to, got.Result, got.Reason, err, want)
	}
	return got
}
