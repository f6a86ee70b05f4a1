package gittree

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/document"
)

// world is a repository with a server for it, and its checkout.
type world struct {
	t             *testing.T
	bare, checked string
	date          string // of commits; "": now
}

func env() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"}
}

func (w *world) git(dir string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(env(), "GIT_COMMITTER_DATE="+w.date, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, date: "2026-10-01T00:00:00Z", bare: filepath.Join(t.TempDir(), "shop.git"), checked: filepath.Join(t.TempDir(), "shop")}
	w.git("", "init", "--quiet", "--bare", "--initial-branch=main", w.bare)
	w.git(w.bare, "config", "uploadpack.allowFilter", "true")
	w.git("", "clone", "--quiet", w.bare, w.checked)
	w.push("tier-3", map[string]string{"ops/slos/cart.yaml": "old", "ops/slos/api.yaml": "api", "README": "x", "a[1]/b.yaml": "odd"})
	w.push("main", map[string]string{"ops/slos/cart.yaml": "new"})
	return w
}

// push commits files and lets a branch of the repository be that commit.
func (w *world) push(branch string, files map[string]string) string {
	w.t.Helper()
	for name, text := range files {
		path := filepath.Join(w.checked, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	w.git(w.checked, "add", "--all")
	w.git(w.checked, "commit", "--quiet", "-m", "change")
	w.git(w.checked, "push", "--quiet", "origin", "HEAD:refs/heads/"+branch)
	return w.git(w.checked, "rev-parse", "HEAD")
}

func fetch(t *testing.T, r Remote, branch string) (*Tree, error) {
	t.Helper()
	g, err := r.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g.Fetch(t.Context(), branch)
}

func TestFilesOfABranchAreReadWithoutACheckout(t *testing.T) {
	w := newWorld(t)
	tree, err := fetch(t, Remote{URL: w.bare, Env: env()}, "tier-3")
	if err != nil {
		t.Fatal(err)
	}
	if tree.Commit != w.git(w.bare, "rev-parse", "tier-3") || !tree.Has("ops/slos/cart.yaml") || tree.Has("ops") || !tree.HasFolder("ops") || tree.HasFolder("op") {
		t.Errorf("%+v", tree)
	}
	names, err := tree.Match("ops", "slos/*.yaml")
	if err != nil || strings.Join(names, " ") != "ops/slos/api.yaml ops/slos/cart.yaml" {
		t.Fatal(names, err)
	}
	files, err := tree.Read(t.Context(), names...)
	if err != nil || len(files) != 2 || string(files[1].Data) != "old" || files[1].Name != "tier-3:ops/slos/cart.yaml" {
		t.Errorf("%v, %v", files, err)
	}
	if names, err := tree.Match("a[1]", "*.yaml"); err != nil || len(names) != 1 {
		t.Error(names, err)
	}
	for _, pattern := range []string{"../../x.yaml", "/etc/*.yaml"} {
		if _, err := tree.Match("ops", pattern); err == nil || !strings.Contains(err.Error(), "leaves the repository") {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	if _, err := tree.Read(t.Context(), "nothing.yaml"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

// A checkout would follow a link, and have what a submodule has: to leave out a freeze or an
// SLO without a word is no answer.
func TestALinkThatAPatternReachesIsNotLeftOut(t *testing.T) {
	w := newWorld(t)
	for link, to := range map[string]string{"ops/slos/linked.yaml": "../../README", "more": "ops/slos", "ops/other": "slos"} {
		if err := os.Symlink(to, filepath.Join(w.checked, link)); err != nil {
			t.Fatal(err)
		}
	}
	commit := w.push("tier-3", nil)
	w.git(w.checked, "update-index", "--add", "--cacheinfo", "160000,"+commit+",sub")
	w.git(w.checked, "commit", "--quiet", "-m", "a submodule")
	w.git(w.checked, "push", "--quiet", "origin", "HEAD:refs/heads/tier-3")
	tree, err := fetch(t, Remote{URL: w.bare, Env: env()}, "tier-3")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ folder, pattern, link string }{
		{"ops", "slos/*.yaml", "tier-3:ops/slos/linked.yaml"}, {"", "*/slos/*.yaml", "tier-3:more"}, {"", "more/*.yaml", "tier-3:more"},
		{"ops/other", "*.yaml", "tier-3:ops/other"}, {"", "sub/slos/*.yaml", "tier-3:sub"},
	} {
		if names, err := tree.Match(c.folder, c.pattern); err == nil || !strings.Contains(err.Error(), c.link+" is a symbolic link or a submodule") {
			t.Errorf("%s/%s: %v, %v", c.folder, c.pattern, names, err)
		}
	}
	if names, err := tree.Match("ops", "slos/c*.yaml"); err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
}

// What a release puts beside its configuration must not pass for the repository around it.
func TestAFolderThatLooksLikeARepositoryIsNone(t *testing.T) {
	w := newWorld(t)
	fake := filepath.Join(w.checked, "ops")
	for _, dir := range []string{"refs", "objects"} {
		if err := os.MkdirAll(filepath.Join(fake, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"HEAD": "ref: refs/heads/main\n", "config": "[core]\n\tworktree = .\n[remote \"origin\"]\n\turl = /elsewhere\n"} {
		if err := os.WriteFile(filepath.Join(fake, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := CheckoutOf(t.Context(), env(), fake); err == nil {
		t.Errorf("it is taken for %+v", c)
	}
}

func TestAFileThatIsTooLongForADocumentIsRefused(t *testing.T) {
	w := newWorld(t)
	w.push("tier-3", map[string]string{"big.yaml": strings.Repeat("x", document.MaxSize+1), "large.yaml": strings.Repeat("y", 2<<20)})
	tree, err := fetch(t, Remote{URL: "file://" + w.bare, Env: env()}, "tier-3")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Read(t.Context(), "README", "big.yaml"); err == nil || !strings.Contains(err.Error(), "tier-3:big.yaml is 16777217 bytes long") {
		t.Error(err)
	}
	if files, err := tree.Read(t.Context(), "large.yaml"); err != nil || len(files[0].Data) != 2<<20 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

func TestWhatIsNotThereIsToldFromWhatIsAway(t *testing.T) {
	w := newWorld(t)
	if _, err := fetch(t, Remote{URL: w.bare, Env: env()}, "tier-9"); !errors.Is(err, ErrNoBranch) || errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
	for _, url := range []string{"/nonexistent", "http://bot:hunter2@127.0.0.1:1/x.git", "ext::sh -c id"} {
		if _, err := fetch(t, Remote{URL: url, Env: env()}, "tier-3"); !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
	g, err := Remote{URL: w.bare, Env: env()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h, err := g.Heads(t.Context(), "tier-3", "tier-9")
	if err != nil || h.Default != "main" || !h.Has["tier-3"] || h.Has["tier-9"] {
		t.Errorf("%+v, %v", h, err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(g.dir); err == nil {
		t.Error("it leaves something behind")
	}
}

func TestACheckoutSaysHowItsRemoteIsReached(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "basic czNjcmV0" {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		(&cgi.Handler{Path: filepath.Join(w.git("", "--exec-path"), "git-http-backend"),
			Env: append(env(), "GIT_PROJECT_ROOT="+filepath.Dir(w.bare), "GIT_HTTP_EXPORT_ALL=1")}).ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.git(w.checked, "remote", "set-url", "origin", server.URL+"/shop.git")
	// As actions/checkout leaves it: in a file of its own, for this checkout alone.
	credentials := filepath.Join(t.TempDir(), "credentials")
	w.git(w.checked, "config", "--file", credentials, "http."+server.URL+"/.extraheader", "AUTHORIZATION: basic czNjcmV0")
	w.git(w.checked, "config", "includeIf.gitdir:"+w.checked+"/.git.path", credentials)

	c, err := CheckoutOf(t.Context(), env(), filepath.Join(w.checked, "ops", "slos"))
	if err != nil || c == nil || c.Folder != "ops/slos" || c.Origin.URL != server.URL+"/shop.git" {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := fetch(t, c.Origin, "tier-3"); err != nil {
		t.Error(err)
	}
	if _, err := fetch(t, Remote{URL: c.Origin.URL, Env: env()}, "tier-3"); !errors.Is(err, ErrUnreachable) {
		t.Errorf("without them: %v", err)
	}
}

func TestAFolderInNoCheckoutIsTold(t *testing.T) {
	if c, err := CheckoutOf(t.Context(), env(), t.TempDir()); c != nil || err != nil {
		t.Errorf("%+v, %v", c, err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, ".git"), []byte("gitdir: /nonexistent\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := CheckoutOf(t.Context(), env(), broken); err == nil {
		t.Errorf("a broken checkout is taken for none: %+v", c)
	}
	w := newWorld(t)
	w.git(w.checked, "remote", "set-url", "origin", "../"+filepath.Base(w.bare))
	if c, err := CheckoutOf(t.Context(), env(), w.checked); err != nil || c.Folder != "" || c.Origin.URL != filepath.Join(w.checked, "..", filepath.Base(w.bare)) {
		t.Errorf("%+v, %v", c, err)
	}
	w.git(w.checked, "remote", "remove", "origin")
	if c, err := CheckoutOf(t.Context(), env(), w.checked); err != nil || c == nil || c.Origin.URL != "" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestHistorySaysWhenABranchReceivedWhatItHas(t *testing.T) {
	w := newWorld(t)
	push := func(date string, files map[string]string) string {
		w.date = date
		return w.push("main", files)
	}
	first := push("2026-11-01T10:00:00Z", map[string]string{"calendar/a.yaml": "1"})
	push("2026-11-02T10:00:00Z", map[string]string{"other": "1"})
	forged := push("2020-01-01T00:00:00Z", map[string]string{"calendar/a.yaml": "2"})
	g, err := Remote{URL: w.bare, Env: env()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	commits, err := g.History(t.Context(), "main", "calendar")
	if err != nil || len(commits) != 2 || commits[0].ID != forged || commits[1].ID != first {
		t.Fatalf("%v, %v", commits, err)
	}
	if got := commits[0].Received.Format("2006-01-02"); got != "2026-11-02" {
		t.Errorf("a date from before its parent's is taken: %s", got)
	}
	if got := commits[1].Received.Format("2006-01-02"); got != "2026-11-01" {
		t.Errorf("%s", got)
	}
	tree, err := g.At(t.Context(), "main", commits[1])
	if err != nil {
		t.Fatal(err)
	}
	if files, err := tree.Read(t.Context(), "calendar/a.yaml"); err != nil || string(files[0].Data) != "1" {
		t.Errorf("%v, %v", files, err)
	}
}

func TestWhatIsReadAtOnceIsBounded(t *testing.T) {
	w := newWorld(t)
	files := map[string]string{}
	for i := range 5 {
		files[fmt.Sprintf("big/%d.yaml", i)] = strings.Repeat("x", 15<<20)
	}
	w.push("main", files)
	g, err := Remote{URL: w.bare, Env: env()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	tree, err := g.Fetch(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	names, err := tree.Match("", "big/*.yaml")
	if err != nil || len(names) != 5 {
		t.Fatal(names, err)
	}
	if _, err := tree.Read(t.Context(), names[:4]...); err != nil {
		t.Error(err)
	}
	if _, err := tree.Read(t.Context(), names...); err == nil || !strings.Contains(err.Error(), "the 5 files that are read have more than") {
		t.Errorf("error %v", err)
	}
}

func TestWhatAKilledProcessHasLeftIsRemovedADayLater(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	old, used := filepath.Join(dir, temporary+"1"), filepath.Join(dir, temporary+"2")
	for _, left := range []string{old, used} {
		if err := os.MkdirAll(filepath.Join(left, "objects"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, before, before); err != nil {
		t.Fatal(err)
	}
	g, err := Remote{URL: dir, Env: env(), Now: time.Now()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := os.Stat(old); err == nil {
		t.Error("the old one is still there")
	}
	if _, err := os.Stat(used); err != nil {
		t.Error("one that may be in use is gone")
	}
}

// What may not be looked at is not "no checkout".
func TestACheckoutThatMayNotBeLookedAtIsAnError(t *testing.T) {
	folder := filepath.Join(t.TempDir(), strings.Repeat("x", 300)) // no name is that long: neither there nor not
	if c, err := CheckoutOf(t.Context(), env(), folder); err == nil {
		t.Errorf("%+v", c)
	}
	if os.Getuid() == 0 {
		return // who may look at anything
	}
	folder = t.TempDir()
	if err := os.Chmod(folder, 0); err != nil {
		t.Fatal(err)
	}
	if c, err := CheckoutOf(t.Context(), env(), folder); err == nil {
		t.Errorf("%+v", c)
	}
}
