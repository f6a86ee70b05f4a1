package gitops

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

var ctx = context.Background()

func TestTiersWithDifferentBranchesHaveComparableReleases(t *testing.T) {
	app, system := newRepo(t), newRepo(t)
	a := app.chain(4)
	app.branch("main", a[3])
	// Each Tier's system branch has commits of its own.
	low := system.commit(a[0])
	low = system.commit(a[1], low)
	lowAt := system.n
	low = system.commit(a[3], low)
	low3 := system.n
	low = system.commit(a[3], low) // an overlay changes, the Release does not
	high := system.commit(a[0])
	high = system.commit(a[1], high)
	system.branch("low", low)
	system.branch("high", high)

	r := open(t, system, app)
	if moves := fetch(t, r); len(moves) != 2 || moves[0].Branch != "high" || moves[0].From != "" || moves[1].To != low {
		t.Errorf("moves %+v", moves)
	}
	heads, faults := r.Heads(ctx, tiers)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if got, want := heads["low"], (fleet.Head{Release: release(a[3]), At: time.Unix(firstSecond+int64(low3), 0).UTC()}); got != want {
		t.Errorf("low: %+v, want %+v", got, want)
	}
	if got := heads["high"].Release; got != release(a[1]) {
		t.Errorf("high: %v, want %s", got, a[1])
	}
	h := r.History(ctx, tiers)
	if n, ok := h.Behind(heads["high"].Release, heads["low"].Release); n != 2 || !ok {
		t.Errorf("high is %d behind (%v), want 2", n, ok)
	}
	for i, want := range []bool{true, true, false, true} {
		if had, ok := h.Had("low", release(a[i])); had != want || !ok {
			t.Errorf("low had commit %d: %v, %v; want %v", i, had, ok, want)
		}
	}
	if h.Err() != nil || lowAt == 0 {
		t.Error(h.Err())
	}
	if yes, err := r.Contains(ctx, release(a[3]), release(a[1])); !yes || err != nil {
		t.Errorf("contains: %v, %v", yes, err)
	}
	if yes, err := r.Contains(ctx, release(a[1]), release(a[3])); yes || err != nil {
		t.Errorf("contains: %v, %v", yes, err)
	}
}

func TestASingleRepositoryIsItsOwnRelease(t *testing.T) {
	single := newRepo(t)
	c := single.chain(3)
	side := single.commit("", c[0])
	merge := single.commit("", c[2], side)
	single.branch("low", merge)
	single.branch("high", c[0])
	r := openSingle(t, single)
	fetch(t, r)
	if got, err := r.Release(ctx, c[1]); got != release(c[1]) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	h := r.History(ctx, tiers)
	if had, ok := h.Had("low", release(side)); had || !ok {
		t.Errorf("the branch pointed to a commit that came in by a merge: %v, %v", had, ok)
	}
	if had, _ := h.Had("low", release(c[1])); !had {
		t.Error("the branch never pointed to its own commit")
	}
	if n, ok := h.Behind(release(c[0]), release(merge)); n != 3 || !ok {
		t.Errorf("%d behind, want 3: two commits and the merge", n)
	}
	if head, err := r.Head(ctx, "low"); err != nil || head.Release != release(merge) || head.At.Unix() != firstSecond+int64(single.n) {
		t.Errorf("%+v, %v", head, err)
	}
}

