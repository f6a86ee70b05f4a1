package gitops

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder's text is another one when something in it changes, and then alone.
func TestAFoldersTreeTellsWhetherItChanged(t *testing.T) {
	r := newRepo(t)
	file := filepath.Join(t.TempDir(), "file")
	commit := func(files map[string]string, parents ...string) string {
		t.Helper()
		r.n++
		r.git("read-tree", "--empty")
		for name, content := range files {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			r.git("update-index", "--add", "--cacheinfo", "100644,"+r.git("hash-object", "-w", file)+","+name)
		}
		args := []string{"commit-tree", "-m", "m", r.git("write-tree")}
		for _, p := range parents {
			args = append(args, "-p", p)
		}
		return r.git(args...)
	}
	first := commit(map[string]string{"overlays/a-1/k.yaml": "1", "overlays/a-2/cart/k.yaml": "1"})
	second := commit(map[string]string{"overlays/a-1/k.yaml": "1", "overlays/a-2/cart/k.yaml": "2"}, first)
	r.branch("low", second)
	g := openSingle(t, r)
	fetch(t, g)
	tree := func(revision, folder string) string {
		t.Helper()
		got, err := g.Tree(context.Background(), revision, folder)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if a, b := tree(first, "overlays/a-1"), tree(second, "./overlays/a-1/"); a == "" || a != b {
		t.Errorf("a folder that stayed the same has %q and %q", a, b)
	}
	for _, folder := range []string{"overlays/a-2", "overlays/a-2/cart", "overlays", "", "."} {
		if a, b := tree(first, folder), tree(second, folder); a == "" || a == b {
			t.Errorf("%q has changed, and has %q and %q", folder, a, b)
		}
	}
	if got := tree(first, "overlays/a-1/k.yaml") + tree(first, "gone") + tree(first, "../x"); got != "" {
		t.Errorf("what is no folder has %q", got)
	}
	for _, revision := range []string{strings.Repeat("0", 40), "1.2.3"} {
		if got, err := g.Tree(context.Background(), revision, "overlays"); got != "" || !errors.Is(err, ErrNoCommit) {
			t.Errorf("%s: %q, %v", revision, got, err)
		}
	}
}