func TestWhatABranchHadGrowsAndSurvivesForce(t *testing.T) {
	app, system := newRepo(t), newRepo(t)
	a := app.chain(5)
	app.branch("main", a[4])
	first := system.commit(a[0])
	system.branch("low", first)
	r := open(t, system, app)
	fetch(t, r)
	had := func(i int) bool {
		t.Helper()
		had, ok := r.History(ctx, tiers).Had("low", release(a[i]))
		if !ok {
			t.Fatal("not told")
		}
		return had
	}
	if !had(0) || had(1) {
		t.Error("before")
	}
	second := system.commit(a[1], first)
	system.branch("low", second)
	if moves := fetch(t, r); fmt.Sprint(moves) != fmt.Sprint([]Move{{"low", first, second, false}}) {
		t.Errorf("moves %v", moves)
	}
	if !had(0) || !had(1) || had(2) {
		t.Error("after an ordinary push")
	}
	rewritten := system.commit(a[2], first)
	system.branch("low", rewritten)
	if moves := fetch(t, r); fmt.Sprint(moves) != fmt.Sprint([]Move{{"low", second, rewritten, true}}) {
		t.Errorf("moves %v", moves)
	}
	if !had(0) || !had(1) || !had(2) || had(3) {
		t.Error("after a forced push")
	}
	if head, err := r.Head(ctx, "low"); err != nil || head.Release != release(a[2]) {
		t.Errorf("%v, %v", head, err)
	}
	system.branch("low", system.commit(a[3], rewritten))
	fetch(t, r)
	if !had(1) || !had(3) || had(4) {
		t.Error("after a push that follows")
	}
	again := openWith(t, Config{Dir: filepath.Dir(r.system.dir), System: system.dir, App: app.dir, Submodule: "app"})
	if known, ok := again.History(ctx, tiers).Had("low", release(a[1])); !known || !ok {
		t.Error("a restart forgets it, or needs the remote for it")
	}
	system.git("update-ref", "-d", "refs/heads/low")
	if moves := fetch(t, r); len(moves) != 1 || moves[0].To != "" || !moves[0].Forced {
		t.Errorf("moves %v", moves)
	}
	if _, err := r.Head(ctx, "low"); !errors.Is(err, errNoBranch) {
		t.Errorf("a removed branch: %v", err)
	}
}

func TestFaultsSayWhatIsTheMatter(t *testing.T) {
	app, system := newRepo(t), newRepo(t)
	a := app.chain(1)
	app.branch("main", a[0])
	bare := system.commit("")
	system.branch("empty", bare)
	ok := system.commit(a[0], bare)
	system.branch("low", ok)
	ghost := strings.Repeat("0f", 20)
	system.branch("ahead", system.commit(ghost, bare)) // whose app commit nobody pushed
	r := open(t, system, app)
	if _, err := r.Head(ctx, "low"); !errors.Is(err, errNoBranch) {
		t.Errorf("before any fetch: %v", err)
	}
	fetch(t, r)
	check := func(name string, err, want error, text string) {
		t.Helper()
		if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error %v, want one with %q", name, err, text)
		}
	}
	_, err := r.Head(ctx, "empty")
	check("no submodule", err, errNoSubmodule, "nothing is at app")
	_, err = r.Head(ctx, "nowhere")
	check("no branch", err, errNoBranch, "no branch nowhere; push it")
	_, err = r.Release(ctx, ghost)
	check("an unknown revision", err, ErrNoCommit, "as far as it was fetched")
	_, err = r.Release(ctx, "1.2.3")
	check("a chart's version", err, ErrNoCommit, "no full commit id")
	_, err = r.Release(ctx, "HEAD")
	check("a name", err, ErrNoCommit, "no full commit id")
	head, err := r.Head(ctx, "ahead")
	if err != nil || head.Release != release(ghost) {
		t.Errorf("%v, %v", head, err)
	}
	_, err = r.Behind(ctx, release(a[0]), head.Release)
	check("an app commit that nobody pushed", err, ErrNoCommit, ghost)
	_, err = r.Contains(ctx, "", release(a[0]))
	check("no Release", err, ErrNoCommit, "")
	h := r.History(ctx, tiers)
	if _, ok := h.Behind(release(a[0]), release(ghost)); ok || !errors.Is(h.Err(), ErrNoCommit) {
		t.Errorf("told about a commit that is not there: %v", h.Err())
	}
	if _, ok := h.Had("high", release(a[0])); ok {
		t.Error("told about a branch that is not there")
	}
	if _, ok := h.Had("low", "main"); ok {
		t.Error("told about what is no commit")
	}
	if _, faults := r.Heads(ctx, tiers); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), "tier high: ") {
		t.Errorf("faults %v", faults)
	}
}

func TestABranchIsNeverAnOption(t *testing.T) {
	single := newRepo(t)
	single.branch("low", single.chain(1)[0])
	r := openSingle(t, single)
	fetch(t, r)
	for _, branch := range []string{
		"--upload-pack=touch pwned", "-x", "low --output=pwned", "low..high", "low^{/x}", "refs/heads/low", "@{-1}", "low\n", "", "../../HEAD", "HEAD",
	} {
		if head, err := r.Head(ctx, branch); err == nil {
			t.Errorf("branch %q: %+v", branch, head)
		}
	}
	for _, revision := range []string{"--all", "-p", "low", "@", ":/commit", strings.Repeat("A", 40), strings.Repeat("0", 41)} {
		if _, err := r.Release(ctx, revision); !errors.Is(err, ErrNoCommit) {
			t.Errorf("revision %q: %v", revision, err)
		}
	}
}

func TestOpenRefusesWhatGitWouldRun(t *testing.T) {
	for name, c := range map[string]Config{
		"an option for a URL":        {Dir: "x", System: "--upload-pack=id"},
		"a helper":                   {Dir: "x", System: "ext::sh -c id"},
		"a helper behind a protocol": {Dir: "x", System: "ext://x"},
		"a line break":               {Dir: "x", System: "https://a/b\nurl=c"},
		"no folder":                  {System: "/a"},
		"no system repository":       {Dir: "x"},
		"an app without a folder":    {Dir: "x", System: "/a", App: "/b"},
		"a folder without an app":    {Dir: "x", System: "/a", Submodule: "app"},
		"a folder outside":           {Dir: "x", System: "/a", App: "/b", Submodule: "../app"},
		"a folder like an option":    {Dir: "x", System: "/a", App: "/b", Submodule: "-app"},
		"an absolute folder":         {Dir: "x", System: "/a", App: "/b", Submodule: "/app"},
		"a hostile app":              {Dir: "x", System: "/a", App: "fd::17", Submodule: "app"},
	} {
		if _, err := Open(ctx, c); err == nil || !strings.HasPrefix(err.Error(), "git: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a refused configuration leaves a folder behind")
	}
}

// The counts against an oracle that walks all parents, in repositories with merges.
func TestBehindAgreesWithAnOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	single := newRepo(t)
	commits := []string{single.commit("")}
	parents := [][]int{nil}
	for i := 1; i < 24; i++ {
		p := []int{random.IntN(i)}
		if q := random.IntN(i); q != p[0] && random.IntN(2) == 0 {
			p = append(p, q)
		}
		var ids []string
		for _, j := range p {
			ids = append(ids, commits[j])
		}
		commits, parents = append(commits, single.commit("", ids...)), append(parents, p)
		single.branch(fmt.Sprint("b", i), commits[i])
	}
	r := openSingle(t, single)
	fetch(t, r)
	var ancestors func(i int, into map[int]bool)
	ancestors = func(i int, into map[int]bool) {
		into[i] = true
		for _, p := range parents[i] {
			ancestors(p, into)
		}
	}
	for range 60 {
		a, b := random.IntN(len(commits)), random.IntN(len(commits))
		has := map[int]bool{}
		ancestors(a, has)
		want := 0
		for i := b; ; i = parents[i][0] {
			if !has[i] {
				want++
			}
			if len(parents[i]) == 0 {
				break
			}
		}
		if got, err := r.Behind(ctx, release(commits[a]), release(commits[b])); got != want || err != nil {
			t.Errorf("commit %d lacks %d of %d (%v), want %d", a, got, b, err, want)
		}
		if got, err := r.Contains(ctx, release(commits[a]), release(commits[b])); got != has[b] || err != nil {
			t.Errorf("commit %d contains %d: %v (%v)", a, b, got, err)
		}
	}
}
